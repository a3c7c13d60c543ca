"""What a run notes about its data, its model and its audits, in Chinese."""

from __future__ import annotations

_LACKS = "未测量：模型 {name} 不提供 {capability}。"

SAID: dict[str, str] = {
    "audit.sampled": (
        "在数据集 {dataset} 的 {n_all} 行中按种子分层抽样 {n} 行测量：本次运行的预算不足以测量更多。"
    ),
    "audit.budget": "未测量：预算。本次运行的预算不足以测量所需的最少行数：{rows:&}。",
    "audit.crashed": "审计 {audit} 因 {kind} 出错，位置 {file}:{line}{detail}",
    "audit.no-data": "没有测试集。",
    "audit.other-task": "未测量：该审计针对 {kinds:&} 类任务，而本任务属于 {kind}。",
    "audit.needs-labels": "未测量：数据集 {dataset} 没有标签。",
    "audit.needs-scores": "未测量：数据集 {dataset} 没有得分，只有判定。",
    "audit.needs-logits": "未测量：数据集 {dataset} 没有 logit。",
    "audit.needs-groups": "未测量：数据集 {dataset} 没有含有值的群体列。",
    "audit.needs-controls": "未测量：数据集 {dataset} 没有含有值的控制特征。",
    "audit.needs-clusters": "未测量：数据集 {dataset} 没有聚类。",
    "audit.needs-rows": "未测量：没有输入的文本，只有预测。",
    "audit.needs-train": "未测量：运行没有训练行。",
    "audit.needs-validation": "未测量：运行没有验证行。",
    "audit.needs-base": "未测量：运行没有参照模型：不知道模型从哪个模型微调而来，或者该模型不在。",
    "audit.needs-canaries": "未测量：运行没有金丝雀：训练该模型时没有植入。",
    "audit.needs-lineage": "未测量：运行没有谱系：该模型不是在这里训练的。",
    "audit.needs-examples": "未测量：数据集 {dataset} 没有样本。",
    "audit.needs-model-logits": _LACKS,
    "audit.needs-model-embeddings": _LACKS,
    "audit.needs-model-parts": _LACKS,
    "audit.needs-model-generate": _LACKS,
    "audit.needs-model-adapter": _LACKS,
    "audit.needs-model-parameters": _LACKS,
    "audit.needs-model-gradients": _LACKS,
    "audit.needs-model-predictions": _LACKS,
    "audit.needs-model-last-layer": _LACKS,
    "audit.needs-model-threshold": _LACKS,
    "audit.needs-model": "未测量：运行只有已存储的预测，没有可以调用的模型。",
    "run.reused": (
        "本次运行的一部分是以前测量的，取自缓存，最初产生于：{runs:&}。测量之前固定了什么，见那些运行的锁定文件。"
    ),
    "run.mitigated": (
        "运行 {run} 的模型已用 {method} 修改，针对 {group} 的 {constraint}。判定时不需要当事人的群体。"
    ),
    "run.mitigated-by-group": (
        "运行 {run} 的判定已用 {method} 修改，针对 {group} 的 {constraint}。每次判定都要用到当事人的群体。"
        "已确认知悉：{acknowledgement}"
    ),
    "run.retrained": (
        "运行 {run} 的模型已用 {method} 在相同的数据和种子上重新训练，以减少对训练行的泄露。"
        "由 assay mitigate 比较各次运行。"
    ),
    "run.limited": "数据集 {dataset} 是从 {n_read} 行中按种子抽取的 {n} 行。",
    "run.quarantined": (
        "数据集 {dataset} 的 {n_read} 行中有 {n} 行因不可用而剔除，不计入任何数值：{reasons:&}。"
    ),
    "run.duplicates-of-train": (
        "数据集 {dataset} 的 {n_rows} 行中有 {n} 行也出现在训练集中：在这些行上的准确率不能说明新数据的情况。"
    ),
    "run.looked-at": (
        "测试集 {dataset} 以前被查看过：运行 {n_runs} 次，模型 {n_models} 个。"
        "查看之后所作的选择会偏向这些行，因此其上的数值好于新的行将会表现出的结果。"
    ),
    "run.canaries": (
        "该模型在训练时植入了 {n} 个金丝雀（虚构的、不属于任何人的秘密），另加 {n_rows} 行："
        "它只用于测量，不用于发布。"
    ),
    "run.private": (
        "该模型以差分隐私训练：epsilon {epsilon}，delta {delta}，单位为一个 {unit:~}，仅按核算方法 {accountant}。"
        "验证行不受保护。"
    ),
    "run.threshold": (
        "判定遵循声明的阈值：{label} 的得分至少为 {at:.6g} 时判定为它。"
        "就改动后的输入询问模型的审计，比较的是得分最高的类别。"
    ),
    "data.unknown-tokens": (
        "数据集 {dataset} 的每 100 个词元中，约有 {per_100} 个是模型的分词器不认识的（占比 {share}）："
        "它们的内容没有被读入。"
    ),
    "data.no-text": "数据集 {dataset} 没有文本列：没有查找重复行，凡需读取文本的都没有测量。",
    "data.weights-unused": (
        "数据集 {dataset} 的权重（列 {column}）已读入并检查，但每行同等计数：本版本的审计都不对行加权。"
    ),
    "data.cluster-missing": (
        "{file} 的 {n} 个可用行中，有 {n_missing} 行在 {column} 中没有值；每行各算作一个聚类。"
    ),
    "data.groups-file-incomplete": (
        "{file} 的 {n} 个可用行中，有 {n_missing} 行在 {groups_file} 中没有条目；其群体未知。"
    ),
    "data.group-spaces": (
        "{file} 的群体列 {column} 中有 {n} 个单元格在标签前后带有空白，而不带空白的同一标签也存在；"
        "它们按相同处理：{labels}。"
    ),
    "data.matched-by-position": (
        "没有指定 id 列，因此 {file} 中的预测按位置对应数据集 {dataset} 的行：行的顺序不同就会错配。"
    ),
    "data.scores-rounded": (
        "{file} 的 {n_rows} 行中有 {n} 行的得分之和不为 1，最多相差 {off}，可由舍入到 {decimals} 位小数解释；"
        "每行已除以其和。"
    ),
    "data.scores-off": (
        "{file} 的 {n_rows} 行中有 {n} 行的得分之和不为 1，最多相差 {off}；每行已除以其和。"
    ),
    # what a plan notes
    "plan.trained": "训练已经完成：本次运行采用 {model}。",
    "plan.untrained": "模型尚未训练：时间取自相同架构训练 {n} 步之后，这些步已丢弃。",
    "plan.no-slices": (
        "没有 slices 的规则针对全部样本，而群体之间的比较只按列测量，因此以下规则没有答案：{rules:&}。"
        "请为其添加 slices: {{by: every}}。"
    ),
    "plan.no-model": "预测已存储：不调用任何模型。",
    "plan.needs-model": (
        "本次运行不测量以下审计，因为它们需要模型：{audits:&}。针对它们的阻止性规则会使结论不完整。"
    ),
    "plan.few-rows": "只能对 {n} 行计时；时间是粗略的。",
}

PHRASES: dict[str, str] = {
    "{n} rows of {name}": "{name} 的 {n} 行",
    "record": "记录",
    "member": "成员",
    "example": "样本",
    "row": "行",
    "high": "高",
    "low": "低",
}
