"""What every page says."""

EN: dict[str, str] = {
    "app.title": "Modelassay",
    "nav.inbox": "Inbox",
    "nav.verdict": "Verdict",
    "nav.requirements": "Requirements",
    "nav.measurements": "Measurements",
    "nav.examples": "Examples",
    "nav.compare": "Compare",
    "nav.decision": "Decision and evidence",
    "shell.language": "Language",
    "shell.run": "Run",
    "shell.gate": "Gate",
    "shell.pick-run": "Pick a run",
    "shell.verifying": "Recomputing every digest of this run",
    "shell.local": (
        "Local mode: nobody is authenticated, and this page answers only on this machine."
    ),
    "shell.no-role": "No role",
    "shell.no-role-do": (
        "You are logged in as {name}, and no role of this dashboard is mapped to you. Ask whoever keeps "
        "assay-dashboard.yaml."
    ),
    "shell.log-in": "Log in",
    "shell.log-in-do": "This dashboard shows nothing before you log in.",
    "shell.log-in-link": "Then open the link again that brought you here: logging in leads to the inbox.",
    "shell.log-in-over": "Your last login has ended or is too old: the provider will ask for you once more.",
    "shell.log-out": "Log out",
    "shell.not-logged": (
        "Figures of few rows are not shown: that they are looked at could not be written into the log of the store."
    ),
    "shell.model": "Model",
    "shell.policy": "Policy",
    "shell.digest": "Digest",
    "shell.verdict": "Verdict",
    "shell.sealed": "Sealed",
    "state.no-runs": "No audits yet",
    "state.no-runs-do": "Nothing lies in {place}. Make a run, then load this page again:",
    "state.pick": "Pick a run above to see it.",
    "state.unknown-run": "This run is not here",
    "state.unknown-run-do": "{run} is not in {place}. It was removed, or the link is from another store.",
    "state.unknown-gate": "This gate is not here",
    "state.unknown-gate-do": "The run {run} has no gate {gate}. Pick one above.",
    "state.tampered": "This evidence was changed after it was sealed",
    "state.tampered-do": (
        "Nothing of this run is shown, and nothing can be decided about it. Find out who changed it, and "
        "take the bundle from where it was made."
    ),
    "state.unreadable": "The evidence cannot be read",
    "state.not-gated": "This run was never held against a policy",
    "state.not-gated-do": "Judge it, then load this page again:",
    "state.not-measured": "Not measured",
    "state.error": "Something went wrong on this page",
    "state.error-do": "It was written into the server's log under {id}. Load the page again.",
    "state.need-role": "This needs the role {role}.",
    "part.table": "Table",
    "part.csv": "CSV",
    "part.json": "JSON",
    "part.download": "Download {name} as {form}",
    "heat.supports": "supports",
    "heat.opposes": "opposes",
    "heat.option": "{part}: {side}, {value}",
    "heat.option-plain": "{part}: {value}",
    "heat.legend": (
        "+ and a solid underline: {supports}. − and a dashed underline: {opposes}. The stronger the "
        "colour and the thicker the line, the more. Arrows move, Enter picks."
    ),
    "heat.legend-plain": (
        "The stronger the colour and the thicker the line, the more; this method does not say for or "
        "against. Arrows move, Enter picks."
    ),
}

ZH: dict[str, str] = {
    "app.title": "Modelassay",
    "nav.inbox": "待办",
    "nav.verdict": "结论",
    "nav.requirements": "要求",
    "nav.measurements": "度量",
    "nav.examples": "样本",
    "nav.compare": "对比",
    "nav.decision": "决定与证据",
    "shell.language": "语言",
    "shell.run": "运行",
    "shell.gate": "门禁",
    "shell.pick-run": "选择一次运行",
    "shell.verifying": "正在重新计算本次运行的全部摘要",
    "shell.local": "本地模式：未验证任何人的身份，本页面只在这台机器上响应。",
    "shell.no-role": "没有角色",
    "shell.no-role-do": (
        "您已以 {name} 的身份登录，但没有任何角色分配给您。请联系 assay-dashboard.yaml 的维护者。"
    ),
    "shell.log-in": "登录",
    "shell.log-in-do": "登录之前，本面板不显示任何内容。",
    "shell.log-in-link": "登录后会进入收件箱，请再次打开您收到的链接。",
    "shell.log-in-over": "您上次的登录已结束或时间过久：身份提供方将再次要求您登录。",
    "shell.log-out": "退出登录",
    "shell.not-logged": "不显示行数很少的数字：无法将查看行为写入存储的日志。",
    "shell.model": "模型",
    "shell.policy": "策略",
    "shell.digest": "摘要",
    "shell.verdict": "结论",
    "shell.sealed": "封存时间",
    "state.no-runs": "还没有审计",
    "state.no-runs-do": "{place} 中没有任何内容。请先运行一次审计，然后重新加载本页：",
    "state.pick": "请在上方选择一次运行。",
    "state.unknown-run": "这里没有这次运行",
    "state.unknown-run-do": "{place} 中没有 {run}。它已被移除，或者链接来自另一个存储。",
    "state.unknown-gate": "这里没有这次门禁",
    "state.unknown-gate-do": "运行 {run} 没有门禁 {gate}。请在上方选择。",
    "state.tampered": "证据在封存之后被改动",
    "state.tampered-do": (
        "本次运行的任何内容都不予显示，也不能对其作出决定。请查明是谁改动的，并从产生证据包的地方重新取得。"
    ),
    "state.unreadable": "无法读取证据",
    "state.not-gated": "本次运行从未按任何策略评判",
    "state.not-gated-do": "请先评判，然后重新加载本页：",
    "state.not-measured": "未测量",
    "state.error": "本页出现问题",
    "state.error-do": "详情已写入服务器日志，编号 {id}。请重新加载本页。",
    "state.need-role": "需要角色 {role}。",
    "part.table": "表格",
    "part.csv": "CSV",
    "part.json": "JSON",
    "part.download": "下载 {name}（{form}）",
    "heat.supports": "支持",
    "heat.opposes": "反对",
    "heat.option": "{part}：{side}，{value}",
    "heat.option-plain": "{part}：{value}",
    "heat.legend": (
        "加号与实线下划线：{supports}。减号与虚线下划线：{opposes}。颜色越浓、线越粗，作用越大。方向键移动，回车选择。"
    ),
    "heat.legend-plain": "颜色越浓、线越粗，作用越大；此方法不区分支持与反对。方向键移动，回车选择。",
}
