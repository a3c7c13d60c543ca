"""Whose model a gate is about: what waivers call it, and who may not approve them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.records import RunRecord

_HEX = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Audited:
    """The model of a run, as people name it.

    Attributes:
        name: Name of the run.
        version: ``system.version``; None where the run does not say.
        weights_digest: SHA-256 over its weights; None for stored predictions.
        people: Authors and owner of the model, as ``person`` writes them; empty where nobody is named.
    """

    name: str
    version: str | None = None
    weights_digest: str | None = None
    people: frozenset[str] = frozenset()

    def is_named(self, scope: str) -> bool:
        """Tell whether the scope of a waiver is about this model, whatever version it asks for."""
        return scope == self.name or scope.rpartition("@")[0] == self.name

    def is_meant(self, scope: str) -> bool:
        """Tell whether the scope of a waiver holds for this model: ``name`` or ``name@version``."""
        name, _, version = scope.rpartition("@")
        if scope == self.name:
            return True
        if name != self.name or not version:
            return False
        if version == self.version:
            return True
        digest = self.weights_digest or ""
        return _HEX.fullmatch(version) is not None and digest.startswith(version)


def audited_of(run: RunRecord) -> Audited:
    """Return the model of a run."""
    return audited(run.name, run.system, weights_digest=run.model.weights_digest)


def audited(name: str, system: Mapping[str, Any], *, weights_digest: str | None = None) -> Audited:
    """Return the model that the ``system`` part of a config describes."""
    version = system.get("version")
    return Audited(
        name=name,
        version=None if version is None or isinstance(version, bool) else str(version),
        weights_digest=weights_digest,
        people=frozenset(_people((system.get("authors"), system.get("owner")))),
    )


def person(name: str) -> str:
    """Return a name as it is compared: ``user:Li.Wei``, ``Li.Wei`` and ``li.wei`` are one person."""
    return name.strip().casefold().removeprefix("user:")


def _people(given: Iterable[Any]) -> Iterable[str]:
    for item in given:
        if isinstance(item, str) and item.strip():
            yield person(item)
        elif isinstance(item, list | tuple):
            yield from _people(item)
