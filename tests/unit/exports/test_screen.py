import re
from dataclasses import replace

import pytest

from harness.exports import render_screen
from harness.records import Message
from harness.wording.text import cells

PLACE = "runs/2026-11-23-184000-9c1e42"


def screen(sample, **more):
    options = {"place": PLACE, "color": False, "width": 110, "seconds": 42.3, **more}
    return render_screen(*sample, **options)


def test_one_screen_says_what_failed_and_why(samples):
    assert screen(samples.blocked(), width=120) == (
        "urgent-messages @ 6a3f91c   policy builtin/standard 1.0.0   data test, 4,000 examples\n"
        "  GROUP-ERROR     failed                       14.3 % [12.6, 16.2]  at most 10 % (policy choice)\n"
        "    region = north, on test, n=970\n"
        "    The error rate of region = north is 14.3 %, and its whole interval lies above 10 %.\n"
        "    clauses eu-aia/10-2-f and eu-aia/15-1\n"
        "  CANARY-LEAK     not measured                 not measured         at most 0.10 (law)\n"
        "    No measurement of memorisation.canary-leak-rate: the run did not train with canaries.\n"
        "    clauses gdpr/5-1-f\n"
        "  GROUP-ERROR     inconclusive, needs n = 420  10 % [3, 26]         at most 10 % (policy choice)\n"
        "    region = overseas, on test, n=20\n"
        "  ONE-WORD        waived until 2027-01-31      62.0 % [53.8, 69.6]  at most 25 % (policy choice)   "
        "n=100\n"
        "  ACCURACY-FLOOR  passed                       94.1 % [93.4, 94.7]  at least 80 % (policy choice)  "
        "n=4,000\n"
        "  GROUP-ERROR     passed                       3 slices             at most 10 % (policy choice)\n"
        "  IMPACT-RATIO    not applicable               –                    at most 0.10 (policy choice)\n"
        "verdict blocked (exit 1)   1 failed, 1 not measured, 1 inconclusive, 1 waived, 4 passed, "
        "1 not applicable\n"
        "4 things were not tested   42 s\n"
        "  Planted secrets: the run did not train with canaries.\n"
        "  Robustness to spelling mistakes: no audit of this suite asks for it.\n"
        "  memorisation: it needs model.train_canaries, which text classifiers of this run do not offer.\n"
        "  + 1 more: see the report\n"
        "Release blocked. 1 rule failed and 1 was not measured.\n"
        f"run {PLACE}\n"
        f"next    open {PLACE}/report.html   assay verify {PLACE}\n"
    )


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "classes", "chinese"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_all_fit_on_one_screen(samples, name, width):
    lines = screen(samples.SAMPLES[name](), width=width).splitlines()
    # commands stay whole, so that they can be copied
    assert all(
        cells(line) <= width for line in lines if "assay " not in line and "open " not in line
    )
    assert len(lines) <= 30


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "chinese"])
def test_colour_adds_nothing_but_colour(samples, name):
    sample = samples.SAMPLES[name]()
    painted = screen(sample, color=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == screen(sample)
    assert "\x1b" not in screen(sample)


def test_the_outcome_and_the_verdict_are_what_is_coloured(samples):
    painted = screen(samples.blocked(), color=True)
    assert "\x1b[1;31mfailed\x1b[0m" in painted
    assert "verdict \x1b[1;31mblocked\x1b[0m (exit 1)" in painted


def test_a_rule_with_many_slices_hides_no_other_rule(samples):
    sample = samples.many_findings(5000)
    text = screen(sample)
    for i in range(4):
        assert f"GROUP-ERROR-{i}" in text
    assert "more findings that did not pass" in text
    assert len(text.splitlines()) <= 30


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_moves_no_cursor_and_forges_no_line(samples, index):
    text = screen(samples.hostile(samples.HOSTILE[index]))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert len([line for line in text.splitlines() if line.startswith("verdict ")]) == 1
    text.encode()


def test_an_unknown_duration_is_not_shown(samples):
    assert "42 s" not in screen(samples.passing(), seconds=None)


def test_every_waiver_that_names_the_model_is_shown_however_many_days_are_left(samples):
    sample = samples.blocked()
    idle = samples.waiver(
        "unused", "W-7", because=Message("waiver.other-version", "It is for screen@2.")
    )
    sample = sample._replace(verdict=replace(sample.verdict, waivers=(idle, samples.waiver())))
    text = " ".join(screen(sample, width=120).split())
    assert "W-2026-014 (in force) for rule ONE-WORD" in text
    assert "W-7 (covers no finding) for rule ONE-WORD" in text
    assert "69 days left. It is for screen@2." in text


def test_waivers_that_do_not_fit_are_counted(samples):
    text = " ".join(screen(samples.standing(), width=100).split())
    n = len(samples.waivers())
    assert sum(f"{one.id} (" in text for one in samples.waivers()) == 5
    assert f"{n - 5} further waivers stand in verdict.json." in text


def test_what_stands_beside_the_verdict_stands_before_the_findings(samples):
    text = screen(samples.standing(), width=100)
    before = text[: text.index("GROUP-ERROR     failed")]
    for words in (
        "[Exploratory]   [Draft policy]   [Single person]   [Policy review overdue]",
        "Note of the policy: Numbers to be confirmed against the standard's text.",
        "3 earlier sealed runs had looked at the data set test before this one.",
        "W-2026-015 (expired) for rule RULE-1, owner user:li.wei",
    ):
        assert words in before
    assert len(text.splitlines()) <= 60


def test_signed_documents_stand_apart_from_what_was_measured(samples):
    measured, signed = screen(samples.standing()).split("Signed documents: ")
    assert "RISK-FILE" not in measured
    assert "must be signed for (law)" in signed
    assert "97.5 % [97.1, 97.9]  at least 96 % (law)" in signed


@pytest.mark.parametrize("index", range(17))
def test_no_line_is_a_command_to_a_ci_server(samples, index):
    for width in (60, 100):
        for line in screen(samples.hostile(samples.HOSTILE[index]), width=width).splitlines():
            assert not line.lstrip().startswith("::")
            assert "##[" not in line


def test_a_document_is_signed_or_not_and_never_measured(samples):
    _, signed = screen(samples.standing()).split("Signed documents: ")
    block = signed[: signed.index("verdict ")]
    assert re.search(r"RISK-FILE +passed +signed +must be signed for", block)
    assert re.search(r"NO-FILE +not measured +not signed +must be signed for", block)
