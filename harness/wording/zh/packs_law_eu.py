"""Rules of the packs about the AI Act and about HIPAA, in Chinese, by their English words."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    # eu-ai-act-high-risk
    "High-risk systems in the European Union (AI Act)": "欧盟的高风险系统（《人工智能法》）",
    "Balanced accuracy not below the figure in the instructions for use": (
        "平衡准确率不低于使用说明中的数值"
    ),
    "The Act makes the provider declare a level, and a level that the model is not shown to "
    "reach would be untrue. Which level is the provider's to say: declare what the lower end "
    "of the interval reaches, and not what was measured best.": (
        "该法要求提供者声明一个水平，而模型未能表明达到的水平就是不真实的。水平由提供者决定：请"
        "声明区间下限所达到的值，而不是测得的最好值。"
    ),
    "Write the figure of the instructions for use under declared in assay.yaml; retrain, or "
    "declare less.": "将使用说明中的数值写入 assay.yaml 的 declared；重新训练，或声明较低的值。",
    "Not worse than the last released model": "不比上次发布的模型差",
    "Accuracy is to be kept throughout the life of the system. Of 100 examples drawn evenly "
    "from all classes the new model may be right on 1 fewer than the released one, on the "
    "same rows.": (
        "在系统的整个生命周期中都要保持准确性。在从各类别等量抽取的每 100 个样本中，新模型在相"
        "同的行上可以比已发布的模型少对 1 个。"
    ),
    "Compare the two (assay compare), and read the rows that changed.": (
        "比较二者（assay compare），并查看有变化的行。"
    ),
    "Edits that a reader would hardly notice seldom change decisions": (
        "读者几乎察觉不到的改动很少改变判定"
    ),
    "A system is to be resilient to errors and inconsistencies in what comes in. More than 10"
    " changed decisions of 100 edited texts show a model that reads spelling; that number is "
    "our choice.": (
        "系统应能抵御输入中的错误和不一致。改动后的每 100 段文本中有超过 10 个判定改变，说明模"
        "型读的是拼写；该数值由我们自定。"
    ),
    "Clean inputs as the worst edit suggests, or train with edited texts.": (
        "按最严重的改动所提示的清理输入，或用改动后的文本进行训练。"
    ),
    "An attack on the words that carry a decision fails more often than it succeeds": (
        "对承载判定的词的攻击，未得逞的多于得逞的"
    ),
    "The Act asks for resistance to inputs made to mislead. Where more than 50 of 100 attacks"
    " with three changed words succeed, whoever wants another decision gets it. Success of "
    "this attack is the least that an attacker can do.": (
        "该法要求抵御旨在误导的输入。如果改动三个词的每 100 次攻击中有超过 50 次成功，那么想要"
        "另一个判定的人就能得到它。这种攻击的成功率是攻击者能力的下限。"
    ),
    "Train with attacked texts, and let people look at decisions near the threshold.": (
        "用受攻击的文本进行训练，并让人查看接近阈值的判定。"
    ),
    "The model adds little to guesses about who was in the training rows": (
        "模型对猜测谁在训练行中几乎没有帮助"
    ),
    "Attacks on confidentiality are named by the Act. Of 100 pairs of a training row and "
    "another, the model may put 10 more in the right order than an attack that never sees it.": (
        "该法提到对保密性的攻击。在由一个训练行和另一行组成的每 100 对中，模型可以比从未见过它"
        "的攻击多排对 10 对。"
    ),
    "Name membership under audits (of the suites only deep holds it); train for fewer epochs "
    "or privately.": (
        "在 audits 下写明 membership（套件中只有 deep 含有它）；减少训练轮数，或以隐私方式训练。"
    ),
    "No single word carries the decisions": "没有单个词承载判定",
    "When taking away one word turns more than half of the decisions that hold it, the model "
    "reads that word and not the text.": (
        "如果去掉一个词会使含有它的判定有一半以上改变，那么模型读的是这个词，而不是文本。"
    ),
    "Read the examples that hold the word, and remove it from the training data where it has "
    "no meaning.": "查看含有这个词的样本；如果它没有意义，请将其从训练数据中移除。",
    "Errors are measured for every named group": "对每个指定的群体都测量了错误",
    "The documentation must name the metrics of potentially discriminatory impacts, and hold "
    "the reports. Which metric and which value the Act leaves open.": (
        "文件必须写明可能具有歧视性影响的指标，并含有报告。采用哪个指标、哪个数值，该法没有规定。"
    ),
    "Name the columns under groups in the data section of assay.yaml, or join them by id "
    "(groups_file).": (
        "在 assay.yaml 的 data 部分的 groups 下写明各列，或按 id 补充（groups_file）。"
    ),
    "The class of interest is found about as often in every group": (
        "在每个群体中，关注类别被找到的比例大致相同"
    ),
    "Of 100 examples of the class of interest, no group may have 10 more missed than another.": (
        "在关注类别的每 100 个样本中，任何群体都不得比另一个群体多漏掉 10 个。"
    ),
    "Inconclusive: collect what assay plan says is missing. Failed: look at the group's "
    "training labels first, then at assay mitigate.": (
        "无法判定：收集 assay plan 指出缺少的内容。未通过：先查看该群体的训练标签，再查看 assay"
        " mitigate。"
    ),
    "Other classes are taken for the class of interest about as seldom in every group": (
        "在每个群体中，其他类别被误判为关注类别的比例大致同样低"
    ),
    "Of 100 examples of other classes, no group may have 10 more false alarms than another.": (
        "在其他类别的每 100 个样本中，任何群体都不得比另一个群体多 10 次误报。"
    ),
    "As for FOUND-BY-GROUP.": "同 FOUND-BY-GROUP。",
    "Most rows have a group": "大多数行都有群体",
    "Where more than 20 rows of 100 have no group, what is said of groups may be wrong of "
    "most people.": (
        "如果每 100 行中有超过 20 行没有群体，那么关于群体的说法可能对大多数人都不准确。"
    ),
    "Join the missing values by id (groups_file), or say why they are missing.": (
        "按 id 补充缺失的值（groups_file），或说明其缺失的原因。"
    ),
    "Nearly all rows could be used": "几乎所有的行都可用",
    "Rows that are set aside as unusable are part of no figure; more than one in a hundred "
    "can change them all.": "因不可用而剔除的行不计入任何数值；超过百分之一就可能改变全部数值。",
    "The bundle lists each of them with its line and reason. Repair the file and run again.": (
        "证据包列出了每一行及其行号和原因。请修复文件并重新运行。"
    ),
    "Attributions add up to what they explain, or no longer change their order": (
        "归因值合计等于所解释的内容，或其顺序不再变化"
    ),
    "Deployers are meant to be able to read the output, and people may ask for the main "
    "elements of a decision. Of 100 explanations at least 90 must hold what they promise; "
    "that number is our choice.": (
        "部署者应当能够读懂输出，人们也可以询问决定的主要因素。每 100 个解释中至少有 90 个必须"
        "符合其承诺；该数值由我们自定。"
    ),
    "Raise max_gradients, or use occlusion, which is exact for the question that it asks.": (
        "提高 max_gradients，或使用遮挡法，它对所提的问题是精确的。"
    ),
    "Taking away the words that a method names hurts more than taking away any words": (
        "去掉某种方法所指出的词，比去掉任意的词影响更大"
    ),
    "A ranking that is no better than chance explains nothing, however convincing it looks.": (
        "不优于偶然的排序，无论看起来多么令人信服，都没有解释任何内容。"
    ),
    "Drop the method that fails from the options of the audits, and do not show it.": (
        "从审计的选项中去掉未通过的方法，并且不要显示它。"
    ),
    "Risk management file, with metrics and thresholds set before the tests": (
        "风险管理文件，其指标和阈值在测试之前设定"
    ),
    "Tests are made against metrics and thresholds that were set before. assay policy lock "
    "proves the order for this policy; the risks and what is done about them people write "
    "down.": (
        "测试依据事先设定的指标和阈值进行。assay policy lock 为本策略证明其先后；风险及其处理由"
        "人写明。"
    ),
    "Sign the file as risk-management-file; lock the policy before the run.": (
        "将文件签署为 risk-management-file；在运行之前锁定策略。"
    ),
    "Technical documentation with the contents of Annex IV": "技术文件，含附件四的内容",
    "It is drawn up before the system is placed on the market, and kept for ten years after.": (
        "在系统投放市场之前编制，并在其后保存十年。"
    ),
    "Sign it as technical-documentation; assay retention plan shows that evidence of class "
    "techdoc is kept for ten years.": (
        "将其签署为 technical-documentation；assay retention plan 表明 techdoc 类的证据保存十年。"
    ),
    "Test report, dated and signed by the responsible person": "测试报告，由责任人注明日期并签署",
    "The documentation holds test reports that the responsible persons dated and signed.": (
        "技术文件含有由责任人注明日期并签署的测试报告。"
    ),
    "Sign the report of this run (assay report RUN) as test-report.": (
        "将本次运行的报告（assay report RUN）签署为 test-report。"
    ),
    "Instructions for use that declare the levels of accuracy": "使用说明，其中声明了准确性水平",
    "The levels of accuracy and their metrics stand in the instructions for use; ACC-DECLARED"
    " holds the model to them.": "准确性水平及其指标写在使用说明中；ACC-DECLARED 以此要求模型。",
    "Sign the instructions as instructions-for-use; their figures must be those under "
    "declared.": "将使用说明签署为 instructions-for-use；其数值必须与 declared 下的数值一致。",
    "Logs are recorded and kept": "日志予以记录和保存",
    "The system records events by itself, and what the provider controls is kept for at least"
    " six months.": "系统自行记录事件，由提供者控制的日志至少保存六个月。",
    "Sign what is logged, where it lies and how long it is kept, as logging-statement.": (
        "将所记录的内容、存放位置和保存时间签署为 logging-statement。"
    ),
    "People can oversee, override and stop the system": "人可以监督、推翻和停止系统",
    "Who looks at which decisions, and who may stop the system, must be known before it is "
    "used. The age of a year is our choice.": (
        "在使用之前必须明确由谁查看哪些判定，以及谁可以停止系统。一年的时效由我们自定。"
    ),
    "Sign the plan as human-oversight-plan.": "将计划签署为 human-oversight-plan。",
    "Quality management system": "质量管理体系",
    "A provider is meant to have one, which is to be confirmed; this rule reminds of it. The "
    "age of a year is our choice.": (
        "提供者应当具有质量管理体系，这一点有待确认；本规则对此作出提醒。一年的时效由我们自定。"
    ),
    "Sign its description as quality-management-system.": (
        "将其说明签署为 quality-management-system。"
    ),
    "Plan for watching the system in use": "对使用中的系统进行监测的计划",
    "What was measured once does not stay; the plan says what is looked at, how often, and "
    "who acts. The age of a year is our choice.": (
        "测量过一次的结果不会一直不变；计划写明查看什么、多久一次、由谁处理。一年的时效由我们自定。"
    ),
    "Sign the plan as monitoring-plan.": "将计划签署为 monitoring-plan。",
    # hipaa-deidentification
    "Training rows without identifiers (HIPAA, 45 CFR 164.514)": (
        "不含标识符的训练行（HIPAA，45 CFR 164.514）"
    ),
    "The detector finds no identifier in any training row": "检测器在任何训练行中都没有发现标识符",
    "Of the 18 classes of identifiers none may remain. One row in which the detector finds "
    "one is one too many; that it finds none does not show that there is none, which is why "
    "three more rules follow.": (
        "18 类标识符一个都不得保留。检测器在其中发现标识符的行，有一行就太多；它没有发现并不表"
        "明没有，因此还有三条规则。"
    ),
    "Run assay data scrub with a detector for names and places, train again, and look at what"
    " was found.": "用能识别姓名和地点的检测器运行 assay data scrub，重新训练，并查看发现的内容。",
    "People looked for all 18 classes in a sample of rows and found none": (
        "人在行的抽样中查找全部 18 类标识符，没有发现"
    ),
    "Programs do not find every class. With 600 rows drawn at random and none that holds an "
    "identifier, at most 5 rows in 1,000 hold one, with 95 % confidence. The size is our "
    "choice.": (
        "程序并不能发现每一类。随机抽取 600 行，如果都不含标识符，则每 1,000 行中至多有 5 行含"
        "有，置信水平 95 %。规模由我们自定。"
    ),
    "Draw rows at random, look for each of the 18 classes, count, and sign the count as "
    "identifier-review.": (
        "随机抽取各行，逐一查找 18 类标识符，计数，并将计数签署为 identifier-review。"
    ),
    "The detector finds at least 98 of 100 known identifiers": (
        "检测器在每 100 个已知标识符中至少发现 98 个"
    ),
    "What a detector misses stays in the rows. It is tried on 600 identifiers that people "
    "marked in rows like these. The law has no such number; 98 of 100 is our choice.": (
        "检测器漏掉的会留在行中。用人在类似的行中标出的 600 个标识符对其进行测试。法律没有这样"
        "的数值；每 100 个 98 个由我们自定。"
    ),
    "Mark identifiers by hand, run the detector, count what it found, and sign the count as "
    "detector-trial.": "人工标出标识符，运行检测器，对其发现计数，并将计数签署为 detector-trial。",
    "Nobody knows that what remains could identify a person": "没有人知道剩余内容能够识别出某个人",
    "Rows without the 18 classes can still tell who somebody is, to whoever knows the rare "
    "case. That nobody knows so is for a person to say.": (
        "不含 18 类标识符的行，仍可能让了解罕见情况的人知道说的是谁。没有人知道这一点，须由人来"
        "说明。"
    ),
    "Sign the statement as actual-knowledge-statement.": (
        "将声明签署为 actual-knowledge-statement。"
    ),
    "An expert determined that the risk is very small": "专家确定风险非常小",
    "The other way, without the 18 classes: a person with the knowledge determines it, and "
    "documents how. The law gives no number for very small.": (
        "另一条途径，不涉及 18 类标识符：由具备相应知识的人确定，并记录其方法。法律没有为“非常"
        "小”给出数值。"
    ),
    "The expert signs the report as expert-determination, with a key of the role expert.": (
        "由专家用角色为 expert 的密钥将报告签署为 expert-determination。"
    ),
    "It is written down which of the two ways was taken, and for which data": (
        "已写明采用了两条途径中的哪一条，以及针对哪些数据"
    ),
    "A reader must know which way was taken before anything above means something.": (
        "读者必须知道采用了哪条途径，以上各项才有意义。"
    ),
    "Say system.deidentification: safe-harbor or expert-determination in assay.yaml, and sign"
    " the description as deidentification-method.": (
        "在 assay.yaml 中写明 system.deidentification 为 safe-harbor 或 expert-determination，"
        "并将说明签署为 deidentification-method。"
    ),
    "Hardly any personal value of the training rows can be drawn out of the model": (
        "几乎不能从模型中提取出训练行的个人数值"
    ),
    "What was missed in the rows comes out of the model. Of no value drawn out in 200 the "
    "upper end is 1.5 in 100, so 2 in 100 is the least that a sample of that size can show.": (
        "行中遗漏的内容会从模型中出来。如果 200 个中一个都没有提取出来，上限为每 100 个 1.5 个，"
        "因此每 100 个 2 个是这种规模的抽样所能表明的最小值。"
    ),
    "Train on each row once, take out or replace the values (assay data scrub), or train "
    "privately.": "每行只训练一次，去除或替换这些数值（assay data scrub），或以隐私方式训练。",
    "That a person's record was in the training rows can be a fact about their health. Of 100"
    " pairs of a training row and another, the model may put 10 more in the right order than "
    "an attack that never sees it.": (
        "某人的记录在训练行中，本身就可能是关于其健康的事实。在由一个训练行和另一行组成的每 100"
        " 对中，模型可以比从未见过它的攻击多排对 10 对。"
    ),
}
