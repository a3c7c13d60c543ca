"""The release that a run is compared with: found, verified, and whether it was released at all.

Light: what pairs rows is imported when there is something to pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands.proving import open_verified
from harness.commands.releases.signatures import missing_release
from harness.depot import (
    Signed,
    Store,
    moment_of,
    read_signed,
    refuse_unsigned_withdrawals,
    release_of,
    signers,
    standing_releases,
)
from harness.depot.releases import is_about
from harness.evidence import Bundle
from harness.files import canonical_json
from harness.gate import Baseline
from harness.policy import Policy
from harness.records import to_data
from harness.signing import RELEASE, Trust

DROP = "drop_at_most"


@dataclass(frozen=True, slots=True)
class Released:
    """A run that another one is compared with.

    Attributes:
        bundle: Verified.
        is_released: Whether its release is believed: by the store that it lies in, or, where a trust file
            is at hand, by signatures that meet it.
    """

    bundle: Bundle
    is_released: bool


def asked_of(policy: Policy) -> frozenset[str]:
    """Return the measures that rules hold against the last release."""
    return frozenset(rule.measure for rule in policy.rules if rule.kind == DROP)


def release_for(
    bundle: Bundle,
    *,
    ref: str | None,
    runs: Path,
    store: Store | None,
    trust: Trust | None,
) -> Released | None:
    """Return the release that a run is compared with; None where none is known.

    A run that is named by hand is released only if a gate of it holds a statement that a trust file
    believes: whoever may choose the baseline freely could choose a weak one.

    Args:
        bundle: The run that is judged.
        ref: A run that is named by hand; None looks into the store.
        runs: Where runs lie.
        store: An open store; None where there is none.
        trust: Whose signatures count; None where nobody says.

    Raises:
        IntegrityError: If the release is not what its seals say.
        IncompleteError: If the store cannot be reached.
    """
    if ref is not None:
        named, _ = open_verified(ref, runs)
        return Released(named, trust is not None and _is_believed(_statements(named), trust))
    if store is None:
        return None
    events = store.events()
    if trust is not None:
        refuse_unsigned_withdrawals(store, events, bundle.record.name, trust)
    # a released run that is judged again is compared with the one before it, never with itself
    standing = [
        one
        for one in standing_releases(events, bundle.record.name)
        if one.body.get("run") != bundle.id
    ]
    if not standing:
        return None
    last = release_of(store, standing[-1].body)
    return Released(last.bundle, trust is None or _is_believed([last.signed], trust))


def baseline_of(bundle: Bundle, policy: Policy, released: Released | None) -> Baseline:
    """Return the last release as a run compares with it, for the rules of a policy that ask.

    Args:
        bundle: The run that is judged.
        policy: Only measures that its rules hold against the release are paired.
        released: The release; None where nothing was ever released under this name.
    """
    if released is None:
        return Baseline(run_id=None, differences=())
    from harness.commands.comparing.differences import differences_of

    asked = asked_of(policy)
    return Baseline(
        run_id=released.bundle.id,
        differences=differences_of(bundle, released.bundle, asks=lambda one: one.measure in asked),
        is_released=released.is_released,
    )


def baseline_bytes(baseline: Baseline) -> bytes:
    """Return ``baseline.json``: canonical JSON."""
    return canonical_json(to_data(baseline)) + b"\n"


def _statements(run: Bundle) -> list[Signed]:
    return [
        one
        for gate in run.gates()
        for one in read_signed(gate, RELEASE)
        if is_about(one.statement, run, gate)
    ]


def _is_believed(statements: list[Signed], trust: Trust) -> bool:
    """Tell whether signatures meet what a trust file asks of a release; at least one must count.

    As for a release itself, a user counts in one role only.
    """
    timed = [(one, moment_of(one, "released_at", where="A release")) for one in statements]
    found = signers(timed, trust)
    return bool(found) and not missing_release(found, trust)
