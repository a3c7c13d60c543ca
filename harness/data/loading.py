"""From a file to a data set: roles, quarantine, groups held apart, limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.data.building import build
from harness.data.dataset import Dataset, QuarantinedRow, digest_rows
from harness.data.joining import GroupTable, read_groups
from harness.data.reasons import summary
from harness.data.roles import RoleReader, Roles, content_cells, note_repeated_ids
from harness.data.sampling import sample_dataset
from harness.data.source import Reading, Source
from harness.data.spec import TableSpec
from harness.data.tables import open_table
from harness.data.values import MISSING, class_lookup, shown_classes, shown_values
from harness.errors import DataError, nearest, raise_all
from harness.records import GroupPlan, Message, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray


def load_dataset(spec: TableSpec, task: Task, *, name: str, seed: int) -> Dataset:
    """Read a table of examples.

    Rows that cannot be used are set aside by reason, never dropped in silence; the others keep
    their order. A row without a group value keeps ``""``; a row without a cluster stands alone.

    Args:
        spec: The file and the role of its columns.
        task: Its classes are what labels may be.
        name: ``train``, ``validation``, or the name of a test set.
        seed: Seed of the run, for ``spec.limit``.

    Raises:
        DataError: With every problem of the table at once: the file, its encoding, its columns, its
            labels, the groups file, or when no row can be used.
    """
    source = Source(
        spec.path,
        spec.encoding,
        spec.where,
        spec.place,
        spec.wanted(),
        spec.memory,
        spec.hub,
        spec.split,
    )
    reading, roles, apart = _read(source, spec, task)
    if roles.label is not None:
        _check_labels(source, roles, task, column=spec.label)
    if "id" in roles.columns:
        note_repeated_ids(roles, content_cells(roles))
    kept, quarantined = _kept(source, roles)
    dataset = build(spec, reading, roles, kept=kept, quarantined=quarantined, name=name)
    if apart is not None:
        dataset = _with_groups(dataset, spec, apart)
    dataset = replace(dataset, caveats=(*dataset.caveats, *_merged_spaces(spec, roles)))
    dataset = replace(dataset, group_plans=_plans(dataset, spec, roles, apart))
    if spec.limit is not None:
        dataset = sample_dataset(dataset, size=spec.limit, seed=seed)
    return replace(dataset, ref=replace(dataset.ref, content_digest=digest_rows(dataset)))


def _read(source: Source, spec: TableSpec, task: Task) -> tuple[Reading, Roles, GroupTable | None]:
    problems = _spec_problems(source, spec, task)
    reader = RoleReader(spec, class_lookup(task.classes, spec.label_values))
    reading, apart = Reading(iter(())), None
    try:
        reading = open_table(source)
        for piece in reading.pieces:
            reader.add(piece)
    except DataError as err:
        problems.extend(err.problems)
    try:
        apart = read_groups(spec)
    except DataError as err:
        problems.extend(err.problems)
    raise_all(DataError, problems)
    return reading, reader.finished(), apart


def _spec_problems(source: Source, spec: TableSpec, task: Task) -> list[str]:
    problems = []
    for raw, name in (spec.label_values or {}).items():
        if name not in task.classes:
            what = f"name a class of the task ({shown_classes(task.classes)})"
            do = nearest(name, task.classes).strip()
            problems.append(source.problem(f"label_values.{raw}", what, repr(name), do=do))
    if spec.limit is not None and spec.limit < 1:
        problems.append(source.problem("limit", "be an integer >= 1", str(spec.limit)))
    if spec.label is not None and spec.label in spec.text_columns:
        what = "name another column than the text"
        problems.append(source.problem("label", what, repr(spec.label)))
    return problems


def _check_labels(source: Source, roles: Roles, task: Task, *, column: str | None) -> None:
    label = roles.label
    assert label is not None  # the caller asks only with a label role
    n_outside = len(roles.outside)
    n_given = int((label != MISSING).sum())
    if n_outside * 2 <= n_given:
        return
    what = f"hold the task's classes ({shown_classes(task.classes)}) or their ids"
    got = (
        f"{shown_values(roles.outside)} on {n_outside} of {n_given} labelled rows of column {column!r} "
        f"in {source.name}"
    )
    do = "Say what the values mean with label_values, or name another column."
    raise DataError(source.problem("label", what, got, do=do))


def _kept(source: Source, roles: Roles) -> tuple[NDArray[np.int64], tuple[QuarantinedRow, ...]]:
    set_aside = roles.broken + [
        QuarantinedRow(roles.line[i], reason, detail)
        for i, (reason, detail) in roles.faults.items()
    ]
    set_aside.sort(key=lambda row: row.line)
    is_kept = np.ones(len(roles.row), dtype=bool)
    is_kept[list(roles.faults)] = False
    if not is_kept.any():
        got = f"none among the {roles.n_read} of {source.name}: {summary(set_aside)}"
        raise DataError(source.problem("path", "hold rows that can be used", got))
    return np.flatnonzero(is_kept), tuple(set_aside)


def _merged_spaces(spec: TableSpec, roles: Roles) -> Iterator[Message]:
    """Say which labels of groups were made one by taking white space away."""
    for column, padded in roles.padded.items():
        merged = sorted((padded.keys() & roles.bare[column]) - {""})
        if merged:
            yield Message.of(
                "data.group-spaces",
                "{n} cells of the group column {column} of {file} have white space around a label that "
                "also stands there without; they count as the same: {labels}.",
                n=sum(padded[label] for label in merged),
                column=column,
                file=spec.name,
                labels=shown_classes([repr(label[:30]) for label in merged]),
            )


def _plans(
    dataset: Dataset, spec: TableSpec, roles: Roles, apart: GroupTable | None
) -> dict[str, GroupPlan]:
    lists = {*roles.list_columns, *spec.separators, *(apart.list_columns if apart else ())}
    planned = {name: spec.group_plans.get(name, GroupPlan()) for name in dataset.groups}
    return {
        name: replace(plan, is_list=plan.is_list or name in lists) for name, plan in planned.items()
    }


def _with_groups(dataset: Dataset, spec: TableSpec, apart: GroupTable) -> Dataset:
    joined, n_missing = apart.join(dataset.example_id.tolist())
    groups = {name: joined.get(name, dataset.groups.get(name)) for name in spec.all_groups}
    caveats = dataset.caveats
    if n_missing:
        missing = Message.of(
            "data.groups-file-incomplete",
            "{n_missing} of {n} usable rows of {file} have no entry in {groups_file}; their groups "
            "are unknown.",
            n_missing=n_missing,
            n=dataset.n,
            file=dataset.ref.file,
            groups_file=apart.source.name,
        )
        caveats = (*caveats, missing)
    return replace(
        dataset,
        groups={name: values for name, values in groups.items() if values is not None},
        caveats=caveats,
    )
