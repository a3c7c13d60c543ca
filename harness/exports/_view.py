"""What every export tells, in the same order and with the same words: derived from the nouns once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import quote

from harness.errors import EXIT_WARNINGS
from harness.records import (
    COUNTED_OUTCOMES,
    Finding,
    Measurements,
    Message,
    Outcome,
    RunRecord,
    Severity,
    Verdict,
)
from harness.wording.language import kept_in_english, said
from harness.wording.messages import (
    enumerate_clauses,
    enumerate_words,
    join_clauses,
    join_words,
    plural,
    t,
)
from harness.wording.quantities import count, n_words
from harness.wording.text import NAME_LIMIT, one_line, slice_words

Place = tuple[str, str, str]
"""Measure, data set, slice."""

Effect = Literal["blocks", "leaves-incomplete", "warns", "none"]

SHORT = 12
"""Digits of a digest that are shown where the whole stands elsewhere."""

_WHOLE_COLUMN = "=%2A"
"""In the slice of a measure of a whole column, ``religion=*``."""

_SEVERITIES: tuple[Severity, ...] = ("block", "warn", "info")
_UNANSWERED = frozenset({"error", "not-measured", "inconclusive"})
_CLOSED = frozenset({"passed", "not-applicable"})


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings worst first; within one outcome blocking rules first, then policy order."""
    return sorted(
        findings,
        key=lambda f: (COUNTED_OUTCOMES.index(f.outcome), _SEVERITIES.index(f.severity)),
    )


def effect(finding: Finding) -> Effect:
    """Return what a finding does to the verdict."""
    if finding.outcome in _CLOSED or finding.severity == "info":
        return "none"
    if finding.severity == "warn" or finding.outcome == "waived":
        return "warns"
    return "blocks" if finding.outcome == "failed" else "leaves-incomplete"


def is_of_change(finding: Finding) -> bool:
    """Tell whether a finding compares with the last release: its limit bounds a change, no value."""
    return finding.is_of_change


def deciding(verdict: Verdict) -> list[Finding]:
    """Return the findings that block or leave the verdict incomplete, worst first."""
    return [f for f in ordered(verdict.findings) if effect(f) in ("blocks", "leaves-incomplete")]


def to_weigh(verdict: Verdict) -> list[Finding]:
    """Return the other findings that did not pass, worst first: warnings, waivers, information."""
    decide = {"blocks", "leaves-incomplete"}
    return [f for f in still_open(verdict) if effect(f) not in decide]


def still_open(verdict: Verdict) -> list[Finding]:
    """Return every finding that neither passed nor is beside the point: what decides comes first."""
    kept = [f for f in ordered(verdict.findings) if f.outcome not in _CLOSED]
    return sorted(kept, key=lambda f: effect(f) not in ("blocks", "leaves-incomplete"))


def closed(verdict: Verdict) -> list[Finding]:
    """Return the findings that passed, then those that do not apply."""
    return [f for f in ordered(verdict.findings) if f.outcome in _CLOSED]


