"""A sample under a budget has the shape of the whole, and depends on ids and seed alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data import Dataset, take
from harness.pipeline.samples import part_of, sample_positions, sampled
from harness.predictions import Predictions
from harness.records import DatasetRef


def dataset(n: int, *, seed: int = 0, shares: tuple[float, ...] = (0.9, 0.08, 0.02)) -> Dataset:
    rng = np.random.default_rng(seed)
    ref = DatasetRef("test", "memory", None, "", n, n, {"groups": ["region"], "id": "id"})
    return Dataset(
        ref,
        np.array([f"e{row}" for row in range(n)], dtype=object),
        [f"text {row}" for row in range(n)],
        label=rng.integers(0, 2, size=n),
        groups={
            "region": rng.choice(np.array(["big", "small", "tiny"], dtype=object), size=n, p=shares)
        },
    )


def strata(one: Dataset) -> Counter[tuple[Any, ...]]:
    assert one.label is not None
    return Counter(zip(one.label.tolist(), one.groups["region"].tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 400), size=st.integers(0, 420), seed=st.integers(0, 5))
def test_every_stratum_keeps_its_share_to_within_one_row(n: int, size: int, seed: int) -> None:
    whole = dataset(n, seed=seed)
    positions = sample_positions(whole, size, seed=seed)
    assert len(positions) == min(n, size)
    assert sorted(set(positions.tolist())) == positions.tolist()
    kept, all_rows = strata(take(whole, positions)), strata(whole)
    for stratum, rows in all_rows.items():
        assert abs(kept[stratum] - rows * min(n, size) / n) < 1


def test_the_smallest_groups_are_kept_first_where_rounding_leaves_rows_over() -> None:
    whole = dataset(5000, shares=(0.997, 0.002, 0.001))
    kept = strata(sampled(whole, 200, seed=0))
    n_rows = strata(whole)
    lost = [stratum for stratum in n_rows if stratum not in kept]
    saved = [stratum for stratum in kept if n_rows[stratum] * 200 < 5000]
    assert saved  # although their exact share is below half a row
    assert max(n_rows[stratum] for stratum in saved) <= min(n_rows[stratum] for stratum in lost)


def test_the_sample_does_not_depend_on_the_order_of_the_rows() -> None:
    whole = dataset(500)
    turned = take(whole, np.arange(500)[::-1].copy())
    first, second = (sampled(one, 120, seed=3) for one in (whole, turned))
    assert set(first.example_id) == set(second.example_id)
    assert set(first.example_id) != set(sampled(whole, 120, seed=4).example_id)


def test_a_sample_says_that_it_is_one_and_a_whole_set_is_not_touched() -> None:
    whole = dataset(300)
    assert sampled(whole, 200, seed=0).ref.limit == 200
    assert sample_positions(whole, 300, seed=0).tolist() == list(range(300))


def test_rows_without_labels_or_groups_can_be_sampled() -> None:
    bare = replace(dataset(300), label=None, groups={})
    assert len(sample_positions(bare, 50, seed=0)) == 50


def test_predictions_are_cut_with_all_their_columns() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    whole = Predictions(
        "test",
        np.array(["a", "b", "c"], dtype=object),
        np.array([0, 1, 1]),
        2,
        scores=scores,
        label=np.array([0, 1, 0]),
        groups={"sex": np.array(["f", "m", ""], dtype=object)},
    )
    part = part_of(whole, np.array([2, 0]))
    assert part.example_id.tolist() == ["c", "a"]
    assert part.label is not None
    assert part.label.tolist() == [0, 0]
    assert part.scores == pytest.approx(scores[[2, 0]])
    assert part.groups["sex"].tolist() == ["", "f"]
    assert (part.logits, part.cluster, part.truncated) == (None, None, None)
