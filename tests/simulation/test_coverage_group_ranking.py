"""How often the ends of differences of areas err: each group's, and the lowest of all groups.

An end may err in 5 %; each bound adds 4 standard errors of the simulation. Where an end is known to err more,
the figure stands beside it.
"""

from statistics import NormalDist

import numpy as np
import pytest

from harness.stats import ScoreOrder, area_difference, lowest_of

pytestmark = pytest.mark.slow

RUNS = 1000
AREA = 0.85


def bound(limit, runs=RUNS):
    return limit + 4 * np.sqrt(limit * (1 - limit) / runs)


def apart(area):
    return NormalDist().inv_cdf(area) * np.sqrt(2)


def area(order, positive, negative):
    return order.area(np.flatnonzero(positive), np.flatnonzero(negative))


def differences(scores, label, inside, *, cluster=None):
    """Subgroup, BPSN and BNSP area minus the overall one."""
    order = ScoreOrder.of(scores, cluster)
    whole = area(order, label, ~label)
    sides = ((inside, inside), (~inside, inside), (inside, ~inside))
    found = [area(order, label & one, ~label & other) for one, other in sides]
    return [area_difference(one, whole, order, n=int(inside.sum())) for one in found]


def errors_of(sample, truth, runs=RUNS):
    """Share of runs in which the low and the high end of each kind err, shape [3, 2]."""
    rng, found = np.random.default_rng(0), np.zeros((3, 2))
    for _ in range(runs):
        for k, one in enumerate(sample(rng)):
            found[k] += (one.low > truth[k], one.high < truth[k])
    return found / runs


def truth_of(draw, factor):
    """Differences in a sample so large that they are known to about 0.001."""
    scores, label, inside = draw(np.random.default_rng(99), factor)
    return [one.value for one in differences(scores, label, inside)]


def shifted(sizes, own, shift):
    """Positives and negatives of a group and of the rest; the group has its own area and a shift."""

    def draw(rng, factor=1):
        m, k, m_rest, k_rest = (size * factor for size in sizes)
        label = np.repeat([True, False, True, False], [m, k, m_rest, k_rest])
        inside = np.arange(len(label)) < m + k
        lead = np.where(inside, apart(own), apart(AREA)) * label + shift * inside
        return rng.normal(size=len(label)) + lead, label, inside

    return draw


@pytest.mark.parametrize(
    "sizes", [(10, 50, 150, 350), (50, 10, 350, 150), (60, 60, 200, 200), (200, 200, 100, 100)]
)
@pytest.mark.parametrize(("own", "shift"), [(0.85, 0.0), (0.7, 0.0), (0.99, 0.0), (0.85, 1.0)])
def test_each_end_of_a_difference_to_the_whole_errs_as_its_alpha_says(sizes, own, shift):
    draw = shifted(sizes, own, shift)
    truth = truth_of(draw, 600)
    errors = errors_of(lambda rng: differences(*draw(rng)), truth)
    # the half example that leans against each end makes small groups err far less
    assert errors.max() <= bound(0.06)


@pytest.mark.parametrize("n_clusters", [12, 30, 100])
@pytest.mark.parametrize("is_crossed", [True, False])
def test_over_clusters_each_end_errs_as_its_alpha_says(n_clusters, is_crossed):
    def sample(rng):
        cluster = np.repeat(np.arange(n_clusters), 12)
        n = len(cluster)
        label = np.tile([True, False], n // 2)
        # every cluster has rows of the group and of the rest, or belongs to one of them
        inside = np.arange(n) % 4 < 2 if is_crossed else cluster % 2 == 0
        effect = rng.normal(scale=0.7, size=(2, n_clusters))
        scores = rng.normal(size=n) + apart(AREA) * label + effect[label.astype(int), cluster]
        return differences(scores, label, inside, cluster=cluster)

    errors = errors_of(sample, [0.0, 0.0, 0.0])
    if n_clusters == 12 and not is_crossed:
        assert errors.max() == 0.0  # six clusters of the group decide nothing
    assert errors.max() <= bound(0.06)


@pytest.mark.parametrize("n_groups", [2, 6])
@pytest.mark.parametrize(("shift", "is_bad"), [(0.0, False), (0.45, True)])
def test_the_lowest_of_all_groups_is_not_wrongly_passed_nor_wrongly_failed(n_groups, shift, is_bad):
    rng, runs, passed, failed = np.random.default_rng(1), 300, 0, 0
    n, limit = 300 * n_groups, -0.05

    def parts(rng, factor=1):
        group = np.arange(n * factor) % n_groups
        label = rng.random(n * factor) < 0.5
        scores = rng.normal(size=n * factor) + apart(AREA) * label + shift * (group == 0)
        return [one for g in range(n_groups) for one in differences(scores, label, group == g)]

    truth = min(one.value for one in parts(np.random.default_rng(2), 200))
    for _ in range(runs):
        found = lowest_of([""] * (3 * n_groups), parts(rng), n=n)
        passed += found.low >= limit
        failed += found.high < limit
    if is_bad:
        assert truth < limit + 0.002
        assert passed / runs <= bound(0.05, runs)
    else:
        assert truth == pytest.approx(0.0, abs=0.005)
        assert failed == 0
