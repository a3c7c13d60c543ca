"""The event log: who did what to which evidence, append-only, each event holding the one before.

SQLite by default, PostgreSQL by URL. A chain proves that nothing in the middle was changed, not that
the end was kept: cut the tail, or rewrite all of it, and it still verifies. That is found only against a
checkpoint (``harness.store.checkpoints``) that lies where the owner of the log cannot reach it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from harness.clock import iso, utc_now
from harness.errors import (
    IncompleteError,
    IntegrityError,
    MissingExtra,
    Phrase,
    UsageError,
    must,
)
from harness.files import digest_of, sorted_json
from harness.redaction import redact
from harness.store.migrations import VERSION, migrate

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Row

GENESIS = "0" * 64
"""Previous digest of the first event."""
_NOTE_HEAD = (
    "INSERT INTO assay_head (one, seq, digest) VALUES (1, :seq, :digest) "
    "ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, digest = excluded.digest"
)

_WAIT_S = 30
_COLUMNS = "seq, time, actor, kind, subject, body, key, previous, digest"
Guard = Callable[[list["Event"]], None]
"""Looks at the newer events before one is added, and refuses or does what must be done before it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done.

    Attributes:
        seq: 1, 2, 3, ... without gaps.
        time: ISO 8601 UTC, whole seconds.
        actor: Pseudonymous id of who did it.
        kind: Kebab-case, e.g. ``run-sealed``.
        subject: Digest of what it was done to.
        body: What else is to be known, JSON.
        key: Idempotency key; None where repeating makes a new event.
        previous: Digest of the event before; ``GENESIS`` for the first.
        digest: SHA-256 over canonical JSON of all other fields.
    """

    seq: int
    time: str
    actor: str
    kind: str
    subject: str
    body: Mapping[str, Any]
    key: str | None
    previous: str
    digest: str


class EventLog(Protocol):
    """An append-only log."""

    def append(
        self,
        kind: str,
        subject: str,
        *,
        body: Mapping[str, Any],
        actor: str,
        key: str | None = None,
        head: str | None = None,
    ) -> Event:
        """Add one event and return it.

        Args:
            kind: What was done.
            subject: Digest of what it was done to.
            body: What else is to be known; JSON without non-finite numbers.
            actor: Who did it.
            key: The same key again returns the event that is there.
            head: Digest of the last event that the caller saw; None does not ask.

        Raises:
            UsageError: If the key was used for something else, or the head has moved on.
        """
        ...

    def events(self, since: int = 0) -> list[Event]:
        """Return the events after a sequence number, in order."""
        ...


class SqlEventLog:
    """An event log in a database.

    Args:
        engine: Made by ``open_log``.
        now: Clock.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._now = now
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._migrate()

    def append(
        self,
        kind: str,
        subject: str,
        *,
        body: Mapping[str, Any],
        actor: str,
        key: str | None = None,
        head: str | None = None,
        since: int = 0,
        guard: Guard | None = None,
    ) -> Event:
        """Add one event; see ``EventLog.append``.

        Args:
            kind: See there.
            subject: See there.
            body: See there.
            actor: See there.
            key: See there.
            head: See there.
            since: Number of the last event that the caller saw.
            guard: Called with the events after it while nobody else can add one; what it raises stops the
                event. It is not called where the key is known already.

        Raises:
            IntegrityError: If the end of the log was cut off.
        """
        from sqlalchemy import text

        asked = (kind, subject, actor, sorted_json(dict(body)))
        with self.writing() as connection:
            known = self._by_key(connection, key)
            if known is not None:
                if (known.kind, known.subject, known.actor, sorted_json(known.body)) != asked:
                    raise UsageError(
                        f"The idempotency key {key!r} must stand for one event, got another one "
                        f"than event {known.seq}."
                    )
                return known
            last = self._last(connection)
            self._refuse_cut(connection, last)
            if head is not None and head != (last.digest if last else GENESIS):
                raise UsageError(
                    "The log must stand as you saw it, got a newer event by someone else. "
                    "Read it again, then decide."
                )
            if guard is not None:
                guard(self._after(connection, since))
            event = _sealed(
                seq=last.seq + 1 if last else 1,
                time=iso(self._now()),
                actor=actor,
                kind=kind,
                subject=subject,
                body=dict(body),
                key=key,
                previous=last.digest if last else GENESIS,
            )
            row = asdict(event) | {"body": asked[3].decode()}
            names = ", ".join(f":{name.strip()}" for name in _COLUMNS.split(","))
            connection.execute(text(f"INSERT INTO assay_events ({_COLUMNS}) VALUES ({names})"), row)
            connection.execute(text(_NOTE_HEAD), {"seq": event.seq, "digest": event.digest})
        return event

    def events(self, since: int = 0) -> list[Event]:
        """Return the events after a sequence number, in order.

        Raises:
            IntegrityError: If the end of the log was cut off.
        """
        with self.reading() as connection:
            # the note first: an event that comes between the two is one more, never one less
            note = self._noted(connection)
            found = self._after(connection, since)
            if note is not None and note[0] > since:
                at = note[0] - since - 1
                _refuse_unlike(found[at] if at < len(found) else None, note)
            return found

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read from the database until the block ends."""
        with _database_errors(self._engine), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write into the database, alone, in one transaction that the block ends."""
        from sqlalchemy import text
        from sqlalchemy.exc import DatabaseError

        with _database_errors(self._engine), self._engine.connect() as connection:
            # the lock comes before the first read: two appends must not see the same last event
            connection.execute(text("BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN"))
            try:
                if not self._is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(7310263918)"))
                yield connection
            except BaseException:
                # a full disk has rolled back by itself: why it failed is what must be told
                with suppress(DatabaseError):
                    connection.execute(text("ROLLBACK"))
                raise
            connection.execute(text("COMMIT"))

    def _migrate(self) -> None:
        """Bring the database to the version of this Modelassay; refuse one of a newer."""
        with self.reading() as connection:
            version = self._version(connection)
        if version is None or version < VERSION:
            with self.writing() as connection:
                version = self._version(connection)
                if version is None or version < VERSION:
                    migrate(connection, version)
                    version = VERSION
        if version > VERSION:
            what, do = (
                f"have the version {VERSION} or less",
                "A newer Modelassay wrote it: upgrade.",
            )
            raise UsageError(must(f"The event log {_shown(self._engine)}", what, version, do=do))

    def _version(self, connection: Connection) -> int | None:
        from sqlalchemy import inspect, text

        if not inspect(connection).has_table("assay_log"):
            return None
        found = connection.execute(text("SELECT max(version) FROM assay_log")).scalar()
        return None if found is None else int(found)

    def _noted(self, connection: Connection) -> tuple[int, str] | None:
        from sqlalchemy import text

        row = connection.execute(text("SELECT seq, digest FROM assay_head")).one_or_none()
        return None if row is None else (int(row[0]), str(row[1]))

    def _refuse_cut(self, connection: Connection, last: Event | None) -> None:
        note = self._noted(connection)
        if note is not None or last is not None:
            _refuse_unlike(last, note or (0, GENESIS))

    def _after(self, connection: Connection, since: int) -> list[Event]:
        from sqlalchemy import text

        query = f"SELECT {_COLUMNS} FROM assay_events WHERE seq > :since ORDER BY seq"
        return [_event(row) for row in connection.execute(text(query), {"since": since})]

    def _by_key(self, connection: Connection, key: str | None) -> Event | None:
        from sqlalchemy import text

        if key is None:
            return None
        query = text(f"SELECT {_COLUMNS} FROM assay_events WHERE key = :key")
        row = connection.execute(query, {"key": key}).one_or_none()
        return None if row is None else _event(row)

    def _last(self, connection: Connection) -> Event | None:
        from sqlalchemy import text

        query = text(f"SELECT {_COLUMNS} FROM assay_events ORDER BY seq DESC LIMIT 1")
        row = connection.execute(query).one_or_none()
        return None if row is None else _event(row)


