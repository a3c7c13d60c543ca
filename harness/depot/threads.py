"""Threads: comments and requests, pinned to a finding or to a whole run, until somebody resolves them.

A thread belongs to the model's name and outlives runs: what was asked of one run is still asked of the
next. The log holds who, when, about what, and the digest of each text; texts can be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.clock import parse_moment
from harness.depot.actors import Actor
from harness.depot.review import COMMENTED, RESOLVED
from harness.depot.store import Store
from harness.errors import AssayError, Phrase, UsageError, must, raise_all
from harness.evidence import Bundle, Gate
from harness.evidence.decisions import finding_key

if TYPE_CHECKING:
    from harness.store import Event

MAX_CHARACTERS = 10_000
MAX_OWNER = 200
_MAY_COMMENT = frozenset({"reviewer", "approver", "admin"})


@dataclass(frozen=True, slots=True)
class Comment:
    """One thing that somebody said.

    Attributes:
        actor, name: Who: id, and name where it is known.
        time: When.
        text: None where it was erased.
        sha256: Digest of the text.
    """

    actor: str
    name: str
    time: str
    text: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread.

    Attributes:
        id: 12 hex digits.
        run, gate: Where it was opened.
        about: Key of a finding (see ``finding_key``); empty for the whole run.
        is_blocking: Whether it is a request that must be resolved before anybody approves.
        owner, due: Who is to act, and until which day; empty where nobody says.
        comments: The first first.
        resolved_by, resolved_at: Who closed it, and when; empty while it is open.
    """

    id: str
    run: str
    gate: str
    about: str
    is_blocking: bool
    owner: str
    due: str
    comments: tuple[Comment, ...]
    resolved_by: str = ""
    resolved_at: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has resolved it."""
        return not self.resolved_at

    @property
    def opened_by(self) -> str:
        """Id of who opened it."""
        return self.comments[0].actor


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wants to say.

    Attributes:
        text: In plain words.
        about: Key of a finding; empty for the whole run, or where it answers a thread.
        is_blocking: Whether it opens a request.
        thread: Which thread it answers; None opens one.
        owner, due: See ``Thread``.
    """

    text: str
    about: str = ""
    is_blocking: bool = False
    thread: str | None = None
    owner: str = ""
    due: str = ""


def threads_of(
    events: Sequence[Event],
    *,
    name: str,
    texts: Mapping[str, str] | None = None,
    people: Mapping[str, str] | None = None,
) -> list[Thread]:
    """Return the threads about a model, the last opened first.

    Args:
        events: Of the store.
        name: Of the model: ``name`` in ``assay.yaml``.
        texts: Digest → text; None leaves texts out.
        people: Id → name.
    """
    found: dict[str, Thread] = {}
    for one in events:
        if one.body.get("name") != name:
            continue
        id = str(one.body.get("thread"))
        if one.kind == COMMENTED:
            said = _comment(one, texts or {}, people or {})
            before = found.get(id)
            found[id] = (
                _opened(one, said) if before is None
                else replace(before, comments=(*before.comments, said))
            )  # fmt: skip
        elif one.kind == RESOLVED and id in found:
            found[id] = replace(found[id], resolved_by=one.actor, resolved_at=one.time)
    return list(reversed(found.values()))


def threads(store: Store, name: str, events: Sequence[Event] | None = None) -> list[Thread]:
    """Return the threads about a model with their texts; see ``threads_of``."""
    given = store.events() if events is None else events
    own = [one for one in given if one.body.get("name") == name]
    digests = {str(one.body.get("text")) for one in own if one.kind == COMMENTED}
    tables = store.tables
    return threads_of(own, name=name, texts=tables.texts(digests), people=tables.people())


