"""Which clause asks for which rule, and what answers it: read from a verdict and the clause register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from dashboards.source import Opened
from harness.errors import AssayError
from harness.evidence.decisions import finding_key
from harness.exports import view
from harness.policy import Clause, parse_policy, read_clauses
from harness.records import Finding, Measurement, Verdict
from harness.wording.quantities import of_finding
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.depot.threads import Thread

Kind = Literal["automated", "signed", "not-applicable"]
KINDS: tuple[Kind, ...] = ("automated", "signed", "not-applicable")
"""Measured by an audit, signed for by people, beside the point."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A file that answers a rule: of the bundle, or a document that somebody signed for.

    Attributes:
        file, sha256: Its name and digest.
        signed_by: Who signed; empty for measurements.
    """

    file: str
    sha256: str
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """One rule that serves one clause.

    Attributes:
        clause, record: Id of the clause, and its record where there is one.
        findings: Of the rule, worst first.
        answers: What answers it; empty without an answer.
        threads: What is still asked about its findings.
    """

    clause: str
    record: Clause | None
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...]
    threads: tuple[Thread, ...] = ()

    @property
    def worst(self) -> Finding:
        """The finding that says the outcome of the rule."""
        return self.findings[0]

    @property
    def framework(self) -> str:
        """Law, standard or guidance that the clause stands in."""
        return self.clause.partition("/")[0]

    @property
    def kind(self) -> Kind:
        """How the rule is answered."""
        if all(one.outcome == "not-applicable" for one in self.findings):
            return "not-applicable"
        return "signed" if self.worst.is_of_evidence else "automated"


@st.cache_resource(show_spinner=False)
def register() -> Mapping[str, Clause]:
    """Return the clause register that ships; a user's own records lie beside their policies, not here."""
    return read_clauses()


def needs(found: Opened, verdict: Verdict) -> list[Need]:
    """Return every pair of clause and rule, in the order in which clauses are first cited."""
    measured = {(m.measure, m.dataset, m.slice): m for m in found.measurements.measurements}
    asked = open_threads(found)
    by_clause: dict[str, list[Need]] = {}
    for group in view.by_rule(verdict.findings).values():
        ordered = tuple(view.ordered(group))
        answers = tuple(dict.fromkeys(_answers(found, ordered, measured)))
        threads = tuple(thread for one in ordered for thread in asked.get(finding_key(one), ()))
        for clause in dict.fromkeys(c for one in ordered for c in one.clauses):
            need = Need(clause, register().get(clause), ordered, answers, threads)
            by_clause.setdefault(clause, []).append(need)
    return [need for group in by_clause.values() for need in group]


def without_clause(verdict: Verdict) -> int:
    """Return how many rules cite no clause."""
    return sum(
        not any(f.clauses for f in group) for group in view.by_rule(verdict.findings).values()
    )


def open_threads(found: Opened) -> dict[str, list[Thread]]:
    """Return what is still asked about each finding, by its key; nothing without a store.

    Raises:
        AssayError: If the store cannot be read.
    """
    if found.settings.store is None:
        return {}
    from harness.depot import open_store
    from harness.depot.threads import threads_of

    with open_store(found.settings.store) as store:
        every = threads_of(store.events(), name=found.run.name)
    open_: dict[str, list[Thread]] = {}
    for one in every:
        if one.is_open:
            open_.setdefault(one.about, []).append(one)
    return open_


def owners(found: Opened) -> tuple[str, ...]:
    """Return who answers for the policy, as its sealed file says; empty where that cannot be read."""
    if found.gate is None:
        return ()
    files = found.gate.manifest.files
    packs = {
        digest: found.gate.read_bytes(name)
        for name, digest in (found.gate.verdict.inputs or {}).items()
        if name in files
    }
    try:
        return parse_policy(found.gate.read_bytes("policy.yaml"), "policy.yaml", packs=packs).owners
    except AssayError:
        return ()


def row(need: Need, owner: str) -> dict[str, Any]:
    """Return a pair of clause and rule as a row of the matrix, plain values."""
    record, worst = need.record, need.worst
    files = [f"{one.file} {one.sha256}" for one in need.answers]
    return {
        "clause": one_line(need.clause),
        "title": one_line(record.title) if record else "",
        "says": one_line(record.says) if record else "",
        "status": record.status if record else "",
        "applies_from": (record.applies_from if record else None) or "",
        "applies_until": (record.applies_until if record else None) or "",
        "rule": one_line(worst.rule, NAME_LIMIT),
        "rule_title": one_line(worst.title),
        "kind": need.kind,
        "severity": worst.severity,
        "basis": worst.basis,
        "measure": one_line(worst.measure, NAME_LIMIT),
        "outcome": worst.outcome,
        "n_findings": len(need.findings),
        "value": of_finding(worst).text,
        "limit": one_line(worst.limit),
        "where": view.where(worst.slice, worst.dataset),
        "because": one_line(worst.because.text),
        "evidence": "; ".join(one_line(text) for text in files),
        "signed_by": ", ".join(one_line(u) for one in need.answers for u in one.signed_by),
        "owner": one_line(owner),
        "threads_open": len(need.threads),
        "thread_owner": ", ".join(
            dict.fromkeys(one_line(one.owner) for one in need.threads if one.owner)
        ),
        "thread_due": min((one_line(one.due) for one in need.threads if one.due), default=""),
    }


def _answers(
    found: Opened,
    findings: Sequence[Finding],
    measured: Mapping[tuple[str, str, str], Measurement],
) -> list[Answer]:
    answers = []
    for one in findings:
        for document in one.documents or ():
            answers.append(Answer(document.name, document.sha256, document.signed_by))
        own = measured.get((one.measure, one.dataset, one.slice))
        if own is None or not own.estimate.is_measured:
            continue
        evidence = own.estimate.evidence
        if evidence is not None and evidence.path and evidence.sha256:
            answers.append(Answer(evidence.path, evidence.sha256))
        else:
            digest = found.bundle.manifest.files["measurements.json"].sha256
            answers.append(Answer("measurements.json", digest))
    return answers