def open_log(url: str, now: Callable[[], datetime] = utc_now) -> SqlEventLog:
    """Open the event log at a URL, and create it where there is none.

    Args:
        url: ``sqlite:///events.db``, ``postgresql+psycopg://...``, or the path of an SQLite file.
        now: Clock.

    Raises:
        MissingExtra: If SQLAlchemy or the driver of the database is not installed.
        UsageError: If the URL names no database that can hold a log, or a newer version wrote it.
        IncompleteError: If the database cannot be reached or written.
    """
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError
    except ModuleNotFoundError as err:
        raise MissingExtra(
            "The event log needs SQLAlchemy. Install it with: pip install 'modelassay[store]'"
        ) from err
    try:
        address = make_url(url if "://" in url else f"sqlite:///{url}")
    except ArgumentError as err:
        raise UsageError(must("The address of an event log", "be a URL", redact(url))) from err
    backend = address.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise UsageError(must("An event log", "be in SQLite or PostgreSQL", backend))
    if backend == "sqlite" and address.database in (None, "", ":memory:"):
        raise UsageError(must("An event log in SQLite", "be a file", redact(url)))
    # each transaction is begun by hand: drivers differ in when they begin one by themselves
    waits = {"timeout": _WAIT_S} if backend == "sqlite" else {}
    try:
        engine = create_engine(address, isolation_level="AUTOCOMMIT", connect_args=waits)
    except ModuleNotFoundError as err:
        raise MissingExtra(
            f"The event log at {_hidden(url)} needs the driver {err.name!r}. Install it with pip."
        ) from err
    return SqlEventLog(engine, now)


