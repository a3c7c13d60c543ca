"""The coverage ledger: every rule on every data set and slice with its one outcome, and what no rule saw."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from harness.exports import _view as view
from harness.exports._data import json_text
from harness.records import Finding, Measurements, RunRecord, Verdict
from harness.wording.text import formula_safe, one_line

if TYPE_CHECKING:
    from harness.stats import Read

SCHEMA_VERSION = "modelassay/coverage/v1"
_COLUMNS = ("rule", "severity", "basis", "measure", "dataset", "slice", "outcome", "effect")


def render_coverage(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the ledger as JSON.

    Args:
        run: The sealed run.
        measurements: What it measured; what no rule judged is listed too.
        verdict: What the policy concluded.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    judged = {view.place(finding) for finding in verdict.findings}
    data = {
        "schema_version": SCHEMA_VERSION,
        "run": run.run_id,
        "policy": view.policy_words(verdict),
        "verdict": verdict.verdict,
        "exit_code": verdict.exit_code,
        "counts": dict(verdict.counts),
        "n_rules": len(view.by_rule(verdict.findings)),
        "entries": [_entry(finding) for finding in verdict.findings],
        "not_tested": view.not_tested(run, verdict),
        "judged_by_no_rule": [
            {"measure": m.measure, "dataset": m.dataset, "slice": m.slice}
            for m in measurements.measurements
            if (m.measure, m.dataset, m.slice) not in judged
        ],
    }
    return json_text(data)


def render_coverage_csv(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the ledger as CSV, one line for each finding; no cell runs as a formula.

    Args:
        run: Not needed; taken so that every export is called alike.
        measurements: Not needed.
        verdict: What the policy concluded.
        read: Not needed.
    """
    del run, measurements, read
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*_COLUMNS, "reason_id", "reason"])
    for finding in verdict.findings:
        entry = _entry(finding)
        rows.writerow([formula_safe(one_line(value)) for value in entry.values()])
    return out.getvalue()


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "basis": finding.basis,
        "measure": finding.measure,
        "dataset": finding.dataset,
        "slice": finding.slice,
        "outcome": finding.outcome,
        "effect": view.effect(finding),
        "reason_id": finding.because.id,
        "reason": one_line(finding.because.text),
    }
