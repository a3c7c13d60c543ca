"""Flat facts of a verdict for engines of policies such as OPA; ``docs/opa/release.rego`` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.exports import _view as view
from harness.exports._data import json_text
from harness.records import Finding, Measurement, Measurements, RunRecord, Verdict, to_data
from harness.records.releasable import why_exploratory
from harness.wording.text import one_line

if TYPE_CHECKING:
    from harness.stats import Read

SCHEMA_VERSION = "modelassay/gate-input/v1"


def render_gate_input(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return verdict, findings, measurements and waivers as lists of flat objects.

    Every fact that a release may hang on is there in every document, so that its absence means that
    the document is another one: whoever reads it must refuse then.

    Args:
        run: The sealed run.
        measurements: What it measured.
        verdict: What the policy concluded.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    data = {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict.verdict,
        "exit_code": verdict.exit_code,
        "because": one_line(verdict.because.text),
        "now": verdict.now,
        "valid_until": verdict.valid_until,
        "harness_version": verdict.harness_version,
        **_standing(run, verdict),
        "run": _run(run, verdict),
        "policy": _policy(verdict),
        "counts": dict(verdict.counts),
        "findings": [_finding(finding) for finding in view.ordered(verdict.findings)],
        "measurements": [_measurement(one) for one in measurements.measurements],
        "waivers": [_plain(to_data(waiver)) for waiver in verdict.waivers or ()],
        "documents": [
            {"rule": finding.rule, **to_data(document)}
            for finding in verdict.findings
            for document in finding.documents or ()
        ],
        "not_tested": view.not_tested(run, verdict),
    }
    return json_text(data)


def _standing(run: RunRecord, verdict: Verdict) -> dict[str, Any]:
    return {
        # what nobody recorded is null and not false
        "is_exploratory": verdict.is_exploratory,
        "why_exploratory": list(why_exploratory(verdict)),
        "is_draft": None if verdict.policy.status is None else verdict.policy.status == "draft",
        "is_single_person": _single_person(verdict),
        "is_review_overdue": view.is_review_overdue(verdict),
        "is_sample": run.is_sample,
        "is_dirty": run.is_dirty,
        "looks": dict(sorted((run.looks or {}).items())),
    }


def _single_person(verdict: Verdict) -> bool | None:
    """Return whether one person may do everything; None where no trust file says who may."""
    if verdict.is_single_person is None and "trust.yaml" in (verdict.inputs or {}):
        return False
    return verdict.is_single_person


def _run(run: RunRecord, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": run.run_id,
        "name": run.name,
        "digest": verdict.run_digest,
        "model": run.model.name,
        "weights_digest": run.model.weights_digest,
        "commit": run.commit,
        "lock_digest": verdict.lock_digest,
        "suite": run.suite,
    }


def _policy(verdict: Verdict) -> dict[str, Any]:
    policy = verdict.policy
    return {
        "id": policy.id,
        "version": policy.version,
        "digest": policy.digest,
        "status": policy.status,
        "extends": policy.extends or {},
        "review_by": verdict.policy_review_by,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    data = _plain(to_data(finding))
    data["is_document"] = finding.is_of_evidence
    data["effect"] = view.effect(finding)
    del data["documents"]
    return data


def _measurement(one: Measurement) -> dict[str, Any]:
    e = one.estimate
    return {
        "measure": one.measure,
        "dataset": one.dataset,
        "slice": one.slice,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "n": e.n,
        "unit": e.unit,
        "share": one.share,
        "why_undefined": one_line(e.why_undefined.text) if e.why_undefined else None,
    }


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Return a noun with its sentence as one text and its id beside it."""
    because = data.pop("because")
    return {**data, "because": one_line(because["text"]), "because_id": because["id"]}
