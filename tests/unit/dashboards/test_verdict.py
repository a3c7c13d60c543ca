"""The page verdict."""

import shutil
from dataclasses import replace

import pytest

from dashboards.parts.bullet import bound_of
from dashboards.parts.findings import distance
from dashboards.parts.text import md
from harness.evidence import add_gate, open_run
from harness.exports import view
from harness.records import Message


@pytest.fixture(scope="session")
def golden(golden_runs):
    bundle = open_run(next(golden_runs.iterdir()))
    return bundle, bundle.gate().verdict


def words(at):
    return " ".join(one.value for one in [*at.markdown, *at.header, *at.title])


def test_the_verdict_stands_before_everything_else(show, golden_run, golden):
    at = show("verdict", run=golden_run)
    mark = view.mark_of_verdict(golden[1].verdict)
    assert mark.word in at.header[0].value
    assert view.banner(golden[1])[:20].split(".")[0] in words(at).replace("\\", "")


def test_every_finding_that_decides_has_a_card_with_its_limit(show, golden_run, golden):
    said = words(show("verdict", run=golden_run)).replace("\\", "")
    for finding in view.deciding(golden[1])[:3]:
        assert finding.title in said
        assert view.where(finding.slice, finding.dataset) in said


def test_what_was_not_tested_is_never_folded_and_counted_in_the_banner(show, golden_run, golden):
    at = show("verdict", run=golden_run)
    bundle, verdict = golden
    n = len(view.not_tested(bundle.record, verdict))
    assert n > 0
    assert any(f"What was not tested ({n})" == one.value for one in at.header)
    assert any("not tested**" in one.value for one in at.markdown)
    assert not any("not tested" in one.label for one in at.expander)


def test_the_table_of_all_findings_can_be_held_to_one_outcome(show, golden_run, golden):
    at = show("verdict", run=golden_run)
    at.pills(key="outcome").set_value("passed").run()
    rows = at.dataframe[0].value
    n = sum(f.outcome == "passed" for f in golden[1].findings)
    assert len(rows) == n


def test_what_has_no_answer_never_looks_like_passed(golden):
    marks = {name: view.mark_of_outcome(name) for name in ("passed", "not-measured", "error")}
    for name in ("not-measured", "error"):
        assert marks[name].icon != marks["passed"].icon
        assert marks[name].tone != marks["passed"].tone


@pytest.mark.parametrize(
    ("value", "limit", "number", "better", "words"),
    [
        (0.49, "at most 0.10", 0.10, "lower", "39.0 pp beyond"),
        (0.04, "at most 0.10", 0.10, "lower", "6.0 pp inside"),
        (0.70, "at least 0.80", 0.80, "higher", "10.0 pp beyond"),
        (0.90, "at least 0.80", 0.80, "higher", "10.0 pp inside"),
        (-0.12, "drop at most 0.02", 0.02, "higher", "10.0 pp beyond"),
        (0.12, "drop at most 0.02", 0.02, "higher", "14.0 pp inside"),
        (0.12, "drop at most 0.02", 0.02, "lower", "10.0 pp beyond"),
        (-0.12, "drop at most 0.02", 0.02, "lower", "14.0 pp inside"),
        (None, "at most 0.10", 0.10, "lower", ""),
        (0.49, "", None, "lower", ""),
    ],
)
def test_a_distance_says_on_which_side_of_the_limit_a_value_lies(
    golden, value, limit, number, better, words
):
    given = golden[1].findings[0]
    one = replace(given, value=value, limit=limit, limit_value=number, unit="difference", n=100)
    measures = [replace(golden[0].measurements.measures[0], key=one.measure, better=better)]
    assert distance(one, bound_of(one, measures)) == words


def test_without_a_release_a_level_is_not_held_against_the_limit_of_a_change(golden):
    given = golden[1].findings[0]
    one = replace(given, value=0.94, limit="drop at most 0.02", limit_value=0.02, unit="share")
    assert bound_of(one, golden[0].measurements.measures) is None


def test_a_warning_says_first_what_it_means_and_then_how_it_was_judged(show, hostile_runs):
    folder, run = hostile_runs
    bundle = open_run(folder / run)
    verdict = bundle.gate().verdict
    at = [one.value for one in show("verdict", runs=folder, run=run).markdown]
    sentences = view.said_of(bundle.record, bundle.measurements, verdict)
    weighed = [one for one in view.to_weigh(verdict) if sentences.get(view.place(one), ("",))[0]]
    assert weighed
    for one in weighed:
        meaning, judged = md(sentences[view.place(one)][0], 1000), md(one.because.text, 1000)
        assert meaning in at
        assert any(judged in text for text in at[at.index(meaning) :])


def test_a_passed_finding_that_is_picked_says_what_it_means(show, golden_run, golden):
    bundle, verdict = golden
    sentences = view.said_of(bundle.record, bundle.measurements, verdict)
    ordered = view.ordered(verdict.findings)
    place = next(
        i
        for i, one in enumerate(ordered)
        if one.outcome == "passed" and sentences.get(view.place(one), ("",))[0]
    )
    at = show("verdict", run=golden_run)
    at.session_state["findings-None"] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    at.run()
    assert md(sentences[view.place(ordered[place])][0], 1000) in [one.value for one in at.markdown]


def test_chinese_speaks_on_the_page(show, golden_run):
    at = show("verdict", run=golden_run, lang="zh")
    assert any(one.value == "全部发现" for one in at.header)


def test_a_row_that_is_picked_opens_what_it_means(show, golden_run, golden):
    at = show("verdict", run=golden_run)
    at.session_state["findings-None"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    before = len(at.markdown)
    at.run()
    assert len(at.markdown) > before
    picked = view.ordered(golden[1].findings)[1]
    assert picked.title in words(at).replace("\\", "")


def test_without_any_finding_the_page_says_incomplete_and_why(show, golden_runs, tmp_path):
    run = next(golden_runs.iterdir()).name
    shutil.copytree(golden_runs / run, tmp_path / run)
    bundle = open_run(tmp_path / run)
    old = bundle.gate()
    because = Message("verdict.no-rule", "No rule of the policy applies to this run.")
    verdict = replace(
        old.verdict, verdict="incomplete", exit_code=3, findings=(), counts={}, because=because,
        now="2026-11-24T00:00:00Z",
    )  # fmt: skip
    add_gate(bundle, verdict, old.read_bytes("policy.yaml"), {})
    at = show("verdict", runs=tmp_path, run=run)
    said = words(at).replace("\\", "")
    assert "Incomplete" in at.header[0].value
    assert because.text in said
    assert "There are no findings." in said
    assert not at.dataframe
