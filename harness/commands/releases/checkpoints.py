"""Checkpoints that releases leave in the store, and what admission holds the log of the store against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.clock import parse_moment
from harness.commands.log_proof import (
    checkpoint_file,
    checkpoint_name,
    listed_checkpoints,
    trusted_checkpoints,
)
from harness.commands.releases.desk import Desk
from harness.depot import Store
from harness.errors import IntegrityError, Phrase, must, raise_all
from harness.files import sha256_bytes
from harness.signing import Trust, signers_of
from harness.store import Event, checkpoint_problems, read_checkpoint, sign_checkpoint


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
    if any(size >= position for size, _ in listed_checkpoints(desk.store)):
        return None
    # the clock may be a moment that was named; nobody signs for an event that is yet to come
    moment = max(desk.wanted.now, parse_moment(events[-1].time))
    raw = sign_checkpoint(events, desk.wanted.key, moment)
    name = checkpoint_name(len(events), sha256_bytes(raw))
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
    newest = next(trusted_checkpoints(store, trust), None)
    if newest is not None:
        problems += checkpoint_problems(events, newest)
    for path in given:
        one = read_checkpoint(checkpoint_file(path), name=path.name)
        if not signers_of(one.envelope, trust, one.time):
            what = f"be signed by a key that {trust.place} trusts"
            problems.append(must(f"The checkpoint {path}", what, Phrase("no such signature")))
        problems += checkpoint_problems(events, one)
    raise_all(IntegrityError, list(dict.fromkeys(problems)))
