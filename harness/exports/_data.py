"""What the machine-readable exports share: JSON without NaN, stable ids, names that stay apart."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from harness.files import sha256_bytes
from harness.records import Finding, Verdict
from harness.wording.text import one_line

_SPACE = UUID("6f1c1f0e-6c7c-5d0c-9a43-3d0d7f7a51aa")
"""Namespace of every uuid here; it was drawn once and never changes."""

_TAIL = 9
_LONGEST = 4000


def json_text(data: Any) -> str:
    """Return JSON for people and machines: two spaces, UTF-8, a number that is not finite as null.

    Characters that cannot be seen, or that are no text, are escaped, so that the file shows them and a
    reader gets them back. Texts of more than 4,000 characters are cut, with a digest.
    """
    text = json.dumps(_clean(data), allow_nan=False, ensure_ascii=False, indent=2)
    return "\n".join(map(_escaped, text.split("\n"))) + "\n"


def _escaped(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def stable_uuid(*parts: object) -> str:
    """Return the same uuid for the same parts, so that the same evidence gives the same bytes."""
    return str(uuid5(_SPACE, _digest(parts)))


def short_digest(*parts: object) -> str:
    """Return 32 hex digits that stand for the parts."""
    return _digest(parts)[:32]


def _digest(parts: Sequence[object]) -> str:
    """Return a digest even of text that is no text, such as a lone surrogate of a damaged bundle."""
    return sha256_bytes(json.dumps([str(part) for part in parts]).encode())


def name(text: str, limit: int = 200) -> str:
    """Return a name as one visible line; where it is cut, a digest keeps it apart from others."""
    if len(text) <= limit:
        return one_line(text, limit)
    tail = sha256_bytes(text.encode("utf-8", "backslashreplace"))[: _TAIL - 1]
    return f"{one_line(text, limit - _TAIL)}~{tail}"


def without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """Return the entries that say something: no None, no empty text, list or dict."""
    return {key: value for key, value in data.items() if value not in (None, "", [], {})}


def place_of(finding: Finding, verdict: Verdict) -> tuple[str, int | None]:
    """Return file and line of a finding's limit, the policy's file where it has none."""
    place = finding.place or verdict.policy.place
    file, colon, line = place.rpartition(":")
    if colon and line.isascii() and line.isdigit() and len(line) < 8 and int(line) > 0:
        return name(file or verdict.policy.place), int(line)
    return name(place), None


def relative_uri(path: str) -> str:
    """Return a path as a relative URI that leads nowhere outside: no scheme, no host, no ``..``."""
    steps = [
        step for step in name(path).replace("\\", "/").split("/") if step not in ("", ".", "..")
    ]
    return quote("/".join(steps), safe="/")


def fresh(wanted: str, taken: Collection[str]) -> str:
    """Return a name that is not taken yet."""
    found, n = wanted, 2
    while found in taken:
        found, n = f"{wanted}~{n}", n + 1
    return found


def _clean(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, str):
        return data if len(data) <= _LONGEST else name(data, _LONGEST)
    if isinstance(data, dict):
        return {_clean(str(key)): _clean(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_clean(value) for value in data]
    return data
