"""``assay retention``: what may be erased when, what is on hold, and erasing what has had its time.

A class says how long a part must be kept: 10 years for technical documentation, 3 years, 25 months, or 6
months for logs, from the moment at which the run was sealed. What has a shorter time within a part does
not shorten it: the longest class of a part decides.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.clock import iso, parse_moment
from harness.commands.erasing import Erased, erase_from
from harness.commands.logbook import log_held
from harness.errors import AssayError, IntegrityError, Phrase, UsageError, must, raise_all
from harness.evidence import (
    Bundle,
    Hold,
    Holds,
    Manifest,
    Wish,
    find_run,
    finish_erasure,
    list_runs,
    open_run,
    read_holds,
    read_manifest,
    verify_run,
    write_hold,
)
from harness.evidence.manifest import ERASURES
from harness.signing import SigningKey, Trust

MONTHS: Mapping[str, int] = {"techdoc": 120, "pipl": 36, "reg-b": 25, "logs": 6}
"""Class → how many months a file of it must be kept."""
PARTS = ("personal", "record")
"""Parts of a run that end apart: row text and group values, and all else."""


@dataclass(frozen=True, slots=True)
class Due:
    """One part of a run, and when it may go.

    Attributes:
        run: Id; the folder's name where the run cannot be read.
        folder: Where it lies.
        part: One of ``PARTS``.
        retention: Longest class in it.
        since, until: From when it is kept, and the first moment at which it may go.
        is_due: Whether that has come.
        holds: Ids of the holds that are active.
        problem: Why nothing can be said; None where all is well.
    """

    run: str
    folder: str
    part: str
    retention: str = ""
    since: str = ""
    until: str = ""
    is_due: bool = False
    holds: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def may_go(self) -> bool:
        """Whether its time is over and nobody holds it."""
        return self.is_due and not self.holds and self.problem is None


def plan_retention(runs: Path, now: datetime, trust: Trust | None = None) -> list[Due]:
    """Say of each part of each run when it may go.

    Args:
        runs: Where runs lie.
        now: At which moment; one in the future previews.
        trust: Whose signatures end a hold; None asks for the key that put it there.
    """
    found: list[Due] = []
    for one in list_runs(runs):
        try:
            if one.problem is not None:
                raise IntegrityError(one.problem)
            found += _parts(open_run(one.path), now, trust)
        except (AssayError, OSError) as err:
            found.append(Due(one.path.name, str(one.path), "record", problem=str(err)))
    return found


def apply_retention(
    runs: Path,
    key: SigningKey,
    *,
    role: str,
    due_at: datetime,
    now: datetime,
    trust: Trust | None = None,
    store: str | None = None,
) -> list[Erased]:
    """Erase every personal part whose time is over; a tombstone says so. Records are never removed.

    Erasures that were interrupted are finished first.

    Args:
        runs: Where runs lie.
        key: Who signs.
        role: In which role.
        due_at: By which moment a time must be over; one after ``now`` counts as ``now``.
        now: The moment by the clock of the machine.
        trust: See ``plan_retention``.
        store: Where the event log is.

    Raises:
        IntegrityError: With every run that does not verify; the others are done before.
    """
    done, problems = [], []
    for one in list_runs(runs):
        if one.problem is None and (one.path / ERASURES).is_dir():
            finish_erasure(one.path)
    for due in plan_retention(runs, min(due_at, now), trust):
        if due.part != "personal" or not due.may_go:
            continue
        reason = f"retention {due.retention}: its time was over on {due.until}"
        wish = Wish(None, reason, role, key, now)
        try:
            done.append(erase_from(due.folder, runs, wish, trust=trust, store=store))
        except IntegrityError as err:
            problems += [f"{due.run}: {text}" for text in err.problems]
    raise_all(IntegrityError, problems)
    return done


def hold_run(
    ref: str,
    runs: Path,
    key: SigningKey,
    *,
    reason: str,
    role: str,
    now: datetime,
    store: str | None = None,
) -> str:
    """Put a run on hold and return the id of the hold.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``.
        runs: Where runs lie.
        key: Who signs.
        reason: Why.
        role: In which role; only somebody of this role can end it.
        now: When.
        store: Where the event log is.
    """
    bundle, _ = _verified(ref, runs, None)
    id = write_hold(
        bundle.path,
        key,
        run=bundle.id,
        run_digest=bundle.digest,
        reason=reason,
        role=role,
        now=now,
    )
    log_held(bundle, id, ends=None, store=store)
    return id


def end_hold(
    ref: str,
    runs: Path,
    key: SigningKey,
    *,
    reason: str,
    role: str,
    now: datetime,
    trust: Trust | None = None,
    store: str | None = None,
) -> list[str]:
    """End the holds that somebody of a role put on a run, and return their ids.

    Args:
        ref: See ``hold_run``, as for the next five.
        runs: Where runs lie.
        key: Who signs.
        reason: Why.
        role: In which role.
        now: When.
        trust: Whose signature may end a hold that another key put there.
        store: Where the event log is.

    Raises:
        UsageError: If there is no such hold, or it stands after all.
    """
    bundle, holds = _verified(ref, runs, trust)
    ours = [one for one in holds.active if one.role == role]
    if not ours:
        got = Phrase(_listed(holds.active))
        raise UsageError(must(f"{bundle.id}", f"be on hold by role {role}", got))
    _refuse_stranger(ours, key, trust, role=role, now=now)
    for one in ours:
        id = write_hold(
            bundle.path,
            key,
            run=bundle.id,
            run_digest=bundle.digest,
            reason=reason,
            role=role,
            now=now,
            ends=one.id,
        )
        log_held(bundle, id, ends=one.id, store=store)
    return [one.id for one in ours]


def _refuse_stranger(
    ours: Iterable[Hold], key: SigningKey, trust: Trust | None, *, role: str, now: datetime
) -> None:
    """Refuse an end that would not count; it would lie in the run for ever."""
    if trust is None:
        others = sorted({one.keyid[:12] for one in ours} - {key.keyid[:12]})
        if others:
            do = "Give --trust FILE, so that your key can be believed."
            got = Phrase(f"one of {', '.join(others)}")
            raise UsageError(must("The key of the hold", "be yours", got, do=do))
        return
    known = {one.keyid: one for one in trust.keys}.get(key.keyid)
    if known is None or role not in known.roles or not known.counts_at(now):
        what = f"be one that {trust.place} trusts in role {role}"
        raise UsageError(must("--key", what, Phrase("another one")))


def _verified(ref: str, runs: Path, trust: Trust | None) -> tuple[Bundle, Holds]:
    path, _ = find_run(ref, runs)
    raise_all(IntegrityError, verify_run(path, trust=trust).problems)
    bundle = open_run(path)
    return bundle, read_holds(path, run=bundle.id, run_digest=bundle.digest, trust=trust)


def _parts(bundle: Bundle, now: datetime, trust: Trust | None) -> list[Due]:
    holds = read_holds(bundle.path, run=bundle.id, run_digest=bundle.digest, trust=trust)
    raise_all(IntegrityError, holds.problems)
    ids = tuple(one.id for one in holds.active)
    since = _sealed_at(bundle)
    seals = {"record": bundle.manifest}
    if bundle.has_personal:
        seals["personal"] = read_manifest(bundle.path / "personal", kind="personal")[0]
    return [
        _due(bundle, part, seals[part], since=since, now=now, holds=ids)
        for part in PARTS
        if part in seals
    ]


def _due(
    bundle: Bundle,
    part: str,
    seal: Manifest,
    *,
    since: datetime,
    now: datetime,
    holds: tuple[str, ...],
) -> Due:
    classes = {entry.retention for entry in seal.files.values()} or {"techdoc"}
    longest = max(classes, key=lambda name: MONTHS[name])
    until = months_later(since, MONTHS[longest])
    return Due(
        run=bundle.id,
        folder=str(bundle.path),
        part=part,
        retention=longest,
        since=iso(since),
        until=iso(until),
        is_due=now >= until,
        holds=holds,
    )


def _sealed_at(bundle: Bundle) -> datetime:
    """Return the latest moment that the record names: a part is kept too long rather than too short."""
    moments = [parse_moment(stage.ended) for stage in bundle.record.stages]
    day, time = bundle.id[:8], bundle.id[9:15]
    if (day + time).isdigit():
        moments.append(parse_moment(f"{day}T{time}Z"))
    # a run that was judged again is in use: its clock begins with the last gate
    moments += [parse_moment(gate.verdict.now) for gate in bundle.gates()]
    if not moments:
        raise IntegrityError(must(bundle.id, "say when it was sealed", Phrase("no moment")))
    return max(moments)


def months_later(moment: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last day of a month that is too short."""
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


def _listed(holds: Iterable[Hold]) -> str:
    return ", ".join(f"{one.id} by role {one.role}" for one in holds) or "no hold"
