"""Measures by group, between groups and of the groups themselves, in Chinese."""

from __future__ import annotations

Words = tuple[str, str, str]
"""Title, reading, blindness."""

_ENDS = "它的两端不是一个普通的区间：可据以通过的一端"
_PAIRS = (
    _ENDS + "是所有成对群体的单侧界限中最差的一个，可据以判为未通过的一端对所有成对群体同时成立。"
    "看不到错误的标签，也看不到没有列所指明的群体。"
)
_CELLS = (
    "未参与比较的单元格。"
    + _ENDS
    + "对每一对是单侧的，可据以判为未通过的一端对所有成对单元格同时成立。"
)
_ALARMS, _MISSED = "误报。", "漏掉的样本。"
_KIND = "是哪一种错误。"
_DIFFER = "判定是否正确，以及各群体在所判定的内容上是否有差别。"
_FREQUENT = "漏掉的样本；它取决于该类别在群体中有多常见。"
_CHANCE = "许多小单元格中的最高值和最低值大多出于偶然。"
_SHRUNK = "单个单元格：它在各单元格上平均而言正确。仅供阅读，绝不用于规则。"
_LESS = "（低于 0：更少）"
_ORDER = "校准、判定的阈值所在的位置，以及哪个其他群体排序更好。"

_RATES: dict[str, tuple[str, str, str, str]] = {
    "selection-rate": ("选择率", "每 100 个样本", "判定为关注类别", _DIFFER),
    "tpr": ("真阳性率", "关注类别的每 100 个样本", "被找到", _ALARMS),
    "fpr": ("假阳性率", "其他类别的每 100 个样本", "被误判为关注类别", _MISSED),
    "fnr": ("假阴性率", "关注类别的每 100 个样本", "被漏掉", _ALARMS),
    "ppv": ("阳性预测值", "判定为关注类别的每 100 个样本", "属于该类别", _FREQUENT),
    "accuracy": ("准确率", "每 100 个样本", "判定正确", _KIND),
}
"""Rate → its name, of what, what happened to them, what it is blind to."""

_DIFFERENCES = {
    "selection-rate": "人口均等差异",
    "tpr": "机会均等差异",
    "fpr": "假阳性率差异",
    "fnr": "假阴性率差异",
    "ppv": "预测均等差异",
    "accuracy": "准确率差异",
}
_RATIOS = {"selection-rate": "人口均等比率", "tpr": "真阳性率比率", "fpr": "假阳性率比率"}


def _by_group() -> dict[str, Words]:
    return {
        f"group-metrics.{key}": (
            f"{name}（按群体）",
            f"{of}（{{slice}}）中约有 {{per_100}} 个{happened}。",
            blind,
        )
        for key, (name, of, happened, blind) in _RATES.items()
    }


def _between_groups() -> dict[str, Words]:
    found: dict[str, Words] = {}
    for key, title in _DIFFERENCES.items():
        reading = f"{_RATES[key][0]}：最高与最低的群体（{{slice}}）约相差 {{per_100}} 个百分点。"
        found[f"group-metrics.{key}-difference"] = (title, reading, _PAIRS)
    for key, title in _RATIOS.items():
        reading = (
            f"{_RATES[key][0]}：最高的群体每有 100 个，最低的群体（{{slice}}）约有 {{per_100}} 个。"
        )
        found[f"group-metrics.{key}-ratio"] = (title, reading, _PAIRS)
    for key in ("tpr", "fpr"):
        reading = (
            f"{_RATES[key][0]}：按各类别的样本数加权平均，最高与最低的群体（{{slice}}）"
            "约相差 {per_100} 个百分点。"
        )
        title = f"{_DIFFERENCES[key]}，按类别平均"
        found[f"group-metrics.{key}-difference-weighted"] = (title, reading, _PAIRS)
    return found


def _worst() -> dict[str, Words]:
    return {
        f"group-metrics.{key}-worst": (
            f"处境最差群体的{name}",
            f"在处境最差的群体（{{slice}}）中，{of}中约有 {{per_100}} 个{happened}。",
            blind,
        )
        for key, (name, of, happened, blind) in _RATES.items()
        if key != "selection-rate"
    }


def _of_cells() -> dict[str, Words]:
    found: dict[str, Words] = {}
    for key in ("selection-rate", "tpr", "fpr", "accuracy"):
        name, of, happened, blind = _RATES[key]
        cell = f"intersections.{key}"
        found[cell] = (
            f"{name}（按单元格）",
            f"{of}（{{slice}}）中约有 {{per_100}} 个{happened}。",
            blind + _CHANCE,
        )
        found[f"{cell}-shrunk"] = (
            f"{name}（按单元格），向平均值收缩",
            f"{of}（{{slice}}）中，最佳猜测约有 {{per_100}} 个{happened}。",
            _SHRUNK,
        )
        found[f"{cell}-between-cells"] = (
            f"{name}：单元格之间的标准差，已扣除噪声",
            f"{name}：各单元格（{{slice}}）的真实比率通常在其平均值上下 {{value}}。",
            "哪些单元格不同。仅供阅读，绝不用于规则。",
        )
        found[f"{cell}-difference"] = (
            f"{name}：单元格之间的最大差异",
            f"{name}：最高与最低的单元格（{{slice}}）约相差 {{per_100}} 个百分点。",
            _CELLS,
        )
    return found


