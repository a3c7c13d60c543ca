import re
from dataclasses import replace

import pytest

from harness.exports import render_summary


def test_the_summary_says_verdict_reason_and_what_was_not_tested(samples):
    text = render_summary(*samples.blocked())
    assert text.startswith("## ⊘ Blocked\n\nRelease blocked. 1 rule failed and 1 was not measured.")
    assert "14.3 % \\[12.6, 16.2\\]" in text
    assert "### What was not tested" in text
    assert "`assay verify 2026-11-23-184000-9c1e42`" in text
    assert "Accuracy" not in text


def test_a_pass_has_no_table_of_open_findings(samples):
    text = render_summary(*samples.passing())
    assert "did not pass" not in text
    assert "- Robustness to spelling mistakes." in text


def test_worst_comes_first(samples):
    text = render_summary(*samples.blocked())
    order = [text.index(word) for word in ("| ⊘ Failed", "| ? Not measured", "| ⚖", "| ◷ Waived")]
    assert order == sorted(order)


def test_notes_of_measurements_are_not_shown(samples):
    sample = samples.blocked()
    assert "The word at position 3" not in render_summary(*sample)


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_is_neither_markup_nor_link_nor_mention(samples, index):
    text = render_summary(*samples.hostile(samples.HOSTILE[index]))
    assert "<" not in text
    assert "![" not in text
    assert "](" not in text
    assert "://" not in text
    assert not re.search(r"(?i)www\.", text)
    assert not re.search(r"@\w", text)
    assert not re.search(r"#\d", text)
    assert not re.search(r"(?<!\\)`{3}", text)
    assert len(text.encode()) <= 60_000
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_a_long_summary_is_cut_and_says_so(samples):
    text = render_summary(*samples.many_findings(5000))
    assert len(text.encode()) <= 60_000
    assert re.search(r"[\d,]+ further findings that did not pass stand in report.html", text)
    assert "### What was not tested" in text
    assert "assay verify" in text


def test_waivers_documents_and_the_last_release_are_tables_of_their_own(samples):
    text = render_summary(*samples.standing())
    order = [
        text.index(f"### {title}")
        for title in (
            "Findings that did not pass",
            "Change since the last release",
            "Waivers",
            "Signed documents",
            "What was not tested (4)",
        )
    ]
    assert order == sorted(order)
    assert "| NO-REGRESSION | all examples, on test | 97.2 % | 94.1 % \\[93.4, 94.7\\] |" in text
    assert "2026-11-20, 3 days ago" in text
    assert "3,900 of 4,000 accepted: 97.5 % \\[97.1, 97.9\\]" in text
    assert "◷ Waived until 2027-01-31" in text
    assert "Somebody signed for these; nothing about them was measured." in text


def test_a_limit_stands_with_its_basis_and_clauses(samples):
    text = render_summary(*samples.blocked())
    assert "at most 10 % \\(policy choice\\)" in text
    assert "at most 0.10 \\(law\\)" in text
    assert "*GROUP-ERROR, eu-aia/10-2-f, eu-aia/15-1*" in text


def test_many_waivers_are_cut_and_counted(samples):
    sample = samples.standing()
    many = tuple(samples.waiver(id=f"W-{i}", rule=f"R-{i}") for i in range(400))
    text = render_summary(*sample._replace(verdict=replace(sample.verdict, waivers=many)))
    assert len(text.encode()) <= 60_000
    assert re.search(r"\d+ further waivers stand in verdict.json", text)


@pytest.mark.parametrize("outcome", ["not-measured", "error", "not-applicable"])
def test_what_was_not_compared_is_no_change(samples, outcome):
    from harness.exports._standing import changes

    _, measurements, verdict = samples.standing()
    assert [one.finding.rule for one in changes(measurements, verdict)] == ["NO-REGRESSION"]
    findings = tuple(
        replace(f, outcome=outcome) if f.rule == "NO-REGRESSION" else f for f in verdict.findings
    )
    assert changes(measurements, replace(verdict, findings=findings)) == []
