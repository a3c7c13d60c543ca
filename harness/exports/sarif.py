"""SARIF 2.1.0: every finding as a result at its line of the policy, waivers as suppressions.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0 with errata 01.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._data import (
    fresh,
    json_text,
    name,
    place_of,
    relative_uri,
    short_digest,
    without_empty,
)
from harness.policy import read_clauses
from harness.records import Finding, Measurements, RunRecord, Verdict, WaiverUse
from harness.wording.messages import t
from harness.wording.quantities import of_finding
from harness.wording.text import markdown, one_line

if TYPE_CHECKING:
    from harness.stats import Read

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
VERDICT_RULE = "modelassay.verdict"
_LEVELS = {"block": "error", "warn": "warning", "info": "note"}
_KINDS = {"passed": "pass", "failed": "fail", "waived": "fail", "not-applicable": "notApplicable"}
_NOTIFICATIONS = 200


def render_sarif(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return every finding as a SARIF result.

    ``kind`` is pass, fail, review (nothing was measured, or it does not decide) or notApplicable; what
    is not a failure carries no level, as SARIF asks.

    Args:
        run: The sealed run.
        measurements: Not needed; taken so that every export is called alike.
        verdict: What the policy concluded.
        read: Not needed.
    """
    del measurements, read
    return _render(run, verdict, view.ordered(verdict.findings))


