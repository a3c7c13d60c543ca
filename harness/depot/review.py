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

_AFTER: dict[str, State] = {
    "run-sealed": "measured",
    SUBMITTED: "measured",
    "run-gated": "gated",
    GATE_SUBMITTED: "gated",
    OPENED: "in_review",
    "changes-requested": "changes_requested",
    "run-approved": "approved",
    "run-rejected": "rejected",
    "run-released": "released",
    "release-withdrawn": "retired",
}
_FROM: dict[State, frozenset[State]] = {
    "measured": frozenset({"draft"}),
    "gated": frozenset({"draft", "measured"}),
    # a new gate of a run under review is another candidate: what was decided was about the old one
    "in_review": frozenset(
        {"draft", "measured", "gated", "changes_requested", "approved", "rejected", "retired"}
    ),
    "changes_requested": frozenset({"in_review"}),
    "approved": frozenset({"in_review"}),
    "rejected": frozenset({"in_review"}),
    "released": frozenset({"gated", "in_review", "approved"}),
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
        after = _AFTER.get(one.kind)
        if after is None or one.body.get("run") != run:
            continue
        if one.kind == GATE_SUBMITTED and state not in ("draft", "measured"):
            after = "in_review"
        if state in _FROM.get(after, frozenset()):
            state = after
    return state


def may_follow(state: State, kind: str) -> bool:
    """Tell whether an event of a kind changes where a review stands."""
    after = _AFTER.get(kind)
    return after is not None and state in _FROM.get(after, frozenset())
