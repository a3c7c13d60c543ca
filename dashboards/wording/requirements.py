"""What the page requirements says."""

EN: dict[str, str] = {
    "requirements.lead.one": "{n} clause is cited by the policy {policy}.",
    "requirements.lead.other": "{n} clauses are cited by the policy {policy}.",
    "requirements.not-legal": (
        "Clause records are dated summaries in our own words, as this installation holds them; they are not "
        "the law and no advice."
    ),
    "requirements.owner": "Owner of the policy: {owners}",
    "requirements.system-owner": "Owner of the system: {owner}",
    "requirements.no-owner": "The policy names no owner.",
    "requirements.framework": "Framework",
    "requirements.automated": "Measured automatically",
    "requirements.signed": "Needs human evidence",
    "requirements.not-applicable": "Does not apply",
    "requirements.automated-do": "An audit measures these, and the gate judges them.",
    "requirements.signed-do": (
        "Nobody can measure these: a person signs for a document, with `assay sign --document`."
    ),
    "requirements.not-applicable-do": "The policy says that these are beside the point, and why.",
    "requirements.n-rules.one": "{n} rule",
    "requirements.n-rules.other": "{n} rules",
    "requirements.n-without.one": "{n} rule of the policy cites no clause; it stands on the page Verdict.",
    "requirements.n-without.other": (
        "{n} rules of the policy cite no clause; they stand on the page Verdict."
    ),
    "requirements.none": "This policy cites no clause",
    "requirements.none-do": (
        "A rule names the clauses that it serves. Ids are those of the clause register; records of your own "
        "lie in a folder clauses beside the policy, and `assay policy lint` checks both."
    ),
    "requirements.no-record": "No record of this clause is at hand: it lies beside the policy that cites it.",
    "requirements.status.in_force": "In force",
    "requirements.status.adopted_not_yet": "Adopted, does not apply yet",
    "requirements.status.proposed": "Proposed",
    "requirements.status.superseded": "Superseded",
    "requirements.status.withdrawn": "Withdrawn",
    "requirements.from": "from {date}",
    "requirements.until": "until {date}",
    "requirements.applies-to": "Applies to: {whom}",
    "requirements.superseded-by": "Followed by: {next}",
    "requirements.source": "Source: {url}",
    "requirements.checked": "Record compared with its source on {date} by {by}",
    "requirements.unchecked": "No person has compared this record with its source.",
    "requirements.sets-number": "The clause itself sets a number",
    "requirements.sets-none": "The clause sets no number",
    "requirements.slices.one": "{n} slice",
    "requirements.slices.other": "worst of {n} slices",
    "requirements.evidence": "Evidence",
    "requirements.no-evidence": "no evidence",
    "requirements.more-files.one": "{n} further file",
    "requirements.more-files.other": "{n} further files",
    "requirements.signed-by": "signed by {who}",
    "requirements.to-measurements": "Measurements",
    "requirements.to-decision": "Thread",
    "requirements.matrix": "The matrix as a table",
    "requirements.matrix-alt": "Every clause with its rules, outcomes and evidence.",
}

ZH: dict[str, str] = {
    "requirements.lead.one": "策略 {policy} 引用了 {n} 项条款。",
    "requirements.lead.other": "策略 {policy} 引用了 {n} 项条款。",
    "requirements.not-legal": (
        "条款记录是本安装所保存的、注明日期的自行概述；它们不是法律条文，也不构成法律意见。"
    ),
    "requirements.owner": "策略责任人：{owners}",
    "requirements.system-owner": "系统责任人：{owner}",
    "requirements.no-owner": "策略没有指明责任人。",
    "requirements.framework": "框架",
    "requirements.automated": "自动测量",
    "requirements.signed": "需要人工证据",
    "requirements.not-applicable": "不适用",
    "requirements.automated-do": "由审计测量，并由门禁评判。",
    "requirements.signed-do": "这些无法测量：由一人用 `assay sign --document` 为文件签署。",
    "requirements.not-applicable-do": "策略说明这些不适用，并给出原因。",
    "requirements.n-rules.one": "{n} 条规则",
    "requirements.n-rules.other": "{n} 条规则",
    "requirements.n-without.one": "策略中有 {n} 条规则未引用条款；见“结论”页。",
    "requirements.n-without.other": "策略中有 {n} 条规则未引用条款；见“结论”页。",
    "requirements.none": "本策略未引用任何条款",
    "requirements.none-do": (
        "规则可以写明它所服务的条款。编号取自条款登记册；您自己的记录放在策略旁的 clauses 文件夹中，"
        "`assay policy lint` 会检查两者。"
    ),
    "requirements.no-record": "手头没有该条款的记录：它位于引用它的策略旁边。",
    "requirements.status.in_force": "现行有效",
    "requirements.status.adopted_not_yet": "已通过，尚未适用",
    "requirements.status.proposed": "草案",
    "requirements.status.superseded": "已被取代",
    "requirements.status.withdrawn": "已撤回",
    "requirements.from": "自 {date} 起",
    "requirements.until": "至 {date} 止",
    "requirements.applies-to": "适用对象：{whom}",
    "requirements.superseded-by": "后续：{next}",
    "requirements.source": "来源：{url}",
    "requirements.checked": "记录于 {date} 由 {by} 与来源核对",
    "requirements.unchecked": "尚无人将该记录与来源核对。",
    "requirements.sets-number": "条款本身规定了数值",
    "requirements.sets-none": "条款未规定数值",
    "requirements.slices.one": "{n} 个切片",
    "requirements.slices.other": "{n} 个切片中最差的",
    "requirements.evidence": "证据",
    "requirements.no-evidence": "没有证据",
    "requirements.more-files.one": "另有 {n} 个文件",
    "requirements.more-files.other": "另有 {n} 个文件",
    "requirements.signed-by": "由 {who} 签署",
    "requirements.to-measurements": "度量",
    "requirements.to-decision": "讨论",
    "requirements.matrix": "以表格显示矩阵",
    "requirements.matrix-alt": "每一项条款及其规则、结果和证据。",
}
