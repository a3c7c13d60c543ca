"""Deciding about a gate of a store: why it cannot be, doing it, and what stands.

The statement is written first, then the event that makes it count, both while nobody else can add an event.
A kill between the two leaves a statement that counts for nothing; the same key again completes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.depot.actors import Actor
from harness.depot.objections import Case, Wish, complaints_of, not_intact
from harness.depot.place import add_or_compare
from harness.depot.review import APPROVED, CHANGES, REJECTED, STARTED, WITHDRAWN, is_to_be_seen
from harness.depot.standing import Standing, standing
from harness.depot.store import BUNDLES, Store
from harness.errors import AssayError, IntegrityError, UsageError, must
from harness.evidence import Bundle, Gate, VerifyReport, verify_run
from harness.evidence.decisions import (
    APPROVER,
    KEY_ISSUER,
    REVIEWER,
    DecisionSaid,
    by_words,
    decision_of,
    decision_statement,
)
from harness.evidence.manifest import GATES, STATEMENTS
from harness.evidence.statements import ENDING, file_of
from harness.files import sha256_bytes
from harness.records import Message
from harness.signing import (
    DECISION,
    Envelope,
    SigningKey,
    Trust,
    parse_trust,
    read_envelope,
    read_statement,
)

if TYPE_CHECKING:
    from harness.store import Event

__all__ = [
    "Decided",
    "Moved",
    "Refused",
    "Standing",
    "Wish",
    "by_words",
    "complaints",
    "decide",
    "standing",
    "trust_of",
]

EVENTS = {
    "start": STARTED,
    "request-changes": CHANGES,
    "approve": APPROVED,
    "reject": REJECTED,
    "withdraw": WITHDRAWN,
}
TRUST = "trust.yaml"
MIN_KEY, MAX_KEY = 8, 200


class Refused(UsageError):
    """A decision that cannot be made.

    Attributes:
        messages: Every reason, each a sentence.
    """

    def __init__(self, messages: Sequence[Message], exit_code: int = UsageError.exit_code) -> None:
        super().__init__(*(one.text for one in messages))
        self.messages = tuple(messages)
        self.exit_code = exit_code


class Moved(UsageError):
    """Somebody else recorded something about the run while this decision was being written."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was made.

    Attributes:
        event: Of the log.
        kind: What was decided.
        file: Name of the statement below the run; None where a review was only started.
        raw: The statement as it lies there; None without one.
        words: Whose signature it bears; None without one.
        is_new: Whether it was recorded now.
        is_enough: Whether the gate stands approved by it.
    """

    event: Event
    kind: str
    file: str | None
    raw: bytes | None
    words: Message | None
    is_new: bool
    is_enough: bool


def trust_of(store: Store) -> Trust | None:
    """Return the trust file of a store; None where there is none.

    Raises:
        UsageError: If it cannot be read.
    """
    raw = store.read(TRUST)
    return None if raw is None else parse_trust(raw, TRUST)


def complaints(
    store: Store,
    bundle: Bundle,
    gate: Gate,
    wish: Wish,
    actor: Actor,
    *,
    signer: SigningKey | None,
    trust: Trust | None = None,
    now: datetime | None = None,
) -> list[Message]:
    """Return every reason why a decision cannot be made, all at once; empty when it can.

    Args:
        store: Open.
        bundle: The run, as it was shown.
        gate: Its gate, as it was shown.
        wish: What is to be decided.
        actor: By whom.
        signer: The service's key, or the actor's own.
        trust: Whom to believe; None takes the trust file of the store.
        now: The clock; None takes that of the store.

    Raises:
        IntegrityError: If the log is not what it was.
    """
    events, report = store.events(), verify_run(bundle.path)
    if not report.is_intact:
        return [not_intact(report)]
    case = _case(store, bundle, gate, events, report, signer=signer, trust=trust, now=now)
    return complaints_of(case, wish, actor)


def decide(
    store: Store,
    bundle: Bundle,
    gate: Gate,
    wish: Wish,
    actor: Actor,
    *,
    head: str,
    key: str,
    signer: SigningKey | None,
    trust: Trust | None = None,
    now: datetime | None = None,
) -> Decided:
    """Sign a decision and record it.

    Args:
        store: Open.
        bundle: In the store; see ``get_run``.
        gate: One of its gates.
        wish: What is decided.
        actor: By whom.
        head: What ``head_of`` gave when the page was made: nothing newer may have been recorded.
        key: Idempotency key, 8 to 200 characters; again it gives the decision that was made.
        signer: See ``complaints``.
        trust: See ``complaints``.
        now: See ``complaints``.

    Raises:
        Refused: With every reason why it cannot be made.
        Moved: If somebody else recorded something about this run in between.
        UsageError: If the key is none, or stands for another decision.
        IntegrityError: If the log is not what it was: then nothing is recorded.
    """
    if len(key.strip()) < MIN_KEY or len(key) > MAX_KEY or not key.isprintable():
        what = f"have {MIN_KEY} to {MAX_KEY} characters that can be seen"
        raise UsageError(must("The idempotency key", what, key[:MAX_KEY]))
    events = store.events()
    moment = now or store.now()
    known = next((one for one in events if one.key == key), None)
    if known is not None:
        return _again(bundle, gate, wish, actor, known)
    _refuse_moved(events, bundle.id, head)
    report = verify_run(bundle.path)
    if not report.is_intact:
        raise Refused([not_intact(report)], IntegrityError.exit_code)
    case = _case(store, bundle, gate, events, report, signer=signer, trust=trust, now=moment)
    problems = complaints_of(case, wish, actor)
    if problems:
        raise Refused(problems, _exit_code(problems))
    store.tables.put_person(actor.id, actor.name)
    desk = _Desk(store, case, wish, actor, _said(wish, actor, head=head, key=key, now=moment))
    file = None if wish.kind == "start" else desk.statement()
    is_enough = desk.is_enough()
    event = desk.record(file, is_enough=is_enough)
    words = None if file is None else by_words(desk.said)
    name, raw = file if file is not None else (None, None)
    return Decided(event, wish.kind, name, raw, words, True, is_enough)


def _case(
    store: Store,
    bundle: Bundle,
    gate: Gate,
    events: Sequence[Event],
    report: VerifyReport,
    *,
    signer: SigningKey | None,
    trust: Trust | None,
    now: datetime | None,
) -> Case:
    moment = now or store.now()
    believed = trust or trust_of(store)
    return Case(
        bundle=bundle,
        gate=gate,
        report=report,
        events=events,
        trust=believed,
        signer=signer,
        now=moment,
        stands=standing(events, bundle, gate, believed, moment, report=report),
    )


def _exit_code(problems: Sequence[Message]) -> int:
    """Return 5 for evidence that was changed, 1 and 3 for a verdict that nobody overrides, else 2."""
    codes = {
        "decide.not-intact": 5,
        "decide.changed": 5,
        "decide.blocked": 1,
        "decide.incomplete": 3,
    }
    found = [codes[one.id] for one in problems if one.id in codes]
    return max(found, default=2) if 5 in found or len(found) == 1 else min(found, default=2)


def _refuse_moved(events: Sequence[Event], run: str, head: str) -> None:
    """Refuse what was decided by somebody who has not seen the last event about the run."""
    if head and not any(one.digest == head for one in events):
        raise IntegrityError(
            "The event log must hold the event that was seen when this decision was begun, got none. "
            "Its end was cut off or rewritten. Nothing is recorded."
        )
    newer = []
    for one in reversed(events):
        if one.digest == head:
            break
        newer.append(one)
    _refuse_newer(newer, run)


def _refuse_newer(newer: Sequence[Event], run: str) -> None:
    if any(is_to_be_seen(one, run) for one in newer):
        raise Moved(
            "The review must stand as you saw it, got something newer by somebody else. "
            "Look at it again, then decide."
        )


def _again(bundle: Bundle, gate: Gate, wish: Wish, actor: Actor, event: Event) -> Decided:
    """Return a decision that was made before with the same key."""
    is_same = event.kind == EVENTS[wish.kind] and event.actor == actor.id
    if not is_same or event.subject != gate.digest:
        raise UsageError(
            f"An idempotency key must stand for one decision, got event {event.seq}, which is another."
        )
    file = event.body.get("file")
    words = raw = None
    if isinstance(file, str):
        raw = (bundle.path / file).read_bytes()
        said = decision_of(_read(raw, file)[1], where=file)
        if not _says(said, wish):
            raise UsageError(
                f"An idempotency key must stand for one decision, got event {event.seq}, which says "
                "something else. Nothing of what was written now is recorded."
            )
        words = by_words(said)
    is_enough = event.body.get("is_enough") is True
    return Decided(event, wish.kind, file, raw, words, False, is_enough)


def _says(said: DecisionSaid, wish: Wish) -> bool:
    """Tell whether a decision says what is wished now, word for word."""
    return (said.rationale, said.conditions, said.expires, said.accepted) == _words(wish)


def _words(wish: Wish) -> tuple[str, tuple[str, ...], str | None, tuple[str, ...]]:
    conditions = tuple(one.strip() for one in wish.conditions if one.strip())
    return wish.rationale.strip() or "-", conditions, wish.expires, wish.accepted


def _said(wish: Wish, actor: Actor, *, head: str, key: str, now: datetime) -> DecisionSaid:
    kind = wish.kind if wish.kind != "start" else "request-changes"
    needs = APPROVER if kind in ("approve", "withdraw") else REVIEWER
    rationale, conditions, expires, accepted = _words(wish)
    return DecisionSaid(
        kind=kind,
        by="key" if actor.issuer == KEY_ISSUER else "service",
        issuer=actor.issuer,
        subject=actor.subject,
        name=actor.name,
        role=needs if needs in actor.roles else APPROVER,
        rationale=rationale,
        decided_at=now,
        key=key,
        head=head or "-",
        login_at=actor.login_at,
        conditions=conditions,
        expires=expires,
        accepted=accepted,
    )


@dataclass(slots=True)
class _Desk:
    """One decision that is being made."""

    store: Store
    case: Case
    wish: Wish
    actor: Actor
    said: DecisionSaid

    def statement(self) -> tuple[str, bytes]:
        """Return path and bytes of the signed statement: one that a kill left behind, or a new one."""
        case = self.case
        folder = f"{GATES}/{case.gate.id}/{STATEMENTS}"
        found = self._left_behind(folder)
        if found is not None:
            return found
        assert case.signer is not None  # complaints ask for it
        statement = decision_statement(case.bundle, case.gate, self.said)
        name, raw = file_of(statement, case.signer)
        try:  # a statement that cannot be read would leave a run that never verifies again
            decision_of(_read(raw, name)[1], where=name)
        except AssayError as err:
            raise UsageError(
                "Everything that a decision says must hold words, got something empty in: "
                f"{', '.join(_empty(self.said))}. Nothing is recorded."
            ) from err
        return f"{folder}/{name}", raw

    def _left_behind(self, folder: str) -> tuple[str, bytes] | None:
        """Return a statement that says all this, to the last word, and was signed with the key that signs now."""
        for path in sorted((self.case.bundle.path / folder).glob(f"decision-*{ENDING}")):
            raw = path.read_bytes()
            try:
                envelope, statement = _read(raw, path.name)
                said = decision_of(statement, where=path.name)
            except AssayError:
                continue
            then = replace(self.said, decided_at=said.decided_at, login_at=said.login_at)
            keys = [one.keyid for one in envelope.signatures]
            if said == then and self.case.signer and keys == [self.case.signer.keyid]:
                self.said = said
                return f"{folder}/{path.name}", raw
        return None

    def is_enough(self) -> bool:
        """Tell whether the gate stands approved with this decision."""
        if self.wish.kind != "approve":
            return False
        now = self.case.stands
        who = (self.said.issuer, self.said.subject)
        others = [one for one in now.approvals if (one.said.issuer, one.said.subject) != who]
        return len(others) + 1 >= now.n_needed

    def record(self, file: tuple[str, bytes] | None, *, is_enough: bool) -> Event:
        """Write the statement, then the event, while nobody else can add one."""
        root = f"{BUNDLES}/{self.case.bundle.id}"
        body: dict[str, Any] = {"run": self.case.bundle.id, "gate": self.case.gate.id}
        if file is not None:
            name, raw = file
            envelope, _ = _read(raw, name)
            body |= {"file": name, "statement": sha256_bytes(envelope.payload)}
            body |= {"expires": self.said.expires, "n_conditions": len(self.said.conditions)}
        if self.wish.kind == "approve":
            body["is_enough"] = is_enough

        def guard(newer: list[Event]) -> None:
            _refuse_newer(newer, self.case.bundle.id)
            if file is not None:
                add_or_compare(self.store.place, f"{root}/{file[0]}", file[1])
                local = self.case.bundle.path / file[0]
                if not local.exists():  # a copy of a remote store: who looks next finds it there
                    local.parent.mkdir(parents=True, exist_ok=True)
                    local.write_bytes(file[1])

        return self.store.append(
            EVENTS[self.wish.kind],
            self.case.gate.digest,
            body,
            actor=self.actor.id,
            key=self.said.key,
            since=self.case.events[-1].seq if self.case.events else 0,
            guard=guard,
        )


def _empty(said: DecisionSaid) -> list[str]:
    names = ("issuer", "subject", "name", "role", "rationale", "key")
    return [one for one in names if not getattr(said, one).strip()]


def _read(raw: bytes, where: str) -> tuple[Envelope, Any]:
    envelope = read_envelope(raw, where=where)
    statement = read_statement(envelope, where=where)
    if statement.predicate_type != DECISION:
        raise IntegrityError(f"{where} must hold a decision, got something else.")
    return envelope, statement
