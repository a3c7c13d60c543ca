"""Sealed runs and gates in a moment, made from the parts of the golden bundle; keys and a trust file."""

from __future__ import annotations

import base64
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.evidence import Bundle, Gate, add_gate, open_run, seal_run
from harness.files import write_whole
from harness.records import to_json
from harness.signing import SigningKey

GOLDEN = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "golden" / "make.py")))


def seal(
    runs: Path, *, run_id: str = GOLDEN.RUN_ID, weights: str | None = None, **changes: Any
) -> Bundle:
    """Seal a run without a gate; ``changes`` are fields of its record."""
    work = runs / ".partial" / f"{len(run_id)}{run_id}"
    work.mkdir(parents=True)
    GOLDEN.write_parquet(work)
    digest = GOLDEN.sha256_file(work / GOLDEN.REPLICATES)
    write_whole(work / "measurements.json", to_json(GOLDEN.measurements(digest)))
    write_whole(work / "personal/quarantine.json", "[]\n")
    record = replace(GOLDEN.record(), run_id=run_id, **changes)
    if weights is not None:
        model = replace(record.model, kind="given", name="model", weights_digest=weights)
        record = replace(record, model=model)
    return open_run(seal_run(work, runs, record))


def gate(
    bundle: Bundle,
    verdict: str = "pass",
    *,
    now: str = GOLDEN.NOW,
    policy_status: str = "stable",
    **changes: Any,
) -> Gate:
    """Add a gate with any verdict; ``changes`` are fields of it."""
    made = GOLDEN.verdict(bundle.digest)
    outcome = {"blocked": "failed", "incomplete": "inconclusive"}.get(verdict, "passed")
    findings = tuple(
        replace(one, outcome=outcome) if one.severity == "block" else one for one in made.findings
    )
    codes = {"pass": 0, "pass-with-warnings": 0, "blocked": 1, "incomplete": 3}
    made = replace(
        made,
        run_id=bundle.id,
        verdict=verdict,
        exit_code=codes[verdict],
        now=now,
        policy=replace(made.policy, status=policy_status),
        **{
            "findings": findings,
            "counts": {"not-measured": 1, outcome: 1},
            "is_exploratory": False,
            **changes,
        },
    )
    path = add_gate(bundle, made, GOLDEN.POLICY, GOLDEN.exports())
    return bundle.gate(path.name)


def trust_text(keys: dict[str, tuple[SigningKey, list[str]]], **thresholds: dict[str, int]) -> str:
    """Return a trust file: user → key and roles."""
    lines = ["apiVersion: modelassay/v1", "kind: Trust", "keys:"]
    for user, (key, roles) in keys.items():
        public = base64.b64encode(key.public_der).decode()
        lines.append(f"  - {{user: 'user:{user}', roles: {roles}, public_key: {public}}}")
    lines.append(f"thresholds: {thresholds}".replace("'", ""))
    return "\n".join(lines).replace("'", '"') + "\n"
