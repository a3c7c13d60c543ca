"""What was erased from a run stays erased in its store, whichever of the two it was erased from."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.depot.place import PART, FolderPlace
from harness.depot.store import BUNDLES, Store
from harness.errors import IntegrityError, Phrase, must
from harness.evidence import Bundle, read_holds, refuse_held

ERASURES = "erasures/"
PERSONAL = "personal/"
_SEAL = "personal/MANIFEST.json"


def settle_erasures(store: Store, bundle: Bundle, files: list[str], *, with_personal: bool) -> bool:
    """Take rows out of a store that were erased here, before anything else is written.

    Args:
        store: Which holds the run already.
        bundle: The run here, verified.
        files: What is here, without the personal part unless it is to be copied.
        with_personal: Whether the personal part is to be copied.

    Returns:
        Whether the personal part is to be copied: as asked, and where older rows had to go.

    Raises:
        IntegrityError: If rows would come back that were erased in the store, if both were erased from
            separately, or the rows lie where this command deletes nothing.
        UsageError: If the rows in the store are on hold.
    """
    root = f"{BUNDLES}/{bundle.id}"
    if isinstance(store.place, FolderPlace):  # a kill may have left what was to go
        shutil.rmtree(_gone(store.place.root / root), ignore_errors=True)
    there = {name.removeprefix(f"{root}/") for name in store.place.names(root)}
    mine = {name for name in files if name.startswith(ERASURES)}
    theirs = {name for name in there if name.startswith(ERASURES)}
    has_rows = any(name.startswith(PERSONAL) for name in there)
    if mine - theirs and theirs - mine:
        _refuse_fork(store, bundle)
    if theirs - mine and with_personal and bundle.has_personal:
        what = f"hold nothing that was erased in the store {store.place.shown}"
        do = (
            "Erase it here too, with the tombstones of the store (its erasures/ and personal/), or submit "
            "without --with-personal."
        )
        got = Phrase("rows from before")
        raise IntegrityError(must(f"{PERSONAL} of {bundle.id}", what, got, do=do))
    is_older = has_rows and bool(mine) and not theirs - mine and not _is_same(store, root, bundle)
    if not is_older:
        return with_personal
    _take_out(store, root, bundle)
    return bundle.has_personal


def _is_same(store: Store, root: str, bundle: Bundle) -> bool:
    """Tell whether the rows in the store are those that the tombstones here lead to."""
    seal = bundle.path / _SEAL
    return seal.is_file() and store.place.read(f"{root}/{_SEAL}") == seal.read_bytes()


def _take_out(store: Store, root: str, bundle: Bundle) -> None:
    """Remove the personal part of a run in a store; a run without that part verifies at any moment."""
    if not isinstance(store.place, FolderPlace):
        what = f"hold nothing that was erased from {bundle.id}"
        do = f"Whoever keeps it deletes {root}/{PERSONAL} there; then submit again."
        got = Phrase("rows from before")
        raise IntegrityError(must(f"The store {store.place.shown}", what, got, do=do))
    folder = store.place.root / root
    held = read_holds(folder, run=bundle.id, run_digest=bundle.digest, trust=None)
    refuse_held(folder, held)
    (folder / PERSONAL).rename(_gone(folder))
    shutil.rmtree(_gone(folder))


def _gone(folder: Path) -> Path:
    # beside the run and not in it: what is being removed is no part of what is verified
    return folder.with_name(f".{folder.name}.personal{PART}")


def _refuse_fork(store: Store, bundle: Bundle) -> None:
    what = f"be erased from once for both, here and in the store {store.place.shown}"
    do = (
        "Nothing was written: two tombstones for one state prove nothing. Take erasures/ and personal/ of "
        "one of the two places for both."
    )
    raise IntegrityError(must(bundle.id, what, Phrase("two erasures"), do=do))
