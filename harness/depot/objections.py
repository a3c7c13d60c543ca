"""Why a decision cannot be made: every reason at once, each a sentence that a page can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from harness.depot.actors import Actor, submitters_of
from harness.depot.standing import Standing
from harness.errors import AssayError
from harness.evidence import Bundle, Gate, VerifyReport
from harness.evidence.decided import requester
from harness.evidence.decisions import (
    APPROVER,
    KEY_ISSUER,
    REVIEWER,
    SERVICE,
    end_of,
    finding_key,
    must_be_accepted,
    verdict_digest,
)
from harness.evidence.foureyes import spellings
from harness.records import Message
from harness.signing import SigningKey, Trust

if TYPE_CHECKING:
    from harness.store import Event

WishKind = Literal["start", "request-changes", "approve", "reject", "withdraw"]
MIN_RATIONALE = 20
MAX_RATIONALE = 10_000
_MAY = {
    "start": frozenset({REVIEWER, APPROVER}),
    "request-changes": frozenset({REVIEWER, APPROVER}),
    "reject": frozenset({REVIEWER, APPROVER}),
    "approve": frozenset({APPROVER}),
    "withdraw": frozenset({APPROVER}),
}
_STATES = {
    "start": frozenset({"submitted", "changes_requested"}),
    "request-changes": frozenset({"submitted", "in_review", "approved"}),
    "reject": frozenset({"submitted", "in_review", "changes_requested", "approved"}),
    "approve": frozenset({"submitted", "in_review", "released"}),
    "withdraw": frozenset({"in_review", "approved", "released"}),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to decide.

    Attributes:
        kind: Which decision.
        rationale: Why, at least 20 characters; not asked for where a review is only started.
        conditions: Under which an approval holds; with them it must end.
        expires: Last day of an approval, ``2027-01-31``; None where it does not end.
        accepted: Keys of the findings that were ticked; see ``finding_key`` and ``must_be_accepted``.
        seen: SHA-256 of the ``verdict.json`` that was shown.
    """

    kind: WishKind
    rationale: str = ""
    conditions: tuple[str, ...] = ()
    expires: str | None = None
    accepted: tuple[str, ...] = ()
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What a wish is held against.

    Attributes:
        bundle, gate: As they were shown.
        report: Of verifying the bundle now.
        events: Of the store.
        trust: Whom to believe.
        signer: Key that would sign.
        now: The clock.
        stands: What stands before the wish.
    """

    bundle: Bundle
    gate: Gate
    report: VerifyReport
    events: Sequence[Event]
    trust: Trust | None
    signer: SigningKey | None
    now: datetime
    stands: Standing


def complaints_of(case: Case, wish: Wish, actor: Actor) -> list[Message]:
    """Return every reason against a wish, what is wrong with the evidence first."""
    found = [
        *_about_evidence(case, wish),
        *_about_state(case, wish, actor),
        *_about_person(case, wish, actor),
        *_about_words(case, wish),
        *_about_signature(case, wish, actor),
    ]
    return list({one.text: one for one in found}.values())


def lasting(case: Case, kind: WishKind, actor: Actor) -> list[Message]:
    """Return the reasons against a wish that no words change: who asks, and what would sign."""
    wish = Wish(kind)
    found = [*_about_person(case, wish, actor), *_about_signature(case, wish, actor)]
    return list({one.text: one for one in found}.values())


def not_intact(report: VerifyReport) -> Message:
    """Say that nothing can be decided about a run that does not verify."""
    return Message.of(
        "decide.not-intact",
        "The run does not verify, so nothing can be decided about it: {problem}",
        problem=report.problems[0],
    )


def may_ever_approve(gate: Gate) -> bool:
    """Tell whether a gate can be approved at all: never over a verdict that is blocked or incomplete."""
    return gate.verdict.verdict not in ("blocked", "incomplete")


def _about_evidence(case: Case, wish: Wish) -> Iterator[Message]:
    now = case.bundle.gate(case.gate.id)
    if now.digest != case.gate.digest or case.report.digest != case.bundle.digest:
        yield Message.of(
            "decide.changed", "Run or gate were changed since they were opened. Open them again."
        )
    if wish.kind != "start" and wish.seen != verdict_digest(now):
        yield Message.of(
            "decide.unseen",
            "The verdict that was shown is not the one that lies there. Look at it again, then decide.",
        )


def _about_state(case: Case, wish: Wish, actor: Actor) -> Iterator[Message]:
    verdict = case.gate.verdict
    if wish.kind == "approve" and verdict.verdict == "blocked":
        yield Message.of(
            "decide.blocked",
            "A verdict that is blocked cannot be approved by anybody. Mend the model, or have a waiver "
            "approved and gate again.",
        )
    if wish.kind == "approve" and verdict.verdict == "incomplete":
        yield Message.of(
            "decide.incomplete",
            "A verdict that is incomplete cannot be approved by anybody. Measure what is missing, or have "
            "a waiver approved and gate again.",
        )
    if not case.stands.is_newest:
        yield Message.of(
            "decide.old-gate", "A newer gate of this run was submitted; decide about that one."
        )
    state = case.stands.state
    # what stands released may need its approval again: one that ended, or whose key was revoked
    is_approved_again = wish.kind == "approve" and state == "released" and case.stands.is_approved
    if state == "rejected":
        yield Message.of(
            "decide.rejected",
            "It stands rejected: only another gate of this run, or another run, is reviewed again.",
        )
    elif state == "released" and (state not in _STATES[wish.kind] or is_approved_again):
        yield Message.of(
            "decide.released",
            "It stands released; take that back first, with assay release --withdraw.",
        )
    elif state not in _STATES[wish.kind]:
        yield Message.of(
            "decide.state",
            "This cannot be decided where the review stands: {state}.",
            state=state.replace("_", " "),
        )
    if wish.kind == "approve" and case.stands.n_blocking_threads:
        yield Message.of(
            "decide.threads",
            "{n} that must be resolved first: somebody other than who asked resolves it.",
            n=_count(case.stands.n_blocking_threads, "open request"),
        )
    who = (actor.issuer, actor.subject)
    has_approved = any((one.said.issuer, one.said.subject) == who for one in case.stands.approvals)
    if wish.kind == "withdraw" and not has_approved:
        yield Message.of("decide.nothing-to-withdraw", "You have no approval here that stands.")
    if wish.kind == "approve" and has_approved:
        yield Message.of(
            "decide.twice", "You have approved already; one more person must, or nobody."
        )


def _about_person(case: Case, wish: Wish, actor: Actor) -> Iterator[Message]:
    allowed = _MAY[wish.kind]
    if not actor.roles & allowed:
        yield Message.of(
            "decide.role",
            "Who decides this must have the role {roles}. Ask whoever manages the roles.",
            roles=" or ".join(sorted(allowed)),
        )
    is_single = case.trust is not None and case.trust.is_single_person
    if wish.kind != "approve" or is_single:
        return
    if not actor.is_authenticated:
        yield Message.of(
            "decide.nobody",
            "Nobody is authenticated here, so whoever decides may be who submitted the run. Log in, decide "
            "with a key (assay decide --key), or say single_person: true in the trust file.",
        )
        return
    submitters = {
        one.actor
        for one in case.events
        if one.body.get("run") == case.bundle.id and one.kind in ("run-submitted", "gate-submitted")
    }
    names = spellings(actor.names)
    if actor.id in submitters or names & spellings(submitters_of(submitters, case.trust)):
        yield Message.of("decide.submitter", "Who submitted the run does not approve it.")
    why = requester(actor.names, case.bundle, case.gate)
    if why is not None:
        yield Message.of("decide.requester", "You cannot approve this: {why}.", why=why.text)
    who = (actor.issuer, actor.subject)
    for one in case.stands.approvals:
        other = (one.said.issuer, one.said.subject)
        if other != who and names & spellings((one.said.name, one.said.subject)):
            yield Message.of(
                "decide.same-person",
                "You have approved already, as {name}; another person must.",
                name=one.said.name,
            )


def _about_words(case: Case, wish: Wish) -> Iterator[Message]:
    n = sum(one.isprintable() for one in wish.rationale.strip())  # what nobody sees is no reason
    if wish.kind != "start" and n < MIN_RATIONALE:
        yield Message.of(
            "decide.rationale",
            "The rationale must have at least {least} characters, got {n}.",
            least=MIN_RATIONALE,
            n=n,
        )
    if len(wish.rationale) > MAX_RATIONALE:
        yield Message.of(
            "decide.rationale-long",
            "The rationale must have at most {most} characters, got {n}.",
            most=MAX_RATIONALE,
            n=len(wish.rationale),
        )
    n_conditions = sum(len(one) for one in wish.conditions)
    if n_conditions > MAX_RATIONALE:
        yield Message.of(
            "decide.conditions-long",
            "The conditions must have at most {most} characters together, got {n}.",
            most=MAX_RATIONALE,
            n=n_conditions,
        )
    if any("\ud800" <= c <= "\udfff" for text in (wish.rationale, *wish.conditions) for c in text):
        yield Message.of(
            "decide.not-text",
            "Rationale and conditions must be text, got bytes that are not UTF-8. Write them again.",
        )
    if wish.kind != "approve":
        if wish.expires is not None or any(one.strip() for one in wish.conditions):
            yield Message.of(
                "decide.only-approval",
                "Only an approval has conditions and a last day. Approve with them, or leave them out.",
            )
        return
    open_ones = [
        one
        for one in case.gate.verdict.findings
        if must_be_accepted(one) and finding_key(one) not in wish.accepted
    ]
    if open_ones and may_ever_approve(case.gate):
        yield Message.of(
            "decide.unticked",
            "Each waived finding and each warning must be ticked; missing: {rules}.",
            rules=", ".join(dict.fromkeys(one.rule for one in open_ones)),
        )
    yield from _about_expiry(wish, case.now)


def _about_expiry(wish: Wish, now: datetime) -> Iterator[Message]:
    if wish.expires is None:
        if any(one.strip() for one in wish.conditions):
            yield Message.of(
                "decide.no-expiry", "An approval with conditions must say until which day it holds."
            )
        return
    try:
        end = end_of(wish.expires) if len(wish.expires) == 10 else None
    except AssayError:
        end = None
    if end is None:
        yield Message.of(
            "decide.expiry-form",
            "The last day must be a date such as 2027-01-31, got {day}.",
            day=wish.expires[:40],
        )
    elif end <= now:
        yield Message.of("decide.expired", "The last day, {day}, has passed.", day=wish.expires)


def _about_signature(case: Case, wish: Wish, actor: Actor) -> Iterator[Message]:
    if wish.kind == "start":
        return
    if case.trust is None:
        yield Message.of(
            "decide.no-trust",
            "A decision must be checkable by others, which takes a trust file: put trust.yaml into the store.",
        )
    if case.signer is None:
        yield Message.of(
            "decide.no-key",
            "There is no key to sign with. Name one: key in assay-dashboard.yaml, or --key.",
        )
    if case.trust is None or case.signer is None:
        return
    keyid = case.signer.keyid
    known = next((one for one in case.trust.keys if one.keyid == keyid), None)
    if known is None or not known.counts_at(case.now):
        yield Message.of(
            "decide.key-unknown",
            "The key {keyid} must be one that {place} trusts now. Enter its public half there.",
            keyid=keyid[:12],
            place=case.trust.place,
        )
        return
    is_own = actor.issuer == KEY_ISSUER
    if is_own and (SERVICE in known.roles or known.user != actor.subject):
        yield Message.of(
            "decide.service-key",
            "A key of a service decides nothing by itself; sign with your own.",
        )
    if not is_own and SERVICE not in known.roles:
        yield Message.of(
            "decide.not-service",
            "The key of {user} must have the role service in {place} to record what others decide.",
            user=known.user,
            place=case.trust.place,
        )


def _count(n: int, noun: str) -> str:
    return f"1 {noun}" if n == 1 else f"{n} {noun}s"
