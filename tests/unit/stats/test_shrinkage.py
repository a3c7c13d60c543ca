"""Spread between small cells and rates drawn towards the mean: hand formulas, and what they leave out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.errors import ContractError, ShapeError
from harness.records import Evidence
from harness.stats import reestimate, shrunk_rates, spread_between

X, N = [3, 20, 8, 31, 12], [10, 40, 30, 50, 25]


def test_rates_are_drawn_to_the_mean_by_the_share_of_noise() -> None:
    rate, n = np.array(X) / N, np.array(N, dtype=float)
    mean = sum(X) / sum(N)
    noise = mean * (1 - mean) / n
    between = max(0.0, float(np.average((rate - mean) ** 2 - noise, weights=n)))
    assert between > 0
    expected = mean + between / (between + noise) * (rate - mean)
    found = shrunk_rates(X, N)
    # the same formula in another order of operations
    assert [one.value for one in found] == pytest.approx(expected.tolist(), abs=1e-12)
    assert spread_between(X, N).value == pytest.approx(math.sqrt(between), abs=1e-12)


def test_a_shrunk_rate_lies_between_the_raw_rate_and_the_mean() -> None:
    mean = sum(X) / sum(N)
    for one, x, n in zip(shrunk_rates(X, N), X, N, strict=True):
        assert one.value is not None
        low, high = sorted((x / n, mean))
        assert low - 1e-12 <= one.value <= high + 1e-12
        assert one.low is not None
        assert one.high is not None
        assert 0 <= one.low < one.value < one.high <= 1


def test_equal_cells_have_no_spread_and_the_mean_for_all() -> None:
    spread = spread_between([10, 20, 30, 40], [20, 40, 60, 80])
    assert spread.value == 0.0
    assert spread.low == 0.0
    assert spread.high is not None
    # cells closer together than chance allows do not prove that there is no spread
    assert spread.high > 0.02
    assert [one.value for one in shrunk_rates([10, 20, 30, 40], [20, 40, 60, 80])] == [0.5] * 4


def test_each_end_of_the_spread_is_where_chance_would_give_such_distances() -> None:
    from scipy.stats import chi2

    found = spread_between(X, N, alpha_low=0.1, alpha_high=0.1)
    rate, n = np.array(X) / N, np.array(N, dtype=float)
    mean = sum(X) / sum(N)
    assert found.low is not None
    assert found.high is not None
    assert found.low > 0
    for end, quantile in ((found.low, 0.9), (found.high, 0.1)):
        weight = 1 / (mean * (1 - mean) / n + end**2)
        centre = (weight * rate).sum() / weight.sum()
        distance = (weight * (rate - centre) ** 2).sum()
        # the root is found by halving an interval of 0.25 eighty times
        assert distance == pytest.approx(chi2.ppf(quantile, len(X) - 1), rel=1e-9)


def test_what_cannot_be_known_has_a_reason_and_no_number() -> None:
    for x, n, why in (
        ([1, 2, 3], [10, 10, 10], "stats.few-cells"),
        ([0] * 5, [10] * 5, "stats.no-event-in-cells"),
        ([10] * 5, [10] * 5, "stats.no-event-in-cells"),
    ):
        for one in (*shrunk_rates(x, n), spread_between(x, n)):
            assert not one.is_measured
            assert one.why_undefined is not None
            assert one.why_undefined.id == why


def test_a_cell_without_trials_has_no_rate_and_changes_no_other() -> None:
    found = shrunk_rates([*X, 0], [*N, 0])
    assert found[:5] == shrunk_rates(X, N)
    assert not found[5].is_measured


def test_ends_move_from_the_evidence_alone() -> None:
    wide = shrunk_rates(X, N, alpha_low=0.01, alpha_high=0.02)
    for one, other in zip(shrunk_rates(X, N), wide, strict=True):
        assert reestimate(one, alpha_low=0.01, alpha_high=0.02) == other
    spread = spread_between(X, N, alpha_low=0.01, alpha_high=0.02)
    assert reestimate(spread_between(X, N), alpha_low=0.01, alpha_high=0.02) == spread


def test_other_shapes_impossible_counts_and_broken_evidence_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"shape \[k\], got \[2\] and \[1\]"):
        spread_between([1, 2], [3])
    with pytest.raises(ContractError, match="0 <= successes <= trials"):
        shrunk_rates([5], [3])
    for one in (shrunk_rates(X, N)[0], spread_between(X, N)):
        object.__setattr__(one, "evidence", Evidence(values={}))
        with pytest.raises(ContractError, match="Evidence of"):
            reestimate(one, alpha_low=0.01)
