"""Opening runs and judging them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.api.plain_errors import raised_at_the_call
from harness.api.views import Run, SealedVerdict
from harness.clock import parse_moment
from harness.commands.collecting import Beside, collect
from harness.commands.judging import policy_of_run
from harness.commands.logbook import log_gated
from harness.commands.proving import open_verified
from harness.errors import IntegrityError, PolicyError, UsageError, must, raise_all
from harness.evidence import Bundle, verify_run
from harness.files import sorted_json
from harness.pipeline.gating import gate as gate_bundle
from harness.policy import Policy, locate_policy, parse_policy, read_policy


@raised_at_the_call
def open_run(run: str | Path = "latest", *, runs: str | Path = "runs") -> Run:
    """Open a sealed run after recomputing every digest of it.

    Args:
        run: A path, an id, a unique prefix of an id, or ``latest``.
        runs: Folder that holds runs.

    Raises:
        UsageError: If there is no such run, or more than one.
        IntegrityError: If it is not what its seal says.

    Example:
        >>> run = harness.open_run("latest", runs="runs")
        >>> run.record.model.name
    """
    bundle, _ = open_verified(str(run), Path(runs))
    return Run.of(bundle)


@raised_at_the_call
def load_policy(policy: str | Path | Mapping[str, Any] | Policy) -> Policy:
    """Read a policy and report every problem of it at once.

    Args:
        policy: A file, ``builtin/NAME``, or the content of a policy file as a dict; in a dict
            ``apiVersion``, ``kind`` and ``metadata`` may be left out. A ``Policy`` is returned as
            it is.

    Raises:
        PolicyError: With every problem.

    Example:
        >>> policy = harness.load_policy("builtin/standard")
        >>> [rule.id for rule in policy.rules]
    """
    return _policy(policy)


@raised_at_the_call
def gate(
    run: Bundle | str | Path,
    policy: str | Path | Mapping[str, Any] | Policy | None = None,
    *,
    waivers: str | Path | None = None,
    trust: str | Path | None = None,
    store: str | None = None,
    baseline: Bundle | str | Path | None = None,
    now: datetime | str | None = None,
    fail_on_warn: bool = False,
) -> SealedVerdict:
    """Hold a sealed run against a policy and seal the verdict beside it, as ``assay gate`` does.

    Nothing is measured again. The verdict is a function of run, policy, waivers, baseline and clock.

    Args:
        run: What ``harness.audit`` or ``harness.open_run`` returned, or how ``open_run`` names it.
        policy: A file, ``builtin/NAME``, a dict (see ``load_policy``) or a ``Policy``; None for the
            policy that the run's config names.
        waivers: Waivers file; None takes what the run's config names, else the store's.
        trust: Trust file that says whose signatures count; None as for ``waivers``.
        store: Folder or URL of the store; None takes what the run's config names, else ``ASSAY_STORE``.
        baseline: Run that stands for the last release, named as ``run`` is; None takes the last release in
            the store. Nobody released it unless a signature that counts says so.
        now: Judge as of this moment (with its zone) instead of the clock.
        fail_on_warn: Turn exit code 0 into 4 for a pass with warnings.

    Returns:
        The verdict: ``exit_code``, ``findings``, ``to_frame()``, ``path`` of the gate.

    Raises:
        PolicyError: If the policy cannot be read, or none is named.
        UsageError: If a file that is named cannot be read.
        IncompleteError: If the store cannot be reached.
        IntegrityError: If the run, or the baseline, is not what its seal says.

    Example:
        >>> verdict = harness.gate(run, "builtin/standard")
        >>> verdict.exit_code
    """
    bundle = _verified(run)
    moment = _moment(now)
    chosen = policy_of_run(bundle) if policy is None else _policy(policy)
    beside = Beside(_file(waivers), _file(trust), store, baseline=_named(baseline))
    given = collect(bundle, chosen, beside)
    gated = gate_bundle(bundle, chosen, given=given, now=moment, fail_on_warn=fail_on_warn)
    log_gated(gated.verdict, gated.path, store)
    return SealedVerdict.of(gated, Run.of(bundle))


def _file(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _named(baseline: Bundle | str | Path | None) -> str | None:
    if isinstance(baseline, Bundle):
        return str(baseline.path)
    if baseline is None or isinstance(baseline, str | Path):
        return None if baseline is None else str(baseline)
    raise UsageError(must("baseline", "be a run, a path or the id of a run", baseline))


def _verified(run: Bundle | str | Path) -> Bundle:
    if isinstance(run, Bundle):
        raise_all(IntegrityError, verify_run(run.path).problems)
        return run
    if isinstance(run, str | Path):
        return open_verified(str(run), Path("runs"))[0]
    raise UsageError(must("run", "be a run, a path or the id of a run", run))


def _policy(policy: str | Path | Mapping[str, Any] | Policy) -> Policy:
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str | Path):
        return read_policy(locate_policy(str(policy), Path.cwd()))
    if not isinstance(policy, Mapping):
        raise PolicyError(must("policy", "be a file, builtin/NAME, a dict or a Policy", policy))
    named = {"id": "inline", "version": "0.0.0", "title": "A policy given as a dict"}
    whole = {"apiVersion": "modelassay/v1", "kind": "PolicyPack", "metadata": named, **policy}
    try:
        raw = sorted_json(whole)
    except (TypeError, ValueError) as err:
        raise PolicyError(f"policy must hold plain values that JSON knows, got: {err}.") from err
    return parse_policy(raw, name="policy")


def _moment(now: datetime | str | None) -> datetime | None:
    if now is None:
        return None
    # one reader for both, so that a moment without a zone is refused in both
    return parse_moment(now.isoformat() if isinstance(now, datetime) else str(now))
