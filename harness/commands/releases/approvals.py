"""Whether a gate stands approved in its review, for those who ask before they release or deploy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from harness.depot import Store, get_run
from harness.depot.review import APPROVED, CHANGES, REJECTED
from harness.depot.review import WITHDRAWN as TAKEN_BACK
from harness.errors import (
    EXIT_BLOCKED,
    GateError,
    IncompleteError,
    IntegrityError,
    Phrase,
    must,
    raise_all,
)
from harness.evidence import Bundle, Gate, verify_run
from harness.evidence.believing import signed_by
from harness.evidence.decided import Approvals, approvals_of, decisions_of
from harness.evidence.decisions import APPROVER
from harness.signing import Trust
from harness.wording.text import one_line

if TYPE_CHECKING:
    from harness.store import Event

_SIGNED = frozenset({APPROVED, CHANGES, REJECTED, TAKEN_BACK})


def logged_decisions(events: Sequence[Event]) -> tuple[str, ...]:
    """Return the digests of the decisions that a log holds, in its order."""
    return tuple(str(one.body.get("statement")) for one in events if one.kind in _SIGNED)


def in_store(store: Store, bundle: Bundle, gate: Gate) -> Bundle:
    """Return the run as the store holds it, with what was decided there about a gate.

    The given one where the store has no such run, or has not heard of that gate: then nothing was decided.
    """
    if bundle.id not in store.run_ids():
        return bundle
    kept = get_run(store, bundle.id)
    return kept if gate.id in kept.gate_ids() else bundle


def approvals_at(
    bundle: Bundle,
    gate: Gate,
    trust: Trust,
    now: datetime,
    *,
    order: Sequence[str] | None = None,
    max_age_days: int | None = None,
) -> Approvals:
    """Return what the decisions about a gate come to.

    Args:
        bundle: The run, with its statements.
        gate: One of its gates.
        trust: Whom to believe.
        now: The clock.
        order: See ``logged_decisions``; None where no log is at hand.
        max_age_days: Days after which an approval is too old; the trust file may ask for fewer.

    Raises:
        IntegrityError: If the run does not verify, or a signature does not hold.
    """
    report = verify_run(bundle.path)
    signed, problems = signed_by(report.claims, trust, now)
    raise_all(IntegrityError, [*report.problems, *problems])
    days = [one for one in (max_age_days, trust.decision_days) if one is not None]
    asked = replace(trust, decision_days=min(days, default=None))
    decisions = decisions_of(report.claims, signed, bundle, trust)
    return approvals_of(decisions, bundle.gate(gate.id), asked, now, order=order)


def refuse_unapproved(bundle: Bundle, gate: Gate, found: Approvals) -> None:
    """Refuse a gate that does not stand approved.

    Raises:
        GateError: Exit 1, where the last decision rejected it.
        IncompleteError: Exit 3, where there is no approval, or too few, or none that counts any more.
    """
    name = f"{bundle.id}@{gate.id}"
    if found.last is not None and found.is_rejected:
        said = found.last.said
        raise GateError(
            f"{name} must stand approved in its review, got rejected by "
            f"{one_line(said.name)}: {one_line(said.rationale)}",
            exit_code=EXIT_BLOCKED,
        )
    if found.is_enough:
        return
    got = Phrase(f"{len(found.standing)} of the {found.n_needed} approvals that it needs")
    do = "Approve it in the dashboard, or with: assay decide RUN --approve --rationale TEXT --key KEY."
    told = "".join(f" {one.text}" for one in found.voided)
    raise IncompleteError(must(name, "stand approved in its review", got, do=do) + told)


def approving_roles(found: Approvals, trust: Trust) -> list[tuple[str, str]]:
    """Return user and role of the approvals that stand, for the thresholds of a trust file."""
    pairs = []
    for one in found.standing:
        said = one.said
        roles = {role for key in trust.keys if key.user == said.subject for role in key.roles}
        own = roles if said.by == "key" else {APPROVER}
        pairs += [(said.subject, role) for role in sorted(own)]
    return pairs
