"""Why a number has no value or no bound, in Chinese."""

from __future__ import annotations

SAID: dict[str, str] = {
    "stats.no-examples": "没有可供估计的样本。",
    "stats.not-finite": "{of} 个数值中有 {count} 个不是有限的数。",
    "stats.unbounded": "样本或重复抽样太少，无法在此错误率下界定区间较{end:~}的一端，而该量本身在这一端没有极限。",
    "stats.few-clusters": (
        "各行来自 {n_clusters} 个聚类。少于 {least} 个不足以看出聚类之间的变化，因此不作任何判定。"
    ),
    "stats.class-not-decided": "类别 {class_index} 从未被判定。",
    "stats.class-without-examples": "类别 {class_index} 没有样本。",
    "stats.one-class-labelled": "所有样本都属于同一类别，因此判定无法与之相关。",
    "stats.one-group": "具有足够相关样本的群体不到两个，因此没有可比较的对象。",
    "stats.one-group-value": "有数值的群体不到两个，因此没有可比较的对象。",
    "stats.too-few-negatives": (
        "假阳性率 {limit} 需要 {least} 个相互独立的阴性样本，而现有 {k} 个。"
    ),
    "stats.no-positives": "没有阳性样本。",
    "stats.one-run-saturated": "{guesses} 次猜测全部正确：至少为 {low:.2f}，这么多次猜测无法表明更多。",
    "stats.paired-undefined": "该数值对二者之一没有定义：其分母中没有任何内容。",
    "stats.one-class": "所有样本都属于同一类别，因此没有可排序的内容。",
    "stats.one-unit-of-two": "两个抽样之一只有一个样本或聚类，看不出变化的程度。",
    "stats.no-spread": "所有数值相等，因此没有可据以得出差异的离散程度。",
    "stats.one-cluster": "全部 {n} 个样本属于同一个聚类，看不出聚类之间的变化。",
    "stats.one-example": "只有一个样本，看不出数值的变化。",
    "stats.no-better-draw": "{draws} 次抽取中没有一次比该秘密更可能：至少 {low:.1f} 比特。",
    "stats.no-draws": "没有可据以估计名次的抽取。",
    "stats.one-unit-of-logits": "全部 {n} 个样本是一个独立单元，看不出单元之间的变化。",
    "stats.temperature-too-low": "没有最佳温度：几乎所有样本都判定正确，因此温度越低越符合。",
    "stats.temperature-too-high": "没有最佳温度：logit 不能说明标签，因此温度越高越符合。",
    "stats.few-cells": "只有 {n_cells} 个单元格有样本；少于 {least} 个不足以看出单元格之间的差异。",
    "stats.no-event-in-cells": "该比率所计的事件从未发生或总是发生，因此看不出单元格之间的离散程度。",
    "stats.no-number": "对这些样本，该统计量不是有限的数。",
    "stats.no-number-in-draws": (
        "{replicates} 次重复抽样中有 {bad} 次该统计量不是有限的数，因此无法说明其不确定性。"
    ),
    "stats.one-unit-of-rows": "全部 {n} 个样本是一个独立单元，看不出单元之间的变化。",
    "stats.no-common-stratum": "没有任何一层同时含有该群体和参照群体的样本，因此没有可比较的人。",
    "stats.no-odds": "在这些样本中优势比为 0 或无穷大，因此其离散程度未知。",
    "stats.nobody-comparable": "没有任何群体在含有参照群体样本的层中有样本。",
    "stats.all-rates-zero": "每个群体的比率都是 0，因此无法形成比值。",
    "stats.no-spread-of-groups": "没有任何群体的数值显出离散程度，因此群体之间相差多少未知。",
    "export.fewer-than": "不予显示：其依据少于 {k} 行。",
    "export.not-shown": "不予显示：有了它，就能算出少于 {k} 行的数值。",
    "exposure.not-spelled": (
        "未测量：{family} 系列的 {n} 个秘密中，有 {n_lost} 个的词元不能逐段拼出其格式。"
    ),
    "exposure.search-capped": "未测量：精确搜索需要跟踪超过 {cap} 个开头。",
}