def render_sarif_alerts(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return what did not pass as SARIF: GitHub makes an alert of every result, of a pass too.

    Args:
        run: The sealed run.
        measurements: Not needed; taken so that every export is called alike.
        verdict: What the policy concluded.
        read: Not needed.
    """
    del measurements, read
    return _render(run, verdict, view.still_open(verdict))


def _render(run: RunRecord, verdict: Verdict, findings: list[Finding]) -> str:
    rules = _Rules(verdict)
    results = [_result(finding, rules, run, verdict) for finding in findings]
    results += _verdict_result(rules, run, verdict)
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules, verdict)},
                # up to the last slash it is the category: uploads of two models stay apart
                "automationDetails": {
                    "id": f"modelassay/{relative_uri(name(run.name)) or 'model'}/{name(run.run_id)}"
                },
                "invocations": [_invocation(run, verdict)],
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": _properties(run, verdict),
            }
        ],
    }
    return json_text(log)


class _Rules:
    """Rules of a verdict, each once, under an id of its own."""

    def __init__(self, verdict: Verdict) -> None:
        self.descriptors: list[dict[str, Any]] = []
        self._ids: dict[str, tuple[str, int]] = {}
        self._addresses = _addresses(verdict)
        for finding in verdict.findings:
            if finding.rule not in self._ids:
                self._add(finding)

    def of(self, finding: Finding) -> tuple[str, int]:
        """Return id and index of a finding's rule."""
        return self._ids[finding.rule]

    def add_verdict(self) -> tuple[str, int]:
        """Add a rule that stands for the verdict itself."""
        id = fresh(VERDICT_RULE, [one["id"] for one in self.descriptors])
        words = t("section.findings")
        self.descriptors.append({"id": id, "shortDescription": {"text": words}})
        return id, len(self.descriptors) - 1

    def _add(self, finding: Finding) -> None:
        id = fresh(name(finding.rule) or "rule", [one["id"] for one in self.descriptors])
        self._ids[finding.rule] = (id, len(self.descriptors))
        title = one_line(finding.title) or id
        lines = list(_help(finding))
        found = [self._addresses[one] for one in finding.clauses if one in self._addresses]
        self.descriptors.append(
            {
                "id": id,
                **({"helpUri": found[0]} if found else {}),
                "shortDescription": {"text": title},
                "fullDescription": {"text": one_line(finding.why) or title},
                "help": {
                    "text": "\n".join(lines),
                    "markdown": "\n\n".join(markdown(line, 2000) for line in lines),
                },
                "defaultConfiguration": {"level": _LEVELS[finding.severity]},
                "properties": {
                    "severity": finding.severity,
                    "basis": finding.basis,
                    "clauses": [name(clause) for clause in finding.clauses],
                    "measure": name(finding.measure),
                    "isSignedDocument": finding.is_of_evidence,
                    "tags": [f"basis/{finding.basis}", f"severity/{finding.severity}"],
                },
            }
        )


def _addresses(verdict: Verdict) -> dict[str, str]:
    """Return where the clauses that the rules cite can be read, of those that ship."""
    cited = {clause for finding in verdict.findings for clause in finding.clauses}
    if not cited:
        return {}
    return {id: clause.url for id, clause in read_clauses().items() if id in cited}


def _driver(rules: _Rules, verdict: Verdict) -> dict[str, Any]:
    return {
        "name": "Modelassay",
        "version": one_line(verdict.harness_version, 40) or "0",
        "rules": rules.descriptors,
    }


def _help(finding: Finding) -> Iterator[str]:
    clauses = ", ".join(name(clause) for clause in finding.clauses) or t("fact.no-clause")
    if finding.why:
        yield t("alert.why", why=one_line(finding.why))
    if finding.fix:
        yield t("alert.fix", fix=one_line(finding.fix))
    yield t("alert.basis", basis=t(f"basis.{finding.basis}"), clauses=clauses)


def _result(finding: Finding, rules: _Rules, run: RunRecord, verdict: Verdict) -> dict[str, Any]:
    id, index = rules.of(finding)
    kind = _KINDS.get(finding.outcome, "review")
    words = t(
        "alert.with-limit",
        title=one_line(finding.title) or id,
        because=one_line(finding.because.text),
        limit=standing.limit_basis(finding),
    )
    result: dict[str, Any] = {
        "ruleId": id,
        "ruleIndex": index,
        "kind": kind,
        "message": {"text": words},
        "locations": [_location(*place_of(finding, verdict))],
        "partialFingerprints": {
            "modelassay/v1": short_digest(
                run.name, verdict.policy.id, finding.rule, *view.place(finding)
            )
        },
        "properties": _numbers(finding),
    }
    if kind == "fail":
        result["level"] = _LEVELS[finding.severity]
    if finding.outcome == "waived":
        result["suppressions"] = [_suppression(finding, verdict)]
    return result


def _numbers(finding: Finding) -> dict[str, Any]:
    value = of_finding(finding)
    return without_empty(
        {
            "outcome": finding.outcome,
            "effect": view.effect(finding),
            "basis": finding.basis,
            "dataset": name(finding.dataset),
            "slice": name(finding.slice),
            "shown": value.text,
            "value": finding.value,
            "low": finding.low,
            "high": finding.high,
            "n": finding.n,
            "unit": one_line(finding.unit, 40),
            "limit": one_line(finding.limit),
            "nNeeded": finding.n_needed,
            "documents": [
                {
                    "document": name(d.document),
                    "sha256": name(d.sha256),
                    "signedAt": name(d.signed_at),
                }
                for d in finding.documents or ()
            ],
        }
    )


def _suppression(finding: Finding, verdict: Verdict) -> dict[str, Any]:
    waiver = next(
        (w for w in verdict.waivers or () if w.id == finding.waiver and w.rule == finding.rule),
        None,
    )
    found: dict[str, Any] = {"kind": "external", "status": "accepted"}
    if waiver is None:
        found["justification"] = one_line(finding.because.text)
        found["properties"] = {"waiver": name(finding.waiver or "")}
        return found
    found["justification"] = one_line(waiver.reason) or one_line(waiver.because.text)
    found["properties"] = _waiver_data(waiver)
    return found


def _waiver_data(waiver: WaiverUse) -> dict[str, Any]:
    return {
        "waiver": name(waiver.id),
        "state": waiver.state,
        "owner": name(waiver.owner),
        "approvedBy": [name(user) for user in waiver.approved_by],
        "ticket": name(waiver.ticket),
        "expires": name(waiver.expires),
        "daysLeft": waiver.days_left,
    }


def _location(file: str, line: int | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": relative_uri(file) or "policy.yaml"}}
    if line is not None:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}


def _verdict_result(rules: _Rules, run: RunRecord, verdict: Verdict) -> list[dict[str, Any]]:
    found = view.unexplained(verdict)
    if found is None:
        return []
    effect, sentence = found
    id, index = rules.add_verdict()
    result: dict[str, Any] = {
        "ruleId": id,
        "ruleIndex": index,
        "kind": "fail" if effect == "blocks" else "review",
        "message": {"text": sentence or verdict.verdict},
        "locations": [_location(verdict.policy.place, None)],
        "partialFingerprints": {
            "modelassay/v1": short_digest(run.name, verdict.policy.id, VERDICT_RULE)
        },
    }
    if effect == "blocks":
        result["level"] = "error"
    return [result]


def _invocation(run: RunRecord, verdict: Verdict) -> dict[str, Any]:
    """Return that the gate ran, its exit code, and what a reader must know beside the results."""
    said = [*standing.all_sentences(run, verdict)]
    said += [f"{w.line} {' '.join(w.remarks)}" for w in standing.waivers(verdict)]
    notes = view.not_tested(run, verdict)
    return {
        "executionSuccessful": True,
        "exitCode": verdict.exit_code,
        "exitCodeDescription": verdict.verdict,
        "endTimeUtc": verdict.now,
        "toolExecutionNotifications": [
            *_notifications(said, "warning"),
            *_notifications(notes[:_NOTIFICATIONS], "note"),
        ],
    }


def _notifications(said: Iterable[str], level: str) -> Iterator[dict[str, Any]]:
    for words in said:
        yield {"level": level, "message": {"text": words}}


def _properties(run: RunRecord, verdict: Verdict) -> dict[str, Any]:
    return without_empty(
        {
            "verdict": verdict.verdict,
            "model": name(run.model.name),
            "run": name(run.run_id),
            "runDigest": name(verdict.run_digest),
            "policy": view.policy_words(verdict),
            "policyDigest": name(verdict.policy.digest),
            "policyStatus": verdict.policy.status,
            "flags": view.chips(run, verdict),
            "validUntil": verdict.valid_until and name(verdict.valid_until),
            "notTested": len(view.not_tested(run, verdict)),
            "waivers": [_waiver_data(w) for w in verdict.waivers or ()],
        }
    )
