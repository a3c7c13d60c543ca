"""``assay data screen``: personal values, secrets and repeats in a table or in the data of a config."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.commands.cleaning.columns import (
    compared_columns,
    compared_texts,
    in_column,
    text_columns,
)
from harness.commands.cleaning.tables import read_whole, texts_in
from harness.detectors import Detector, detector_named, detector_recall
from harness.engines.screening import KindFound, Screened, screen
from harness.pipeline.masking import mask_what_is_said
from harness.stats import wilson

NEAR_ROWS = 10_000
"""Rows that are compared for near repeats, at most; a seeded sample of more."""
PER = 1000


@dataclass(frozen=True, slots=True)
class Screening:
    """What one table holds.

    Attributes:
        name: File, or data set of a config.
        detector: Id of the detector.
        kinds_looked_for: Kinds that it looks for.
        columns: Columns whose texts were read; empty for a config's data set.
        found: What was found.
    """

    name: str
    detector: str
    kinds_looked_for: tuple[str, ...]
    columns: tuple[str, ...]
    found: Screened

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data: counts, no value."""
        found, m = self.found, len(self.found.near_repeats)
        return {
            "name": self.name,
            "detector": self.detector,
            "kinds_looked_for": list(self.kinds_looked_for),
            "columns": list(self.columns),
            "n_rows": found.n,
            "n_personal_rows": int(found.is_personal.sum()),
            "n_secret_rows": int(found.has_secret.sum()),
            "n_different_values": found.n_different,
            "n_repeated_values": found.n_repeated,
            "kinds": [self._kind(one) for one in found.kinds],
            "n_repeated_rows": int(found.repeats.sum()),
            "n_near_repeated_rows": int(found.near_repeats.sum()),
            "n_compared_rows": m,
            "most_copies": found.most_copies,
        }

    def _kind(self, one: KindFound) -> dict[str, Any]:
        table = detector_recall(self.detector)
        known = None if table is None else table.by_kind.get(one.kind)
        rows = wilson(one.n_rows, self.found.n)
        return {
            "kind": one.kind,
            "n_values": one.n_values,
            "n_different": one.n_different,
            "n_repeated": one.n_repeated,
            "most_rows": one.most_rows,
            "n_rows": one.n_rows,
            "rows_per_1000": _per(rows.value),
            "rows_per_1000_low": _per(rows.low),
            "rows_per_1000_high": _per(rows.high),
            "n_known": None if known is None else known.n_known,
            "n_known_found": None if known is None else known.n_found,
        }


def screen_path(
    path: Path,
    *,
    columns: Sequence[str] = (),
    detector: str = "patterns",
    encoding: str | None = None,
    seed: int = 0,
) -> list[Screening]:
    """Screen a table, or every data set that a config names.

    Args:
        path: A table, or an ``assay.yaml``.
        columns: Columns of a table whose texts are read; none reads all.
        detector: What finds the values; see ``harness.detectors.detector_named``.
        encoding: Of a table of a text format; None looks for the likely one.
        seed: Of the sample of rows that are compared.

    Raises:
        DataError: If the table or the data of the config cannot be read.
        UsageError: If there is no such column or detector.
    """
    mask_what_is_said()
    finder = detector_named(detector)
    if path.suffix.lower() in {".yaml", ".yml"}:
        return _of_config(path, finder, seed)
    table = read_whole(path, encoding)
    names = text_columns(table, columns)
    texts = [
        tuple(in_column(name, text)[0] for name in names for text in texts_in(row.get(name)))
        for row in table.rows
    ]
    compared = compared_texts(table, compared_columns(table, columns))
    found = screen(texts, finder, compared=_sample(len(texts), seed), repeated_by=compared)
    return [Screening(path.name, finder.id, tuple(sorted(finder.kinds)), names, found)]


def _of_config(path: Path, finder: Detector, seed: int) -> list[Screening]:
    from harness.config import load_config
    from harness.pipeline.inputs import load_inputs

    return [
        Screening(
            one.ref.name,
            finder.id,
            tuple(sorted(finder.kinds)),
            (),
            screen(one.inputs, finder, compared=_sample(one.n, seed)),
        )
        for one in load_inputs(load_config(path)).all
        if one.has_inputs
    ]


def _sample(n: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    if n <= NEAR_ROWS:
        return None
    return np.sort(np.random.default_rng(seed).choice(n, size=NEAR_ROWS, replace=False))


def _per(share: float | None) -> float | None:
    return None if share is None else PER * share
