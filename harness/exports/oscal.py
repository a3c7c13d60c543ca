"""OSCAL 1.2 assessment results: clauses as controls, findings as observations with links to evidence.

The document is written here, so that it needs no package beside the core; compliance-trestle reads it
in the tests, and in ``assay report`` where the extra ``oscal`` is installed. References without an end,
which trestle lets through, are looked for by ``dangling_references``.

Source: NIST, OSCAL assessment results model, version 1.2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.clock import iso, parse_moment
from harness.errors import UsageError
from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._data import fresh, json_text, name, place_of, short_digest, stable_uuid
from harness.records import Finding, Measurements, RunRecord, Verdict
from harness.wording.messages import t
from harness.wording.quantities import of_finding
from harness.wording.text import one_line

if TYPE_CHECKING:
    from harness.stats import Read

OSCAL_VERSION = "1.2.1"
NAMESPACE = "urn:modelassay:oscal:v1"
_EPOCH = "1970-01-01T00:00:00Z"
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def render_oscal(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the assessment results of one gate.

    A control is satisfied where every rule that names its clause, but those for information, passed. A
    rule without a clause is a control of its own. A control none of whose rules applies has no finding.
    What a waiver covers is not satisfied, with a risk whose deviation is approved.

    Args:
        run: The sealed run.
        measurements: Not needed; taken so that every export is called alike.
        verdict: What the policy concluded.
        read: Not needed.
    """
    del measurements, read
    return json_text({"assessment-results": _Document(run, verdict).whole()})


def dangling_references(data: Any) -> list[str]:
    """Return every reference of a document to a uuid that it does not define.

    Args:
        data: The document, as ``json.loads`` returns it.
    """
    known = {value for key, value in _pairs(data) if key == "uuid"}
    found = []
    for key, value in _pairs(data):
        is_reference = key.endswith("-uuid") or (key == "href" and str(value).startswith("#"))
        if is_reference and str(value).removeprefix("#") not in known:
            found.append(f"{key} {value}")
    return found


def _pairs(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, (dict, list)):
                yield from _pairs(value)
            else:
                yield key, value
    elif isinstance(data, list):
        for value in data:
            yield from _pairs(value)


