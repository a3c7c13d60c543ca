"""Erasing one example, or all, from the personal part of a sealed run.

The order makes a kill harmless: (1) the files without the example are written beside the old ones, in
``personal/.erasing-<tombstone>``; (2) the signed tombstone is written: from here on the erasure holds;
(3) the new files take the place of the old, the seal last. Killed before (2), nothing was erased and the
next attempt starts anew. Killed after (2), ``verify`` says that an erasure was not finished, and the same
command, or any other erasure of the run, finishes it.

Nothing can be done here about copies of the bundle and about what a disk keeps of a removed file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.clock import iso
from harness.errors import AssayError, IntegrityError, Phrase, UsageError, must, raise_all
from harness.evidence.bundle import Bundle, digest_problem, open_run
from harness.evidence.erasures import STAGING, read_erasures, unfinished
from harness.evidence.manifest import (
    ERASURES,
    MANIFEST,
    PERSONAL,
    ManifestEntry,
    read_manifest,
    write_manifest,
)
from harness.evidence.own import ENDING
from harness.evidence.rows import Gone, take_out
from harness.evidence.tombstones import (
    Tombstone,
    new_salt,
    salted,
    signed_tombstone,
)
from harness.files import disk_errors, sha256_file, write_whole
from harness.signing import SigningKey

_DRAFT = STAGING + "draft"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be erased, and who answers for it.

    Attributes:
        example: Its id; None for the whole personal part.
        reason: Why; holds nothing of the row.
        role, key: In which role, by which key.
        now: When.
    """

    example: str | None
    reason: str
    role: str
    key: SigningKey
    now: datetime


def erase(path: Path, wish: Wish) -> tuple[Tombstone, bool]:
    """Erase an example, or the whole personal part, and leave a tombstone.

    Args:
        path: Folder of a sealed run that verifies (``finish_erasure`` first).
        wish: What, why, by whom.

    Returns:
        The tombstone, and whether it was made now: what was erased before is not erased again.

    Raises:
        UsageError: If there is no personal part, or no such example in it.
        IntegrityError: If the part is not as it was sealed.
    """
    with _alone(path):
        bundle = open_run(path)
        chain = _chain(bundle)
        before = next((one for one in chain if one.is_of(wish.example)), None)
        if before is not None:
            return before, False
        if not bundle.has_personal:
            got = Phrase("a run without that part: it was erased or left out")
            raise UsageError(must(path.name, "hold a personal part (row text, group values)", got))
        id = _all(bundle, wish) if wish.example is None else _example(bundle, wish, wish.example)
        _finish(bundle)
        return next(one for one in _chain(bundle) if one.id == id), True


def finish_erasure(path: Path) -> Tombstone | None:
    """Finish an erasure that a kill interrupted; None where there is none.

    Raises:
        IntegrityError: If what was to take the place of the old files is not what its tombstone says.
    """
    with _alone(path):
        return _finish(open_run(path))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    where = path.resolve()
    lock = FileLock(where.with_name(f".{where.name}.erasing.lock"), timeout=0)
    with disk_errors(path):
        try:
            lock.acquire()
        except Timeout as err:
            got = Phrase("a second one")
            raise UsageError(
                must(path.name, "be erased from by one process at a time", got)
            ) from err
    try:
        yield
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def _chain(bundle: Bundle) -> tuple[Tombstone, ...]:
    found = read_erasures(
        bundle.path,
        run=bundle.id,
        run_digest=bundle.digest,
        personal_manifest=bundle.manifest.personal_manifest,
    )
    raise_all(IntegrityError, found.problems)
    return found.chain


def _example(bundle: Bundle, wish: Wish, example: str) -> str:
    draft = bundle.path / PERSONAL / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    try:
        return _commit(bundle, wish, _drafted(bundle, wish, example, draft), draft)
    except AssayError:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _drafted(bundle: Bundle, wish: Wish, example: str, draft: Path) -> dict[str, Any]:
    """Write the files without the example, and return what the tombstone says of them."""
    folder = bundle.path / PERSONAL
    seal, old = read_manifest(folder, kind="personal")
    gone = Gone()
    # tables first: documents may quote what stands in them
    names = sorted(seal.files, key=lambda name: (not name.endswith(".parquet"), name))
    changed = [name for name in names if take_out(folder / name, draft / name, example, gone)]
    if not gone.n_rows:
        raise UsageError(must("--example", "be the id of an example in the personal part", example))
    _refuse_reason(wish.reason, {example, *gone.values})
    entries = {name: _entry(draft / name, seal.files[name]) for name in changed}
    new = write_manifest(draft, replace(seal, files={**seal.files, **entries}))
    files = {
        name: {"old": seal.files[name].sha256, "new": entry.sha256}
        for name, entry in entries.items()
    }
    salt = new_salt()
    return {
        "old": old,
        "new": new,
        "files": files,
        "n_rows": gone.n_rows,
        "salt": salt,
        "example": salted(example, salt),
    }


def _all(bundle: Bundle, wish: Wish) -> str:
    seal, old = read_manifest(bundle.path / PERSONAL, kind="personal")
    files = {name: {"old": entry.sha256, "new": None} for name, entry in seal.files.items()}
    nothing = {"new": None, "n_rows": None, "salt": None, "example": None}
    return _commit(bundle, wish, {"old": old, "files": files, **nothing}, None)


def _commit(bundle: Bundle, wish: Wish, facts: dict[str, Any], draft: Path | None) -> str:
    predicate = {
        "run": bundle.id,
        "run_digest": bundle.digest,
        "reason": wish.reason,
        "role": wish.role,
        "erased_at": iso(wish.now),
        **facts,
    }
    id, raw = signed_tombstone(predicate, wish.key)
    if draft is not None:
        draft.rename(draft.with_name(STAGING + id))
    write_whole(bundle.path / ERASURES / f"{id}{ENDING}", raw)
    return id


def _finish(bundle: Bundle) -> Tombstone | None:
    chain = _chain(bundle)
    folder = bundle.path / PERSONAL
    last = chain[-1] if chain else None
    if last is not None and last.new is None and folder.is_dir():
        _remove(folder)
        return last
    found = None
    for name in unfinished(bundle.path):
        if last is not None and name == STAGING + last.id:
            _replace(folder, folder / name, last)
            found = last
        else:  # no tombstone was written: nothing was erased
            shutil.rmtree(folder / name)
    return found


def _replace(folder: Path, staged: Path, tombstone: Tombstone) -> None:
    for name, digest in {
        **{n: new for n, (_, new) in tombstone.files.items()},
        MANIFEST: tombstone.new,
    }.items():
        new, old = staged / name, folder / name
        if not new.is_file():
            continue  # moved before the kill
        if sha256_file(new) != digest:
            raise IntegrityError(
                digest_problem(f"{PERSONAL}/{staged.name}/{name}", digest, sha256_file(new))
            )
        new.replace(old)
    _remove(staged)


def _remove(folder: Path) -> None:
    with disk_errors(folder):
        shutil.rmtree(folder)
    if os.name != "nt":
        handle = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _entry(path: Path, before: ManifestEntry) -> ManifestEntry:
    return replace(before, sha256=sha256_file(path), size_bytes=path.stat().st_size)


def _refuse_reason(reason: str, values: set[str]) -> None:
    if any(value in reason for value in values if len(value) >= 3):
        do = "A tombstone is signed and kept for ever."
        what = "hold nothing of what is erased"
        raise UsageError(must("--reason", what, Phrase("a value of the row"), do=do))
