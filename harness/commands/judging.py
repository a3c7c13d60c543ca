"""Judging a run that is named on the command line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from harness.commands.proving import open_verified
from harness.errors import PolicyError
from harness.evidence import Bundle
from harness.pipeline.gating import Gated, gate
from harness.policy import locate_policy, parse_policy, read_policy


def judge_run(
    ref: str, runs: Path, policy_ref: str | None, *, now: datetime | None, fail_on_warn: bool
) -> tuple[Bundle, Gated]:
    """Verify a run's seal, then judge it.

    Raises:
        IntegrityError: If the bundle is not what its manifest says.
        PolicyError: If no policy is named, or it cannot be read.
    """
    bundle, _ = open_verified(ref, runs)
    named = bundle.record.config.get("policy", {})
    chosen = policy_ref or named.get("pack")
    if chosen is None and bundle.gates():
        gate_before = bundle.gate()  # the config named a file; its copy lies in the newest gate
        raw = gate_before.read_bytes("policy.yaml")
        policy = parse_policy(raw, name=gate_before.verdict.policy.place)
        return bundle, gate(bundle, policy, now=now, fail_on_warn=fail_on_warn)
    if chosen is None:
        raise PolicyError(
            "A policy must be named: the run's config points to a file. Give it with --policy FILE."
        )
    policy = read_policy(locate_policy(chosen, Path.cwd()))
    return bundle, gate(bundle, policy, now=now, fail_on_warn=fail_on_warn)
