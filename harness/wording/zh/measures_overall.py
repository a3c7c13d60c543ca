"""Measures of accuracy, calibration, data and generalisation, in Chinese: title, reading, blindness."""

from __future__ import annotations

_TOWARDS = "得分偏差方向相反的群体和类别，以及得分能否区分样本。"
_USE = "这些占比是否与实际使用中的相同。"
_CUT = "模型在计数之前截去的内容。"
_EASY = "模型：它说明数据集有多容易。"
_REWRITTEN = "经过改写或翻译的文本。"
_SEEN = "两个数据集之间除是否见过之外的其他差异"

MEASURES: dict[str, tuple[str, str, str]] = {
    "accuracy.accuracy": (
        "准确率",
        "每 100 个样本中约有 {per_100} 个判定正确。",
        "少见的类别：总是判定为最常见的类别也可能看起来不错。",
    ),
    "accuracy.balanced-accuracy": (
        "平衡准确率",
        "从各类别等量抽取的每 100 个样本中，约有 {per_100} 个判定正确。",
        "每个类别有多常见，以及少见类别引起的误报。",
    ),
    "accuracy.macro-precision": (
        "宏平均精确率",
        "从各类别等量抽取的每 100 次判定中，约有 {per_100} 次正确。",
        "漏掉的样本，以及每个类别有多常见。",
    ),
    "accuracy.macro-recall": (
        "宏平均召回率",
        "从各类别等量抽取的每 100 个样本中，约有 {per_100} 个被找到。",
        "误报，以及每个类别有多常见。",
    ),
    "accuracy.macro-f1": (
        "宏平均 F1",
        "漏掉的样本与误报合计，按类别平均：{value}，尺度从 0（最差）到 1。",
        "犯的是哪一种错误，以及每个类别有多常见。",
    ),
    "accuracy.mcc": (
        "马修斯相关系数",
        "标签与判定的一致程度为 {value}，尺度从 -1（相反）经 0（无关）到 1（总是相同）。",
        "哪个类别与哪个类别混淆。",
    ),
    "accuracy.auroc": (
        "ROC 曲线下面积",
        "在由某个类别的一个样本与另一类别的一个样本组成的每 100 对中，得分约将 {per_100} 对排对顺序。",
        "判定的阈值，以及得分作为概率是否正确。",
    ),
    "accuracy.log-loss": (
        "对数损失",
        "对真实类别的平均意外程度为 {value}；0 为完美。",
        "哪个类别与哪个类别混淆；少数严重错误可能超过其他全部错误。",
    ),
    "accuracy.majority-baseline": (
        "总是判定为最常见类别的准确率",
        "总是判定为最常见的类别，每 100 个样本中约有 {per_100} 个正确。",
        _EASY,
    ),
    "accuracy.random-baseline": (
        "随机判定的准确率",
        "按标签的占比随机抽取判定，每 100 个样本中约有 {per_100} 个正确。",
        _EASY,
    ),
    "accuracy.gain-over-majority": (
        "比总是判定为最常见类别提高的准确率",
        "每 100 个样本中，判定正确的比总是判定为最常见类别约多 {per_100} 个（低于 0：更少）。",
        "少见的类别，与准确率相同。",
    ),
    "accuracy.class-precision": (
        "某一类别的精确率",
        "判定为该类别（{slice}）的每 100 次中，约有 {per_100} 次正确。",
        "该类别漏掉的样本。",
    ),
    "accuracy.class-recall": (
        "某一类别的召回率",
        "该类别（{slice}）的每 100 个样本中，约有 {per_100} 个被找到。",
        "对该类别的误报。",
    ),
    "accuracy.class-f1": (
        "某一类别的 F1",
        "该类别（{slice}）漏掉的样本与误报合计：{value}，尺度从 0（最差）到 1。",
        "犯的是哪一种错误。",
    ),
    "calibration.ece": (
        "期望校准误差",
        "得分与判定正确的占比平均约相差 {per_100} 个百分点。",
        _TOWARDS,
    ),
    "calibration.ece-plugin": (
        "期望校准误差，未校正噪声",
        "得分与判定正确的占比平均看起来相差 {per_100} 个百分点，含噪声。",
        _TOWARDS,
    ),
    "calibration.class-ece": (
        "某一类别得分的期望校准误差",
        "该类别的得分（{slice}）与其作为标签的频率平均约相差 {per_100} 个百分点。",
        _TOWARDS,
    ),
    "calibration.mean-overconfidence": (
        "平均得分减去准确率",
        "每 100 次判定中，得分所预示的正确判定比实际约多 {per_100} 次（低于 0：更少）。",
        "对一些样本过高、对另一些样本过低的得分。",
    ),
    "calibration.brier": (
        "Brier 得分",
        "得分与标签之间的均方距离为 {value}；0 为完美，2 为最差。",
        "哪个类别与哪个类别混淆；它将校准与区分能力混在一起。",
    ),
    "calibration.share-right": (
        "按得分划分的正确判定占比",
        "具有这种得分（{slice}）的每 100 个样本中，约有 {per_100} 个判定正确。",
        "分箱之内的情况。",
    ),
    "calibration.temperature": (
        "可修复得分的温度",
        "logit 须除以 {value}，得分才最符合验证行（大于 1：得分过于肯定）。",
        "因类别而异或因得分高低而异的校准误差。",
    ),
    "calibration.ece-after-temperature": (
        "温度缩放之后的期望校准误差",
        "采用该温度后，得分与判定正确的占比平均约相差 {per_100} 个百分点。",
        _TOWARDS,
    ),
    "data-quality.largest-class-share": (
        "最常见类别的占比",
        "每 100 行中约有 {per_100} 行带有最常见的标签。",
        _USE,
    ),
    "data-quality.smallest-class-share": (
        "最少见类别的占比",
        "每 100 行中约有 {per_100} 行带有最少见的标签。",
        _USE,
    ),
    "data-quality.class-ratio": (
        "最常见类别与最少见类别之比",
        "最常见标签的出现次数是最少见标签的 {value} 倍。",
        "二者之间的所有类别。",
    ),
    "data-quality.empty-share": (
        "空行",
        "每 100 行中约有 {per_100} 行没有文本或几乎没有文本。",
        "没有意义的文本。",
    ),
    "data-quality.duplicated-share": (
        "重复行",
        "每 100 行中约有 {per_100} 行在同一数据集中出现过。",
        "近似重复的行。",
    ),
    "data-quality.contradictory-share": (
        "矛盾行",
        "每 100 行中约有 {per_100} 行在数据集中还带有另一个标签。",
        "只出现一次的行的错误标签。",
    ),
    "data-quality.quarantined-share": (
        "剔除的行",
        "读入的每 100 行中，约有 {per_100} 行因不可用而剔除。",
        "从未进入文件的行。",
    ),
    "data-quality.characters-median": (
        "行的字符长度，中位数",
        "半数的行至多有 {value}。",
        "词元。",
    ),
    "data-quality.characters-95th": (
        "行的字符长度，第 95 百分位",
        "每 100 行中有 95 行至多有 {value}。",
        "词元。",
    ),
    "data-quality.characters-max": (
        "行的字符长度，最大值",
        "全部行至多有 {value}。",
        "词元。",
    ),
    "data-quality.tokens-median": (
        "行的词元长度，中位数",
        "半数的行至多有 {value}。",
        _CUT,
    ),
    "data-quality.tokens-95th": (
        "行的词元长度，第 95 百分位",
        "每 100 行中有 95 行至多有 {value}。",
        _CUT,
    ),
    "data-quality.tokens-max": (
        "行的词元长度，最大值",
        "全部行至多有 {value}。",
        _CUT,
    ),
    "data-quality.truncated-share": (
        "被截断的行",
        "每 100 行中约有 {per_100} 行超过模型读入的长度。",
        "截去了多少。",
    ),
    "data-quality.unknown-token-share": (
        "未知词元",
        "每 100 个词元中约有 {per_100} 个是模型不认识的。",
        "词表分段拼写的词。",
    ),
    "data-quality.label-shift": (
        "训练行与测试行的标签差异",
        "每 100 行中约有 {per_100} 行须换成另一个标签，测试行的标签占比才与训练行相同。",
        "文本，以及在某个群体之内变动的占比。",
    ),
    "data-quality.text-shift": (
        "测试文本与训练文本的可区分程度",
        "在由一个测试行和一个训练行组成的每 100 对中，简单分类器约能区分 {per_100} 对（50：偶然）。",
        "字符 n 元组看不出的变动，以及这些变动是否要紧。",
    ),
    "generalisation.accuracy-difference": (
        "训练行上的准确率减去测试行上的准确率",
        "每 100 个训练行中判定正确的，比每 100 个测试行约多 {per_100} 个（低于 0：更少）。",
        _SEEN + "。",
    ),
    "generalisation.log-loss-difference": (
        "测试行上的对数损失减去训练行上的对数损失",
        "测试行比训练行使模型多意外 {value}（低于 0：更少）。",
        _SEEN + "；少数严重错误可能超过其他全部错误。",
    ),
    "generalisation.duplicates-of-train": (
        "出现在训练集中的测试行",
        "每 100 个测试行中约有 {per_100} 个逐字出现在训练集中。",
        "在大小写、空格或单个字符上有差别的副本。",
    ),
    "generalisation.near-duplicates-of-train": (
        "近似出现在训练集中的测试行",
        "每 100 个测试行中约有 {per_100} 个与训练集的某一行近似相同。",
        _REWRITTEN,
    ),
    "generalisation.accuracy-without-duplicates": (
        "未近似出现在训练集中的测试行上的准确率",
        "在对模型而言是新的每 100 个测试行中，约有 {per_100} 个判定正确。",
        "经过改写或翻译的文本，以及少见的类别。",
    ),
    "occlusion.single-token-reliance": (
        "对单个词的依赖",
        "在含有最强的词的每 100 行中，去掉这个词后约有 {per_100} 行改变判定。",
        "只有合在一起才起作用的词、只出现在少数行中的词，以及这个词是否理应承载判定。",
    ),
    "occlusion.flip-rate": (
        "取决于一个词的判定",
        "每 100 行中约有 {per_100} 行在去掉影响最大的词后改变判定。",
        "是否总是同一个词，以及它是否理应承载判定。",
    ),
}
