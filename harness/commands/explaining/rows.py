"""Rows of test sets by their ids, from a config's tables or from the personal part of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.commands.explaining.values import Input
from harness.data import FURTHER
from harness.errors import Phrase, UsageError, must, nearest, raise_all

if TYPE_CHECKING:
    from harness.evidence import Bundle
    from harness.pipeline.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are wanted.

    Attributes:
        ids: Example ids.
        dataset: Test set that they are looked for in; None for all.
    """

    ids: tuple[str, ...]
    dataset: str | None = None


def rows_of_config(inputs: Inputs, wanted: Wanted) -> list[Input]:
    """Return rows of the test sets of a config.

    Raises:
        UsageError: With every id that is not there.
    """
    found: dict[str, list[Input]] = {}
    ids: list[str] = []
    for dataset in _chosen(inputs.tests, wanted.dataset):
        labels = None if dataset.label is None else dataset.label.tolist()
        known = dataset.example_id.tolist()
        ids += known
        places = {id: position for position, id in enumerate(known)}
        for id in wanted.ids:
            if (at := places.get(id)) is None:
                continue
            label = None if labels is None or labels[at] < 0 else int(labels[at])
            found.setdefault(id, []).append(_input(dataset.inputs[at], id, label))
    return _one_each(wanted, found, ids)


def rows_of_bundle(bundle: Bundle, wanted: Wanted) -> list[Input]:
    """Return rows of the test sets of a run, with the texts of its personal part.

    Raises:
        UsageError: With every id that is not there; if the texts were left out of the run.
        IntegrityError: If a file is not what its seal says.
    """
    texts = texts_of(bundle, option="--id")
    names = dict.fromkeys(dataset for dataset, _ in texts)
    _chosen(dict.fromkeys(names), wanted.dataset)
    labels = {one.dataset: _labels(one) for one in bundle.predictions()}
    own = [key for key in texts if wanted.dataset in (None, key[0])]
    found: dict[str, list[Input]] = {}
    for dataset, id in own:
        if id in wanted.ids and (given := texts[dataset, id]):
            one = given[0] if len(given) == 1 else given
            found.setdefault(id, []).append(_input(one, id, labels[dataset].get(id)))
    return _one_each(wanted, found, [id for _, id in own])


def texts_of(bundle: Bundle, *, option: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (data set, example id) → the text, or both of a pair, of the rows of a run.

    Args:
        bundle: The run.
        option: What asked for them.

    Raises:
        UsageError: If the texts were left out of the run.
        IntegrityError: If a file is not what its seal says.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not bundle.has_personal:
        got = Phrase(f"a run whose personal part was left out ({bundle.id})")
        raise UsageError(must(option, "come with a run that holds its texts", got))
    raw = pa.BufferReader(bundle.read_bytes("personal/rows.parquet"))
    file = pq.ParquetFile(raw)
    # the column of the second texts is there where rows are pairs or could be
    own = [name for name in ("text", "pair") if name in file.schema_arrow.names]
    further = [name for name in file.schema_arrow.names if name.startswith(FURTHER)]
    columns = ["dataset", "example_id", *own, *further]
    table = file.read(columns=columns).to_pydict()
    return {
        (dataset, id): tuple(text for text in texts if text is not None)
        for dataset, id, *texts in zip(*(table[name] for name in columns), strict=True)
    }


def _labels(predictions: Any) -> dict[str, int]:
    if predictions.label is None:
        return {}
    pairs = zip(predictions.example_id.tolist(), predictions.label.tolist(), strict=True)
    return {id: int(label) for id, label in pairs if label >= 0}


def _input(given: str | tuple[str, ...], id: str, label: int | None) -> Input:
    if isinstance(given, str):
        return Input(given, name=id, label=label)
    return Input(given[0], given[1], name=id, label=label, more=given[2:])


def _chosen(tests: Mapping[str, Any], name: str | None) -> list[Any]:
    if name is None:
        return list(tests.values())
    if name not in tests:
        do = nearest(name, list(tests)).strip()
        what = f"be one of {', '.join(tests)}"
        raise UsageError(must("--data", what, name, do=do))
    return [tests[name]]


def _one_each(
    wanted: Wanted, found: Mapping[str, Sequence[Input]], ids: Sequence[str]
) -> list[Input]:
    problems = []
    for id in wanted.ids:
        n = len(found.get(id, ()))
        if n == 0:
            # a hint costs time, and ids of a long table are all alike
            do = nearest(id, ids[:2000]).strip()
            problems.append(must("--id", f"be one of {len(ids):,} example ids", id, do=do))
        elif n > 1:
            got = Phrase(f"{id!r} in {n} of them")
            problems.append(must("--id", "be in one test set", got, do="Add --data NAME."))
    raise_all(UsageError, problems)
    return [found[id][0] for id in wanted.ids]
