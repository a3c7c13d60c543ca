"""True positives at a fixed false positive rate: which threshold, on which rows, with how many negatives."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import roc_curve

from harness.errors import ContractError, ShapeError
from harness.stats import fixed_rate, least_negatives, reestimate, threshold_at


def rows(m, k, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    positive = np.arange(m + k) < m
    return rng.normal(size=m + k) + shift * positive, positive


@pytest.mark.parametrize("limit", [0.0, 0.001, 0.01, 0.07, 0.29, 0.5])
@pytest.mark.parametrize("decimals", [8, 1])
def test_the_threshold_gives_the_largest_true_positive_rate_within_the_limit(limit, decimals):
    scores, positive = rows(300, 700, shift=0.8)
    scores = scores.round(decimals)
    fpr, tpr, _ = roc_curve(positive, scores, drop_intermediate=False)
    threshold = threshold_at(scores[~positive], limit)
    assert (scores[~positive] > threshold).mean() <= limit + 1e-12
    assert (scores[positive] > threshold).mean() == pytest.approx(tpr[fpr <= limit + 1e-12].max())


@pytest.mark.parametrize(
    ("limit", "k", "above"), [(0.29, 100, 29), (0.001, 7000, 7), (0.01, 99, 0)]
)
def test_a_limit_of_whole_examples_is_not_lost_to_rounding(limit, k, above):
    negatives = np.arange(k, dtype=float)
    assert (negatives > threshold_at(negatives, limit)).sum() == above


def test_the_numbers_that_a_rate_takes_are_the_usual_ones():
    assert (least_negatives(0.01), least_negatives(0.001)) == (1000, 10_000)


def test_fewer_negatives_than_a_rate_takes_give_the_number_and_no_value():
    found = fixed_rate(*rows(500, 999), limit=0.01, rng=np.random.default_rng(0))
    assert not found.true_positives.is_measured
    assert found.true_positives.why_undefined.params == {"limit": 0.01, "least": 1000, "k": 999}
    assert fixed_rate(
        *rows(500, 1000), limit=0.01, rng=np.random.default_rng(0)
    ).true_positives.is_measured


def test_all_positives_are_reported_by_a_threshold_of_one_half_of_the_negatives():
    scores, positive = rows(400, 2000, shift=2.0)
    found = fixed_rate(scores, positive, limit=0.01, rng=np.random.default_rng(3))
    half = np.random.default_rng(3).permutation(np.flatnonzero(~positive))[:1000]
    threshold = np.sort(scores[half])[-11]
    counts = found.true_positives.evidence.values
    assert counts == {"successes": int((scores[positive] > threshold).sum()), "trials": 400}
    other = np.setdiff1d(np.flatnonzero(~positive), half)
    assert found.false_positives.evidence.values == {
        "successes": int((scores[other] > threshold).sum()),
        "trials": 1000,
    }


def test_the_ends_are_those_of_the_binomial_distribution():
    one = fixed_rate(*rows(400, 2000, shift=2.0), limit=0.01, rng=np.random.default_rng(0))
    x = one.true_positives.evidence.values["successes"]
    assert binom.sf(x - 1, 400, one.true_positives.low) == pytest.approx(0.05)
    assert binom.cdf(x, 400, one.true_positives.high) == pytest.approx(0.05)
    moved = reestimate(one.true_positives, alpha_low=0.01)
    assert moved.low < one.true_positives.low


def test_clusters_are_the_units_of_both_halves():
    scores, positive = rows(2000, 4000, shift=1.0)
    cluster = np.arange(6000) // 4
    found = fixed_rate(scores, positive, limit=0.01, cluster=cluster, rng=np.random.default_rng(0))
    assert found.true_positives.method == "cluster-t"
    assert found.n_negatives == 1000
    # whole clusters of four stand in a half
    assert found.false_positives.evidence.values["trials"] == 2000
    few = fixed_rate(
        scores, positive, limit=0.01, cluster=np.arange(6000) // 5, rng=np.random.default_rng(0)
    )
    assert not few.true_positives.is_measured


def test_scores_that_are_all_equal_let_nobody_through():
    found = fixed_rate(
        np.zeros(1500), np.arange(1500) < 500, limit=0.01, rng=np.random.default_rng(0)
    )
    assert found.true_positives.value == 0
    assert found.true_positives.high > 0


def test_what_cannot_be_ranked_has_a_reason():
    scores, positive = rows(10, 2000)
    scores[3] = np.nan
    rng = np.random.default_rng(0)
    assert (
        "finite"
        in fixed_rate(scores, positive, limit=0.01, rng=rng).true_positives.why_undefined.text
    )
    nobody = fixed_rate(np.zeros(2000), np.zeros(2000, bool), limit=0.01, rng=rng)
    assert "no positive" in nobody.true_positives.why_undefined.text


def test_wrong_shapes_and_limits_are_refused():
    with pytest.raises(ShapeError):
        fixed_rate([1.0], [True, False], limit=0.01, rng=np.random.default_rng(0))
    with pytest.raises(ShapeError):
        fixed_rate([1.0], [True], limit=0.01, cluster=[1, 2], rng=np.random.default_rng(0))
    with pytest.raises(ContractError, match="limit must"):
        threshold_at([1.0], 1.0)
    with pytest.raises(ContractError, match="at least one"):
        threshold_at([], 0.1)
