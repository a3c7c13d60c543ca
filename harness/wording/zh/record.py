"""Sentences of the decision record, in Chinese."""

from __future__ import annotations

PAGE: dict[str, str] = {
    "record.title": "决定记录：{model}",
    "record.state": "审核",
    "record.verdict": "结论",
    "record.model": "模型",
    "record.policy": "策略",
    "record.judged": "评判时间",
    "record.run": "运行",
    "record.run-digest": "运行的摘要",
    "record.gate-digest": "门禁的摘要",
    "record.verdict-digest": "verdict.json 的摘要",
    "record.report-digest": "report.html 的摘要",
    "record.decisions": "决定",
    "record.none": "尚无人对此门禁作出决定。",
    "record.doubt": "不予采信：{why}",
    "record.expires": "有效期至 {day} 结束（UTC）。",
    "record.open": "未通过的发现",
    "record.nothing-open": "所有发现均已通过或不适用。",
    "record.more.other": "另有 {n} 项见报告。",
    "record.not-tested": "未测试的内容",
    "record.all-tested": "没有被列为未测试的内容。",
    "record.approvals": "批准",
    "record.policy-digest": "策略的摘要",
    "record.weights": "权重的摘要",
    "record.adapter": "适配器的摘要",
    "record.earlier.other": "更早的 {n} 项决定见存储的日志。",
    "record.cut": "以 … 结尾的文字，全文见已签名的声明。",
    "record.check": "如何核对本页",
    "record.check-do": "本页重复已签名声明的内容，本身不构成证明。请在证据包和信任文件齐备时运行：",
}
