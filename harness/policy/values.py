"""Values of policy files: exact numbers, bounds, days, lists of columns; and what a strict mapping is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, WithJsonSchema

from harness.policy.exact import FRACTION, Exact, exact, is_fraction
from harness.yamlfile import spelt

MEASURE_KEY = spelt(
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    "be <audit>.<measure> as assay list measures shows it",
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FRACTION_TEXT = {"type": "string", "pattern": f"^{FRACTION}$"}
_COLUMN_LIST = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
    "uniqueItems": True,
}


@dataclass(frozen=True, slots=True)
class RawBound:
    """A bound before parameters are looked up: exactly one of the three is set."""

    number: Exact | None = None
    parameter: str | None = None
    declared: str | None = None


def bound(raw: object) -> RawBound:
    """Read ``0.80``, ``4/5``, ``$name`` or ``{from: declared.<measure>}``.

    Raises:
        ValueError: If it is none of them.
    """
    if isinstance(raw, str) and raw.startswith("$") and len(raw) > 1:
        return RawBound(parameter=raw[1:])
    if isinstance(raw, dict) and list(raw) == ["from"]:
        source = raw["from"]
        key = source.removeprefix("declared.") if isinstance(source, str) else ""
        if key != source and re.match(MEASURE_KEY, key):
            return RawBound(declared=key)
        raise ValueError(f"must come from declared.<measure key>, got {source!r}")
    if isinstance(raw, str | dict) and not is_fraction(raw):
        raise ValueError(
            "must be a number without quotes, a fraction such as 4/5, $parameter, or {from: declared.<measure key>}, "
            f"got {raw!r}"
        )
    return RawBound(number=exact(raw))


def _scalar(raw: object) -> str | int | float | bool:
    if isinstance(raw, str | bool | int):
        return raw
    if isinstance(raw, float):
        exact(raw)
        return float(raw)
    raise ValueError(f"must be a word, a number, true or false, got {raw!r}")


def _columns(raw: object) -> tuple[tuple[str, ...], ...] | Literal["every"]:
    if raw == "every":
        return "every"
    wanted = "must be every, or a list of column lists such as [[sex], [sex, region]]"
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"{wanted}, got {raw!r}")
    result: list[tuple[str, ...]] = []
    for item in raw:
        if not isinstance(item, list) or not item or not all(_is_name(name) for name in item):
            raise ValueError(f"{wanted}, got {item!r}")
        combination = tuple(sorted(item))
        if len(set(combination)) != len(combination) or combination in result:
            raise ValueError(f"must name each column once, got {item!r}")
        result.append(combination)
    return tuple(result)


def _is_name(raw: object) -> bool:
    return isinstance(raw, str) and raw != ""


def _day(value: str) -> str:
    """Let a calendar day such as ``2027-05-10`` pass."""
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        date.fromisoformat(value)
    except ValueError as err:
        raise ValueError(f"must be a date such as 2027-05-10, got {value!r}") from err
    return value


Number = Annotated[
    Exact,
    PlainValidator(exact),
    WithJsonSchema({"anyOf": [{"type": "number"}, _FRACTION_TEXT]}),
]
Bound = Annotated[
    RawBound,
    PlainValidator(bound),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                _FRACTION_TEXT,
                {"type": "string", "pattern": r"^\$.+$"},
                {
                    "type": "object",
                    "properties": {
                        "from": {
                            "type": "string",
                            "pattern": rf"^declared\.{MEASURE_KEY.removeprefix('^')}",
                            "description": "declared.<measure key>: what the run declares for it",
                        }
                    },
                    "required": ["from"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
ScalarValue = Annotated[Any, PlainValidator(_scalar, json_schema_input_type=str | float | bool)]
ColumnLists = Annotated[
    tuple[tuple[str, ...], ...] | Literal["every"],
    PlainValidator(_columns),
    WithJsonSchema(
        {"anyOf": [{"const": "every"}, {"type": "array", "items": _COLUMN_LIST, "minItems": 1}]}
    ),
]
Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class Strict(BaseModel):
    """A mapping without unknown keys and without silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)
