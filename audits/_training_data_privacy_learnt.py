"""Training rows as a model learnt them: repeats that its training left out, values that it replaced.

What a training replaced (``train.scrub``) was found by the detector that its lineage names, and is found
again here; letters of its own stand for each different value, so that rows which differed still do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.data import Dataset
from harness.data.dataset import take
from harness.data.near import is_near_repeat, is_repeat
from harness.detectors import detector_named, without_overlaps
from harness.errors import AssayError
from harness.records import Message
from harness.secrecy import normal_value


def learnt_rows(
    train: Dataset, lineage: Mapping[str, Any] | None
) -> tuple[Dataset, tuple[Message, ...]]:
    """Return the rows as they were learnt, and what a reader must know of that.

    Args:
        train: The rows of the data.
        lineage: What the training of the model recorded; None where there was none.
    """
    found, notes = train, []
    left_out = (lineage or {}).get("deduplicated")
    if isinstance(left_out, Mapping):
        is_gone = is_repeat if left_out.get("kind") == "exact" else is_near_repeat
        gone = is_gone(found.inputs)
        found = take(found, np.flatnonzero(~gone))
        text = "The training left out {n} of {n_rows} rows as repeats; what is counted is what was learnt."
        notes.append(
            Message.of("training-data-privacy.left-out", text, n=int(gone.sum()), n_rows=train.n)
        )
    scrubbed = (lineage or {}).get("scrubbed")
    if isinstance(scrubbed, Mapping):
        found, n = _scrubbed(found, str(scrubbed.get("detector")))
        text = "The training replaced {n} values in these rows; what is counted is what was learnt."
        notes.append(Message.of("training-data-privacy.replaced", text, n=n))
    return found, tuple(notes)


def _scrubbed(train: Dataset, name: str) -> tuple[Dataset, int]:
    try:
        detector = detector_named(name)
    except AssayError:  # not here any more: nothing can be said to have been replaced
        return train, 0
    numbers: dict[tuple[str, str], int] = {}
    counted = 0

    def clean(text: str) -> str:
        nonlocal counted
        for one in reversed(without_overlaps(detector.find([text])[0])):
            key = one.kind, normal_value(text[one.start : one.stop])
            number = numbers.setdefault(key, len(numbers) + 1)
            text = f"{text[: one.start]}{_sign(number)}{text[one.stop :]}"
            counted += 1
        return text

    inputs: list[str | tuple[str, ...]] = [
        clean(one) if isinstance(one, str) else tuple(map(clean, one)) for one in train.inputs
    ]
    return replace(train, inputs=inputs), counted


def _sign(number: int) -> str:
    """Return what stands for a value: letters of its own, about as many as a value has."""
    digits = hashlib.sha256(str(number).encode()).hexdigest()[:16]
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digits)
