"""Judging a run that is named on the command line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from harness.clock import iso
from harness.commands.collecting import Beside, collect
from harness.commands.proving import open_verified, policy_of_gate
from harness.errors import PolicyError
from harness.evidence import Bundle
from harness.pipeline.gating import Gated, gate, latest_clock
from harness.policy import Policy, locate_policy, read_policy
from harness.wording.text import NAME_LIMIT, clip, one_line


def judge_run(
    ref: str,
    runs: Path,
    policy_ref: str | None,
    *,
    beside: Beside,
    now: datetime | None,
    fail_on_warn: bool,
) -> tuple[Bundle, Gated]:
    """Verify a run's seal, then judge it.

    Raises:
        IntegrityError: If the bundle is not what its manifest says.
        PolicyError: If no policy is named, or it cannot be read.
    """
    bundle, _ = open_verified(ref, runs)
    if policy_ref is None:
        policy = policy_of_run(bundle)
    else:
        policy = read_policy(locate_policy(policy_ref, Path.cwd()))
    given = collect(bundle, policy, beside)
    latest = latest_clock(bundle)
    if beside.tell is not None and now is not None and latest is not None and now < latest:
        beside.tell(
            f"Judged as of {iso(now)}, although this run was judged as of {iso(latest)} already: what had "
            "expired by then may count here."
        )
    gated = gate(bundle, policy, given=given, now=now, fail_on_warn=fail_on_warn)
    waivers = given.waivers.waivers if given.waivers is not None else ()
    if waivers and not gated.verdict.waivers and beside.tell is not None:
        names = ", ".join(sorted({one_line(one.model, NAME_LIMIT) for one in waivers}))
        beside.tell(
            f"No waiver of the file is for {bundle.record.name}: scope.model says {clip(names, 200)}."
        )
    return bundle, gated


def policy_of_run(bundle: Bundle) -> Policy:
    """Return the policy that a run's config names.

    Where the config named a file, the copy in a gate is read: the newest gate by the policy that the run was
    locked to, since one by another policy explores and decides nothing about the next.

    Raises:
        PolicyError: If the config names a file and the run was never gated.
    """
    named = bundle.record.config.get("policy", {}).get("pack")
    if named is not None:
        return read_policy(locate_policy(named, Path.cwd()))
    if gates := bundle.gates():
        lock = bundle.lock
        fixed = None if lock is None else lock.policies[0].digest
        own = [one for one in gates if one.verdict.policy.digest == fixed]
        return policy_of_gate((own or gates)[-1])
    raise PolicyError(
        "A policy must be named: the run's config points to a file. Give it with --policy FILE."
    )
