import re
from dataclasses import replace

import pytest

from harness.exports import EXPORTS

COMMAND = re.compile(
    r"::(error|warning|notice) (?P<properties>[^:\n]*)::(?P<text>[^\n]*)", re.ASCII
)


def lines(sample):
    return EXPORTS["annotations"].render(*sample).splitlines()


def unescaped(text):
    for code, c in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, c)
    return text


def read(line):
    """Read a command as a runner does: properties end at the first ``::`` after the name."""
    match = COMMAND.fullmatch(line)
    assert match, line
    pairs = dict(one.split("=", 1) for one in match["properties"].split(","))
    return match[1], {k: unescaped(v) for k, v in pairs.items()}, unescaped(match["text"])


def test_the_worst_finding_comes_first_and_points_at_its_line(samples):
    level, properties, text = read(lines(samples.blocked())[0])
    assert level == "error"
    assert properties == {
        "file": "standard.policy.yaml",
        "line": "31",
        "title": "GROUP-ERROR: Failed",
    }
    assert text.endswith("Limit: at most 10 % (policy choice).")


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "chinese", "standing"])
def test_errors_are_there_exactly_where_the_exit_code_is_no_pass(samples, name):
    sample = samples.SAMPLES[name]()
    levels = [read(line)[0] for line in lines(sample)]
    assert ("error" in levels) == (sample.verdict.exit_code != 0)


def test_there_are_at_most_ten_and_the_last_says_how_many_are_left(samples):
    found = lines(samples.many_findings(300))
    assert len(found) == 10
    level, _, text = read(found[-1])
    assert level == "notice"
    assert text.startswith("291 further messages stand in the job summary.")


def test_the_last_says_what_was_not_measured_and_what_limits_the_verdict(samples):
    _, properties, text = read(lines(samples.standing())[-1])
    assert properties["title"] == "Verdict: Blocked (exit 1)"
    for words in (
        "4 things were not measured",
        "draft",
        "Exploratory",
        "Single-person",
    ):
        assert words in text


def test_waivers_that_end_or_waive_nothing_are_warned_of(samples):
    sample = samples.passing()
    soon = samples.waiver(warns=14, days_left=12)
    gone = samples.waiver("expired", "W-2", days_left=-1, expires="2026-11-22")
    idle = samples.waiver("unused", "W-3")
    verdict = replace(sample.verdict, waivers=(soon, gone, idle))
    found = [read(line) for line in lines(sample._replace(verdict=verdict))]
    assert [(f[0], f[1]["title"]) for f in found[:-1]] == [
        ("warning", "W-2"),
        ("warning", "W-2026-014"),
    ]
    assert "12 days are left" in found[1][2]


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_starts_no_command_and_ends_no_property(samples, index):
    text = samples.HOSTILE[index]
    found = lines(samples.hostile(text))
    assert len(found) <= 10
    for line in found:
        assert len(line) < 20_000
        _, properties, _ = read(line)
        assert set(properties) <= {"file", "line", "title"}


def test_a_warning_that_stops_the_build_is_an_error(samples):
    sample = samples.warned()
    stopped = sample._replace(verdict=replace(sample.verdict, exit_code=4))
    assert read(lines(stopped)[0])[0] == "error"