def by_rule(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Return rule id → its findings, both in the order given."""
    rules: dict[str, list[Finding]] = {}
    for finding in findings:
        rules.setdefault(finding.rule, []).append(finding)
    return rules


def banner(verdict: Verdict) -> str:
    """Return the sentence of the banner; it counts blocking rules, each by its worst finding."""
    if verdict.verdict in ("pass", "pass-with-warnings"):
        return _meets(verdict)
    worst = Counter(found[0].outcome for found in by_rule(deciding(verdict)).values())
    if verdict.verdict == "blocked":
        reasons = _reasons(worst)
        return t("banner.blocked", reasons=reasons) if reasons else t("banner.blocked-otherwise")
    n_unanswered = sum(worst[outcome] for outcome in worst if outcome in _UNANSWERED)
    if n_unanswered == 0:
        return t("banner.incomplete-otherwise")
    has_failed = any(f.outcome == "failed" for f in verdict.findings)
    return plural("banner.incomplete-warned" if has_failed else "banner.incomplete", n_unanswered)


def counts_words(verdict: Verdict) -> str:
    """Return ``1 failed, 1 error, 12 passed``, counted from the findings themselves."""
    names = [_counted_as(f) for f in ordered(verdict.findings)]
    words = [f"{count(n)} {t(f'outcome.{name}').lower()}" for name, n in Counter(names).items()]
    return join_words(words) or t("none")


def policy_words(verdict: Verdict) -> str:
    """Return id and version of the policy."""
    return f"{one_line(verdict.policy.id, NAME_LIMIT)} {one_line(verdict.policy.version, 40)}"


def judged_data(verdict: Verdict) -> list[str]:
    """Return the names of the data sets that findings were held against."""
    names = dict.fromkeys(f.dataset for f in verdict.findings if f.dataset)
    return [one_line(name, NAME_LIMIT) for name in names]


def data_words(run: RunRecord, verdict: Verdict) -> str:
    """Return the judged data sets with their numbers of rows: ``test, 100,000 examples``."""
    sizes = {one_line(d.name, NAME_LIMIT): d.n_rows for d in run.datasets}
    names = judged_data(verdict) or [n for n in sizes if n != "train"]
    words = [
        t("screen.rows", data=name, rows=n_words(sizes[name])) if name in sizes else name
        for name in names
    ]
    return join_clauses(words[:4]) or t("none")


def spoken(run: RunRecord, measurements: Measurements, verdict: Verdict) -> dict[Place, Message]:
    """Return the sentence of every finding about a worst group, the same for every export."""
    if not any(_WHOLE_COLUMN in finding.slice for finding in verdict.findings):
        return {}
    # imported where there is something to say: a gate without groups starts faster
    from harness.figures import worst_sentences

    return worst_sentences(measurements, ordered(verdict.findings), run.datasets)


def has_groups(run: RunRecord, measurements: Measurements) -> bool:
    """Tell whether anything was measured by group or of a group column as a whole."""
    marks = [_WHOLE_COLUMN]
    for data in run.datasets:
        named = data.roles.get("groups", [])
        marks += [f"{quote(c, safe='')}=" for c in ([named] if isinstance(named, str) else named)]
    return any(mark in m.slice for m in measurements.measurements for mark in marks)


def place(finding: Finding) -> Place:
    """Return where a finding's measurement stands."""
    return (finding.measure, finding.dataset, finding.slice)


@kept_in_english
def where(slice: str, dataset: str) -> str:
    """Return ``gender = female, on test``; only the slice where no data set matched."""
    words = slice_words(slice, t("slice.all"))
    if not dataset:
        return words
    return t("where.slice-of-data", slice=words, data=one_line(dataset, NAME_LIMIT))


def not_tested(run: RunRecord, verdict: Verdict) -> list[str]:
    """Return every sentence about what was not tested, each once: the gate's, then the run's."""
    lines = [_once(one_line(said(message))) for message in verdict.not_tested]
    known = {(_audit_of(message), message.params.get("reason")) for message in verdict.not_tested}
    return list(dict.fromkeys([*lines, *not_measured(run, known)]))


def _audit_of(message: Message) -> str:
    """Return the audit that a sentence of the gate is about; empty where it is about something else."""
    params = message.params
    return str(params.get("audit") or params.get("measure") or "").partition(".")[0]


def _once(text: str) -> str:
    """Return a sentence that ends in a reason without saying twice that something was not measured."""
    for colon, lead in ((": ", "Not measured: "), ("：", "Not measured: "), ("：", "未测量：")):
        text = text.replace(colon + lead, colon)
    return text


def bare_reason(text: str) -> str:
    """Return a reason why there is no value, without the words that stand before it already."""
    return text.removeprefix("Not measured: ").removeprefix("未测量：")


def not_measured(run: RunRecord, known: Container[tuple[str, object]] = ()) -> list[str]:
    """Return every sentence about what the run itself left out, each once.

    Args:
        run: The run.
        known: Audits and their reasons that are said already.
    """
    lines = []
    for audit in run.audits:
        if audit.status == "measured":
            continue
        if audit.because is not None and (audit.id, audit.because.text) in known:
            continue
        because = said(audit.because) if audit.because else t("not-tested.no-reason")
        name = one_line(audit.id, NAME_LIMIT)
        lines.append(t("not-tested.audit", audit=name, because=bare_reason(one_line(because))))
    lines += [t("not-tested.skipped", audit=one_line(a, NAME_LIMIT)) for a in run.skipped]
    if run.is_sample:
        lines.append(t("not-tested.sample"))
    return list(dict.fromkeys(lines))


def chips(run: RunRecord, verdict: Verdict) -> list[str]:
    """Return the reasons in two words why a run cannot support a release as it stands."""
    model = run.model
    is_unpinned = model.kind != "predictions" and not model.weights_digest and not model.revision
    flags = {
        "page.sample": run.is_sample,
        "page.unpinned": is_unpinned,
        "page.dirty": bool(run.is_dirty),
        "page.exploratory": bool(verdict.is_exploratory),
        "page.draft": verdict.policy.status == "draft",
        "page.single-person": bool(verdict.is_single_person),
        "page.review-overdue": is_review_overdue(verdict),
    }
    return [t(id) for id, is_set in flags.items() if is_set]


def is_review_overdue(verdict: Verdict) -> bool:
    """Tell whether the day on which the policy was to be looked at again has passed."""
    return verdict.policy_review_by is not None and verdict.now[:10] > verdict.policy_review_by


def dated(verdict: Verdict) -> Verdict:
    """Return a verdict whose waived findings know until when; the gate says it of the waiver only."""
    ends = {(w.id, w.rule): w.expires for w in verdict.waivers or () if w.state == "in-force"}
    if not ends:
        return verdict
    return replace(verdict, findings=tuple(_until(f, ends) for f in verdict.findings))


def _until(finding: Finding, ends: Mapping[tuple[str, str], str]) -> Finding:
    end = ends.get((finding.waiver or "", finding.rule))
    if finding.outcome != "waived" or end is None:
        return finding
    because = finding.because
    return replace(finding, because=replace(because, params=because.params | {"expires": end}))


def unexplained(verdict: Verdict) -> tuple[Effect, str] | None:
    """Return what the verdict does, and its sentence, where no single finding explains it.

    That is so where no rule applied, for a sample, and under ``--fail-on warn``.
    """
    effects = {effect(finding) for finding in verdict.findings}
    sentence = one_line(said(verdict.because))
    if verdict.verdict == "blocked" and "blocks" not in effects:
        return "blocks", sentence
    if verdict.verdict == "incomplete" and "leaves-incomplete" not in effects:
        return "leaves-incomplete", sentence
    if verdict.exit_code == EXIT_WARNINGS:
        return "blocks", t("junit.warnings-stop", code=verdict.exit_code, because=sentence)
    return None


def short(digest: str | None) -> str:
    """Return the first digits of a digest, or words where there is none."""
    return one_line(digest[:SHORT]) if digest else t("unknown")


def _counted_as(finding: Finding) -> str:
    if finding.outcome == "failed" and finding.severity != "block":
        return f"failed-{finding.severity}"
    return finding.outcome


def _meets(verdict: Verdict) -> str:
    names = judged_data(verdict)
    data = enumerate_words(names[:5]) if names else t("banner.no-data")
    id = "banner.meets-several" if len(names) > 1 else "banner.meets"
    return t(id, policy=policy_words(verdict), data=data)


def _reasons(worst: Counter[Outcome]) -> str:
    kinds: tuple[Outcome, ...] = ("failed", "error", "not-measured", "inconclusive")
    return enumerate_clauses(
        [plural(f"banner.{kind}", worst[kind]) for kind in kinds if worst[kind]]
    )
