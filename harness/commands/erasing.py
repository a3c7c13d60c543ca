"""``assay erase``: an example, or all row text and group values, out of a sealed run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands.logbook import log_erased
from harness.errors import IntegrityError, raise_all
from harness.evidence import (
    Bundle,
    Tombstone,
    Wish,
    erase,
    find_run,
    finish_erasure,
    open_run,
    read_holds,
    refuse_held,
    verify_run,
)
from harness.secrecy import KeyStore
from harness.signing import Trust
from harness.vault import key_id


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to.

    Attributes:
        tombstone: Which says so.
        is_new: False where it was erased before.
        keys: Ids of the keys that were destroyed: of the vault, and for the whole part of the run.
    """

    tombstone: Tombstone
    is_new: bool
    keys: tuple[str, ...]


def erase_from(
    ref: str, runs: Path, wish: Wish, *, trust: Trust | None = None, store: str | None = None
) -> Erased:
    """Erase from a run that verifies and is not on hold.

    An erasure that was interrupted is finished first. A vault may hold the row in clear, so its key is
    destroyed; with the whole part goes the key of the run's keyed digests.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``.
        runs: Where runs lie.
        wish: What, why, by whom.
        trust: Whose signatures end a hold, and count under earlier erasures; None asks nobody.
        store: Where the event log is; None takes ``ASSAY_STORE``, and notes nothing where there is none.

    Raises:
        IntegrityError: If the run is not as it was sealed.
        UsageError: If it is on hold, or holds nothing of what is to be erased.
    """
    path, _ = find_run(ref, runs)
    bundle = open_run(path)
    refuse_held(path, read_holds(path, run=bundle.id, run_digest=bundle.digest, trust=trust))
    finish_erasure(path)
    raise_all(IntegrityError, verify_run(path, trust=trust).problems)
    tombstone, is_new = erase(path, wish)
    keys = _destroy_keys(bundle, is_all=wish.example is None)
    log_erased(tombstone, store)
    return Erased(tombstone, is_new, keys)


def _destroy_keys(bundle: Bundle, *, is_all: bool) -> tuple[str, ...]:
    record, keys = bundle.record, KeyStore()
    named = [key_id(record.vault.id)] if record.vault is not None else []
    if is_all and record.digest_key is not None:
        named.append(record.digest_key)
    return tuple(one for one in named if keys.destroy(one))
