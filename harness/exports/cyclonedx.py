"""CycloneDX 1.6 ML-BOM: the model with its card, what it was made of and judged on, and by which clauses.

Source: OWASP CycloneDX (ECMA-424), JSON schema 1.6, ``modelCard`` and ``declarations``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._data import json_text, name, short_digest, stable_uuid, without_empty
from harness.records import ALL, DatasetRef, Finding, Measurements, RunRecord, Verdict
from harness.wording.messages import t
from harness.wording.quantities import count
from harness.wording.text import one_line

if TYPE_CHECKING:
    from harness.stats import Read

SPEC_VERSION = "1.6"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MODEL, _BASE, _POLICY, _GATE = "model", "base-model", "policy", "gate"
_MOST = 2000


def render_cyclonedx(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the bill of materials; values are texts there, as the format asks.

    Args:
        run: The sealed run.
        measurements: Everything with a value becomes a performance metric with its interval.
        verdict: Becomes declarations: one claim for each clause, with its findings as evidence.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    data = [_dataset(one) for one in run.datasets]
    parts = [*_base(run), *data]
    model = _model(run, measurements, verdict)
    bom = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": f"urn:uuid:{stable_uuid('cyclonedx', verdict.run_digest, verdict.policy.digest, verdict.now)}",
        "version": 1,
        "metadata": {
            "timestamp": verdict.now,
            "tools": {
                "components": [
                    {
                        "type": "application",
                        "name": "Modelassay",
                        "version": name(verdict.harness_version),
                    }
                ]
            },
            "component": model,
            "properties": _properties(run, verdict),
        },
        "components": parts,
        "dependencies": [{"ref": _MODEL, "dependsOn": [part["bom-ref"] for part in parts]}],
        "declarations": _declarations(verdict),
        "definitions": {"standards": [_standard(verdict)]},
    }
    return json_text(bom)


def _model(run: RunRecord, measurements: Measurements, verdict: Verdict) -> dict[str, Any]:
    model = run.model
    return {
        "type": "machine-learning-model",
        "bom-ref": _MODEL,
        "name": name(model.name) or "model",
        "version": name(run.run_id),
        **_description(run.system.get("purpose")),
        **_hashes(model.weights_digest),
        "modelCard": {
            "modelParameters": _parameters(run),
            "quantitativeAnalysis": {"performanceMetrics": _metrics(measurements)},
            "considerations": without_empty(_considerations(run, verdict)),
        },
        "properties": _pairs(
            {
                "origin": model.kind,
                "adapter-sha256": model.adapter_digest,
                "lineage-sha256": model.lineage_digest,
                "parameters": model.n_parameters,
                "dtype": model.dtype,
            }
        ),
    }


def _parameters(run: RunRecord) -> dict[str, Any]:
    return {
        **({"approach": {"type": "supervised"}} if run.task.is_deciding else {}),
        "task": name(run.task.kind),
        "architectureFamily": "transformer",
        "datasets": [{"ref": _ref_of(data)} for data in run.datasets],
        "inputs": [{"format": name(run.task.modality)}],
    }


def _metrics(measurements: Measurements) -> list[dict[str, Any]]:
    return _once(
        {
            "type": name(one.measure),
            "value": repr(one.estimate.value),
            "slice": _slice(one.slice, one.dataset),
            "confidenceInterval": without_empty(
                {
                    "lowerBound": None if one.estimate.low is None else repr(one.estimate.low),
                    "upperBound": None if one.estimate.high is None else repr(one.estimate.high),
                }
            ),
        }
        for one in measurements.measurements
        if one.estimate.value is not None
    )


def _considerations(run: RunRecord, verdict: Verdict) -> dict[str, Any]:
    limits = _texts(run.system.get("limits_of_use")) or [t("limits.none")]
    unknown = view.not_tested(run, verdict)
    return {
        "useCases": _texts(run.system.get("purpose")),
        "technicalLimitations": [*limits, *unknown[:_MOST], t("not-tested.always")],
        "performanceTradeoffs": [
            f"{name(f.rule)}: {one_line(f.because.text)}" for f in view.to_weigh(verdict)[:_MOST]
        ],
        "ethicalConsiderations": _risks(run, verdict),
        "fairnessAssessments": _of_groups(verdict),
    }


def _risks(run: RunRecord, verdict: Verdict) -> list[dict[str, str]]:
    risks = [{"name": words} for words in standing.all_sentences(run, verdict)]
    for waiver in standing.waivers(verdict):
        risks.append({"name": waiver.line, "mitigationStrategy": " ".join(waiver.remarks)})
    return risks


def _of_groups(verdict: Verdict) -> list[dict[str, str]]:
    """Return what was found about groups, those of failed rules first."""
    return [
        without_empty(
            {
                "groupAtRisk": _slice(finding.slice, finding.dataset),
                "harms": f"{finding.outcome}: {one_line(finding.because.text)}",
                "mitigationStrategy": one_line(finding.fix),
            }
        )
        for finding in view.ordered(verdict.findings)
        if finding.slice != ALL and finding.outcome != "not-applicable"
    ][:_MOST]


def _base(run: RunRecord) -> list[dict[str, Any]]:
    if not run.model.base:
        return []
    revision = run.model.revision
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": _BASE,
            "name": name(run.model.base),
            **({"version": name(revision)} if revision else {}),
        }
    ]


def _dataset(data: DatasetRef) -> dict[str, Any]:
    aside = "; ".join(f"{count(q.n)} {one_line(q.reason)}" for q in data.quarantined)
    return {
        "type": "data",
        "bom-ref": _ref_of(data),
        "name": name(data.name) or "data",
        "version": name(data.content_digest) or "0",
        **_hashes(data.content_digest),
        **({"licenses": [{"license": {"name": name(data.licence)}}]} if data.licence else {}),
        "data": [
            {
                "type": "dataset",
                "name": name(data.file),
                "description": t("measured.rows", n=count(data.n_rows), read=count(data.n_read)),
                "contents": {
                    "properties": _pairs({"file-sha256": data.file_digest, "aside": aside})
                },
            }
        ],
    }


def _ref_of(data: DatasetRef) -> str:
    return f"data-{short_digest(data.name, data.content_digest)[:12]}"


def _properties(run: RunRecord, verdict: Verdict) -> list[dict[str, str]]:
    return _pairs(
        {
            "verdict": verdict.verdict,
            "exit-code": verdict.exit_code,
            "run": run.run_id,
            "run-digest": verdict.run_digest,
            "policy": view.policy_words(verdict),
            "policy-digest": verdict.policy.digest,
            "policy-status": verdict.policy.status,
            "flags": ", ".join(view.chips(run, verdict)),
            "valid-until": verdict.valid_until,
            "not-tested": len(view.not_tested(run, verdict)),
        }
    )


def _standard(verdict: Verdict) -> dict[str, Any]:
    """Return the policy as a standard of its own, with a requirement for each of its rules."""
    rules = view.by_rule(view.ordered(verdict.findings))
    return {
        "bom-ref": _POLICY,
        "name": name(verdict.policy.id) or "policy",
        "version": name(verdict.policy.version),
        "description": one_line(verdict.policy.title),
        "requirements": [
            {
                "bom-ref": _rule_ref(rule),
                "identifier": name(rule),
                "title": one_line(found[0].title),
                "text": standing.limit_basis(found[0]),
                "descriptions": [one_line(found[0].why)] if found[0].why else [],
                "properties": _pairs(
                    {"basis": found[0].basis, "clauses": ", ".join(found[0].clauses)}
                ),
            }
            for rule, found in rules.items()
        ],
    }


def _declarations(verdict: Verdict) -> dict[str, Any]:
    """Return one claim and its evidence for each rule that applies, and how far it holds."""
    rules = {
        rule: [f for f in found if f.outcome != "not-applicable"]
        for rule, found in view.by_rule(view.ordered(verdict.findings)).items()
    }
    rules = {rule: found for rule, found in rules.items() if found}
    claims = [_claim(rule, found) for rule, found in rules.items()]
    evidence = [_evidence(rule, found, verdict) for rule, found in rules.items()]
    maps = [_map(rule, found) for rule, found in rules.items()]
    return {
        "assessors": [{"bom-ref": _GATE, "thirdParty": False}],
        "attestations": [{"summary": view.banner(verdict), "assessor": _GATE, "map": maps}],
        "claims": claims,
        "evidence": evidence,
    }


def _map(rule: str, found: list[Finding]) -> dict[str, Any]:
    worst = found[0].outcome
    key = "claims" if worst == "passed" else "counterClaims"
    return {
        "requirement": _rule_ref(rule),
        key: [f"claim-{_rule_ref(rule)}"],
        "conformance": {
            "score": 1 if worst == "passed" else 0,
            "rationale": f"{worst}: {one_line(found[0].because.text)}",
        },
    }


def _claim(rule: str, found: list[Finding]) -> dict[str, Any]:
    worst = found[0]
    return {
        "bom-ref": f"claim-{_rule_ref(rule)}",
        "target": _MODEL,
        "predicate": f"{one_line(worst.title)}: {standing.limit_basis(worst)}",
        "reasoning": one_line(worst.because.text),
        "evidence": [f"evidence-{_rule_ref(rule)}"],
    }


def _evidence(rule: str, found: list[Finding], verdict: Verdict) -> dict[str, Any]:
    documents = [d for f in found for d in f.documents or ()]
    data = {
        "name": name(verdict.run_digest),
        "contents": {
            "attachment": {
                "contentType": "text/plain",
                "content": "\n".join(one_line(f.because.text) for f in found[:50]),
            }
        },
    }
    signed = [
        {"name": f"{name(d.document)}: {name(d.name)}, SHA-256 {name(d.sha256)}"} for d in documents
    ]
    return {
        "bom-ref": f"evidence-{_rule_ref(rule)}",
        "description": f"{name(found[0].measure)}: {found[0].outcome}",
        "created": verdict.now,
        "data": [data, *signed],
    }


def _rule_ref(rule: str) -> str:
    return f"rule-{short_digest(rule)[:12]}"


def _slice(slice: str, dataset: str) -> str:
    return name(view.where(slice, dataset), 600)


def _pairs(values: dict[str, object]) -> list[dict[str, str]]:
    return [
        {"name": f"modelassay:{key}", "value": name(str(value), 600)}
        for key, value in values.items()
        if value not in (None, "")
    ]


def _hashes(digest: str | None) -> dict[str, Any]:
    if not digest or not _SHA256.fullmatch(digest):
        return {}
    return {"hashes": [{"alg": "SHA-256", "content": digest}]}


def _description(text: object) -> dict[str, str]:
    words = "; ".join(_texts(text))
    return {"description": words} if words else {}


def _texts(value: object) -> list[str]:
    if value is None or value == "":
        return []
    return (
        [one_line(one) for one in value] if isinstance(value, (list, tuple)) else [one_line(value)]
    )


def _once(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({json.dumps(item, sort_keys=True): item for item in items}.values())
