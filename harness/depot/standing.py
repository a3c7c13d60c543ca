"""What stands about a gate: its state, the approvals that count, what was voided, open threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from harness.depot.releases import standing_releases
from harness.depot.review import APPROVED, CHANGES, REJECTED, WITHDRAWN, State, state_of
from harness.depot.threads import Thread, threads_of
from harness.evidence import Bundle, Gate, VerifyReport, verify_run
from harness.evidence.believing import signed_by
from harness.evidence.decided import Decision, approvals_of, decisions_of
from harness.records import Message
from harness.signing import Trust

if TYPE_CHECKING:
    from harness.store import Event

_SIGNED = frozenset({APPROVED, CHANGES, REJECTED, WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands about a gate.

    Attributes:
        state: Of the review; ``approved`` only where enough approvals count now.
        approvals: Those that count, one of each person; ``said`` and ``words`` tell who, how and when.
        n_needed: How many people must approve.
        voided: Why other approvals do not count, one sentence each.
        reasons: See ``Approvals``.
        history: All decisions about this gate, the first first.
        conditions: Of the approvals that stand.
        expires: The first last day of them; None where none ends.
        threads: Open threads about the model, the blocking ones first.
        head: What ``decide`` asks for: see ``head_of``.
        is_single_person: Whether one person may do everything; to be said wherever this is shown.
        is_newest: False where a newer gate of the run was submitted.
    """

    state: State
    approvals: tuple[Decision, ...]
    n_needed: int
    voided: tuple[Message, ...]
    history: tuple[Decision, ...]
    conditions: tuple[str, ...]
    expires: str | None
    threads: tuple[Thread, ...]
    head: str
    is_single_person: bool
    is_newest: bool
    reasons: tuple[Message, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Whether enough approvals count, now."""
        return self.state in ("approved", "released") and len(self.approvals) >= self.n_needed

    @property
    def n_blocking_threads(self) -> int:
        """How many open threads must be resolved before anybody approves."""
        return sum(one.is_blocking for one in self.threads)


def standing(
    events: Sequence[Event],
    bundle: Bundle,
    gate: Gate,
    trust: Trust | None,
    now: datetime,
    *,
    report: VerifyReport | None = None,
) -> Standing:
    """Say what stands about a gate, by the log of its store and the statements that lie in it.

    Args:
        events: Of the store, verified.
        bundle: The run in the store.
        gate: One of its gates.
        trust: Whom to believe; None believes nobody.
        now: The clock.
        report: Of ``verify_run``, where the caller has it.

    Raises:
        IntegrityError: If a signature does not hold.
    """
    from harness.depot.review import head_of

    own = [one for one in events if one.body.get("run") == bundle.id]
    claims = (report or verify_run(bundle.path)).claims
    signed, _ = signed_by(claims, trust, now) if trust is not None else (None, [])
    order = [
        str(one.body.get("statement"))
        for one in own
        if one.kind in _SIGNED and one.subject == gate.digest
    ]
    decisions = decisions_of(claims, signed, bundle, trust)
    found = approvals_of(decisions, gate, trust, now, order=order)
    state = state_of(own, bundle.id)
    newest = _newest_gate(own)
    is_newest = newest in (None, gate.id)
    if any(one.subject == gate.digest for one in standing_releases(own)):
        state = "released"  # it stays so while a newer gate is reviewed
    elif state == "released":
        state = "submitted"
    if state == "approved" and not (found.is_enough and is_newest):
        # expired, signed by a key that is revoked, or of another gate: somebody must decide again
        state = "in_review" if is_newest else "submitted"
    open_threads = [one for one in threads_of(events, name=bundle.record.name) if one.is_open]
    return Standing(
        state=state,
        approvals=found.standing,
        n_needed=found.n_needed,
        voided=(*found.voided, *_of_other_gates(decisions, gate)),
        history=found.history,
        conditions=found.conditions,
        expires=found.expires,
        threads=tuple(sorted(open_threads, key=lambda one: not one.is_blocking)),
        head=head_of(events, bundle.id),
        is_single_person=trust is not None and trust.is_single_person,
        is_newest=is_newest,
        reasons=found.reasons,
    )


def _newest_gate(events: Sequence[Event]) -> str | None:
    from harness.depot.review import OPENED

    found = [str(one.body.get("gate")) for one in events if one.kind == OPENED]
    return found[-1] if found else None


def _of_other_gates(decisions: Sequence[Decision], gate: Gate) -> list[Message]:
    """Say of each approval of another gate of the run that it is not about this one."""
    return [
        Message.of(
            "decision.other-gate",
            "The approval of {name} on {day} is about the gate {gate}: another policy, waiver or moment.",
            name=one.said.name,
            day=one.said.decided_at.date().isoformat(),
            gate=one.gate,
        )
        for one in decisions
        if one.gate != gate.id and one.said.kind == "approve"
    ]
