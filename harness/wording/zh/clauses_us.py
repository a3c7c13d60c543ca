"""Clauses of the United States and voluntary frameworks: titles, summaries, whom they are about, in Chinese."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    "What is no longer protected health information": "什么不再是受保护的健康信息",
    "Health information that does not identify a person, and of which there is no reasonable basis to believe that it can be used to identify one, is not individually identifiable.": (
        "不能识别个人、且没有合理依据认为可用来识别个人的健康信息，不属于可识别个人的信息。"
    ),
    "Covered entities and their business associates in the United States": "美国的受规管实体及其业务伙伴",
    "Expert determination": "专家判定",
    "A person with the knowledge and experience determines that the risk is very small that an anticipated recipient could identify somebody, and documents methods and results. The rule gives no number.": (
        "由具备知识和经验的人判定预期接收者能够识别某人的风险非常小，并记录方法和结果。规则没有给出数字。"
    ),
    "Safe Harbor, removal of 18 classes of identifiers": "安全港：去除 18 类标识符",
    "None of 18 classes of identifiers of the person, of relatives, employers or members of the household may remain: names; places smaller than a state (the first three digits of a ZIP code may stay where more than 20,000 people live, else 000); dates but the year; ages over 89 but as 90 or over; telephone, fax, e-mail, social security, record, plan, account and licence numbers; vehicle and device identifiers; web and network addresses; biometrics; full-face pictures; any other unique number or code.": (
        "本人、亲属、雇主或家庭成员的 18 类标识符均不得保留：姓名；小于州的地理区域（居住人口超过 20,000 人时可保留邮政编码前三位，"
        "否则为 000）；除年份外的日期；89 岁以上的年龄（可记为 90 岁或以上）；电话、传真、电子邮件、社会保障、病历、保险计划、账户和证照号码；"
        "车辆和设备标识；网址和网络地址；生物特征；全脸照片；以及任何其他唯一的号码或代码。"
    ),
    "Safe Harbor, no actual knowledge": "安全港：没有实际知悉",
    "Beside the removal, the covered entity must not know that what remains could be used, alone or with other information, to identify a person.": (
        "除去除之外，受规管实体还须不知道所余信息可单独或与其他信息结合用来识别个人。"
    ),
    "MAP, context and risks": "MAP：背景与风险",
    "Context, intended use and risks of the system are established and written down before they are measured.": (
        "在测量之前，先确定并写下系统的背景、预期用途和风险。"
    ),
    "Whoever chooses to follow the framework": "选择遵循该框架者",
    "MEASURE 2.3, performance": "MEASURE 2.3：性能",
    "Performance or assurance criteria are measured and shown for conditions like those of use.": (
        "在与使用相近的条件下测量并展示性能或保证准则。"
    ),
    "MEASURE 2.5, validity and reliability": "MEASURE 2.5：有效性与可靠性",
    "The system is shown to be valid and reliable, and how far that holds beyond the test conditions is written down.": (
        "证明系统有效且可靠，并写明这在测试条件之外能成立到何种程度。"
    ),
    "MEASURE 2.7, security and resilience": "MEASURE 2.7：安全与韧性",
    "Security and resilience, as far as MAP named them, are evaluated and documented.": (
        "对 MAP 所列的安全与韧性进行评估并记录。"
    ),
    "MEASURE 2.9, explanation": "MEASURE 2.9：解释",
    "The model is explained, validated and documented, and its output is read in its context.": (
        "对模型加以解释、验证和记录，并结合背景解读其输出。"
    ),
    "MEASURE 2.10, privacy": "MEASURE 2.10：隐私",
    "Privacy risk, as far as MAP named it, is examined and documented.": "对 MAP 所列的隐私风险进行检查并记录。",
    "MEASURE 2.11, fairness": "MEASURE 2.11：公平",
    "Fairness and bias, as far as MAP named them, are evaluated and the results documented.": (
        "对 MAP 所列的公平和偏差进行评估，并记录结果。"
    ),
    "No use without a bias audit that is at most one year old": "没有一年以内的偏差审计不得使用",
    "An employer may use such a tool only if an independent auditor made a bias audit of it no more than one year before the use, and a summary of the results stands on the employer's website.": (
        "只有独立审计人在使用前一年内对该工具作过偏差审计，且结果摘要公布在雇主网站上，雇主才可使用该工具。"
    ),
    "Employers and employment agencies that screen candidates or employees who live in New York City": (
        "筛选居住在纽约市的求职者或雇员的雇主和职业介绍机构"
    ),
    "Bias audit of a tool that selects or classifies": "选择或分类工具的偏差审计",
    "The audit states, for each category of sex, of race/ethnicity and of the two together, the selection rate and the impact ratio (that rate divided by the rate of the most selected category). There is no pass mark.": (
        "审计就性别、种族/族裔及二者结合的每个类别，给出入选率和影响比（该入选率除以入选率最高类别的入选率）。没有及格线。"
    ),
    "Tools that select candidates to move forward or put them into classes": "选择求职者进入下一步或将其分类的工具",
    "Bias audit of a tool that scores": "评分工具的偏差审计",
    "As for tools that select, with the scoring rate (share of a category above the median score of the sample) in the place of the selection rate. There is no pass mark.": (
        "与选择工具相同，但以评分率（某类别中得分高于样本中位数的比例）代替入选率。没有及格线。"
    ),
    "Tools that give scores": "给出评分的工具",
    "Small categories may be left out, with a reason": "小类别可以说明理由后排除",
    "A category under 2 % of the data may be left out of the impact ratios; the summary gives the reason, the number of people in it and their rate. People in an unknown category are counted.": (
        "占数据不足 2 % 的类别可以不计入影响比；摘要给出理由、该类别的人数及其比率。类别未知的人应计数。"
    ),
    "Data of a bias audit": "偏差审计的数据",
    "The audit uses historical data of the tool; test data only where there is not enough of it for a significant audit, and then the summary says why, and how the test data was made.": (
        "审计使用该工具的历史数据；仅当历史数据不足以进行有统计意义的审计时才使用测试数据，此时摘要说明原因以及测试数据如何得到。"
    ),
    "Published summary of the results": "公布的结果摘要",
    "Before the tool is used, the employer's website gives the date of the latest audit, source and explanation of the data, numbers of people, rates and impact ratios of all categories, and the date from which the tool is used.": (
        "使用工具之前，雇主网站公布最近一次审计的日期、数据的来源和说明、各类别的人数、比率和影响比，以及工具开始使用的日期。"
    ),
    "Notice to candidates and employees": "对求职者和雇员的通知",
    "At least ten business days before the use, candidates and employees who live in the city are told that such a tool is used, what it looks at, and how to ask for another way or an accommodation.": (
        "至少在使用前十个工作日，告知居住在该市的求职者和雇员将使用此类工具、工具考察什么，以及如何请求其他方式或便利。"
    ),
    "Colorado Artificial Intelligence Act (2024)": "科罗拉多州人工智能法（2024）",
    "A duty of care against algorithmic discrimination, with impact assessments. Replaced by SB 26-189 before it began to apply.": (
        "防止算法歧视的注意义务，并须作影响评估。在开始适用之前已由 SB 26-189 取代。"
    ),
    "Notice, explanation and human review of decisions in Colorado (2026)": "科罗拉多州对决定的通知、解释和人工复核（2026）",
    "People get a notice, an explanation within 30 days, and a review by a person. There is no duty about discrimination and no impact assessment.": (
        "当事人得到通知、30 天内的解释以及由人进行的复核。没有关于歧视的义务，也没有影响评估。"
    ),
    "Statement of specific reasons for an adverse action": "不利决定的具体理由说明",
    "Who is refused credit is told so in writing, with the specific reasons or with the right to ask for them.": (
        "被拒绝信贷者得到书面通知，附具体理由或告知其有权索取理由。"
    ),
    "Creditors in the United States": "美国的债权人",
    "Reasons are specific and are the principal ones": "理由具体且为主要理由",
    "The reasons must be specific, must be the factors that were really considered or scored, and must not leave out a principal one. The official interpretation sets no number, calls more than four not likely to be helpful, and allows to find them by comparison with applicants at or just above the passing score.": (
        "理由必须具体，必须是实际考虑或评分的因素，且不得遗漏主要理由。官方解释没有规定数目，认为超过四条多半没有帮助，"
        "并允许通过与得分等于或略高于及格分的申请人比较来得出理由。"
    ),
    "Records of applications and actions": "申请与决定的记录",
    "Applications, what was used to judge them, and the notice with its reasons are kept for 25 months after the applicant was told of the action on an application for consumer credit.": (
        "消费信贷申请的申请书、评判所用的材料以及附理由的通知，在告知申请人决定之后保存 25 个月。"
    ),
    "Effects test and the 80 % comparison in the interpretation of Regulation B": "B 条例解释中的效果检验与 80 % 比较",
    "Disparate impact was a ground of discrimination in credit under Regulation B. The final rule of 22 April 2026 took the effects test out from 21 July 2026. The reasons of 1002.9 are as they were.": (
        "依据 B 条例，差别影响曾是信贷歧视的理由之一。2026 年 4 月 22 日的最终规则自 2026 年 7 月 21 日起取消了效果检验。"
        "1002.9 的理由要求不变。"
    ),
    "CFPB circular on adverse action notices and complex algorithms": "消费者金融保护局关于不利决定通知与复杂算法的通告",
    "It said that a creditor cannot excuse missing reasons by the complexity of a model. It was withdrawn on 12 May 2025 with other guidance (90 FR 20084). The duty itself stands in 12 CFR 1002.9: cite that.": (
        "通告称债权人不能以模型复杂为由不给出理由。它已于 2025 年 5 月 12 日与其他指引一并撤回（90 FR 20084）。"
        "义务本身见 12 CFR 1002.9：请引用该条。"
    ),
    "Supervisory guidance on model risk management (2011)": "模型风险管理监管指引（2011）",
    "Sound development, independent validation and governance of models in banks. Superseded on 17 April 2026.": (
        "银行模型的稳健开发、独立验证和治理。已于 2026 年 4 月 17 日被取代。"
    ),
    "Banks in the United States": "美国的银行",
    "Supervisory guidance on model risk management (2026)": "模型风险管理监管指引（2026）",
    "Validation, monitoring and effective challenge of models by people who did not develop them. Not binding; not about generative or agentic models.": (
        "由未参与开发的人对模型进行验证、监测和有效质疑。不具约束力；不涉及生成式或智能体模型。"
    ),
    "Banks in the United States with more than 30 billion dollars of assets": "资产超过 300 亿美元的美国银行",
    "Four-fifths rule of thumb": "五分之四经验法则",
    "A selection rate below four fifths of that of the most selected group is generally regarded as evidence of adverse impact. Smaller differences may count where they are significant in statistics and in practice; larger ones may not where numbers are small. It is a rule of thumb for employment, not a limit. Its rescission was under way in 2026; whether it still stands is to be confirmed.": (
        "某群体的入选率低于入选率最高群体的五分之四时，一般视为不利影响的证据。较小的差异若在统计和实践上显著也可能算数；"
        "人数少时较大的差异也可能不算。这是就业领域的经验法则，不是限值。2026 年其废止正在进行；是否仍然有效有待确认。"
    ),
    "Selection procedures for employment in the United States": "美国的就业选拔程序",
    "Verification and validation of the system": "系统的核查与确认",
    "Measures of verification and validation, and criteria for their use, are defined and documented.": (
        "规定并记录核查和确认措施及其使用准则。"
    ),
    "Whoever chooses to follow the standard": "选择遵循该标准者",
    "AI Verify, eleven principles": "AI Verify：十一项原则",
    "Process checks and technical tests of fairness, explainability and robustness, for self-assessment. It sets no values.": (
        "用于自我评估的流程检查以及公平性、可解释性和稳健性的技术测试。没有规定数值。"
    ),
}
