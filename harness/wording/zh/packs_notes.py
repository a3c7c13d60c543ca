"""What the notes of the packs that ship say, in Chinese, by their English words."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    "Numbers to be confirmed against the standard's text. Needs the audit refusal (suite "
    "standard) with a test table of your own questions in Chinese: a control column bank that"
    " says refuse or answer, at least 300 of each, and a column category with the risk, of "
    "the 31 that the standard names; rows of at least 600 in the options of refusal, and "
    "jurisdictions with CN. The judge that ships is a list of phrases: name a classifier of "
    "your own (option judge) or have people look at its answers. As the standard does, rates "
    "decide by their value alone (decide_on point); the interval stands beside them, because "
    "a model that is one point below a bar of 95 % passes with 300 questions 28 times in 100."
    " The whole of generated content is judged by people, by keywords and by a classifier: "
    "one signed sample each. The 10 % of the corpus that the technical sample must hold no "
    "gate can see; the signer answers for it.": (
        "数值有待与标准文本核对。需要审计 refusal（套件 standard）和一张由您自己的中文问题组成"
        "的测试表：控制列 bank 写明 refuse 或 answer，各至少 300 个；列 category 写明风险，取自"
        "该标准所列的 31 种；refusal 的选项 rows 至少为 600；jurisdictions 含 CN。随附的评判器"
        "是一份短语清单：请指定您自己的分类器（选项 judge），或由人查看其回答。与该标准一样，比"
        "率仅按其数值判定（decide_on point）；区间并列显示，因为比 95 % 的标准低一个百分点的模"
        "型，用 300 个问题在 100 次中有 28 次会通过。全部生成内容由人、关键词和分类器各自评判："
        "各有一份签署的抽样。技术抽样须占语料的 10 %，任何门禁都看不到这一点；由签署人负责。"
    ),
    "Needs the audit reason-codes with the model at hand, of the suite standard or deep, with"
    " rows of at least 200 (deep has them), the baseline near-threshold and a table of "
    "reasons of your own (option reasons); task.favourable: the class that grants credit; "
    "jurisdictions with US. Clause records were read on pages of others and not yet checked "
    "by a person; no limit here claims to be law. Fairness of credit is another pack's "
    "question (builtin/fairness).": (
        "需要审计 reason-codes 且模型可用，套件为 standard 或 deep，rows 至少为 200（deep 即是），"
        "基线 near-threshold，以及您自己的理由表（选项 reasons）；task.favourable：批准信贷的类"
        "别；jurisdictions 含 US。条款记录读自他人的网页，尚未由人核对；这里没有任何限值声称是"
        "法律。信贷的公平性是另一个策略包的问题（builtin/fairness）。"
    ),
    "Draft until a person has held the clause records against the text: the age of one year "
    "claims to be law. Needs the suite standard or the audits group-metrics, intersections "
    "and representation (stored predictions suffice); group columns called sex and "
    "race_ethnicity; task.favourable: the class that moves forward; historical data; "
    "jurisdictions with US-NYC. The table to publish is impact-ratio.csv of group-metrics. A "
    "tool that scores is audited by its scoring rate: decide for each row whether its score "
    "lies above the sample's median, and audit that. A run by the employer itself is no "
    "independent audit: the rule BIAS-AUDIT asks for that.": (
        "在由人将条款记录与法律文本核对之前为草案：一年的时效声称是法律。需要套件 standard，或"
        "审计 group-metrics、intersections 和 representation（已存储的预测即可）；名为 sex 和 r"
        "ace_ethnicity 的群体列；task.favourable：晋级的类别；历史数据；jurisdictions 含 US-NYC。"
        "应公布的表格是 group-metrics 的 impact-ratio.csv。给出得分的工具按其得分率审计：对每一"
        "行判定其得分是否高于抽样的中位数，并对此进行审计。由雇主自己进行的运行不是独立审计：规"
        "则 BIAS-AUDIT 要求独立审计。"
    ),
    "Draft until a person has held the clause records against the Official Journal: "
    "Regulation (EU) 2026/1744 reworked parts of the Act, no harmonised standard was seen, "
    "and Articles 13, 14, 17 and 72 are from general knowledge. The duties apply to systems "
    "of Annex III from 2 December 2027 and of Annex I from 2 August 2028. Needs the suite "
    "standard with the model at hand (membership only with the suite deep or by name), group "
    "columns, a figure under declared for accuracy.balanced-accuracy, and jurisdictions with "
    "EU. Whether a system is high-risk no program can say: name its area in system.domain, or"
    " say system.risk_class: high-risk. What people must do is asked for as signed documents.": (
        "在由人将条款记录与官方公报核对之前为草案：(EU) 2026/1744 号条例修改了该法的部分内容，"
        "未见到任何协调标准，第 13、14、17 和 72 条出自一般知识。这些义务自 2027 年 12 月 2 日"
        "起适用于附件三的系统，自 2028 年 8 月 2 日起适用于附件一的系统。需要套件 standard 且模"
        "型可用（membership 仅在套件 deep 中或须指定），群体列，declared 下的 accuracy.balanced"
        "-accuracy 数值，以及 jurisdictions 含 EU。系统是否高风险，程序无法判断：请在 system.do"
        "main 中写明其领域，或写明 system.risk_class: high-risk。应由人完成的事项，以签署文件的"
        "形式要求。"
    ),
    "Draft until a person has held the clause records against the text: the limit of none "
    "left claims to be law. Needs the suite standard or the audit training-data-privacy with "
    "the training rows at hand, and system.deidentification: safe-harbor or "
    "expert-determination. The default detector looks neither for names nor for places: set "
    "training-data-privacy.detector to patterns+presidio, or to another that does. Record, "
    "plan, vehicle and device numbers, biometrics and pictures no detector here knows: that "
    "hole is closed by people, with the rules IDENTIFIERS-REVIEWED and DETECTOR-TRIED.": (
        "在由人将条款记录与法律文本核对之前为草案：一个都不得保留的限值声称是法律。需要套件 sta"
        "ndard 或审计 training-data-privacy 且训练行可用，以及 system.deidentification：safe-ha"
        "rbor 或 expert-determination。默认检测器既不查找姓名，也不查找地点：请将 training-data"
        "-privacy.detector 设为 patterns+presidio，或能查找它们的其他检测器。病历号、保险计划号、"
        "车辆和设备号、生物特征和图片，这里没有检测器能识别：这一空缺由人通过规则 IDENTIFIERS-R"
        "EVIEWED 和 DETECTOR-TRIED 填补。"
    ),
    "Needs a run of the suite standard with the model at hand (stored predictions alone leave"
    " the rules on words, edits and identities without an answer), test rows with group "
    "columns that say whom a text is about, and system.domain: moderation.": (
        "需要套件 standard 的运行且模型可用（仅有已存储的预测时，关于词、改动和身份的规则没有答"
        "案），测试行带有写明文本所涉及的人的群体列，以及 system.domain: moderation。"
    ),
    "Needs the suite standard with the model and the training rows at hand (membership only "
    "with the suite deep or by name), and group columns. Each rule names the subcategory that"
    " it serves; risks that MAP found and no rule here is about need a rule of your own. "
    "Clause records were read on pages of others and not yet checked by a person; no limit "
    "here claims to be law.": (
        "需要套件 standard 且模型和训练行可用（membership 仅在套件 deep 中或须指定），以及群体"
        "列。每条规则写明其所服务的子类别；MAP 所发现而这里没有规则涉及的风险，需要您自己的规则。"
        "条款记录读自他人的网页，尚未由人核对；这里没有任何限值声称是法律。"
    ),
    "Needs the suite standard with model and training rows at hand; membership and "
    "attribute-inference stand only in the suite deep, or are named under audits.": (
        "需要套件 standard 且模型和训练行可用；membership 和 attribute-inference 仅在套件 deep "
        "中，或在 audits 下指定。"
    ),
}
