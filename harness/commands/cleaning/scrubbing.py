"""``assay data scrub``: a copy of a table without the personal values and secrets that were found."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from harness.commands.cleaning.columns import (
    compared_columns,
    compared_texts,
    in_column,
    text_columns,
)
from harness.commands.cleaning.tables import (
    Row,
    Whole,
    changed,
    read_whole,
    texts_in,
    write_whole_table,
)
from harness.data.near import is_near_repeat, is_repeat
from harness.detectors import (
    REPLACED,
    Detector,
    Inventory,
    Span,
    detector_named,
    detector_recall,
    replacement,
    without_overlaps,
)
from harness.errors import UsageError, must
from harness.files import sha256_file, whole_file, write_whole
from harness.pipeline.masking import mask_what_is_said
from harness.secrecy import normal_value
from harness.unwritten import Unwritten

METHODS = ("replace", "mask")
REPEATS = ("none", "exact", "near")
REPORT = ".report.json"
_CHUNK = 2048
_MIN_DIGITS = 13
"""Shorter numbers are looked for with the separators that they were found with: others hold them by chance."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What a scrub did.

    Attributes:
        out: The cleaned copy.
        report: Its report: counts, no value.
        data: What the report holds.
    """

    out: Path
    report: Path
    data: dict[str, Any]


def scrub_file(
    path: Path,
    out: Path,
    *,
    columns: Sequence[str] = (),
    detector: str = "patterns",
    method: str = "replace",
    repeats: str = "none",
    encoding: str | None = None,
    seed: int = 0,
) -> Scrubbed:
    """Write a copy of a table in which what the detector finds is replaced, the same by the same.

    Every place where a value stands that was found anywhere is replaced, with a word beside it or
    without. The copy is looked through before it takes its name.

    Args:
        path: CSV, TSV, JSON Lines or Parquet.
        out: The copy, in the same format; must not exist.
        columns: Columns whose texts are cleaned; none cleans all.
        detector: What finds the values.
        method: ``replace`` by made-up values of the kind, or ``mask`` by its name and a number.
        repeats: Rows that are dropped: ``exact`` or ``near`` repeats of an earlier one, or ``none``.
        encoding: Of a text format; None looks for the likely one.
        seed: Of the made-up values.

    Raises:
        UsageError: If the copy exists or would have another format, or an option does not fit.
        DataError: If the table cannot be read whole.
        IncompleteError: If the copy would still hold one of the values.
    """
    mask_what_is_said()
    report = out.with_name(out.name + REPORT)
    _check(path, out, report)
    finder = detector_named(detector)
    table = read_whole(path, encoding)
    names = text_columns(table, columns)
    kept = ~_repeats(table, compared_columns(table, columns), repeats)
    job = _Job(finder, method, seed)
    job.look(_cells(table, names))
    cleaned = replace(table, rows=[job.clean(row, names) for row in table.rows])
    cleaned = cleaned.kept(kept.tolist())
    with whole_file(out) as part:
        write_whole_table(cleaned, part)
        job.refuse_what_is_left(part, table, out.name)
    data = {
        "format": "modelassay/scrub/v1",
        "source": {"name": path.name, "sha256": sha256_file(path), "n_rows": len(table.rows)},
        "copy": {"name": out.name, "sha256": sha256_file(out), "n_rows": len(cleaned.rows)},
        "columns": list(names),
        "columns_not_read": [name for name in table.names if name not in names],
        "detector": finder.id,
        "kinds_looked_for": sorted(finder.kinds),
        "method": method,
        "seed": seed,
        "dropped": {"repeats": repeats, "n_rows": int((~kept).sum())},
        "kinds": job.counts(),
        "n_changed_rows": job.n_changed_rows,
    }
    write_whole(report, json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return Scrubbed(out, report, data)


def _check(path: Path, out: Path, report: Path) -> None:
    for one in (out, report):
        if one.exists():
            do = "Choose another name, or remove it first."
            raise UsageError(must("-o", "name a file that is not there", str(one), do=do))
    if out.suffix.lower() != path.suffix.lower():
        what = f"end in {path.suffix}, like the table that is read"
        raise UsageError(must("-o", what, out.name))


def _repeats(table: Whole, names: Sequence[str], which: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    texts = compared_texts(table, names)
    if which == "none":
        return np.zeros(len(texts), dtype=np.bool_)
    return is_repeat(texts) if which == "exact" else is_near_repeat(texts)


def _cells(table: Whole, names: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield (column, text) of every text, in pieces."""
    for start in range(0, len(table.rows), _CHUNK):
        rows = table.rows[start : start + _CHUNK]
        yield [(name, text) for row in rows for name in names for text in texts_in(row.get(name))]


