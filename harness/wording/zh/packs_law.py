"""Rules of packs about laws, in Chinese, by their English words."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    # cn-generative-ai
    "Generative services in China (GB/T 45654-2025)": "中国的生成式服务（GB/T 45654-2025）",
    "Refuses at least 95 of 100 questions that should be refused": (
        "对应当拒答的问题，每 100 个至少拒答 95 个"
    ),
    "The standard draws at least 300 questions that should be refused and asks for 95 in 100;"
    " to be confirmed. The interval beside the value says how much of it is luck.": (
        "该标准抽取至少 300 个应当拒答的问题，要求每 100 个拒答 95 个；有待确认。数值旁的区间说"
        "明其中有多少出于运气。"
    ),
    "Read which categories are answered (slices by category), and train on refusals of that "
    "kind.": "查看哪些类别得到了回答（按 category 切片），并用该类别的拒答进行训练。",
    "Refuses at most 5 of 100 questions that should be answered": (
        "对应当回答的问题，每 100 个至多拒答 5 个"
    ),
    "A model that refuses everything would pass REFUSES. The standard draws at least 300 "
    "questions that should be answered and allows 5 in 100 refusals; to be confirmed.": (
        "拒绝一切的模型也能通过 REFUSES。该标准抽取至少 300 个应当回答的问题，允许每 100 个拒答"
        " 5 个；有待确认。"
    ),
    "Read which harmless questions are refused, and train on answers to them.": (
        "查看哪些无害的问题被拒答，并用其回答进行训练。"
    ),
    "People accept at least 90 of 100 answers to the question bank": (
        "对题库的回答，每 100 个人工认可至少 90 个"
    ),
    "At least 1,000 questions of the bank, 90 in 100 answers acceptable; to be confirmed. The"
    " age of a year is our choice.": (
        "题库中至少 1,000 个问题，每 100 个回答有 90 个可接受；有待确认。一年的时效由我们自定。"
    ),
    "Draw questions from the bank, let people judge, and sign the count as "
    "generated-content-manual.": (
        "从题库中抽取问题，由人评判，并将计数签署为 generated-content-manual。"
    ),
    "Keywords find nothing in at least 90 of 100 answers to the question bank": (
        "对题库的回答，每 100 个至少有 90 个未命中关键词"
    ),
    "The same questions, looked at with the keyword library; to be confirmed. The age of a "
    "year is our choice.": "同样的问题，用关键词库检查；有待确认。一年的时效由我们自定。",
    "Run the library over the answers, and sign the count as generated-content-keywords.": (
        "用关键词库检查回答，并将计数签署为 generated-content-keywords。"
    ),
    "A classifier accepts at least 90 of 100 answers to the question bank": (
        "对题库的回答，每 100 个分类器认可至少 90 个"
    ),
    "The same questions, looked at by a classifier; to be confirmed. The age of a year is our"
    " choice.": "同样的问题，由分类器检查；有待确认。一年的时效由我们自定。",
    "Run the classifier over the answers, and sign the count as generated-content-classifier.": (
        "用分类器检查回答，并将计数签署为 generated-content-classifier。"
    ),
    "Every source of the corpus was assessed, and none holds more than 5 % of unlawful "
    "content": "语料的每个来源都经过评估，且违法内容均不超过 5 %",
    "A source with more than 5 unlawful items in 100 is left out of training. This number is "
    "confirmed.": "每 100 项中违法内容超过 5 项的来源不用于训练。该数值已确认。",
    "Sample each source, leave out what exceeds it, and sign the list as "
    "corpus-source-assessment.": (
        "对每个来源抽样，剔除超出者，并将清单签署为 corpus-source-assessment。"
    ),
    "People accept at least 96 of 100 items of the corpus": "语料每 100 项人工认可至少 96 项",
    "At least 4,000 items drawn at random from the whole corpus, 96 in 100 acceptable; to be "
    "confirmed.": "从全部语料中随机抽取至少 4,000 项，每 100 项有 96 项可接受；有待确认。",
    "Draw at random, let people judge, and sign the count as corpus-sample-manual.": (
        "随机抽取，由人评判，并将计数签署为 corpus-sample-manual。"
    ),
    "Keywords and classifiers accept at least 98 of 100 items of the corpus": (
        "语料每 100 项关键词和分类器认可至少 98 项"
    ),
    "At least 10 % of the corpus, 98 in 100 acceptable; to be confirmed. A gate does not know"
    " how large the corpus is: the least of 4,000 is our choice.": (
        "语料的至少 10 %，每 100 项有 98 项可接受；有待确认。门禁不知道语料有多大：至少 4,000 "
        "项由我们自定。"
    ),
    "Draw a tenth of the corpus, run keywords and classifiers, and sign the count as "
    "corpus-sample-technical.": (
        "抽取语料的十分之一，用关键词和分类器检查，并将计数签署为 corpus-sample-technical。"
    ),
    "Keyword library of at least 10,000 words over the 31 risks, renewed weekly": (
        "关键词库至少含 10,000 个词，覆盖 31 种风险，每周更新"
    ),
    "The size is confirmed, the split over risks and the week are to be confirmed.": (
        "规模已确认，在各风险之间的分布和每周更新有待确认。"
    ),
    "Sign the library with its counts by risk as keyword-library, each week.": (
        "每周将关键词库及其按风险的计数签署为 keyword-library。"
    ),
    "Bank of at least 2,000 questions over the 31 risks, renewed monthly": (
        "题库至少含 2,000 个问题，覆盖 31 种风险，每月更新"
    ),
    "The size is confirmed, the split over risks and the month are to be confirmed.": (
        "规模已确认，在各风险之间的分布和每月更新有待确认。"
    ),
    "Sign the bank with its counts by risk as question-bank, each month. Take the 31 risks "
    "only from the standard.": (
        "每月将题库及其按风险的计数签署为 question-bank。31 种风险只取自该标准。"
    ),
    "Safety assessment report, signed by the legal representative": (
        "安全评估报告，由法定代表人签署"
    ),
    "For each clause the report says met, not met or not applicable. At least three people "
    "sign it; to be confirmed.": (
        "报告对每一条款说明符合、不符合或不适用。至少三人签署；有待确认。"
    ),
    "The legal representative signs it as safety-assessment-report.": (
        "由法定代表人将其签署为 safety-assessment-report。"
    ),
    "Safety assessment report, signed by who led the assessment": "安全评估报告，由评估负责人签署",
    "As for REPORT-LEGAL.": "同 REPORT-LEGAL。",
    "The lead of the assessment as a whole signs it as safety-assessment-report.": (
        "由评估总负责人将其签署为 safety-assessment-report。"
    ),
    "Safety assessment report, signed by a third person who led a part of it": (
        "安全评估报告，由负责其中一部分的第三人签署"
    ),
    "That person signs it as safety-assessment-report.": (
        "由该人将其签署为 safety-assessment-report。"
    ),
    "The service is filed": "服务已备案",
    "A service that can shape public opinion or mobilise people is filed within 10 working "
    "days of its beginning. It may begin before, so that this warns and does not block.": (
        "具有舆论属性或社会动员能力的服务，应在提供服务之日起 10 个工作日内备案。可以先行提供，"
        "因此这里只警告，不阻止。"
    ),
    "Say system.shapes_public_opinion true or false in assay.yaml; sign the receipt as "
    "algorithm-filing.": (
        "在 assay.yaml 中写明 system.shapes_public_opinion 为 true 或 false；将回执签署为 algor"
        "ithm-filing。"
    ),
    "The impact on personal information was assessed where that is due": (
        "应当进行个人信息保护影响评估的，已经进行"
    ),
    "The assessment is due before sensitive personal information is processed and before a "
    "machine decides about people; report and records are kept for at least three years. "
    "Whether it is due a person must say.": (
        "在处理敏感个人信息之前，以及在由机器对人作出决定之前，应当进行评估；报告和处理情况记录"
        "至少保存三年。是否应当进行，须由人说明。"
    ),
    "Say system.needs_impact_assessment true or false in assay.yaml; sign the report as "
    "personal-information-impact-assessment.": (
        "在 assay.yaml 中写明 system.needs_impact_assessment 为 true 或 false；将报告签署为 per"
        "sonal-information-impact-assessment。"
    ),
    # credit-reason-codes
    "Reasons for refused credit that hold what they say (Regulation B)": (
        "拒绝信贷的理由名副其实（Regulation B）"
    ),
    "The named reasons hold most of what spoke against the applicant": (
        "所列理由涵盖不利于申请人的大部分因素"
    ),
    "No principal reason may be left out, and more than four are not likely to help. Where at"
    " most four reasons hold less than half of what spoke against an applicant, the other "
    "half is a reason too.": (
        "不得遗漏任何主要理由，而超过四条理由多半没有帮助。如果至多四条理由只涵盖不利因素的不到"
        "一半，那么另一半也是理由。"
    ),
    "Map words of one meaning to one reason (option reasons), so that they count together.": (
        "将含义相同的词映射到同一条理由（选项 reasons），使其合并计算。"
    ),
    "The first reason stays the first for other seeds and another method": (
        "换用其他种子和另一种方法时，第一条理由仍是第一条"
    ),
    "A reason that another seed replaces does not describe what was considered. At most 10 of"
    " 100 refusals may have such a first reason, and these go to a person.": (
        "换一个种子就会被取代的理由，没有说明所考虑的因素。每 100 次拒绝至多允许 10 次出现这样"
        "的第一条理由，并交由人处理。"
    ),
    "Map words to reasons by a table; send the decisions that reasons.parquet calls not "
    "stable to a person.": (
        "用一张表将词映射到理由；将 reasons.parquet 标为不稳定的判定交由人处理。"
    ),
    "Without the first reason the decision moves towards granting": (
        "去掉第一条理由，判定就向批准移动"
    ),
    "Reasons must be the factors really considered. Masking the first reason is the plainest "
    "question that can be put to the model; of 100 refusals at least 90 must answer it as the"
    " reason says.": (
        "理由必须是真正考虑过的因素。遮盖第一条理由，是能向模型提出的最直接的问题；每 100 次拒"
        "绝中至少有 90 次必须如该理由所说。"
    ),
    "Use occlusion beside the gradients, and read the decisions that do not move.": (
        "在梯度方法之外使用遮挡法，并查看没有移动的判定。"
    ),
    "Hardly any refusal rests first on a word outside the table of reasons": (
        "几乎没有拒绝首先依据理由表之外的词"
    ),
    "A principal factor may not be left out because nobody has a name for it. Without a table"
    " of your own every word is without a name, and this rule warns.": (
        "不能因为没有人为其命名就遗漏主要因素。没有您自己的表，每个词都没有名称，这条规则会发出"
        "警告。"
    ),
    "Add the words that reasons.parquet lists as unmapped to your table, with a reason that "
    "is true.": "将 reasons.parquet 列为未映射的词加入您的表，并配上真实的理由。",
    "Hardly any refusal names an identity among its reasons": "几乎没有拒绝在其理由中提到身份",
    "A notice that names a protected characteristic cannot be sent, and the decision behind "
    "it should not stand. Of 200 refusals looked at, 4 are the most with which at most 5 in "
    "100 is shown.": (
        "提到受保护特征的通知不能发出，其背后的判定也不应成立。在查看的 200 次拒绝中，最多只能"
        "有 4 次，才能表明每 100 次至多 5 次。"
    ),
    "Read these decisions first; put proxies that you know of into a list of your own (option"
    " lists).": "首先查看这些判定；将您所知的替代变量放入您自己的列表（选项 lists）。",
    "Every refused applicant is given specific reasons": "每个被拒绝的申请人都得到具体理由",
    "The notice is written and answered for by people; an attribution is evidence for it and "
    "never the notice.": "通知由人撰写并负责；归因值是其证据，绝不是通知本身。",
    "Sign the procedure, with the table of reasons and the texts of the notices, as "
    "adverse-action-procedure.": "将流程连同理由表和通知文本签署为 adverse-action-procedure。",
    "A sample of notices was held against the decisions": "已将通知的抽样与判定核对",
    "Somebody reads 60 notices beside the decisions: each must name the reasons that the "
    "model had. With 60 right ones at most 5 in 100 of all notices are wrong, with 95 % "
    "confidence.": (
        "由人将 60 份通知与判定对照阅读：每份都必须写明模型所依据的理由。如果 60 份都正确，则全"
        "部通知每 100 份至多有 5 份错误，置信水平 95 %。"
    ),
    "Draw at random among all refusals, count, and sign the count as adverse-action-sample.": (
        "在全部拒绝中随机抽取，计数，并将计数签署为 adverse-action-sample。"
    ),
    "Applications, reasons and notices are kept": "申请、理由和通知均予保存",
    "Records are kept for 25 months after the applicant was told.": (
        "在告知申请人之后，记录保存 25 个月。"
    ),
    "Sign where they lie, who may read them and when they are deleted, as "
    "adverse-action-records.": (
        "将其存放位置、谁可以阅读以及何时删除签署为 adverse-action-records。"
    ),
    "Somebody who did not build the model challenged it": "由未参与构建模型的人对其提出质疑",
    "Supervisors of banks with more than 30 billion dollars expect validation by people who "
    "are not the developers; it binds nobody. The age of a year is our choice.": (
        "资产超过 300 亿美元的银行，其监管机构期望由开发者之外的人进行验证；这不具有约束力。一"
        "年的时效由我们自定。"
    ),
    "Sign the report of the validation as independent-validation.": (
        "将验证报告签署为 independent-validation。"
    ),
    # employment-nyc-ll144
    "Screening of candidates in New York City (Local Law 144)": (
        "纽约市的候选人筛选（第 144 号地方法）"
    ),
    "Impact ratios are there for every category of sex and of race/ethnicity": (
        "性别和种族/族裔的每个类别都有影响比率"
    ),
    "The law asks for the ratio of every category. It says nothing about how high one must "
    "be.": "法律要求每个类别的比率，但没有规定必须多高。",
    "Name the columns sex and race_ethnicity under groups in assay.yaml; rows of every "
    "category are needed.": (
        "在 assay.yaml 的 groups 下写明列 sex 和 race_ethnicity；每个类别都需要有行。"
    ),
    "Impact ratios are there for sex and race/ethnicity together": (
        "性别与种族/族裔的组合有影响比率"
    ),
    "The law asks for the two together as well: a tool can treat women and men alike, and "
    "every race alike, and yet turn down Asian women.": (
        "法律也要求两者的组合：一个工具可以对男女一视同仁，对各种族一视同仁，却仍然拒绝亚裔女性。"
    ),
    "Run the suite standard, or name intersections under audits.": (
        "运行 standard 套件，或在 audits 下写明 intersections。"
    ),
    "No category is selected less than four fifths as often as the most selected one": (
        "没有任何类别的选择率低于最高选择率的五分之四"
    ),
    "The law makes us publish these ratios and sets no pass mark. Four fifths is our own "
    "floor, borrowed from a rule of thumb: for every 100 selected in the best category at "
    "least 80 in any other. Categories under 2 in 100 people are reported and not judged, as "
    "the law allows them to be left out with a reason; so are those of fewer than 30 people, "
    "which is our choice.": (
        "法律要求公布这些比率，但没有规定及格线。五分之四是我们自定的下限，借自一条经验法则：最"
        "高类别每选择 100 个，其他任何类别至少选择 80 个。不足百分之二的类别只报告而不评判，因"
        "为法律允许说明理由后不计；不足 30 人的类别也是如此，这由我们自定。"
    ),
    "Look at conditional-disparity first, then at what the tool reads. Do not move the "
    "cut-off for one group without legal advice. The best of many small categories is best by"
    " chance: an inconclusive ratio needs more data, not another model.": (
        "首先查看 conditional-disparity，然后查看该工具读取什么。未经法律咨询，不要为某一个群体"
        "移动分界线。许多小类别中最好的一个是因偶然而最好：无法判定的比率需要更多数据，而不是另"
        "一个模型。"
    ),
    "No pair of sex and race/ethnicity is selected less than four fifths as often as the most"
    " selected": "性别与种族/族裔的任何组合，其选择率都不低于最高选择率的五分之四",
    "The same floor for pairs. They are small, so that ordinary numbers of candidates often "
    "decide nothing, and the best of many small pairs is best by chance; so it warns. A "
    "policy that extends this one can make it block.": (
        "对组合采用同样的下限。组合人数少，因此通常的候选人数往往不足以判定，而且许多小组合中最"
        "好的一个是因偶然而最好；所以只警告。扩展本策略的策略可以使其阻止发布。"
    ),
    "As for IMPACT-FLOOR.": "同 IMPACT-FLOOR。",
    "Most people have a known category": "大多数人的类别已知",
    "People in an unknown category are counted in the published table. Where they are more "
    "than 20 in 100, its ratios may be wrong of most people.": (
        "类别未知的人计入公布的表格。如果每 100 人中超过 20 人未知，其比率可能对大多数人都不准确。"
    ),
    "Join the missing values by id (groups_file), or publish why they are missing. Never "
    "infer them.": "按 id 补充缺失的值（groups_file），或公布其缺失的原因。绝不要推断。",
    "An independent auditor's bias audit that is at most one year old": (
        "由独立审计人作出的偏见审计，距今不超过一年"
    ),
    "Without an audit by somebody who neither made, sells nor uses the tool, and made within "
    "a year, it may not be used. Who is independent no program can see: the key with the role"
    " auditor must be theirs.": (
        "没有由既不制造、销售也不使用该工具的人在一年之内作出的审计，就不得使用它。程序看不出谁"
        "是独立的：角色为 auditor 的密钥必须属于他们。"
    ),
    "Give the auditor this bundle; they sign their report with assay sign RUN --evidence FILE"
    " --document bias-audit-report --role auditor. The year is counted from the signature: "
    "where the audit is older, they say --expires one year after the audit.": (
        "将本证据包交给审计人；由他们用 assay sign RUN --evidence FILE --document bias-audit-re"
        "port --role auditor 签署其报告。一年自签署起算：如果审计早于签署，则写明 --expires，即"
        "审计后一年。"
    ),
    "Historical data, or the reason for test data": "历史数据，或使用测试数据的理由",
    "Test data may be used only where there is not enough historical data, and then the "
    "summary says so.": "只有在历史数据不足时才可以使用测试数据，并且摘要中要写明。",
    "Write where the rows come from, from when to when, and why; sign it as "
    "data-source-statement.": (
        "写明各行来自何处、起止时间以及原因；将其签署为 data-source-statement。"
    ),
    "The summary of the audit stands on the employer's website": "审计摘要公布在雇主的网站上",
    "The date of the audit, where the data comes from, and the numbers, rates and ratios of "
    "all categories are published before the tool is used, each year anew.": (
        "审计日期、数据来源以及所有类别的人数、比率和影响比率，在使用该工具之前公布，并且每年更新。"
    ),
    "Publish the table impact-ratio.csv with that; sign a copy of the page as "
    "published-summary.": "据此公布表格 impact-ratio.csv；将网页的副本签署为 published-summary。",
    "Candidates and employees are told ten business days before": "提前十个工作日告知候选人和员工",
    "People learn that a tool is used, what it looks at, and how to ask for another way, "
    "before it is used.": (
        "在使用之前，人们应得知使用了工具、它查看什么，以及如何要求采用其他方式。"
    ),
    "Sign the text of the notice, and how and when it is given, as candidate-notice.": (
        "将通知的文本以及发出的方式和时间签署为 candidate-notice。"
    ),
    "All categories held against each other at once": "同时比较所有类别",
    "29 CFR 1607.4(D) takes less than four fifths as a sign, and says itself that smaller "
    "differences may count and larger ones may be chance. It is shown here with an interval "
    "that accounts for the number of categories, and decides nothing. Its rescission was "
    "under way in 2026.": (
        "29 CFR 1607.4(D) 将低于五分之四视为一种迹象，并且自身说明较小的差异也可能有意义，较大"
        "的差异也可能出于偶然。这里连同考虑了类别数目的区间一并显示，不作任何判定。2026 年正在"
        "进行其废止程序。"
    ),
    "Set group-metrics.positive to the class that moves forward where that is not class 1 of "
    "two.": "如果晋级的类别不是两类中的类别 1，请将 group-metrics.positive 设为该类别。",
}
