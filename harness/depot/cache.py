"""A cache: results of earlier jobs, each in one file that says what it holds and by whom it was made.

```
<url>/<kind>/<key>/<moment>-<digest>.bin      a head in one line of JSON, and the files that it names
```
The digests in the head find damage and clumsy changes. Whoever can write the cache can also write them
anew: let only jobs write it that you would let measure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from harness.clock import iso, parse_moment
from harness.depot.address import parse_address
from harness.depot.place import FolderPlace, Place
from harness.errors import AssayError
from harness.files import canonical_json, digest_of, sha256_bytes

FORMAT = "modelassay/cache/v1"
MAX_AGE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One result of an earlier job.

    Attributes:
        run, lock: Id of the run that made it, and the digest of that run's lock.
        made: When.
        facts: What else is to be known, JSON.
        files: Relative path → bytes.
    """

    run: str
    lock: str | None
    made: datetime
    facts: Mapping[str, Any]
    files: Mapping[str, bytes]


class Cache:
    """A cache at an address; see ``open_cache``.

    Args:
        place: Its files.
        now: The clock: what is older than ``max_age_days`` is not used.
        max_age_days: In days.
    """

    def __init__(self, place: Place, now: datetime, max_age_days: int = MAX_AGE_DAYS) -> None:
        self.place = place
        self.now = now
        self.max_age = timedelta(days=max_age_days)

    def get(self, kind: str, key: str) -> tuple[Entry | None, list[str]]:
        """Return the newest entry that can be used, and why others cannot, one sentence each.

        Args:
            kind: e.g. ``predictions``.
            key: Digest of everything that the result depends on.

        Raises:
            IncompleteError: If the cache cannot be reached.
        """
        problems = []
        for name in reversed(self.place.names(f"{kind}/{key}")):
            raw = self.place.read(name)
            found = None if raw is None else unpacked(raw, kind=kind, key=key)
            if found is None:
                problems.append(f"The cache entry {name} was changed or damaged; it is not used.")
            elif not timedelta(0) <= self.now - found.made <= self.max_age:
                problems.append(
                    f"The cache entry {name} was made at {iso(found.made)}, which is not within "
                    f"{self.max_age.days} days; it is not used."
                )
            else:
                return found, problems
        return None, problems

    def put(self, kind: str, key: str, entry: Entry) -> None:
        """Add an entry.

        Raises:
            IncompleteError: If the cache cannot be written.
        """
        raw = packed(entry, kind=kind, key=key)
        moment = f"{entry.made:%Y%m%dT%H%M%SZ}"
        self.place.add(f"{kind}/{key}/{moment}-{sha256_bytes(raw)[:12]}.bin", raw)


def open_cache(url: str, now: datetime, max_age_days: int = MAX_AGE_DAYS) -> Cache:
    """Return the cache at an address: a folder, or an address that fsspec knows.

    Raises:
        UsageError: If it is no such address.
        MissingExtra: If the library for such addresses is not installed.
    """
    address = parse_address(url, index="none", source="--cache")
    if address.is_folder or address.url is None:
        return Cache(FolderPlace(Path(address.url or url)), now, max_age_days)
    from harness.depot.remote import RemotePlace

    return Cache(RemotePlace(address.url), now, max_age_days)


def packed(entry: Entry, *, kind: str, key: str) -> bytes:
    """Return an entry as bytes."""
    files = sorted(entry.files.items())
    head: dict[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "key": key,
        "run": entry.run,
        "lock": entry.lock,
        "made": iso(entry.made),
        "facts": dict(entry.facts),
        "files": [[name, len(raw), sha256_bytes(raw)] for name, raw in files],
    }
    head["digest"] = digest_of(head)
    return b"\n".join((canonical_json(head), b"".join(raw for _, raw in files)))


def unpacked(raw: bytes, *, kind: str, key: str) -> Entry | None:
    """Read an entry; None where it is not to the byte what its head says, or another key's."""
    line, _, payload = raw.partition(b"\n")
    try:
        head = json.loads(line)
        digest = head.pop("digest")
        if digest != digest_of(head) or canonical_json({**head, "digest": digest}) != line:
            return None
        if (head["format"], head["kind"], head["key"]) != (FORMAT, kind, key):
            return None
        files = {}
        start = 0
        for name, size, sha256 in head["files"]:
            files[name] = payload[start : start + size]
            start += size
            if sha256_bytes(files[name]) != sha256:
                return None
        if start != len(payload):
            return None
        made = parse_moment(head["made"])
    except (ValueError, KeyError, TypeError, AttributeError, AssayError, RecursionError):
        return None
    return Entry(head["run"], head["lock"], made, head["facts"], files)
