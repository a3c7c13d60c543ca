"""What audits of accuracy, calibration, data, generalisation and words say, in Chinese."""

from __future__ import annotations

_UNTRUSTED = "模型不是在本次运行中训练的：它是否从这些训练行中学习，只有配置这样说，没有人核查过。"

SAID: dict[str, str] = {
    "accuracy.needs-scores": "未测量：{what:~}需要得分，而这里只有判定。",
    "accuracy.majority-class": "{source:~}中最常见的类别是 {name}。",
    "accuracy.other-majority": (
        "在数据集 {dataset} 中，最常见的类别是 {name}：总是判定为它，每 100 个样本中有 {constant:.1f} 个正确，"
        "模型则有 {model:.1f} 个。"
    ),
    "calibration.mean-score": "这 {n} 个样本的平均得分为 {score}。",
    "calibration.temperature-used": "logit 已除以 {temperature}，它由 {n} 个验证行拟合得出。",
    "calibration.few-validation-rows": (
        "由 {n} 个验证行拟合，少于 {limit} 个：区间的上限可能过低。"
    ),
    "calibration.stored-only": "未测量：运行只有已存储的预测，而温度只由验证行拟合。",
    "calibration.no-validation": "未测量：运行没有验证行，而温度只由验证行拟合。",
    "calibration.no-logits": "未测量：数据集 {dataset} 没有 logit。",
    "conditional-disparity.no-labels": "未测量：{rate:~}需要标签，而数据集没有标签。",
    "counterfactual.symmetry": (
        "没有人说明这些文本是对称的：如果其中一段偏向刻板印象或涉及身份本身，不同的回答可能才正确。"
        "请用 symmetric 指明对称的文本。"
    ),
    "data-quality.no-texts": "未测量：数据集 {dataset} 没有文本。",
    "data-quality.no-labels": "未测量：数据集 {dataset} 没有标签。",
    "data-quality.no-model": "未测量：运行只有已存储的预测，没有可用来计数词元的模型。",
    "data-quality.no-train": "未测量：运行没有训练行。",
    "data-quality.class": "这是类别 {name}。",
    "data-quality.class-missing": "类别 {name} 没有行，因此说不上其他类别是它的多少倍。",
    "data-quality.no-unknown-token": "未测量：模型没有表示未知内容的词元，或没有说明。",
    "data-quality.too-few-texts": "未测量：分类器需要两个数据集各有至少两段不同的文本（或聚类）。",
    "generalisation.train-sampled": (
        "在 {n_train} 个训练行中的 {n} 个里查找：近似重复的行比找到的更多。"
    ),
    "generalisation.all-known": "全部 {n} 行都近似出现在训练集中，因此没有一行对模型是新的。",
    "generalisation.no-model": "未测量：运行只有已存储的预测，没有可就训练行询问的模型。",
    "generalisation.no-train-labels": "未测量：训练行没有标签。",
    "generalisation.not-trained-here": _UNTRUSTED,
    "generalisation.no-scores": "未测量：对数损失需要得分，而这里只有判定。",
    "audit.not-trained-here": _UNTRUSTED,
    "audit.train-rows-sampled": ("在 {n_train} 个训练行中只查看了 {n} 个：其他行可能更近。"),
    "occlusion.no-candidates": (
        "未测量：没有任何词在数据的每一半中出现在至少 min_rows = {min_rows} 行。"
    ),
    "occlusion.no-parts": "未测量：抽样的行中没有一行有可以去掉的词。",
    "occlusion.top-word": (
        "最强的词是“{word}”。它出现在 {n_rows} 行中；在其中未用于找出它的 {n_asked} 行里，"
        "去掉它后有 {n_flips} 行改变判定。"
    ),
    "occlusion.top-word-not-named": (
        "这里不写出这个词：它出现在 {n_rows} 行中或较长，可能是某人的数据。"
    ),
    "foreign-metrics.failed": "指标 {name} 出错。{detail}",
    "foreign-metrics.origin": (
        "由并非我们编写、这里也没有人核查过的代码计算：{path}{revision}，SHA-256 {sha256}。"
    ),
    "foreign-metrics.no-trust": (
        "未测量：指标 {name} 的代码并非我们编写，只有在 trust_code: true 时才运行。"
    ),
    "foreign-metrics.no-scores": "未测量：指标 {name} 需要 {what:~}。",
    "robustness.edit": "所作的改动：{does}。",
    "robustness.edits": (
        "这些改动出自本软件包，不是人们所写内容的抽样：{edits:&}。没有就任何一段文本询问读者其意思是否仍然相同。"
    ),
    "robustness.nothing-edited": "未测量：没有任何改动改变所抽取的任何文本。",
    "robustness.no-edit": "未测量：没有任何改动改变至少 min_texts = {least} 段文本。",
    "robustness.worst-edit": "{edit}（{does}）的值最高：{n} 段文本的 {per_cent} %。",
    "robustness.design": ("比较 {n_texts} 段文本的 {n} 个改动版本；它们是 {n_units} 个独立单元。"),
    "robustness.cut-off": (
        "{n_cut} 个改动版本或其原文超过模型读入的长度：此时改动也会移动被截去的内容。"
    ),
    "robustness.all-unseen": (
        "未测量：模型将全部 {n_unseen} 个改动版本读成与原文完全一样，因此判定不可能改变。"
    ),
    "robustness.unseen": (
        "{n_made} 个改动版本中有 {n_unseen} 个不计：模型将其读成与原文完全一样，因此判定不可能改变（{edits:&}）。"
    ),
    "robustness.few-texts": (
        "只改变少数文本的改动没有各自的切片；全部合计的数值包含它们：{edits:&}。"
    ),
    "robustness.never": "不适用于任何文本的改动：{edits:&}。",
    "robustness.budget": (
        "一次攻击至多改动一段文本的 {words} 个词，至多询问 {queries} 次；找出这些词（按 {ranking}）不计在内。"
        "更有耐心或采用其他改动可能更常得逞：这是攻击者能力的下限。"
    ),
    "robustness.no-attack": "未测量：attack_rows 为 0。",
    "robustness.no-parts": "未测量：模型不拆分输入，因此无法对其中的词排序。",
    "robustness.refused": "未测量：{why}",
    "robustness.words-changed": (
        "在得逞之处，改动的词的中位数为 {median}，询问次数的中位数为 {asked}。"
    ),
    "robustness.unable": ("{n} 段文本中有 {n_unable} 段不含攻击可以改写的词；它们算作抵御了攻击。"),
    "model.no-padding": "填充会改变 {model} 的 logit，因此只有长度相同的输入才能同批处理；这很慢。",
    "model.no-embeddings": (
        "{model} 不能对其输入求导（{reason}），因此不提供梯度方法；可以使用遮挡法。"
    ),
    "model.not-kept": (
        "{model} 不能从已读入的内容继续，因此对每个候选和所写的每个词元都重新读入提示；这很慢。"
    ),
    "adapter.base-by-word": "适配器 {adapter} 没有记录其基础模型的摘要；它写明在 {named} 上训练，而被放在 {base} 上。没有任何内容表明它属于那里。",
    "model.classes-reordered": (
        "{model} 的类别顺序与任务不同（{found:&}）；其 logit 已按任务的顺序排列。"
    ),
    "adapter.classes-by-position": "适配器 {adapter} 没有写明它认识哪些类别；其 logit 按任务的顺序取用。",
    "adapter.classes-of-base": "适配器 {adapter} 没有写明它认识哪些类别；名称和顺序取自其基础模型 {base}。",
}

PHRASES: dict[str, str] = {
    "training rows": "训练行",
    "data set itself": "数据集自身",
}
