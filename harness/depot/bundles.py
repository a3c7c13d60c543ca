"""Bundles of a store: how a run comes into it, and how it is read from there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.depot.erased import settle_erasures
from harness.depot.place import FolderPlace, add_or_compare
from harness.depot.store import BUNDLES, Store
from harness.errors import IncompleteError, IntegrityError, Phrase, must, raise_all
from harness.evidence import Bundle, open_run, verify_run
from harness.files import safe_join, sha256_bytes

MANIFEST = "MANIFEST.json"
RECORD = "run.json"
CACHE = "MODELASSAY_CACHE"
_ID = re.compile(r"\w[\w.-]*")
_PERSONAL = "personal/"
_GATES = "gates/"


@dataclass(frozen=True, slots=True)
class Copied:
    """What came into a store.

    Attributes:
        is_new: Whether the run was not there before.
        gates: Ids of gates that were not there before.
        n_added: Statements and documents that were added to a run or gate that was there.
    """

    is_new: bool
    gates: tuple[str, ...]
    n_added: int


def put_run(store: Store, bundle: Bundle, *, with_personal: bool = False) -> Copied:
    """Copy a verified run into a store, with its gates, statements and documents.

    What is there already is compared and never overwritten. Rows that were erased here are taken out of
    the store, and rows that were erased there never come back.

    Raises:
        IntegrityError: If another run is there under this id.
        IncompleteError: If the store cannot be reached or is full.
    """
    root = f"{BUNDLES}/{bundle.id}"
    kept = store.place.read(f"{root}/{MANIFEST}")
    files = _files(bundle, with_personal=with_personal)
    if kept is not None and sha256_bytes(kept) != bundle.digest:
        what = f"have the digest {bundle.digest} in the store {store.place.shown}"
        do = "The store holds another run under this id. Nothing was overwritten."
        raise IntegrityError(
            must(f"{bundle.id}/{MANIFEST}", what, Phrase(sha256_bytes(kept)), do=do)
        )
    there = set(store.place.names(f"{root}/gates")) if kept is not None else set()
    gates = [id for id in bundle.gate_ids() if f"{root}/{_GATES}{id}/{MANIFEST}" not in there]
    if kept is None:
        store.place.add_tree(root, _in_order(bundle.path, files))
        return Copied(is_new=True, gates=tuple(gates), n_added=0)
    brings = settle_erasures(store, bundle, files, with_personal=with_personal)
    files = _files(bundle, with_personal=brings)
    for id in gates:
        lead = f"{_GATES}{id}/"
        own = [name.removeprefix(lead) for name in files if name.startswith(lead)]
        store.place.add_tree(f"{root}/{lead}".rstrip("/"), _in_order(bundle.path / lead, own))
    sealed = _sealed(bundle)
    loose = [name for name in files if name not in sealed and not name.startswith(_PERSONAL)]
    added = [add_or_compare(store.place, f"{root}/{n}", bundle.path / n) for n in loose]
    # last, and whole: with tombstones that lead to it, and never half of it
    rows = [name.removeprefix(_PERSONAL) for name in files if name.startswith(_PERSONAL)]
    had = set(store.place.names(f"{root}/personal"))
    if rows:
        store.place.add_tree(f"{root}/personal", _in_order(bundle.path / _PERSONAL, rows))
    n_rows = sum(f"{root}/{_PERSONAL}{name}" not in had for name in rows)
    return Copied(is_new=False, gates=tuple(gates), n_added=sum(added) + n_rows)


def get_run(store: Store, run_id: str) -> Bundle:
    """Open a run of a store, verified: where it lies, or a copy on this machine.

    Raises:
        IncompleteError: If the store does not hold it, or cannot be reached.
        IntegrityError: If it is not as it was sealed.
    """
    if not _ID.fullmatch(run_id):
        raise IntegrityError(must("A run of a store", "have a plain id", run_id))
    path = local_folder(store, run_id)
    raise_all(IntegrityError, verify_run(path).problems)
    bundle = open_run(path)
    if bundle.id != run_id:
        raise IntegrityError(must(f"{BUNDLES}/{run_id}", "hold the run of that id", bundle.id))
    return bundle


def local_folder(store: Store, run_id: str) -> Path:
    """Return the folder of a run: where it lies, or a copy on this machine; not verified here.

    Raises:
        IncompleteError: If the store does not hold it, or cannot be reached.
    """
    root = f"{BUNDLES}/{run_id}"
    place = store.place
    if place.read(f"{root}/{MANIFEST}") is None:
        do = "It was taken out of the store, or was never submitted."
        raise IncompleteError(
            must(f"The store {place.shown}", f"hold the run {run_id}", Phrase("none"), do=do)
        )
    if isinstance(place, FolderPlace):
        return place.root / BUNDLES / run_id
    folder = cache_folder() / store.id / run_id
    names = [name.removeprefix(f"{root}/") for name in place.names(root)]
    whole = _without_half_gates(names)
    for name in whole:
        # what a seal names never changes; the seals themselves and what lies beside them are asked for
        is_kept = safe_join(folder, name).is_file() and not _is_open(name)
        if not is_kept:
            place.fetch(f"{root}/{name}", safe_join(folder, name))
    _remove_others(folder, set(whole))
    if verify_run(folder).problems:  # a damaged copy is no damaged store
        for name in whole:
            place.fetch(f"{root}/{name}", safe_join(folder, name))
    return folder


def cache_folder() -> Path:
    """Return where copies of remote bundles lie: ``MODELASSAY_CACHE``, else the user's cache."""
    given = os.environ.get(CACHE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "modelassay" / "bundles"


def _files(bundle: Bundle, *, with_personal: bool) -> list[str]:
    """Return what is copied: everything that verification allows, without unfinished gates."""
    found = (path for path in bundle.path.rglob("*") if path.is_file())
    names = (path.relative_to(bundle.path).as_posix() for path in found)
    return sorted(
        name
        for name in names
        if not any(step.startswith(".") for step in name.split("/"))
        and (with_personal or not name.startswith(_PERSONAL))
    )


def _in_order(folder: Path, names: Iterable[str]) -> list[tuple[str, Path]]:
    """Order files so that the record, which names all others by digest, comes first and the seal last."""
    return [(name, folder / name) for name in sorted(names, key=_rank)]


def _rank(name: str) -> tuple[int, str, int, str]:
    folder, _, base = name.rpartition("/")
    own = name == RECORD, name == MANIFEST
    return (0 if own[0] else 2 if own[1] else 1, folder, int(base == MANIFEST), base)


def _sealed(bundle: Bundle) -> set[str]:
    """Return what the seals of run and gates name, and the seals; what else lies there came later."""
    found = {MANIFEST, *bundle.manifest.files}
    for gate in bundle.gates():
        found |= {f"{_GATES}{gate.id}/{name}" for name in (MANIFEST, *gate.manifest.files)}
    return found


def _is_open(name: str) -> bool:
    base = name.rpartition("/")[2]
    return base == MANIFEST or base.endswith(".dsse.json")


def _without_half_gates(names: list[str]) -> list[str]:
    """Leave out gates that are being written: their seal comes last."""
    whole = {
        name.split("/")[1]
        for name in names
        if name.startswith(_GATES) and name.count("/") == 2 and name.endswith(MANIFEST)
    }
    return [
        name
        for name in names
        if not name.startswith(_PERSONAL)
        and (not name.startswith(_GATES) or name.split("/")[1] in whole)
    ]


def _remove_others(folder: Path, names: set[str]) -> None:
    for path in list(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in names:
            path.unlink()
