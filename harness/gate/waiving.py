"""What waivers do to findings: they keep value, interval and reason, and are called waived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.gate.approvals import Approved, not_approved
from harness.gate.audited import Audited
from harness.gate.deciding import Bound, by_number, counts_disagree
from harness.gate.holding import Draft
from harness.gate.sentences import count, readable_slice, shown
from harness.gate.standing import Moment
from harness.policy import Exact, Waiver, compare
from harness.records import Message, WaiverState, WaiverUse

Approve = Callable[[Waiver], Approved]
"""Counts the approvals of a waiver."""

WORST_FIRST: tuple[WaiverState, ...] = (
    "conflicting", "exceeded", "not-approved", "expired", "not-started", "in-force", "unused",
)  # fmt: skip
_WARNS = (7, 14, 30)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A waiver about this model and what became of it; only ``in-force`` waives."""

    waiver: Waiver
    state: WaiverState
    because: Message
    approved: Approved
    covered: tuple[int, ...] = ()


def waive(
    drafts: Sequence[Draft],
    waivers: Sequence[Waiver],
    *,
    audited: Audited,
    moment: Moment,
    approve: Approve,
) -> tuple[list[Draft], tuple[WaiverUse, ...]]:
    """Apply waivers to drafts of findings.

    Args:
        drafts: Of all rules, corrected for multiplicity.
        waivers: All of the file; those about other models are left out.
        audited: The model that is judged.
        moment: When.
        approve: Counts approvals.

    Returns:
        The drafts in their order, and what became of each waiver about this model, worst first.
    """
    mine = [one for one in waivers if audited.is_named(one.model)]
    live = {
        one.id: (found, state, because)
        for one in mine
        for found, state, because in [_admitted(one, audited, moment, approve)]
    }
    ready = [one for one in mine if live[one.id][1] is None]
    weighed = []
    for one in mine:
        found, state, because = live[one.id]
        if state is not None and because is not None:
            weighed.append(_Weighed(one, state, because, found))
        else:
            weighed.append(_held(one, found, ready, drafts))
    result = list(drafts)
    for use in weighed:
        for position in use.covered:
            before = result[position]
            result[position] = before._replace(
                outcome="waived", waiver=use.waiver.id, waived_outcome=before.outcome
            )
    weighed.sort(key=lambda use: (WORST_FIRST.index(use.state), use.waiver.expires))
    return result, tuple(_use(one, moment.now) for one in weighed)


def _admitted(
    waiver: Waiver, audited: Audited, moment: Moment, approve: Approve
) -> tuple[Approved, WaiverState | None, Message | None]:
    """Return the approvals of a waiver, and its state where it cannot waive whatever was found."""
    found = approve(waiver)
    if not audited.is_meant(waiver.model):
        text = "{waiver} is for {model}, which is another version of this model."
        return found, "unused", _say("waiver.other-version", text, waiver, model=waiver.model)
    if moment.now >= waiver.expires:
        text = "{waiver} expired at the end of {day} and waives nothing any more. Ask {owner}."
        because = _say("waiver.expired", text, waiver, day=str(waiver.last_day), owner=waiver.owner)
        return found, "expired", because
    if moment.now < waiver.starts:
        text = "{waiver} starts on {day} and waives nothing before."
        return (
            found,
            "not-started",
            _say("waiver.not-started", text, waiver, day=str(waiver.first_day)),
        )
    if moment.is_before_run:
        text = (
            "The clock of this gate lies before the end of the run, so it cannot tell whether {waiver} is "
            "live; it waives nothing."
        )
        return found, "not-started", _say("waiver.clock", text, waiver)
    if not found.is_enough:
        return found, "not-approved", not_approved(waiver, found)
    return found, None, None


def _held(
    waiver: Waiver, found: Approved, ready: Sequence[Waiver], drafts: Sequence[Draft]
) -> _Weighed:
    """Hold a waiver that is live and approved against what was found."""
    others = [one for one in ready if one is not waiver and _overlaps(one, waiver)]
    if others:
        text = (
            "{waiver} and {others} are both live for the same findings of {rule}; which of them counts is "
            "not known, so neither waives anything."
        )
        names = ", ".join(one.id for one in others)
        because = _say("waiver.conflicting", text, waiver, others=names, rule=waiver.rule)
        return _Weighed(waiver, "conflicting", because, found)
    about = [position for position, draft in enumerate(drafts) if _is_about(waiver, draft)]
    covered = [position for position in about if drafts[position].outcome in waiver.covers]
    if not covered:
        because = _unused(waiver, [drafts[position] for position in about], drafts)
        return _Weighed(waiver, "unused", because, found)
    problem = next(_exceeding(waiver, [drafts[position] for position in covered]), None)
    if problem is not None:
        return _Weighed(waiver, "exceeded", problem, found)
    return _Weighed(
        waiver, "in-force", _in_force(waiver, len(covered), found), found, tuple(covered)
    )


def _is_about(waiver: Waiver, draft: Draft) -> bool:
    return (
        draft.rule.id == waiver.rule
        and waiver.slice in (None, draft.slice)
        and waiver.dataset in (None, draft.dataset)
    )


