"""What the tombstones of a run come to: what the personal part must be now, and who answers for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.clock import iso
from harness.errors import IntegrityError, Phrase, must
from harness.evidence.manifest import ERASURES, PERSONAL
from harness.evidence.own import ENDING, one_line, own_files, vouched
from harness.evidence.tombstones import Tombstone, read_tombstone
from harness.signing import Trust

STAGING = ".erasing-"
"""Begins the name of the folder in which an erasure prepares what takes the place of the old files."""

_STAGED = re.compile(r"\.erasing-([0-9a-f]{12}|draft)")


@dataclass(frozen=True, slots=True)
class Erasures:
    """What the tombstones of a run come to.

    Attributes:
        chain: In the order in which they were made.
        personal_manifest: Digest that the seal of the personal part must have now; None where there must
            be no such part.
        problems: What is wrong with them.
        said: One sentence for each that counts.
        unverified: Ids of those whose signature nobody vouched for.
    """

    chain: tuple[Tombstone, ...] = ()
    personal_manifest: str | None = None
    problems: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()


def read_erasures(
    path: Path,
    *,
    run: str,
    run_digest: str,
    personal_manifest: str | None,
    trust: Trust | None = None,
) -> Erasures:
    """Read the tombstones of a run and follow them from the seal in the run to the one of today.

    Args:
        path: Folder of the run.
        run: Its id.
        run_digest: Digest of its seal.
        personal_manifest: As its seal says.
        trust: Whose signatures count; None believes what a tombstone says of itself, and says so.
    """
    folder = path / ERASURES
    if not folder.is_dir() or folder.is_symlink():
        return Erasures(personal_manifest=personal_manifest)
    problems: list[str] = []
    found: list[Tombstone] = []
    for file in own_files(folder):
        try:
            one = read_tombstone(file)
        except IntegrityError as err:
            problems.extend(err.problems)
            continue
        if (one.run, one.run_digest) == (run, run_digest):
            found.append(one)
        else:
            got = Phrase(f"one about {one.run} {one.run_digest}")
            problems.append(must(_where(one), f"be about run {run} {run_digest}", got))
    chain, loose = _chained(found, personal_manifest)
    problems += [
        must(
            f"{ERASURES}/{one.id}{ENDING}",
            "follow from the seal of the run",
            Phrase("a fork or gap"),
        )
        for one in loose
    ]
    said, unverified = [], []
    for one in chain:
        who, problem = vouched(
            one.envelope, trust, role=one.role, moment=one.erased_at, where=_where(one)
        )
        problems += problem
        if who is None:
            unverified.append(one.id)
        said.append(_sentence(one, who))
    last = chain[-1].new if chain else personal_manifest
    return Erasures(tuple(chain), last, tuple(problems), tuple(said), tuple(unverified))


def unfinished(path: Path) -> tuple[str, ...]:
    """Return the names of what an interrupted erasure left in the personal part."""
    folder = path / PERSONAL
    if not folder.is_dir() or folder.is_symlink():
        return ()
    return tuple(sorted(one.name for one in folder.iterdir() if _STAGED.fullmatch(one.name)))


def _chained(found: list[Tombstone], start: str | None) -> tuple[list[Tombstone], list[Tombstone]]:
    """Return those that follow from the seal of the run one by one, and all others."""
    chain: list[Tombstone] = []
    at, left = start, list(found)
    while at is not None:
        here = [one for one in left if one.old == at]
        if len(here) != 1:
            break
        chain += here
        left.remove(here[0])
        at = here[0].new
    return chain, left


def _where(one: Tombstone) -> str:
    return f"{ERASURES}/{one.id}{ENDING}"


def _sentence(one: Tombstone, who: str | None) -> str:
    rows = "1 row" if one.n_rows == 1 else f"{one.n_rows} rows"
    what = "The personal part" if one.new is None else f"One example ({rows})"
    by = f"by {who} as {one.role}" if who else f"as {one.role}, by unverified signature"
    return f"{what} was erased on {iso(one.erased_at)} {by}: {one_line(one.reason)} (tombstone {one.id})"