def add_remark(
    store: Store, bundle: Bundle, gate: Gate | None, remark: Remark, actor: Actor, *, key: str
) -> Event:
    """Open a thread, or answer one.

    Args:
        store: Open.
        bundle: What it is about.
        gate: The gate that was looked at; None without one.
        remark: What is said.
        actor: By whom.
        key: Idempotency key: the same press of a button is the same remark.

    Raises:
        UsageError: With every reason why it cannot be said.
    """
    events = store.events()
    known = next((one for one in events if one.key == key), None)
    if known is not None:
        return known
    raise_all(UsageError, list(_problems(remark, bundle, gate, actor, events)))
    store.tables.put_person(actor.id, actor.name)
    digest = store.tables.put_text(remark.text.strip())
    body: dict[str, Any] = {
        "run": bundle.id,
        "gate": gate.id if gate else None,
        "name": bundle.record.name,
        "thread": remark.thread or digest_of_key(key),
        "text": digest,
    }
    if remark.thread is None:
        body |= {"about": remark.about, "is_blocking": remark.is_blocking}
        body |= {"owner": remark.owner, "due": remark.due}
    subject = gate.digest if gate else bundle.digest
    return store.append(COMMENTED, subject, body, actor=actor.id, key=key)


def resolve(
    store: Store, bundle: Bundle, gate: Gate | None, thread: str, actor: Actor, *, key: str
) -> Event:
    """Close a thread; a blocking one by another person than the one who opened it.

    Raises:
        UsageError: With every reason why this person cannot close it.
    """
    events = store.events()
    known = next((one for one in events if one.key == key), None)
    if known is not None:
        return known
    own = {one.id: one for one in threads_of(events, name=bundle.record.name)}
    found = own.get(thread)
    problems = []
    if not actor.roles & _MAY_COMMENT:
        problems.append(_no_role())
    if found is None or not found.is_open:
        problems.append(must("A thread", "be open to be resolved", Phrase("none of this id")))
    elif found.is_blocking and found.opened_by == actor.id and actor.is_authenticated:
        what = "be resolved by another person than the one who made it"
        problems.append(must("A request", what, Phrase("the same person")))
    raise_all(UsageError, problems)
    store.tables.put_person(actor.id, actor.name)
    body = {
        "run": bundle.id,
        "gate": gate.id if gate else None,
        "name": bundle.record.name,
        "thread": thread,
    }
    subject = gate.digest if gate else bundle.digest
    return store.append(RESOLVED, subject, body, actor=actor.id, key=key)


def digest_of_key(key: str) -> str:
    """Return the id of the thread that a remark with an idempotency key opens."""
    from harness.files import sha256_bytes

    return sha256_bytes(key.encode())[:12]


def _problems(
    remark: Remark, bundle: Bundle, gate: Gate | None, actor: Actor, events: Sequence[Event]
) -> Iterable[str]:
    if not actor.roles & _MAY_COMMENT:
        yield _no_role()
    if not remark.text.strip():
        yield must("A comment", "hold words", Phrase("none"))
    if len(remark.text) > MAX_CHARACTERS:
        yield must("A comment", f"be at most {MAX_CHARACTERS:,} characters", len(remark.text))
    if len(remark.owner) > MAX_OWNER:
        yield must(
            "The owner of a request", f"be at most {MAX_OWNER} characters", len(remark.owner)
        )
    if remark.due and not _is_day(remark.due):
        yield must("The day on which a request is due", "be a date such as 2027-01-31", remark.due)
    known = {finding_key(one) for one in gate.verdict.findings} if gate else set()
    if remark.about and remark.about not in known:
        yield must("What a thread is about", "be a finding of this gate", remark.about)
    own = {one.id: one for one in threads_of(events, name=bundle.record.name)}
    if remark.thread is not None and remark.thread not in own:
        yield must("The thread that is answered", "be there", remark.thread)


def _no_role() -> str:
    what = f"have one of the roles {', '.join(sorted(_MAY_COMMENT))}"
    return must("Who comments", what, Phrase("none of them"))


def _is_day(text: str) -> bool:
    try:
        parse_moment(text)
    except AssayError:
        return False
    return len(text) == 10


def _opened(event: Event, said: Comment) -> Thread:
    body = event.body
    return Thread(
        id=str(body.get("thread")),
        run=str(body.get("run")),
        gate=str(body.get("gate") or ""),
        about=str(body.get("about") or ""),
        is_blocking=body.get("is_blocking") is True,
        owner=str(body.get("owner") or ""),
        due=str(body.get("due") or ""),
        comments=(said,),
    )


def _comment(event: Event, texts: Mapping[str, str], people: Mapping[str, str]) -> Comment:
    digest = str(event.body.get("text"))
    name = people.get(event.actor, event.actor)
    return Comment(event.actor, name, event.time, texts.get(digest), digest)
