"""Sentences of decisions and of why they cannot be made, in Chinese."""

from __future__ import annotations

SAID: dict[str, str] = {
    # whose signature it is
    "decision.signed-by": "由 {name} 签名",
    "decision.recorded-for": "由服务代 {name} 记录",
    "decision.recorded-for-nobody": "由服务代 {name} 记录，其身份未经验证",
    # why a decision does not count
    "decision.maker": "模型的作者和负责人不得批准该模型，须由他人批准",
    "decision.waiver-owner": "所用豁免的负责人不得批准其豁免的内容",
    "decision.nobody-named": (
        "运行既未写明模型的作者也未写明负责人，因此无法区分批准人：请在其配置中填写 system.authors"
    ),
    "decision.no-trust": "未提供信任文件",
    "decision.over-verdict": "结论为 {verdict:~} 时，任何决定都不能推翻它",
    "decision.not-authenticated": "作出决定的人身份未经验证；仅当信任文件写明 single_person 时才算数",
    "decision.signature": "其签名不算数：{state}",
    "decision.service-for-key": "服务不代密钥持有人记录",
    "decision.service-itself": "服务自身不作任何决定",
    "decision.another-user": "其中写明的人与签名人不同",
    "decision.role": "角色 {role} 不能作此决定",
    "decision.not-logged": "存储库的日志中没有该决定",
    "decision.withdrawn": "已被撤回",
    "decision.overtaken": "{name} 之后作出了其他决定（{kind:~}）",
    "decision.expired": "已于 {day} 到期",
    "decision.future": "其时间晚于当前时刻",
    "decision.too-old": "已超过 {n} 天",
    "decision.voided": "{name} 于 {day} 的批准不算数：{why:~}。",
    "decision.other-gate": "{name} 于 {day} 的批准针对的是门禁 {gate}：策略、豁免或时刻不同。",
    # why a decision cannot be made
    "decide.not-intact": "运行未通过校验，因此不能对其作任何决定：{problem}",
    "decide.changed": "运行或门禁在打开之后已被更改。请重新打开。",
    "decide.unseen": "所显示的结论不是现有的结论。请重新查看后再作决定。",
    "decide.blocked": "被阻止的结论任何人都不能批准。请改进模型，或让豁免获得批准后重新过门禁。",
    "decide.incomplete": "不完整的结论任何人都不能批准。请补充测量，或让豁免获得批准后重新过门禁。",
    "decide.old-gate": "该运行已提交了更新的门禁；请对更新的门禁作决定。",
    "decide.state": "审核处于此状态时不能作此决定：{state:~}。",
    "decide.rejected": "它已被拒绝：只有该运行的另一个门禁或另一次运行才会再被审核。",
    "decide.released": "它已发布；请先用 assay release --withdraw 撤回发布。",
    "decide.threads": "须先解决 {n:#} 项未决的请求：由提出者以外的人解决。",
    "decide.nothing-to-withdraw": "您在此没有有效的批准。",
    "decide.twice": "您已经批准；还须由另一个人批准。",
    "decide.role": "作此决定须具有角色 {roles}。请联系管理角色的人。",
    "decide.nobody": (
        "此处未验证任何人的身份，因此无法与提交运行的人区分。请登录，用密钥作决定（assay decide --key），"
        "或在信任文件中写明 single_person: true。"
    ),
    "decide.submitter": "提交运行的人不得批准该运行。",
    "decide.requester": "您不能批准：{why:~}。",
    "decide.same-person": "您已以 {name} 的身份批准；须由另一个人批准。",
    "decide.rationale": "理由至少须有 {least} 个字符，现为 {n} 个。",
    "decide.rationale-long": "理由至多 {most} 个字符，现为 {n} 个。",
    "decide.conditions-long": "条件合计至多 {most} 个字符，现为 {n} 个。",
    "decide.not-text": "理由和条件须为文本，现含非 UTF-8 的字节。请重新填写。",
    "decide.only-approval": "只有批准才有条件和最后一天。请附条件批准，或去掉它们。",
    "decide.unticked": "每项被豁免的发现和每项警告都须勾选；尚缺：{rules}。",
    "decide.no-expiry": "附条件的批准须写明有效期至哪一天。",
    "decide.expiry-form": "最后一天须为日期，例如 2027-01-31，现为 {day}。",
    "decide.expired": "最后一天 {day} 已过。",
    "decide.no-trust": "决定须能由他人核验，这需要信任文件：请将 trust.yaml 放入存储库。",
    "decide.no-key": "没有可用于签名的密钥。请指定：assay-dashboard.yaml 中的 key，或 --key。",
    "decide.key-unknown": "密钥 {keyid} 须为 {place} 现在信任的密钥。请在其中填入其公钥。",
    "decide.service-key": "服务的密钥自身不作任何决定；请用您自己的密钥签名。",
    "decide.not-service": "{user} 的密钥须在 {place} 中具有角色 service，才能记录他人的决定。",
}
