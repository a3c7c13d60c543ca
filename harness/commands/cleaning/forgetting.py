"""``assay data forget``: the keys of a run are destroyed, its evidence stays."""

from __future__ import annotations

from pathlib import Path

from harness.commands.proving import open_verified
from harness.errors import Phrase, UsageError, must
from harness.secrecy import KeyStore
from harness.vault import key_id


def forget_run(ref: str, runs: Path) -> list[str]:
    """Destroy the key of a run's keyed digests and that of its vault.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``.
        runs: Where runs lie.

    Returns:
        Ids of the keys that were there.

    Raises:
        IntegrityError: If the run is not as it was sealed.
        UsageError: If it names keys and none of them is there: nothing was destroyed.
    """
    bundle, _ = open_verified(ref, runs)
    record, store = bundle.record, KeyStore()
    named = [record.digest_key, None if record.vault is None else key_id(record.vault.id)]
    ids = [one for one in named if one is not None]
    destroyed = [one for one in ids if store.destroy(one)]
    if ids and not destroyed:
        got = Phrase(f"none of {', '.join(ids)}; nothing was destroyed")
        do = "Set MODELASSAY_KEYS to the folder of the machine that ran it, or they were destroyed before."
        raise UsageError(must("The key folder", "hold a key of this run", got, do=do))
    return destroyed
