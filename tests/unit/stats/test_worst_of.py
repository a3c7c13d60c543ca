"""The worst of several estimates: which end is corrected, and that the evidence gives both back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.errors import ContractError
from harness.records import Estimate, Evidence
from harness.stats import (
    NoisyParts,
    ScoreOrder,
    area_difference,
    cluster_share,
    examples_needed,
    farthest_of,
    highest_of,
    linear_estimate,
    linear_parts,
    lowest_of,
    reestimate,
)


def differences(k: int) -> list[Estimate]:
    """Areas of k groups minus the overall area; the last group is ranked worse."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, k, 1000)
    label = rng.random(1000) < 0.5
    order = ScoreOrder.of(rng.normal(size=1000) + label * np.where(group == k - 1, 0.2, 1.5))
    whole = order.area(np.flatnonzero(label), np.flatnonzero(~label))
    found = []
    for one in range(k):
        inside = group == one
        own = order.area(np.flatnonzero(label & inside), np.flatnonzero(~label & inside))
        found.append(area_difference(own, whole, order, n=int(inside.sum())))
    return found


def means(*shifts: float) -> list[Estimate]:
    rng = np.random.default_rng(1)
    found = []
    for shift in shifts:
        x = np.clip(rng.normal(scale=0.3, size=200) + shift, -1, 1)
        centred = (x - x.mean()) / 200
        found.append(
            linear_estimate(x.mean(), centred, unit="difference", range_low=-1.0, range_high=1.0)
        )
    return found


def moved(one: Estimate, alpha: float) -> Estimate:
    return reestimate(one, alpha_low=alpha, alpha_high=alpha)


def test_the_lowest_passes_by_the_lowest_end_and_fails_by_a_shared_error() -> None:
    parts = differences(4)
    found = lowest_of(list("abcd"), parts, n=1000)
    assert found.value == min(one.value for one in parts if one.value is not None)
    assert found.low == min(one.low for one in parts if one.low is not None)
    together = [moved(one, 0.05 / 4).high for one in parts]
    assert found.high == min(high for high in together if high is not None)


def test_the_farthest_from_nothing_counts_both_directions() -> None:
    parts = means(0.02, -0.3, 0.1)
    found = farthest_of(list("abc"), parts, n=600)
    assert found.value == max(abs(one.value) for one in parts if one.value is not None)
    assert found.high == max(
        max(-one.low, one.high) for one in parts if one.low is not None and one.high is not None
    )
    low = moved(parts[1], 0.05 / 6)
    assert low.high is not None
    assert found.low == -low.high


def test_what_is_not_whole_cannot_pass_and_can_still_fail() -> None:
    lowest = lowest_of(list("abcd"), differences(4), n=1000, is_complete=False)
    assert lowest.low == -1.0
    assert lowest.high is not None
    assert lowest.high < 0
    farthest = farthest_of(list("ab"), means(0.0, 0.4), n=400, is_complete=False)
    assert farthest.high == 1.0
    assert farthest.low is not None
    assert farthest.low > 0.3


@pytest.mark.parametrize("is_kept", [False, True])
def test_both_ends_follow_from_the_evidence(is_kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []

    def keep(numbers: Any, values: Any) -> Evidence:
        kept.append(numbers)
        return Evidence(values=dict(values), path="somewhere", column="r0")

    if is_kept:
        monkeypatch.setattr("harness.stats.worst_of.MOST_INLINE", 0)
    parts = differences(3)
    found = lowest_of(list("abc"), parts, n=1000, keep=keep)
    assert bool(kept) == is_kept
    again = reestimate(found, alpha_low=0.05, alpha_high=0.05, read=lambda _: kept[0])
    assert again == found
    narrow = reestimate(found, alpha_low=0.2, alpha_high=0.2, read=lambda _: kept[0])
    assert narrow.low == min(moved(one, 0.2).low or 0.0 for one in parts)


def test_evidence_that_lacks_its_numbers_is_refused() -> None:
    found = lowest_of(list("abc"), differences(3), n=1000)
    assert found.evidence is not None
    values = {name: one for name, one in found.evidence.values.items() if name != "parts"}
    with pytest.raises(ContractError, match="hold part, keys and parts"):
        reestimate(replace(found, evidence=Evidence(values=values)), alpha_low=0.01)


def test_estimates_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ContractError, match="parts must have one unit and one method"):
        lowest_of(["a", "b"], [*differences(1), *means(0.1)], n=2)
    assert not lowest_of([], [], n=0).is_measured


def test_parts_of_a_sum_are_linear_estimates() -> None:
    parts = NoisyParts(np.array([0.1, -0.2]), np.diag([0.01, 0.04]), 50, 500)
    first, second = linear_parts(parts, units=50, unit="share", is_clustered=False)
    from scipy.stats import t

    assert first.low == pytest.approx(0.1 - t.ppf(0.95, 49) * 0.1)
    assert second.high == pytest.approx(-0.2 + t.ppf(0.95, 49) * 0.2)
    few = linear_parts(parts, units=9, unit="share", is_clustered=True)[0]
    assert (few.low, few.high) == (-1.0, 1.0)


def test_no_number_of_rows_is_promised_where_a_part_is_missing() -> None:
    parts = means(0.02, -0.05)
    open_one = farthest_of(["a", "b"], parts, n=400, is_complete=False)
    assert examples_needed(open_one, 0.2, direction="at_most") is None
    whole = farthest_of(["a", "b"], parts, n=400)
    assert examples_needed(whole, 0.06, direction="at_most") is not None
    lowest = lowest_of(["a", "b"], parts, n=400, is_complete=False)
    assert examples_needed(lowest, -0.3, direction="at_least") is None


def shares(*successes: list[int]) -> list[Estimate]:
    return [cluster_share(each, [2] * len(each)) for each in successes]


def test_the_highest_share_passes_by_the_highest_end_and_fails_by_a_shared_error() -> None:
    parts = shares([0] * 40, [1, 0] * 20, [2, 1, 0, 0] * 10)
    found = highest_of(list("abc"), parts, n=240)
    assert (found.method, found.unit) == ("highest-of", "share")
    assert found.value == max(one.value for one in parts if one.value is not None)
    assert found.high == max(one.high for one in parts if one.high is not None)
    shared = [reestimate(one, alpha_low=0.05 / 3, alpha_high=0.05).low for one in parts]
    assert found.low == max(one for one in shared if one is not None)
    assert moved(found, 0.01).high == max(moved(one, 0.01).high or 0.0 for one in parts)
    assert moved(moved(found, 0.01), 0.05) == found


def test_one_share_alone_is_the_highest_with_its_own_ends() -> None:
    (part,) = shares([1, 0, 2, 0] * 10)
    found = highest_of(["a"], [part], n=80)
    assert (found.value, found.low, found.high) == (part.value, part.low, part.high)


def test_few_clusters_or_a_missing_share_leave_the_highest_open() -> None:
    few = highest_of(["a", "b"], shares([1] * 9, [0] * 9), n=36)
    assert (few.low, few.high) == (0.0, 1.0)
    parts = shares([0] * 40, [1, 0] * 20)
    assert highest_of(["a", "b"], parts, n=160, is_complete=False).high == 1.0
    assert not highest_of([], [], n=0).is_measured


def test_the_highest_is_of_shares_over_clusters_only() -> None:
    with pytest.raises(ContractError, match="cluster-t"):
        highest_of(["a"], means(0.1), n=200)
    with pytest.raises(ContractError, match="linear"):
        lowest_of(["a"], shares([1, 0] * 20), n=80)
