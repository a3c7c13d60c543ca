"""Checkpoints that releases leave in the store, and what admission holds the log of the store against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.clock import parse_moment
from harness.commands.log_proof import checkpoint_file
from harness.commands.releases.desk import Desk
from harness.depot import Store
from harness.errors import IntegrityError, Phrase, must, raise_all
from harness.files import sha256_bytes
from harness.signing import Trust, signers_of
from harness.store import (
    Checkpoint,
    Event,
    checkpoint_problems,
    read_checkpoint,
    sign_checkpoint,
)

FOLDER = "checkpoints"
_START, _END = "checkpoint-", ".dsse.json"


def leave_checkpoint(desk: Desk, key: str) -> str | None:
    """Sign how far the log of the store has come, unless a checkpoint covers an event already.

    Args:
        desk: Whose key signs.
        key: Of the event, which is in the log.

    Returns:
        Name of the file in the store; None where one was there.
    """
    events = desk.store.events()
    position = next(n for n, one in enumerate(events, start=1) if one.key == key)
    if any(size >= position for size, _ in _listed(desk.store)):
        return None
    # the clock may be a moment that was named; nobody signs for an event that is yet to come
    moment = max(desk.wanted.now, parse_moment(events[-1].time))
    raw = sign_checkpoint(events, desk.wanted.key, moment)
    name = f"{FOLDER}/{_START}{len(events)}-{sha256_bytes(raw)[:12]}{_END}"
    desk.store.place.add(name, raw)
    return name


def refuse_cut_log(
    store: Store, events: Sequence[Event], trust: Trust, given: Sequence[Path] = ()
) -> None:
    """Refuse a log that does not go on from the newest trusted checkpoint, or from one that is given.

    Raises:
        IntegrityError: If its end was cut off, or it was rewritten; if a checkpoint is none, or one that
            is given is signed by nobody who is trusted.
    """
    problems: list[str] = []
    newest = next(_trusted(store, trust), None)
    if newest is not None:
        problems += checkpoint_problems(events, newest)
    for path in given:
        one = read_checkpoint(checkpoint_file(path), name=path.name)
        if not signers_of(one.envelope, trust, one.time):
            what = f"be signed by a key that {trust.place} trusts"
            problems.append(must(f"The checkpoint {path}", what, Phrase("no such signature")))
        problems += checkpoint_problems(events, one)
    raise_all(IntegrityError, list(dict.fromkeys(problems)))


def _trusted(store: Store, trust: Trust) -> Iterator[Checkpoint]:
    """Yield the checkpoints of a store that somebody trusted signed, the longest log first."""
    for _, name in sorted(_listed(store), reverse=True):
        raw = store.place.read(name)
        one = read_checkpoint(raw or b"", name=f"{name} of the store")
        if signers_of(one.envelope, trust, one.time):
            yield one


def _listed(store: Store) -> list[tuple[int, str]]:
    """Return size and name of every checkpoint in a store."""
    found = []
    for name in store.place.names(FOLDER):
        size, _, rest = name.removeprefix(f"{FOLDER}/{_START}").partition("-")
        if size.isdecimal() and rest.endswith(_END):
            found.append((int(size), name))
    return found
