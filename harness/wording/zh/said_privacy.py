"""What audits of privacy say, in Chinese."""

from __future__ import annotations

_FIND_VALUES = "检测器 {detector} "

_BY_DETECTOR = "只计检测器 {detector} 所发现的数值，种类为 {kinds:&}。"
_RECALL = "在 {n_texts} 段数值已知的文本中，它发现了 {found:&}。未测量：{unknown:&}。"
_UNKNOWN = "检测器 {detector} 漏掉多少数值，没有测量。"

SAID: dict[str, str] = {
    "attribute-inference.no-features": (
        "未测量：模型没有为每个输入读入一个向量的最后一层，或者没有文本。"
    ),
    "attribute-inference.cannot-shuffle": "未测量：不能暂时打乱模型的权重。",
    "attribute-inference.no-logits": "未测量：没有 logit。",
    "attribute-inference.no-texts": "未测量：没有文本，就无法说明文本自身透露了什么。",
    "attribute-inference.from-logits": "没有特征：猜测由 logit 得出，其中所含的内容较少。",
    "attribute-inference.one-group": "未测量：列 {column} 中有 {least} 行的群体不到两个。",
    "attribute-inference.too-few-clusters": "未测量：有一个群体出现在不到 {n_folds} 个聚类中。",
    "attribute-inference.left-out": (
        "不计：{n_rows} 行中有 {n} 行不属于任何群体、属于多个群体，或属于不到 {least} 行的群体。"
    ),
    "extraction.no-values": (
        "未测量：检测器 {detector} 在训练行中没有发现个人数值。它发现不了它不认识的种类。"
    ),
    "extraction.short-texts": (
        "未测量：没有训练行有 {n} 个词元：给出 {prefix} 个，续写 {more} 个。"
    ),
    "extraction.no-generation": "未测量：模型不书写文本。",
    "extraction.no-targets": "未测量：没有可供寻找的训练中的个人数值。",
    "extraction.nothing-written": "未测量：生成的文本不含个人数值。",
    "extraction.no-leaks": "未测量：在生成的文本中没有见到训练中的数值。",
    "extraction.no-n-grams": "未测量：没有训练文本或没有生成的文本有 {n} 个词元。",
    "extraction.no-spans": "未测量：模型没有说明其词元在文本中的位置。",
    "extraction.not-wanted": "未测量：选项 attacks 不包含 {attack}。",
    "extraction.none-associated": "未测量：没有训练行、也没有人有两个个人数值。",
    "extraction.few-candidates": (
        "未测量：训练行中没有任何一种有 {least} 个其上下文不含有的不同数值。"
    ),
    "extraction.base-reaches": "以同样的攻击，微调之前的模型能得到其中 {of} 个里的 {n} 个。",
    "extraction.chance": "列表含有 {least} 至 {most} 个值；盲猜正确的占比为 {share:.2g}。",
    "extraction.sampled": "在 {n_all} 个不同的数值中，随机抽取 {n} 个进行攻击。",
    "extraction.other-rows": "模型的谱系所写的训练行与这些不同。",
    "extraction.none-found": (
        "{n} 个{what:~}中一个都没有：这表明占比至多为 {high:.2g}，而不是 0。"
    ),
    "extraction.given-in-prompt": "{n} 个数值不计：其自身的上下文已含有它们。",
    "extraction.not-located": "{n} 个数值不计：它们位于行被截断之处，或前面没有内容。",
    "extraction.no-lineage": "没有任何内容表明模型是用这些行训练的：它没有谱系。",
    "extraction.nothing-leaks": "未测量：在其真实上下文之后，提取不出任何数值。",
    "extraction.leaked-new-and-known": (
        "生成文本中不同的个人数值：训练的 {leaked} 个，新的 {new} 个，基础模型也会写出的 {known} 个。"
    ),
    "extraction.drawn": "在 {n_prompts} 个提示之后生成 {n} 段；其中 {n_endless} 段没有自行结束。",
    "extraction.leaked-and-new": (
        "生成文本中不同的个人数值：训练的 {leaked} 个，新的 {new} 个。"
        "不知道模型由哪个模型微调而来，因此没有扣除任何内容。"
    ),
    "extraction.longest-run": "生成文本与训练文本共有的最长片段有 {n} 个词元。",
    "membership.no-members": (
        "未测量：不知道哪些行在训练数据中。请指明训练行（data.train），或测试表中写明这一点的列（member）。"
    ),
    "membership.no-validation": (
        "未测量：运行没有验证行。请将 audits.membership.others 设为 test。"
    ),
    "membership.member-column": (
        "未测量：有 {n} 行的 member 列既不是 yes、true 或 1，也不是 no、false 或 0。"
    ),
    "membership.no-labels": "未测量：作出判定的模型的信号需要成员与其他行的标签。",
    "membership.no-model": "未测量：运行没有可就成员与其他行询问的模型。",
    "membership.too-few-rows": (
        "未测量：去除副本后有 {n_members} 个成员和 {n_others} 个其他行；不用模型的攻击各需要 {least} 个才能尝试。"
    ),
    "membership.told-apart": (
        "未测量：从未见过模型的攻击能凭词、长度、日期或微调之前模型的损失区分成员与其他行"
        "（面积 {auc:.3f}，限值 {limit}）。它们不是来自一次随机划分，因此任何攻击所发现的都可能是这一差别。"
    ),
    "membership.undecided": (
        "未测量：从未见过模型的攻击达到的面积为 {auc:.3f}，高于限值 {limit}。在 {n} 行时这可能出于偶然；"
        "有 {least} 个成员和同样多的其他行时，就能与偶然区分。"
    ),
    "membership.not-trained-here": "模型学过这些成员，只有配置这样说，没有人核查过。",
    "membership.signal": "所用信号为 {name}。",
    "membership.too-few-others": (
        "未测量：至多 {limit} 的误报需要 {least} 个非成员的{units:~}，而现有 {n} 个。更少时比率是噪声，平均而言偏高。"
    ),
    "membership.no-clusters": ("未测量：没有聚类列说明若干行属于同一个人或文档；以行为单元。"),
    "membership.no-subjects": "未测量：只出现在一方的聚类太少；有 {n_both} 个两方都出现。",
    "membership.no-reference": (
        "未测量：不知道模型由哪个模型微调而来，或该模型不在。请指明它（model.reference）；"
        "如果没有，请将 audits.membership.headline 设为 loss。"
    ),
    "membership.other-tokens": "未测量：微调之前的模型将文本切分为不同的词元。",
    "membership.no-shadows": (
        "未测量：没有不含这些行的模型。请指明以同样方式在其他行上训练的模型的文件夹（audits.membership.shadows）。"
    ),
    "membership.heads-only": (
        "影子模型是本模型特征之上的最后一层。它们看不到训练在特征自身中留下的内容：如果训练的不止最后一层，这是下限。"
    ),
    "membership.taken-for-out": "{n} 个影子模型视为没有见过这些行；没有人核查过。",
    "membership.blind-above-chance": (
        "从未见过模型的攻击优于偶然（面积 {auc:.3f}）：所发现的一部分是两个数据集之间的差别。请看与它的差异。"
    ),
    "membership.few-rows": (
        "{n_members} 个成员和 {n_others} 个其他行：各少于 {least} 个时，对两种攻击都了解不足。"
    ),
    "membership.copies": (
        "不计：{n_members} 个成员和 {n_others} 个其他行，它们近似出现在另一方，或出现多次。"
    ),
    "membership.unscored": "不计：{n} 行，其中没有一个可以评分的词元。",
    "membership.false-alarms": (
        "阈值在其他行的一半上选定。另一半的 {n} 行中，有 {share:.4f}（{low:.4f} 至 {high:.4f}）高于它。"
    ),
    "membership.no-such-signal": (
        "未测量：信号 {signal} 不适用于这种模型。请将 audits.membership.headline 设为另一个，或设为 auto。"
    ),
    "memorisation.none-planted": "未测量：没有植入秘密，或全部由抛硬币决定。",
    "memorisation.none-at-level": "未测量：没有能测量的植入 {level} 次的秘密。",
    "memorisation.broken-instrument": (
        "偶然出现 {n} 个从未植入的秘密这样的暴露度的概率为 {p_value}。要么它们出现在模型读过的内容中，"
        "要么测量有故障：它的其他数值都不可信。"
    ),
    "memorisation.no-training-rows": "未测量：运行没有可用来查找秘密的训练行。",
    "memorisation.one-level": "未测量：关于重复次数的曲线需要以两种不同次数植入的秘密。",
    "memorisation.threshold": (
        "自 {bits:.1f} 比特起报告一个秘密：有 {n} 个秘密时，仅由偶然就有 5 % 的模型会超过它。"
    ),
    "memorisation.highest-possible": "这些格式的暴露度不可能超过 {bits:.1f} 比特。",
    "memorisation.at-least": "{of} 个暴露度中有 {n} 个只知道至少有这么大，并按此计算。",
    "memorisation.not-all": "{of} 个秘密中有 {n} 个没有测量。第一个：{why:~}",
    "memorisation.sampled": "按 per_level 的规定，测量了 {of} 个秘密中的 {n} 个。",
    "memorisation.few": "只有 {n} 个秘密：少于 16 个时，中位数说明不了多少。",
    "memorisation.in-data": "{n} 个秘密本身就出现在训练行中：它们被遇到的次数多于计划。",
    "empirical-epsilon.too-few": (
        "未测量：由抛硬币决定的秘密有 {n} 个，需要 {least} 个（train.canaries.n_drawn；"
        "要得到有些用处的界限，需要 {enough} 个）。"
    ),
    "empirical-epsilon.few": "只有 {n} 个秘密：界限成立，但少于 {enough} 个时能表明的很少。",
    "empirical-epsilon.no-claim": "未测量：训练没有声称 epsilon；它不是隐私训练。",
    "empirical-epsilon.how": (
        "对 {n} 个秘密作 {made} 次猜测，次数事先固定；成员信号 {signal}；delta {delta}。"
    ),
    "empirical-epsilon.most": "这么多次猜测至多能表明 epsilon 为 {most:.2f}。",
    "pii-sensitivity.design": (
        "比较 {n_texts} 段文本的 {n} 个版本，其中 {n_pairs} 个有对照；另有 {n_unseen} 个版本和对照读成与原文完全一样。"
    ),
    "pii-sensitivity.nothing-seen": "未测量：模型将每个版本都读成与原文完全一样。",
    "pii-sensitivity.no-control": "未测量：文本中没有其他可以替换的词。",
    "pii-sensitivity.no-values": "未测量：" + _FIND_VALUES + "在文本中没有发现个人数值。",
    "training-data-privacy.detector": _FIND_VALUES + "查找 {n_kinds} 种：{kinds:&}。",
    "training-data-privacy.no-rows": "未测量：训练集没有带文本的行。",
    "training-data-privacy.no-values": "未测量：没有发现个人数值。",
    "training-data-privacy.recall": (
        "在 {n_known} 个已知的 {kind} 数值中，" + _FIND_VALUES + "发现了 {n_found} 个；"
        "它标出的 {n_spans} 处中有 {n_wrong} 处不是。"
    ),
    "training-data-privacy.left-out": (
        "训练将 {n_rows} 行中的 {n} 行作为重复剔除；所计的是学到的内容。"
    ),
    "training-data-privacy.replaced": "训练替换了这些行中的 {n} 个数值；所计的是学到的内容。",
    "extraction.by-detector": _BY_DETECTOR,
    "extraction.recall": _RECALL,
    "extraction.recall-unknown": _UNKNOWN,
    "extraction.no-reference": (
        "未测量：不知道模型由哪个模型微调而来，或该模型不在，因此不能扣除它此前知道的内容。"
    ),
    "pii-sensitivity.by-detector": _BY_DETECTOR,
    "pii-sensitivity.recall": _RECALL,
    "pii-sensitivity.recall-unknown": _UNKNOWN,
    "training-data-privacy.sampled": (
        "在 {n_train} 个训练行中的 {n} 个之间比较：在全部行中，与前面重复的更多。"
    ),
    "training-data-privacy.recall-unknown": (_FIND_VALUES + "漏掉多少 {kind} 数值，没有测量。"),
}

PHRASES: dict[str, str] = {"clusters": "聚类"}
