"""One suite over every audit that discovery finds: what the rest of the house relies on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.auditing import NEEDS, SLACK, SUITES, Audit, AuditContext, Trial, facts_of
from harness.errors import ContractError
from harness.pipeline.samples import part_of
from harness.predictions import Predictions
from harness.records import Verdict, estimate_problems
from harness.stats import reestimate
from harness.trials import Answers, make_context, run_audit

AUDITS = registry.audits()
SEEDS = range(20)
"""Two of them are tried each time, and must both be right; all of them with what is slow."""
PLACEHOLDERS = {"value", "per_100", "low", "high", "n", "slice"}

Build = Callable[..., AuditContext]
Judge = Callable[[Audit, AuditContext, Mapping[str, Any]], Verdict]


@pytest.fixture(params=sorted(AUDITS))
def subject(request: pytest.FixtureRequest) -> Audit:
    return AUDITS[request.param]


@cache
def _planted(name: str, seed: int) -> Trial:
    planted = AUDITS[name].planted
    assert planted is not None, f"{name} plants no defect"
    return planted(seed)


@pytest.fixture
def trial(subject: Audit) -> Trial:
    """The defect of seed 0, planted once: that no audit changes its inputs is tested here."""
    return _planted(subject.id, 0)


def test_discovery_finds_the_audits_of_this_house_without_a_problem() -> None:
    assert registry.discover("audits").problems == ()
    assert {"accuracy", "group-error", "occlusion"} <= set(AUDITS)


def test_the_question_ends_in_a_question_mark_and_opens_with_a_capital(subject: Audit) -> None:
    assert subject.question.endswith("?")
    assert subject.question[0].isupper()


def test_a_longer_suite_holds_what_a_shorter_one_holds(subject: Audit) -> None:
    held = [suite in subject.suites for suite in SUITES]
    assert held == sorted(held)


def test_the_module_docstring_names_every_measure_and_what_they_hide(subject: Audit) -> None:
    missing = [one.key for one in subject.measures if one.key.split(".")[1] not in subject.doc]
    assert not missing
    assert "hide" in subject.doc
    assert "Source" in subject.doc


def test_every_measure_says_where_it_comes_from_and_what_it_cannot_see(subject: Audit) -> None:
    for measure in subject.measures:
        assert measure.source.strip()
        assert measure.blind_to.strip()
        assert measure.title[0].isupper()


def test_every_measure_reads_as_one_sentence_with_known_placeholders(subject: Audit) -> None:
    for measure in subject.measures:
        names = {name for _, name, _, _ in Formatter().parse(measure.reads_as) if name is not None}
        assert names <= PLACEHOLDERS, measure.key
        assert names & {"value", "per_100"}, measure.key
        assert measure.reads_as.rstrip().endswith("."), measure.key


def test_a_range_holds_what_its_unit_allows(subject: Audit) -> None:
    whole = {(0.0, 1.0)}
    # the largest difference between groups has no sign
    ranges = {"share": whole, "probability": whole, "difference": {(-1.0, 1.0), *whole}}
    for measure in subject.measures:
        expected = ranges.get(measure.unit)
        assert expected is None or (measure.range_low, measure.range_high) in expected, measure.key


def test_every_measurement_keeps_the_contract_of_an_estimate(
    subject: Audit, trial: Trial, afresh: Build
) -> None:
    found = run_audit(subject, afresh(trial.guilty))
    assert found
    for one in found:
        assert not estimate_problems(one.estimate), one.key
        if one.estimate.is_measured:
            assert one.estimate.evidence is not None, one.key
            assert one.estimate.n > 0, one.key


def test_every_estimate_follows_from_the_evidence_beside_it(
    subject: Audit, trial: Trial, afresh: Build, opened: Callable[[AuditContext], Any]
) -> None:
    context = afresh(trial.guilty)
    for one in run_audit(subject, context):
        kept = one.estimate
        if kept.is_measured:
            again = reestimate(
                kept,
                alpha_low=kept.alpha_low,
                alpha_high=kept.alpha_high,
                read=opened(context),
            )
            assert again == kept, one.key


def test_the_same_seed_gives_the_same_bytes(
    subject: Audit, trial: Trial, afresh: Build, as_bytes: Callable[..., bytes]
) -> None:
    contexts = [afresh(trial.guilty, seed=5) for _ in range(2)]
    first, second = (as_bytes(subject, run_audit(subject, each)) for each in contexts)
    assert first == second
    files = [
        {path.name: path.read_bytes() for path in sorted(each.folder.glob("*"))}
        for each in contexts
    ]
    assert files[0] == files[1]


def test_inputs_model_and_global_state_are_left_as_they_were(
    subject: Audit,
    trial: Trial,
    afresh: Build,
    global_state: Callable[[], list[Any]],
    inputs_of: Callable[[AuditContext], str],
) -> None:
    run_audit(subject, afresh(trial.innocent))  # imports may draw; the second run must not
    context = afresh(trial.guilty)
    before = global_state(), inputs_of(context)
    run_audit(subject, context)
    assert (global_state(), inputs_of(context)) == before


def test_the_model_is_asked_about_as_often_as_was_declared(
    subject: Audit, trial: Trial, afresh: Build
) -> None:
    """Not more than declared, sampling error aside, and at least half of it: a plan can rely on it."""
    if subject.calls is None:
        pytest.skip("asks no model")
    for each in (trial.guilty, trial.innocent):
        context = afresh(each)
        facts = facts_of(context)
        declared = subject.calls(facts)
        assert set(declared) <= {*facts.sets, "train", "validation"}
        run_audit(subject, context)
        assert isinstance(context._ask, Answers)
        assert sum(declared.values()) / 2 <= context._ask.n_asked
        assert context._ask.n_asked <= SLACK * sum(declared.values())


def test_no_value_rests_on_more_units_than_were_announced(
    subject: Audit, trial: Trial, afresh: Build
) -> None:
    if subject.units is None:
        pytest.skip("its values rest on the rows of their slices")
    context = afresh(trial.guilty)
    announced = subject.units(facts_of(context))
    assert set(announced) <= set(context.datasets)
    keys = {measure.key for measure in subject.measures}
    assert all(set(each) <= keys for each in announced.values())
    for one in run_audit(subject, context):
        most = announced.get(one.dataset, {}).get(one.measure)
        if most is not None and one.slice == "all" and one.estimate.method in ("wilson", "exact"):
            assert one.estimate.n <= SLACK * most, one.key


class Stopped(Exception):
    pass


def test_inputs_model_and_global_state_survive_an_exception_in_the_middle(
    subject: Audit,
    trial: Trial,
    afresh: Build,
    global_state: Callable[[], list[Any]],
    inputs_of: Callable[[AuditContext], str],
) -> None:
    run_audit(subject, afresh(trial.innocent))
    context = afresh(trial.guilty)
    before = global_state(), inputs_of(context)
    stream = subject.run(context)
    next(stream)
    with pytest.raises(Stopped):
        stream.throw(Stopped())  # type: ignore[attr-defined]
    assert (global_state(), inputs_of(context)) == before


def test_a_model_that_fails_in_the_middle_leaves_everything_as_it_was(
    subject: Audit,
    trial: Trial,
    afresh: Build,
    global_state: Callable[[], list[Any]],
    inputs_of: Callable[[AuditContext], str],
) -> None:
    if "model.logits" not in subject.needs | subject.uses:
        pytest.skip("asks no model")
    run_audit(subject, afresh(trial.innocent))

    class Failing:
        def __call__(self, *_: object) -> Any:
            raise Stopped

        many = count = __call__

    context = afresh(trial.guilty, _ask=Failing(), _attribute=Failing())
    before = global_state(), inputs_of(context)
    with pytest.raises(Stopped):
        run_audit(subject, context)
    assert (global_state(), inputs_of(context)) == before


def test_audits_that_run_before_change_no_number(
    afresh: Build, as_bytes: Callable[..., bytes]
) -> None:
    guilty = {name: _planted(name, 0).guilty for name, one in AUDITS.items() if one.planted}

    def measure(order: list[str]) -> dict[str, bytes]:
        return {
            name: as_bytes(AUDITS[name], run_audit(AUDITS[name], afresh(guilty[name])))
            for name in order
        }

    together = measure(sorted(guilty))
    assert measure(sorted(guilty, reverse=True)) == together
    assert measure(sorted(guilty)[:1]).items() <= together.items()


def test_no_examples_give_a_reason_and_no_number(
    subject: Audit, trial: Trial, tmp_path: Path
) -> None:
    prepared = make_context(
        subject,
        task=trial.guilty.task,
        predictions=[_rows_of(one, []) for one in trial.guilty._predictions.values()],
        rows=trial.guilty._rows,
        model=trial.guilty._model,
        seed=0,
        folder=tmp_path,
    )
    found = run_audit(subject, prepared.context, reasons=prepared.reasons)
    assert {one.measure for one in found} == {measure.key for measure in subject.measures}
    assert all(not one.estimate.is_measured and one.estimate.why_undefined for one in found)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_examples_give_estimates_that_keep_the_contract(
    subject: Audit, trial: Trial, afresh: Build, n: int
) -> None:
    guilty = trial.guilty
    few = {name: _rows_of(one, list(range(n))) for name, one in guilty._predictions.items()}
    rows = {
        name: replace(
            one,
            example_id=one.example_id[:n],
            inputs=one.inputs[:n],
            label=None if one.label is None else one.label[:n],
        )
        for name, one in guilty._rows.items()
    }
    found = run_audit(subject, afresh(guilty, _predictions=few, _rows=rows))
    for one in found:
        assert not estimate_problems(one.estimate), one.key
        assert one.estimate.value is not None or one.estimate.why_undefined is not None


def test_a_single_group_gives_a_reason_and_no_comparison(
    subject: Audit, trial: Trial, afresh: Build
) -> None:
    if "groups" not in subject.needs | subject.uses:
        pytest.skip("looks at no groups")
    single = {
        name: replace(one, groups={"region": np.full(one.n, "north", dtype=object)})
        for name, one in trial.guilty._predictions.items()
    }
    found = run_audit(subject, afresh(trial.guilty, _predictions=single))
    units = {measure.key: measure.unit for measure in subject.measures}
    if not {"difference", "ratio"} & set(units.values()):
        pytest.skip("compares no groups")
    compared = [one for one in found if units[one.measure] in ("difference", "ratio")]
    assert compared
    assert all(not one.estimate.is_measured and one.estimate.why_undefined for one in compared)


@pytest.mark.parametrize(
    ("name", "need"),
    [
        (name, need)
        for name, one in AUDITS.items()
        for need in NEEDS
        if need not in one.needs | one.uses
    ],
)
def test_what_is_not_declared_is_refused(name: str, need: str, afresh: Build) -> None:
    context = afresh(_planted(name, 0).guilty)
    dataset = context.datasets[0]
    doors: dict[str, Callable[[], object]] = {
        "predictions": lambda: context.predictions(dataset),
        "labels": lambda: context.predictions(dataset).label,
        "scores": lambda: context.predictions(dataset).scores,
        "logits": lambda: context.predictions(dataset).logits,
        "groups": lambda: context.predictions(dataset).groups,
        "clusters": lambda: context.predictions(dataset).cluster,
        "controls": lambda: context.predictions(dataset).controls,
        "rows": lambda: context.rows(dataset),
        "train": context.train_rows,
        "validation": context.validation_rows,
        "base": context.reference_model,
        "canaries": context.canaries,
        "lineage": context.lineage,
        "model.items": lambda: context.unknown_tokens([]),
        "model.logits": lambda: context.model,
        "model.parts": lambda: context.parts_of,
        "model.embeddings": lambda: context.embeddings_of,
        "model.last-layer": lambda: context.last_layer_of,
        "model.per-example-gradients": lambda: context.gradients_of,
        "model.log-probabilities": lambda: context.likelihoods_of,
        "model.generate": lambda: context.generator_of,
    }
    with pytest.raises(ContractError, match=re.escape(f"must declare {need!r}")):
        doors[need]()


def test_the_planted_defect_is_found_and_the_innocent_is_not_blamed(
    subject: Audit, verdict_of: Judge
) -> None:
    guilty, innocent = _blocked(subject, SEEDS[9::10], verdict_of)
    assert guilty == [True, True]
    assert innocent == [False, False]


@pytest.mark.slow
def test_the_planted_defect_is_found_in_19_of_20_and_the_innocent_blamed_in_1(
    subject: Audit, verdict_of: Judge
) -> None:
    guilty, innocent = _blocked(subject, SEEDS, verdict_of)
    assert sum(guilty) >= 19, guilty
    assert sum(innocent) <= 1, innocent


def _blocked(subject: Audit, seeds: range, verdict_of: Judge) -> list[list[bool]]:
    """Tell which planted trials are blocked: those with the defect, then those without."""
    assert subject.planted is not None
    trials = [subject.planted(seed) for seed in seeds]
    return [
        [verdict_of(subject, getattr(one, kind), one.rule).verdict == "blocked" for one in trials]
        for kind in ("guilty", "innocent")
    ]


def _rows_of(one: Predictions, rows: list[int]) -> Predictions:
    """Keep some rows of all arrays."""
    return part_of(one, np.array(rows, dtype=np.int64))
