"""Holds: signed statements that nothing of a run may be erased, until another one ends them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.clock import iso, parse_moment
from harness.errors import AssayError, IntegrityError, Phrase, UsageError, must
from harness.evidence.manifest import HOLDS, MANIFEST
from harness.evidence.own import (
    ENDING,
    OwnStatement,
    one_line,
    own_files,
    read_own,
    sign_own,
    vouched,
)
from harness.files import write_whole
from harness.signing import HOLD, Envelope, SigningKey, Subject, Trust


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold, or the end of one.

    Attributes:
        id: First 12 hex digits of the SHA-256 of what was signed.
        run, run_digest: What is held.
        ends: Id of the hold that it ends; None for a hold.
        reason, role, at: Why, by whom, when.
        keyid: Of the key that signed.
        envelope: What it came in.
    """

    id: str
    run: str
    run_digest: str
    ends: str | None
    reason: str
    role: str
    at: datetime
    keyid: str
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Holds:
    """What the holds of a run come to.

    Attributes:
        known: All statements that can be read.
        active: Holds that nothing has ended.
        problems, said: What is wrong with them; one sentence for each.
    """

    known: tuple[Hold, ...] = ()
    active: tuple[Hold, ...] = ()
    problems: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


def read_holds(path: Path, *, run: str, run_digest: str, trust: Trust | None = None) -> Holds:
    """Read the holds of a run.

    A hold counts whoever signed it. Its end counts where it names the same role, and is signed by a
    trusted key of that role, or, without a trust file, by the key that signed the hold.

    Args:
        path: Folder of the run.
        run: Its id.
        run_digest: Digest of its seal.
        trust: Whose signatures count.
    """
    problems: list[str] = []
    known: list[Hold] = []
    said: list[str] = []
    for file in own_files(path / HOLDS):
        where = f"{HOLDS}/{file.name}"
        try:
            one = _hold(read_own(file, where, HOLD))
        except IntegrityError as err:
            problems.extend(err.problems)
            continue
        if (one.run, one.run_digest) != (run, run_digest):
            problems.append(must(where, f"be about run {run} {run_digest}", one.run))
            continue
        known.append(one)
    trusted: set[str] = set()
    for one in sorted(known, key=lambda found: found.at):
        where = f"{HOLDS}/{one.id}{ENDING}"
        who, problem = vouched(one.envelope, trust, role=one.role, moment=one.at, where=where)
        problems += problem
        trusted |= {one.id} if who else set()
        said.append(_sentence(one, who))
    holds = {one.id: one for one in known if one.ends is None}
    for one in known:
        if one.ends is not None and one.ends not in holds:
            where = f"{HOLDS}/{one.id}{ENDING}"
            problems.append(must(where, "end a hold that is there", Phrase(one.ends)))
    ended = {
        one.ends
        for one in known
        if one.ends in holds
        and one.role == holds[one.ends].role
        and (one.id in trusted if trust is not None else one.keyid == holds[one.ends].keyid)
    }
    active = tuple(one for id, one in sorted(holds.items()) if id not in ended)
    return Holds(tuple(known), active, tuple(problems), tuple(said))


def write_hold(
    path: Path,
    key: SigningKey,
    *,
    run: str,
    run_digest: str,
    reason: str,
    role: str,
    now: datetime,
    ends: str | None = None,
) -> str:
    """Write a hold, or the end of one, and return its id.

    Args:
        path: Folder of the run.
        key: Who signs.
        run: Id of the run.
        run_digest: Digest of its seal.
        reason: Why.
        role: In which role.
        now: When.
        ends: Id of the hold that is ended.
    """
    predicate = {
        "run": run,
        "run_digest": run_digest,
        "ends": ends,
        "reason": reason,
        "role": role,
        "at": iso(now),
    }
    id, raw = sign_own((Subject(MANIFEST, run_digest),), HOLD, predicate, key)
    write_whole(path / HOLDS / f"{id}{ENDING}", raw)
    return id


def refuse_held(path: Path, holds: Holds) -> None:
    """Refuse to erase what is on hold.

    Raises:
        UsageError: With every hold that is active.
    """
    if holds.active:
        said = "; ".join(f"{one.id} by {one.role}: {one_line(one.reason)}" for one in holds.active)
        do = "End it first with: assay retention release-hold"
        raise UsageError(must(path.name, "not be on hold", Phrase(said), do=do))


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "run": lambda v: isinstance(v, str),
    "run_digest": lambda v: isinstance(v, str),
    "ends": lambda v: v is None or re.fullmatch(r"[0-9a-f]{12}", v) is not None,
    "reason": lambda v: isinstance(v, str),
    "role": lambda v: isinstance(v, str),
    "at": lambda v: isinstance(v, str),
}


def _hold(own: OwnStatement) -> Hold:
    given = own.predicate
    try:
        if set(given) != set(_FIELDS) or not all(_FIELDS[name](given[name]) for name in _FIELDS):
            raise ValueError("fields")
        if own.subjects != (given["run_digest"],):
            raise ValueError("subjects")
        plain = {name: given[name] for name in _FIELDS if name != "at"}
        moment = parse_moment(given["at"])
    except (ValueError, TypeError, AssayError) as err:
        raise IntegrityError(must(own.where, "be a hold", Phrase("something else"))) from err
    return Hold(id=own.id, at=moment, keyid=own.keyid, envelope=own.envelope, **plain)


def _sentence(one: Hold, who: str | None) -> str:
    by = f"by {who} as {one.role}" if who else f"as {one.role}, by unverified signature"
    what = "Put on hold" if one.ends is None else f"Hold {one.ends} ended"
    return f"{what} on {iso(one.at)} {by}: {one_line(one.reason)} (hold {one.id})"
