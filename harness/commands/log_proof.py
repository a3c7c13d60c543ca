"""``assay log``: signing how far the event log has come, and holding the log against what was signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.clock import iso
from harness.depot import Store, StoreAddress, find_address, open_store
from harness.errors import IntegrityError, Phrase, UsageError, must, raise_all
from harness.files import write_whole
from harness.signing import SigningKey, Trust, signers_of
from harness.store import (
    Checkpoint,
    Event,
    SqlEventLog,
    checkpoint_problems,
    clock_problems,
    open_log,
    read_checkpoint,
    sign_checkpoint,
    verify_chain,
)

CHECKPOINTS = "checkpoints"
"""Folder of a store in which releases leave how far its log had come."""
_START, _END = "checkpoint-", ".dsse.json"


@dataclass(frozen=True, slots=True)
class LogReport:
    """What was found in a log.

    Attributes:
        n_events, head: How many, and the digest of the last; None for an empty log.
        problems, notes: What is not as it was; what cannot be told.
        checkpoints: File → how many events it covers, for those that hold.
    """

    n_events: int
    head: str | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    checkpoints: dict[str, int]


def log_address(store: str | None) -> StoreAddress:
    """Return where the log lies.

    Raises:
        UsageError: If neither ``--store`` nor ``ASSAY_STORE`` says.
    """
    found = find_address(store)
    if found is None:
        do = "Give --store URL, or set ASSAY_STORE."
        raise UsageError(must("The event log", "be named", Phrase("nothing"), do=do))
    return found


def read_log(store: str | None) -> list[Event]:
    """Return every event of a log.

    Raises:
        UsageError: If there is no log at that address.
        IncompleteError: If it cannot be reached.
        IntegrityError: If it is that of a store and not its own, or was emptied.
    """
    return _read(store, None)[0]


def save_checkpoint(store: str | None, key: SigningKey, now: datetime, out: Path) -> Checkpoint:
    """Sign how far a log has come and write that to a file.

    Raises:
        IntegrityError: If the log is not whole.
        UsageError: If it is empty.
    """
    events = read_log(store)
    raise_all(IntegrityError, verify_chain(events) + clock_problems(events, now))
    raw = sign_checkpoint(events, key, now)
    write_whole(out, raw)
    return read_checkpoint(raw, name=out.name)


def prove_log(
    store: str | None, checkpoints: Sequence[Path], trust: Trust | None, now: datetime
) -> LogReport:
    """Hold a log against itself, the clock, and checkpoints: of its store, and that were kept elsewhere.

    Args:
        store: Address; None takes ``ASSAY_STORE``.
        checkpoints: Files that ``save_checkpoint`` wrote.
        trust: Whose signatures count; None leaves them unchecked, and says so.
        now: The present moment.
    """
    try:
        events, left = _read(store, trust)
    except IntegrityError as err:
        return LogReport(0, None, err.problems, (), {})
    problems = verify_chain(events) + clock_problems(events, now)
    notes: list[str] = []
    good: dict[str, int] = {}
    kept = [] if left is None else [left]
    for path in checkpoints:
        try:
            kept.append(read_checkpoint(checkpoint_file(path), name=path.name))
        except IntegrityError as err:
            problems += err.problems
    for checkpoint in kept:
        signed, note = _signature(checkpoint, trust)
        found = [*checkpoint_problems(events, checkpoint), *signed]
        problems += found
        notes += note
        if not found:
            good[checkpoint.name] = checkpoint.size
    if not checkpoints:
        notes.append(
            "Without a checkpoint that was kept elsewhere nobody can tell whether the end was cut off "
            "or all of it was rewritten. Sign one with: assay log checkpoint"
        )
    head = events[-1].digest if events else None
    return LogReport(len(events), head, tuple(dict.fromkeys(problems)), tuple(notes), good)


def trusted_checkpoints(store: Store, trust: Trust | None) -> Iterator[Checkpoint]:
    """Yield the checkpoints of a store that somebody trusted signed, the longest log first.

    Args:
        store: It is open.
        trust: Whose signatures count; None yields all.
    """
    for _, name in sorted(listed_checkpoints(store), reverse=True):
        raw = store.place.read(name)
        one = read_checkpoint(raw or b"", name=f"{name} of the store")
        if trust is None or signers_of(one.envelope, trust, one.time):
            yield one


def listed_checkpoints(store: Store) -> list[tuple[int, str]]:
    """Return size and name of every checkpoint in a store."""
    found = []
    for name in store.place.names(CHECKPOINTS):
        size, _, rest = name.removeprefix(f"{CHECKPOINTS}/{_START}").partition("-")
        if size.isdecimal() and rest.endswith(_END):
            found.append((int(size), name))
    return found


def checkpoint_name(size: int, digest: str) -> str:
    """Return the name that a checkpoint has in a store."""
    return f"{CHECKPOINTS}/{_START}{size}-{digest[:12]}{_END}"


def checkpoint_file(path: Path) -> bytes:
    """Return the bytes of a checkpoint that was kept.

    Raises:
        UsageError: If there is no such file.
    """
    try:
        return path.read_bytes()
    except OSError as err:
        got = Phrase(err.strerror or "none")
        raise UsageError(must(f"The checkpoint {path}", "be a file", got)) from err


def _signature(checkpoint: Checkpoint, trust: Trust | None) -> tuple[list[str], list[str]]:
    """Return problems, and notes."""
    name = checkpoint.name
    if trust is None:
        return [], [f"The signature of {name} was not checked. Give --trust FILE."]
    signers = signers_of(checkpoint.envelope, trust, checkpoint.time)
    if not signers:
        what = f"be signed by a key that {trust.place} trusted at {iso(checkpoint.time)}"
        return [must(name, what, Phrase("no such signature"))], []
    who = ", ".join(one.user for one in signers)
    return [], [f"{name}: {checkpoint.size:,} events, signed by {who}."]


def _read(store: str | None, trust: Trust | None) -> tuple[list[Event], Checkpoint | None]:
    """Return the events of a log, and the newest checkpoint that its store holds, if it has one."""
    address = log_address(store)
    if address.url is None:
        with _log(address.index) as log:
            return log.events(), None
    with open_store(address) as opened:
        return opened.log.events(), next(trusted_checkpoints(opened, trust), None)


@contextmanager
def _log(address: str) -> Iterator[SqlEventLog]:
    # opening creates; a log that is to be proved must be there already
    path = address.removeprefix("sqlite:///") if address.startswith("sqlite:///") else address
    if "://" not in path and not Path(path).is_file():
        do = "A log begins with the first run that is sealed with this store."
        raise UsageError(must(f"The event log {path}", "be there", Phrase("no file"), do=do))
    with closing(open_log(address)) as log:
        yield log
