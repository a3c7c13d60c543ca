"""Rules of the standard pack, and of those on risks and privacy, in Chinese, by their English words."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    # standard
    "Standard policy for text classifiers": "文本分类器的标准策略",
    "A model that is not at least one example in a hundred better than no model at all brings"
    " its risks without a use.": (
        "每 100 个样本中没有比完全不用模型至少好一个的模型，只带来风险而没有用处。"
    ),
    "Look at the labels and the training first. Where one class is so frequent that accuracy "
    "cannot tell models apart, write a policy of your own on recall or balanced accuracy.": (
        "首先查看标签和训练。如果某个类别非常常见，以致准确率无法区分模型，请自行编写关于召回率"
        "或平衡准确率的策略。"
    ),
    "Of 100 people in a group, no more than 10 more may be decided wrongly than of 100 "
    "others. A larger difference is seldom noise or difficulty; it is most often wrong or "
    "missing training data for the group.": (
        "某个群体的每 100 人中，误判的不得比其他 100 人多出 10 人以上。更大的差异很少是噪声或难"
        "度所致；最常见的是该群体的训练数据错误或缺失。"
    ),
    "Compare the group's training labels with those of the others, collect more examples of "
    "it, train again. Do not move the threshold for one group without legal advice.": (
        "将该群体的训练标签与其他群体的比较，收集该群体的更多样本，重新训练。未经法律咨询，不要"
        "为某一个群体移动阈值。"
    ),
    "Without groups nobody knows who bears the errors. Where no people stand behind the "
    "examples, remove this rule in a policy of your own.": (
        "没有群体，就没有人知道错误由谁承担。如果样本背后没有人，请在您自己的策略中移除这条规则。"
    ),
    "Name the columns under groups in the data section of assay.yaml, or join them by id.": (
        "在 assay.yaml 的 data 部分的 groups 下写明各列，或按 id 补充。"
    ),
    "When taking away one word turns more than half of the decisions that hold it, the model "
    "reads that word and not the text. Whoever knows the word decides.": (
        "如果去掉一个词会使含有它的判定有一半以上改变，那么模型读的是这个词，而不是文本。知道这"
        "个词的人就能左右判定。"
    ),
    "Read the examples that hold the word. If it has no meaning for the task, remove it from "
    "the training data and train again; if it has, allow it in a policy of your own.": (
        "查看含有这个词的样本。如果它对任务没有意义，请将其从训练数据中移除并重新训练；如果有意"
        "义，请在您自己的策略中允许它。"
    ),
    "Accuracy is blind to rare classes. Below 7 found of 10, averaged over the classes, a "
    "reviewer should see which class is missed.": (
        "准确率看不到少见的类别。如果按类别平均，每 10 个找到不足 7 个，审核人应查看漏掉的是哪"
        "个类别。"
    ),
    "Rows that are set aside as unusable are part of no figure. When they are more than one "
    "in a hundred, every figure of this report could be about another data set than the one "
    "that was handed in.": (
        "因不可用而剔除的行不计入任何数值。如果超过百分之一，本报告的每个数值都可能是关于另一个"
        "数据集，而不是所提交的数据集。"
    ),
    "Equal texts have equal labels": "相同的文本有相同的标签",
    "Where one text stands with two labels, no model can be right on both: something else "
    "than the text decided, or somebody erred. In training rows it teaches chance, in test "
    "rows it hides what a model can do.": (
        "如果同一文本带有两个标签，任何模型都不可能在两处都对：决定标签的是文本之外的内容，或者"
        "有人出错。在训练行中，它教的是偶然；在测试行中，它掩盖了模型的能力。"
    ),
    "Look at the rows that share a text, agree on one label, or give the model what tells "
    "them apart.": "查看文本相同的行，统一为一个标签，或向模型提供能区分它们的内容。",
    "A test row that stands in the training set measures memory. One in a hundred can move "
    "accuracy by one point, which is the smallest gain that this policy calls one.": (
        "出现在训练集中的测试行测量的是记忆。百分之一就能使准确率变动一个百分点，而这正是本策略"
        "视为改进的最小幅度。"
    ),
    "Remove from the test set what stands in the training set, or split by text. The accuracy"
    " on the other rows is measured beside it.": (
        "从测试集中移除出现在训练集中的内容，或按文本划分。其他行上的准确率在其旁边给出。"
    ),
    "A model that is right on 10 more of 100 training rows than of 100 new ones has learnt a "
    "good part of them by heart. That need not be wrong, but it can leak them, and its "
    "accuracy depends on how much tomorrow's rows are like them.": (
        "如果模型在每 100 个训练行上比在 100 个新行上多对 10 个，就有相当一部分是背下来的。这不"
        "一定有错，但可能泄露，而且其准确率取决于明天的行与它们有多相似。"
    ),
    # nist-ai-rmf
    "What the NIST AI Risk Management Framework asks to be measured": (
        "NIST 人工智能风险管理框架要求测量的内容"
    ),
    "Context and risks were written down before they were measured": "在测量之前已写明背景和风险",
    "MEASURE answers what MAP asked; without a list of risks nobody knows what was left out. "
    "The age of a year is our choice.": (
        "MEASURE 回答 MAP 所提的问题；没有风险清单，就没有人知道遗漏了什么。一年的时效由我们自定。"
    ),
    "Sign the list, with the rule that answers each risk, as map-risk-register.": (
        "将清单连同应对每项风险的规则签署为 map-risk-register。"
    ),
    "A model that is not at least one example in a hundred better than no model brings its "
    "risks without a use.": (
        "每 100 个样本中没有比不用模型至少好一个的模型，只带来风险而没有用处。"
    ),
    "Look at the labels and the training first.": "首先查看标签和训练。",
    "Finds most examples of every class, on average": "平均而言，能找到每个类别的大多数样本",
    "Below 7 found of 10, averaged over the classes, a reviewer should see which class is "
    "missed.": "如果按类别平均，每 10 个找到不足 7 个，审核人应查看漏掉的是哪个类别。",
    "Look at the recall of each class; weigh rare classes or collect more examples of them.": (
        "查看每个类别的召回率；对少见类别加权，或收集其更多样本。"
    ),
    "Does on new rows nearly what it does on training rows": "在新行上的表现与在训练行上几乎相同",
    "A model that is right on 10 more of 100 training rows than of 100 new ones is not shown "
    "to be reliable beyond them.": (
        "如果模型在每 100 个训练行上比在 100 个新行上多对 10 个，就没有表明它在训练行之外可靠。"
    ),
    "Train for fewer epochs or with more rows, with early stopping on validation rows.": (
        "减少训练轮数或增加行数，并在验证行上提前停止。"
    ),
    "Test rows are new to the model": "测试行对模型是新的",
    "A test row that stands in the training set measures memory; one in a hundred can move "
    "accuracy by one point.": (
        "出现在训练集中的测试行测量的是记忆；百分之一就能使准确率变动一个百分点。"
    ),
    "Remove from the test set what stands in the training set, or split by text.": (
        "从测试集中移除出现在训练集中的内容，或按文本划分。"
    ),
    "A score of 0.8 should be right on 80 of 100 examples; where scores are 5 points off, "
    "whoever reads them is misled.": (
        "得分 0.8 应在每 100 个样本中对 80 个；如果得分偏差 5 个百分点，读到它的人就会被误导。"
    ),
    "Where more than 50 of 100 attacks with three changed words succeed, whoever wants "
    "another decision gets it.": (
        "如果改动三个词的每 100 次攻击中有超过 50 次成功，那么想要另一个判定的人就能得到它。"
    ),
    "Of 100 explanations at least 90 must hold what they promise.": (
        "每 100 个解释中至少有 90 个必须符合其承诺。"
    ),
    "The model is documented for those who read its output": "为阅读其输出的人编写了模型文档",
    "Output is to be read within its context; what that is people write down. The age of a "
    "year is our choice.": "输出应结合其背景来理解；背景由人写明。一年的时效由我们自定。",
    "Sign the model card, with limits of use and how output is to be read, as "
    "model-documentation.": "将模型卡连同使用限制和输出的解读方法签署为 model-documentation。",
    "No password, token or key stands in the training rows": "训练行中没有密码、访问凭证或密钥",
    "A key that stands in training rows is to be changed, whatever the model keeps of it.": (
        "无论模型记住了多少，出现在训练行中的密钥都应更换。"
    ),
    "Change it, then take it out with assay data scrub.": (
        "先更换，然后用 assay data scrub 将其去除。"
    ),
    "Of 100 pairs of a training row and another, the model may put 10 more in the right order"
    " than an attack that never sees it.": (
        "在由一个训练行和另一行组成的每 100 对中，模型可以比从未见过它的攻击多排对 10 对。"
    ),
    "Privacy risk was examined": "已审视隐私风险",
    "Audits see what a model gives away, not whether the data should be there. The age of a "
    "year is our choice.": (
        "审计看到的是模型泄露了什么，而不是数据是否应当在那里。一年的时效由我们自定。"
    ),
    "Sign the assessment as privacy-risk-assessment.": "将评估签署为 privacy-risk-assessment。",
    "Fairness is evaluated and documented; without groups nobody knows who bears the errors.": (
        "公平性应予评估并记录；没有群体，就没有人知道错误由谁承担。"
    ),
    "As for M211-FOUND.": "同 M211-FOUND。",
    # privacy
    "The model gives away little of what it was trained on": "模型几乎不泄露其训练内容",
    "Hardly any personal value of the training rows can be drawn out that the base did not "
    "know": "几乎不能提取出基础模型所不知道的训练行个人数值",
    "A value that comes out in a hundred queries after the text before it is published with "
    "the model. What the base model knows already was not learnt here. Of no found value in "
    "200 the upper end is 1.5 in 100, so 2 in 100 is the least that a sample of that size can"
    " show.": (
        "以其前面的文本询问一百次就会出来的数值，会随模型一起公开。基础模型已经知道的内容不是在"
        "这里学到的。如果 200 个中一个都没有找到，上限为每 100 个 1.5 个，因此每 100 个 2 个是"
        "这种规模的抽样所能表明的最小值。"
    ),
    "Train on each row once, leave out or replace the values (assay data scrub), or train "
    "privately; assay mitigate tries them and shows what each costs.": (
        "每行只训练一次，剔除或替换这些数值（assay data scrub），或以隐私方式训练；assay mitiga"
        "te 会逐一尝试并显示各自的代价。"
    ),
    "No secret that training met once is nearly known by heart": (
        "训练中出现过一次的秘密，没有一个几乎被背下来"
    ),
    "From 20 bits on a secret stands among the first millionth of all texts of its format: a "
    "list that can be tried. Without planted secrets nobody knows how far up those of people "
    "stand.": (
        "从 20 比特起，一个秘密就处于其格式的全部文本的前百万分之一之内：这样的清单可以逐一尝试。"
        "没有植入的秘密，就没有人知道人们的秘密处于什么位置。"
    ),
    "Plant secrets (train.canaries); train for fewer epochs, or privately (assay mitigate).": (
        "植入秘密（train.canaries）；减少训练轮数，或以隐私方式训练（assay mitigate）。"
    ),
    "No secret that training met once stands higher than chance puts it": (
        "训练中出现过一次的秘密，没有一个的位置高于偶然"
    ),
    "Of n secrets that were never learnt, one stands above log2(n / 0.05) bits in 5 of 100 "
    "models.": (
        "在 n 个从未学过的秘密中，每 100 个模型有 5 个会出现一个高于 log2(n / 0.05) 比特的秘密。"
    ),
    "Train for fewer epochs, or privately.": "减少训练轮数，或以隐私方式训练。",
    "No secret that training met several times stands higher than chance puts it": (
        "训练中出现过多次的秘密，没有一个的位置高于偶然"
    ),
    "Repeats are what drives memorisation. Where training rows stand several times, this is "
    "what is kept of them; how often planted secrets are repeated is the choice of whoever "
    "plants them.": (
        "重复是记忆的原因。如果训练行出现多次，这就是其保留的程度；植入的秘密重复多少次，由植入"
        "者决定。"
    ),
    "Set train.deduplicate (assay mitigate tries it), and look at the repeats that assay data"
    " screen counts.": (
        "设置 train.deduplicate（assay mitigate 会尝试），并查看 assay data screen 所计的重复。"
    ),
    "What words, lengths and dates give away is no leak of the model. With 1,000 rows on each"
    " side the ends lie about 4 in 100 from the value.": (
        "由词、长度和日期透露的内容不是模型的泄露。每一方有 1,000 行时，区间的两端离数值约百分"
        "之四。"
    ),
    "Where nothing was measured, name membership under audits (of the suites only deep holds "
    "it) and split by chance before training. Else train for fewer epochs, with more rows, or"
    " privately (assay mitigate).": (
        "如果什么都没有测量，请在 audits 下写明 membership（套件中只有 deep 含有它），并在训练"
        "之前随机划分。否则请减少训练轮数、增加行数，或以隐私方式训练（assay mitigate）。"
    ),
    "Few training rows are recognised with hardly a false alarm": (
        "在几乎没有误报的情况下，很少有训练行被认出"
    ),
    "An area of 0.55 can hide rows that are recognised with certainty. At one false alarm in "
    "100 chance recognises 1 in 100.": (
        "0.55 的面积可能掩盖能被确定认出的行。在每 100 次一次误报时，偶然能认出百分之一。"
    ),
    "Give at least 1,000 rows that are no members; look at what makes these rows stand out.": (
        "提供至少 1,000 个非成员行；查看是什么使这些行突出。"
    ),
    "Guesses show no more than a private training claims": "猜测所表明的不超过隐私训练所声称的",
    "A lower bound above the accountant's epsilon means that the training is not what it "
    "claims. It can catch a fault and proves no privacy.": (
        "下界高于核算方法给出的 epsilon，说明训练并非如其所声称。它可以发现故障，但不证明隐私。"
    ),
    "Plant at least 200 secrets by coin (train.canaries.n_drawn); report a failure as a fault.": (
        "以抛硬币的方式植入至少 200 个秘密（train.canaries.n_drawn）；将未通过作为故障报告。"
    ),
    "Texts that the model is left to write hold hardly any personal value of training": (
        "让模型自由书写的文本几乎不含训练中的个人数值"
    ),
    "Nobody has to know anything of a person to meet what the model writes by itself.": (
        "即使对某人一无所知，也可能遇到模型自行写出的内容。"
    ),
    "Filter what is written, and train on each row once.": "过滤所写的内容，并且每行只训练一次。",
    "Hardly any training row stands there twice": "几乎没有训练行出现两次",
    "A text that stands there ten times is written out about a thousand times as often as one"
    " that stands once.": "出现十次的文本被写出的次数，约为出现一次的文本的一千倍。",
    "Set train.deduplicate, or repair the export.": "设置 train.deduplicate，或修复导出。",
    "Personal values in a text seldom move its decision": "文本中的个人数值很少改变其判定",
    "Whether a text is decided one way or the other must not hang on whose number stands in "
    "it.": "文本如何判定，不应取决于其中是谁的号码。",
    "Replace such values before training and before deciding.": (
        "在训练之前和判定之前替换这些数值。"
    ),
    "What the model hands out tells little of the groups of people": (
        "模型给出的内容几乎不透露人所属的群体"
    ),
    "Whoever sees only the model's answers should not learn a group that the text alone does "
    "not tell.": "只看到模型回答的人，不应得知文本本身没有透露的群体。",
    "Hand out decisions instead of probabilities, or train against the attribute.": (
        "给出判定而不是概率，或针对该属性进行对抗训练。"
    ),
}
