"""Measures of language models: answers, continuations, questions, surprise, refusals, in Chinese."""

from __future__ import annotations

_STEREOTYPES = "没有问题所问及的刻板印象，以及其他提问方式；每个类别 25 个模板使区间较宽。"
_PRETRAINED = "正确答案是否出现在预训练中，以及其他提问方式。"
_JUDGE = "评判器看不到的内容，以及它无中生有的内容。"
_PROMPTS = "各群体的提示之间的差别。"
_NAMES = "没有给出的群体名称，以及与这些句子不相像的文本。"
_OTHER_WORDS = "用不同于预期的词给出的正确回答，以及回答是如何得出的。"
_HARD = "各群体的提示是否同样难。"
_REFUSALS = "评判器不视为拒答的内容；部分照办的回答；没有人写出的问题。"
_FOREIGN = "该指标的作者没有写明的一切；这里没有人核查过它。"
_TOKENIZERS = "分词器不同的模型：其词元更长或更短。可能性大的内容是否也真实或无害。"
_LIKELY = "可能性大的内容是否也真实或无害；出现在预训练中的文本。"
_EARLY = "停止过早的回答。"
_LESS = "（低于 0：更少）"

MEASURES: dict[str, tuple[str, str, str]] = {
    "bbq.accuracy-ambiguous": (
        "对歧义问题回答“未知”",
        "在文本没有给出答案的每 100 个问题中，约有 {per_100} 个回答“未知”。",
        "错误回答偏向哪一边。" + _STEREOTYPES,
    ),
    "bbq.accuracy-disambiguated": (
        "文本给出答案的问题回答正确",
        "在文本给出答案的每 100 个问题中，约有 {per_100} 个回答正确。",
        "错误回答偏向哪一边。" + _STEREOTYPES,
    ),
    "bbq.lean-ambiguous": (
        "文本没有给出答案时对刻板印象的偏向",
        "在文本没有给出答案的每 100 个问题中，按刻板印象回答的比与之相反的约多 {per_100} 个"
        + _LESS
        + "。",
        _STEREOTYPES,
    ),
    "bbq.lean-disambiguated": (
        "文本给出答案时对刻板印象的偏向",
        "在指明某人的每 100 个回答中，无论文本是否如此，符合刻板印象的比与之相反的约多 {per_100} 个"
        + _LESS
        + "。",
        _STEREOTYPES,
    ),
    "bbq.largest-lean-ambiguous": (
        "文本没有给出答案时各类别的最大偏向，不论方向",
        "在偏向最大的类别中，对文本没有给出答案的每 100 个问题，回答偏向或背离刻板印象约 {per_100} 个。",
        _STEREOTYPES,
    ),
    "bbq.accuracy-cost": (
        "符合刻板印象时的准确率减去与之相反时的准确率",
        "在正确答案符合刻板印象的每 100 个问题中，回答正确的比正确答案与之相反的 100 个约多 {per_100} 个"
        + _LESS
        + "。",
        _STEREOTYPES,
    ),
    "bbq.coin-lean-ambiguous": (
        "以抛硬币决定人物时同样回答的偏向",
        "以抛硬币决定人物时，对文本没有给出答案的每 100 个问题，回答约偏向 {per_100} 个：这是工具在没有偏向时所显示的程度。",
        _STEREOTYPES,
    ),
    "choice-scoring.accuracy": (
        "按候选答案比较方式的准确率",
        "每 100 个问题中约有 {per_100} 个回答正确（{slice}）。",
        _PRETRAINED,
    ),
    "choice-scoring.answer-only-accuracy": (
        "没有问题时的准确率",
        "只看到答案的模型，每 100 个问题中约有 {per_100} 个回答正确。",
        "只有问题与答案合在一起才给出的提示。",
    ),
    "choice-scoring.longest-answer-accuracy": (
        "总是选择最长答案的准确率",
        "每 100 个问题中约有 {per_100} 个的正确答案是最长的答案。",
        "答案中的其他任何提示。",
    ),
    "choice-scoring.gain-over-answer-only": (
        "问题所提高的准确率",
        "每 100 个问题中，有问题时回答正确的比没有问题时约多 {per_100} 个。",
        _PRETRAINED,
    ),
    "choice-scoring.letter-accuracy": (
        "列出答案并以字母命名时的准确率",
        "在列出答案的每 100 个问题中，约有 {per_100} 个以正确的字母回答。",
        _PRETRAINED,
    ),
    "choice-scoring.order-flip-rate": (
        "因列出顺序而改变的回答",
        "每 100 个问题中约有 {per_100} 个在轮换答案列表后得到另一个回答。",
        "并非轮换的顺序。",
    ),
    "choice-scoring.position-share": (
        "落在列表某一位置的判定",
        "每 100 次判定中约有 {per_100} 次落在列表的这一位置（{slice}）。",
        "原因：偏好的可能是字母，也可能是位置。",
    ),
    "choice-scoring.position-lean": (
        "某一位置的占比与均等占比的最大距离",
        "每 100 次判定中，列表某一位置的占比与均等占比约相差 {per_100} 次。",
        "原因：偏好的可能是字母，也可能是位置。",
    ),
    "continuations.toxicity-share": (
        "被评判为有害的续写",
        "每 100 段续写（{slice}）中约有 {per_100} 段被评判为有害。",
        _JUDGE,
    ),
    "continuations.toxicity-probability": (
        "有续写被评判为有害的提示",
        "每 100 个提示（{slice}）中约有 {per_100} 个至少有一段续写被评判为有害。",
        "其续写中有多少段如此。" + _JUDGE,
    ),
    "continuations.refusal-share": (
        "属于拒答的续写",
        "每 100 段续写（{slice}）中约有 {per_100} 段是拒答。",
        _JUDGE,
    ),
    "continuations.length": (
        "续写的长度",
        "一段续写（{slice}）平均有 {value}。",
        "文本的内容。",
    ),
    "continuations.toxicity-difference": (
        "群体之间有害续写的最大差异",
        "每 100 段续写中，被评判为有害的在一个群体中比在另一个群体中约多 {per_100} 段。",
        _PROMPTS + _JUDGE,
    ),
    "continuations.toxicity-probability-difference": (
        "群体之间有害续写提示的最大差异",
        "每 100 个提示中，有有害续写的在一个群体中比在另一个群体中约多 {per_100} 个。",
        _PROMPTS + _JUDGE,
    ),
    "continuations.refusal-difference": (
        "群体之间拒答的最大差异",
        "每 100 段续写中，属于拒答的在一个群体中比在另一个群体中约多 {per_100} 段。",
        _PROMPTS + _JUDGE,
    ),
    "continuations.length-difference": (
        "群体之间平均长度的最大差异",
        "一个群体的续写比另一个群体的平均长 {value}。",
        "文本的内容。",
    ),
    "continuations.toxicity-judge-flip-rate": (
        "有害性评判器因其中的群体而作出不同评判的句子",
        "在仅群体不同的每 100 对句子中，有害性评判器对约 {per_100} 对作出不同评判。",
        _NAMES,
    ),
    "continuations.refusal-judge-flip-rate": (
        "拒答评判器因其中的群体而作出不同评判的句子",
        "在仅群体不同的每 100 对句子中，拒答评判器对约 {per_100} 对作出不同评判。",
        _NAMES,
    ),
    "continuations.never-stopped": (
        "没有自行停止的续写",
        "每 100 段续写中约有 {per_100} 段在达到新词元上限时被截断。",
        "停止过早的续写。",
    ),
    "generation-quality.exact-match": (
        "与预期文本相同的回答",
        "每 100 个回答（{slice}）中约有 {per_100} 个与预期文本相同。",
        _OTHER_WORDS,
    ),
    "generation-quality.contains-answer": (
        "含有预期文本的回答",
        "每 100 个回答（{slice}）中约有 {per_100} 个含有预期文本。",
        "它是否就是所要给出的回答：列出一切的清单也含有它。" + _OTHER_WORDS,
    ),
    "generation-quality.numeric-match": (
        "数字与预期相同的回答",
        "每 100 个回答（{slice}）中约有 {per_100} 个给出预期的数字。",
        "单位，以及数字是如何得出的。",
    ),
    "generation-quality.no-number": (
        "应有数字而没有数字的回答",
        "在应给出数字的每 100 个回答中，约有 {per_100} 个没有给出。",
        _OTHER_WORDS,
    ),
    "generation-quality.never-stopped": (
        "没有自行停止的回答",
        "每 100 个回答中约有 {per_100} 个在达到新词元上限时被截断。",
        _EARLY,
    ),
    "generation-quality.length": ("回答的长度", "一个回答平均有 {value}。", "回答的内容。"),
    "generation-quality.exact-match-difference": (
        "群体之间完全相同回答的最大差异",
        "每 100 个回答中，与预期文本相同的在一个群体中比在另一个群体中约多 {per_100} 个。",
        _HARD + _OTHER_WORDS,
    ),
    "generation-quality.numeric-match-difference": (
        "群体之间正确数字的最大差异",
        "每 100 个回答中，给出预期数字的在一个群体中比在另一个群体中约多 {per_100} 个。",
        _HARD + _OTHER_WORDS,
    ),
    "generation-quality.metric-value": (
        "外部指标对回答的数值，越高越好",
        "该指标（{slice}）为 {value}；越高越好。",
        _FOREIGN,
    ),
    "generation-quality.metric-loss": (
        "外部指标对回答的数值，越低越好",
        "该指标（{slice}）为 {value}；越低越好。",
        _FOREIGN,
    ),
    "perplexity.nats-per-token": (
        "每个词元的意外程度，以 nat 计",
        "一个词元平均使模型意外 {value}。",
        _TOKENIZERS,
    ),
    "perplexity.bits-per-token": (
        "每个词元的意外程度，以比特计",
        "一个词元平均使模型意外 {value}。",
        _TOKENIZERS,
    ),
    "perplexity.token-perplexity": (
        "按模型自身分词器的每词元困惑度",
        "模型的不确定程度，相当于每个词元都是同等可能的若干个之一，个数为 {value}。",
        _TOKENIZERS,
    ),
    "perplexity.bits-per-byte": (
        "每个 UTF-8 字节的意外程度，以比特计",
        "文本的一个字节平均使模型意外 {value}。",
        _LIKELY,
    ),
    "perplexity.bits-per-character": (
        "每个字符的意外程度，以比特计",
        "一个字符平均使模型意外 {value}。",
        _LIKELY + "一个汉字比一个拉丁字母表达得更多：请在同一种文字之内比较。",
    ),
    "perplexity.bits-per-byte-difference": (
        "群体之间每字节比特数的最大差异",
        "一个群体的文本的一个字节，比另一个群体的使模型多意外 {value}。",
        "各群体写的是否是同样的内容、同样的语言。" + _LIKELY,
    ),
    "perplexity.reference-bits-per-byte": (
        "参照模型对每个字节的意外程度，以比特计",
        "文本的一个字节平均使本模型微调之前的模型意外 {value}。",
        _LIKELY,
    ),
    "perplexity.gain-over-reference": (
        "微调所节省的每字节比特数",
        "文本的一个字节使本模型比微调之前的模型少意外 {value}（低于 0：更多）。",
        "微调在其他文本上的代价；这些文本是否是背下来的。",
    ),
    "perplexity.long-texts": (
        "超过模型一次读入长度的文本",
        "每 100 段文本中约有 {per_100} 段超过模型一次读入的长度。",
        "未读入部分的内容。",
    ),
    "refusal.refusal-rate": (
        "应当拒答的问题得到拒答",
        "在应当拒答的每 100 个问题中，约有 {per_100} 个得到拒答。",
        _REFUSALS,
    ),
    "refusal.over-refusal-rate": (
        "应当回答的问题被拒答",
        "在应当回答的每 100 个问题中，约有 {per_100} 个被拒答。",
        _REFUSALS,
    ),
    "refusal.over-refusal-difference": (
        "群体之间不必要拒答的最大差异",
        "在应当回答的每 100 个问题中，被拒答的在一个群体中比在另一个群体中约多 {per_100} 个。",
        "各群体的问题是否同样难。" + _REFUSALS,
    ),
    "refusal.judge-flip-rate": (
        "评判器因其中的群体而作出不同评判的句子",
        "在仅群体不同的每 100 对句子中，评判器对约 {per_100} 对作出不同评判。",
        _NAMES,
    ),
    "refusal.never-stopped": (
        "没有自行停止的回答",
        "每 100 个回答中约有 {per_100} 个在达到新词元上限时被截断。",
        _EARLY,
    ),
    "foreign-metrics.value": (
        "外部指标的数值，越高越好",
        "该指标（{slice}）为 {value}；越高越好。",
        _FOREIGN,
    ),
    "foreign-metrics.loss": (
        "外部指标的数值，越低越好",
        "该指标（{slice}）为 {value}；越低越好。",
        _FOREIGN,
    ),
}
