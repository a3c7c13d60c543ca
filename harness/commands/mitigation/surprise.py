"""Before and after of language models on the same texts: what each text costs the two models.

surprise = minus the sum of the texts' log-probabilities / (ln 2 times the sum of their bytes in UTF-8):
bits per byte, which can be compared between tokenizers, as two models trained from nothing have.

Legend of shapes: n texts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.commands.mitigation.comparing import Change
from harness.records import ALL, slice_name
from harness.stats import linear_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import FloatArray

MEASURE = "bits-per-byte"


@dataclass(frozen=True, slots=True)
class Texts:
    """The same texts, read by both models.

    Attributes:
        dataset: Its name.
        before, after: Log-probability of each text in nats, shape [n].
        n_bytes: Of what is scored of each text, shape [n], above 0.
        groups: Sensitive feature → group → whose texts, shape [n]; groups may overlap.
        cluster: Shape [n]; None for independent texts.
    """

    dataset: str
    before: FloatArray
    after: FloatArray
    n_bytes: FloatArray
    groups: dict[str, dict[str, NDArray[np.bool_]]]
    cluster: NDArray[np.object_] | None = None


def scored_bytes(text: str | tuple[str, ...]) -> int:
    """Return the bytes of what is scored of a row: the text, or the completion after a prompt."""
    return len((text if isinstance(text, str) else text[-1]).encode("utf-8", "surrogatepass"))


def surprise_changes(texts: Texts) -> list[Change]:
    """Return the change over all texts and over those of each group.

    Undefined when: there is no text; there are too few clusters.
    """
    found = [_change(texts, ALL, np.ones(len(texts.before), dtype=np.bool_))]
    for column, groups in texts.groups.items():
        found += [_change(texts, slice_name({column: name}), rows) for name, rows in groups.items()]
    return found


def _change(texts: Texts, slice: str, rows: NDArray[np.bool_]) -> Change:
    n_bytes = texts.n_bytes[rows]
    n, total = len(n_bytes), float(n_bytes.sum())
    bits = [-one[rows] / math.log(2) for one in (texts.before, texts.after)]
    before, after = (float(one.sum()) / total if n else None for one in bits)
    change = float((bits[1] - bits[0]).sum()) / total if n else 0.0
    estimate = linear_estimate(
        change,
        (bits[1] - bits[0] - change * n_bytes) / max(total, 1.0),
        unit="bits",
        range_low=None,
        range_high=None,
        cluster=None if texts.cluster is None else texts.cluster[rows],
    )
    return Change(MEASURE, texts.dataset, slice, before, after, n, estimate)
