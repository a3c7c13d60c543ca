"""Ends move from the evidence alone, and nothing else moves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ContractError
from harness.records import Estimate, Evidence, from_json, to_json
from harness.stats import (
    METHODS,
    Figure,
    GroupCounts,
    NoisyParts,
    ScoreOrder,
    absolute_sum_estimates,
    area_difference,
    bca,
    bootstrap_mean,
    chance_estimate,
    chao1,
    clopper_pearson,
    cluster_share,
    common_difference,
    common_odds_ratio,
    confusion_estimate,
    delong,
    differential_fairness,
    exact,
    farthest_of,
    good_turing,
    highest_of,
    linear_estimate,
    lowest_of,
    median_estimate,
    newcombe,
    one_run_estimate,
    paired_difference,
    paired_figure,
    reestimate,
    sampled_rank,
    shrunk_rates,
    spread_between,
    wilson,
    worst_common_difference,
    worst_difference,
    worst_linear_difference,
    worst_rate,
    worst_ratio,
)

REPLICATES = {}
GROUPS = GroupCounts(("a", "b"), np.array([30, 40]), np.array([90, 80]))
OTHERS = GroupCounts(("a", "b"), np.array([60, 40]), np.array([90, 80]))
STRATA = [[30, 60, 40, 70], [12, 50, 20, 45], [25, 40, 22, 50]]


def keep(replicates, values):
    column = f"r{len(REPLICATES)}"
    REPLICATES[column] = replicates
    return Evidence(values=dict(values), path="replicates.parquet", column=column)


def read(evidence):
    return REPLICATES[evidence.column]


def of_an_old_bundle(alphas):
    """An area as versions before DeLong's interval kept it."""
    drawn = np.linspace(0.4, 0.9, 1000)
    evidence = keep(drawn, {"value": 0.7, "range_low": 0.0, "range_high": 1.0})
    old = Estimate(0.7, 0.425, 0.875, 20, "probability", "bayesian-bootstrap", evidence=evidence)
    ends = {"alpha_low": alphas["alpha_low"], "alpha_high": alphas["alpha_high"]}
    return reestimate(old, **ends, read=read)


def difference_of_areas(seed, alphas):
    rng = np.random.default_rng(seed)
    order = ScoreOrder.of(rng.normal(size=80) + (np.arange(80) < 40))
    rows = np.arange(80)
    one, whole = order.area(rows[10:40], rows[50:]), order.area(rows[:40], rows[40:])
    return area_difference(one, whole, order, n=60, **alphas)


def one_of_each(alpha_low, alpha_high):
    rng = np.random.default_rng(0)
    alphas = {"alpha_low": alpha_low, "alpha_high": alpha_high}
    options = {"rng": rng, "keep": keep, **alphas}
    ends = {"unit": "share", "range_low": 0.0, "range_high": 1.0}
    return {
        "wilson": wilson(3, 17, **alphas),
        "clopper-pearson": clopper_pearson(3, 17, **alphas),
        "sampled-rank": sampled_rank(
            np.where(np.arange(400) % 3 == 0, 1.0 + np.arange(400), 0.0),
            log2_size=20.0,
            log2_most=12.0,
            **alphas,
        ),
        "order-statistics": median_estimate(
            np.linspace(0, 10, 30).tolist(),
            unit="bits",
            range_low=0.0,
            range_high=20.0,
            **alphas,
        ),
        "gamma-tail": chance_estimate(
            [sampled_rank(np.arange(50.0) % 7, log2_size=5.0, log2_most=5.0)] * 3, **alphas
        ),
        "good-turing": good_turing([1, 1, 1, 2, 2, 5, 9], **alphas),
        "chao1": chao1([1, 1, 1, 2, 2, 5, 9], **alphas),
        "one-run": one_run_estimate(
            guesses=120, correct=95, canaries=600, delta=1e-5, claimed=0.5, **alphas
        ),
        "newcombe": newcombe(3, 17, 8, 20, **alphas),
        "equal-values": bootstrap_mean([0.25] * 40, **options, **ends),
        "percentile-bootstrap": bootstrap_mean(np.linspace(0, 1, 40), **options, **ends),
        "dirichlet-confusion": confusion_estimate([[30, 4], [5, 40]], "macro-f1", **options),
        "multiplier-bootstrap": absolute_sum_estimates(
            NoisyParts(np.array([0.1, -0.1]), np.diag([0.002, 0.002]), 40, 40),
            unit="share",
            **options,
        )[0],
        "cluster-t": cluster_share([3, 1, 4] * 5, [6, 5, 7] * 5, **alphas),
        "worst-difference": worst_difference(GROUPS, **alphas),
        "worst-ratio": worst_ratio(GROUPS, **alphas),
        "worst-linear": worst_linear_difference(
            ("a", "b"), [0.3, 0.5], np.diag([0.01, 0.02]), n=90, unit="difference", **alphas
        ),
        "lowest-rate": worst_rate(GROUPS, better="higher", **alphas),
        "highest-rate": worst_rate(GROUPS, better="lower", **alphas),
        "shrunk": shrunk_rates([3, 9, 14, 20], [30, 30, 40, 40], **alphas)[0],
        "between-cells": spread_between([3, 9, 14, 20], [30, 30, 40, 40], **alphas),
        "mantel-haenszel-difference": common_difference(STRATA, **alphas),
        "mantel-haenszel-odds-ratio": common_odds_ratio(STRATA, **alphas),
        "worst-common-difference": worst_common_difference(
            {"b": common_difference(STRATA, **alphas)}, **alphas
        ),
        "differential-fairness": differential_fairness([GROUPS, OTHERS], **alphas),
        "bca": bca(
            lambda rows: float((rows / 40).mean() ** 2),
            40,
            cluster=np.arange(40) // 2,
            **options,
            **ends,
        ),
        "tango": paired_difference(np.arange(30) % 2 == 0, np.arange(30) % 3 == 0, **alphas),
        "paired-tables": paired_figure(
            Figure("confusion", ("macro-f1",)),
            *(np.arange(60) % k % 3 for k in (3, 4, 5)),
            n_classes=3,
            **alphas,
        ),
        "separation": delong(np.arange(20), np.arange(20) > 9, **alphas),
        "delong": delong(np.arange(20) % 7, np.arange(20) > 9, **alphas),
        "linear": linear_estimate(
            0.5, np.linspace(-0.01, 0.01, 30), cluster=np.arange(30) // 2, **ends, **alphas
        ),
        "delong-difference": difference_of_areas(0, alphas),
        "lowest-of": lowest_of(
            ["a", "b"], [difference_of_areas(seed, alphas) for seed in (0, 1)], n=80, **alphas
        ),
        "farthest-of": farthest_of(
            ["a", "b"],
            [linear_estimate(0.5, np.linspace(-0.01, top, 30), **ends) for top in (0.01, 0.02)],
            n=30,
            **alphas,
        ),
        "highest-of": highest_of(
            ["a", "b"],
            [cluster_share([0, 1, 2] * 5, [3] * 15), cluster_share([0] * 15, [1] * 15)],
            n=60,
            **alphas,
        ),
        "bayesian-bootstrap": of_an_old_bundle(alphas),
    }


