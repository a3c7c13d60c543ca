"""Checkpoints of the event log: how long it was and what it ended with, signed and kept elsewhere.

A chain of digests that is cut, or rewritten from some event on, is a whole chain again. What it can no
longer be is the log of which somebody noted the length and the last digest. The digest of an event
covers every event before it, so one digest stands for the whole log up to there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.clock import iso, parse_moment
from harness.errors import AssayError, IntegrityError, Phrase, UsageError, must
from harness.signing import (
    CHECKPOINT,
    PAYLOAD_TYPE,
    Envelope,
    SigningKey,
    Statement,
    Subject,
    envelope_of,
    read_envelope,
    read_statement,
    statement_bytes,
)
from harness.store.log import Event

TOLERANCE = timedelta(minutes=5)
"""How far clocks of machines that write to one log may differ before its times are not believed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed about a log.

    Attributes:
        size: How many events it held, at least 1.
        root: Digest of the last of them.
        time: When it was signed.
        envelope: The envelope that it came in.
        name: Its file, for messages.
    """

    size: int
    root: str
    time: datetime
    envelope: Envelope
    name: str


def checkpoint_of(events: Sequence[Event], now: datetime) -> Statement:
    """Return what is to be signed about a log.

    Args:
        events: All of them, verified.
        now: When.

    Raises:
        UsageError: If there is no event yet.
    """
    if not events:
        raise UsageError(must("The event log", "hold an event to be signed", Phrase("none")))
    size, root = len(events), events[-1].digest
    return Statement(
        subjects=(Subject(f"event {size} of the log", root),),
        predicate_type=CHECKPOINT,
        predicate={"size": size, "root": root, "time": iso(now)},
    )


def sign_checkpoint(events: Sequence[Event], key: SigningKey, now: datetime) -> bytes:
    """Return the bytes of a signed checkpoint; see ``checkpoint_of``."""
    return envelope_of(PAYLOAD_TYPE, statement_bytes(checkpoint_of(events, now)), [key]).to_bytes()


def read_checkpoint(raw: bytes, *, name: str) -> Checkpoint:
    """Read a checkpoint; whose signature it bears is asked of ``signers_of``.

    Raises:
        IntegrityError: If it is not the signed checkpoint of a log.
    """
    envelope = read_envelope(raw, where=name)
    if envelope.to_bytes() != raw:
        raise IntegrityError(
            f"{name} must stand as it was written, got the same content otherwise."
        )
    statement = read_statement(envelope, where=name)
    parts = _parts(statement)
    if parts is None:
        raise IntegrityError(must(name, "be a checkpoint of an event log", Phrase("another one")))
    size, root, time = parts
    try:
        moment = parse_moment(time)
    except AssayError as err:
        raise IntegrityError(must(f"The time in {name}", "be ISO 8601 in UTC", time)) from err
    return Checkpoint(size, root, moment, envelope, name)


def _parts(statement: Statement) -> tuple[int, str, str] | None:
    given = statement.predicate
    if statement.predicate_type != CHECKPOINT or set(given) != {"size", "root", "time"}:
        return None
    size, root, time = given["size"], given["root"], given["time"]
    if type(size) is not int or size < 1 or not isinstance(time, str):
        return None
    if not isinstance(root, str) or [one.sha256 for one in statement.subjects] != [root]:
        return None
    return size, root, time


def checkpoint_problems(events: Sequence[Event], checkpoint: Checkpoint) -> list[str]:
    """Say why a log is not the continuation of the one that was signed; empty when it is.

    Args:
        events: All of the log, from the first on.
        checkpoint: What was signed earlier.
    """
    size, name = checkpoint.size, checkpoint.name
    if len(events) < size:
        got = Phrase(f"{len(events):,}")
        do = "Its end was cut off."
        return [must("The event log", f"hold the {size:,} events of {name}", got, do=do)]
    last = events[size - 1]
    if last.digest != checkpoint.root:
        what = f"have the digest {checkpoint.root} of {name}"
        do = "It was rewritten, or is another log."
        return [must(f"Event {size}", what, Phrase(last.digest), do=do)]
    moment = _moment(last)
    if moment is not None and moment > checkpoint.time + TOLERANCE:
        what = f"be no later than {name}, which was signed at {iso(checkpoint.time)}"
        return [must(f"Event {size}", what, Phrase(last.time), do=_CLOCK)]
    return []


_CLOCK = "A clock was wrong: trust the order of the events, not their times."


def clock_problems(events: Sequence[Event], now: datetime) -> list[str]:
    """Say which events bear a time before that of the event before them, or one that is yet to come.

    Args:
        events: In order.
        now: The present moment.
    """
    problems = []
    before: datetime | None = None
    for event in events:
        moment = _moment(event)
        if moment is None:
            problems.append(must(f"The time of event {event.seq}", "be ISO 8601 UTC", event.time))
            continue
        if before is not None and moment < before - TOLERANCE:
            what = f"not be before event {event.seq - 1}, which happened at {iso(before)}"
            problems.append(must(f"Event {event.seq}", what, Phrase(event.time), do=_CLOCK))
        if moment > now + TOLERANCE:
            what = f"be no later than now, {iso(now)}"
            problems.append(must(f"Event {event.seq}", what, Phrase(event.time), do=_CLOCK))
        before = moment
    return problems


def _moment(event: Event) -> datetime | None:
    try:
        moment = datetime.fromisoformat(event.time)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else None
