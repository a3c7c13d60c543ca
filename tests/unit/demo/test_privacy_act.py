"""The demo's second act: tickets made to plan, files that are nobody's, verdicts that are checked."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.commands.demo.judged import Judged
from harness.commands.demo.lines import WIDTH
from harness.commands.demo.privacy.screen import as_data, render
from harness.commands.demo.privacy.story import (
    CANARY_RULE,
    VALUE_RULE,
    PrivacyStory,
    guilty_problems,
    protected_problems,
)
from harness.commands.demo.privacy.tickets import COPIES, N_REOPENED, N_TEST, N_TRAIN, make_tickets
from harness.commands.demo.privacy.writing import (
    BASE,
    EXPORT,
    PROTECTED,
    privacy_files,
    write_privacy_files,
)
from harness.config import load_config
from harness.detectors import default_detector
from harness.errors import UsageError
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

POLICY = PolicyRef("modelassay.privacy", "1.0.0", "Privacy", "0" * 64, "privacy.policy.yaml")


def test_the_same_seed_gives_the_same_tickets_and_another_seed_others() -> None:
    assert make_tickets(3) == make_tickets(3)
    assert make_tickets(3).train != make_tickets(4).train


def test_some_tickets_stand_in_the_export_many_times_and_no_test_ticket_does() -> None:
    tickets = make_tickets(0)
    counts = Counter(one.text for one in tickets.train)
    assert sorted(set(counts.values())) == [1, COPIES]
    assert sum(n == COPIES for n in counts.values()) == N_REOPENED
    assert len(counts) == N_TRAIN
    assert len(tickets.test) == N_TEST
    assert not counts.keys() & {one.text for one in tickets.test}


def test_every_ticket_names_somebody_who_can_be_reached_and_no_base_text_does() -> None:
    tickets = make_tickets(1)
    find = default_detector().find
    assert all(len(found) == 1 for found in find([one.text for one in tickets.train]))
    assert not any(find([one.text for one in tickets.base]))


def test_nobody_has_the_numbers_and_addresses() -> None:
    texts = "\n".join(one.text for one in make_tickets(2).train)
    numbers = re.findall(r"\((\d{3})\) (\d{3})-(\d{4})", texts)
    assert numbers
    # kept free for stories in every area of North America
    assert all(middle == "555" and last.startswith("01") for _, middle, last in numbers)
    assert set(re.findall(r"@(\S+?):", texts)) == {"example.com"}


def test_the_files_can_be_carried_out_and_leave_what_is_not_theirs(tmp_path: Path) -> None:
    write_privacy_files(tmp_path, 5)
    for name in (BASE, EXPORT, PROTECTED):
        loaded = load_config(tmp_path / name)
        assert loaded.task.kind == "text-generation"
        assert loaded.config.policy.pack == "builtin/privacy"
    protected = load_config(tmp_path / PROTECTED).config.train
    assert protected is not None
    assert protected.private is not None
    assert protected.deduplicate == "exact"
    write_privacy_files(tmp_path, 6)
    assert (tmp_path / "train.csv").read_text(encoding="utf-8") == privacy_files(6)["train.csv"]
    (tmp_path / "train.csv").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"train\.csv"):
        write_privacy_files(tmp_path, 6)
    assert (tmp_path / "train.csv").read_text(encoding="utf-8") == "mine\n"


def measurement(measure: str, dataset: str, value: float, where: str = "all") -> Measurement:
    estimate = Estimate(value, value - 0.01, value + 0.01, 200, "share", "wilson")
    return Measurement(measure, dataset, where, estimate)


def finding(rule: str, outcome: Outcome) -> Finding:
    return Finding(
        rule=rule,
        title=rule,
        severity="block",
        basis="policy_choice",
        clauses=(),
        measure="",
        dataset="train",
        slice="all",
        outcome=outcome,
        because=Message.of("gate.because", "Because."),
    )


def judged(tmp_path: Path, name: str, word: VerdictWord, outcome: Outcome, bits: float) -> Judged:
    measured = (
        measurement("extraction.extractable-beyond-base", "train", 0.12),
        measurement("memorisation.median-exposure", "train", bits, "planted=16"),
        measurement("memorisation.control-p-value", "train", 0.44),
        measurement("perplexity.token-perplexity", "test", 1.99),
    )
    verdict = Verdict(
        schema_version="modelassay/verdict/v1",
        run_id="r",
        run_digest="0" * 64,
        policy=POLICY,
        verdict=word,
        exit_code=exit_code_of(word),
        because=Message.of("gate.because", "Because."),
        now="2026-11-27T00:00:00Z",
        findings=(finding(VALUE_RULE, outcome), finding(CANARY_RULE, outcome)),
        counts={},
        not_tested=(),
        harness_version="0.1.0",
    )
    run = tmp_path / "runs" / name
    folder = tmp_path / "runs" / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    lineage = {"private": {"epsilon": 7.99}} if name == "protected" else {}
    (folder / "lineage.json").write_text(json.dumps(lineage), encoding="utf-8")
    bundle = SimpleNamespace(
        measurements=Measurements("modelassay/measurements/v1", (), measured),
        record=SimpleNamespace(model=SimpleNamespace(name=name)),
        path=run,
    )
    return Judged(name, cast("Any", bundle), run / "gates" / "d055e50a6760", verdict)


@pytest.fixture
def story(tmp_path: Path) -> PrivacyStory:
    return PrivacyStory(
        0,
        tmp_path,
        judged(tmp_path, "guilty", "blocked", "failed", 25.0),
        judged(tmp_path, "protected", "pass-with-warnings", "passed", 1.2),
    )


def test_the_right_verdicts_leave_no_problem_and_fit_a_screen(story: PrivacyStory) -> None:
    assert story.problems == []
    lines = render(story, seconds=80).splitlines()
    assert len(lines) <= 45
    assert all(len(line) <= WIDTH for line in lines if str(story.out) not in line)
    text = " ".join(" ".join(lines).split())
    assert "epsilon = 7.99" in text
    assert "stand like any other of their format" in text
    assert "among the likeliest one in 33,554,432" in text
    assert as_data(story)["is_right"]


def test_a_leak_that_was_not_found_is_a_problem(tmp_path: Path) -> None:
    missed = judged(tmp_path, "guilty", "pass", "passed", 1.0)
    problems = guilty_problems(missed)
    assert len(problems) == 3
    assert "must be blocked, got pass" in problems[0]
    assert f"must fail {VALUE_RULE}, got passed" in " ".join(problems)


@pytest.mark.parametrize("word", ["blocked", "incomplete"])
def test_a_protected_model_that_does_not_pass_is_a_problem(
    tmp_path: Path, word: VerdictWord
) -> None:
    found = protected_problems(judged(tmp_path, "protected", word, "failed", 9.0))
    assert f"got {word}" in found[0]


def test_the_screen_says_when_a_verdict_is_wrong(tmp_path: Path) -> None:
    wrong = PrivacyStory(
        0,
        tmp_path,
        judged(tmp_path, "guilty", "pass", "passed", 1.0),
        judged(tmp_path, "protected", "pass", "passed", 1.0),
    )
    assert "A verdict is wrong" in render(wrong, seconds=1)
    assert not as_data(wrong)["is_right"]
