"""What stands beside a verdict, in the same words for every export: waivers, documents, drafts, looks."""

from __future__ import annotations

from dataclasses import dataclass

from harness.exports import _view as view
from harness.exports._marks import mark_of
from harness.records import DocumentRef, Finding, Measurements, RunRecord, Verdict, WaiverUse
from harness.records.releasable import is_baseline_unreleased, is_releasable, why_exploratory
from harness.wording.language import phrase, said
from harness.wording.messages import enumerate_words, join_clauses, plural, t
from harness.wording.quantities import count, limit_words, of_estimate, of_finding, plain
from harness.wording.text import NAME_LIMIT, one_line

_COMPARED = ("passed", "failed", "inconclusive")
_STATES = (
    "exceeded",
    "expired",
    "conflicting",
    "not-approved",
    "not-started",
    "in-force",
    "unused",
)
"""Waivers that waive nothing although somebody may think so come first, those without a use last."""

_DAY = len("2026-11-23")
_AT_REST = ("in-force", "unused")


@dataclass(frozen=True, slots=True)
class WaiverWords:
    """A waiver as a reader sees it.

    Attributes:
        state: One of the words of ``WaiverState``.
        value: The value that it keeps open, and the worst that it accepts; empty where it covers nothing.
        expires: Date and days left.
        remarks: Reason, warning before its end, why it is without effect.
        is_idle: Whether somebody may count on it although it waives nothing.
        is_ending: Whether few days are left.
    """

    id: str
    rule: str
    state: str
    value: str
    owner: str
    approved: str
    expires: str
    remarks: tuple[str, ...]
    is_idle: bool
    is_ending: bool

    @property
    def line(self) -> str:
        """The waiver as one sentence."""
        return t(
            "waiver.line",
            id=self.id,
            state=self.state.lower(),
            rule=self.rule,
            owner=self.owner,
            approved=self.approved,
            expires=self.expires,
        )


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """A rule of kind ``evidence`` and one document that met it, or none, as a reader sees it."""

    finding: Finding
    outcome: str
    name: str
    signed: str
    when: str
    expires: str
    sample: str


@dataclass(frozen=True, slots=True)
class Change:
    """A measure in the last release and in this run."""

    finding: Finding
    old: str
    new: str
    difference: str


def sentences(run: RunRecord, verdict: Verdict) -> list[str]:
    """Return what a reader must know before the findings; it stands on the first screen."""
    lines: list[str] = []
    if verdict.policy.status == "draft":
        lines.append(t("standing.draft"))
    if verdict.policy_notes:
        lines.append(t("standing.notes", notes=one_line(phrase(verdict.policy_notes))))
    lines += [t(f"standing.{why}") for why in why_exploratory(verdict)]
    if verdict.is_single_person:
        lines.append(t("standing.single-person"))
    if view.is_review_overdue(verdict):
        lines.append(t("standing.review-overdue", date=one_line(verdict.policy_review_by, 40)))
    if verdict.valid_until and is_releasable(verdict):
        lines.append(t("standing.valid-until", date=one_line(verdict.valid_until, 40)))
    for name, n in sorted((run.looks or {}).items()):
        data = one_line(name, NAME_LIMIT)
        lines.append(
            plural("standing.looks", n, data=data) if n else t("standing.first-look", data=data)
        )
    return [*lines, *_waived(verdict), *_documented(verdict)]


def all_sentences(run: RunRecord, verdict: Verdict) -> list[str]:
    """Return how much was not measured, and the same: for forms that have no list of that."""
    left_out = not_tested_words(run, verdict)
    return [*([left_out] if left_out else []), *sentences(run, verdict)]


def not_tested_words(run: RunRecord, verdict: Verdict) -> str | None:
    """Return how much was not measured; None where nothing was left out."""
    n = len(view.not_tested(run, verdict))
    return plural("standing.not-tested", n) if n else None


def change_columns(verdict: Verdict) -> list[str]:
    """Return the columns of changes; a run that nobody released is not called a release."""
    old = "old-baseline" if is_baseline_unreleased(verdict) else "old"
    return [t(f"change.{column}") for column in (old, "new", "difference")]


def waivers(verdict: Verdict) -> list[WaiverWords]:
    """Return every waiver that the gate met, those without effect first, then the first to expire."""
    found = sorted(verdict.waivers or (), key=lambda w: (_STATES.index(w.state), w.days_left, w.id))
    return [_waiver_words(waiver, verdict) for waiver in found]


def documents(verdict: Verdict) -> list[DocumentWords]:
    """Return every rule of kind ``evidence`` with each document that met it."""
    rows = []
    for finding in view.ordered(verdict.findings):
        for document in finding.documents or ((None,) if finding.is_of_evidence else ()):
            rows.append(_document_words(finding, document))
    return rows


def changes(measurements: Measurements, verdict: Verdict) -> list[Change]:
    """Return what rules about the last release compared: old, new, and their paired difference."""
    known = {(m.measure, m.dataset, m.slice): m.estimate for m in measurements.measurements}
    found = []
    for finding in view.ordered(verdict.findings):
        outcome = finding.waived_outcome or finding.outcome
        # without a comparison the finding holds the value of this run and no difference
        if not view.is_of_change(finding) or outcome not in _COMPARED:
            continue
        new = known.get(view.place(finding))
        if new is None or new.value is None or finding.value is None:
            continue
        old = plain(round(new.value - finding.value, 4), new.unit)
        difference = of_finding(finding).text
        if finding.value:
            difference = t("change.rose" if finding.value > 0 else "change.fell", by=difference)
        found.append(Change(finding, old, of_estimate(new).text, difference))
    return found


