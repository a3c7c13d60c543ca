"""Which rows ``membership`` looks at: members and others, without what stands on both sides.

Legend: n rows, m members and k others, members first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._clusters import shared
from audits._membership_notes import (
    copies,
    no_labels,
    no_members,
    no_validation,
    too_few,
    unread_member,
)
from harness.data import Dataset, sample_dataset, take
from harness.data.near import has_near_duplicate, normal
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    TextInput = str | tuple[str, ...]

LEAST = 50
"""Rows on each side without which nothing is tried."""

_POOL = 20_000
_NGRAM = 3
_YES, _NO = frozenset({"1", "1.0", "true", "yes"}), frozenset({"0", "0.0", "false", "no"})


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that a model is run over once, whatever they are compared with.

    Attributes:
        name: Data set that its calls count for.
        rows: The rows.
    """

    name: str
    rows: Dataset


@dataclass(frozen=True, slots=True)
class Sides:
    """Members and others of one comparison.

    Attributes:
        dataset: Name that the measurements carry.
        sources: Where they come from: members, others.
        kept: Positions in each source that are looked at.
        caveats: What was left out.
    """

    dataset: str
    sources: tuple[Source, Source]
    kept: tuple[IntArray, IntArray]
    caveats: tuple[Message, ...]

    @property
    def is_member(self) -> BoolArray:
        """Which of the n rows are members, shape [n]."""
        return np.arange(sum(map(len, self.kept))) < len(self.kept[0])

    @property
    def inputs(self) -> list[TextInput]:
        """The n rows."""
        return [
            source.rows.inputs[row]
            for source, rows in zip(self.sources, self.kept, strict=True)
            for row in rows.tolist()
        ]

    @property
    def label(self) -> IntArray | None:
        """Labels, shape [n]; None where a side has none."""
        labels = [source.rows.label for source in self.sources]
        found = [one[rows] for one, rows in zip(labels, self.kept, strict=True) if one is not None]
        return np.concatenate(found) if len(found) == 2 else None

    @property
    def cluster(self) -> NDArray[np.object_] | None:
        """Clusters, shape [n]; None where a side has none, or no two rows share one."""
        clusters = [source.rows.cluster for source in self.sources]
        found = [
            one[rows] for one, rows in zip(clusters, self.kept, strict=True) if one is not None
        ]
        return shared(np.concatenate(found)) if len(found) == 2 else None

    @property
    def time(self) -> FloatArray | None:
        """When each row was made, as a number, shape [n], NaN where it is not known; None without."""
        times = [source.rows.extra.get("time") for source in self.sources]
        found = [
            _numbers(one[rows])
            for one, rows in zip(times, self.kept, strict=True)
            if one is not None
        ]
        return np.concatenate(found) if len(found) == 2 else None

    def without(self, is_left_out: BoolArray, caveats: Sequence[Message]) -> Sides:
        """Return the sides without some of the n rows."""
        m = len(self.kept[0])
        kept = self.kept[0][~is_left_out[:m]], self.kept[1][~is_left_out[m:]]
        return Sides(self.dataset, self.sources, kept, (*self.caveats, *caveats))


def sides_of(ctx: AuditContext) -> Iterator[tuple[str, Sides | Message]]:
    """Yield data set and its members and others, or why there are none."""
    if ctx.options.others == "validation":
        rows = ctx.validation_rows()
        if rows is None:
            yield from ((name, no_validation()) for name in ctx.datasets)
        else:
            yield "validation", _beside_train(ctx, Source("validation", rows))
        return
    train: Source | None = None
    for name in ctx.datasets:
        rows = ctx.rows(name)
        if "member" in rows.extra:
            yield name, _by_column(ctx, Source(name, rows))
            continue
        found = _beside_train(ctx, Source(name, rows), train)
        train = found.sources[0] if isinstance(found, Sides) else train
        yield name, found


def _beside_train(
    ctx: AuditContext, others: Source, known: Source | None = None
) -> Sides | Message:
    train = ctx.train_rows()
    if train is None or train.n == 0 or not train.has_inputs:
        return no_members()
    most, seed = ctx.options.rows, 0
    members = known or Source("train", sample_dataset(train, size=most, seed=seed))
    sampled = Source(others.name, sample_dataset(others.rows, size=most, seed=seed))
    return _apart(ctx, others.name, (members, sampled), whole=train)


def _by_column(ctx: AuditContext, source: Source) -> Sides | Message:
    words = [str(one).strip().lower() for one in source.rows.extra["member"].tolist()]
    is_member = np.array([word in _YES for word in words], dtype=np.bool_)
    unread = sum(word not in _YES | _NO for word in words)
    if unread:
        return unread_member(unread)
    both = [take(source.rows, np.flatnonzero(rows)) for rows in (is_member, ~is_member)]
    sampled = [sample_dataset(one, size=ctx.options.rows, seed=0) for one in both]
    members, others = (Source(source.name, one) for one in sampled)
    return _apart(ctx, source.name, (members, others), whole=both[0])


def _apart(
    ctx: AuditContext, dataset: str, sources: tuple[Source, Source], *, whole: Dataset
) -> Sides | Message:
    """Leave out what stands on both sides, or twice on one."""
    if ctx.task.is_deciding and any(one.rows.label is None for one in sources):
        return no_labels()
    members, others = (source.rows for source in sources)
    pool = sample_dataset(whole, size=_POOL, seed=0)
    learnt = set(map(normal, whole.inputs))
    alike = {"threshold": ctx.options.overlap, "ngram": _NGRAM}
    is_known = np.array([normal(one) in learnt for one in others.inputs], dtype=np.bool_)
    is_known |= has_near_duplicate(others.inputs, [*pool.inputs, *members.inputs], **alike)
    known = [one for one, flag in zip(others.inputs, is_known.tolist(), strict=True) if flag]
    is_shared = has_near_duplicate(members.inputs, known, **alike)
    kept = _first(members.inputs, ~is_shared), _first(others.inputs, ~is_known)
    if min(map(len, kept)) < LEAST:
        return too_few(len(kept[0]), len(kept[1]), least=LEAST)
    left_out = members.n - len(kept[0]), others.n - len(kept[1])
    return Sides(dataset, sources, kept, copies(*left_out))


def _first(inputs: Sequence[TextInput], is_kept: BoolArray) -> IntArray:
    """Return the first row of each content among those that are kept."""
    first: dict[str, int] = {}
    for row in np.flatnonzero(is_kept).tolist():
        first.setdefault(normal(inputs[row]), row)
    return np.array(list(first.values()), dtype=np.int64)


def _numbers(values: NDArray[np.object_]) -> FloatArray:
    return np.array([_number(str(one)) for one in values.tolist()], dtype=np.float64)


def _number(text: str) -> float:
    from datetime import UTC, datetime

    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