def verify_chain(events: Sequence[Event], *, after: Event | None = None) -> list[str]:
    """Say where a chain is broken; empty when it is whole.

    Args:
        events: In order.
        after: The event before the first of them; None when they begin with the first of the log.
    """
    problems = []
    seq, previous = (after.seq, after.digest) if after else (0, GENESIS)
    for event in events:
        seq += 1
        if event.seq != seq:
            problems.append(must("The next event", f"have the number {seq}", event.seq))
        if event.previous != previous:
            problems.append(
                must(f"Event {event.seq}", f"follow the digest {previous}", event.previous)
            )
        try:
            digest = _digest(event)
        except (ValueError, TypeError, RecursionError):
            problems.append(f"Event {event.seq} must hold plain JSON, got what cannot be digested.")
            digest = event.digest
        if event.digest != digest:
            problems.append(must(f"Event {event.seq}", f"have the digest {digest}", event.digest))
        seq, previous = event.seq, event.digest
    return problems


def _refuse_unlike(event: Event | None, note: tuple[int, str]) -> None:
    seq, digest = note
    if event is None or (event.seq, event.digest) != note:
        got = Phrase(f"event {event.seq} with the digest {event.digest[:12]}" if event else "none")
        what = f"hold event {seq} with the digest {digest[:12]}, as was noted when it was written"
        do = "Its end was cut off or rewritten. Nothing is recorded in it."
        raise IntegrityError(must("The event log", what, got, do=do))


def _sealed(**fields: Any) -> Event:
    draft = Event(**fields, digest="")
    return Event(**fields, digest=_digest(draft))


def _digest(event: Event) -> str:
    # written out: a log of 100,000 events is digested while somebody waits
    return digest_of(
        {
            "seq": event.seq,
            "time": event.time,
            "actor": event.actor,
            "kind": event.kind,
            "subject": event.subject,
            "body": event.body,
            "key": event.key,
            "previous": event.previous,
        }
    )


def _event(row: Row[Any]) -> Event:
    seq, time, actor, kind, subject, body, key, previous, digest = tuple(row)
    try:
        data = json.loads(body)
    except (ValueError, TypeError, RecursionError) as err:
        raise IntegrityError(f"The body of event {seq} must be JSON, got something else.") from err
    return Event(seq, time, actor, kind, subject, data, key, previous, digest)


@contextmanager
def _database_errors(engine: Engine) -> Iterator[None]:
    from sqlalchemy.exc import DatabaseError, OperationalError

    try:
        yield
    except OperationalError as err:
        raise IncompleteError(
            f"The event log {_shown(engine)} must be open for writing, got: {redact(str(err.orig))}."
        ) from err
    except DatabaseError as err:
        raise IntegrityError(
            f"The event log {_shown(engine)} must be a sound database, got: {redact(str(err.orig))}."
        ) from err


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _hidden(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)
