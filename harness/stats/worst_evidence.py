"""What a worst difference or ratio can be recomputed from: counts by class and group, and by cluster.

Legend: g groups, c classes, m clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Evidence
from harness.stats.estimates import Keep, Numbers
from harness.stats.grouping import GroupCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Read = Callable[[Evidence], NDArray[np.float64]]

MOST_INLINE = 4000
"""Numbers of a cluster table that stand in the estimate itself; larger ones go to the bundle."""


def counts_of_evidence(evidence: Evidence, read: Read | None) -> list[GroupCounts]:
    """Return the counts of each class that an evidence holds.

    Raises:
        ContractError: If it does not hold what the methods of this module store.
    """
    values = evidence.values
    try:
        names = tuple(str(name) for name in _listed(values, "groups"))
        reference = values.get("reference")
        successes = np.array(_listed(values, "successes"), dtype=np.int64)
        trials = np.array(_listed(values, "trials"), dtype=np.int64)
        shape = (len(successes), len(names))
        joint = _stored(values, ("joint_successes", "joint_trials"), (*shape, len(names)))
        kinds = _cluster_tables(evidence, read, len(names))
        return [
            GroupCounts(
                names,
                successes[k],
                trials[k],
                joint=None if joint is None else joint[k],
                clusters=None if kinds is None else kinds[k][0],
                times=None if kinds is None else kinds[k][1],
                is_complete=bool(_listed(values, "complete")[k]),
                reference=names.index(reference) if isinstance(reference, str) else None,
            )
            for k in range(len(successes))
        ]
    except (ValueError, TypeError, IndexError, ShapeError) as err:
        raise ContractError(
            "Evidence of a worst difference or ratio must hold groups, successes, trials and "
            f"complete that belong together, got {sorted(values)}."
        ) from err


def evidence_of(
    tables: list[GroupCounts], keep: Keep | None, weights: Sequence[int] | None = None
) -> Evidence:
    """Return the counts as an evidence; a large table of clusters goes through ``keep``."""
    values: dict[str, Any] = {
        "groups": list(tables[0].names),
        "successes": [table.successes.tolist() for table in tables],
        "trials": [table.trials.tolist() for table in tables],
        "complete": [int(table.is_complete) for table in tables],
    }
    if tables[0].reference is not None:
        values["reference"] = tables[0].names[tables[0].reference]
    if weights is not None:
        values["weights"] = [int(weight) for weight in weights]
    if tables[0].joint is not None:
        joint = np.stack([one.joint for one in tables if one.joint is not None])
        for at, name in enumerate(("joint_successes", "joint_trials")):
            values[name] = joint[..., at].reshape(len(tables), -1).tolist()
    if tables[0].clusters is None:
        return Evidence(values=values)
    known = [one for one in tables if one.clusters is not None]
    times = [
        np.ones(len(one.clusters), np.int64) if one.times is None else one.times  # type: ignore[arg-type]
        for one in known
    ]
    values["n_clusters"] = max(int(own.sum()) for own in times)
    values["n_kinds"] = [len(own) for own in times]
    flat = np.concatenate(
        [
            np.concatenate([own, np.ravel(one.clusters)])  # type: ignore[arg-type]
            for one, own in zip(known, times, strict=True)
        ]
    )
    if keep is not None and flat.size > MOST_INLINE:
        return keep(flat.astype(np.float64), values)
    values["cluster_table"] = flat.tolist()
    return Evidence(values=values)


def _cluster_tables(
    evidence: Evidence, read: Read | None, n_groups: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]] | None:
    """Return for each class the kinds of cluster, shape [k, g, 2], and how often they occur, [k].

    Stored one class after the other, first how often and then the counts.
    """
    if "n_kinds" not in evidence.values:
        return None
    inline = evidence.values.get("cluster_table")
    if inline is None and read is None:
        raise ContractError(
            "An estimate over clusters must be re-estimated with a reader of its table, got none."
        )
    flat = np.array(inline) if read is None or inline is not None else read(evidence)
    numbers, found = np.asarray(flat).astype(np.int64), []
    for n_kinds in _listed(evidence.values, "n_kinds"):
        size = n_kinds * n_groups * 2
        times, table = numbers[:n_kinds], numbers[n_kinds : n_kinds + size]
        found.append((table.reshape(n_kinds, n_groups, 2), times))
        numbers = numbers[n_kinds + size :]
    return found


def _stored(
    values: Numbers, names: tuple[str, str], shape: tuple[int, ...]
) -> NDArray[np.int64] | None:
    if names[0] not in values:
        return None
    parts = [np.array(_listed(values, name), dtype=np.int64).reshape(shape) for name in names]
    return np.stack(parts, -1)


def _listed(values: Numbers, name: str) -> list[Any]:
    found = values.get(name)
    if not isinstance(found, list):
        raise ContractError(must("Evidence of a worst difference or ratio", f"hold {name}", found))
    return found
