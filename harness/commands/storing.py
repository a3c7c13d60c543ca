"""``assay store``: making one, and what lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.depot import StoreAddress, find_address, open_store, standing_releases
from harness.depot.place import add_or_compare
from harness.depot.review import SUBMITTED, state_of
from harness.errors import IncompleteError, Phrase, UsageError, must
from harness.gate.given import TRUST, WAIVERS
from harness.signing import read_trust


@dataclass(frozen=True, slots=True)
class Made:
    """A store that is there now.

    Attributes:
        shown, id: Its address without secrets; its id.
        is_new: Whether it was not there before.
        files: Names of files that were put into it.
    """

    shown: str
    id: str
    is_new: bool
    files: tuple[str, ...]


def make_store(url: str, *, trust: Path | None = None, waivers: Path | None = None) -> Made:
    """Make a store; one that is there is left as it is.

    Raises:
        IntegrityError: If another trust or waivers file lies in it already.
        IncompleteError: If the place cannot be reached.
    """
    address = named(url)
    if trust is not None:
        read_trust(trust)
    is_new = not is_there(address)
    with open_store(address, is_made=True) as store:
        store.events()
        given = ((TRUST, trust), (WAIVERS, waivers))
        files = [name for name, path in given if path and add_or_compare(store.place, name, path)]
        return Made(store.place.shown, store.id, is_new, tuple(files))


def list_store(url: str | None) -> list[dict[str, Any]]:
    """Return the runs that were submitted to a store, the oldest first."""
    with open_store(named(url)) as store:
        events = store.events()
    released = {one.body.get("run") for one in standing_releases(events)}
    return [
        {
            "run": one.body.get("run"),
            "name": one.body.get("name"),
            "submitted": one.time,
            "state": state_of(events, str(one.body.get("run"))),
            "is_released": one.body.get("run") in released,
        }
        for one in events
        if one.kind == SUBMITTED
    ]


def named(url: StoreAddress | str | None) -> StoreAddress:
    """Return the store that a command was given, or that the environment names.

    Raises:
        UsageError: If neither names one.
    """
    found = find_address(url)
    if found is None:
        do = "Give --store URL, or set ASSAY_STORE."
        raise UsageError(must("The store", "be named", Phrase("nothing"), do=do))
    return found


def is_there(address: StoreAddress) -> bool:
    """Tell whether there is a store already; False also where it cannot be reached."""
    try:
        with open_store(address):
            return True
    except IncompleteError:
        return False
