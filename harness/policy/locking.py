"""Which policy a lock fixes: its file, the packs that it extends, its tests, the clauses that it cites."""

from __future__ import annotations

from pathlib import Path

from harness.files import sha256_file
from harness.policy.nouns import Policy
from harness.records import LockedPolicy

_POLICY = ".policy.yaml"
_TESTS = ".policy_test.yaml"


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
    )


def _tests(path: Path) -> str | None:
    beside = path.with_name(path.name.removesuffix(_POLICY) + _TESTS)
    is_there = path.name.endswith(_POLICY) and beside.is_file()
    return sha256_file(beside) if is_there else None
