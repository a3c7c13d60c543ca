"""Many hypotheses at once: the same as independent implementations, and true to their promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.multitest import multipletests

from harness.errors import ContractError
from harness.stats import binomial_tail, false_discovery_values

# below 1e-300 a quotient has fewer digits than the tolerance asks for
p_lists = st.lists(st.floats(0, 1).filter(lambda p: p == 0 or p > 1e-300), min_size=1, max_size=40)


@given(p_lists)
def test_values_equal_those_of_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="fdr_bh")[1]
    assert np.allclose(false_discovery_values(p_values), expected, rtol=1e-12, atol=0)


@given(p_lists, st.floats(0.01, 0.5))
def test_rejecting_by_values_is_the_step_up_rule(p_values: list[float], rate: float) -> None:
    m = len(p_values)
    ranked = np.sort(p_values)
    passing = np.flatnonzero(ranked <= rate * np.arange(1, m + 1) / m + 1e-15)
    expected = 0 if not len(passing) else int(passing[-1]) + 1
    found = int((false_discovery_values(p_values) <= rate + 1e-15).sum())
    assert found == expected


def test_no_hypothesis_gives_no_value() -> None:
    assert false_discovery_values([]).shape == (0,)


@pytest.mark.parametrize("wrong", [[-0.1], [1.5], [float("nan")]])
def test_what_is_no_p_value_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ContractError, match="p-values must lie between 0 and 1"):
        false_discovery_values(wrong)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.99))
def test_the_tail_is_that_of_scipy(x: int, more: int, share: float) -> None:
    n = x + more
    assert float(binomial_tail(x, n, share)) == pytest.approx(
        float(binom.sf(x - 1, n, share)), rel=1e-9, abs=1e-300
    )


def test_the_tail_takes_tables() -> None:
    found = binomial_tail([[0, 3], [10, 5]], [[10], [10]], [0.5, 0.1])
    assert found.shape == (2, 2)
    assert found[0, 0] == 1.0
    assert found[1, 0] == pytest.approx(0.5**10)


def test_the_rate_of_false_discoveries_is_kept_where_hypotheses_share_rows() -> None:
    """100 words in the same 50 rows, 80 of them at the edge of the null hypothesis."""
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(300):
        eases = rng.random(50)  # a row that one word turns is easy for the next one, too
        shares = np.where(np.arange(100) < 80, 0.1, 0.6)
        flips = (0.5 * eases + 0.5 * rng.random((100, 50))) < _quantile(shares)[:, None]
        p_values = binomial_tail(flips.sum(axis=1), 50, 0.1)
        found = false_discovery_values(p_values) <= 0.1
        rates.append(found[:80].sum() / max(1, found.sum()))
    assert np.mean(rates) <= 0.1


def _quantile(shares: np.ndarray) -> np.ndarray:
    """Quantiles of the mean of two uniform numbers, so that rows flip at the shares."""
    return np.where(shares < 0.5, np.sqrt(shares / 2), 1 - np.sqrt((1 - shares) / 2))
