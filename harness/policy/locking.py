"""Which policy a lock fixes: its file, the packs that it extends, its tests, the clauses that it cites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from harness.files import digest_of, sha256_file
from harness.policy.clauses import Clause, read_clauses
from harness.policy.linting import place_of_tests
from harness.policy.nouns import Policy
from harness.records import LockedPolicy


def locked_policy(policy: Policy, path: Path) -> LockedPolicy:
    """Return what a lock holds of a policy.

    Args:
        policy: As it was read.
        path: Its file; its tests lie beside it under the same name.
    """
    ref = policy.ref
    return LockedPolicy(
        id=ref.id,
        version=ref.version,
        digest=ref.digest,
        extends={
            f"{part.ref.id} {part.ref.version}": part.ref.digest
            for part in sorted(policy.parts, key=lambda part: (part.ref.id, part.ref.version))
        },
        tests=_tests(path),
        clauses=_clauses(policy, (path.parent, *policy.folders)),
    )


def _clauses(policy: Policy, folders: Sequence[Path]) -> str | None:
    cited = sorted({clause for rule in policy.rules for clause in rule.clauses})
    if not cited:
        return None
    known = read_clauses(*folders)
    return digest_of({id: _content(known[id]) if id in known else None for id in cited})


def _content(clause: Clause) -> dict[str, Any]:
    """Return a clause without where it stands."""
    data = {one.name: getattr(clause, one.name) for one in fields(clause)}
    numbers = {name: number.text for name, number in clause.numbers.items()}
    return data | {"numbers": numbers, "place": None, "is_shipped": None}


def _tests(path: Path) -> str | None:
    beside = place_of_tests(path)
    return sha256_file(beside) if beside.is_file() else None
