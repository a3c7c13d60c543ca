"""Cells as text, and labels as class ids."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.records import joined, one_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

MISSING = -1
OUTSIDE = -2

_SHOWN_VALUES = 8
_SHOWN_CHARS = 30
_WHOLE_FLOAT = re.compile(r"([-+]?\d+)\.0+")


def as_text(value: object) -> str:
    """Return a cell as stripped text: ``""`` where missing, JSON's words for truth values.

    Whole numbers are written without a point whatever type they were kept in: 1.0 gives ``1``.
    """
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return _number(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return value.hex() if isinstance(value, bytes) else str(value)


def as_texts(values: Sequence[Any]) -> list[str]:
    """Return cells as text, equal texts sharing one object."""
    shared: dict[str, str] = {}
    return [shared.setdefault(text, text) for text in map(as_text, values)]


def as_values(values: Sequence[Any]) -> list[str]:
    """Return cells of a group-like column as text: ``1``, ``1.0`` and 1 are the same value.

    A column of whole numbers that has gaps is often saved as ``1.0``, in one file and not in the
    other.
    """
    shared: dict[str, str] = {}
    return [shared.setdefault(one, one) for one in map(as_value, values)]


def as_value(value: object) -> str:
    """Return a cell of a group-like column as text, see ``as_values``."""
    text = as_text(value)
    whole = _WHOLE_FLOAT.fullmatch(text) if text.endswith("0") else None
    return whole.group(1) if whole else text


def as_group(value: object, separator: str | None = None) -> str:
    """Return a cell of a group column as ``harness.records.members`` takes it apart.

    A list is the groups of one row, and so is a text that a separator cuts. An empty list is known
    to be in none of them; an empty text or no value is missing.
    """
    if separator is not None and isinstance(value, str):
        value = value.split(separator) if value.strip() else None
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple | set | frozenset):
        return one_group(as_value(value))
    given = [one_group(text) for text in map(as_value, value) if text]
    return joined(given) if given or not value else ""


def as_array(values: Sequence[Any]) -> NDArray[np.object_]:
    """Return an array of objects of shape [n], whatever the objects are."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def text_fault(text: str) -> str | None:
    """Return the reason why a text cannot be used at all, or None."""
    if text.isascii():
        return "nul-character" if "\0" in text else None
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell
        return "not-text"
    return "nul-character" if "\0" in text else None


def class_lookup(
    classes: Sequence[str], label_values: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Return text → class id for everything that may stand in a label column.

    Names always count. Ids count unless a class name is itself a number or ``label_values`` says
    what the raw values mean.
    """
    names = {name: i for i, name in enumerate(classes)}
    lookup = {as_value(name): i for name, i in names.items()} | names
    if label_values is not None:
        known = {raw.strip(): names[name] for raw, name in label_values.items() if name in names}
        lookup |= {as_value(raw): i for raw, i in known.items()} | known
    elif not any(re.fullmatch(r"[-+]?\d+(\.\d+)?", name) for name in classes):
        lookup = {str(i): i for i in range(len(classes))} | lookup
    for word in [key for key in lookup if key.casefold() in ("true", "false")]:
        # truth values are written in many ways; Parquet and JSON have them without a spelling
        for spelling in (word.lower(), word.capitalize(), word.upper()):
            lookup.setdefault(spelling, lookup[word])
    return lookup


def class_ids(texts: Sequence[str], lookup: Mapping[str, int]) -> NDArray[np.int64]:
    """Return class ids, shape [n], int64; ``MISSING`` or ``OUTSIDE`` where there is none."""
    known: dict[str, int] = {}
    found = np.empty(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        if text not in known:
            known[text] = class_id(text, lookup)
        found[i] = known[text]
    return found


def shown_values(texts: Sequence[str]) -> str:
    """List distinct values with their counts, most frequent first; long ones are only counted."""
    found = Counter(texts)
    short = [(value, n) for value, n in found.most_common() if len(value) <= _SHOWN_CHARS]
    shown = [f"{value!r} ({n} row{'s' if n != 1 else ''})" for value, n in short[:_SHOWN_VALUES]]
    more = len(found) - len(shown)
    return ", ".join(shown or ["values too long for a label"]) + (
        f" and {more} more" if more else ""
    )


def shown_classes(classes: Sequence[str]) -> str:
    """List class names for a message."""
    more = len(classes) - 12
    return ", ".join(classes[:12]) + (f" and {more} more" if more > 0 else "")


def _number(value: float | np.floating[Any]) -> str:
    number = float(value)
    if math.isnan(number):
        return ""
    # beyond 2^53 not every whole number has a float of its own
    if number.is_integer() and abs(number) < 2**53:
        return str(int(number))
    return str(value)


def class_id(text: str, lookup: Mapping[str, int]) -> int:
    """Return the class that a text names; ``MISSING`` or ``OUTSIDE`` where there is none."""
    if text in lookup:
        return lookup[text]
    if not text:
        return MISSING
    whole = _WHOLE_FLOAT.fullmatch(text)  # a column of whole numbers with gaps is saved as 1.0
    return lookup.get(whole.group(1), OUTSIDE) if whole else OUTSIDE
