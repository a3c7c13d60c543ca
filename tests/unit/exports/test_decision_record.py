"""What the printed record says of findings."""

import re
from dataclasses import replace
from pathlib import Path

from harness.evidence import open_run
from harness.exports.decision_record import Digests, render_decision_record
from harness.records import WaiverUse

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bundle"


def test_what_was_waived_stands_there_once() -> None:
    bundle = open_run(GOLDEN)
    gate = bundle.gate()
    one = replace(gate.verdict.findings[0], outcome="waived", slice="region=harbour")
    verdict = replace(gate.verdict, findings=(one,))
    digests = Digests(bundle.digest, gate.digest, "ab" * 32, "cd" * 32)
    text = render_decision_record(
        bundle.record, verdict, digests, state="Approved", history=[], place=bundle.id
    )
    assert "user:owner" not in text
    waiver = WaiverUse(
        id="W-1", rule=one.rule, state="in-force", reason="few rows", owner="user:owner",
        ticket="RISK-1", starts="2026-11-01", expires="2027-02-01", days_left=60,
        approved_by=("user:one", "user:two"), because=gate.verdict.because,
    )  # fmt: skip
    told = render_decision_record(
        bundle.record,
        replace(verdict, findings=(replace(one, waiver="W-1"),), waivers=(waiver,)),
        digests,
        state="Approved",
        history=[],
        place=bundle.id,
    )
    for words in ("Waiver W-1", "user:owner", "user:one and user:two", "few rows"):
        assert words in told
    assert len(re.findall("region = harbour", re.sub("<[^>]*>", " ", text))) == 1
