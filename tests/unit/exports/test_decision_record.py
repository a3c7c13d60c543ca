"""What the printed record says of findings."""

import re
from dataclasses import replace
from pathlib import Path

from harness.evidence import open_run
from harness.exports.decision_record import Digests, render_decision_record

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
    assert len(re.findall("region = harbour", re.sub("<[^>]*>", " ", text))) == 1
