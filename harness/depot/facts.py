"""What a store notes of a gate when it is submitted, so that its inbox opens no bundle."""

from __future__ import annotations

from typing import Any

from harness.depot.store import Store
from harness.evidence import Bundle, Gate

_OPEN = frozenset({"failed", "error", "not-measured", "inconclusive"})


def gate_facts(bundle: Bundle, gate: Gate) -> dict[str, Any]:
    """Return what the log says of a gate: ids, numbers and days, and no person."""
    record, verdict = bundle.record, gate.verdict
    ends = [one.expires for one in verdict.waivers or () if one.state == "in-force"]
    return {
        "run": bundle.id,
        "gate": gate.id,
        "policy": f"{verdict.policy.id} {verdict.policy.version}",
        "verdict": verdict.verdict,
        "name": record.name,
        "model": record.model.name,
        "revision": record.model.revision or record.model.weights_digest or "",
        "n_blocking": sum(
            one.severity == "block" and one.outcome in _OPEN for one in verdict.findings
        ),
        "materiality": _words(record.system.get("materiality")),
        "next_waiver_end": min(ends, default=None),
    }


def note_gate(store: Store, bundle: Bundle, gate: Gate) -> None:
    """Write who answers for a model into the run index, from which it can be erased."""
    owner = _words(bundle.record.system.get("owner"))
    store.tables.put_run(gate.digest, bundle.id, {"owner": owner, **gate_facts(bundle, gate)})


def _words(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
