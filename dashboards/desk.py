"""The reviewer's desk: what stands about a gate, and every write, asked for again on the server.

A page opens the store for the time of one read or write and keeps no connection.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards import source
from dashboards.access import Person, person
from dashboards.source import Opened
from harness.clock import utc_now
from harness.depot import Store, get_run, open_store
from harness.depot.decisions import Decided, Standing, Wish, decide, standing, trust_of
from harness.depot.drafts import Draft, draft_of, drop_draft, new_draft, save_draft
from harness.depot.objections import Case, WishKind, lasting
from harness.depot.review import head_of
from harness.depot.threads import Remark, Thread, add_remark, resolve, threads
from harness.errors import UsageError
from harness.evidence import Gate
from harness.records import Message
from harness.signing import SigningKey, Trust, find_key, read_trust

if TYPE_CHECKING:
    from harness.store import Event


_log = logging.getLogger("modelassay.dashboard")


class LoginNeeded(UsageError):
    """The login is too old to decide with, or is gone."""


@dataclass(frozen=True)
class Desk:
    """What a reviewer sees before deciding.

    Attributes:
        opened: The run.
        gate: Its gate that is looked at.
        stands: Where the review stands.
        threads: All of them about the model, texts included.
        names: Pseudonymous id → name, where it is known.
        events: Of the store about this run.
        trust: Whom to believe; None where no file says so.
    """

    opened: Opened
    gate: Gate
    stands: Standing
    threads: Sequence[Thread]
    names: Mapping[str, str]
    events: Sequence[Event]
    trust: Trust | None


def open_desk(opened: Opened, gate: Gate) -> Desk:
    """Read what stands about a gate.

    Raises:
        IntegrityError: If the log is not what it was: then nothing can be recorded.
        IncompleteError: If the store cannot be reached.
    """
    with _store(opened) as store:
        events = store.events()
        trust = trust_for(opened, store)
        report = source.verified(opened.bundle.path)
        now = store.now()
        return Desk(
            opened=opened,
            gate=gate,
            stands=standing(events, opened.bundle, gate, trust, now, report=report),
            threads=threads(store, opened.run.name, events),
            names=store.tables.people(),
            events=[one for one in events if one.body.get("run") == opened.bundle.id],
            trust=trust,
        )


def record(opened: Opened, gate: Gate, wish: Wish, *, head: str, key: str) -> Decided:
    """Record a decision, after asking again who is here.

    Raises:
        LoginNeeded: If the login is too old.
        Refused: With every reason why it cannot be made.
        Moved: If somebody else recorded something in between.
        IntegrityError: If log or bundle are not what they were.
    """
    who = _asked_again(opened)
    signer = signer_of(opened)
    with _store(opened) as store:
        bundle = get_run(store, opened.bundle.id)
        trust = trust_for(opened, store)
        done = decide(
            store, bundle, bundle.gate(gate.id), wish, who.actor,
            head=head, key=key, signer=signer, trust=trust,
        )  # fmt: skip
        _recorded("decision recorded", bundle.id, gate, who, kind=done.kind, event=done.event.seq)
        drop_draft(store, who.actor, gate.digest)
        return done


def remark(opened: Opened, gate: Gate, said: Remark, *, key: str) -> tuple[str, str]:
    """Open a thread or answer one; return the head of the review before and after it.

    Raises:
        UsageError: With every reason why it cannot be said.
    """
    who = _asked_again(opened, is_deciding=False)
    with _store(opened) as store:
        before = head_of(store.events(), opened.bundle.id)
        done = add_remark(store, opened.bundle, gate, said, who.actor, key=key)
        _recorded("remark recorded", opened.bundle.id, gate, who, kind=done.kind, event=done.seq)
        return before, done.digest


def close(opened: Opened, gate: Gate, thread: str, *, key: str) -> tuple[str, str]:
    """Resolve a thread; return the head of the review before and after it.

    Raises:
        UsageError: With every reason why this person cannot.
    """
    who = _asked_again(opened, is_deciding=False)
    with _store(opened) as store:
        before = head_of(store.events(), opened.bundle.id)
        done = resolve(store, opened.bundle, gate, thread, who.actor, key=key)
        _recorded("remark recorded", opened.bundle.id, gate, who, kind=done.kind, event=done.seq)
        return before, done.digest


def kept_draft(opened: Opened, gate: Gate) -> Draft:
    """Return what the person has written about a gate so far, or an empty draft."""
    with _store(opened) as store:
        found = draft_of(store, opened.person.actor, gate.digest)
        # a kill between recording a decision and forgetting its draft leaves one whose key is used up
        if found is None or any(one.key == found.key for one in store.events()):
            return new_draft()
        return found


def keep_draft(opened: Opened, gate: Gate, draft: Draft) -> None:
    """Keep a draft, so that it survives a reload."""
    with _store(opened) as store:
        save_draft(store, opened.person.actor, gate.digest, draft)


def signer_of(opened: Opened) -> SigningKey | None:
    """Return the key by which the service signs; None where none is named.

    Raises:
        UsageError: If it is named and cannot be read.
    """
    word = opened.settings.key
    return find_key(word) if word else None


def lasting_reasons(desk: Desk, kind: WishKind) -> list[Message]:
    """Return the reasons against a decision that no words change, before somebody writes any.

    That there is no trust file or key at all is left out: pages say it by themselves, with what to do.
    """
    try:
        signer = signer_of(desk.opened)
    except UsageError:
        signer = None  # who presses is told which file cannot be read
    case = Case(
        bundle=desk.opened.bundle,
        gate=desk.gate,
        report=source.verified(desk.opened.bundle.path),
        events=desk.events,
        trust=desk.trust,
        signer=signer,
        now=utc_now(),
        stands=desk.stands,
    )
    found = lasting(case, kind, desk.opened.person.actor)
    return [one for one in found if one.id not in ("decide.no-trust", "decide.no-key")]


def trust_for(opened: Opened, store: Store) -> Trust | None:
    """Return the trust file of the settings, else that of the store."""
    path = opened.settings.trust
    return read_trust(path) if path is not None else trust_of(store)


def _recorded(what: str, run: str, gate: Gate, who: Person, *, kind: str, event: int) -> None:
    """Log that something was recorded: by whom, about what, and as which event; never its words."""
    facts = {
        "run": run, "gate": gate.id, "kind": kind, "seq": event,
        "issuer": who.issuer, "subject": who.subject,
    }  # fmt: skip
    _log.info(what, extra={"facts": facts})


def _asked_again(opened: Opened, *, is_deciding: bool = True) -> Person:
    who = person()
    if who is None or who.actor.id != opened.person.actor.id:
        raise LoginNeeded("The login must still be the one that opened the page, got another.")
    if is_deciding and who.must_log_in_again(opened.settings):
        raise LoginNeeded("The login must be one of the last minutes to decide with, got an older.")
    return who


@contextmanager
def _store(opened: Opened) -> Iterator[Store]:
    address = opened.settings.store
    if address is None:
        raise UsageError("The store must be named to decide, got none.")
    with open_store(address) as store:
        yield store
