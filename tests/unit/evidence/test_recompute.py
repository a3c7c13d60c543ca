from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.evidence import open_run, recompute, seal_run
from harness.evidence.recompute import TOLERANCE
from harness.records import Estimate, Evidence, to_json


@pytest.fixture
def reseal(work, runs, golden):
    """Seal a run whose first estimate, or all of it, was changed beforehand."""

    def change(index=None, **fields):
        from harness.files import sha256_file

        data = golden.measurements(sha256_file(work / golden.REPLICATES))
        if index is not None:
            old = data.measurements[index]
            new = replace(old, estimate=replace(old.estimate, **fields))
            listed = (*data.measurements[:index], new, *data.measurements[index + 1 :])
            data = replace(data, measurements=listed)
        (work / "measurements.json").write_text(to_json(data))
        return open_run(seal_run(work, runs, golden.record()))

    return change


def test_an_honest_run_can_be_derived_again(run):
    assert recompute(open_run(run)) == []


@pytest.mark.parametrize(
    ("index", "fields", "words"),
    [
        (0, {"value": 0.95}, "value of accuracy.accuracy@test[all] must be 0.925"),
        (0, {"low": 0.9}, "low of accuracy.accuracy@test[all]"),
        (0, {"low": 0.8265198212630998 + 1e-8}, "low of accuracy.accuracy@test[all]"),
        (0, {"evidence": Evidence({"successes": 36, "trials": 40})}, "value of accuracy.accuracy"),
        (0, {"evidence": None}, "must have evidence"),
        (0, {"evidence": Evidence({"trials": 40})}, "must follow from its evidence"),
        (0, {"method": "guess"}, "must follow from its evidence"),
        (1, {"value": 0.95}, "value of accuracy.balanced-accuracy"),
        (1, {"high": 0.99}, "high of accuracy.balanced-accuracy"),
    ],
)
def test_a_number_that_does_not_follow_from_its_evidence_is_found(reseal, index, fields, words):
    problems = recompute(reseal(index, **fields))
    assert any(words in problem for problem in problems)


def test_rounding_is_no_finding(reseal):
    assert recompute(reseal(0, low=0.8265198212630998 * (1 + TOLERANCE / 10))) == []


def test_a_difference_is_derived_from_its_four_counts(reseal):
    from harness import stats

    values = {"successes_a": 9, "trials_a": 10, "successes_b": 5, "trials_b": 10}
    estimate = stats.newcombe(9, 10, 5, 10)
    assert estimate.evidence == Evidence(values=values)
    fields = {name: getattr(estimate, name) for name in Estimate.__slots__}
    assert recompute(reseal(0, **fields)) == []


@pytest.mark.parametrize("off_by", [0.0, 1e-4])
@pytest.mark.parametrize("only_first", [0, 7])
def test_a_difference_of_pairs_is_derived_from_what_only_one_of_both_has(
    reseal, only_first, off_by
):
    from harness import stats

    first = np.arange(40) < only_first
    estimate = stats.paired_difference(first, np.zeros(40, dtype=bool))
    assert estimate.method == "tango"
    fields = {name: getattr(estimate, name) for name in Estimate.__slots__}
    problems = recompute(reseal(0, **fields | {"value": estimate.value + off_by}))
    assert len(problems) == (off_by > 0)
    assert all("value of accuracy.accuracy@test[all] must be" in problem for problem in problems)


@pytest.mark.parametrize("off_by", [0.0, 1e-4])
def test_a_median_is_derived_from_the_values_that_it_halves(reseal, off_by):
    from harness import stats

    estimate = stats.median_estimate(
        [2.5, 9.75, 3.0, 31.0, 4.5], unit="bits", range_low=0.0, range_high=32.0
    )
    assert estimate.method == "order-statistics"
    fields = {name: getattr(estimate, name) for name in Estimate.__slots__}
    problems = recompute(reseal(0, **fields | {"value": estimate.value + off_by}))
    assert len(problems) == (off_by > 0)
    assert all("value of accuracy.accuracy@test[all] must be" in problem for problem in problems)


