"""Where the review of a run stands, as the events of its store tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from harness.store import Event

State = Literal[
    "draft",
    "measured",
    "gated",
    "submitted",
    "in_review",
    "changes_requested",
    "approved",
    "rejected",
    "released",
    "retired",
]
SUBMITTED = "run-submitted"
GATE_SUBMITTED = "gate-submitted"
OPENED = "review-opened"
STARTED = "review-started"
CHANGES = "changes-requested"
APPROVED = "run-approved"
REJECTED = "run-rejected"
WITHDRAWN = "approval-withdrawn"
COMMENTED = "comment-added"
RESOLVED = "thread-resolved"
VIEWED = "data-viewed"

DECIDING = frozenset({STARTED, CHANGES, APPROVED, REJECTED, WITHDRAWN})
"""Kinds of events by which somebody moves a review."""
_SUBMITTING = frozenset({GATE_SUBMITTED, OPENED})
_SEEN = DECIDING | _SUBMITTING | {COMMENTED, RESOLVED, "run-released", "release-withdrawn"}

_AFTER: dict[str, State] = {
    "run-sealed": "measured",
    SUBMITTED: "measured",
    "run-gated": "gated",
    GATE_SUBMITTED: "gated",
    OPENED: "submitted",
    STARTED: "in_review",
    CHANGES: "changes_requested",
    APPROVED: "approved",
    REJECTED: "rejected",
    WITHDRAWN: "in_review",
    "run-released": "released",
    "release-withdrawn": "retired",
}
_FROM: dict[State, frozenset[State]] = {
    "measured": frozenset({"draft"}),
    "gated": frozenset({"draft", "measured"}),
    # a new gate of a run under review is another candidate: what was decided was about the old one
    "submitted": frozenset(
        {
            "draft",
            "measured",
            "gated",
            "in_review",
            "changes_requested",
            "approved",
            "rejected",
            "released",
            "retired",
        }
    ),
    "in_review": frozenset({"submitted", "changes_requested", "approved"}),
    "changes_requested": frozenset({"submitted", "in_review", "approved"}),
    "approved": frozenset({"submitted", "in_review"}),
    "rejected": frozenset({"submitted", "in_review", "changes_requested", "approved"}),
    "released": frozenset({"gated", "submitted", "in_review", "approved"}),
    "retired": frozenset({"released"}),
}
"""Which states a state can follow; an event that cannot follow changes nothing."""


def state_of(events: Sequence[Event], run: str) -> State:
    """Return where the review of a run stands.

    Events without a ``run`` in their body are about something else.

    Args:
        events: Of the store, in order.
        run: Run id.
    """
    state: State = "draft"
    for one in events:
        if one.body.get("run") == run:
            state = next_state(state, one)
    return state


def next_state(state: State, event: Event) -> State:
    """Return where a review stands after an event about it."""
    after = _AFTER.get(event.kind)
    if after is None:
        return state
    if event.kind == GATE_SUBMITTED and state not in ("draft", "measured"):
        after = "submitted"
    if event.kind == APPROVED and event.body.get("is_enough") is False:
        after = "in_review"
        if state == "in_review":
            return state
    return after if state in _FROM.get(after, frozenset()) else state


def may_follow(state: State, kind: str) -> bool:
    """Tell whether an event of a kind changes where a review stands."""
    after = _AFTER.get(kind)
    return after is not None and state in _FROM.get(after, frozenset())


def head_of(events: Sequence[Event], run: str) -> str:
    """Return the digest of the last event that whoever decides about a run must have seen; empty without one."""
    found = (one.digest for one in reversed(events) if is_to_be_seen(one, run))
    return next(found, "")


def is_to_be_seen(event: Event, run: str) -> bool:
    """Tell whether an event changes what somebody who decides about a run looks at."""
    return event.kind in _SEEN and event.body.get("run") == run
