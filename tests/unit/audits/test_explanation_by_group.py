"""Explanations by group: differences of means, groups that cannot be compared, and what is not promised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._group_means import Means, means_of_groups
from audits._groups import GroupOptions, read_columns
from audits.explanation_by_group import explanation_by_group
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement

Run = Callable[..., dict[str, Measurement]]

OPTIONS: dict[str, Any] = {"method": "occlusion", "random_orders": 2}
MODEL = KeywordModel({"bad": (0.0, 3.0), "worse": (0.0, 4.0)}, bias=(2.0, 0.0))


def _texts(n: int) -> list[str]:
    return [f"story{i} a b c bad d e f worse" for i in range(n)]


def _ends(one: Measurement) -> tuple[float, float]:
    low, high = one.estimate.low, one.estimate.high
    assert low is not None
    assert high is not None
    return low, high


def _groups(*sizes: tuple[str, int]) -> dict[str, np.ndarray]:
    return {"region": np.array([name for name, n in sizes for _ in range(n)], dtype=object)}


def test_words_that_decide_are_worth_more_than_words_at_random(decided: Run) -> None:
    groups = _groups(("north", 40), ("south", 40))
    found = decided(explanation_by_group, _texts(80), MODEL, groups=groups, options=OPTIONS)
    for name in ("north", "south"):
        assert _ends(found[f"faithfulness[region={name}]"])[0] > 0.2
    low, high = _ends(found["faithfulness-difference[region=%2A]"])
    assert low == 0.0
    assert high < 0.15


def test_a_small_group_is_not_estimable_and_nothing_can_pass(decided: Run) -> None:
    groups = _groups(("north", 40), ("south", 40), ("west", 4))
    found = decided(explanation_by_group, _texts(84), MODEL, groups=groups, options=OPTIONS)
    whole = found["faithfulness-difference[region=%2A]"]
    assert whole.estimate.high == 1.0
    assert "west (4)" in whole.caveats[0].text
    assert found["faithfulness[region=west]"].caveats[0].params["n"] == 4


def test_rows_are_drawn_so_that_a_rare_group_has_its_share(decided: Run, tmp_path: Path) -> None:
    groups = _groups(("north", 400), ("south", 35))
    found = decided(
        explanation_by_group,
        _texts(435),
        MODEL,
        groups=groups,
        options={**OPTIONS, "rows": 70},
    )
    assert found["faithfulness[region=north]"].estimate.n == 35
    assert found["faithfulness[region=south]"].estimate.n == 35
    rows = pq.read_table(tmp_path / "audits/explanation-by-group/rows.parquet")
    assert rows.num_rows == 70


def test_occlusion_promises_no_sum_and_has_no_steps(decided: Run) -> None:
    groups = _groups(("north", 40), ("south", 40))
    found = decided(explanation_by_group, _texts(80), MODEL, groups=groups, options=OPTIONS)
    for name in ("converged-share[region=north]", "stable-difference[region=%2A]"):
        why = found[name].estimate.why_undefined
        assert why is not None
        assert "has no steps to refine and promises no sum" in why.text


def test_values_that_add_up_by_construction_are_not_counted_as_converged(decided: Run) -> None:
    groups = _groups(("north", 40), ("south", 40))
    options = {**OPTIONS, "method": "kernel-shap"}
    found = decided(explanation_by_group, _texts(80), MODEL, groups=groups, options=options)
    for name in ("converged-share[region=north]", "stable-difference[region=%2A]"):
        why = found[name].estimate.why_undefined
        assert why is not None
        assert "add up by construction" in why.text


def test_integrated_gradients_of_a_sum_converge_in_every_group(decided: Run) -> None:
    pytest.importorskip("torch")
    groups = _groups(("north", 40), ("south", 40))
    found = decided(
        explanation_by_group,
        _texts(80),
        MODEL,
        groups=groups,
        options={**OPTIONS, "method": "integrated-gradients"},
    )
    assert found["converged-share[region=north]"].estimate.value == 1.0
    assert found["stable-share[region=south]"].estimate.value == 1.0
    low, high = _ends(found["converged-difference[region=%2A]"])
    assert low == 0.0
    assert high < 0.15


def test_one_group_gives_the_reason_and_no_comparison(decided: Run) -> None:
    found = decided(
        explanation_by_group,
        _texts(40),
        MODEL,
        groups=_groups(("north", 40)),
        options=OPTIONS,
    )
    for one in found.values():
        assert one.estimate.why_undefined is not None
        assert "one known value only" in one.estimate.why_undefined.text


def test_a_column_like_an_identifier_is_not_measured(decided: Run) -> None:
    groups = {"person": np.array([f"p{i}" for i in range(80)], dtype=object)}
    found = decided(explanation_by_group, _texts(80), MODEL, groups=groups, options=OPTIONS)
    why = found["faithfulness-difference[person=%2A]"].estimate.why_undefined
    assert why is not None
    assert "It may be an identifier" in why.text


def test_covariance_of_disjoint_groups_is_that_of_two_samples() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=50)
    first = np.arange(50) < 20
    means, covariance, df = means_of_groups(values, [first, ~first], None, [20, 30])
    assert means == pytest.approx([values[:20].mean(), values[20:].mean()])
    expected = [values[:20].var(ddof=1) / 20, values[20:].var(ddof=1) / 30]
    assert np.diag(covariance) == pytest.approx(expected)
    assert covariance[0, 1] == 0
    assert df == 19


def test_groups_that_share_every_row_are_not_apart() -> None:
    values = np.random.default_rng(1).normal(size=40)
    rows = np.ones(40, dtype=np.bool_)
    covariance = means_of_groups(values, [rows, rows], None, [40, 40])[1]
    assert covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1] == pytest.approx(0.0)


def _column(names: list[str]) -> Any:
    seen = Predictions(
        "test",
        np.arange(len(names)).astype(str).astype(object),
        np.zeros(len(names), dtype=np.int64),
        2,
        groups={"g": np.array(names, dtype=object)},
    )
    return read_columns(seen, GroupOptions())[0]


def test_groups_of_equal_quality_are_called_apart_in_one_of_twenty() -> None:
    """Three groups, 400 simulations: the failing end at alpha 0.05, with three standard errors 8.3 %."""
    rng = np.random.default_rng(4)
    column = _column(["a"] * 40 + ["b"] * 60 + ["c"] * 100)
    n_apart = 0
    for _ in range(400):
        values = np.clip(rng.normal(0.3, 0.2, size=200), -1, 1)
        estimate, _ = Means(values, None, None).worst(column, 30)
        assert estimate.low is not None
        n_apart += estimate.low > 0
    assert n_apart <= 0.083 * 400


def test_rows_of_one_cluster_count_as_one() -> None:
    rng = np.random.default_rng(5)
    column = _column(["a", "b"] * 60)
    shared = rng.normal(0.3, 0.2, size=20).clip(-1, 1)
    cluster = np.arange(120) // 6
    values = shared[cluster] + rng.normal(0, 0.01, size=120)
    alone, _ = Means(values, None, None).worst(column, 30)
    together, _ = Means(values, cluster, None).worst(column, 30)
    # what both groups share by cluster cancels
    assert together.high is not None
    assert alone.high is not None
    assert together.high < alone.high


def test_fewer_than_ten_clusters_decide_nothing() -> None:
    column = _column(["a", "b"] * 60)
    values = np.random.default_rng(6).uniform(size=120)
    estimate, notes = Means(values, np.arange(120) % 5, None).worst(column, 30)
    assert (estimate.low, estimate.high) == (0.0, 1.0)
    assert "a (60), b (60)" in notes[0].text
