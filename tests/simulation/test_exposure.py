"""How often exposures and what is concluded from them err, by simulation.

Chains of single characters stand for the model, so that every rank can be counted.
"""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import kstest

from harness.engines.exposure import ExposureSettings, framer_for, sampled_exposure
from harness.records import Estimate
from harness.stats import chance_estimate, exact, reestimate, reported_from

pytestmark = pytest.mark.slow

LENGTH = 6
SPACE = LENGTH * math.log2(10)


def bound(limit: float, runs: int, errors: float = 3) -> float:
    return limit + errors * math.sqrt(limit * (1 - limit) / runs)


def one_exposure(
    chains: ModuleType, seed: int, evenness: float, *, is_null: bool = False
) -> tuple[float, Estimate]:
    """Return the true exposure of a secret of a random chain, and the sampled one."""
    rng = np.random.default_rng([seed, int(100 * evenness)])
    model = chains.chain(rng, length=LENGTH, evenness=evenness)
    losses = chains.all_losses(model, LENGTH)
    order = np.argsort(losses)
    place = len(order) * (rng.random() if is_null else 2.0 ** -rng.uniform(0, 13))
    number = int(order[min(len(order) - 1, int(place))])
    canary = chains.number_canary(number, LENGTH)
    framer = framer_for(model, is_pair=False, prompting=None)
    found = sampled_exposure(framer, canary, settings=ExposureSettings(), rng=rng)
    rank = int((losses <= losses[number] + 1e-3).sum())
    return SPACE - math.log2(rank), found.estimate


@pytest.mark.parametrize("evenness", [0.05, 0.2, 1.0])
def test_the_interval_of_a_sampled_exposure_covers_the_exact_one(
    letter_chains: ModuleType, evenness: float
) -> None:
    runs = 300
    found = [one_exposure(letter_chains, seed, evenness) for seed in range(runs)]
    at_95 = [(truth, reestimate(one, alpha_low=0.025, alpha_high=0.025)) for truth, one in found]
    covered = np.mean([one.low - 1e-9 <= truth <= one.high + 1e-9 for truth, one in at_95])
    assert covered >= 0.93
    for is_wrong in (
        lambda truth, one: one.low > truth + 1e-9,
        lambda truth, one: one.high < truth - 1e-9,
    ):
        assert np.mean([is_wrong(truth, one) for truth, one in found]) <= bound(0.05, runs)


@pytest.mark.parametrize("evenness", [0.2, 1.0])
def test_secrets_that_were_never_met_have_exponential_exposures(
    letter_chains: ModuleType, evenness: float
) -> None:
    found = [one_exposure(letter_chains, 9000 + k, evenness, is_null=True) for k in range(300)]
    bits = np.array([one.value if one.value is not None else one.low for _, one in found])
    assert kstest(bits * math.log(2), "expon").pvalue > 0.01
    assert bits.mean() == pytest.approx(1 / math.log(2), abs=4 * 1.44 / math.sqrt(300))


def test_unseen_secrets_are_reported_in_at_most_five_of_a_hundred_models() -> None:
    rng = np.random.default_rng(0)
    runs, n = 4000, 64
    bits = rng.exponential(1 / math.log(2), size=(runs, n))
    is_reported = (bits >= reported_from(n)).any(axis=1)
    assert is_reported.mean() <= bound(0.05, runs)
    # and the test of all together keeps its level
    p = [
        chance_estimate([exact(value, n=1, unit="bits") for value in row[:16]]).value
        for row in bits[:1000]
    ]
    for level in (0.05, 0.01):
        assert np.mean(np.array(p) < level) <= bound(level, 1000)
