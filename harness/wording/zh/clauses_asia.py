"""Clauses of China that the register holds: titles, our summaries and whom they are about, in Chinese."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    "Filing of recommendation algorithms": "推荐算法备案",
    "Providers whose service can shape public opinion or mobilise people file within 10 working days of beginning the service.": (
        "服务具有舆论属性或社会动员能力的提供者，应在提供服务之日起十个工作日内备案。"
    ),
    "Providers of recommendation algorithms in China": "中国境内的算法推荐服务提供者",
    "Filing of deep synthesis services": "深度合成服务备案",
    "Such providers, and those who give them technical support, file as the rules on recommendation algorithms say.": (
        "此类提供者及其技术支持者，参照算法推荐管理规定办理备案。"
    ),
    "Deep synthesis services in China that can shape public opinion": "中国境内具有舆论属性的深度合成服务",
    "Impact assessment of personal information": "个人信息保护影响评估",
    "Processing sensitive personal information, and deciding by machine about people, is preceded by an impact assessment.": (
        "处理敏感个人信息、利用个人信息进行自动化决策之前，应先进行影响评估。"
    ),
    "Handlers of personal information in China": "中国境内的个人信息处理者",
    "What the impact assessment holds": "影响评估的内容",
    "It looks at purpose and manner, at what it does to people, and at the protection; report and records are kept for at least three years.": (
        "评估处理的目的和方式、对个人的影响以及保护措施；报告和处理记录至少保存三年。"
    ),
    "Compliance audits of personal information protection (CAC order 18)": "个人信息保护合规审计（国家网信办令第 18 号）",
    "Handlers of the information of more than 10 million people are audited every two years; the same auditor at most three times running; principal and audit lead sign; rectification is reported within 15 working days.": (
        "处理超过一千万人个人信息的处理者每两年至少审计一次；同一审计机构连续不超过三次；"
        "由主要负责人和审计负责人签字；整改情况在十五个工作日内报送。"
    ),
    "Personal information security specification, retention and de-identification": "个人信息安全规范：保存与去标识化",
    "Keep personal information no longer than needed and take identifiers out after collection. It names no rates.": (
        "个人信息的保存期限不超过所需时间，收集后去除标识。规范没有规定比率。"
    ),
    "Personal information security specification, profiling": "个人信息安全规范：用户画像",
    "Limits on what a profile of a person may hold and how it may be used. It names no rates.": (
        "限制个人画像可以包含的内容及其使用方式。规范没有规定比率。"
    ),
    "Sources of the training corpus": "训练语料来源",
    "Every source is looked at before and after collection; one with more than 5 % of unlawful or harmful content is not used.": (
        "每个来源在采集前后都要评估；违法不良信息超过 5 % 的来源不予使用。"
    ),
    "Generative services for the public in China": "面向中国境内公众的生成式服务",
    "Manual sample of the corpus": "语料人工抽检",
    "At least 4,000 items are drawn from the whole corpus and looked at by people; at least 96 % are acceptable; to be confirmed.": (
        "从全部语料中随机抽取至少 4,000 条由人工检查，可接受的占比不低于 96 %；有待确认。"
    ),
    "Technical sample of the corpus": "语料技术抽检",
    "At least 10 % of the corpus is looked at with keywords and classifiers; at least 98 % is acceptable; to be confirmed.": (
        "以关键词和分类模型抽检不少于 10 % 的语料，可接受的占比不低于 98 %；有待确认。"
    ),
    "Keyword library": "关键词库",
    "At least 10,000 keywords over the 31 risks (at least 200 for each of A.1 and 100 for each of A.2), kept up weekly. The size is confirmed; the split and the interval are to be confirmed.": (
        "覆盖 31 种安全风险，关键词总数不少于 10,000 个（A.1 每种至少 200 个，A.2 每种至少 100 个），每周更新。"
        "总数已确认；分配和更新周期有待确认。"
    ),
    "Bank of test questions": "测试题库",
    "At least 2,000 questions over the 31 risks (at least 50 for each of A.1 and A.2, 20 for each other), kept up monthly. The size is confirmed; the split and the interval are to be confirmed.": (
        "覆盖 31 种安全风险，题目总数不少于 2,000 道（A.1、A.2 每种至少 50 道，其他每种至少 20 道），每月更新。"
        "总数已确认；分配和更新周期有待确认。"
    ),
    "Banks of questions to be refused and to be answered": "拒答题库与非拒答题库",
    "At least 500 questions that should be refused (20 for each of 17 risks) and 500 that should be answered (20 for each field); to be confirmed.": (
        "应当拒答的题目至少 500 道（17 种风险每种 20 道），不应拒答的题目至少 500 道（每个方面 20 道）；有待确认。"
    ),
    "Acceptable generated content": "生成内容可接受",
    "Of at least 1,000 questions from the bank at least 90 % are answered acceptably, by people, by keywords and by classifiers; to be confirmed.": (
        "从题库抽取至少 1,000 道题，经人工、关键词和分类模型分别检查，可接受的占比均不低于 90 %；有待确认。"
    ),
    "Refuses what it should refuse": "应当拒答的予以拒答",
    "Of at least 300 questions that should be refused at least 95 % are refused; to be confirmed.": (
        "抽取至少 300 道应当拒答的题目，拒答率不低于 95 %；有待确认。"
    ),
    "Answers what it should answer": "不应拒答的予以回答",
    "Of at least 300 questions that should be answered at most 5 % are refused; to be confirmed.": (
        "抽取至少 300 道不应拒答的题目，拒答率不高于 5 %；有待确认。"
    ),
    "Report of the assessment": "评估报告",
    "The report says for each clause whether it is met, not met or not applicable, with evidence, and is signed by the legal representative and by those who led the assessment, at least three signatures; to be confirmed.": (
        "报告逐条说明符合、不符合或不适用并附证据，由法定代表人和评估负责人等签字，至少三人签字；有待确认。"
    ),
    "TC260-003, basic security requirements for generative services (February 2024)": (
        "TC260-003 生成式人工智能服务安全基本要求（2024 年 2 月）"
    ),
    "The technical document that GB/T 45654-2025 took the place of on 1 November 2025.": (
        "该技术文件已于 2025 年 11 月 1 日由 GB/T 45654-2025 取代。"
    ),
}
