"""One-run epsilon: golden values, saturation, and what the evidence must hold."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.errors import ContractError
from harness.records import Estimate, Evidence
from harness.stats import (
    one_run_estimate,
    one_run_lower,
    one_run_p_value,
    reestimate,
    saturation,
)

GOLDEN = {116: 2.51, 114: 2.24, 105: 1.47, 101: 1.24, 95: 0.95, 90: 0.74}
GOLDEN |= {84: 0.50, 81: 0.39, 71: 0.05, 70: 0.02, 60: 0.0}


@pytest.mark.parametrize(("correct", "epsilon"), sorted(GOLDEN.items()))
def test_golden_values_of_six_hundred_canaries(correct: int, epsilon: float) -> None:
    found = one_run_lower(guesses=120, correct=correct, canaries=600, delta=1e-5)
    assert round(found, 2) == epsilon


def independent_p_value(m: int, r: int, v: int, eps: float, delta: float) -> float:
    q = 1 / (1 + math.exp(-eps))
    tail = stats.binom.sf(v - 1, r, q)
    worst = max(
        (stats.binom.cdf(v - 1, r, q) - stats.binom.cdf(v - i - 1, r, q)) / i
        for i in range(1, m + 1)
    )
    return float(min(1.0, tail + 2 * m * delta * worst))


@pytest.mark.parametrize("delta", [0.0, 1e-5, 1e-3])
@pytest.mark.parametrize(("v", "eps"), [(60, 0.0), (75, 0.3), (110, 2.0), (120, 3.0)])
def test_the_bound_on_probabilities_is_that_of_the_theorem(
    v: int, eps: float, delta: float
) -> None:
    found = one_run_p_value(eps, guesses=120, correct=v, canaries=600, delta=delta)
    # sums of binomial probabilities in another order: rounding alone
    assert found == pytest.approx(independent_p_value(600, 120, v, eps, delta), rel=1e-9)


def test_all_right_is_saturated_at_the_logit_of_the_root_of_alpha() -> None:
    for guesses in (100, 1000):
        q = 0.05 ** (1 / guesses)
        assert saturation(guesses) == pytest.approx(math.log(q / (1 - q)), abs=1e-9)
    found = one_run_estimate(guesses=100, correct=100, canaries=500, delta=0.0)
    assert (found.value, found.high) == (None, None)
    assert found.low == pytest.approx(3.493, abs=1e-3)
    assert "at least 3.49" in found.why_undefined.text
    assert reestimate(found) == found


def test_luck_shows_no_epsilon() -> None:
    found = one_run_estimate(guesses=120, correct=60, canaries=600, delta=1e-5)
    assert found.low == found.value == 0.0
    assert 0 < found.high < 0.4
    none = one_run_estimate(guesses=20, correct=0, canaries=100, delta=0.0)
    assert none.low == none.value == 0.0 < none.high


def test_a_claim_moves_everything_by_itself() -> None:
    plain = one_run_estimate(guesses=120, correct=105, canaries=600, delta=1e-5)
    beyond = one_run_estimate(guesses=120, correct=105, canaries=600, delta=1e-5, claimed=1.0)
    for one, other in (
        (plain.low, beyond.low),
        (plain.value, beyond.value),
        (plain.high, beyond.high),
    ):
        assert one - other == pytest.approx(1.0, abs=1e-12)
    assert plain.value == pytest.approx(math.log(105 / 15))
    assert plain.low == pytest.approx(1.47, abs=0.005)


def test_a_larger_delta_shows_less_and_more_right_guesses_show_more() -> None:
    lows = [
        one_run_lower(guesses=200, correct=150, canaries=1000, delta=delta)
        for delta in (0.0, 1e-6, 1e-5, 1e-4, 1e-3)
    ]
    assert lows == sorted(lows, reverse=True)
    rising = [
        one_run_lower(guesses=200, correct=correct, canaries=1000, delta=1e-5)
        for correct in np.arange(100, 201, 10).tolist()
    ]
    assert rising == sorted(rising)


def test_counts_that_cannot_be_counts_are_told_all_at_once() -> None:
    with pytest.raises(ContractError) as err:
        one_run_estimate(guesses=11, correct=12, canaries=10, delta=1.0)
    assert [problem.split()[0] for problem in err.value.problems] == ["guesses", "correct", "delta"]
    emptied = Estimate(
        0.1, 0.0, 0.2, 10, "epsilon", "one-run", evidence=Evidence(values={"guesses": 10})
    )
    with pytest.raises(ContractError, match="hold the number correct"):
        reestimate(emptied)
