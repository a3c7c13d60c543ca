"""What ``assay explain`` says of one decision, in Chinese."""

from __future__ import annotations

_MISSING = "归因值与其应有的合计 {change} logit 相差 {gap}（{share} %）"

SAID: dict[str, str] = {
    "explain.because-converged": _MISSING + "。",
    "explain.because-stable": _MISSING + "，但随着梯度增多，最强的五个部分不再变化。",
    "explain.because-unconverged": (
        "经过 {n} 次梯度，"
        + _MISSING
        + "，而且随着梯度增多，最强的五个部分仍在变化：这些数字不可依赖。"
    ),
    "explain.because-incomplete": "经过 {n} 次梯度，" + _MISSING + "：这些数字不可依赖。",
    "explain.because-nothing-to-attribute": (
        "去掉所有部分后，领先值变化 {change} logit，小于 {least}：无论输入什么，模型都这样判定。"
    ),
    "explain.because-not-checked": "该方法不保证其数值合计等于领先值。",
    "explain.because-windows": (
        "{n} 个窗口中没有一个的归因未收敛；在 {n_nothing} 个窗口中没有可归因的内容。"
    ),
    "explain.because-windows-unconverged": (
        "{n} 个窗口中有 {n_bad} 个的归因未收敛：这些数字不可依赖。"
    ),
    "explain.windows": (
        "文本分 {n} 个窗口读入。判定针对第一个窗口；{percent} % 的词元在其之外，没有参与判定。"
        "它们的数值说明如果其窗口单独存在，会给同一领先值增加多少，因此合计没有意义。"
    ),
    "explain.truncated": (
        "模型最多读入 {n_tokens} 个词元：{percent} % 的字符没有读入，没有参与判定。"
        "要分窗口继续读入：--whole。"
    ),
    "explain.truncated-somewhere": "模型最多读入 {n_tokens} 个词元：文本的末尾没有参与判定。",
    "explain.no-spans": (
        "分词器没有说明其词元所在的位置，因此显示的是它还原的词，而不是原来的写法。"
    ),
    "explain.contrast-lead": (
        "{target} 对 {runner_up} 的领先值，在该文本中为 {first}，在与之比较的文本中为 {second}："
        "相差 {difference} logit。"
    ),
    "explain.contrast-likely": (
        "后续内容的对数概率，在该文本之后为 {first} nat，在与之比较的文本之后为 {second}：相差 {difference}。"
    ),
    "explain.contrast-flip": "判定不同：该文本为 {first}，另一文本为 {second}。",
    "explain.contrast-same": "两段文本的判定相同：{decision}。",
    "explain.threshold": (
        "配置规定 {label} 的得分至少为 {at:.6g} 时判定为它；这里解释的是得分最高的类别。"
    ),
}

PHRASES: dict[str, str] = {"word": "词", "token": "词元", "sentence": "句子"}
