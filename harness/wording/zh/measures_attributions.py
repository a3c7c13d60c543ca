"""Measures of attributions, of what decisions rest on and of edits, in Chinese."""

from __future__ import annotations

_WRONG_TOGETHER = "同时出错的方法。"
_STABLE = "稳定但错误的归因值。"
_GAPS = "有空缺的文本与模型所学的不相像，因此其中一部分是模型对空缺的反应；不能将一个模型的数值与另一个模型的比较。"
_SHORT = "较长的文本：它在较短的行上测量。"
_PLEASE = "解释是否忠实于模型：它可能让人满意却是错误的。"
_LISTS = "没有列表所指明的词，以及依赖该词的判定是否正确。"
_PAIRED_ENDS = (
    "它的两端不是一个普通的区间：可据以通过的一端对每一对是单侧的，可据以判为未通过的一端对所有成对群体同时成立。"
    "差异小并不说明解释有多好。"
)
_EDITS = "不在列表中的改动，以及读者是否认为两个版本的意思相同。"
_BUDGET = "预算不同或改动不同的攻击：它是攻击者能力的下限。"
_LEARNT = "模型已经学会的错误标签：它从未学过被改动的标签。"
_WINS = "在标签被改动的一行与另一行之间，每 100 次约有 {per_100} 次"
_FIRST = "将被改动的一行排在前面。"

