"""The reviews of a store, one line each, from its log and its run index alone: no bundle is opened.

A line is a signpost and no evidence: whoever may write the log can write what it says. The page behind it
verifies bundle and signatures before it shows anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from harness.clock import parse_moment
from harness.depot.releases import standing_releases
from harness.depot.review import (
    APPROVED,
    CHANGES,
    GATE_SUBMITTED,
    OPENED,
    REJECTED,
    SUBMITTED,
    WITHDRAWN,
    State,
    next_state,
)
from harness.depot.store import Store
from harness.errors import AssayError
from harness.evidence.decisions import end_of

if TYPE_CHECKING:
    from harness.store import Event

DUE_DAYS = 10
_DECISIONS = {
    APPROVED: "approve",
    CHANGES: "request-changes",
    REJECTED: "reject",
    WITHDRAWN: "withdraw",
}


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """What a store says of a run.

    Attributes:
        run, digest: Which run.
        gate, gate_digest: Its newest gate that was submitted; None where it was never gated.
        name, model, revision, verdict, policy, n_blocking, materiality, owner: As they were submitted; None
            where an older Modelassay submitted it and the store does not know.
        submitter: Name, or pseudonymous id where the name is not known.
        submitted_at, due: ISO 8601; due is a day.
        state: Of the review. An approval whose last day has passed is in review again.
        decision, decided_at: The last one; empty without one.
        expires: Last day of the approval; None where it does not end.
        next_waiver_end: First last day of a waiver in force.
        is_released: Whether the run stands released.
    """

    run: str
    digest: str
    gate: str | None = None
    gate_digest: str | None = None
    name: str | None = None
    model: str | None = None
    revision: str | None = None
    verdict: str | None = None
    policy: str | None = None
    n_blocking: int | None = None
    materiality: str | None = None
    submitter: str = ""
    submitted_at: str = ""
    due: str = ""
    state: State = "measured"
    decision: str = ""
    decided_at: str = ""
    expires: str | None = None
    next_waiver_end: str | None = None
    is_released: bool = False
    owner: str | None = None


@dataclass(slots=True)
class _Run:
    digest: str = ""
    name: str | None = None
    state: State = "draft"
    gates: dict[str, tuple[str, Event]] = field(default_factory=dict)
    newest: str | None = None
    submitter: str = ""
    submitted_at: str = ""
    decision: Event | None = None

    def take(self, event: Event) -> None:
        self.state = next_state(self.state, event)
        gate = str(event.body.get("gate"))
        if event.kind == SUBMITTED:
            self.digest, self.name = event.subject, event.body.get("name")
            self.submitter, self.submitted_at = event.actor, event.time
        elif event.kind == GATE_SUBMITTED:
            self.gates[gate] = (event.subject, event)
        elif event.kind == OPENED:
            self.newest, self.submitter, self.submitted_at = gate, event.actor, event.time
            self.decision = None  # what was decided was about the gate before
        elif event.kind in _DECISIONS:
            self.decision = event


def list_reviews(
    store: Store, *, due_days: int = DUE_DAYS, now: datetime | None = None
) -> list[ReviewLine]:
    """Return a line for each run that was submitted, the last submitted first.

    Args:
        store: Open.
        due_days: Days from submission to the day on which a decision is due.
        now: The clock; None takes that of the store.

    Raises:
        IntegrityError: If the log is not what it was.
        IncompleteError: If it cannot be reached.
    """
    events = store.events()
    runs: dict[str, _Run] = {}
    for one in events:
        run = one.body.get("run")
        if isinstance(run, str):
            runs.setdefault(run, _Run()).take(one)
    index, people = store.tables.runs(), store.tables.people()
    released = {str(one.body.get("run")) for one in standing_releases(events)}
    moment = now or store.now()
    lines = [
        _line(id, run, index, people, due_days=due_days, now=moment, released=released)
        for id, run in runs.items()
        if run.digest
    ]
    return sorted(lines, key=lambda one: (one.submitted_at, one.run), reverse=True)


def _line(
    id: str, run: _Run, index: Mapping[str, Mapping[str, Any]], people: Mapping[str, str], *,
    due_days: int, now: datetime, released: Sequence[str] | set[str],
) -> ReviewLine:  # fmt: skip
    digest, event = run.gates.get(run.newest or "", ("", None))
    # the log is what nobody can change; the index adds what can be erased, and what old events lack
    facts: dict[str, Any] = {**index.get(digest, {}), **(event.body if event else {})}
    decided = run.decision
    expires = decided.body.get("expires") if decided and decided.kind == APPROVED else None
    return ReviewLine(
        run=id,
        digest=run.digest,
        gate=run.newest,
        gate_digest=digest or None,
        name=facts.get("name") or run.name,
        model=facts.get("model"),
        revision=facts.get("revision"),
        verdict=facts.get("verdict"),
        policy=facts.get("policy"),
        n_blocking=facts.get("n_blocking"),
        materiality=facts.get("materiality"),
        submitter=people.get(run.submitter, run.submitter),
        submitted_at=run.submitted_at,
        due=_due(run.submitted_at, due_days),
        state=_now(run.state, expires, now),
        decision=_DECISIONS[decided.kind] if decided else "",
        decided_at=decided.time if decided else "",
        expires=expires,
        next_waiver_end=facts.get("next_waiver_end"),
        is_released=id in released,
        owner=facts.get("owner"),
    )


def _due(submitted_at: str, days: int) -> str:
    try:
        return (parse_moment(submitted_at) + timedelta(days=days)).date().isoformat()
    except (AssayError, OverflowError):
        return ""


def _now(state: State, expires: object, now: datetime) -> State:
    if state != "approved" or not isinstance(expires, str):
        return state
    try:
        return "in_review" if now >= end_of(expires) else state
    except AssayError:
        return "in_review"
