"""A store: bundles that several machines share, and an event log beside them.

```
<url>/
  store.json                  says that this is a store, and which one
  bundles/<run id>/...        as the run was sealed; MANIFEST.json comes last
  trust.yaml  waivers.yaml    may lie here, for machines that have nothing else
  index.db                    event log of a folder; elsewhere it is a PostgreSQL database
```
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.clock import iso, utc_now
from harness.depot.address import StoreAddress
from harness.depot.place import FolderPlace, Place
from harness.errors import IncompleteError, IntegrityError, Phrase, UsageError, must, raise_all
from harness.files import canonical_json, sha256_bytes

if TYPE_CHECKING:
    from harness.store import Event, SqlEventLog, Tables
    from harness.store.log import Guard

MARKER = "store.json"
BUNDLES = "bundles"
MADE = "store-made"
_SCHEMA = "modelassay/store/v1"


class Store:
    """A store that is open; see ``open_store``.

    Attributes:
        address: Where it is.
        place: Its files.
        id: 32 hex digits.
    """

    def __init__(
        self, address: StoreAddress, place: Place, marker: bytes, now: Callable[[], datetime]
    ) -> None:
        self.address = address
        self.place = place
        self.id = _id_of(marker, place.shown)
        self._marker = sha256_bytes(marker)
        self._now = now

    @cached_property
    def log(self) -> SqlEventLog:
        """Its event log, which belongs to this store and no other.

        Raises:
            IntegrityError: If it is another store's, or was emptied.
            IncompleteError: If it cannot be reached.
        """
        from harness.store import open_log

        log = open_log(self.address.index, self._now)
        try:
            first = next((one for one in log.events() if one.kind == MADE), None)
            if first is None or first.subject != self._marker:
                do = "It was emptied or exchanged, or the index of another store was named."
                got = Phrase("another store's" if first else "none")
                what = f"hold the event {MADE} of this store"
                raise IntegrityError(
                    must(f"The index of the store {self.place.shown}", what, got, do=do)
                )
        except BaseException:
            log.close()
            raise
        return log

    @cached_property
    def tables(self) -> Tables:
        """What stands beside its log: run index, names, texts, drafts."""
        from harness.store import Tables

        return Tables(self.log)

    def now(self) -> datetime:
        """Return the time by the clock of its events."""
        return self._now()

    def events(self) -> list[Event]:
        """Return all events in order, after checking that each holds the one before.

        Raises:
            IntegrityError: If the chain is broken.
        """
        from harness.store import verify_chain

        events = self.log.events()
        raise_all(IntegrityError, verify_chain(events))
        return events

    def append(
        self,
        kind: str,
        subject: str,
        body: Mapping[str, Any],
        *,
        actor: str,
        key: str,
        since: int = 0,
        guard: Guard | None = None,
    ) -> Event:
        """Add an event; the same key again gives the event that is there. See ``SqlEventLog.append``."""
        return self.log.append(
            kind, subject, body=body, actor=actor, key=key, since=since, guard=guard
        )

    def read(self, name: str) -> bytes | None:
        """Return a file that lies at the top, e.g. ``trust.yaml``; None where there is none."""
        return self.place.read(name)

    def run_ids(self) -> list[str]:
        """Return the ids of all whole bundles, by name."""
        return self.place.holders(BUNDLES, "MANIFEST.json")

    def close(self) -> None:
        """Give back connections."""
        if "log" in self.__dict__:
            self.log.close()


@contextmanager
def open_store(
    address: StoreAddress, *, is_made: bool = False, now: Callable[[], datetime] | None = None
) -> Iterator[Store]:
    """Open a store until the block ends.

    A folder or prefix without ``store.json`` is no store, and never an empty one: a disk that is not
    mounted looks the same, and what was released before would be forgotten.

    Args:
        address: From ``find_address``.
        is_made: Whether one is made where nothing is yet.
        now: Clock of its events; None takes that of this machine.

    Raises:
        IncompleteError: If there is none, or it cannot be reached.
        IntegrityError: If its index is not its own.
        UsageError: If only an event log was named.
        MissingExtra: If the library for such addresses is not installed.
    """
    now = now or utc_now
    place = place_of(address)
    marker = place.read(MARKER)
    if is_made:
        marker = _made(address, place, marker, now)
    if marker is None:
        do = (
            "A disk that is not mounted looks like this. If it is to be a new store, make it once: "
            f"assay store new {address.shown}"
        )
        what = f"hold {MARKER}"
        raise IncompleteError(must(f"The store {place.shown}", what, Phrase("none"), do=do))
    store = Store(address, place, marker, now)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_index(address: StoreAddress) -> Iterator[SqlEventLog]:
    """Open the event log of a store, or one that was named alone, until the block ends.

    Raises:
        IncompleteError: If it cannot be reached, or the store is not there.
    """
    if address.url is not None:
        with open_store(address) as store:
            yield store.log
        return
    from harness.store import open_log

    with closing(open_log(address.index)) as log:
        yield log


def place_of(address: StoreAddress) -> Place:
    """Return where the files of a store lie."""
    if address.url is None:
        do = "Name a folder or s3://bucket/prefix; an event log alone holds no bundles."
        what, got = "be a place for bundles", Phrase("only an event log")
        raise UsageError(must(f"The store {address.shown}", what, got, do=do))
    if address.is_folder:
        return FolderPlace(Path(address.url))
    from harness.depot.remote import RemotePlace

    return RemotePlace(address.url)


def _made(
    address: StoreAddress, place: Place, marker: bytes | None, now: Callable[[], datetime]
) -> bytes:
    """Make what is missing of a store; whoever does the same at the same time makes the same one."""
    from harness.store import open_log

    if marker is None:
        data = {"schema_version": _SCHEMA, "id": secrets.token_hex(16), "made": iso(now())}
        place.add(MARKER, canonical_json(data))
        marker = place.read(MARKER)
        if marker is None:
            raise IncompleteError(f"The store {place.shown} must keep {MARKER}, got none.")
    with closing(open_log(address.index, now)) as log:
        is_known = any(one.kind == MADE for one in log.events())
        if not is_known and not place.names(BUNDLES):
            body = {"store": _id_of(marker, place.shown)}
            log.append(MADE, sha256_bytes(marker), body=body, actor="local", key=MADE)
    return marker


def _id_of(marker: bytes, shown: str) -> str:
    try:
        data = json.loads(marker)
        if data["schema_version"] == _SCHEMA and isinstance(data["id"], str):
            return str(data["id"])
    except (ValueError, KeyError, TypeError):
        pass
    raise IntegrityError(must(f"{MARKER} in {shown}", f"be of {_SCHEMA}", Phrase("another file")))
