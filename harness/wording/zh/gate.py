"""Sentences of findings, verdicts, waivers and signed documents, in Chinese."""

from __future__ import annotations

_STRADDLES = (
    "区间从 {low:~} 到 {high:~}（两端水平各为 {level}），包含限值 {limit:~}，因此数据不足以判定。"
)
_BY_NUMBER = "{where:~}：{measure:~}（n = {n}）的{end:~} {number:~} "
_ALONE = "限值（{bound:~} {limit:~}）。规则仅据此判定。"
_SAMPLE = (
    "抽样 {document}（{name}）的 {n} 项中，{accepted} 项被接受：{value:~}，区间从 {low:~} 到 {high:~}"
    "（两端水平各为 {level}，Clopper-Pearson）。该占比{meets:~}限值（至少 {limit:~}），规则仅据此判定。{signed:~}"
)
_DOCUMENT = "文件 {document}（{name}）"

SAID: dict[str, str] = {
    # one estimate against one limit
    "gate.passed": (
        "{where:~}：{measure:~} 为 {value:~}（n = {n}）。区间从 {low:~} 到 {high:~}（两端水平各为 {level}），"
        "完全在限值 {limit:~} {side:~}。"
    ),
    "gate.failed": (
        "{where:~}：{measure:~} 为 {value:~}（n = {n}）。区间从 {low:~} 到 {high:~}（两端水平各为 {level}），"
        "完全在限值 {limit:~} {side:~}。"
    ),
    "gate.failed-corrected": (
        "{before:~}合并评判 {pairs} 个阻止性的切片与规则时，要求水平 {level}；在该水平下仍是如此。"
    ),
    "gate.straddles": "{where:~}：{measure:~} 为 {value:~}（n = {n}）。" + _STRADDLES + "{more:~}",
    "gate.straddles-without-value": (
        "{where:~}：{measure:~} 没有数值（n = {n}）。{why:~}" + _STRADDLES
    ),
    "gate.point-passed": _BY_NUMBER + "符合" + _ALONE,
    "gate.point-failed": _BY_NUMBER + "不符合" + _ALONE,
    "gate.lower-passed": _BY_NUMBER + "符合" + _ALONE,
    "gate.lower-failed": _BY_NUMBER + "不符合" + _ALONE,
    "gate.upper-passed": _BY_NUMBER + "符合" + _ALONE,
    "gate.upper-failed": _BY_NUMBER + "不符合" + _ALONE,
    "gate.too-few": "{where:~}：{measure:~} 只依据 n = {n}；规则要求达到 {needed} 才评判。",
    "gate.level-not-possible": (
        "策略要求{where:~}的 {measure:~} 在水平 {level} 下的区间，而已存储的证据不足以计算。"
    ),
    "gate.counts": "{where:~}：{measure:~} 的计数得出的占比与其数值不同。",
    "gate.no-end": "{where:~}：{measure:~} 没有{end:~}，而规则据此判定。",
    "gate.present": "{where:~}：{measure:~} 已测量。",
    "gate.no-baseline": "门禁没有收到 {measure} 与上次发布的比较。",
    "gate.baseline-contradicts": (
        "基线中既有与上次发布的差异，又说明没有发布过任何版本；无法得知哪个属实。"
    ),
    "gate.first-release": "此名称下尚未发布过任何版本，因此没有可与之相比变差的对象。",
    "gate.nothing-released": (
        "此名称下尚未发布过任何版本，因此无法比较 {measure}。允许首次发布的规则应写明 "
        "first_release: not-applicable。"
    ),
    "gate.unusable": "{where:~}：{measure} 无法评判：{problem:~}。",
    "gate.no-reason": "{measure} 没有数值。",
    "gate.unjudged": "这一项没有评判。",
    "gate.not-given": "测试没有给出数值。",
    "gate.rule": "该规则不能用于评判此指标：{problem:~}",
    "gate.not-declared": "该规则的限值取自 declared.{key}，而运行没有声明它。",
    "gate.taken-back": (
        "{where:~}：{measure} 为 {value:~}（n = {n}）。单独来看，它未达到限值 {limit:~}；合并评判 {pairs} 个"
        "阻止性的切片与规则时，其区间从 {low:~} 到 {high:~}（不利一端的水平为 {level}），包含限值，"
        "因此不能排除偶然。"
    ),
    "gate.correction-not-possible": (
        "{where:~}：单独来看，{measure} 未达到限值；合并评判 {pairs} 个阻止性的切片与规则时，需要更宽的区间，"
        "而已存储的证据不足以计算。"
    ),
    # which measurements a rule is about
    "gate.only-slices-measured": (
        "数据集 {dataset} 的全部样本没有测量 {measure}，只测量了切片，例如 {slice}。"
        "针对每个切片的规则应写明：slices: {{by: every}}。"
    ),
    "gate.slice-not-measured": "数据集 {dataset}：{slice:~} 没有测量 {measure}。",
    "gate.no-slices": "数据集 {dataset}：规则所针对的切片都没有测量 {measure}。",
    "gate.columns-not-measured": (
        "数据集 {dataset}：没有按 {columns:&} 测量 {measure}，而规则也要求这一点；规则有一部分没有答案。"
    ),
    "gate.audit-error": "审计 {audit} 出错，因此其度量可能不完整。{reason:~}",
    "gate.measure-absent": "本次运行没有 {measure} 的度量。{hint:~}",
    "gate.measured-twice": (
        "数据集 {dataset}：同一切片有 {times} 个 {measure}；无法得知以哪一个为准。"
    ),
    "gate.unknown-slice": "{slice:~} 不是切片的名称，因此无法得知测量的是什么。",
    "gate.small": "切片 {slice} 的 n = {n}，少于 {least}；只报告，不评判。",
    "gate.small-share": "切片 {slice} 占数据集的 {per_cent} %，低于 {least} %；只报告，不评判。",
    # whether a rule applies
    "gate.applies-unknown": "是否适用取决于 {field}，而运行没有说明。",
    "gate.applies-truth": (
        "无法判断是否适用：运行中的 {field} 是 {found}，而策略要求 true 或 false。"
        "请写不带引号的 true 或 false。"
    ),
    "gate.applies-unlisted": (
        "无法判断是否适用：运行中的 {field} 是 {found}，而策略只列出了 {known}。{hint:~}"
    ),
    "gate.applies-word": (
        "无法判断是否适用：运行中的 {field} 是 true 或 false，而策略要求 {wanted:&}。"
        "请写不带引号的 true 或 false。"
    ),
    "gate.does-not-apply": "当 {field} 为 {wanted:&} 时适用；这里为 {found:~}。",
    # the verdict
    "verdict.blocked": "已阻止发布。按{policy:~}，{failed:#} 条规则未通过。{more:~}",
    "verdict.nothing-judged": "不完整。{policy:~}中没有任何规则用于评判本次运行。这不等于通过。",
    "verdict.incomplete": (
        "不完整。{failed:~}，但按{policy:~}，有 {rules:#} 条阻止性规则没有答案。这不等于通过。"
    ),
    "verdict.meets-but-waived": (
        "{where:~}符合{policy:~}，但有 {rules:#} 条规则未满足并已豁免（{waivers:&}）。{more:~}"
        "仍须由审核人作出决定。"
    ),
    "verdict.pass": "{where:~}符合{policy:~}。{more:~}仍须由审核人作出决定。",
    "verdict.pass-with-warnings": "{where:~}符合{policy:~}。{more:~}仍须由审核人作出决定。",
    # what was not tested
    "gate.rule-not-tested": "{rule}（{title:~}）：{reason:~}",
    "gate.small-slices": "{rule}：{slices:#} 个切片太小，无法评判；只报告数值，不评判。",
    "gate.measurement-not-tested": "数据集 {dataset}：没有测量 {measure}：{reason:~}",
    "gate.measurements-not-tested": (
        "{audit}：数据集 {dataset} 上有 {n_measures} 项指标（{names:&}）没有测量：{reason:~}"
    ),
    "gate.audit-not-measured": "审计 {audit} {what:~}。{reason:~}",
    "gate.audit-skipped": "审计 {audit} 按配置跳过。",
    # what the verdict rests on
    "gate.baseline-not-released": (
        "本次运行与有人指定的运行 {run} 进行了比较：据所知，没有受信任的人发布过它。这样的结论是探索性的。"
    ),
    "gate.clock-before-run": (
        "本次门禁以 {now} 为评判时刻，早于运行结束的时间 {ended}。按这样的时钟，豁免和文件都不算数。"
    ),
    "gate.clock-before-approval": (
        "本次门禁以 {now} 为评判时刻，早于 {waiver} 的批准时间 {signed_at}，该批准尚不算数。"
    ),
    # signed documents
    "gate.no-document": "门禁没有收到关于文件 {document} 的签署声明。",
    "gate.document-signed": "{documents:~}",
    "gate.document-unsigned": (
        _DOCUMENT + "没有有效的签名：在 {day} 有效且列入信任文件的密钥中，没有人用其签署过它。"
    ),
    "gate.document-role": _DOCUMENT + "由 {users:&} 签署；规则要求由角色为 {roles:&} 的人签署。",
    "gate.document-clock": "本次门禁的时钟早于运行结束的时间，因此" + _DOCUMENT + "不算数。",
    "gate.document-early": _DOCUMENT + "签署于 {signed_at}，晚于本次门禁的时刻，因此尚不算数。",
    "gate.document-expired": _DOCUMENT + "已于 {expires} 到期。请重新签署一份。",
    "gate.document-old": (
        _DOCUMENT + "签署于 {days} 天前；规则接受 {most} 天以内的。请重新审阅并签署。"
    ),
    "gate.document-no-sample": (
        _DOCUMENT + "没有说明抽样；规则要求说明查看了多少项、接受了多少项。"
    ),
    "gate.sample-small": (
        "抽样 {document}（{name}）只有 {n} 项；规则要求 {needed} 项，因此不足以判定。其中接受了 {accepted} 项。"
    ),
    "gate.sample-passed": _SAMPLE,
    "gate.sample-failed": _SAMPLE,
    # waivers
    "waiver.not-approved": (
        "{waiver} 需要 {needed} 项批准，现有 {n:#} 项{names:~}，因此不豁免任何内容。{doubts:~}"
    ),
    "waiver.other-version": "{waiver} 针对 {model}，即该模型的另一个版本。",
    "waiver.expired": "{waiver} 已于 {day} 结束时到期，不再豁免任何内容。请联系 {owner}。",
    "waiver.not-started": "{waiver} 自 {day} 起生效，此前不豁免任何内容。",
    "waiver.clock": (
        "本次门禁的时钟早于运行结束的时间，因此无法判断 {waiver} 是否有效；它不豁免任何内容。"
    ),
    "waiver.conflicting": (
        "{waiver} 与 {others:&} 对 {rule} 的同一些发现同时有效；无法得知以哪一项为准，因此都不豁免任何内容。"
    ),
    "waiver.no-value": (
        "{waiver} 接受直至 {accept} 的数值，而 {rule} 在{where:~}上没有可与之比较的数值，因此不豁免任何内容。"
    ),
    "waiver.negative-drop": (
        "{waiver} 接受直至 {accept} 的数值，而 {rule} 针对下降幅度，应说明最多可以差多少：0 或以上。"
        "它不豁免任何内容。"
    ),
    "waiver.exceeded": (
        "{waiver} 接受直至 {accept:~} 的数值；{where:~}的数值 {value:~} 更差，因此不豁免任何内容。"
    ),
    "waiver.unknown-rule": "{waiver} 针对 {rule}，而本策略没有这条规则。",
    "waiver.unknown-slice": "{waiver} 针对{where:~}，而 {rule} 对此没有任何发现。",
    "waiver.not-needed": "{waiver} 没有可豁免的内容：在其有效范围内，{rule} 没有未决的发现。",
    "waiver.not-covered": (
        "{waiver} 涵盖{covers:&}，而在其有效范围内，{rule} 的结果为{outcome:~}。{more:~}"
    ),
    "waiver.in-force": (
        "{waiver} 豁免 {rule} 的 {findings:#} 项发现，直至 {day} 结束{until:~}；批准人：{users:&}。"
    ),
}

