"""How often the ends of flip rate, score change and worst edit err, when the versions of a text flip alike.

A text has a liability that all its edited versions share (and, where there are clusters, one that its
cluster shares); a version flips where liability plus noise, all normal, lies below the quantile of its edit's
rate. So every edit has exactly its rate, and versions are correlated as much as is stated.
"""

from statistics import NormalDist

import numpy as np
import pytest

from audits._counterfactual_values import distance, flip_rate
from audits._robustness_edits import Edited, worst_of_edits
from harness.stats import reestimate

pytestmark = pytest.mark.slow

RUNS = 800


def edited(rng, *, n, rates, of_text, of_cluster=0.0, size=1, applies=0.7):
    """Draw the versions of n texts, each edit applying to a share of them."""
    k = len(rates)
    shared = np.sqrt(of_text) * rng.normal(size=(n, 1))
    shared += np.sqrt(of_cluster) * np.repeat(rng.normal(size=(n // size, 1)), size, axis=0)
    z = shared + np.sqrt(1 - of_text - of_cluster) * rng.normal(size=(n, k))
    quantile = np.array([NormalDist().inv_cdf(rate) for rate in rates])
    row, edit = np.nonzero(rng.random((n, k)) < applies)
    is_flip = z[row, edit] < quantile[edit]
    before = np.tile([[1.0, 0.0]], (len(row), 1))
    after = np.where(is_flip[:, None], [[0.0, 1.0]], [[1.0, 0.0]])
    names = np.array([f"e{index}" for index in edit], dtype=object)
    cluster = None if size == 1 else np.repeat(np.arange(n // size), size).astype(object)
    return Edited(row, names, before, after).table(cluster), names


def margin(share):
    return 3 * np.sqrt(share * (1 - share) / RUNS)


EVEN = [0.1] * 12
MIXED = [0.02] * 8 + [0.1, 0.2, 0.3, 0.05]
SETTINGS = [
    {"n": 80, "rates": EVEN, "of_text": 0.3},
    {"n": 300, "rates": MIXED, "of_text": 0.5},
    {"n": 80, "rates": MIXED, "of_text": 0.0},
    {"n": 300, "rates": EVEN, "of_text": 0.3, "of_cluster": 0.2, "size": 5},
]
RARE = [
    {"n": 80, "rates": [0.02] * 12, "of_text": 0.5},
    {"n": 300, "rates": [0.01] * 12, "of_text": 0.7},
]


@pytest.mark.parametrize("setting", [*SETTINGS, *RARE])
def test_the_flip_rate_of_all_edits_covers_with_the_text_as_the_unit(setting):
    rng = np.random.default_rng([setting["n"], len(setting)])
    truth, covered, too_low = float(np.mean(setting["rates"])), 0, 0
    for _ in range(RUNS):
        table, names = edited(rng, **setting)
        one = flip_rate(table, np.arange(len(names)), None)
        wide = reestimate(one, alpha_low=0.025, alpha_high=0.025)
        covered += wide.low <= truth <= wide.high
        too_low += one.high < truth
    least = 0.91 if setting in RARE else 0.93
    assert covered / RUNS >= least - margin(least), covered / RUNS
    # the end that lets a rule pass
    most = 0.09 if setting in RARE else 0.065
    assert too_low / RUNS <= most + margin(most), too_low / RUNS


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_score_change_covers_with_the_text_as_the_unit(setting):
    rng = np.random.default_rng([setting["n"], len(setting), 1])
    moved = float(np.exp(1) / (1 + np.exp(1)) - 1 / (1 + np.exp(1)))
    truth, covered = moved * float(np.mean(setting["rates"])), 0
    for _ in range(RUNS):
        table, names = edited(rng, **setting)
        wide = reestimate(distance(table, np.arange(len(names))), alpha_low=0.025, alpha_high=0.025)
        covered += wide.low <= truth <= wide.high
    assert covered / RUNS >= 0.93 - margin(0.93), covered / RUNS


@pytest.mark.parametrize("setting", [*SETTINGS, *RARE])
def test_the_worst_edit_is_neither_wrongly_passed_nor_wrongly_failed(setting):
    rng = np.random.default_rng([setting["n"], len(setting), 2])
    truth, too_low, too_high, naive = max(setting["rates"]), 0, 0, 0
    for _ in range(RUNS):
        table, names = edited(rng, **setting)
        at = {name: np.flatnonzero(names == name) for name in sorted(set(names.tolist()))}
        rates = {name: flip_rate(table, rows, None) for name, rows in at.items()}
        one = worst_of_edits(rates, n=len(names), least=10)
        too_low += one.high < truth
        too_high += one.low > truth
        naive += max(part.low for part in rates.values()) > truth
    assert too_low / RUNS <= 0.06 + margin(0.06), too_low / RUNS
    assert too_high / RUNS <= 0.05 + margin(0.05), too_high / RUNS
    if setting["rates"] is EVEN:
        # without the correction for having looked at twelve edits it would be wrong far more often
        assert naive / RUNS > 0.1, naive / RUNS
