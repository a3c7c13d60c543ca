"""JSON for every noun: strict on the way in, without NaN on the way out, and its JSON Schema."""

from __future__ import annotations

import json
from json.encoder import encode_basestring as _quoted
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import IntegrityError
from harness.records.versions import is_newer, lifted

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def to_data(noun: Any) -> Any:
    """Return plain dicts, lists, strings and numbers for a noun."""
    data = _adapter(type(noun)).dump_python(noun, mode="json")
    for name in getattr(noun, "LEFT_OUT_WHEN_NONE", ()):
        if data[name] is None:
            del data[name]
    return data


def to_json(noun: Any) -> str:
    """Return the noun as JSON: keys sorted, two spaces, one final newline, UTF-8 characters kept.

    Raises:
        ValueError: If a number is not finite.
    """
    return _written(to_data(noun), "\n") + "\n"


def _written(value: Any, line: str) -> str:
    """Return plain data as ``json.dumps`` with two spaces and sorted keys writes it, but faster.

    Args:
        value: Dicts with text as keys, lists, text, numbers, True, False and None.
        line: Line break and indentation of where the value stands.
    """
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    if value is None:
        return "null"
    if kind is dict and value:
        inner = line + "  "
        lines = [f"{_quoted(key)}: {_written(value[key], inner)}" for key in sorted(value)]
        return "{" + inner + ("," + inner).join(lines) + line + "}"
    if kind is list and value:
        inner = line + "  "
        return (
            "[" + inner + ("," + inner).join([_written(one, inner) for one in value]) + line + "]"
        )
    return json.dumps(value, allow_nan=False)


def from_json(kind: type[T], text: str | bytes, *, where: str) -> T:
    """Read a noun; unknown keys, missing keys and wrong types are refused.

    An older version is lifted to that of today, see ``harness.records.versions``. Non-finite numbers are
    let through, so that the gate can answer ``error`` for their rule.

    Raises:
        IntegrityError: If the text is not JSON, does not follow the schema, or is of a version that only a
            newer Modelassay reads: what cannot be read proves nothing.
    """
    from pydantic import ValidationError

    try:
        noun: T = _adapter(kind).validate_json(text)
        return noun
    except ValidationError as err:
        newer = is_newer(text)
        if newer is not None:
            raise IntegrityError(
                f"{where} must be of a version that this Modelassay reads, got {newer}. It was written "
                "by a newer Modelassay, or changed. Upgrade with: pip install --upgrade modelassay"
            ) from err
        first = err.errors()[0]
    older = lifted(text)
    if older is not None:
        return from_json(kind, json.dumps(older), where=where)
    at = ".".join(str(step) for step in first["loc"]) or "the document"
    raise IntegrityError(
        f"{where} must follow the schema {kind.__name__}, got a problem at {at}: "
        f"{first['msg']}. The file was changed or written by another version."
    )


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a noun as it stands in a file."""
    return _adapter(kind).json_schema(mode="serialization")


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
