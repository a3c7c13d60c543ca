"""Coverage and number of kinds against hand calculation and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import ContractError
from harness.stats import chao1, good_turing, reestimate

TIMES = [1] * 6 + [2] * 3 + [5]
"""10 kinds in 17 sightings; six were seen once, three twice."""


def test_coverage_is_one_minus_the_share_of_sightings_that_stand_alone() -> None:
    found = good_turing(TIMES)
    assert found.value == pytest.approx(1 - 6 / 17)
    assert found.n == 17
    # Esty: sqrt(f1 (1 - f1/N) + 2 f2) / N
    error = np.sqrt(6 * (1 - 6 / 17) + 2 * 3) / 17
    assert found.low == pytest.approx(1 - 6 / 17 - 1.6448536 * error)


def test_chao_adds_the_kinds_that_rare_ones_betray() -> None:
    found = chao1(TIMES)
    assert found.value == pytest.approx(10 + 6 * 5 / (2 * 4))
    assert found.low is not None
    assert found.high is not None
    assert 10 < found.low < 13.75 < found.high


def test_a_sample_without_single_sightings_still_has_ends_apart() -> None:
    kinds, coverage = chao1([4, 5, 6]), good_turing([4, 5, 6])
    assert kinds.value == 3
    assert kinds.high is not None
    assert kinds.high >= 4
    # none of 15 sightings stands alone: unseen kinds are at most about 3 of 15
    assert coverage.value == 1
    assert coverage.low == pytest.approx(0.05 ** (1 / 15))


def test_ends_move_with_their_error_rates_from_the_counts_alone() -> None:
    for found in (chao1(TIMES), good_turing(TIMES), chao1([3]), good_turing([1, 1])):
        assert reestimate(found, alpha_low=0.05, alpha_high=0.05) == found
        wider = reestimate(found, alpha_low=0.01, alpha_high=0.01)
        assert wider.value == found.value
        assert wider.low is not None
        assert found.low is not None
        assert wider.low <= found.low


def test_nothing_seen_is_no_estimate_and_a_kind_that_was_never_seen_is_refused() -> None:
    assert chao1([]).value is None
    assert good_turing([]).value is None
    with pytest.raises(ContractError, match="whole number >= 1, got 0"):
        chao1([0, 1])


def test_the_interval_of_coverage_holds_the_true_coverage_as_often_as_it_says() -> None:
    """40 kinds of unequal chance, 200 samples of 60: each end errs in 5 %, and 3 errors of that."""
    rng = np.random.default_rng(0)
    chance = rng.dirichlet(np.full(40, 0.5))
    low = high = 0
    for _ in range(200):
        seen = np.bincount(rng.choice(40, 60, p=chance), minlength=40)
        found = good_turing(seen[seen > 0])
        assert found.low is not None
        assert found.high is not None
        truth = chance[seen > 0].sum()
        low += truth < found.low
        high += truth > found.high
    most = 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)
    assert max(low, high) <= most


def test_the_number_of_kinds_is_a_lower_bound_that_equal_kinds_reach() -> None:
    rng = np.random.default_rng(1)
    values = []
    for _ in range(100):
        seen = np.bincount(rng.integers(0, 50, 60), minlength=50)
        values.append(chao1(seen[seen > 0]).value)
    assert np.mean([one for one in values if one is not None]) == pytest.approx(50, rel=0.1)