def limit_basis(finding: Finding) -> str:
    """Return the limit with what it rests on: ``at most 10 % (policy choice)``."""
    asked = t("fact.to-sign") if finding.is_of_evidence else t("fact.no-limit")
    limit = limit_words(finding) or asked
    return t("fact.limit-basis", limit=limit, basis=t(f"basis.{finding.basis}"))


def rule_basis(finding: Finding, rule: str = "") -> str:
    """Return the rule with what it rests on: ``RISK-FILE (law)``; ``rule`` is its id as a form writes it."""
    basis = t(f"basis.{finding.basis}")
    return t("fact.limit-basis", limit=rule or finding.rule, basis=basis)


def _waived(verdict: Verdict) -> list[str]:
    lines = []
    n = sum(f.outcome == "waived" for f in verdict.findings)
    dates = [w.expires for w in verdict.waivers or () if w.state == "in-force"]
    if n and dates:
        lines.append(plural("standing.waived", n, date=one_line(min(dates), 40)))
    idle = [w for w in verdict.waivers or () if w.state not in _AT_REST]
    if idle:
        states = [t(f"waiver.{w.state}").lower() for w in idle]
        words = enumerate_words(list(dict.fromkeys(states)))
        lines.append(plural("standing.no-effect", len(idle), states=words))
    return lines


def _documented(verdict: Verdict) -> list[str]:
    asked = [f for f in verdict.findings if f.is_of_evidence and f.outcome != "not-applicable"]
    if not asked:
        return []
    n_met = sum(f.outcome == "passed" for f in asked)
    return [plural("standing.documents", len(asked), n=n_met, all=len(asked))]


def _waiver_words(waiver: WaiverUse, verdict: Verdict) -> WaiverWords:
    covered = [f for f in verdict.findings if f.waiver == waiver.id and f.rule == waiver.rule]
    remarks = [
        t("waiver.reason", reason=one_line(waiver.reason), ticket=one_line(waiver.ticket, 40))
    ]
    if waiver.warns is not None and waiver.state == "in-force":
        left = waiver.days_left
        remarks.insert(0, plural("waiver.warns", left) if left > 0 else t("waiver.last-day"))
    if waiver.state != "in-force":
        remarks.insert(0, one_line(said(waiver.because)))
    if waiver.is_single_person:
        remarks.append(t("waiver.one-person"))
    approved = [one_line(user, NAME_LIMIT) for user in waiver.approved_by]
    return WaiverWords(
        id=one_line(waiver.id, NAME_LIMIT),
        rule=one_line(waiver.rule, NAME_LIMIT),
        state=t(f"waiver.{waiver.state}"),
        value=_kept(waiver, covered),
        owner=one_line(waiver.owner, NAME_LIMIT),
        approved=enumerate_words(approved) or t("waiver.nobody"),
        expires=_days(waiver),
        remarks=tuple(remarks),
        is_idle=waiver.state not in _AT_REST,
        is_ending=waiver.warns is not None,
    )


def _kept(waiver: WaiverUse, covered: list[Finding]) -> str:
    places = [
        f"{of_finding(f).text} ({view.where(f.slice, f.dataset)})"
        if len(covered) > 1
        else of_finding(f).text
        for f in covered[:3]
    ]
    if n_more := len(covered[3:]):
        places.append(plural("slice.and-more", n_more, first="").strip())
    if waiver.accept_until_value is not None:
        unit = covered[0].unit if covered else ""
        worst = plain(waiver.accept_until_value, unit)
        places.append(t("waiver.accepts", value=worst))
    return join_clauses(places)


def _days(waiver: WaiverUse) -> str:
    date, left = one_line(waiver.expires, 40), waiver.days_left
    if waiver.state == "expired" and left < 0:
        return plural("waiver.over", -left, date=date)
    return plural("waiver.left", left, date=date) if left > 0 else t("waiver.today", date=date)


def _document_words(finding: Finding, document: DocumentRef | None) -> DocumentWords:
    outcome = mark_of(finding).word
    if document is None:
        return DocumentWords(finding, outcome, t("document.none"), "", "", "", "")
    return DocumentWords(
        finding,
        outcome,
        t(
            "document.name",
            document=one_line(document.document, NAME_LIMIT),
            name=one_line(document.name, NAME_LIMIT),
            digest=view.short(document.sha256),
        ),
        enumerate_words([one_line(user, NAME_LIMIT) for user in document.signed_by]),
        one_line(document.signed_at[:_DAY], _DAY),
        one_line(document.expires[:_DAY], _DAY) if document.expires else t("document.never"),
        _sample(finding, document),
    )


def _sample(finding: Finding, document: DocumentRef) -> str:
    if document.n is None or document.n_accepted is None:
        return ""
    words = t("document.counted", accepted=count(document.n_accepted), n=count(document.n))
    # of several samples the finding holds the share of one
    share = document.n_accepted / document.n if document.n else None
    is_own = finding.n == document.n and finding.value == share
    return t("list.term", term=words, words=of_finding(finding).text) if is_own else words
