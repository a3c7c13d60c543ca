"""Measures of what a model gives away of its training rows, in Chinese."""

from __future__ import annotations

Words = tuple[str, str, str]
"""Title, reading, blindness."""

_CERTAIN = "少数行是否能被确定地认出：参见少量误报时的比率。"
_THRESHOLDS = "其他阈值；阈值偏离其应有位置多远：参见备注。"
_DETECTOR = "检测器发现不了的数值、其他提示，以及掌握权重的攻击者。"
_SURROUNDINGS = "处于其他上下文或其他格式中的秘密；模型向比前缀知道得更多的读者透露的内容。"
_BETTER = "比这更好的攻击；与植入的秘密毫不相像的行。"
_FOUND = "检测器发现不了的数值，例如在它不识别姓名时的姓名；仅其种类就决定判定的数值。"
_LISTED = "检测器发现不了的数值：姓名和地址，除非指定了能识别它们的检测器。"
_LESS = "（低于 0：更少）"
_GROUPS = "从各群体等量抽取的每 100 行中，"

_SIGNALS = {
    "auc": "成员信号",
    "subject-auc": "某个人、文档或其他聚类的全部行的成员信号",
    "auc-loss": "损失",
    "auc-reference": "与微调之前的模型对照的损失",
    "auc-calibrated": "超出微调之前的模型所预期的损失",
    "auc-error-zone": "在模型出错之处所获得的改进",
    "auc-zlib": "与压缩后文本大小对照的损失",
    "auc-min-k": "可能性最小的词元的损失",
    "auc-min-k-plus": "可能性最小的词元的标准化损失",
    "auc-phi": "标签的对数几率",
    "auc-entropy": "模型的确定程度",
    "auc-modified-entropy": "模型对标签的确定程度",
    "auc-lira": "与影子模型对照的似然比",
    "auc-rmia": "模型的输出与不含该行的模型对照、并在其他行的同类比值中的位置",
}
"""Signal of membership → what it is called."""


def _membership() -> dict[str, Words]:
    return {
        f"membership.{key}": (
            f"{name}区分训练行与其他行的能力",
            f"在由一个训练行和另一行组成的每 100 对中，{name}约将 {{per_100}} 对的训练行排在前面；50 为偶然。",
            _CERTAIN,
        )
        for key, name in _SIGNALS.items()
    }


def _recognised() -> dict[str, Words]:
    found: dict[str, Words] = {}
    for end, n in (("100", "100"), ("1000", "1,000")):
        found[f"membership.tpr-at-one-in-{end}"] = (
            f"在其他 {n} 行有一次误报时认出的训练行",
            f"当其他 {n} 行中有一行被误认为训练行时，每 100 个训练行约有 {{per_100}} 个被认出。",
            _THRESHOLDS,
        )
        found[f"membership.subject-tpr-at-one-in-{end}"] = (
            f"在其他 {n} 个聚类有一次误报时认出的训练行聚类",
            f"当其他 {n} 个聚类中有一个被误认为训练行聚类时，每 100 个训练行聚类约有 {{per_100}} 个被认出。",
            _THRESHOLDS,
        )
    return found


