"""What a run knows of its data and must not write: personal values of its rows, and its canaries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.config import LoadedConfig
from harness.detectors import default_detector
from harness.pipeline.inputs import Inputs
from harness.unwritten import MIN_BYTES, Unwritten

if TYPE_CHECKING:
    from harness.canaries import Canary

_CHUNK = 2048
_LEAD = 12
"""Characters before a secret that is too short to be told from a number: it is looked for with them."""
CANARY = "canary"


def unwritten_of(
    loaded: LoadedConfig, inputs: Inputs, canaries: Sequence[Canary] | None
) -> Unwritten:
    """Return what the files of a run must not hold.

    What the config itself says, such as the address of an owner, is meant to be read and left out.

    Args:
        loaded: The config.
        inputs: The rows, of which the default detector finds the values.
        canaries: What was planted and held out.
    """
    said = json.dumps(loaded.resolved(), ensure_ascii=False)
    values = {pair for pair in _values(inputs) if pair[1] not in said}
    return Unwritten([*values, *((CANARY, secret) for secret in canary_secrets(canaries or ()))])


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
