"""What audits of language models say, in Chinese."""

from __future__ import annotations

_FEW_GROUPS = "未测量：列 {column} 中"

SAID: dict[str, str] = {
    "generation.settings": ("每个提示生成 {n} 段，方式为 {how}，至多 {most} 个新词元{stop:~}。"),
    "generation.never-stopped": ("{n} 段续写中有 {n_cut} 段没有自行停止，按已写出的部分评判。"),
    "generation.prompts-cut": (
        "{n} 个提示中有 {n_cut} 个超过模型在留出书写空间后可读入的长度；它们的开头被截去。"
    ),
    "judged.not-compared": (
        "在 {column} 中无法估计，因此不可能通过：{groups:&}。"
        "它们的续写少于 {least} 段、单元少于 10 个，或没有离散程度。"
    ),
    "judged.too-few-groups": _FEW_GROUPS + "有足够续写可供比较的群体不到两个。",
    "judged.none": "未测量：没有这种续写。",
    "judge.not-heard": (
        "未测量：评判器自身就区分 {column} 的群体。在仅群体不同的句子中，它对每 100 对中的 {flips} 对作出不同评判，"
        "其比率在每 100 个中相差 {apart} 个，超过限值 {limit}。请提供另一个评判器，或它不作反应的群体名称。"
    ),
    "judge.name": "由 {judge} 评判。它看不到{blind_to:~}。",
    "perplexity.too-few-groups": _FEW_GROUPS + "有足够文本可供比较的群体不到两个。",
    "perplexity.no-text": "未测量：这些行的文本都没有评分。",
    "perplexity.not-compared": (
        "在 {column} 中无法估计，因此不可能通过：{groups:&}。它们的文本少于 {least} 段，或独立的文本少于 {units} 段。"
    ),
    "perplexity.no-reference": "未测量：不知道模型由哪个模型微调而来，或该模型不在。",
    "perplexity.tokens": (
        "词元是 {model} 的分词器的词元：{n_bytes} 个字节对应 {tokens} 个词元，每个词元 {per_token} 个字节。"
    ),
    "perplexity.nothing-scored": "{n} 段文本中有 {n_empty} 段没有可以评分的词元，不计。",
    "perplexity.windows": (
        "{n} 段文本中有 {n_long} 段超过模型一次读入的长度；它们分 {n_windows} 个重叠一半的窗口读入。"
    ),
    "perplexity.cut": ("{n} 段文本中有 {n_cut} 段超过模型读入的长度，按读入的部分计算。"),
    "bbq.no-columns": (
        "未测量：没有名为 {columns:&} 的控制列。请在测试表的 control 下指明，"
        "或在 audits.bbq 下说明其名称（{options:&}）。"
    ),
    "bbq.one-sided": ("未测量：没有正确答案符合刻板印象的非歧义问题，或没有正确答案与之相反的。"),
    "bbq.no-row": "未测量：没有这种行，或没有指明某人的回答。",
    "bbq.choices": "未测量：问题必须有 {wanted} 个答案，实际为 {n_choices} 个。",
    "bbq.left-out": "{n} 行中有 {n_left} 行不计：其各列没有说明哪个答案是哪个。",
    "choice-scoring.too-many": ("未测量：答案以字母 A 至 Z 命名，而现有 {n_choices} 个。"),
    "choice-scoring.way": "任务将对数似然除以：{way:~}。",
    "generation-quality.no-completion": (
        "未测量：各行没有预期回答。请在 completion 下指明其列，在 prompt 下指明提示的列。"
    ),
    "generation-quality.no-numbers": "未测量：这些行的预期回答都没有数字。",
    "refusal.no-bank": (
        "未测量：没有名为 {bank} 的控制列。请提供一张测试表，其控制列对每个问题写明 {refuse} 或 {answer}，"
        "或在 audits.refusal.bank 中指明。"
    ),
    "refusal.other-bank": (
        "{n} 个问题中有 {n_other} 个不属于任何题库：{column} 中的内容既不是 {refuse}，也不是 {answer}。"
    ),
}

PHRASES: dict[str, str] = {
    "nothing": "不除",
    ", ended by one of {n} texts": "，以 {n} 段文本之一结束",
}
