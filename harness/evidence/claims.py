"""What a signature says about a gate or a document: numbers, ids and digests, never the text of a row."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.clock import iso
from harness.evidence.bundle import POLICY, Bundle, Gate
from harness.evidence.manifest import GATES, MANIFEST
from harness.records import Finding, Verdict
from harness.signing import DOCUMENT, GATE, SigningKey, Statement, Subject

TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
"""Predicate that other tools read. It has names and no numbers; ours stands beside it."""

SIGNER = ("role", "signed_at", "public_key")
"""What a statement says of whoever signed it. The public key proves that nothing was changed; whose it is,
only a trust file says."""

_RESULTS = {"pass": "PASSED", "pass-with-warnings": "WARNED"}


@dataclass(frozen=True, slots=True)
class DocumentClaim:
    """What somebody says of a document that lies outside the bundle.

    Attributes:
        document: Id that a rule of kind ``evidence`` asks for.
        name, sha256: Of the file, without its folder.
        expires: Last day on which it counts; None where it does not end.
        n, n_accepted: Of a manual sample; None where there was none.
    """

    document: str
    name: str
    sha256: str
    expires: str | None = None
    n: int | None = None
    n_accepted: int | None = None


def gate_subjects(bundle: Bundle, gate: Gate) -> tuple[Subject, ...]:
    """Return what a statement about a gate is about: both seals, and the model where it is known."""
    model = bundle.record.model
    found = [
        Subject(f"{GATES}/{gate.id}/{MANIFEST}", gate.digest),
        Subject(MANIFEST, bundle.digest),
    ]
    digests = {"weights": model.weights_digest, "adapter": model.adapter_digest}
    return (*found, *(Subject(name, digest) for name, digest in digests.items() if digest))


def gate_statement(bundle: Bundle, gate: Gate, signer: Mapping[str, str]) -> Statement:
    """Return what a signer of a gate stands for, whatever its verdict.

    Args:
        bundle: The run.
        gate: One of its gates.
        signer: See ``signer_of``.
    """
    verdict = gate.verdict
    predicate: dict[str, Any] = {
        "run": bundle.id,
        "gate": gate.id,
        "verdict": verdict.verdict,
        "exit_code": verdict.exit_code,
        "now": verdict.now,
        "policy": {
            "id": verdict.policy.id,
            "version": verdict.policy.version,
            "digest": verdict.policy.digest,
        },
        "waivers_digest": verdict.waivers_digest,
        "baseline_run": verdict.baseline_run,
        "lock_digest": verdict.lock_digest,
        "inputs": dict(verdict.inputs or {}),
        "valid_until": verdict.valid_until,
        "is_exploratory": verdict.is_exploratory,
        "findings": [_numbers(one) for one in verdict.findings],
    }
    return Statement(gate_subjects(bundle, gate), GATE, predicate | dict(signer))


def result_statement(bundle: Bundle, gate: Gate) -> Statement:
    """Return the same verdict as the in-toto predicate test-result v0.1.

    What failed closed is ``FAILED``: a rule of severity block without an answer did not pass.
    """
    verdict = gate.verdict
    configuration = [{"name": POLICY, "digest": {"sha256": verdict.policy.digest}}]
    if verdict.waivers_digest is not None:
        configuration.append({"name": "waivers.yaml", "digest": {"sha256": verdict.waivers_digest}})
    predicate = {
        "result": _RESULTS.get(verdict.verdict, "FAILED"),
        "configuration": configuration,
        "passedTests": _names(verdict, "passed"),
        "warnedTests": _names(verdict, "warned"),
        "failedTests": _names(verdict, "failed"),
    }
    return Statement(gate_subjects(bundle, gate), TEST_RESULT, predicate)


def document_statement(
    bundle: Bundle, claim: DocumentClaim, signer: Mapping[str, str]
) -> Statement:
    """Return what a signer of a document stands for."""
    sample = None if claim.n is None else {"n": claim.n, "accepted": claim.n_accepted}
    subjects = (Subject(MANIFEST, bundle.digest), Subject(claim.name, claim.sha256))
    predicate = {
        "document": claim.document,
        "name": claim.name,
        "sha256": claim.sha256,
        "expires": claim.expires,
        "sample": sample,
    }
    return Statement(subjects, DOCUMENT, predicate | dict(signer))


def signer_of(key: SigningKey, *, role: str, moment: datetime) -> dict[str, str]:
    """Return what a statement says of its signer: in which role, when, and by which public key."""
    public = base64.b64encode(key.public_der).decode()
    return {"role": role, "signed_at": iso(moment), "public_key": public}


def keyless_signer(*, role: str, moment: datetime) -> dict[str, str]:
    """Return what a statement says of a signer whom a certificate of Sigstore names."""
    return {"role": role, "signed_at": iso(moment)}


def _numbers(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "measure": finding.measure,
        "dataset": finding.dataset,
        "slice": finding.slice,
        "outcome": finding.outcome,
        "value": finding.value,
        "low": finding.low,
        "high": finding.high,
        "n": finding.n,
        "limit": finding.limit_value,
        "waiver": finding.waiver,
    }


def _names(verdict: Verdict, kind: str) -> list[str]:
    return [
        "/".join(part for part in (one.rule, one.dataset, one.slice) if part)
        for one in verdict.findings
        if _kind(one) == kind
    ]


def _kind(finding: Finding) -> str | None:
    if finding.outcome in ("passed", "not-applicable"):
        return "passed" if finding.outcome == "passed" else None
    is_blocking = finding.severity == "block" and finding.outcome != "waived"
    return "failed" if is_blocking else "warned"
