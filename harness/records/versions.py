"""Which versions of each document can be read, and how an older one becomes one of today.

Every version that was ever written keeps its line here for ever, and a frozen bundle in the tests. When a
document changes so that old files no longer follow its noun, the noun gets a new version and the old one
a function that lifts its plain data by one version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Lift = Callable[[dict[str, Any]], dict[str, Any]]
"""Plain data of one version → plain data of the next, with its ``schema_version``."""

READERS: Mapping[str, Lift | None] = {
    "modelassay/lock/v1": None,
    "modelassay/manifest/v1": None,
    "modelassay/measurements/v1": None,
    "modelassay/run/v1": None,
    "modelassay/verdict/v1": None,
}
"""``schema_version`` → how it is lifted; None for what today's nouns read as it stands."""

_VERSION = re.compile(r"(modelassay/[a-z-]{1,40})/v([1-9][0-9]{0,5})")


def lifted(raw: str | bytes) -> dict[str, Any] | None:
    """Return the data of an older document as one of today; None where nothing is to be lifted."""
    data = _data(raw)
    if data is None or READERS.get(str(data.get("schema_version"))) is None:
        return None
    while (lift := READERS.get(str(data.get("schema_version")))) is not None:
        data = lift(data)
    return data


def is_newer(raw: str | bytes) -> str | None:
    """Return the version of a document that a newer Modelassay wrote; None where it is none of those."""
    data = _data(raw)
    version = data.get("schema_version") if data is not None else None
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        return None
    known = [int(name.rpartition("/v")[2]) for name in READERS if name.startswith(f"{match[1]}/v")]
    return match[0] if known and int(match[2]) > max(known) else None


def _data(raw: str | bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