@pytest.mark.parametrize("off_by", [0.0, 1e-4])
@pytest.mark.parametrize("method", ["good-turing", "chao1"])
def test_how_much_was_seen_is_derived_from_how_often_each_was(reseal, method, off_by):
    from harness import stats

    times = [1, 1, 1, 2, 2, 5, 9]
    estimate = stats.good_turing(times) if method == "good-turing" else stats.chao1(times)
    assert estimate.method == method
    fields = {name: getattr(estimate, name) for name in Estimate.__slots__}
    problems = recompute(reseal(0, **fields | {"value": estimate.value + off_by}))
    assert len(problems) == (off_by > 0)
    assert all("value of accuracy.accuracy@test[all] must be" in problem for problem in problems)


def test_predictions_that_are_not_what_their_content_digest_says_are_found(work, runs, golden):
    path = work / "predictions.parquet"
    table = pq.read_table(path)
    labels = np.ones(table.num_rows, dtype=np.int64)
    position = table.schema.get_field_index("label")
    pq.write_table(table.set_column(position, "label", pa.array(labels)), path)
    (problem,) = recompute(open_run(seal_run(work, runs, golden.record())))
    assert "content digest" in problem


def test_a_verdict_that_the_judge_does_not_share_is_found(run, golden):
    kept = golden.verdict(open_run(run).digest)
    assert recompute(open_run(run), judge=lambda bundle, gate: kept) == []
    other = replace(kept, verdict="blocked", findings=kept.findings[:1])
    problems = recompute(open_run(run), judge=lambda bundle, gate: other)
    assert len(problems) == 2
    assert "must be blocked, got 'pass-with-warnings'" in problems[0]
    assert "ACCURATE" in problems[1]


@pytest.mark.parametrize("off_by", [0.0, 1e-4])
@pytest.mark.parametrize("method", ["lowest-of", "farthest-of", "worst-linear", "lowest-rate"])
def test_a_worst_value_is_derived_from_what_it_is_the_worst_of(reseal, method, off_by):
    from harness import stats

    ends = {"unit": "difference", "range_low": -1.0, "range_high": 1.0}
    parts = [
        stats.linear_estimate(value, np.linspace(-0.01, 0.01, 30), **ends) for value in (0.1, -0.2)
    ]
    counts = stats.GroupCounts(("a", "b"), np.array([30, 40]), np.array([90, 80]))
    estimate = {
        "lowest-of": lambda: stats.lowest_of(["a", "b"], parts, n=60),
        "farthest-of": lambda: stats.farthest_of(["a", "b"], parts, n=60),
        "worst-linear": lambda: stats.worst_linear_difference(
            ["a", "b"], [0.1, -0.2], np.diag([0.01, 0.01]), n=60, unit="difference"
        ),
        "lowest-rate": lambda: stats.worst_rate(counts, better="higher"),
    }[method]()
    assert estimate.method == method
    fields = {name: getattr(estimate, name) for name in Estimate.__slots__}
    problems = recompute(reseal(0, **fields | {"value": estimate.value + off_by}))
    assert len(problems) == (off_by > 0)
    assert all("value of accuracy.accuracy@test[all] must be" in problem for problem in problems)


@pytest.mark.parametrize("off_by", [0.0, 1e-4])
@pytest.mark.parametrize(
    "method",
    [
        "mantel-haenszel-difference",
        "mantel-haenszel-odds-ratio",
        "worst-common-difference",
        "shrunk",
        "between-cells",
        "differential-fairness",
    ],
)
def test_a_value_of_strata_or_cells_is_derived_from_their_counts(reseal, method, off_by):
    from harness import stats

    strata = [[30, 90, 40, 80], [20, 50, 30, 70]]
    x, n = np.array([30, 40, 12, 25]), np.array([90, 80, 60, 50])
    cells = [stats.GroupCounts(("a", "b", "c", "d"), each, n) for each in (x, n - x)]
    estimate = {
        "mantel-haenszel-difference": lambda: stats.common_difference(strata),
        "mantel-haenszel-odds-ratio": lambda: stats.common_odds_ratio(strata),
        "worst-common-difference": lambda: stats.worst_common_difference(
            {"a": stats.common_difference(strata)}
        ),
        "shrunk": lambda: stats.shrunk_rates(x, n)[0],
        "between-cells": lambda: stats.spread_between(x, n),
        "differential-fairness": lambda: stats.differential_fairness(cells),
    }[method]()
    assert estimate.method == method
    fields = {name: getattr(estimate, name) for name in Estimate.__slots__}
    problems = recompute(reseal(0, **fields | {"value": estimate.value + off_by}))
    assert len(problems) == (off_by > 0)
    assert all("value of accuracy.accuracy@test[all] must be" in problem for problem in problems)
