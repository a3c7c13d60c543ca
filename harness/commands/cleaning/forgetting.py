"""``assay data forget``: the keys of a run are destroyed, its evidence stays."""

from __future__ import annotations

from pathlib import Path

from harness.commands.proving import open_verified
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
    """
    bundle, _ = open_verified(ref, runs)
    record, store = bundle.record, KeyStore()
    ids = [record.digest_key, None if record.vault is None else key_id(record.vault.id)]
    return [one for one in ids if one is not None and store.destroy(one)]
