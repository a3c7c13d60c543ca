"""Where the values of the training rows stand among the tokens that a model reads.

What is asked about a value is the row as training met it, tokenized as a whole; the tokens that hold
the value are its target, and what stands before them the context that an attacker may have. Of a row
with prompt and completion the model says where its tokens stand. A plain text may be longer than the
model reads at once, training then meets it in windows: its beginnings are tokenized to see where the
value begins and ends.

Legend of shapes: t tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from audits._language_items import Asked, last_tokens, most_tokens, n_shared, start_tokens
from harness.modelling import HasLogProbabilities, HasSpans
from harness.secrecy import normal_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._extraction_values import Place, Value
    from harness.data import Dataset
    from harness.modelling import Item

    IntArray = NDArray[np.int64]

PLACES = 3
"""Places of a value that are tried; copies of a row are one place."""

_BEHIND = 8
"""Tokens behind those of the text up to a value that are looked at for its end."""


@runtime_checkable
class Reader(HasLogProbabilities, HasSpans, Protocol):
    """A language model that can say where in a row its tokens stand."""

    def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
        """Turn rows into items."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """One place of a value, as tokens.

    Attributes:
        value: Position of the value.
        before: Tokens before it, shape [t].
        tokens: Tokens that hold it, shape [t].
        lead, tail: What else of the text its first and last token hold.
        is_read_only: Whether training read it and did not learn to write it, as prompts are.
    """

    value: int
    before: IntArray
    tokens: IntArray
    lead: str
    tail: str
    is_read_only: bool

    def asked(self, model: HasLogProbabilities, k: int) -> Asked | None:
        """Return it after the last k tokens before it, or as many as fit; None where there are none."""
        most = most_tokens(model)
        if most is not None:
            k = min(k, most - len(self.tokens) - len(start_tokens(model)))
        prefix = last_tokens(model, self.before, k) if k > 0 else self.before[:0]
        return Asked(prefix, self.tokens) if len(prefix) else None


def targets_of(
    model: Reader, train: Dataset, values: Sequence[Value], *, is_asked: bool = False
) -> list[Target]:
    """Return the first different places of each value; none where its tokens are not known.

    A row with a prompt loses what is cut off in training too.

    Args:
        model: Whose tokens they are.
        train: The training rows.
        values: Values in them.
        is_asked: Whether single texts stand in a prompt, as they do where a task decides something.
    """
    rows = sorted({place.row for value in values for place in _first(train, value)})
    paired = [row for row in rows if is_asked or not isinstance(train.inputs[row], str)]
    inputs = [train.inputs[row] for row in paired]
    items = dict(
        zip(paired, zip(model.prepare(inputs), model.spans(inputs), strict=True), strict=True)
    )
    wholes = {
        row: model.encode(one, is_start=True)
        for row in rows
        if not is_asked and isinstance(one := train.inputs[row], str)
    }
    found = []
    for number, value in enumerate(values):
        for place in _first(train, value):
            one = train.inputs[place.row]
            text = one if isinstance(one, str) else one[place.text]
            if place.row in wholes:
                target = _in_text(model, number, place, text, wholes[place.row])
            else:
                target = _in_item(number, place, text, *items[place.row])
            if target is not None:
                found.append(target)
    return found


def whole_tokens(
    model: Reader, inputs: Sequence[str | tuple[str, ...]], *, is_asked: bool
) -> list[IntArray]:
    """Return the tokens of rows, plain texts in full however long."""
    return [
        model.encode(one, is_start=True)
        if isinstance(one, str) and not is_asked
        else model.prepare([one])[0].arrays["input_ids"]
        for one in inputs
    ]


def is_given(model: HasLogProbabilities, asked: Asked, value: Value) -> bool:
    """Return whether the prompt itself holds the value."""
    return value.normal in normal_value(model.decode(asked.prefix))


def _first(train: Dataset, value: Value) -> list[Place]:
    """Return up to ``PLACES`` places in rows that differ."""
    seen: dict[object, Place] = {}
    for place in value.places:
        seen.setdefault((train.inputs[place.row], place.text, place.start), place)
        if len(seen) == PLACES:
            break
    return list(seen.values())


def _in_text(model: Reader, number: int, place: Place, text: str, whole: IntArray) -> Target | None:
    """Find a value among the tokens of a plain text by those of the texts that end where it does."""
    first = n_shared(model.encode(text[: place.start], is_start=True), whole)
    least = n_shared(model.encode(text[: place.stop], is_start=True), whole)
    written = text[place.start : place.stop]
    # the last token may hold what stands behind the value too
    for last in range(max(least, first + 1), min(least + _BEHIND, len(whole)) + 1):
        lead, found, tail = model.decode(whole[first:last]).partition(written)
        if found:
            return Target(number, whole[:first], whole[first:last], lead, tail, is_read_only=False)
    return None


def _in_item(number: int, place: Place, text: str, item: Item, spans: IntArray) -> Target | None:
    """Find a value among the tokens of a row by where the model says that they stand."""
    ids, segment = item.arrays["input_ids"], item.arrays["segment"]
    holds = (spans[:, 0] == place.text) & (spans[:, 1] < place.stop) & (spans[:, 2] > place.start)
    at = np.flatnonzero(holds)
    if not len(at) or len(spans) != len(ids):
        return None
    first, last = int(at[0]), int(at[-1])
    start, stop = int(spans[first, 1]), int(spans[last, 2])
    if start > place.start or stop < place.stop:
        return None  # cut
    own = int(segment[first])
    is_seen = (segment == 0) | (segment == own)
    return Target(
        value=number,
        before=ids[:first][is_seen[:first]],
        tokens=ids[first : last + 1][is_seen[first : last + 1]],
        lead=text[start : place.start],
        tail=text[place.stop : stop],
        is_read_only=own == 0,
    )
