"""How far up the same planted secrets stand, before and after: pairs of exposures, by how often they were planted.

The audit ``memorisation`` keeps the exposure of each secret without the secret. Both trainings planted the same
ones, so that what makes a secret easy to guess cancels. Where a remedy left out repeats or replaced
values, ``planted`` still says how often the secret stood in the rows.

Legend of shapes: n secrets.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from harness.commands.mitigation.comparing import Change
from harness.records import slice_name
from harness.stats import paired_difference

if TYPE_CHECKING:
    from harness.evidence import Bundle

MEASURE = "mean-exposure"
FILE = "audits/memorisation/exposures.parquet"
_COLUMNS = ["index", "family", "planted", "bits"]

Secret = tuple[int, str, int]
"""Position, family, and how often it was planted."""


def exposure_changes(before: Bundle, after: Bundle, dataset: str) -> list[Change]:
    """Return the change of the mean exposure of each level; none where a run measured no exposures.

    Args:
        before: The run.
        after: The mitigated run.
        dataset: Data set that the secrets were planted in.
    """
    sides = [_bits(one) for one in (before, after)]
    levels: dict[int, list[Secret]] = defaultdict(list)
    for secret in sides[0]:
        if secret in sides[1]:
            levels[secret[2]].append(secret)
    found = []
    for planted, secrets in sorted(levels.items()):
        old, new = (np.array([side[one] for one in secrets]) for side in sides)
        estimate = paired_difference(new, old, unit="bits", range_low=None, range_high=None)
        where = slice_name({"planted": str(planted)})
        means = float(old.mean()), float(new.mean())
        found.append(Change(MEASURE, dataset, where, *means, len(secrets), estimate))
    return found


def _bits(bundle: Bundle) -> dict[Secret, float]:
    """Return the exposure of each secret whose exposure is known, in bits."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if FILE not in bundle.manifest.files:
        return {}
    table = pq.read_table(pa.BufferReader(bundle.read_bytes(FILE)), columns=_COLUMNS)
    rows = table.to_pylist()
    return {
        (one["index"], one["family"], one["planted"]): float(one["bits"])
        for one in rows
        if one["bits"] is not None
    }
