"""Writing what happened into the append-only event log, where one is named."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from harness.evidence import Bundle, look_of
from harness.pipeline.ledger import look_body
from harness.records import Verdict

VARIABLE = "ASSAY_STORE"
ACTOR = "local"
"""Nobody is authenticated on the command line; the log says so."""


def log_sealed(bundle: Bundle, store: str | None = None) -> None:
    """Append that a run was sealed; does nothing where no store is named.

    Args:
        bundle: The run.
        store: Address of the event log; None uses ``ASSAY_STORE``.

    Raises:
        AssayError: If a store is named and cannot be written.
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


def log_gated(verdict: Verdict, gate: Path, store: str | None = None) -> None:
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


def _append(
    store: str | None, kind: str, subject: str, body: dict[str, str], *, key: str | None = None
) -> None:
    url = store or os.environ.get(VARIABLE)
    if not url:
        return
    from harness.store import open_log

    with closing(open_log(url)) as log:
        log.append(kind, subject, body=body, actor=ACTOR, key=key or f"{kind}:{subject}")
