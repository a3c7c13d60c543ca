"""A part of a data set that has the shape of the whole: by label and groups, seeded.

``harness.data.sample_dataset`` keeps the shares of the labels; here groups count too, and what
rounding leaves over goes to the smallest groups first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data import Dataset, take
from harness.data.identity import order_keys
from harness.pipeline.inputs import Inputs
from harness.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def sample_positions(dataset: Dataset, size: int, *, seed: int) -> Ints:
    """Choose rows at random so that every label and group keeps its share.

    A stratum is what has one label and one combination of group values. Each keeps its share to
    within one row, so figures over all rows are not tilted; of the rows that rounding leaves over,
    those strata get one first that would have none, the smallest first. Which rows are taken
    depends on (seed, name of the data set) and on their ids, not on their order; a larger sample
    of one stratum holds the smaller one.

    Returns:
        Positions, ascending, shape [min(size, n)].
    """
    if size >= dataset.n:
        return np.arange(dataset.n, dtype=np.int64)
    stratum = _strata(dataset)
    sizes = np.bincount(stratum)
    quota = _quotas(sizes, size)
    keys = order_keys(dataset.example_id.tolist(), seed=seed, purpose=("budget", dataset.ref.name))
    order = np.lexsort((keys, stratum))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    taken = [order[start : start + k] for start, k in zip(starts, quota.tolist(), strict=False)]
    return np.sort(np.concatenate(taken)).astype(np.int64)


def sampled(dataset: Dataset, size: int, *, seed: int) -> Dataset:
    """Return a sample of a data set, whose reference says that it is one."""
    return take(dataset, sample_positions(dataset, size, seed=seed), limit=size)


@dataclass(frozen=True, slots=True)
class Given:
    """What an audit is measured on."""

    inputs: Inputs
    predictions: dict[str, Predictions]


def cut_rows(
    inputs: Inputs, predictions: Mapping[str, Predictions], sizes: Mapping[str, int], *, seed: int
) -> Given:
    """Keep samples of the named data sets, with their predictions; the others as they are."""
    if not sizes:
        return Given(inputs, dict(predictions))

    def cut(one: Dataset | None) -> Dataset | None:
        if one is None or one.ref.name not in sizes:
            return one
        return sampled(one, sizes[one.ref.name], seed=seed)

    tests, parts = {}, {}
    for name, one in inputs.tests.items():
        rows = sample_positions(one, sizes.get(name, one.n), seed=seed)
        tests[name] = take(one, rows, limit=len(rows)) if name in sizes else one
        parts[name] = part_of(predictions[name], rows) if name in sizes else predictions[name]
    return Given(Inputs(cut(inputs.train), cut(inputs.validation), tests), parts)


def part_of(predictions: Predictions, rows: Ints) -> Predictions:
    """Return the predictions of some rows.

    Args:
        predictions: Of n rows.
        rows: Positions to keep, shape [k].
    """

    def kept(values: Any) -> Any:
        return None if values is None else values[rows]

    return replace(
        predictions,
        example_id=predictions.example_id[rows],
        decision=predictions.decision[rows],
        scores=kept(predictions.scores),
        logits=kept(predictions.logits),
        label=kept(predictions.label),
        groups={name: values[rows] for name, values in predictions.groups.items()},
        controls={name: values[rows] for name, values in predictions.controls.items()},
        cluster=kept(predictions.cluster),
        truncated=kept(predictions.truncated),
    )


def _strata(dataset: Dataset) -> Ints:
    columns = [values.tolist() for _, values in sorted(dataset.groups.items())]
    labels = [0] * dataset.n if dataset.label is None else dataset.label.tolist()
    seen: dict[tuple[object, ...], int] = {}
    codes = [seen.setdefault(row, len(seen)) for row in zip(labels, *columns, strict=True)]
    # numbered by name, not by first appearance: the order of the rows must not matter
    rank = {code: number for number, (_, code) in enumerate(sorted(seen.items(), key=_by_name))}
    return np.array([rank[code] for code in codes], dtype=np.int64)


def _by_name(entry: tuple[tuple[object, ...], int]) -> tuple[str, ...]:
    return tuple(map(str, entry[0]))


def _quotas(sizes: Ints, size: int) -> Ints:
    exact = sizes.astype(np.int64) * size
    quota, remainder = np.divmod(exact, max(1, int(sizes.sum())))
    left = size - int(quota.sum())
    is_filled = quota > 0
    # empty strata first, the smallest of them first; then the largest remainders
    order = np.lexsort((-remainder, np.where(is_filled, 0, sizes), is_filled))
    order = order[remainder[order] > 0]
    quota[order[:left]] += 1
    return quota.astype(np.int64)