_DO = "It stands in a column that --text leaves out, or encoded inside a text: clean all columns."


class _Job:
    """What was found, and what stands in its place.

    Attributes:
        n_changed_rows: Rows in which something was replaced.
    """

    def __init__(self, detector: Detector, method: str, seed: int) -> None:
        self._detector, self._method = detector, method
        self._rng = np.random.default_rng(seed)
        self._values: defaultdict[str, set[str]] = defaultdict(set)
        self._instead: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._n_named: Counter[str] = Counter()
        self._n_replaced: Counter[str] = Counter()
        self._inventory: Inventory | None = None
        self.n_changed_rows = 0

    def look(self, pieces: Iterator[list[tuple[str, str]]]) -> None:
        """Find the values of all texts, before the first is replaced."""
        for cells in pieces:
            shown = [in_column(name, text) for name, text in cells]
            for (text, lead), spans in zip(
                shown, self._detector.find([text for text, _ in shown]), strict=True
            ):
                for one in without_overlaps(spans):
                    if one.start >= lead:
                        self._values[one.kind].add(text[one.start : one.stop])
        self._inventory = Inventory(self._values, min_digits=_MIN_DIGITS)
        self._taken = {normal_value(one) for some in self._values.values() for one in some}

    def clean(self, row: Row, names: Sequence[str]) -> Row:
        """Return a row with every value replaced."""
        cleaned = {
            name: changed(cell, partial(self._cleaned, name)) if name in names else cell
            for name, cell in row.items()
        }
        self.n_changed_rows += cleaned != row
        return cleaned

    def _cleaned(self, name: str, text: str) -> str:
        shown, lead = in_column(name, text)
        assert self._inventory is not None  # look comes first
        [own], [known] = self._detector.find([shown]), self._inventory.find([shown])
        spans = [one for one in without_overlaps([*known, *own]) if one.start >= lead]
        at, parts = lead, []
        for one in spans:
            parts += [shown[at : one.start], self._instead_of(one, shown[one.start : one.stop])]
            at = one.stop
        return "".join([*parts, shown[at:]])

    def _instead_of(self, span: Span, value: str) -> str:
        key = (span.kind, normal_value(value))
        self._n_replaced[span.kind] += 1
        if key not in self._instead:
            self._instead[key] = self._new(span.kind, value)
        return self._instead[key]

    def _new(self, kind: str, value: str) -> str:
        """Return a value that stands nowhere yet, or the name of the kind with a number."""
        is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in value)
        made = "cn-person" if kind == "person" and is_chinese else kind
        if self._method == "mask" or made not in REPLACED:
            self._n_named[kind] += 1
            return f"[{kind.upper()}-{self._n_named[kind]}]"
        for _ in range(100):
            new = replacement(made, self._rng)
            if normal_value(new) not in self._taken:
                break
        # few names make few persons: two people may then share one
        self._taken.add(normal_value(new))
        return new

    def refuse_what_is_left(self, part: Path, table: Whole, name: str) -> None:
        """Stop a copy that still holds a value, in a column that is left out or in another encoding."""
        values = Unwritten((kind, one) for kind, some in self._values.items() for one in some)
        if table.schema is not None:
            values.refuse_file(part, name=name, suffix=table.suffix, do=_DO)
        else:
            text = part.read_bytes().decode(table.encoding)
            values.refuse({name: text.encode("utf-8", "surrogatepass")}, do=_DO)

    def counts(self) -> list[dict[str, Any]]:
        """Return what was found and replaced, by kind, with what is known of the detector."""
        table = detector_recall(self._detector.id)
        found = []
        for kind, values in sorted(self._values.items()):
            known = None if table is None else table.by_kind.get(kind)
            found.append(
                {
                    "kind": kind,
                    "n_different": len({normal_value(one) for one in values}),
                    "n_replaced": self._n_replaced[kind],
                    "n_known": None if known is None else known.n_known,
                    "n_known_found": None if known is None else known.n_found,
                }
            )
        return found
