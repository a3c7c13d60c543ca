import re

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