MEASURES: dict[str, Words] = {
    **_by_group(),
    **_between_groups(),
    **_worst(),
    **_of_cells(),
    "group-metrics.equalized-odds-difference": (
        "均等几率差异",
        "真阳性率差异与假阳性率差异中较大的一个（{slice}）约为 {per_100} 个百分点。",
        _PAIRS,
    ),
    "group-metrics.equalized-odds-ratio": (
        "均等几率比率",
        "在真阳性率比率与假阳性率比率中较小的一个（{slice}）里，每 100 个约对应 {per_100} 个。",
        _PAIRS,
    ),
    "group-metrics.impact-ratio": (
        "影响比率",
        "选择率最高的类别每有 100 个，这一类别（{slice}）约有 {per_100} 个。",
        (
            "偶然：抽样中最好的类别好于真实情况，因此比率平均而言偏低"
            "（十个各 200 的相同群体为 0.72）。任何规则都不应单独使用它。"
        ),
    ),
    "intersections.impact-ratio": (
        "影响比率（按单元格）",
        "选择率最高的单元格每有 100 个，这一单元格（{slice}）约有 {per_100} 个。",
        "偶然：许多小单元格中最好的一个好于真实情况，因此比率平均而言偏低。判定是否正确。",
    ),
    "intersections.selection-rate-ratio": (
        "选择率：单元格之间的最小比率",
        "比率最高的单元格每有 100 个判定为关注类别，最低的单元格（{slice}）约有 {per_100} 个。",
        "判定是否正确，以及未参与比较的单元格。",
    ),
    "intersections.differential-fairness-epsilon": (
        "差分公平性，epsilon",
        "某一类别在两个单元格（{slice}）中被判定的频率的对数比至多为 {value}；0 最好，0.22 相当于五分之四的比率。",
        "判定是否正确；如果某一类别可能从未被判定，它就没有界限。",
    ),
    "group-error.error-rate": (
        "错误率",
        "每 100 个样本（{slice}）中约有 {per_100} 个判定错误。",
        "是哪一种错误，以及错误的标签。",
    ),
    "group-error.difference-to-rest": (
        "错误率减去其他所有样本的错误率",
        "每 100 个样本（{slice}）中判定错误的，比其他 100 个约多 {per_100} 个" + _LESS + "。",
        "是哪一种错误、错误的标签，以及由两列构成的群体。",
    ),
    "group-calibration.mean-score-error": (
        "平均得分减去成真的占比",
        "每 100 个样本（{slice}）中，得分所预示的阳性样本比实际约多 {per_100} 个" + _LESS + "。",
        "对群体中一些样本过高、对另一些样本过低的得分。",
    ),
    "group-calibration.ece": (
        "群体的期望校准误差",
        "得分与阳性样本的占比（{slice}）平均约相差 {per_100} 个百分点。",
        "偏向哪个方向，以及得分能否区分样本。",
    ),
    "group-calibration.brier": (
        "群体的 Brier 得分",
        "得分与结果之间的均方距离（{slice}）为 {value}；0 为完美，1 为最差。",
        "它将校准与区分能力混在一起，并且在阳性少见时较低。",
    ),
    "group-calibration.largest-error": (
        "误差最大的群体的平均得分误差",
        "在误差最大的群体（{slice}）中，得分在每 100 个样本中约多报或少报 {per_100} 个。",
        "在群体之内相互抵消的误差。",
    ),
    "group-calibration.error-difference": (
        "平均得分误差的最大差异",
        "两个群体（{slice}）之间，得分多报的部分在每 100 个样本中最多约相差 {per_100} 个。",
        "所有群体共有的误差，以及在群体之内相互抵消的误差。",
    ),
    "group-calibration.multi-accuracy": (
        "群体分箱的最大误差，按其占全部样本的比例",
        "在全部样本的每 100 个中，某个群体和得分范围（{slice}）约多报或少报 {per_100} 个；噪声使其偏大。",
        "小群体的大误差：误差按其所涉及的样本占比计算。",
    ),
    "group-ranking.auc": (
        "ROC 曲线下面积",
        "在由一个阳性样本和一个阴性样本组成的每 100 对中，模型约有 {per_100} 对给阳性样本更高的得分。",
        "群体：即使某个群体的样本排序错误，它也可能很高。",
    ),
    "group-ranking.subgroup-auc": (
        "群体 AUC",
        (
            "在由群体（{slice}）的一个阳性样本和一个阴性样本组成的每 100 对中，"
            "模型约有 {per_100} 对给阳性样本更高的得分。"
        ),
        "整个群体的得分相对于其他所有群体过高或过低。",
    ),
    "group-ranking.bpsn-auc": (
        "BPSN AUC：其余样本的阳性，群体的阴性",
        (
            "在由其余样本的一个阳性样本和群体（{slice}）的一个阴性样本组成的每 100 对中，"
            "模型约有 {per_100} 对给阳性样本更高的得分。"
        ),
        "群体的阳性样本。",
    ),
    "group-ranking.bnsp-auc": (
        "BNSP AUC：其余样本的阴性，群体的阳性",
        (
            "在由群体（{slice}）的一个阳性样本和其余样本的一个阴性样本组成的每 100 对中，"
            "模型约有 {per_100} 对给阳性样本更高的得分。"
        ),
        "群体的阴性样本。",
    ),
    "group-ranking.subgroup-difference": (
        "群体 AUC 减去总体 AUC",
        "群体（{slice}）内的每 100 对中，顺序正确的比全部样本的 100 对约多 {per_100} 对"
        + _LESS
        + "。",
        _ORDER,
    ),
    "group-ranking.bpsn-difference": (
        "BPSN AUC 减去总体 AUC",
        "在由其余样本的一个阳性和群体（{slice}）的一个阴性组成的每 100 对中，"
        "顺序正确的比全部样本的 100 对约多 {per_100} 对" + _LESS + "。",
        _ORDER,
    ),
    "group-ranking.bnsp-difference": (
        "BNSP AUC 减去总体 AUC",
        "在由群体（{slice}）的一个阳性和其余样本的一个阴性组成的每 100 对中，"
        "顺序正确的比全部样本的 100 对约多 {per_100} 对" + _LESS + "。",
        _ORDER,
    ),
    "group-ranking.lowest-difference": (
        "各群体中最低的 AUC 减去总体 AUC",
        "在所有群体和各种成对方式（{slice}）的最差情况下，每 100 对中顺序正确的"
        "比全部样本的 100 对约多 {per_100} 对" + _LESS + "。",
        _ORDER,
    ),
    "group-ranking.positive-gap": (
        "阳性样本的平均均等差距",
        "在由群体（{slice}）的一个阳性样本和其余样本的一个阳性样本组成的每 100 对中，"
        "群体一方得分较高的比一半约多 {per_100} 对" + _LESS + "。",
        "阴性样本，以及在得分范围内相互抵消的差异。",
    ),
    "group-ranking.negative-gap": (
        "阴性样本的平均均等差距",
        "在由群体（{slice}）的一个阴性样本和其余样本的一个阴性样本组成的每 100 对中，"
        "群体一方得分较高的比一半约多 {per_100} 对" + _LESS + "。",
        "阳性样本，以及在得分范围内相互抵消的差异。",
    ),
    "group-ranking.jigsaw-composite": (
        "总体 AUC 与群体 AUC 的综合值",
        "四分之一的总体 AUC 与四分之三的偏向最差的群体平均值合计为 {value}；1 为最好。",
        "哪个群体排序较差，以及是否真有这样的群体：它是平均值。",
    ),
    "representation.share": (
        "占全部行的比例",
        "每 100 行中约有 {per_100} 行属于 {slice}。",
        "该占比是否与实际使用中的相同。",
    ),
    "representation.missing-share": (
        "没有群体值的行",
        "每 100 行中约有 {per_100} 行没有值（{slice}）。",
        "缺失的是谁的值；可能大多属于某一个群体。",
    ),
    "representation.unknown-share": (
        "标签不在计划之内的行",
        "每 100 行中约有 {per_100} 行的标签不在计划之内（{slice}）。",
        "在计划之内但错误的标签。",
    ),
    "representation.positives": (
        "属于关注类别的行",
        "{value} 行（{slice}）的标签为关注类别。",
        "错误的标签。",
    ),
    "representation.negatives": (
        "属于其他类别的行",
        "{value} 行（{slice}）的标签不是关注类别。",
        "错误的标签。",
    ),
    "representation.positive-rate": (
        "标签为关注类别的占比",
        "每 100 行（{slice}）中约有 {per_100} 行的标签为关注类别。",
        "错误的标签，以及该占比是否与实际使用中的相同。",
    ),
    "representation.positive-rate-difference": (
        "该占比在群体之间的最大差异",
        "每 100 行中，标签为关注类别的在一个群体中比在另一个群体中约多 {per_100} 行（{slice}）。",
        "该差异来自现实、抽样还是标注。",
    ),
    "representation.not-estimable-groups": (
        "太小而无法估计的群体",
        "{n} 个群体（{slice}）中有 {value} 个行数太少，无法估计错误率。",
        "没有列所指明的群体。",
    ),
    "representation.low-evidence-groups": (
        "证据少的群体",
        "{n} 个群体（{slice}）中有 {value} 个行数太少，即使所有比率相等，比较也不可能通过。",
        "没有列所指明的群体。",
    ),
    "representation.duplicated-share": (
        "文本出现多次的行",
        "每 100 行（{slice}）中约有 {per_100} 行的文本出现多次。",
        "有一个词不同的副本。",
    ),
}
