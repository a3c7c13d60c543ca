"""Stores: where several machines keep bundles, releases and the event log together."""

from harness.depot.address import StoreAddress, find_address
from harness.depot.bundles import Copied, get_run, put_run
from harness.depot.cache import MAX_AGE_DAYS, Cache, Entry, open_cache
from harness.depot.releases import (
    RELEASED,
    WITHDRAWN,
    LastRelease,
    last_release,
    refuse_unsigned_withdrawals,
    release_of,
    release_statement,
    standing_releases,
)
from harness.depot.signed import Signed, moment_of, read_signed, signed_of, signers
from harness.depot.store import Store, open_index, open_store

__all__ = [
    "MAX_AGE_DAYS",
    "RELEASED",
    "WITHDRAWN",
    "Cache",
    "Copied",
    "Entry",
    "LastRelease",
    "Signed",
    "Store",
    "StoreAddress",
    "find_address",
    "get_run",
    "last_release",
    "moment_of",
    "open_cache",
    "open_index",
    "open_store",
    "put_run",
    "read_signed",
    "refuse_unsigned_withdrawals",
    "release_of",
    "release_statement",
    "signed_of",
    "signers",
    "standing_releases",
]
