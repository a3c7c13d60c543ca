"""What a run knows of its data and must not write: personal values of its rows, and its canaries."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from harness.config import LoadedConfig
from harness.detectors import default_detector
from harness.errors import DataError, Phrase, must, raise_all
from harness.pipeline.inputs import Inputs
from harness.redaction import register_secret
from harness.unwritten import MIN_BYTES, Unwritten

if TYPE_CHECKING:
    from harness.canaries import Canary

_CHUNK = 2048
_LEAD = 12
"""Characters before a secret that is too short to be told from a number: it is looked for with them."""
CANARY = "canary"


def values_of(loaded: LoadedConfig, inputs: Inputs) -> set[tuple[str, str]]:
    """Return (kind, value) of what the default detector finds in the rows of a run.

    What the config itself says, such as the address of an owner, is meant to be read and left out.
    """
    said = json.dumps(loaded.resolved(), ensure_ascii=False)
    return {pair for pair in _values(inputs) if pair[1] not in said}


def refuse_ids(values: Iterable[tuple[str, str]], inputs: Inputs) -> None:
    """Refuse ids that are personal values: ids are written wherever a row is named.

    Raises:
        DataError: Naming each data set, with kinds and counts.
    """
    kinds = {value: kind for kind, value in values}
    problems = []
    for name, dataset in inputs.tests.items():
        found = Counter(kinds[one] for one in dataset.example_id.tolist() if one in kinds)
        if found:
            got = Phrase(", ".join(f"{n} of kind {kind}" for kind, n in sorted(found.items())))
            do = "Name another column, or leave id out: rows then have digests for ids."
            what = "hold no personal values that also stand in its rows"
            problems.append(must(f"data.{name}.id", what, got, do=do))
    raise_all(DataError, problems)


def unwritten_of(values: Iterable[tuple[str, str]], canaries: Sequence[Canary] | None) -> Unwritten:
    """Return what the files of a run must not hold; from now on canaries are never said, either.

    Args:
        values: Personal values of the rows.
        canaries: What was planted and held out.
    """
    secrets = canary_secrets(canaries or ())
    for one in secrets:
        register_secret(one)
    return Unwritten([*values, *((CANARY, one) for one in secrets)])


def canary_secrets(canaries: Sequence[Canary]) -> list[str]:
    """Return the secrets of canaries; short ones with the end of what stands before them."""
    return [
        one.secret
        if len(one.secret.encode("utf-8", "replace")) > MIN_BYTES
        else one.prefix[-_LEAD:] + one.secret
        for one in canaries
    ]


def _values(inputs: Inputs) -> Iterator[tuple[str, str]]:
    detector = default_detector()
    for texts in _chunks(inputs):
        for text, spans in zip(texts, detector.find(texts), strict=True):
            yield from ((one.kind, text[one.start : one.stop]) for one in spans)


def _chunks(inputs: Inputs) -> Iterator[list[str]]:
    for dataset in inputs.all:
        if not dataset.has_inputs:
            continue
        for start in range(0, dataset.n, _CHUNK):
            rows = dataset.inputs[start : start + _CHUNK]
            yield [part for row in rows for part in ((row,) if isinstance(row, str) else row)]