def _overlaps(one: Waiver, other: Waiver) -> bool:
    slices = one.slice is None or other.slice is None or one.slice == other.slice
    sets = one.dataset is None or other.dataset is None or one.dataset == other.dataset
    return one.rule == other.rule and slices and sets


def _exceeding(waiver: Waiver, drafts: Sequence[Draft]) -> Iterator[Message]:
    """Yield why a waiver with ``accept_until_value`` does not cover a finding."""
    accept = waiver.accept_until_value
    for draft in drafts if accept is not None else ():
        assert accept is not None
        where = "all examples" if draft.slice == "all" else readable_slice(draft.slice)
        if draft.bound is None or draft.estimate is None or draft.estimate.value is None:
            text = (
                "{waiver} accepts values until {accept}, and {rule} has no value on {where} that could be "
                "held against it, so it waives nothing."
            )
            yield _say(
                "waiver.no-value", text, waiver, accept=accept.text, rule=waiver.rule, where=where
            )
        elif draft.rule.kind == "drop_at_most" and accept.value < 0:
            text = (
                "{waiver} accepts values until {accept}, and {rule} is about a drop, of which it says how much "
                "worse it may be: 0 or more. It waives nothing."
            )
            yield _say("waiver.negative-drop", text, waiver, accept=accept.text, rule=waiver.rule)
        elif is_worse(draft, accept):
            text = (
                "{waiver} accepts values until {accept}; on {where} the value {value} is worse, so it "
                "waives nothing."
            )
            numbers = shown(draft.estimate, accept)
            yield _say(
                "waiver.exceeded",
                text,
                waiver,
                accept=numbers.limit,
                where=where,
                value=numbers.value,
            )


def is_worse(draft: Draft, accept: Exact) -> bool:
    """Tell whether the value of a finding is worse than an accepted one, in the direction of its rule.

    For a rule about a drop, the accepted number is how much worse, as its limit is. Counts that give
    another value than the one recorded are worse than anything.
    """
    estimate, bound = draft.estimate, draft.bound
    assert estimate is not None
    assert estimate.value is not None
    assert bound is not None
    if draft.rule.kind == "drop_at_most":
        drop = estimate.value if bound.side == "at_most" else -estimate.value
        return compare(drop, accept) > 0
    limit = Bound(bound.side, accept)
    return counts_disagree(estimate) or by_number(estimate, limit, "point") != "passed"


def _unused(waiver: Waiver, about: Sequence[Draft], drafts: Sequence[Draft]) -> Message:
    if not any(draft.rule.id == waiver.rule for draft in drafts):
        text = "{waiver} is for {rule}, which is no rule of this policy."
        return _say("waiver.unknown-rule", text, waiver, rule=waiver.rule)
    if not about:
        text = "{waiver} is for {where}, about which {rule} found nothing."
        named = [
            waiver.dataset and f"data set {waiver.dataset}",
            waiver.slice and f"slice {waiver.slice}",
        ]
        where = ", ".join(one for one in named if one)
        return _say("waiver.unknown-slice", text, waiver, where=where, rule=waiver.rule)
    open_ones = [
        d for d in about if d.outcome in ("failed", "inconclusive", "not-measured", "error")
    ]
    if not open_ones:
        text = "{waiver} has nothing to waive: no finding of {rule} is open where it holds."
        return _say("waiver.not-needed", text, waiver, rule=waiver.rule)
    text = "{waiver} covers {covers}, and {rule} ended {outcome} where it holds.{more}"
    outcome = open_ones[0].outcome
    more = " An error is never waived." if outcome == "error" else ""
    return _say(
        "waiver.not-covered",
        text,
        waiver,
        covers=" and ".join(waiver.covers),
        rule=waiver.rule,
        outcome=outcome,
        more=more,
    )


def _in_force(waiver: Waiver, n_covered: int, found: Approved) -> Message:
    until = ""
    if waiver.accept_until_value is not None:
        until = f" as long as the value is no worse than {waiver.accept_until_value.text}"
    return _say(
        "waiver.in-force",
        "{waiver} waives {findings} of {rule} until the end of {day}{until}; approved by {users}.",
        waiver,
        findings=count(n_covered, "finding"),
        rule=waiver.rule,
        day=str(waiver.last_day),
        until=until,
        users=" and ".join(found.users),
    )


def _use(weighed: _Weighed, now: datetime) -> WaiverUse:
    waiver = weighed.waiver
    days_left = (waiver.last_day - now.astimezone(UTC).date()).days
    accept = waiver.accept_until_value
    return WaiverUse(
        id=waiver.id,
        rule=waiver.rule,
        state=weighed.state,
        reason=waiver.reason,
        owner=waiver.owner,
        ticket=waiver.ticket,
        starts=waiver.first_day.isoformat(),
        expires=waiver.last_day.isoformat(),
        days_left=days_left,
        approved_by=weighed.approved.users,
        because=weighed.because,
        is_single_person=weighed.approved.is_single_person,
        accept_until_value=accept.approx if accept is not None else None,
        warns=next((n for n in _WARNS if 0 <= days_left <= n), None),
    )


def _say(id: str, text: str, waiver: Waiver, **params: str | float) -> Message:
    return Message.of(id, text, waiver=waiver.id, **params)