def test_every_method_has_a_re_estimator_and_every_re_estimator_a_method():
    estimates = one_of_each(0.05, 0.05)
    assert {name: estimate.method for name, estimate in estimates.items()} == {
        name: name for name in estimates
    }
    assert set(METHODS) == {*estimates, "exact"}


@settings(max_examples=25, deadline=None)
@given(*[st.floats(0.01, 0.4)] * 4)
def test_moving_there_and_back_changes_nothing(low, high, other_low, other_high):
    for estimate in one_of_each(low, high).values():
        moved = reestimate(estimate, alpha_low=other_low, alpha_high=other_high, read=read)
        assert (moved.alpha_low, moved.alpha_high) == (other_low, other_high)
        assert moved.value == estimate.value
        assert reestimate(moved, alpha_low=low, alpha_high=high, read=read) == estimate


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-6, 0.49), st.floats(1e-6, 0.49))
def test_a_smaller_error_rate_never_narrows_an_end(one, other):
    strict, loose = sorted((one, other))
    for estimate in one_of_each(0.05, 0.05).values():
        wide = reestimate(estimate, alpha_low=strict, alpha_high=strict, read=read)
        narrow = reestimate(estimate, alpha_low=loose, alpha_high=loose, read=read)
        assert wide.low <= narrow.low + 1e-12
        assert wide.high >= narrow.high - 1e-12


def test_an_end_that_is_not_named_stays():
    for estimate in one_of_each(0.05, 0.1).values():
        moved = reestimate(estimate, alpha_low=0.02, read=read)
        assert (moved.high, moved.alpha_high) == (estimate.high, 0.1)
        assert moved.low <= estimate.low


def test_evidence_that_went_through_json_gives_the_same_ends():
    for estimate in one_of_each(0.05, 0.05).values():
        stored = from_json(Estimate, to_json(estimate), where="measurements.json")
        assert reestimate(stored, read=read) == estimate


def test_beyond_the_replicates_lies_the_end_of_the_range():
    estimates = one_of_each(0.05, 0.05)
    resampled = {"percentile-bootstrap", "dirichlet-confusion", "bayesian-bootstrap"}
    for name in resampled | {"multiplier-bootstrap"}:
        moved = reestimate(estimates[name], alpha_low=0.0001, alpha_high=0.0001, read=read)
        assert (moved.low, moved.high) == (0, 1)


def test_without_a_range_the_value_goes_with_the_end_and_comes_back_with_it():
    estimate = bootstrap_mean(
        np.random.default_rng(0).normal(size=50),
        rng=np.random.default_rng(0),
        keep=keep,
        unit="nats",
        range_low=None,
        range_high=None,
    )
    moved = reestimate(estimate, alpha_high=0.0001, read=read)
    assert (moved.value, moved.high) == (None, None)
    assert moved.low == estimate.low
    assert moved.why_undefined.params == {"end": "high"}
    assert reestimate(moved, alpha_high=0.05, read=read) == estimate


def test_an_exact_value_stays_exact():
    moved = reestimate(exact(0.5, n=10, unit="share"), alpha_low=0.001)
    assert (moved.low, moved.value, moved.high, moved.alpha_low) == (0.5, 0.5, 0.5, 0.001)


def test_what_cannot_be_re_estimated_breaks_the_contract():
    no_evidence = bootstrap_mean(
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        rng=np.random.default_rng(0),
        keep=None,
        unit="share",
        range_low=0.0,
        range_high=1.0,
    )
    stored = one_of_each(0.05, 0.05)["percentile-bootstrap"]
    emptied = Estimate(**{**_fields(wilson(1, 2)), "evidence": Evidence(values={"trials": 2})})
    for call, words in (
        (lambda: reestimate(no_evidence), "must have evidence"),
        (lambda: reestimate(stored), "reader of its replicates"),
        (lambda: reestimate(wilson(0, 0)), "method must be one of"),
        (lambda: reestimate(emptied), "hold the number successes"),
        (lambda: reestimate(wilson(1, 2), alpha_low=0.5), "alpha_low must lie between"),
    ):
        with pytest.raises(ContractError, match=words):
            call()


def _fields(estimate):
    return {name: getattr(estimate, name) for name in estimate.__dataclass_fields__}
