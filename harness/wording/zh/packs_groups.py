"""Rules of the packs on explanations, groups and moderation, in Chinese, by their English words."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    # explainability
    "Explanations hold what they promise, and decisions rest on no shortcut": (
        "解释符合其承诺，判定不依赖捷径"
    ),
    "Values that do not add up to the change of the output explain something else. With 200 "
    "rows a limit of 90 % can be decided; the engine aims at 95 %.": (
        "合计不等于输出变化的数值，解释的是别的内容。有 200 行时，可以判定 90 % 的限值；引擎的"
        "目标是 95 %。"
    ),
    "A ranking that is no better than chance explains nothing, however convincing it looks. "
    "Raw values say little: random orders alone reach half of what good methods reach.": (
        "不优于偶然的排序，无论看起来多么令人信服，都没有解释任何内容。原始数值说明不了多少：仅"
        "随机顺序就能达到好方法的一半。"
    ),
    "Drop the method that fails from the options of the audits, and do not show it. Where "
    "every method fails, say that decisions of this model cannot be explained by words.": (
        "从审计的选项中去掉未通过的方法，并且不要显示它。如果每种方法都未通过，请说明该模型的判"
        "定无法用词来解释。"
    ),
    "Edits that keep the meaning leave most of the strongest words in place": (
        "保持含义的改动使大多数最强的词保持原位"
    ),
    "A person who is told a reason must not get another one for another letter case.": (
        "被告知一个理由的人，不应因为字母大小写不同就得到另一个理由。"
    ),
    "Explain by phrases instead of words, and read which edit moves the most.": (
        "用短语而不是词来解释，并查看哪种改动影响最大。"
    ),
    "A model with random weights is explained otherwise": "随机权重的模型得到不同的解释",
    "A method that gives much the same picture for a model that has learnt nothing explains "
    "the text and not the model. The check can only fail a method; it ranks none.": (
        "如果一种方法对什么都没学到的模型给出几乎相同的图，那么它解释的是文本，而不是模型。该检"
        "查只能使一种方法未通过；它不给方法排名。"
    ),
    "Use another method.": "请使用另一种方法。",
    "No word decides by itself wherever it is put": "没有任何词无论放在哪里都能单独决定判定",
    "Where a word turns half of all texts that it is put into, beyond what a control word "
    "does, the model decides by the word. Words that rightly decide are listed as expected by"
    " people.": (
        "如果一个词放入文本后，除对照词的作用之外，使一半的文本改变判定，那么模型是凭这个词判定"
        "的。理应决定判定的词，由人列为预期的词。"
    ),
    "Read the words in the notes and look at the training rows that hold them; mask them in "
    "training, or list them as expected with a reason.": (
        "查看备注中的词和含有它们的训练行；在训练中遮盖它们，或说明理由后将其列为预期的词。"
    ),
    "No category of sensitive terms is flagged by both of its witnesses": (
        "没有任何敏感词类别同时被两个证据标记"
    ),
    "A category is flagged where attribution lies on its terms more than on other words and "
    "masking them moves scores more than masking other words. A rule on it stops a model that"
    " was caught; it clears none.": (
        "如果某一类别的词所得的归因高于其他词，并且遮盖它们比遮盖其他词更能改变得分，该类别就被"
        "标记。针对它的规则能阻止被发现的模型；它不能证明任何模型没有问题。"
    ),
    "Look at counterfactual and assay mitigate; read the false positives first.": (
        "查看 counterfactual 和 assay mitigate；首先查看误报。"
    ),
    "Reasons of decisions against people seldom name an identity": (
        "不利于人的判定，其理由很少提到身份"
    ),
    "A notice that names a protected characteristic as its reason cannot be sent.": (
        "以受保护特征为理由的通知不能发出。"
    ),
    "Read the decisions in reasons.parquet; put proxies that you know of into a list of your "
    "own.": "查看 reasons.parquet 中的判定；将您所知的替代变量放入您自己的列表。",
    "First reasons stay the first for other seeds and another method": (
        "换用其他种子和另一种方法时，首要理由仍是首要理由"
    ),
    "A reason that another seed replaces was not the reason.": (
        "换一个种子就会被取代的理由，本来就不是理由。"
    ),
    "Map words to reasons by a table, so that words of one reason count together.": (
        "用一张表将词映射到理由，使同一理由的词合并计算。"
    ),
    "More than 10 changed decisions of 100 edited texts show a model that reads spelling.": (
        "改动后的每 100 段文本中有超过 10 个判定改变，说明模型读的是拼写。"
    ),
    "No single kind of edit changes many decisions": "没有任何一种改动会改变许多判定",
    "Whoever wants another decision takes the edit that works best.": (
        "想要另一个判定的人，会采用最有效的改动。"
    ),
    "Map look-alike characters and unusual blanks before the model reads them.": (
        "在模型读入之前，映射形似字符和异常空白。"
    ),
    "Few training labels stand alone among similar rows": "很少有训练标签在相似的行中与众不同",
    "What a model learnt from wrong labels no explanation repairs.": (
        "模型从错误标签中学到的内容，任何解释都无法修复。"
    ),
    "Look through suspects.parquet from the top.": "从头查看 suspects.parquet。",
    # fairness
    "Groups are treated alike, as far as the data can show": (
        "就数据所能表明的而言，对各群体一视同仁"
    ),
    "Of 100 examples of the class of interest, no group may have 10 more missed than another."
    " The rule passes only where the data shows it for every pair of groups, and fails only "
    "where chance is ruled out for all pairs together.": (
        "在关注类别的每 100 个样本中，任何群体都不得比另一个群体多漏掉 10 个。只有当数据对每一"
        "对群体都表明这一点时，规则才通过；只有当对所有成对群体合计排除了偶然时，规则才未通过。"
    ),
    "Inconclusive: collect what assay plan says is missing. Failed: look at the group's "
    "training labels first, then at assay mitigate, which audits every remedy on all axes "
    "again.": (
        "无法判定：收集 assay plan 指出缺少的内容。未通过：先查看该群体的训练标签，再查看 assay"
        " mitigate，它会在所有方面重新审计每一种补救。"
    ),
    "A false alarm is paid for by those whom it is about. Of 100 examples of other classes, "
    "no group may have 10 more false alarms than another.": (
        "误报由被误报的人承担。在其他类别的每 100 个样本中，任何群体都不得比另一个群体多 10 次"
        "误报。"
    ),
    "As for EQUAL-OPPORTUNITY.": "同 EQUAL-OPPORTUNITY。",
    "No group is decided wrongly much more often than another": (
        "没有任何群体比另一个群体更经常被误判"
    ),
    "Accuracy counts both kinds of error, and is known for groups in which one of the classes"
    " is too rare for the rules above.": (
        "准确率计入两种错误；对于某个类别过少、以致上述规则无法适用的群体，也能得知其准确率。"
    ),
    "Another identity word seldom changes the decision": "换一个身份词很少改变判定",
    "Where nothing but the identity in a text changes, the decision should not. More than 5 "
    "of 100 such texts show that the word itself decides.": (
        "如果文本中只有身份发生变化，判定就不应改变。每 100 段这样的文本中有超过 5 段改变，说明"
        "是这个词本身在起决定作用。"
    ),
    "Train with counterfactual texts (assay mitigate), and read the texts that flip.": (
        "用反事实文本进行训练（assay mitigate），并查看判定改变的文本。"
    ),
    "Scores put the texts of every group in order nearly as well as all texts": (
        "得分对每个群体的文本的排序几乎与对全部文本的排序一样好"
    ),
    "Rates hold at one threshold only. Where the scores of a group are in a worse order, or "
    "stand higher or lower than those of all others, no common threshold is right for it.": (
        "比率只在一个阈值上成立。如果某个群体的得分排序较差，或者整体高于或低于其他所有群体，那"
        "么没有一个共同的阈值适合它。"
    ),
    "Look at which of the three areas is low; docs/audits/group-ranking.md says what each "
    "means.": "查看三个面积中哪一个偏低；docs/audits/group-ranking.md 说明了各自的含义。",
    "Scores mean the same in every group": "得分在每个群体中的含义相同",
    "Where scores are shown to people, or a threshold is set later, a score of 0.8 must not "
    "mean 0.9 in one group and 0.7 in another.": (
        "如果将得分展示给人，或者以后才设定阈值，那么 0.8 的得分不能在一个群体中意味着 0.9，在"
        "另一个群体中意味着 0.7。"
    ),
    "Calibrate, then audit again; remedies for rates often make this worse.": (
        "进行校准，然后重新审计；针对比率的补救往往会使这一项变差。"
    ),
    "The least selected group is selected at least four fifths as often as the most selected": (
        "选择率最低的群体，其选择率至少为最高者的五分之四"
    ),
    "29 CFR 1607.4(D) takes less than four fifths as a sign of adverse impact, and says "
    "itself that smaller differences may count and larger ones may be chance. It is shown "
    "here, and decides nothing: groups may differ in what they are decided about.": (
        "29 CFR 1607.4(D) 将低于五分之四视为不利影响的迹象，并且自身说明较小的差异也可能有意义，"
        "较大的差异也可能出于偶然。这里只作显示，不作任何判定：各群体在所判定的内容上可能有差别。"
    ),
    "Look at conditional-disparity before drawing a conclusion.": (
        "在得出结论之前，请查看 conditional-disparity。"
    ),
    "Where more than one row in five has no group, what is said of groups may be wrong of "
    "most people.": "如果超过五分之一的行没有群体，那么关于群体的说法可能对大多数人都不准确。",
    "Random decisions do not fail the comparison of groups": "随机判定不会使群体之间的比较未通过",
    "An instrument that calls chance unfair cannot be believed.": "把偶然称为不公平的工具不可信。",
    "Report it; something is wrong with the installation or with the groups.": (
        "请报告；安装或群体有问题。"
    ),
    "A planted difference fails the comparison of groups": "植入的差异会使群体之间的比较未通过",
    "An instrument that does not see a large difference cannot pass a model.": (
        "看不出巨大差异的工具，不能使模型通过。"
    ),
    # moderation
    "Models that screen what people write": "筛查人所写内容的模型",
    "Decides better than always answering the most frequent class": "判定优于总是回答最常见的类别",
    "A filter that is not at least one text in a hundred better than no filter brings its "
    "risks without a use.": (
        "每 100 段文本中没有比不过滤至少好一段的过滤器，只带来风险而没有用处。"
    ),
    "Look at the labels and the training first; where toxic texts are rare, read "
    "EVERY-CLASS-FOUND.": "首先查看标签和训练；如果有害文本很少，请查看 EVERY-CLASS-FOUND。",
    "At least 7 of 10 texts of every class are found": "每个类别的每 10 段文本中至少找到 7 段",
    "Of 100 toxic texts no more than 30 may slip through, and of 100 harmless ones no more "
    "than 30 may be held back. What a miss costs differs between services: move the number up"
    " where it costs more.": (
        "每 100 段有害文本中漏过的不得超过 30 段，每 100 段无害文本中被拦下的不得超过 30 段。漏"
        "掉一段的代价因服务而异：代价更高时，请提高该数值。"
    ),
    "Collect more examples of the class, weigh it in training, or choose another threshold "
    "for all.": "收集该类别的更多样本，在训练中加权，或为全体选择另一个阈值。",
    "Errors are measured for named groups": "对指定的群体测量了错误",
    "Filters of speech are known to hold back texts about minorities more often than others. "
    "Without groups nobody knows whether this one does.": (
        "众所周知，言论过滤器拦下关于少数群体的文本比拦下其他文本更频繁。没有群体，就没有人知道"
        "这个过滤器是否如此。"
    ),
    "No group is decided wrongly much more often than everybody else": (
        "没有任何群体比其他所有人更经常被误判"
    ),
    "Of 100 texts about a group, no more than 10 more may be decided wrongly than of 100 "
    "others.": "关于某个群体的每 100 段文本中，误判的不得比其他 100 段多出 10 段以上。",
    "Compare the group's training labels with those of the others, and collect more examples "
    "of it.": "将该群体的训练标签与其他群体的比较，并收集该群体的更多样本。",
    "Harmless texts are held back about as seldom in every group": (
        "在每个群体中，无害文本被拦下的比例大致同样低"
    ),
    "Of 100 harmless texts, no group may have 5 more held back than another. Who is silenced "
    "wrongly is seldom told why, so that this limit is half of the usual one.": (
        "在每 100 段无害文本中，任何群体都不得比另一个群体多被拦下 5 段。被错误噤声的人很少被告"
        "知原因，因此该限值是通常的一半。"
    ),
    "Inconclusive: collect what assay plan says is missing. Failed: read the texts that are "
    "held back, then try counterfactual training texts (assay mitigate). The class of "
    "interest must be the one that is held back: class 1 of two, or the option positive of "
    "group-metrics.": (
        "无法判定：收集 assay plan 指出缺少的内容。未通过：查看被拦下的文本，然后尝试反事实训练"
        "文本（assay mitigate）。关注类别必须是会被拦下的类别：两类中的类别 1，或 group-metrics"
        " 的选项 positive。"
    ),
    "Toxic texts are found about as often in every group": (
        "在每个群体中，有害文本被找到的比例大致相同"
    ),
    "Of 100 attacks, no group may be left with 10 more of them than another.": (
        "每 100 次攻击中，任何群体都不得比另一个群体多承受 10 次。"
    ),
    "As for FALSE-ALARMS-BY-GROUP.": "同 FALSE-ALARMS-BY-GROUP。",
    "Not measured: no text names an identity that can be swapped; add texts that do, such as "
    "templates, or pairs of your own. Failed: train with counterfactual texts (assay "
    "mitigate), and read the texts that flip.": (
        "未测量：没有文本提到可以替换的身份；请添加提到身份的文本，例如模板，或您自己的成对文本。"
        "未通过：用反事实文本进行训练（assay mitigate），并查看判定改变的文本。"
    ),
    "Whoever wants to get past a filter misspells. More than 10 changed decisions of 100 "
    "edited texts let him.": (
        "想绕过过滤器的人会故意写错。改动后的每 100 段文本中有超过 10 个判定改变，就让其得逞。"
    ),
    "One edit that turns a quarter of all decisions is passed on from one user to the next.": (
        "一种能改变四分之一判定的改动，会在用户之间流传。"
    ),
    "When taking away one word turns more than half of the decisions that hold it, the model "
    "reads that word and not the text: it holds back whoever reports an insult with whoever "
    "utters it.": (
        "如果去掉一个词会使含有它的判定有一半以上改变，那么模型读的是这个词，而不是文本：它会把"
        "举报侮辱的人和说出侮辱的人一起拦下。"
    ),
    "Read the examples that hold the word; collect harmless texts with it.": (
        "查看含有这个词的样本；收集含有它的无害文本。"
    ),
    "Scores are right as probabilities": "得分作为概率是正确的",
    "Queues for people are sorted by score. Where scores are 5 points of 100 off, the queue's"
    " length is not what it was planned to be.": (
        "供人处理的队列按得分排序。如果得分在每 100 个中偏差 5 个百分点，队列的长度就与计划不符。"
    ),
    "Set a temperature on validation rows; calibration.temperature says which.": (
        "在验证行上设定温度；calibration.temperature 给出其值。"
    ),
    "Rates hold at one threshold only. Where scores of a group stand higher or lower than "
    "those of all others, no common threshold is right for it.": (
        "比率只在一个阈值上成立。如果某个群体的得分高于或低于其他所有群体，那么没有一个共同的阈"
        "值适合它。"
    ),
}