MEASURES: dict[str, tuple[str, str, str]] = {
    "attribution.converged-share": (
        "归因收敛的行",
        "在有内容可归因的每 100 行中，约有 {per_100} 行的数值合计相符或不再改变顺序。",
        "合计相符的数值是否正确。",
    ),
    "attribution.completeness-gap": (
        "完整性缺口",
        "应解释内容的每 100 份中，约有 {per_100} 份未得到解释。",
        "相互抵消的单个词的误差，以及没有可归因内容的行。",
    ),
    "attribution.nothing-to-attribute-share": (
        "没有可归因内容的行",
        "每 100 行中约有 {per_100} 行，即使没有其中任何词也会得到同样的判定。",
        "该判定是否正确。",
    ),
    "attribution.truncated-share": (
        "被截断的行",
        "每 100 行中约有 {per_100} 行超过模型读入的长度。",
        "截去部分的内容。",
    ),
    "attribution.punctuation-mass": (
        "落在标点上的归因",
        "每 100 份归因中约有 {per_100} 份落在没有字母或数字的符号上。",
        "没有意义的词；具有意义的符号，例如感叹号可能有意义。",
    ),
    "attribution-stability.edit-overlap": (
        "改动后仍保持最强的词",
        "在改动之前或之后属于最强五个的每 100 个词中，约有 {per_100} 个两次都在其中。",
        _STABLE,
    ),
    "attribution-stability.seed-overlap": (
        "换用另一个种子后仍保持最强的词",
        "在两个种子中任一个的最强五个词的每 100 个中，约有 {per_100} 个两次都在其中。",
        _STABLE,
    ),
    "attribution-stability.randomisation-similarity": (
        "与随机权重的归因值的相似程度（仅看通过与否）",
        "训练后模型与随机权重的归因值的相关系数为 {value}；仅看通过与否：保持相似的内容没有解释模型。",
        "除权重是否起作用之外的一切；它不给方法排名。",
    ),
    "attribution-stability.agreement-top": (
        "两种方法在最强的词上的一致程度",
        "在任一方法的最强五个词的每 100 个中，约有 {per_100} 个同属两种方法。",
        _WRONG_TOGETHER,
    ),
    "attribution-stability.agreement-rank": (
        "两种方法的等级相关",
        "两种方法给一行各词的数值的等级相关系数平均为 {value}。",
        _WRONG_TOGETHER,
    ),
    "attribution-stability.agreement-sign": (
        "两种方法在支持与反对上的一致程度",
        "每 100 个词中，约有 {per_100} 个按两种方法都支持或都反对该判定。",
        _WRONG_TOGETHER,
    ),
    "faithfulness.comprehensiveness": (
        "全面性",
        "去掉最强的词后，所判定类别的概率平均降低 {value}。",
        _GAPS,
    ),
    "faithfulness.sufficiency": (
        "充分性",
        "只保留最强的词时，所判定类别的概率平均降低 {value}。",
        _GAPS,
    ),
    "faithfulness.comprehensiveness-over-random": (
        "高于随机顺序的全面性",
        "去掉最强的词比去掉同样多的随机的词，使所判定类别的概率多降低 {value}。",
        _GAPS,
    ),
    "faithfulness.sufficiency-over-random": (
        "高于随机顺序的充分性",
        "只保留最强的词比保留同样多的随机的词，使所判定类别的概率多降低 {value}；低于 0 表示优于偶然。",
        _GAPS,
    ),
    "faithfulness.naopc-comprehensiveness": (
        "归一化的全面性",
        "在从最差的词序到最好的词序的尺度上，该排序位于 {value}。",
        _SHORT + _GAPS,
    ),
    "faithfulness.naopc-sufficiency": (
        "归一化的充分性",
        "在从最好的词序到最差的词序的尺度上，该排序位于 {value}。",
        _SHORT + _GAPS,
    ),
    "faithfulness.sensitivity-correlation": (
        "敏感度 n：相关系数",
        "据称随机的词组所作的贡献与去掉它们的作用，其相关系数平均为 {value}。",
        "共同的倍数：大十倍的数值同样相关；参见斜率。",
    ),
    "faithfulness.sensitivity-slope": (
        "敏感度 n：斜率",
        "凡据称词贡献 1 logit 之处，去掉它们使其降低 {value}。",
        "1 表示完全相符；远高于 1 的数值与远低于 1 的一样错误。",
    ),
    "faithfulness.decision-flip": (
        "去掉最强的词后改变的判定",
        "每 100 行中约有 {per_100} 行在去掉最强的词后改变判定。",
        "依据多个词的判定，其中任何一个都足以决定。",
    ),
    "faithfulness.flip-fraction": (
        "使判定改变所须去掉的词的占比",
        "每 100 个词中约须从最强的起去掉 {per_100} 个，判定才会改变；从不改变的行计为 100。",
        "有多少行从不改变，以及没有任何词时所判定的类别。",
    ),
    "faithfulness.removal-agreement": (
        "各种去词方式之间的一致程度",
        "每 100 行中约有 {per_100} 行，无论以遮盖、填充还是删除的方式去词，对是否优于偶然的回答都相同。",
        "所有方式是否同样错误。",
    ),
    "plausibility.token-f1": (
        "解释与人工依据按词的 F1",
        "解释中最强的词与人标出的词，其 F1 按行平均为 {value}（{slice}）。",
        _PLEASE,
    ),
    "plausibility.token-f1-micro": (
        "全部行的词合计的 F1",
        "全部行的词合计，最强的词与人标出的词的 F1 为 {value}（{slice}）。",
        _PLEASE + "标出的词多的行权重更大。",
    ),
    "plausibility.iou-f1": (
        "解释与人工依据按连续词段的 F1",
        "解释中最强的连续词段与人标出的词段，其匹配的 F1 为 {value}（{slice}）。",
        _PLEASE + "不足二者一半的重叠。",
    ),
    "plausibility.auprc": (
        "标出的词在排序中靠前",
        "按解释对词的排序，找到标出的词的平均精确率为 {value}（{slice}）。",
        _PLEASE + "随机排序在相同行上能达到多少。",
    ),
    "plausibility.auprc-chance": (
        "随机排序的同一数值",
        "对词的随机排序，找到标出的词的平均精确率为 {value}（{slice}）。",
        "模型：它只取决于有多少词、标出了多少词。",
    ),
    "plausibility.auprc-over-chance": (
        "标出的词比偶然更靠前",
        "按解释对词的排序，其平均精确率比随机排序高 {value}（{slice}）。",
        _PLEASE,
    ),
    "sensitive-terms.flagged-categories": (
        "被标记的敏感词类别",
        "{value}的敏感词被标记：归因占比和遮盖作用都超出偶然。",
        "文本太少的类别、如此少的文本显示不出的作用，以及经训练而隐藏其所用内容的模型。没有标记并不说明没有。",
    ),
    "sensitive-terms.share": (
        "敏感词所占的归因比例",
        "在含有这种词的文本（{slice}）中，归因的 {per_100} % 落在其上。",
        _LISTS + "词有多少，以及经训练而隐藏其所用内容的模型。",
    ),
    "sensitive-terms.lift": (
        "归因占比与词数占比之比",
        "敏感词（{slice}）所得的归因，是其文本中同样多的平均的词的 {value} 倍。",
        _LISTS + "每个实词所得的都多于“的”这样的词。",
    ),
    "sensitive-terms.signed-mean": (
        "敏感词对关注类别的贡献",
        "一段文本中的这些词（{slice}）平均使关注类别的领先值增加 {value}。",
        _LISTS + "方向相反而相互抵消的贡献。",
    ),
    "sensitive-terms.mask-effect": (
        "去掉这些词后得分的变化",
        "遮盖这些词（{slice}）时，所判定类别的得分平均变动 {value}。",
        _LISTS + "遮盖任何其他词是否也会如此。",
    ),
    "sensitive-terms.mask-over-control": (
        "超出其他词的同一作用",
        "遮盖这些词（{slice}）比遮盖同一文本中同样多的其他词，使得分多变动 {value}。",
        _LISTS + "其他词是随机抽取的，因此其中很少有重要的词。",
    ),
    "sensitive-terms.mask-flips": (
        "去掉这些词后改变的判定",
        "在含有这种词的每 100 段文本（{slice}）中，遮盖它后约有 {per_100} 段判定不同。",
        _LISTS + "得分变动而判定不变的情况。",
    ),
    "sensitive-terms.swap-effect": (
        "换成另一身份后得分的变化",
        "换成另一身份（{slice}）后，所判定类别的得分平均变动 {value}。",
        _LISTS,
    ),
    "sensitive-terms.agreement": (
        "归因占比与遮盖作用是否一致",
        "在含有这种词的文本（{slice}）中，归因占比与遮盖作用的等级相关系数为 {value}。",
        "二者中任一个是否正确。",
    ),
    "explanation-by-group.faithfulness": (
        "超出偶然的忠实度（按群体）",
        "去掉解释首先指出的词（{slice}），比随机去掉词使所判定类别的概率多降低 {value}。",
        "有空缺的文本不是模型所针对的文本。",
    ),
    "explanation-by-group.converged-share": (
        "收敛的解释（按群体）",
        "在有内容可归因的每 100 行（{slice}）中，约有 {per_100} 行的数值合计相符或不再改变顺序。",
        "合计相符的归因值是否指向正确的词。",
    ),
    "explanation-by-group.stable-share": (
        "细化后不变的解释（按群体）",
        "在有内容可归因的每 100 行（{slice}）中，约有 {per_100} 行在细化计算后最强的五个词不变。",
        "文本的小改动，它对解释的改变可能大于步数。",
    ),
    "explanation-by-group.faithfulness-difference": (
        "忠实度的最大差异",
        "最高与最低的群体（{slice}）超出偶然的忠实度相差 {value}。",
        _PAIRED_ENDS,
    ),
    "explanation-by-group.converged-difference": (
        "收敛的行的最大差异",
        "最高与最低的群体（{slice}）收敛的行的占比相差 {value}。",
        _PAIRED_ENDS,
    ),
    "explanation-by-group.stable-difference": (
        "稳定的行的最大差异",
        "最高与最低的群体（{slice}）稳定的行的占比相差 {value}。",
        _PAIRED_ENDS,
    ),
    "shortcuts.row-share": (
        "含有能单独决定判定的词的行",
        "每 100 行中约有 {per_100} 行含有这样的词：将其放入其他行会使其变为它的类别。",
        "只有合在一起才起作用的词、少见的词，以及词是否理应决定判定。",
    ),
    "shortcuts.insertion-flip-rate": (
        "放入一个词就改变的判定",
        "在判定为其他类别的每 100 行中，放入最强的词后约有 {per_100} 行变为它的类别。",
        "其中有多少放入任何词都会改变，以及这个词是否理应决定判定。",
    ),
    "shortcuts.insertion-effect": (
        "超出对照词的同一作用",
        "最强的词所改变的行的占比，比在同一位置的对照词高 {value}。",
        "这个词是否理应决定判定，以及文本读起来有多奇怪。",
    ),
    "reason-codes.stable-share": (
        "首要理由稳定的判定",
        "在不利于人的每 100 次判定中，约有 {per_100} 次在两个种子和两种方法下首要理由不变。",
        "两种方法都遗漏的理由，以及理由是否合法。",
    ),
    "reason-codes.coverage": (
        "所列理由的涵盖程度",
        "所列理由平均涵盖不利于有利类别的内容的 {value}。",
        "只有合在一起才不利于人的词。",
    ),
    "reason-codes.confirmed-share": (
        "首要理由经遮盖得到证实的判定",
        "在不利于人的每 100 次判定中，遮盖首要理由后约有 {per_100} 次向有利类别移动。",
        "移动多远，以及有空缺的文本可能与模型学过的任何内容都不相像。",
    ),
    "reason-codes.unmapped-first-share": (
        "首要因素不属于任何理由的判定",
        "在不利于人的每 100 次判定中，约有 {per_100} 次首先依据理由表中没有的词。",
        "表中映射到并非其含义的理由的词。",
    ),
    "reason-codes.protected-in-top-share": (
        "理由中含有身份词的判定",
        "在不利于人的每 100 次判定中，约有 {per_100} 次的所列理由中含有身份词。",
        "没有列表所指明的身份和替代变量。",
    ),
    "robustness.flip-rate": (
        "因改动而改变的判定",
        "在作了小改动的每 100 段文本（{slice}）中，约有 {per_100} 段判定不同。",
        _EDITS,
    ),
    "robustness.score-change": (
        "因改动而变化的得分",
        "作了小改动（{slice}）后，得分平均变动 {value}。",
        "向哪个方向变动。" + _EDITS,
    ),
    "robustness.worst-edit-flip-rate": (
        "因最严重的改动而改变的判定",
        "在作了最能改变判定的改动的每 100 段文本中，约有 {per_100} 段判定不同。",
        _EDITS,
    ),
    "robustness.attack-success-rate": (
        "因攻击其所依据的词而改变的判定",
        "每 100 次判定（{slice}）中，攻击承载判定的词约改变 {per_100} 次。",
        _BUDGET,
    ),
    "robustness.random-attack-success-rate": (
        "因攻击随机的词而改变的判定",
        "每 100 次判定（{slice}）中，攻击随机的词约改变 {per_100} 次。",
        _BUDGET,
    ),
    "robustness.attack-gain": (
        "知道这些词对攻击的价值",
        "攻击承载判定的词所改变的判定占比，比攻击随机的词高 {value}。",
        "两种攻击各有多强：可能都不得逞，也可能都得逞。",
    ),
    "training-evidence.suspect-support": (
        "错误判定背后的可疑标签",
        "在错误判定背后的每 100 个训练行中，约有 {per_100} 个的标签与其自身的近邻行相悖。",
        "聚在一起的错误标签，以及没有这些行判定是否会不同。",
    ),
    "training-evidence.near-support": (
        "属于所判定类别的近邻训练行",
        "在离判定最近的每 100 个训练行中，约有 {per_100} 个带有所判定的类别。",
        "其标签是否正确，以及在最后一层之外“近”意味着什么。",
    ),
    "training-evidence.near-agreement": (
        "同时也是近邻的有影响训练行",
        "在判定背后的每 100 个训练行中，约有 {per_100} 个也在最近的行之中。",
        "二者不一致时，哪一个是更好的证据。",
    ),
    "training-evidence.concentration": (
        "来自少数训练行的影响",
        "在对判定的影响的每 100 份中，约有 {per_100} 份来自所列的少数行。",
        "同类的行：各副本共同分担其中一个本应具有的影响。",
    ),
    "mislabelled.suspect-share": (
        "标签在近邻行中与众不同的训练行",
        "每 100 个训练行中约有 {per_100} 个的标签与其大多数最近的行相悖。",
        "聚在一起的错误标签，以及与众不同的行是否错误。",
    ),
    "mislabelled.against-model-share": (
        "模型判定不同的训练行",
        "每 100 个训练行中约有 {per_100} 个的判定与其标签不同。",
        "模型已经背下来的错误标签。",
    ),
    "mislabelled.planted-found": (
        "近邻行所指出的被改动的标签",
        "在随机改动的每 100 个标签中，约有 {per_100} 个被近邻行指出。",
        "事出有因的错误标签，例如处于两个类别之间的行的标签。",
    ),
    "mislabelled.auroc-self-influence": (
        "自影响找出被改动标签的能力",
        _WINS + "自影响" + _FIRST,
        _LEARNT,
    ),
    "mislabelled.auroc-loss": (
        "损失找出被改动标签的能力",
        _WINS + "损失" + _FIRST,
        _LEARNT,
    ),
    "mislabelled.auroc-neighbours": (
        "标签不同的近邻行占比找出被改动标签的能力",
        _WINS + "标签不同的近邻行占比" + _FIRST,
        _LEARNT,
    ),
}
