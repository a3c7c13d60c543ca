"""Clauses of the European Union that the register holds: titles, summaries, whom they are about, in Chinese."""

from __future__ import annotations

PHRASES: dict[str, str] = {
    "Risk management with metrics defined beforehand": "以事先确定的指标进行风险管理",
    "A risk management system runs through the life of the system, and tests are made against metrics and probabilistic thresholds that were defined before. The Act names no value.": (
        "风险管理体系贯穿系统的整个生命周期，测试以事先确定的指标和概率阈值进行。法案没有规定数值。"
    ),
    "Providers of high-risk systems of Annex III; of Annex I from 2028-08-02": (
        "附件三高风险系统的提供者；附件一高风险系统的提供者自 2028-08-02 起"
    ),
    "Data and data governance": "数据与数据治理",
    "Data are examined for gaps, for how well they represent the people concerned, and for biases. The Act names no value. Reworked by Regulation (EU) 2026/1744; the paragraphs are to be confirmed.": (
        "检查数据的缺口、对相关人群的代表性以及偏差。法案没有规定数值。已由 (EU) 2026/1744 号条例修订；款次有待确认。"
    ),
    "Technical documentation": "技术文件",
    "Technical documentation with the contents of Annex IV is drawn up before the system is placed on the market and kept up to date.": (
        "系统投放市场前，应编制含附件四内容的技术文件，并保持更新。"
    ),
    "Validation and test reports, dated and signed": "注明日期并签字的验证和测试报告",
    "The documentation names data, procedures and metrics of validation and tests, for accuracy, robustness and potentially discriminatory impacts, with test logs and test reports dated and signed by the responsible persons. The Act names no value.": (
        "文件写明验证和测试所用的数据、程序和指标，涵盖准确性、稳健性和可能的歧视性影响，"
        "并附由责任人注明日期并签字的测试日志和测试报告。法案没有规定数值。"
    ),
    "Logs": "日志",
    "The system can record events by itself over its lifetime.": "系统在整个生命周期内能够自动记录事件。",
    "Transparency and instructions for use": "透明度与使用说明",
    "Deployers get instructions from which they can understand and use the output; to be confirmed.": (
        "部署者得到使用说明，据此能够理解并使用输出；有待确认。"
    ),
    "Human oversight": "人工监督",
    "The system is made so that people can oversee it, override it and stop it; to be confirmed.": (
        "系统的设计使人能够监督、推翻并停止它；有待确认。"
    ),
    "Appropriate accuracy, robustness and cybersecurity": "适当的准确性、稳健性和网络安全",
    "The system reaches an appropriate level of accuracy, robustness and cybersecurity and keeps it throughout its lifecycle. The Act names no value.": (
        "系统达到适当水平的准确性、稳健性和网络安全，并在整个生命周期内保持。法案没有规定数值。"
    ),
    "Declared levels of accuracy": "声明的准确性水平",
    "Levels of accuracy and the metrics for them are declared in the instructions of use. Which level is for the provider to declare.": (
        "使用说明中声明准确性水平及其指标。声明何种水平由提供者决定。"
    ),
    "Resilience against errors": "对错误的韧性",
    "The system is as resilient as possible to errors, faults and inconsistencies, within it and in its surroundings. The Act names no value.": (
        "系统对自身及其环境中的错误、故障和不一致尽可能具有韧性。法案没有规定数值。"
    ),
    "Resilience against attacks": "对攻击的韧性",
    "The system resists attempts to change its use, its output or its performance, among them manipulated inputs and attacks on confidentiality. The Act names no value.": (
        "系统能抵御改变其用途、输出或性能的企图，包括被操纵的输入和针对保密性的攻击。法案没有规定数值。"
    ),
    "The provider has a written quality management system; to be confirmed.": "提供者有书面的质量管理体系；有待确认。",
    "Documentation kept for ten years": "文件保存十年",
    "The technical documentation is kept at the disposal of authorities for ten years after the system was placed on the market.": (
        "技术文件在系统投放市场后保存十年，供主管机关查阅。"
    ),
    "Logs kept for six months": "日志保存六个月",
    "Logs that the provider controls are kept for at least six months.": "提供者控制的日志至少保存六个月。",
    "Logs kept by deployers": "部署者保存的日志",
    "Deployers keep the logs that they control for at least six months.": "部署者对其控制的日志至少保存六个月。",
    "Deployers of high-risk systems": "高风险系统的部署者",
    "Harmonised standard for quality management": "质量管理协调标准",
    "prEN 18286: its enquiry closed on 22 January 2026 and it was due late in 2026. No harmonised standard for the Act was seen in the Official Journal, so none gives a presumption of conformity; its state is to be confirmed.": (
        "prEN 18286：征求意见已于 2026 年 1 月 22 日结束，预计 2026 年底发布。未在官方公报中见到该法案的协调标准，"
        "因此没有标准可推定符合；其状态有待确认。"
    ),
    "Conformity assessment": "符合性评定",
    "A conformity assessment precedes the placing on the market; to be confirmed.": "投放市场之前须经符合性评定；有待确认。",
    "Transparency towards people": "对人的透明度",
    "People are told that they deal with a machine, and generated content is marked. Systems that were on the market before have until 2 December 2026 for the marking.": (
        "告知人们其面对的是机器，并标识生成的内容。此前已投放市场的系统最迟于 2026 年 12 月 2 日完成标识。"
    ),
    "Providers and deployers of the systems that the article names": "该条所列系统的提供者和部署者",
    "Monitoring after placing on the market": "投放市场后的监测",
    "The provider collects and analyses how the system does in use, by a plan; to be confirmed.": (
        "提供者按计划收集并分析系统在使用中的表现；有待确认。"
    ),
    "Explanation of single decisions": "对单个决定的解释",
    "A person affected by a decision that rests on such a system may get clear and meaningful explanations of its role and of the main elements of the decision.": (
        "受基于此类系统的决定影响的人，可以就系统的作用和决定的主要要素获得清楚而有意义的解释。"
    ),
    "Deployers of high-risk systems of Annex III": "附件三高风险系统的部署者",
    "When the duties of high-risk systems begin": "高风险系统的义务何时开始",
    "Regulation (EU) 2026/1744 moved the duties of high-risk systems: Annex III from 2 December 2027, Annex I from 2 August 2028. Transparency by Article 50 stayed at 2 August 2026.": (
        "(EU) 2026/1744 号条例推迟了高风险系统的义务：附件三自 2027 年 12 月 2 日起，附件一自 2028 年 8 月 2 日起。"
        "第 50 条的透明度义务仍自 2026 年 8 月 2 日起。"
    ),
    "High-risk duties from 2 August 2026": "高风险义务自 2026 年 8 月 2 日起",
    "The date in the Act as it was adopted in 2024. Superseded by Regulation (EU) 2026/1744.": (
        "2024 年通过的法案中的日期。已由 (EU) 2026/1744 号条例取代。"
    ),
    "Data minimisation": "数据最小化",
    "Personal data are adequate, relevant and limited to what the purpose needs; to be confirmed.": (
        "个人数据充分、相关，且限于目的所需；有待确认。"
    ),
    "Integrity and confidentiality": "完整性与保密性",
    "Personal data are protected against unauthorised processing, loss and damage; to be confirmed.": (
        "保护个人数据免遭未经授权的处理、丢失和损坏；有待确认。"
    ),
    "Information about the logic of a decision by machine": "有关机器决定逻辑的信息",
    "Who is decided about by machine alone may learn about the logic involved. The Court (C-203/22, 27 February 2025) asks for the procedure and principles actually applied to the person's data, not for a bare algorithm.": (
        "完全由机器作出决定的对象可以了解其中的逻辑。法院（C-203/22，2025 年 2 月 27 日）要求说明实际适用于其数据的程序和原则，"
        "而不是单纯的算法。"
    ),
    "Decisions by machine alone": "完全由机器作出的决定",
    "A person is not to be subject to a decision by machine alone with legal or similar effects, but for listed exceptions with safeguards.": (
        "除列明且有保障措施的例外外，任何人不应受具有法律或类似效果的、完全由机器作出的决定约束。"
    ),
    "Data protection by design": "设计中的数据保护",
    "Measures such as minimisation are built in from the start; to be confirmed.": "从一开始就内置最小化等措施；有待确认。",
    "Data protection impact assessment": "数据保护影响评估",
    "Processing that is likely to be of high risk to people is assessed beforehand; to be confirmed.": (
        "可能对人造成高风险的处理须事先评估；有待确认。"
    ),
    "Code of practice for general-purpose models, transparency": "通用模型行为准则：透明度",
    "Providers keep a model documentation form, with a secure hash of the model (1.3) and the date of its release (1.4) among its fields. It sets no values.": (
        "提供者保有模型文件表，其中包括模型的安全摘要（1.3）和发布日期（1.4）。准则没有规定数值。"
    ),
    "Providers of general-purpose models who signed the code": "签署该准则的通用模型提供者",
}
