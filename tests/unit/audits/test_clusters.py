"""Shares and their differences over rows that may share clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audits._clusters import few, few_on_one_side, share, share_difference, shared
from harness.stats import newcombe, wilson


def names(of: Any) -> Any:
    return np.array([f"t{one}" for one in of], dtype=object)


def test_clusters_of_one_row_each_are_rows() -> None:
    assert shared(names(range(5))) is None
    assert shared(None) is None
    assert shared(names([1, 1, 2])) is not None
    is_right = np.arange(40) % 4 > 0
    assert share(is_right, None) == wilson(30, 40)
    one = share_difference((is_right, names(range(40))), (is_right[:20], None))
    assert one == newcombe(30, 40, 15, 20)


def test_a_share_of_some_rows_counts_the_clusters_of_these() -> None:
    is_right, part = np.arange(60) % 3 > 0, np.arange(60) < 40
    estimate = share(is_right, names(np.arange(60) // 2), of=part)
    assert estimate.value == pytest.approx(is_right[:40].mean())
    assert (estimate.n, estimate.method) == (40, "cluster-t")
    assert estimate.evidence is not None
    assert estimate.evidence.values["n_clusters"] == 20
    assert few(names(np.arange(60) // 2), np.arange(60) < 18)[0].params["n_clusters"] == 9
    assert few(names(np.arange(60) // 2), part) == ()


def test_templates_on_both_sides_are_compared_within_themselves() -> None:
    rng = np.random.default_rng(0)
    hard = np.repeat(rng.random(20) < 0.5, 10)
    first = ~hard | (rng.random(200) < 0.2)
    second = ~hard | (rng.random(200) < 0.1)
    template = names(np.repeat(np.arange(20), 10))
    linked = share_difference((first, template), (second, template))
    apart = share_difference((first, template), (second, names(100 + np.repeat(np.arange(20), 10))))
    assert linked.value == apart.value == pytest.approx(first.mean() - second.mean())
    assert linked.low is not None
    assert linked.high is not None
    assert apart.low is not None
    assert apart.high is not None
    assert linked.high - linked.low < 0.5 * (apart.high - apart.low)


def test_few_clusters_on_one_side_leave_the_ends_of_the_range() -> None:
    is_right = np.arange(90) % 3 > 0
    many, nine = names(np.arange(90) // 3), names(np.arange(90) // 10)
    estimate = share_difference((is_right, many), (is_right, nine))
    assert (estimate.low, estimate.value, estimate.high) == (-1, 0, 1)
    assert [one.id for one in few_on_one_side(many, nine)] == ["stats.few-clusters"]
    assert few_on_one_side(many, None) == ()
