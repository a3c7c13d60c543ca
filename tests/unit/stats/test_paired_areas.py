"""Two areas on the same rows: their difference knows what they share."""

import numpy as np
import pytest
from scipy.stats import norm

from harness.errors import ShapeError
from harness.stats import delong, paired_area_difference, reestimate


def rows(n=400, shift=0.7, seed=0):
    rng = np.random.default_rng(seed)
    positive = np.arange(n) < n // 2
    common = rng.normal(size=n)
    first = common + 0.5 * rng.normal(size=n) + shift * positive
    return first, common + 0.5 * rng.normal(size=n), positive


def naive(first, second, positive):
    """DeLong's covariance, as the paper writes it."""
    placed = []
    for scores in (first, second):
        own, other = scores[positive][:, None], scores[~positive][None]
        wins = (own > other) + 0.5 * (own == other)
        placed.append((wins.mean(axis=1), wins.mean(axis=0)))
    of_positives = np.cov(placed[0][0], placed[1][0])
    of_negatives = np.cov(placed[0][1], placed[1][1])
    covariance = of_positives / positive.sum() + of_negatives / (~positive).sum()
    return placed[0][0].mean() - placed[1][0].mean(), np.sqrt([1, -1] @ covariance @ [1, -1])


def test_value_and_width_are_those_of_delongs_test_for_paired_areas():
    first, second, positive = rows(4000)
    value, error = naive(first, second, positive)
    found = paired_area_difference(first, second, positive)
    assert found.value == pytest.approx(value)
    # each of our areas weighs half an example against itself: 0.6 % of the width at 2,000 of a kind
    assert (found.high - found.low) / 2 == pytest.approx(norm.isf(0.05) * error, rel=0.02)


def test_a_score_and_itself_differ_by_no_more_than_the_half_example_that_each_area_weighs():
    first, _, positive = rows()
    found = paired_area_difference(first, first, positive)
    assert found.value == 0
    alone = delong(first, positive)
    assert -0.15 * (alone.value - alone.low) < found.low < 0
    assert 0 < found.high < 0.15 * (alone.high - alone.value)


def test_what_both_share_makes_the_difference_narrower_than_two_areas():
    first, second, positive = rows()
    found = paired_area_difference(first, second, positive)
    alone = [delong(one, positive) for one in (first, second)]
    assert found.high - found.low < 0.7 * np.hypot(*(one.high - one.low for one in alone))


def test_clusters_are_the_units():
    first, second, positive = rows()
    copied = [np.repeat(one, 4) for one in (first, second, positive)]
    together = paired_area_difference(*copied, cluster=np.repeat(np.arange(400), 4))
    assert together.value == pytest.approx(paired_area_difference(first, second, positive).value)
    alone = paired_area_difference(first, second, positive)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.02)


def test_it_follows_from_its_evidence():
    found = paired_area_difference(*rows())
    assert reestimate(found, alpha_low=0.05) == found
    assert reestimate(found, alpha_low=0.01).low < found.low


def test_what_cannot_be_ranked_has_a_reason():
    first, second, positive = rows()
    assert paired_area_difference(first, second, np.ones_like(positive)).why_undefined is not None
    second[0] = np.inf
    assert paired_area_difference(first, second, positive).why_undefined is not None
    with pytest.raises(ShapeError):
        paired_area_difference(first, second[1:], positive)
