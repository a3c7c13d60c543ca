"""Everything that a gate takes beside run and policy, found where the user says it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, must
from harness.evidence import Bundle
from harness.gate import Given, given_of_files
from harness.gate.given import TRUST, WAIVERS
from harness.policy import Policy


@dataclass(frozen=True, slots=True)
class Beside:
    """Where to look.

    Attributes:
        waivers, trust: Files; None takes what the run's config names, relative to where the command runs.
        store: Address of the store; None takes that of the config, else ``ASSAY_STORE``.
    """

    waivers: Path | None = None
    trust: Path | None = None
    store: str | None = None


def collect(bundle: Bundle, policy: Policy, beside: Beside, *, base: Path | None = None) -> Given:
    """Return what a gate is handed beside run and policy.

    Args:
        bundle: The run.
        policy: What it is judged by.
        beside: Where to look.
        base: Folder that paths of the run's config start from; None takes the working directory.

    Raises:
        UsageError: If a file that is named is not there or cannot be read.
    """
    del policy
    files: dict[str, bytes] = {}
    for name, given, key in ((WAIVERS, beside.waivers, "waivers"), (TRUST, beside.trust, "trust")):
        path = given or _of_config(bundle, key, base or Path.cwd())
        if path is not None:
            files[name] = _read(path, key)
    return given_of_files(files, lock=bundle.lock)


def _of_config(bundle: Bundle, key: str, base: Path) -> Path | None:
    named = bundle.record.config.get("policy", {}).get(key)
    return None if named is None else base / str(named)


def _read(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        do = f"Say where it lies with --{key} FILE."
        raise UsageError(must(str(path), "be a readable file", str(err.strerror), do=do)) from err
