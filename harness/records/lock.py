"""Lock: what was fixed before the first prediction (``policy.lock.json``)."""

from __future__ import annotations

from dataclasses import dataclass
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
        name: Name of the run in the config.
        policies: By which a verdict on the run is no exploration.
        datasets: Data set → content digest.
        suite, audits, options: Suite; audit id → version; SHA-256 over the audits' options.
        seed: Seed of the run.
        harness_version: Which Modelassay wrote it.
    """

    __pydantic_config__ = _STRICT

    schema_version: Literal["modelassay/lock/v1"]
    name: str
    policies: tuple[LockedPolicy, ...]
    datasets: dict[str, str]
    suite: str
    audits: dict[str, str]
    options: str
    seed: int
    harness_version: str
