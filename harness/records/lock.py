"""Lock: what was fixed before the first prediction (``policy.lock.json``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

_STRICT = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class LockedPolicy:
    """A policy that a run may be judged by without being called exploratory.

    Attributes:
        id, version, digest: As in ``PolicyRef``.
        extends: Packs that it extends, ``id version`` → SHA-256.
        tests: SHA-256 of its test file; None where there is none.
        clauses: SHA-256 over the clause records that it cites; None where it cites none.
    """

    __pydantic_config__ = _STRICT

    id: str
    version: str
    digest: str
    extends: dict[str, str]
    tests: str | None = None
    clauses: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """Digests of policy, data, suites and seeds, fixed before the first prediction.

    That it came first is proved by the run, which records the lock's digest, and not by a clock.

    Attributes:
        name: Name of the run in the config; for the reader, never compared.
        policies: By which a verdict on the run is no exploration.
        datasets: Data set → content digest of the rows as they were read, before a budget cut them.
        suite, audits: Suite; audit id → version.
        options: Audit id → SHA-256 over its options as resolved.
        seed: Seed of the run.
        harness_version: Which Modelassay wrote it; for the reader, never compared.
        files: File that an option names → SHA-256.
        terms: What else decides how measurements are judged → SHA-256: ``task``, ``system``,
            ``declared`` figures, and ``roles`` with the plans of groups.
    """

    __pydantic_config__ = _STRICT

    schema_version: Literal["modelassay/lock/v1"]
    name: str
    policies: tuple[LockedPolicy, ...]
    datasets: dict[str, str]
    suite: str
    audits: dict[str, str]
    options: dict[str, str]
    seed: int
    harness_version: str
    files: dict[str, str] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)