MEASURES: dict[str, Words] = {
    **_membership(),
    **_recognised(),
    "membership.blind-auc": (
        "从未见过模型的攻击区分训练行与其他行的能力",
        "在由一个训练行和另一行组成的每 100 对中，从未见过模型的攻击约将 {per_100} 对的训练行排在前面；50 为偶然。",
        "成员与其他行之间，任何词、长度或日期都显示不出的差别。",
    ),
    "membership.auc-minus-blind": (
        "模型对从未见过它的攻击的增益",
        "在由一个训练行和另一行组成的每 100 对中，成员信号排对的比从未见过模型的攻击约多 {per_100} 对"
        + _LESS
        + "。",
        _CERTAIN,
    ),
    "attribute-inference.beyond-base-rate": (
        "特征所透露的群体",
        _GROUPS
        + "由最后一层的输入（没有这样的层时由 logit）猜对群体的，比偶然约多 {per_100} 行"
        + _LESS
        + "。",
        "文本本身是否同样透露；非线性的猜测。",
    ),
    "attribute-inference.logits-beyond-base-rate": (
        "回答所透露的群体",
        _GROUPS + "由 logit 猜对群体的，比偶然约多 {per_100} 行" + _LESS + "。",
        "标签是否同样透露；特征中含有而任何回答都不显示的内容。",
    ),
    "attribute-inference.beyond-imputation": (
        "模型透露而文本没有透露的群体",
        _GROUPS + "由特征猜对群体的，比由词、标签和其他列猜对的约多 {per_100} 行" + _LESS + "。",
        "比词的线性模型更好的读者在文本中看到的内容。",
    ),
    "attribute-inference.beyond-random": (
        "训练放入特征的群体",
        _GROUPS
        + "由特征猜对群体的，比由权重打乱的同一网络的特征猜对的约多 {per_100} 行"
        + _LESS
        + "。",
        "是预训练还是微调将其放入。",
    ),
    "memorisation.median-exposure": (
        "植入的秘密的中位暴露度",
        "半数的植入秘密的暴露度至少为 {value}；每增加一比特，用该模型猜出它们所需的次数减半。",
        _SURROUNDINGS,
    ),
    "memorisation.highest-exposure": (
        "植入的秘密的最高暴露度",
        "模型泄露最多的植入秘密的暴露度为 {value}。",
        _SURROUNDINGS,
    ),
    "memorisation.beyond-chance": (
        "超出偶然所能解释的最高暴露度",
        "植入秘密的最高暴露度比这么多秘密中偶然所能解释的高 {value}（低于 0：偶然可以解释）。",
        _SURROUNDINGS,
    ),
    "memorisation.once-highest-exposure": (
        "只植入一次的秘密的最高暴露度",
        "在只植入一次的秘密中，模型泄露最多的一个的暴露度为 {value}。",
        _SURROUNDINGS,
    ),
    "memorisation.once-beyond-chance": (
        "只植入一次的秘密超出偶然所能解释的最高暴露度",
        "只植入一次的秘密的最高暴露度比这么多秘密中偶然所能解释的高 {value}（低于 0：偶然可以解释）。",
        _SURROUNDINGS,
    ),
    "memorisation.reported-secrets": (
        "报告为已被记住的植入秘密",
        "有 {value} 个植入秘密报告为已被记住。",
        _SURROUNDINGS,
    ),
    "memorisation.reported-share": (
        "报告为已被记住的植入秘密占比",
        "在以此方式植入的每 100 个秘密中，约有 {per_100} 个报告为已被记住。",
        _SURROUNDINGS,
    ),
    "memorisation.chance-p-value": (
        "偶然出现如此大的暴露度的概率",
        "仅由偶然同时出现如此大的暴露度的概率：{value}。",
        "记住了多少：很小的概率也可能来自许多秘密的少数比特。",
    ),
    "memorisation.control-p-value": (
        "偶然出现从未植入的秘密的暴露度的概率",
        "仅由偶然出现从未植入的秘密那样大的暴露度的概率：{value}；概率很小说明工具有故障。",
        "使暴露度偏小的故障。",
    ),
    "memorisation.exposure-per-doubling": (
        "重复次数每加倍所增加的暴露度",
        "植入次数加倍的秘密，其暴露度约高 {value}。",
        _SURROUNDINGS,
    ),
    "memorisation.secrets-in-data": (
        "本身就出现在训练行中的植入或保留的秘密",
        "除植入的之外，有 {value} 个秘密本身就出现在训练行中。",
        "各行以其他写法含有的秘密。",
    ),
    "extraction.greedy-share": (
        "在其真实上下文之后写出的个人数值",
        "在训练行的每 100 个不同的个人数值（{slice}）中，给出其前面的文本时模型约写出 {per_100} 个。",
        "经抽取才出来而不是立即写出的数值：参见 extractable-share。" + _DETECTOR,
    ),
    "extraction.extractable-share": (
        "经询问提取出的个人数值",
        "在训练行的每 100 个不同的个人数值（{slice}）中，以其真实上下文询问这么多次约出来 {per_100} 个。",
        _DETECTOR,
    ),
    "extraction.extractable-beyond-base": (
        "超出基础模型的经询问提取出的个人数值",
        "出来的个人数值的占比（{slice}）比微调之前的模型高 {value}。",
        _DETECTOR,
    ),
    "extraction.not-in-prompt-share": (
        "提示中没有的提取数值",
        "在出来的每 100 个个人数值中，约有 {per_100} 个出现在其上下文本来不含有它们的情况下。",
        _DETECTOR,
    ),
    "extraction.template-share": (
        "以指明其种类的提示提取出的个人数值",
        "在训练行的每 100 个不同的个人数值中，以仅指明所需种类的询问这么多次约出来 {per_100} 个。",
        _DETECTOR,
    ),
    "extraction.associated-share": (
        "由同一个人的另一数值提取出的个人数值",
        "在旁边有另一数值的训练行的每 100 个个人数值中，以指明该数值的询问这么多次约出来 {per_100} 个。",
        _DETECTOR,
    ),
    "extraction.inference-top-1": (
        "在同类数值中猜中的个人数值",
        "在从其文本中取出的每 100 个个人数值中，约有 {per_100} 个是模型在同类数值中的首选。",
        _DETECTOR,
    ),
    "extraction.inference-reciprocal-rank": (
        "个人数值在同类数值中的名次",
        "真实数值在同类数值中名次的倒数平均为 {value}。",
        _DETECTOR,
    ),
    "extraction.inference-beyond-base": (
        "超出基础模型的猜中的个人数值",
        "一次猜中的个人数值的占比比微调之前的模型高 {value}。",
        _DETECTOR,
    ),
    "extraction.discoverable-share": (
        "逐字续写的训练文本",
        "在每 100 段训练文本中，给出其中一段时模型约逐字续写 {per_100} 段（{slice}）。",
        "有小改动的副本：参见 near-verbatim-share。短于该段及其续写的文本。",
    ),
    "extraction.discoverable-beyond-base": (
        "超出基础模型的逐字续写的训练文本",
        "逐字续写的训练文本的占比比微调之前的模型高 {value}。",
        _DETECTOR,
    ),
    "extraction.near-verbatim-share": (
        "近似逐字续写的训练文本",
        "在每 100 段训练文本中，模型约至少近似逐字续写 {per_100} 段。",
        "改述。",
    ),
    "extraction.untargeted-recall": (
        "自由生成的文本所含的个人数值",
        "在模型只在训练中遇到的每 100 个不同的个人数值中，约有 {per_100} 个出现在任其书写的文本中。",
        "更多的生成会含有的数值：参见 untargeted-distinct。" + _DETECTOR,
    ),
    "extraction.untargeted-precision": (
        "自由生成的文本中真实的个人数值",
        "在任模型书写的文本的每 100 个不同的个人数值中，约有 {per_100} 个是训练行的数值。",
        "虚构的数值是否属于训练行之外的某个人。" + _DETECTOR,
    ),
    "extraction.untargeted-coverage": (
        "生成的文本已显示出泄露的多大部分",
        "在训练数值向生成文本的另外 100 次泄露中，约有 {per_100} 次是已见过的数值。",
        "泄露极少、以致其同类一个都没有见到的数值。",
    ),
    "extraction.untargeted-distinct": (
        "生成的文本最终会显示的训练数值",
        "随着生成不断增多，至少约有 {value} 个不同的训练行数值会出现。",
        "泄露极少、以致其同类一个都没有见到的数值：它是下限。",
    ),
    "extraction.overlap-share": (
        "含有训练文本片段的自由生成",
        "在任模型书写的每 100 段文本中，约有 {per_100} 段逐字含有训练文本的一个片段。",
        "更短的或改了一个词的片段。",
    ),
    "empirical-epsilon.shown": (
        "对植入秘密的猜测所表明的 epsilon",
        "对谁在训练中的猜测表明 {value}；以 95 % 的把握，训练的 epsilon 至少为 {low}。",
        _BETTER,
    ),
    "empirical-epsilon.beyond-claim": (
        "超出训练所声称的 epsilon",
        "猜测所表明的比训练所声称的多 {value}" + _LESS + "。",
        _BETTER,
    ),
    "empirical-epsilon.right-guesses": (
        "对植入秘密的猜测中正确的占比",
        "在对哪些秘密在训练中的每 100 次猜测中，约有 {per_100} 次正确；运气为 50。",
        _BETTER,
    ),
    "pii-sensitivity.flip-rate": (
        "因换成另一个人数值而改变的判定",
        "在将一个个人数值换成另一个同类数值的每 100 段文本（{slice}）中，约有 {per_100} 段判定不同。",
        _FOUND,
    ),
    "pii-sensitivity.score-change": (
        "因换成另一个人数值而变化的得分",
        "将一个个人数值换成另一个同类数值（{slice}）时，得分平均变动 {value}。",
        "向哪个方向变动。" + _FOUND,
    ),
    "pii-sensitivity.control-flip-rate": (
        "因换成其他词而改变的判定",
        "在将长度相近的其他词换成另一文本的词的每 100 段文本中，约有 {per_100} 段判定不同。",
        "词的内容：其中一些本应改变判定。",
    ),
    "pii-sensitivity.beyond-control": (
        "个人数值超出其他词所改变的判定",
        "换成另一个人数值所改变的判定占比，比同一文本的其他词高 {value}。",
        "作用小于承载含义的词的个人数值。" + _FOUND,
    ),
    "pii-sensitivity.rows-with-pii": (
        "含有个人数值的文本",
        "每 100 段文本中有 {per_100} 段含有检测器所发现的个人数值。",
        _FOUND,
    ),
    "training-data-privacy.personal-share": (
        "含有个人数值的训练行",
        "每 100 个训练行中约有 {per_100} 个含有个人数值或秘密。",
        _LISTED,
    ),
    "training-data-privacy.density": ("训练行中的个人数值", "共有 {value}。", _LISTED),
    "training-data-privacy.secret-share": (
        "含有密码、访问凭证或密钥的训练行",
        "每 100 个训练行中约有 {per_100} 个含有密码、访问凭证或密钥。",
        "旁边没有提示词的密码，以及未知颁发者的凭证。",
    ),
    "training-data-privacy.repeated-value-share": (
        "出现在多个训练行中的个人数值",
        "在每 100 个不同的个人数值中，约有 {per_100} 个出现在多个训练行中。",
        "写法差别太大、以致看不出是同一个的数值。",
    ),
    "training-data-privacy.repeated-share": (
        "以相同方式在前面出现过的训练行",
        "每 100 个训练行中约有 {per_100} 个在训练集的前面出现过。",
        "近似重复。",
    ),
    "training-data-privacy.near-repeated-share": (
        "以近似相同的方式在前面出现过的训练行",
        "每 100 个训练行中约有 {per_100} 个与前面保留的一行近似相同。",
        "改述；以及其他部分不同的行所共有的段落。",
    ),
    "training-data-privacy.most-copies": (
        "最常见的训练行的副本数",
        "最常见的文本共有 {value}。",
        "近似重复。",
    ),
}
