"""Paired differences of two runs: each is what the runs measured, or says why there is none."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from harness import registry
from harness.commands.comparing import differences as module
from harness.commands.comparing.differences import differences_of
from harness.commands.comparing.recipes import VERSIONS, recipe_of
from harness.evidence import open_run
from harness.records import estimate_problems
from harness.stats import reestimate


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    monkeypatch.setattr("harness.stats.paired_tables.REPLICATES", 1000)


def by_key(found):
    return {(one.measure, one.slice): one for one in found}


def test_every_recipe_mirrors_the_version_of_its_audit():
    known = registry.audits()
    assert {id: known[id].version for id in VERSIONS} == VERSIONS
    measures = registry.known_measures()
    derived = [key for key in measures if recipe_of(key) is not None]
    assert len(derived) >= 40
    assert all(key.partition(".")[0] in VERSIONS for key in derived)


def test_a_difference_is_that_of_the_measured_values_and_keeps_its_contract(pair):
    first, second = pair
    mine, its = (by_key(one.measurements.measurements) for one in pair)
    found = differences_of(first, second)
    paired = [one for one in found if one.estimate.value is not None]
    assert len(paired) >= 60
    for one in paired:
        key = one.measure, one.slice
        wanted = mine[key].estimate.value - its[key].estimate.value
        assert one.estimate.value == pytest.approx(wanted, abs=1e-9), key
        assert estimate_problems(one.estimate) == []
        its_unit = mine[key].estimate.unit
        assert one.estimate.unit == ("difference" if its_unit == "share" else its_unit)


def test_every_difference_can_be_moved_to_another_level_from_its_evidence_alone(pair):
    for one in differences_of(*pair):
        if one.estimate.value is not None:
            moved = reestimate(one.estimate, alpha_low=0.01, alpha_high=0.01)
            assert moved.low <= one.estimate.low
            assert moved.high >= one.estimate.high


def test_measures_of_overlapping_groups_and_of_missing_ones_are_paired(pair):
    found = by_key(differences_of(*pair))
    for key in (
        ("group-metrics.fpr", "faith=a"),
        ("group-metrics.fpr-difference", "faith=%2A"),
        ("group-error.error-rate", "region=%28missing%29"),
        ("group-error.difference-to-rest", "faith=b"),
        ("group-metrics.impact-ratio", "region=north"),
        ("group-ranking.bpsn-auc", "region=west"),
        ("accuracy.log-loss", "all"),
        ("calibration.brier", "all"),
    ):
        assert found[key].estimate.value is not None, (key, found[key].estimate.why_undefined)


def test_what_cannot_be_paired_has_no_value_and_a_reason(pair):
    found = by_key(differences_of(*pair))
    ece = found["calibration.ece", "all"].estimate
    assert (ece.value, ece.low, ece.high) == (None, None, None)
    assert ece.why_undefined.id == "compare.not-derived"


def test_pairs_say_more_than_two_runs_side_by_side(pair):
    first, second = pair
    found = by_key(differences_of(first, second))["accuracy.accuracy", "all"].estimate
    apart = [
        by_key(one.measurements.measurements)["accuracy.accuracy", "all"].estimate for one in pair
    ]
    width = sum((one.high - one.low) ** 2 for one in apart) ** 0.5
    assert found.high - found.low < 0.8 * width


def test_equal_answers_differ_by_exactly_0_and_no_interval_is_a_point(tmp_path, rows, seal, scores):
    answers = scores(rows, seed=1, wrong=0.08)
    runs = [seal(tmp_path, rows, answers) for _ in range(2)]
    paired = [one for one in differences_of(*runs) if one.estimate.value is not None]
    assert len(paired) >= 60
    for one in paired:
        assert one.estimate.value == 0, one.key
        assert one.estimate.low < -1e-6 < 1e-6 < one.estimate.high, one.key


def test_the_same_model_is_exactly_the_same_and_with_another_threshold_it_is_not(pair, monkeypatch):
    first = open_run(pair[0].path)
    record = replace(first.record, model=replace(first.record.model, weights_digest="a" * 64))
    monkeypatch.setitem(first.__dict__, "record", record)
    key = ("accuracy.balanced-accuracy", "all")
    found = by_key(differences_of(first, first))[key].estimate
    assert (found.value, found.low, found.high, found.method) == (0, 0, 0, "exact")
    other = open_run(pair[0].path)
    model = record.config["model"] | {"threshold": {"label": "yes", "at": 0.5}}
    changed = replace(record, config=record.config | {"model": model})
    monkeypatch.setitem(other.__dict__, "record", changed)
    found = by_key(differences_of(other, first))[key].estimate
    assert found.value == 0
    assert found.low < 0 < found.high


def test_other_rows_are_never_compared(tmp_path, pair, seal, scores, table):
    other = table(seed=5)
    elsewhere = seal(tmp_path, other, scores(other, seed=2, wrong=0.02))
    found = differences_of(pair[0], elsewhere)
    assert {one.estimate.value for one in found} == {None}
    assert {one.estimate.why_undefined.id for one in found} == {"compare.other-rows"}


def test_rows_under_another_name_are_the_same_rows(tmp_path, pair, rows, seal, scores):
    renamed = seal(tmp_path, {"holdout": rows}, scores(rows, seed=2, wrong=0.02))
    found = by_key(differences_of(pair[0], renamed))["accuracy.accuracy", "all"]
    wanted = by_key(differences_of(*pair))["accuracy.accuracy", "all"]
    assert found == wanted


def test_other_classes_are_never_compared(tmp_path, pair, rows, seal, monkeypatch):
    task = replace(pair[1].record.task, classes=("yes", "no"))
    other = open_run(pair[1].path)
    monkeypatch.setitem(other.__dict__, "record", replace(pair[1].record, task=task))
    found = differences_of(pair[0], other)
    assert {one.estimate.why_undefined.id for one in found} == {"compare.other-classes"}


@pytest.fixture
def bare(tmp_path, pair):
    """Both runs without their personal part."""
    copies = []
    for k, one in enumerate(pair):
        path = shutil.copytree(one.path, tmp_path / str(k) / one.id)
        shutil.rmtree(path / "personal")
        copies.append(open_run(path))
    return copies


def test_without_the_personal_part_only_groups_cannot_be_compared(bare):
    found = by_key(differences_of(*bare))
    assert found["accuracy.accuracy", "all"].estimate.value is not None
    reason = found["group-metrics.fpr", "faith=a"].estimate.why_undefined
    assert reason.id == "compare.no-groups"


def test_the_personal_part_of_either_run_will_do(bare, pair):
    for first, second in ((bare[0], pair[1]), (pair[0], bare[1])):
        found = by_key(differences_of(first, second))
        assert found["group-metrics.fpr", "faith=a"].estimate.value is not None


def test_clusters_are_the_unit_and_without_them_nothing_is_compared(tmp_path, seal, scores, table):
    rows = table(clusters=True)
    runs = [
        seal(tmp_path, rows, scores(rows, seed=k, wrong=0.05), cluster="template") for k in (1, 2)
    ]
    found = by_key(differences_of(*runs))
    assert found["accuracy.accuracy", "all"].estimate.evidence.values["units"] == 60
    assert "clusters" in found["accuracy.mcc", "all"].estimate.evidence.values
    for one in runs:
        shutil.rmtree(one.path / "personal")
    again = differences_of(*(open_run(one.path) for one in runs))
    assert {one.estimate.why_undefined.id for one in again} == {"compare.no-clusters"}


def _as_version(run, monkeypatch, version):
    audits = tuple(
        replace(one, version=version) if one.id == "accuracy" else one for one in run.record.audits
    )
    other = open_run(run.path)
    monkeypatch.setitem(other.__dict__, "record", replace(run.record, audits=audits))
    return other


def test_a_release_by_another_version_is_derived_again_from_its_predictions(pair, monkeypatch):
    first, second = pair
    old = _as_version(second, monkeypatch, "1")
    changed = tuple(
        replace(one, estimate=replace(one.estimate, value=0.5, low=0.4, high=0.6))
        if one.measure == "accuracy.balanced-accuracy"
        else one
        for one in second.measurements.measurements
    )  # what the old formula gave
    monkeypatch.setitem(
        old.__dict__, "measurements", replace(second.measurements, measurements=changed)
    )
    found = by_key(differences_of(first, old))["accuracy.balanced-accuracy", "all"]
    wanted = by_key(differences_of(first, second))["accuracy.balanced-accuracy", "all"]
    assert found.estimate == wanted.estimate
    assert found.caveats[-1].id == "compare.derived-again"


def test_a_run_by_another_version_than_is_known_here_is_not_compared(pair, monkeypatch):
    first = _as_version(pair[0], monkeypatch, "9")
    found = by_key(differences_of(first, pair[1]))
    assert found["accuracy.accuracy", "all"].estimate.why_undefined.id == "compare.other-version"
    assert found["group-metrics.fpr", "faith=a"].estimate.value is not None


def test_what_the_predictions_do_not_give_is_never_passed_off_as_a_difference(pair, monkeypatch):
    first, second = pair
    forged = tuple(
        replace(one, estimate=replace(one.estimate, value=0.9, high=0.99))
        if one.measure == "accuracy.accuracy"
        else one
        for one in first.measurements.measurements
    )
    other = open_run(first.path)
    measurements = replace(first.measurements, measurements=forged)
    monkeypatch.setitem(other.__dict__, "measurements", measurements)
    found = by_key(differences_of(other, second))["accuracy.accuracy", "all"].estimate
    assert found.why_undefined.id == "compare.disagrees"


def test_groups_that_are_too_small_take_no_part_and_are_named(tmp_path, rows, seal, scores):
    few = [one | {"region": "tiny" if k < 6 else one["region"]} for k, one in enumerate(rows)]
    runs = [seal(tmp_path, few, scores(few, seed=k, wrong=0.05)) for k in (1, 2)]
    found = by_key(differences_of(*runs))["group-metrics.accuracy-difference", "region=%2A"]
    assert found.estimate.value is not None
    assert found.caveats[0].params["groups"] == "tiny"


def test_plans_of_groups_are_followed(tmp_path, rows, seal, scores):
    plan = [
        {"column": "region", "exclude": {"west": "too few"}, "values": ["north", "south", "west"]}
    ]
    runs = [seal(tmp_path, rows, scores(rows, seed=k, wrong=0.05), groups=plan) for k in (1, 2)]
    found = by_key(differences_of(*runs))
    assert found["group-metrics.fpr-difference", "region=%2A"].estimate.value is not None
    assert module.plans_of(runs[0].record, "test")["region"].exclude == {"west": "too few"}
