"""The demo's verdicts are held against what was planted, and one screen says why."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.commands.demo.judged import Judged
from harness.commands.demo.lines import WIDTH
from harness.commands.demo.screen import as_data, render
from harness.commands.demo.story import Story, guilty_problems, innocent_problems
from harness.records import (
    Estimate,
    Finding,
    Measurement,
    Measurements,
    Message,
    Outcome,
    PolicyRef,
    Verdict,
    VerdictWord,
    exit_code_of,
)

POLICY = PolicyRef("modelassay.standard", "1.0.0", "Standard", "0" * 64, "standard.policy.yaml")


def measurement(measure: str, where: str, value: float, *, word: str | None = None) -> Measurement:
    estimate = Estimate(
        value=value,
        low=value - 0.02,
        high=min(1.0, value + 0.02),
        n=1600,
        unit="difference" if "difference" in measure else "share",
        method="newcombe" if "difference" in measure else "wilson",
    )
    note = Message.of("occlusion.top-word", "The strongest word is '{word}'.", word=word)
    return Measurement(measure, "test", where, estimate, notes=(note,) if word else ())


def finding(rule: str, where: str, outcome: Outcome, value: float) -> Finding:
    return Finding(
        rule=rule,
        title=rule,
        severity="block",
        basis="policy_choice",
        clauses=(),
        measure="",
        dataset="test",
        slice=where,
        outcome=outcome,
        because=Message.of("gate.because", "Because."),
        limit_value=0.1 if rule == "GROUP-ERROR" else 0.5,
        value=value,
    )


def judged(name: str, word: VerdictWord, findings: list[Finding], top: str = "zq7") -> Judged:
    measured = [
        measurement("group-error.difference-to-rest", "region=harbour", 0.33),
        measurement("group-error.difference-to-rest", "channel=app", -0.011),
        measurement("occlusion.single-token-reliance", "all", 0.97, word=top),
        measurement("accuracy.accuracy", "all", 0.9),
    ]
    verdict = Verdict(
        schema_version="modelassay/verdict/v1",
        run_id="r",
        run_digest="0" * 64,
        policy=POLICY,
        verdict=word,
        exit_code=exit_code_of(word),
        because=Message.of("gate.because", "Because."),
        now="2026-11-23T00:00:00Z",
        findings=tuple(findings),
        counts={},
        not_tested=(),
        harness_version="0.1.0",
    )
    run = Path("assay-demo/runs/20261123-195222-dd6613")
    bundle = SimpleNamespace(
        measurements=Measurements("modelassay/measurements/v1", (), tuple(measured)),
        record=SimpleNamespace(
            datasets=(
                SimpleNamespace(name="train", n_rows=2880),
                SimpleNamespace(name="validation", n_rows=320),
                SimpleNamespace(name="test", n_rows=1600),
            )
        ),
        path=run,
    )
    return Judged(name, cast("Any", bundle), run / "gates" / "d055e50a6760", verdict)


GUILTY = [
    finding("GROUP-ERROR", "region=harbour", "failed", 0.33),
    finding("GROUP-ERROR", "channel=app", "passed", -0.011),
    finding("ONE-WORD", "all", "failed", 0.97),
]
INNOCENT = [
    finding("GROUP-ERROR", "channel=app", "passed", -0.011),
    finding("ONE-WORD", "all", "passed", 0.04),
]


def story(*, guilty: Judged | None = None, innocent: Judged | None = None) -> Story:
    return Story(
        0,
        Path("assay-demo"),
        guilty or judged("guilty", "blocked", GUILTY),
        innocent or judged("innocent", "pass", INNOCENT, top="shut"),
    )


def test_the_right_verdicts_leave_no_problem() -> None:
    assert story().problems == []


@pytest.mark.parametrize(
    ("word", "findings", "top", "says"),
    [
        ("pass", [*GUILTY], "zq7", "must be blocked, got pass"),
        ("blocked", GUILTY[1:], "zq7", "must fail GROUP-ERROR on the slice region=harbour"),
        (
            "blocked",
            [replace(GUILTY[0], slice="region=lakes"), *GUILTY[1:]],
            "zq7",
            "got region=lakes",
        ),
        ("blocked", GUILTY[:2], "zq7", "must fail ONE-WORD with the word 'zq7', got no finding"),
        (
            "blocked",
            [*GUILTY[:2], replace(GUILTY[2], outcome="inconclusive")],
            "zq7",
            "got inconclusive",
        ),
        ("blocked", GUILTY, "hurry", "got failed with the word 'hurry'"),
    ],
)
def test_a_guilty_model_that_is_not_blocked_for_its_defects_is_a_problem(
    word: VerdictWord, findings: list[Finding], top: str, says: str
) -> None:
    problems = guilty_problems(judged("guilty", word, findings, top))
    assert len(problems) == 1
    assert says in problems[0]


@pytest.mark.parametrize("word", ["blocked", "incomplete", "pass-with-warnings"])
def test_an_innocent_model_that_does_not_pass_is_a_problem(word: VerdictWord) -> None:
    open_finding = replace(INNOCENT[0], outcome="inconclusive")
    assert innocent_problems(judged("innocent", word, [open_finding])) == [
        f"The innocent model must pass, got {word} (GROUP-ERROR inconclusive)."
    ]


def test_the_screen_fits_and_names_defects_rules_figures_reports_and_next_commands() -> None:
    text = render(story(), seconds=61.2)
    lines = text.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= WIDTH
    flat = " ".join(text.split())
    for needed in (
        "3,200 made-up messages",
        "1,600 others",
        "Seed 0, 61 s",
        "BLOCKED",
        "PASS",
        "GROUP-ERROR failed on region harbour: of 100 messages 33.0 more are decided wrongly than",
        "than of 100 others (interval 31.0 to 35.0; limit 10)",
        'ONE-WORD failed: without the word "zq7" 97 of 100 decisions',
        "passed on every group, worst on channel app: of 100 messages 1.1 fewer",
        "90.0 of 100 messages are decided rightly",
        "exits 0. In CI, assay run would exit 1 for the first model and 0 for the second",
        "assay-demo/runs/20261123-195222-dd6613/gates/d055e50a6760/report.html",
        "assay verify assay-demo/runs/20261123-195222-dd6613",
        "assay init your.csv",
    ):
        assert needed in flat, needed


def test_the_screen_says_when_a_verdict_is_wrong() -> None:
    wrong = story(innocent=judged("innocent", "incomplete", INNOCENT))
    assert "exits 70" in render(wrong, seconds=1)
    assert "INCOMPLETE" in render(wrong, seconds=1)


def test_the_screen_survives_a_measure_without_value() -> None:
    why = Message.of("test.none", "Nothing was measured.")
    none = Estimate(None, None, None, 0, "share", "none", why_undefined=why)
    model = judged("innocent", "incomplete", INNOCENT)
    bare = [replace(one, estimate=none, notes=()) for one in model.bundle.measurements.measurements]
    bundle = cast("Any", model.bundle)
    bundle.measurements = Measurements("modelassay/measurements/v1", (), tuple(bare))
    text = render(story(innocent=model), seconds=1)
    assert "ONE-WORD was not measured" in text
    assert "Accuracy was not measured" in text


def test_the_json_document_holds_both_verdicts_and_where_they_lie() -> None:
    data = json.loads(json.dumps(as_data(story()), allow_nan=False))
    assert data["schema_version"] == "modelassay/demo/v1"
    assert data["is_right"] is True
    assert [one["name"] for one in data["models"]] == ["guilty", "innocent"]
    assert data["models"][0]["verdict"]["verdict"] == "blocked"
    assert data["models"][0]["report"].endswith("d055e50a6760/report.html")
