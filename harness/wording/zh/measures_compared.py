"""Measures of comparable examples, of swapped identities and of the instrument itself, in Chinese."""

from __future__ import annotations

Words = tuple[str, str, str]
"""Title, reading, blindness."""

_CONTROL = "控制特征本身是否是不平等对待的产物；错误的标签。"
_CANCEL = "在各层之间方向相反而相互抵消的差异。"
_RARE = "事件有多常见：少见事件的优势比看起来很大。"
_SHARED = "与参照群体没有共同层的群体使其无法判定。"
_HIDES = "该指标所掩盖的一切；这里没有人核查过它。"

_RATES = {
    "selection-rate": ("选择率", "可比的每 100 个样本", "可比的样本", "判定为该类别"),
    "tpr": ("真阳性率", "属于该类别的每 100 个可比样本", "属于该类别的可比样本", "被找到"),
    "fpr": ("假阳性率", "其他类别的每 100 个可比样本", "其他类别的可比样本", "被误判为该类别"),
}
"""Rate → its name, of a hundred of what, of what, what happened to them."""


def _conditional() -> dict[str, Words]:
    found: dict[str, Words] = {}
    for key, (name, hundred, some, happened) in _RATES.items():
        found[f"conditional-disparity.{key}-difference"] = (
            f"可比样本的{name}减去参照群体的{name}",
            f"{hundred}（{{slice}}）中，{happened}的比参照群体约多 {{per_100}} 个（低于 0：更少）。",
            _CONTROL + _CANCEL,
        )
        found[f"conditional-disparity.{key}-odds-ratio"] = (
            f"可比样本的{name}对参照群体的优势比",
            f"{some}（{{slice}}）{happened}的优势是参照群体的 {{value}} 倍；1 表示没有差异。",
            _CONTROL + _RARE,
        )
        found[f"conditional-disparity.worst-{key}-difference"] = (
            f"可比样本的{name}与参照群体的最大差异",
            f"在离参照群体最远的群体中，{hundred}（{{slice}}）里{happened}的约多或少 {{per_100}} 个。",
            _CONTROL + _SHARED,
        )
    return found


MEASURES: dict[str, Words] = {
    **_conditional(),
    "counterfactual.flip-rate": (
        "因身份词而改变的判定",
        "在换成另一身份词的每 100 段文本（{slice}）中，约有 {per_100} 段判定不同。",
        "没有列表所指明的身份、姓名、代词，以及另一个回答是否才正确。",
    ),
    "counterfactual.score-difference": (
        "因身份词而产生的得分差异",
        "换成另一身份词（{slice}）后，得分平均变动 {value}。",
        "向哪个方向变动，以及这是否正确。",
    ),
    "counterfactual.score-shift": (
        "某一身份的得分偏移",
        "在同一文本中，带有该身份（{slice}）时关注类别的得分比带有另一身份时平均高 {value}。",
        "方向相反而相互抵消的偏移，以及该偏移是否正确。",
    ),
    "instrument-check.false-alarms": (
        "群体比较的误报",
        "随机分配判定时，群体比较（{slice}）在每 100 次试验中约有 {per_100} 次未通过。",
        "错误的标签和错误的群体。",
    ),
    "instrument-check.planted-found": (
        "群体比较所发现的植入差异",
        "植入巨大差异时，群体比较（{slice}）在每 100 次试验中约有 {per_100} 次如所应当地未通过。",
        "这些数据是否足以显示较小的差异。",
    ),
    "metric-by-group.value": (
        "某项指标（按群体），越高越好",
        "该指标（{slice}）为 {value}；越高越好。",
        _HIDES,
    ),
    "metric-by-group.loss": (
        "某项指标（按群体），越低越好",
        "该指标（{slice}）为 {value}；越低越好。",
        _HIDES,
    ),
    "metric-by-group.difference": (
        "某项指标在群体之间的最大差异",
        "最高与最低的群体（{slice}）相差 {value}。",
        _HIDES
        + "它的两端不是一个普通的区间：可据以通过的一端对每一对是单侧的，可据以判为未通过的一端对所有成对群体同时成立。",
    ),
}
