"""What each detector found of spans that are known: measured by us, shipped as numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from harness.detectors.span import Span

LEAST_OVERLAP = 0.5
"""A span counts as found when intersection over union is at least this."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How one kind was found.

    Attributes:
        kind: Kind.
        n_known: Spans of the kind that are known.
        n_found: Of them, found.
        n_spans: Spans of the kind that the detector gave.
        n_wrong: Of them, those that touch no known span of the kind.
    """

    kind: str
    n_known: int
    n_found: int
    n_spans: int
    n_wrong: int

    @property
    def share(self) -> float | None:
        """Share found; None where none is known."""
        return self.n_found / self.n_known if self.n_known else None


@dataclass(frozen=True, slots=True)
class Measured:
    """A table of recall.

    Attributes:
        detector: Id of the detector.
        source: Where the known spans come from.
        made: Command that makes the table again.
        n_texts: Texts.
        by_kind: Kind → what came out; kinds without known spans are not in it.
    """

    detector: str
    source: str
    made: str
    n_texts: int
    by_kind: dict[str, Recall]


def detector_recall(id: str) -> Measured | None:
    """Return the packaged table of a detector; None where we have not measured it."""
    table = _tables()
    found = table["detectors"].get(id)
    if found is None:
        return None
    by_kind = {kind: Recall(kind, **numbers) for kind, numbers in found.items()}
    return Measured(id, table["source"], table["made"], table["n_texts"], by_kind)


@lru_cache(maxsize=1)
def _tables() -> Any:
    return json.loads(files("harness.detectors").joinpath("recall.json").read_bytes())


def measured_recall(
    known: Sequence[Sequence[Span]],
    found: Sequence[Sequence[Span]],
    accepted: Mapping[str, frozenset[str]],
) -> list[Recall]:
    """Compare what was found with what is known.

    Args:
        known: Known spans of each text.
        found: Spans of a detector of each text.
        accepted: Kind that is known → kinds of the detector that count as found, e.g. ``phone`` →
            ``phone`` and ``cn-mobile``. Kinds that it does not name are left out.
    """
    return [_one_kind(kind, known, found, names) for kind, names in sorted(accepted.items())]


def _one_kind(
    kind: str,
    known: Sequence[Sequence[Span]],
    found: Sequence[Sequence[Span]],
    names: frozenset[str],
) -> Recall:
    n_known = n_found = n_spans = n_wrong = 0
    for of_text, given in zip(known, found, strict=True):
        wanted = [one for one in of_text if one.kind == kind]
        own = [one for one in given if one.kind in names]
        n_known += len(wanted)
        n_found += sum(
            any(_overlap(one, other) >= LEAST_OVERLAP for other in own) for one in wanted
        )
        n_spans += len(own)
        n_wrong += sum(not any(_overlap(one, other) > 0 for other in wanted) for one in own)
    return Recall(kind, n_known, n_found, n_spans, n_wrong)


def _overlap(one: Span, other: Span) -> float:
    shared = min(one.stop, other.stop) - max(one.start, other.start)
    if shared <= 0:
        return 0.0
    return shared / (max(one.stop, other.stop) - min(one.start, other.start))
