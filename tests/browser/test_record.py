"""The decision record is one printed page, however much was found, left out and written."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence import open_run
from harness.exports.decision_record import Decided, Digests, render_decision_record
from harness.records import Message, WaiverUse
from harness.wording.language import speaking

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bundle"
CUT = {"en": "goes on in the signed statement", "zh": "全文见已签名的声明"}


WORDS = {
    "en": "Read, compared with the last release, tried on our own rows. ",
    "zh": "已阅读全部发现，并与上次发布逐项比较。",
}


def decided(n, words):
    return Decided(
        kind="Approved",
        by=f"recorded by the service for Reviewer {n}",
        at="2026-11-27T10:00:00Z",
        rationale=words * 40,
        conditions=[words * 4] * 3,
        expires="2027-06-30",
        doubt="",
        statement=f"{n:064x}",
    )


def crowded(verdict, words):
    findings = tuple(
        replace(verdict.findings[0], outcome="failed", rule=f"RULE-{i}", slice=f"region=place {i}")
        for i in range(40)
    )
    left_out = tuple(
        Message.of("gate.x", f"measure-{i} was not measured: {words * 20}") for i in range(40)
    )
    waived = tuple(
        replace(findings[0], outcome="waived", waiver=f"W-{i}", waived_outcome="failed")
        for i in range(6)
    )
    waivers = tuple(
        WaiverUse(
            id=f"W-{i}", rule=findings[0].rule, state="in-force", reason=words * 20,
            owner="user:owner", ticket="RISK-1", starts="2026-11-01", expires="2027-02-01",
            days_left=60, approved_by=("user:one", "user:two"), because=left_out[0],
        )
        for i in range(6)
    )  # fmt: skip
    return replace(verdict, findings=(*findings, *waived), not_tested=left_out, waivers=waivers)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_record_with_more_than_has_room_is_one_page_and_says_what_it_left_out(chromium, language):
    words, bundle = WORDS[language], open_run(GOLDEN)
    gate = bundle.gate()
    with speaking(language):
        text = render_decision_record(
            bundle.record,
            crowded(gate.verdict, words),
            Digests(bundle.digest, gate.digest, "ab" * 32, "cd" * 32),
            state="Approved",
            history=[decided(n, words) for n in range(6)],
            place=f"{bundle.id}@{gate.id}",
            approvals="2 of 2 approvals",
        )
    assert CUT[language] in text
    assert "42 " in re.sub("<[^>]*>", " ", text)  # of 46
    page = chromium.new_page()
    page.set_content(text)
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
