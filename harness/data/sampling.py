"""Seeded samples and splits that do not depend on the order of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.data.dataset import Dataset, take
from harness.data.identity import order_keys
from harness.errors import DataError, Phrase, must, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


def sample_dataset(dataset: Dataset, *, size: int, seed: int) -> Dataset:
    """Return a seeded sample of exactly ``size`` rows, stratified by label, in the old order.

    Every class keeps its share to within one row. Which rows are taken depends on (seed, name of
    the data set) and on their ids, not on their order. A data set that is not larger is returned as
    it is.
    """
    if size >= dataset.n:
        return dataset
    keys = order_keys(dataset.example_id.tolist(), seed=seed, purpose=("limit", dataset.ref.name))
    _, stratum = np.unique(_strata(dataset), return_inverse=True)
    quota = allocate(np.bincount(stratum), size)
    order = np.lexsort((keys, stratum))
    starts = np.concatenate(([0], np.cumsum(np.bincount(stratum))))
    taken = [order[start : start + k] for start, k in zip(starts, quota.tolist(), strict=False)]
    return take(dataset, np.sort(np.concatenate(taken)), limit=size)


def split_dataset(
    dataset: Dataset,
    *,
    share: float,
    seed: int,
    names: tuple[str, str] = ("train", "validation"),
    by: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Split a data set in two; the second part holds a seeded share of the rows.

    What stays together: rows of one cluster and rows with one value of ``split_by``, where the data
    set has either; else rows with identical inputs, and then every class keeps its share as far as
    that allows. With whole clusters the share is met as closely as their sizes allow, and the
    classes may differ. A row whose ``split_by`` is missing stands alone.

    Args:
        dataset: What to split. Both parts carry its quarantined rows and its ``n_read``.
        share: Share of the rows for the second part, between 0 and 1.
        seed: Seed of the run.
        names: Names of the two parts.
        by: Column that the data set must have been loaded with as ``split_by``.

    Raises:
        DataError: If the share is not between 0 and 1, ``by`` was not loaded, or one part would be
            empty.
    """
    _check_split(dataset, share, by)
    unit = _units(dataset)
    n_units = int(unit.max()) + 1 if dataset.n else 0
    if n_units < 2:
        what = "hold at least two rows that may stand on different sides"
        got = Phrase(f"{n_units} in {dataset.ref.file}, {dataset.n} rows kept together")
        raise DataError(must(f"The split of {dataset.ref.name}", what, got))
    sizes = np.bincount(unit, minlength=n_units)
    first_row = np.unique(unit, return_index=True)[1]
    stratum = _strata(dataset)[first_row] if _is_free(dataset) else np.zeros(n_units, np.int64)
    target = min(max(round(share * dataset.n), 1), dataset.n - 1)
    keys = _unit_keys(dataset, unit, seed=seed, purpose=("split", dataset.ref.name, names[1]))
    chosen = _choose(sizes, stratum, keys, target=target)
    is_second = chosen[unit]
    return (
        take(dataset, np.flatnonzero(~is_second), name=names[0]),
        take(dataset, np.flatnonzero(is_second), name=names[1]),
    )


def allocate(sizes: NDArray[np.integer], total: int) -> Ints:
    """Share out a whole number in proportion to sizes, by largest remainders.

    Args:
        sizes: Size of each stratum, shape [k].
        total: What to share out, at most the sum of the sizes.

    Returns:
        Shape [k], sums to ``total``, each within one of its exact share and at most its size.

    Source: Hamilton's method.
    """
    exact = sizes.astype(np.int64) * total
    quota, remainder = np.divmod(exact, max(int(sizes.sum()), 1))
    left = total - int(quota.sum())
    order = np.lexsort((np.arange(len(sizes)), -sizes, -remainder))
    quota[order[:left]] += 1
    return quota


def _strata(dataset: Dataset) -> Ints:
    return np.zeros(dataset.n, np.int64) if dataset.label is None else dataset.label


def _is_free(dataset: Dataset) -> bool:
    return dataset.cluster is None and "split_by" not in dataset.extra


def _check_split(dataset: Dataset, share: float, by: str | None) -> None:
    if not 0 < share < 1:
        what = "lie between 0 and 1"
        raise DataError(must(f"The split share of {dataset.ref.name}", what, share))
    column = dataset.ref.roles.get("split_by")
    if by is not None and column != by:
        known = [one for one in dataset.ref.roles.values() if isinstance(one, str)]
        what = "be the column that was read to split by"
        raise DataError(must("data.split.by", what, by, do=nearest(by, known).strip()))


def _units(dataset: Dataset) -> Ints:
    """Return the number of the unit that each row belongs to, shape [n], from 0 without gaps."""
    if _is_free(dataset):
        return _codes(dataset.inputs) if dataset.has_inputs else np.arange(dataset.n)
    columns = [] if dataset.cluster is None else [dataset.cluster.tolist()]
    if "split_by" in dataset.extra:
        columns.append([one or (i,) for i, one in enumerate(dataset.extra["split_by"].tolist())])
    if len(columns) == 1:
        return _codes(columns[0])
    return _joined(_codes(columns[0]), _codes(columns[1]))


def _codes(values: Sequence[object]) -> Ints:
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(one, len(seen)) for one in values], dtype=np.int64)


def _joined(left: Ints, right: Ints) -> Ints:
    """Return one number for all rows that are linked through equal numbers on either side."""
    parent = list(range(int(left.max()) + int(right.max()) + 2))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    offset = int(left.max()) + 1
    for one, other in set(zip(left.tolist(), (right + offset).tolist(), strict=True)):
        parent[root(one)] = root(other)
    return _codes([root(one) for one in left.tolist()])


def _unit_keys(
    dataset: Dataset, unit: Ints, *, seed: int, purpose: Sequence[str]
) -> NDArray[np.uint64]:
    # the smallest id names the unit; the smallest *key* would put large units first
    name: dict[int, str] = {}
    for code, one in zip(unit.tolist(), dataset.example_id.tolist(), strict=True):
        name[code] = min(name.get(code, one), one)
    return order_keys([name[code] for code in range(len(name))], seed=seed, purpose=purpose)


def _choose(
    sizes: Ints, stratum: Ints, keys: NDArray[np.uint64], *, target: int
) -> NDArray[np.bool_]:
    """Choose units at random so that each stratum comes as close to its part as sizes allow."""
    chosen = np.zeros(len(sizes), dtype=bool)
    _, stratum = np.unique(stratum, return_inverse=True)
    n_rows = np.bincount(stratum, weights=sizes).astype(np.int64)
    left = allocate(n_rows, target).tolist()
    size, code = sizes.tolist(), stratum.tolist()
    for i in np.argsort(keys, kind="stable").tolist():
        want = left[code[i]]
        if abs(want - size[i]) < want:  # taking it leads nearer to what is wanted
            chosen[i] = True
            left[code[i]] = want - size[i]
    smallest = np.lexsort((keys, sizes))[0]
    if not chosen.any():
        chosen[smallest] = True
    if chosen.all():
        chosen[smallest] = False
    return chosen
