"""How often one-run audits of models that keep nothing show an epsilon, by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.stats import one_run_lower

pytestmark = pytest.mark.slow

RUNS = 600
M = 300


def test_a_fixed_number_of_guesses_shows_nothing_in_95_of_100_models_and_the_best_of_many_does() -> (
    None
):
    rng = np.random.default_rng(0)
    step = int(math.sqrt(M))
    grid = [(low, high) for high in range(0, M, step) for low in range(0, high, step)]
    known: dict[tuple[int, int], float] = {}

    def shown(guesses: int, correct: int) -> float:
        if (guesses, correct) not in known:
            known[guesses, correct] = one_run_lower(
                guesses=guesses, correct=correct, canaries=M, delta=0.0
            )
        return known[guesses, correct]

    fixed, best = [], []
    for _ in range(RUNS):
        was_in = rng.random(M) < 0.5  # in the order of a signal that knows nothing
        out_below = np.concatenate([[0], np.cumsum(~was_in)])
        in_above = np.concatenate([np.cumsum(was_in[::-1])[::-1], [0]])
        fixed.append(shown(60, int(out_below[30] + in_above[M - 30])))
        best.append(
            max(shown(low + M - high, int(out_below[low] + in_above[high])) for low, high in grid)
        )
    share = float(np.mean(np.array(fixed) > 0))
    assert share <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / RUNS)
    # what the best of 153 numbers of guesses finds in models that keep nothing
    assert np.mean(np.array(best) > 0) > 0.25


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_randomised_response_is_bounded_by_what_it_is(epsilon: float) -> None:
    rng = np.random.default_rng(1)
    q = math.exp(epsilon) / (1 + math.exp(epsilon))
    lows = [
        one_run_lower(guesses=120, correct=int(right), canaries=600, delta=0.0)
        for right in rng.binomial(120, q, size=RUNS)
    ]
    above = float(np.mean(np.array(lows) > epsilon))
    assert above <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)
    assert np.median(lows) > 0.3 * epsilon  # a bound from 120 guesses, no estimate
