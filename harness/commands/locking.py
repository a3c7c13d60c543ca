"""Writing the lock of a config before anything is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import load_config
from harness.evidence import LOCK
from harness.files import disk_errors, sha256_bytes, write_whole
from harness.pipeline.locking import lock_of
from harness.pipeline.plan import yardstick_of
from harness.records import Lock, to_json


@dataclass(frozen=True, slots=True)
class Written:
    """A lock as it was written.

    Attributes:
        lock: What it fixes.
        path, digest: Its file, and the SHA-256 of that.
    """

    lock: Lock
    path: Path
    digest: str


def write_lock(config: Path, output: Path | None, policies: Sequence[str]) -> Written:
    """Write what the run of a config will be measured and judged by.

    Args:
        config: The config.
        output: File to write; None takes ``policy.lock`` of the config, else ``policy.lock.json``.
        policies: Further policies that may judge the run.

    Raises:
        AssayError: With every independent problem of config, data and policies.
    """
    loaded = load_config(config, is_ahead=True)
    found = lock_of(yardstick_of(loaded), further=policies)
    named = loaded.config.policy.lock
    path = output or (loaded.path(named) if named else Path(LOCK))
    raw = to_json(found).encode()
    with disk_errors(path):
        write_whole(path, raw)
    return Written(found, path, sha256_bytes(raw))


def lock_words(lock: Lock) -> str:
    """Say in a line what a lock fixes."""
    policies = ", ".join(f"{one.id} {one.version}" for one in lock.policies)
    data = ", ".join(lock.datasets)
    return (
        f"{policies}; data sets {data}; suite {lock.suite} of {len(lock.audits)} audits; seed "
        f"{lock.seed}"
    )