PHRASES: dict[str, str] = {
    # where
    "data set {dataset}, slice {slice}": "数据集 {dataset}、切片 {slice:&}",
    "data set {dataset}": "数据集 {dataset}",
    "on data set {dataset}": "在数据集 {dataset} 上",
    "on data sets {datasets}": "在数据集 {datasets:&} 上",
    "slice {slice}": "切片 {slice:&}",
    "{column}=(all groups)": "{column}=（全部群体）",
    "policy {id} version {version}": "策略 {id}（版本 {version}）",
    "The policy was not fixed before the run either.": "该策略在运行之前也没有固定。",
    "The change of {measure} since the last release": "{measure} 自上次发布以来的变化",
    # numbers and sides
    "{n} percentage points": "{n} 个百分点",
    "no bound": "无界限",
    "without a value": "无数值",
    "at or above": "或其上",
    "at or below": "或其下",
    "below": "之下",
    "above": "之上",
    "value": "数值",
    "lower end": "下限",
    "upper end": "上限",
    "at least": "至少",
    "at most": "至多",
    "meets": "符合",
    "does not meet": "不符合",
    "empty": "空",
    "(empty)": "（空）",
    # outcomes, as waivers name them
    "passed": "通过",
    "failed": "未通过",
    "inconclusive": "无法判定",
    "not-measured": "未测量",
    "error": "出错",
    # parts of sentences
    "About {n} examples would decide it.": "大约需要 {n} 个样本才能判定。",
    "An error is never waived.": "出错绝不能豁免。",
    "Nothing failed": "没有规则未通过",
    "No blocking rule failed": "没有阻止性规则未通过",
    "{n} rule gave no answer.": "另有 {n} 条规则没有答案。",
    "{n} rules gave no answer.": "另有 {n} 条规则没有答案。",
    "{n} rule gives a warning.": "{n} 条规则给出警告。",
    "{n} rules give a warning.": "{n} 条规则给出警告。",
    "ended in error": "出错",
    "was not measured": "未测量",
    "No reason was recorded.": "没有记录原因。",
    "no reason was recorded.": "没有记录原因。",
    "Did you mean '{name}'?": "您是否想写“{name}”？",
    "as long as the value is no worse than {value}": "，条件是数值不比 {value} 更差",
    "({names})": "（{names:&}）",
    "{document} ({name}) was signed by {users} on {day}, counts until {end}.": (
        "文件 {document}（{name}）由 {users:&} 于 {day} 签署，有效期至 {end}。"
    ),
    "{document} ({name}) was signed by {users} on {day}.": (
        "文件 {document}（{name}）由 {users:&} 于 {day} 签署。"
    ),
    # what a finding said before others were accounted for
    "{measure} is {value} (n = {n}) on {where}. The interval from {low} to {high} (level {level} at each "
    "end) lies wholly {side} the limit of {limit}.": (
        "{where:~}：{measure:~} 为 {value:~}（n = {n}）。区间从 {low:~} 到 {high:~}（两端水平各为 {level}），"
        "完全在限值 {limit:~} {side:~}。"
    ),
    # why signatures do not count
    "No trust file was handed to the gate, so no signature counts.": (
        "门禁没有收到信任文件，因此任何签名都不算数。"
    ),
    "The run names neither authors nor owner of the model, so that nobody can be told from them: write "
    "system.authors into its config.": (
        "运行既没有写明模型的作者，也没有写明责任人，因此无法将任何人与他们区分开：请在其配置中写明 system.authors。"
    ),
    "The signature of {user} does not count: {doubt}.": "{user:~} 的签名不算数：{doubt:~}。",
    "key {keyid}": "密钥 {keyid}",
    "the trust file does not name the key": "信任文件没有列出该密钥",
    "the key of {user} is revoked ({reason})": "{user} 的密钥已吊销（{reason}）",
    "the key of {user} was not valid on {day}": "{user} 的密钥在 {day} 无效",
    "it is not one by {user} of the waiver as it reads now": "这不是 {user} 对该豁免现有内容的签名",
    "What was changed must be approved again.": "改动后必须重新批准。",
    "it was made on {when}, after the moment of this gate": "签署于 {when}，晚于本次门禁的时刻",
    "the waivers file says that it is from {user}": "豁免文件写明它来自 {user}",
    "no role of {roles}": "没有角色 {roles:&}",
    "the owner of a waiver cannot approve it": "豁免的责任人不能批准该豁免",
    "authors and owner of the model cannot approve its waivers": (
        "模型的作者和责任人不能批准该模型的豁免"
    ),
    # what breaks the contract of an estimate
    "the run holds no definition of its measure": "运行没有其指标的定义",
    "its unit must be {wanted}, got {found}": "其单位必须是 {wanted}，实际为 {found}",
    "it must lie in {range}, got {found}": "它必须在 {range} 之内，实际为 {found}",
    "{name} must be finite, got {found}": "{name} 必须是有限的数，实际为 {found}",
    "a value and a reason why there is none exclude each other": "有数值与没有数值的原因不能并存",
    "alpha_low and alpha_high must lie between 0 and 0.5": "alpha_low 和 alpha_high 必须在 0 和 0.5 之间",
    "n must be >= 0, got {found}": "n 必须 >= 0，实际为 {found}",
    "a value needs both ends of its interval": "有数值就必须有区间的两端",
    "low must be <= high, got {found}": "low 必须 <= high，实际为 {found}",
    "low == high only for the method 'exact', got {found}": "只有方法 'exact' 才允许 low == high，实际为 {found}",
    "value must lie in its interval, got {value} outside {interval}": (
        "数值必须在其区间之内，实际为 {value}，在 {interval} 之外"
    ),
    "{kind} must not bound {measure}, of which {better} is better. Write {other}.": (
        "{kind} 不能用于限制 {measure}，因为该指标{better:~}更好。请写 {other}。"
    ),
    "the limit must lie in the range of {measure}, {range}, got {found}.": (
        "限值必须在 {measure} 的范围 {range:~} 之内，实际为 {found}。"
    ),
    "higher": "越高",
    "lower": "越低",
}
