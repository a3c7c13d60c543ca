"""``assay verify --write-verifier``: one file that checks a bundle where Modelassay is not installed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from harness.clock import iso
from harness.files import write_whole
from harness.signing import Trust, TrustedKey

_EVER = ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")


def write_verifier(target: Path, trust: Trust | None) -> list[Path]:
    """Write the verifier and, where a trust file is given, its keys as JSON beside it.

    Args:
        target: Python file to write.
        trust: Whose signatures count.

    Returns:
        What was written.
    """
    from harness.evidence import standalone

    write_whole(target, Path(standalone.__file__).read_bytes())
    if trust is None:
        return [target]
    beside = target.with_suffix(".trust.json")
    write_whole(beside, json.dumps(trust_data(trust), indent=1, sort_keys=True) + "\n")
    return [target, beside]


def trust_data(trust: Trust) -> dict[str, object]:
    """Return a trust file as the verifier reads it; compromised keys are left out."""
    keys = [one for one in trust.keys if one.revoked_for != "compromised"]
    if trust.is_single_person:  # he counts in each of his roles, as if he were several
        parts = [
            _key(one, role, user=f"{one.user} as {role}") for one in keys for role in one.roles
        ]
    else:
        parts = [_key(one, *sorted(one.roles), user=one.user) for one in keys]
    return {"keys": parts, "thresholds": trust.thresholds}


def _key(one: TrustedKey, *roles: str, user: str) -> dict[str, object]:
    ends = [moment for moment in (one.until, one.revoked_at) if moment is not None]
    return {
        "user": user,
        "roles": roles,
        "public_key": base64.b64encode(one.public).decode(),
        "since": iso(one.since) if one.since else _EVER[0],
        "until": iso(min(ends)) if ends else _EVER[1],
    }
