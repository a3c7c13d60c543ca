"""Sentences of the decision record; part of ``messages.EN``."""

from __future__ import annotations

RECORD: dict[str, str] = {
    "record.title": "Decision record: {model}",
    "record.state": "Review",
    "record.verdict": "Verdict",
    "record.model": "Model",
    "record.policy": "Policy",
    "record.judged": "Judged at",
    "record.run": "Run",
    "record.run-digest": "Digest of the run",
    "record.gate-digest": "Digest of the gate",
    "record.verdict-digest": "Digest of verdict.json",
    "record.report-digest": "Digest of report.html",
    "record.decisions": "Decisions",
    "record.none": "Nobody has decided about this gate.",
    "record.doubt": "Not believed: {why}",
    "record.expires": "Holds until the end of {day} (UTC).",
    "record.open": "Findings that did not pass",
    "record.nothing-open": "Every finding passed or does not apply.",
    "record.more.one": "{n} more stands in the report.",
    "record.more.other": "{n} more stand in the report.",
    "record.not-tested": "What was not tested",
    "record.all-tested": "Nothing is named as not tested.",
    "record.approvals": "Approvals",
    "record.policy-digest": "Digest of the policy",
    "record.weights": "Digest of the weights",
    "record.adapter": "Digest of the adapter",
    "record.check": "How to check this page",
    "record.check-do": "This page repeats what signed statements say and proves nothing by itself. With the bundle and the trust file at hand:",
}
