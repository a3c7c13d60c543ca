"""Figures of two decisions about the same rows: values as others compute them, intervals of pairs."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sklearn import metrics

from harness.errors import ContractError, ShapeError
from harness.records import Estimate, from_json, to_json
from harness.stats import Figure, figure_value, paired_difference, paired_figure, reestimate

BALANCED = Figure("confusion", ("balanced-accuracy",))
RIGHT = Figure("rate", ("accuracy",))


def rows(n=600, c=2, *, seed=0, flips=0.1):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, c, n)
    first = np.where(rng.random(n) < 0.85, label, rng.integers(0, c, n))
    second = np.where(rng.random(n) < flips, rng.integers(0, c, n), first)
    return label, first, second


@pytest.mark.parametrize(
    ("figure", "theirs"),
    [
        (BALANCED, metrics.balanced_accuracy_score),
        (Figure("confusion", ("mcc",)), metrics.matthews_corrcoef),
        (
            Figure("confusion", ("macro-f1",)),
            lambda y, d: metrics.f1_score(y, d, average="macro"),
        ),
        (
            Figure("confusion", ("macro-precision",)),
            lambda y, d: metrics.precision_score(y, d, average="macro"),
        ),
        (
            Figure("confusion", ("f1",), (2,)),
            lambda y, d: metrics.f1_score(y, d, labels=[2], average="macro"),
        ),
        (
            Figure("confusion", ("precision",), (1,)),
            lambda y, d: metrics.precision_score(y, d, labels=[1], average="macro"),
        ),
        (RIGHT, metrics.accuracy_score),
        (
            Figure("rate", ("tpr",), (0,)),
            lambda y, d: metrics.recall_score(y, d, labels=[0], average="macro"),
        ),
    ],
)
def test_a_difference_is_that_of_scikit_learn(figure, theirs):
    label, first, second = rows(c=3)
    found = paired_figure(figure, label, first, second, n_classes=3)
    # 1e-12: the same few sums of counts, in another order
    assert found.value == pytest.approx(theirs(label, first) - theirs(label, second), abs=1e-12)
    assert found.low < found.value < found.high
    assert figure_value(figure, label, first, n_classes=3) == pytest.approx(theirs(label, first))


def test_worst_differences_and_ratios_are_those_of_fairlearn():
    from fairlearn.metrics import (
        demographic_parity_difference,
        demographic_parity_ratio,
        equalized_odds_difference,
    )

    label, first, second = rows(n=900)
    group = np.random.default_rng(3).integers(0, 4, 900)
    for figure, theirs in (
        (Figure("difference", ("selection-rate",), (1,)), demographic_parity_difference),
        (Figure("ratio", ("selection-rate",), (1,)), demographic_parity_ratio),
        (Figure("difference", ("tpr", "fpr"), (1,)), equalized_odds_difference),
    ):
        found = paired_figure(
            figure, label, first, second, n_classes=2, stratum=group, member=np.eye(4, dtype=bool)
        )
        wanted = [theirs(label, one, sensitive_features=group) for one in (first, second)]
        assert found.value == pytest.approx(wanted[0] - wanted[1], abs=1e-12)


def test_accuracy_has_nearly_the_interval_of_the_score_test():
    label, first, second = rows(n=2000)
    ours = paired_figure(RIGHT, label, first, second, n_classes=2)
    tango = paired_difference(first == label, second == label)
    # 8,000 draws: an end varies by about 2 % of the width from seed to seed
    assert ours.low == pytest.approx(tango.low, abs=0.04 * (tango.high - tango.low))
    assert ours.high == pytest.approx(tango.high, abs=0.04 * (tango.high - tango.low))


@pytest.mark.parametrize("cluster", [None, np.arange(600) % 50])
def test_equal_decisions_differ_by_exactly_0_with_an_interval_of_some_width(cluster):
    label, first, _ = rows()
    found = paired_figure(BALANCED, label, first, first, n_classes=2, cluster=cluster)
    assert found.value == 0
    assert -0.1 < found.low < 0 < found.high < 0.1


def test_swapped_sides_turn_the_sign():
    label, first, second = rows()
    one = paired_figure(BALANCED, label, first, second, n_classes=2)
    other = paired_figure(BALANCED, label, second, first, n_classes=2)
    assert one.value == pytest.approx(-other.value)
    assert one.low == pytest.approx(-other.high, abs=0.003)


def test_rows_in_two_groups_count_in_both():
    label, first, second = rows(n=400)
    member = np.array([[True, False], [False, True], [True, True]])
    pattern = np.arange(400) % 3
    found = paired_figure(
        Figure("gap", ("accuracy",)),
        label,
        first,
        second,
        n_classes=2,
        stratum=pattern,
        member=member,
    )
    inside = member[pattern]
    right = (first == label).astype(float) - (second == label)
    wanted = right[inside[:, 0]].mean() - right[inside[:, 1]].mean()
    assert found.value == pytest.approx(wanted)


def test_whole_clusters_vary_more_than_their_rows():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(40), 15)
    label = rng.integers(0, 2, 600)
    first = label.copy()
    second = np.where(rng.random(40)[cluster] < 0.2, 1 - label, label)  # whole clusters flip
    loose = paired_figure(BALANCED, label, first, second, n_classes=2)
    tight = paired_figure(BALANCED, label, first, second, n_classes=2, cluster=cluster)
    assert tight.value == loose.value
    assert tight.high - tight.low > 2 * (loose.high - loose.low)


def test_fewer_than_10_clusters_leave_the_ends_of_the_range():
    label, first, second = rows()
    found = paired_figure(BALANCED, label, first, second, n_classes=2, cluster=np.arange(600) % 9)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_the_same_seed_gives_the_same_ends_and_json_keeps_what_moves_them():
    label, first, second = rows(c=4)
    cluster = np.arange(600) % 60
    for more in ({}, {"cluster": cluster}):
        one = paired_figure(BALANCED, label, first, second, n_classes=4, seed=7, **more)
        again = from_json(Estimate, to_json(one), where="test")
        assert again == paired_figure(BALANCED, label, first, second, n_classes=4, seed=7, **more)
        moved = reestimate(again, alpha_low=0.005)
        assert moved.low < one.low
        assert reestimate(moved, alpha_low=0.05) == one


def test_a_group_that_a_draw_can_lose_leaves_the_ends_of_the_range():
    label, first, second = rows(n=300)
    cluster = np.arange(300) % 30
    group = (cluster == 0).astype(int)  # in one cluster alone
    found = paired_figure(
        Figure("difference", ("ppv",), (1,)),
        label,
        np.where(group == 1, 0, first),
        second,
        n_classes=2,
        stratum=group,
        member=np.eye(2, dtype=bool),
        cluster=cluster,
    )
    assert found.value is None  # the first decisions never decide for the class in that group
    assert found.why_undefined.id == "stats.paired-undefined"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cells", [[0, 0, 0, 9, 3]]),
        ("cells", [[5, 0, 0, 1, 3]]),
        ("cells", "nothing"),
        ("kind", None),
        ("clusters", [[1, 0, 5]]),
        ("names", ["nonsense"]),
    ],
)
def test_evidence_that_cannot_be_is_refused(key, value):
    label, first, second = rows()
    found = paired_figure(BALANCED, label, first, second, n_classes=2)
    values = {**found.evidence.values, key: value}
    broken = replace(found, evidence=replace(found.evidence, values=values))
    with pytest.raises(ContractError):
        reestimate(broken, alpha_low=0.01)


def test_what_cannot_be_asked_is_refused():
    label, first, second = rows()
    with pytest.raises(ShapeError):
        paired_figure(BALANCED, label, first[:-1], second, n_classes=2)
    with pytest.raises(ContractError, match="names must be among"):
        paired_figure(Figure("rate", ("nonsense",)), label, first, second, n_classes=2)
    nothing = np.zeros(0, dtype=np.int64)
    assert paired_figure(BALANCED, nothing, nothing, nothing, n_classes=2).value is None


def test_no_row_text_or_id_is_in_the_evidence():
    label, first, second = rows()
    values = paired_figure(BALANCED, label, first, second, n_classes=2).evidence.values
    assert len(json.dumps(values)) < 500


def test_more_draws_reach_a_tail_that_one_block_does_not_and_never_narrow_it():
    label, first, second = rows()
    found = paired_figure(BALANCED, label, first, second, n_classes=2)
    lows = [reestimate(found, alpha_low=a).low for a in (0.05, 0.002, 0.001, 0.0005, 0.0002, 1e-5)]
    assert lows == sorted(lows, reverse=True)
    assert lows[-2] > -0.5  # Holm over 250 findings still has an end
    assert lows[-1] == -1.0  # and beyond what was drawn nothing is claimed


EXTREME_KINDS = ("difference", "ratio", "lowest", "highest", "of-highest")


@pytest.mark.parametrize("kind", EXTREME_KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_an_extreme_of_small_groups_lies_inside_a_possible_interval(kind, seed):
    # few rows in each group: the extreme stands at a corner, and its draws lie far from its value
    rng = np.random.default_rng(seed)
    stratum = np.repeat([0, 1, 2], [14, 10, 8])
    label = rng.integers(0, 2, 32)
    first = np.where(rng.random(32) < 0.9, label, 1 - label)
    first[label == 0] = 0
    first[[int(np.flatnonzero((label == 0) & (stratum == s))[0]) for s in range(3)]] = 1
    second = first.copy()
    second[np.flatnonzero((label == 0) & (stratum == 0))[:5]] = 1
    figure = Figure(kind, ("fpr",), (1,))
    ends = [
        paired_figure(
            figure, label, first, second, n_classes=2, stratum=stratum,
            member=np.eye(3, dtype=bool), alpha_low=alpha, alpha_high=alpha,
        )
        for alpha in (0.05, 0.01, 0.0005)
    ]  # fmt: skip
    for one in ends:
        assert -1 <= one.low < one.value < one.high <= 1
    for wide, narrow in pairwise(reversed(ends)):
        assert wide.low <= narrow.low < narrow.high <= wide.high
