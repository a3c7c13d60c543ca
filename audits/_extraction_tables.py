"""Tables of ``extraction``: which values leak, without saying them, and how probable values are."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from audits._artifacts import write_rows
from harness.secrecy import keyed_digest, mask

if TYPE_CHECKING:
    from audits._extraction_options import Options
    from audits._extraction_targeted import Targeted
    from harness.auditing import AuditContext

SMALLEST_CELL = 10
"""Fewer values are not told: a cell of few is a list of whom it holds."""

_LEAST = -30
"""Probabilities below 10 to this power are one cell."""


def write_leaked(ctx: AuditContext, found: Targeted, options: Options) -> None:
    """Write kind, mask and keyed digest of the values that come out after ``prefix`` tokens.

    ``queries`` is the least power of ten within which an attacker who has the context sees it. The values
    themselves go to the run's vault, where it has one, with the digests that the table names them by.
    """
    k = options.all_prefixes().index(options.prefix)
    rows, clear = [], []
    for number in np.flatnonzero(
        found.own.log_probability[:, k] >= options.least_log_probability()
    ).tolist():
        value = found.values[number]
        digest = keyed_digest(value.kind, value.written)
        clear.append({"digest": digest, "kind": value.kind, "value": value.written})
        rows.append(
            (
                value.kind,
                mask(value.kind, value.written),
                digest,
                value.n_rows,
                _power_of_ten(found.own.log_probability[number, k], options.probability),
                found.base is not None
                and bool(found.base.log_probability[number, k] >= options.least_log_probability()),
            )
        )
    ctx.confide("leaked", clear)
    columns = ("kind", "mask", "digest", "documents", "queries", "is_known_to_base")
    write_rows(ctx, "leaked.parquet", sorted(rows), columns)


def write_probabilities(ctx: AuditContext, found: Targeted, options: Options) -> None:
    """Write how many values of a kind have a probability of which power of ten."""
    rows: list[tuple[object, ...]] = []
    for name, reach in (("own", found.own), ("base", found.base)):
        if reach is None:
            continue
        for k, prefix in enumerate(options.all_prefixes()):
            cells = Counter(
                (found.values[number].kind, _cell(reach.log_probability[number, k]))
                for number in np.flatnonzero(reach.is_asked[:, k]).tolist()
            )
            rows += [
                (name, prefix, kind, power, n)
                for (kind, power), n in sorted(cells.items())
                if n >= SMALLEST_CELL
            ]
    columns = ("model", "prefix", "kind", "power_of_ten", "n_values")
    write_rows(ctx, "probabilities.parquet", rows, columns)


def _cell(log_probability: float) -> int:
    if not math.isfinite(log_probability):
        return _LEAST
    return max(_LEAST, math.floor(log_probability / math.log(10)))


def _power_of_ten(log_probability: float, probability: float) -> int:
    """Return the least power of ten of queries that show a value with some probability."""
    chance = math.exp(min(log_probability, 0.0))
    if chance >= 1:
        return 1
    n = math.log1p(-probability) / math.log1p(-chance)
    return int(10 ** math.ceil(max(0.0, math.log10(n))))