class _Document:
    """One document; its uuids follow from run, policy and clock, so that the bytes do too."""

    def __init__(self, run: RunRecord, verdict: Verdict) -> None:
        self.run, self.verdict = run, verdict
        self.now = _moment(verdict.now)
        self.findings = view.ordered(verdict.findings)
        self.model, self.resources = self._uuid("model"), self._resources()

    def _uuid(self, *parts: object) -> str:
        of = (self.verdict.run_digest, self.verdict.policy.digest, self.verdict.now)
        return stable_uuid(*of, *parts)

    def whole(self) -> dict[str, Any]:
        """Return the document."""
        verdict = self.verdict
        title = t("page.title", model=name(self.run.model.name), verdict=verdict.verdict)
        return {
            "uuid": self._uuid("document"),
            "metadata": {
                "title": title,
                "last-modified": self.now,
                "version": _value(verdict.policy.version) or "0",
                "oscal-version": OSCAL_VERSION,
                "props": _props(
                    verdict=verdict.verdict,
                    exit_code=verdict.exit_code,
                    run=self.run.run_id,
                    policy=view.policy_words(verdict),
                    policy_status=verdict.policy.status,
                    harness_version=verdict.harness_version,
                    valid_until=verdict.valid_until,
                    flags=", ".join(view.chips(self.run, verdict)),
                    not_tested=len(view.not_tested(self.run, verdict)),
                ),
            },
            # the plan of the assessment is the policy, which lies in the gate
            "import-ap": {"href": f"#{self.resources['policy.yaml']['uuid']}"},
            "results": [self._result()],
            "back-matter": {"resources": list(self.resources.values())},
        }

    def _result(self) -> dict[str, Any]:
        controls = self._controls()
        risks = self._risks()
        starts = [stage.started for stage in self.run.stages[:1]]
        result: dict[str, Any] = {
            "uuid": self._uuid("result"),
            "title": t("card.verdict", policy=view.policy_words(self.verdict)),
            "description": view.banner(self.verdict),
            "start": _moment(*starts, self.verdict.now),
            "end": self.now,
            "local-definitions": {"components": [self._component()]},
            "reviewed-controls": {"control-selections": [_selection(list(controls))]},
            "observations": [self._observation(i, f) for i, f in enumerate(self.findings)],
            "risks": [risk for _, risk in risks],
            "findings": [
                found
                for control, indices in controls.items()
                if (found := self._finding(control, indices, risks)) is not None
            ],
            "remarks": self._remarks(),
        }
        return {key: value for key, value in result.items() if value not in ([], "")}

    def _controls(self) -> dict[str, list[int]]:
        """Return control id → positions of the findings about it; in the order of the policy."""
        names: dict[str, str] = {}
        controls: dict[str, list[int]] = {}
        for i, finding in enumerate(self.findings):
            for clause in dict.fromkeys(finding.clauses or (f"rule_{finding.rule}",)):
                if clause not in names:
                    names[clause] = fresh(_token(clause), list(names.values()))
                controls.setdefault(names[clause], []).append(i)
        return controls

    def _component(self) -> dict[str, Any]:
        model = self.run.model
        return {
            "uuid": self.model,
            "type": "software",
            "title": name(model.name) or "model",
            "description": _value(self.run.system.get("purpose")) or t("limits.no-purpose"),
            "props": _props(
                run_name=self.run.name,
                base=model.base,
                revision=model.revision,
                weights_sha256=model.weights_digest,
                adapter_sha256=model.adapter_digest,
                origin=model.kind,
            ),
            "status": {"state": "other", "remarks": t(f"verdict.{self.verdict.verdict}")},
        }

    def _observation(self, i: int, finding: Finding) -> dict[str, Any]:
        file, line = place_of(finding, self.verdict)
        observation = {
            "uuid": self._uuid("observation", i),
            "title": name(finding.title) or name(finding.rule) or "rule",
            "description": one_line(finding.because.text) or finding.outcome,
            "props": _props(
                rule=finding.rule,
                outcome=finding.outcome,
                severity=finding.severity,
                basis=finding.basis,
                measure=finding.measure,
                dataset=finding.dataset,
                slice=finding.slice,
                shown=of_finding(finding).text,
                value=finding.value,
                low=finding.low,
                high=finding.high,
                n=finding.n,
                unit=finding.unit,
                limit=finding.limit,
                limit_place=file if line is None else f"{file}:{line}",
                needed=finding.n_needed,
                waiver=finding.waiver,
            ),
            "methods": ["EXAMINE" if finding.is_of_evidence else "TEST"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": self.model, "type": "component"}],
            "relevant-evidence": [self._evidence(one) for one in _evidence_of(finding)],
            "collected": self.now,
        }
        ends = [d.expires for d in finding.documents or () if d.expires]
        if ends:
            observation["expires"] = min(_moment(end) for end in ends)
        return observation

    def _evidence(self, file: str) -> dict[str, Any]:
        resource = self.resources[file]
        return {"href": f"#{resource['uuid']}", "description": resource["title"]}

    def _finding(
        self, control: str, indices: list[int], risks: list[tuple[int, dict[str, Any]]]
    ) -> dict[str, Any] | None:
        about = [self.findings[i] for i in indices]
        judged = [f for f in about if f.outcome != "not-applicable" and f.severity != "info"]
        if not judged:
            return None
        worst = view.ordered(judged)[0]
        is_met = worst.outcome == "passed"
        reasons = {"passed": "pass", "failed": "fail", "waived": "fail"}
        rules = ", ".join(name(rule) for rule in view.by_rule(about))
        related = [{"risk-uuid": risk["uuid"]} for i, risk in risks if i in indices]
        found: dict[str, Any] = {
            "uuid": self._uuid("finding", control),
            "title": control,
            "description": one_line(worst.because.text) or worst.outcome,
            "props": _props(rules=rules, worst_outcome=worst.outcome, basis=worst.basis),
            "target": {
                "type": "objective-id",
                "target-id": control,
                "status": {
                    "state": "satisfied" if is_met else "not-satisfied",
                    "reason": reasons.get(worst.outcome, "other"),
                    "remarks": t(f"outcome.{worst.outcome}"),
                },
            },
            "related-observations": [
                {"observation-uuid": self._uuid("observation", i)} for i in indices
            ],
        }
        return found | ({"related-risks": related} if related else {})

    def _risks(self) -> list[tuple[int, dict[str, Any]]]:
        """Return what somebody accepted until a day: position of the finding, and the risk."""
        uses = {(w.id, w.rule): w for w in self.verdict.waivers or ()}
        found = []
        for i, finding in enumerate(self.findings):
            if finding.outcome != "waived":
                continue
            waiver = uses.get((finding.waiver or "", finding.rule))
            risk: dict[str, Any] = {
                "uuid": self._uuid("risk", i),
                "title": name(finding.waiver or "") or "waiver",
                "description": one_line(finding.because.text) or finding.outcome,
                "statement": (one_line(waiver.reason) if waiver else "") or finding.outcome,
                "status": "deviation-approved",
            }
            if waiver is not None:
                risk["props"] = _props(
                    owner=waiver.owner,
                    approved_by=", ".join(waiver.approved_by),
                    ticket=waiver.ticket,
                    expires=waiver.expires,
                    days_left=waiver.days_left,
                )
            found.append((i, risk))
        return found

    def _resources(self) -> dict[str, dict[str, Any]]:
        """Return file → resource, each with the digest that ``assay verify`` recomputes."""
        verdict, run = self.verdict, self.run
        files = {
            "policy.yaml": (t("origin.policy-digest"), verdict.policy.digest),
            "run": (t("origin.run-digest"), verdict.run_digest),
            "measurements.json": ("measurements.json", run.outputs.get("measurements.json")),
            "predictions.parquet": ("predictions.parquet", run.outputs.get("predictions.parquet")),
            "weights": (t("origin.weights-digest"), run.model.weights_digest),
            "waivers.yaml": (t("origin.waivers-digest"), verdict.waivers_digest),
            "policy.lock.json": (t("origin.lock-digest"), verdict.lock_digest),
        }
        for data in run.datasets:
            words = t("origin.data-digest", data=name(data.name))
            files[f"data/{data.name}"] = (words, data.content_digest)
        for document in (d for f in self.findings for d in f.documents or ()):
            words = f"{name(document.document)}: {name(document.name)}"
            files[f"document/{document.statement}"] = (words, document.sha256)
        kept = ("policy.yaml", "run")
        return {
            file: self._resource(file, title, digest)
            for file, (title, digest) in files.items()
            if digest is not None or file in kept
        }

    def _resource(self, file: str, title: str, digest: str | None) -> dict[str, Any]:
        resource: dict[str, Any] = {"uuid": self._uuid("resource", file), "title": name(title)}
        if digest and _SHA256.fullmatch(digest):
            link = f"urn:sha256:{digest}"
            hashes = [{"algorithm": "SHA-256", "value": digest}]
            resource["rlinks"] = [{"href": link, "hashes": hashes}]
        else:
            resource["description"] = t("unknown")
        return resource

    def _remarks(self) -> str:
        said = standing.all_sentences(self.run, self.verdict)
        said += [f"{w.line} {' '.join(w.remarks)}" for w in standing.waivers(self.verdict)]
        said += view.not_tested(self.run, self.verdict)
        return "\n".join(f"- {words}" for words in [*said, t("not-tested.always")])


def _evidence_of(finding: Finding) -> list[str]:
    if finding.is_of_evidence:
        return [f"document/{d.statement}" for d in finding.documents or ()] or ["run"]
    return ["run"]


def _selection(controls: list[str]) -> dict[str, Any]:
    if not controls:
        return {"include-all": {}}
    return {"include-controls": [{"control-id": control} for control in controls]}


def _props(**values: object) -> list[dict[str, str]]:
    """Return properties; what says nothing falls away."""
    return [
        {"name": key.replace("_", "-"), "ns": NAMESPACE, "value": text}
        for key, value in values.items()
        if (text := _value(value))
    ]


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(one) for one in value)
    return "" if value is None else name(str(value), 600).strip()


def _token(text: str) -> str:
    """Return an id as OSCAL takes it: letters, digits, ``.``, ``-`` and ``_``, a letter first."""
    token = _NO_TOKEN.sub("_", text)[:100]
    is_whole = token == text.replace("/", "_") and token[:1].isalpha()
    # other letters than those of ASCII fall away, so a digest keeps the names apart
    return token if is_whole else f"c_{token}_{short_digest(text)[:8]}"


def _moment(*texts: str) -> str:
    """Return the first that is a moment; a damaged record may hold anything."""
    for text in texts:
        try:
            return iso(parse_moment(text))
        except (UsageError, OverflowError):
            continue
    return _EPOCH
