"""Writing what happened into the append-only event log, where one is named."""

from __future__ import annotations

from pathlib import Path

from harness.depot import StoreAddress, find_address, open_index
from harness.evidence import Bundle, Tombstone, look_of
from harness.pipeline.ledger import look_body
from harness.records import Verdict

ACTOR = "local"
"""Nobody is authenticated on the command line; the log says so."""


def log_sealed(bundle: Bundle, store: StoreAddress | str | None = None) -> None:
    """Append that a run was sealed; does nothing where no store is named.

    Args:
        bundle: The run.
        store: Where it is; None takes what ``ASSAY_STORE`` names.

    Raises:
        IncompleteError: If a store is named and cannot be reached or written.
    """
    _append(
        store,
        "run-sealed",
        bundle.digest,
        {
            "run": bundle.record.run_id,
            "name": bundle.record.name,
            **look_body(look_of(bundle.record)),
        },
    )


def log_gated(verdict: Verdict, gate: Path, store: StoreAddress | str | None = None) -> None:
    """Append that a run was gated; does nothing where no store is named. See ``log_sealed``."""
    body = {
        "run": verdict.run_id,
        "gate": gate.name,
        "policy": f"{verdict.policy.id} {verdict.policy.version}",
        "verdict": verdict.verdict,
    }
    _append(
        store,
        "run-gated",
        verdict.run_digest,
        body,
        key=f"run-gated:{verdict.run_digest}:{gate.name}",
    )


def log_erased(tombstone: Tombstone, store: StoreAddress | str | None = None) -> None:
    """Append that something of a run was erased; does nothing where no store is named."""
    body = {"run": tombstone.run, "tombstone": tombstone.id, "role": tombstone.role}
    key = f"run-erased:{tombstone.run_digest}:{tombstone.id}"
    _append(store, "run-erased", tombstone.run_digest, body, key=key)


def log_held(
    bundle: Bundle, hold: str, *, ends: str | None, store: StoreAddress | str | None = None
) -> None:
    """Append that a run was put on hold, or that a hold ended; nothing where no store is named."""
    kind = "run-held" if ends is None else "hold-ended"
    body = {"run": bundle.id, "hold": hold} | ({} if ends is None else {"ends": ends})
    _append(store, kind, bundle.digest, body, key=f"{kind}:{bundle.digest}:{hold}")


def _append(
    store: StoreAddress | str | None,
    kind: str,
    subject: str,
    body: dict[str, str],
    *,
    key: str | None = None,
) -> None:
    address = find_address(store)
    if address is None:
        return
    with open_index(address) as log:
        log.append(kind, subject, body=body, actor=ACTOR, key=key or f"{kind}:{subject}")
