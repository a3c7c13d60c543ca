"""From findings to a verdict, its one sentence, and the list of what was not tested."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from harness.gate.holding import Draft
from harness.gate.sentences import count
from harness.policy import Policy
from harness.records import (
    COUNTED_OUTCOMES,
    Estimate,
    Finding,
    Measurements,
    Message,
    Outcome,
    RunRecord,
    VerdictWord,
)

_NO_ANSWER: tuple[Outcome, ...] = ("error", "not-measured", "inconclusive")
_JUDGED: frozenset[Outcome] = frozenset({"passed", "failed", "inconclusive"})


def finding_of(draft: Draft, units: Mapping[str, str]) -> Finding:
    """Turn a draft into a finding; numbers that are not finite are left out.

    Args:
        draft: What was judged.
        units: Measure key → unit, for limits of what was not measured.
    """
    rule, estimate = draft.rule, draft.estimate
    limit, limit_value = _limit_of(draft)
    if estimate is not None and not _is_finite(estimate):
        estimate = _without_infinities(estimate)
    return Finding(
        rule=rule.id,
        title=rule.title,
        severity=rule.severity,
        basis=rule.basis,
        clauses=rule.clauses,
        measure=rule.measure,
        dataset=draft.dataset,
        slice=draft.slice,
        outcome=draft.outcome,
        because=draft.because,
        limit=limit,
        limit_value=limit_value,
        value=estimate.value if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        n=estimate.n if estimate else None,
        unit=estimate.unit if estimate else units.get(rule.measure, ""),
        alpha_low=_finite(estimate.alpha_low) if estimate else None,
        alpha_high=_finite(estimate.alpha_high) if estimate else None,
        n_needed=draft.n_needed,
        why=rule.why,
        fix=rule.fix,
        place=rule.place,
        waiver=draft.waiver,
        waived_outcome=draft.waived_outcome,
        documents=draft.documents if rule.kind != "evidence" else draft.documents or (),
    )


def _limit_of(draft: Draft) -> tuple[str, float | None]:
    rule, bound = draft.rule, draft.bound
    if bound is not None:
        return _bound_words(rule.kind, bound.side, bound.limit.text), (
            abs(bound.limit.approx) if rule.kind == "drop_at_most" else bound.limit.approx
        )
    if rule.limit is None or rule.limit.number is None:
        return "", None
    # not applied or not measured: the reader still sees what was asked
    number = rule.limit.number
    return f"{rule.kind.replace('_', ' ')} {number.text}", number.approx


@lru_cache(maxsize=1024)
def _bound_words(kind: str, side: str, text: str) -> str:
    if kind == "drop_at_most":
        return f"drop at most {text.lstrip('-')}"
    return f"{side.replace('_', ' ')} {text}"


def _is_finite(estimate: Estimate) -> bool:
    total = (estimate.value or 0.0) + (estimate.low or 0.0) + (estimate.high or 0.0)
    return math.isfinite(total)


def _without_infinities(estimate: Estimate) -> Estimate:
    return replace(
        estimate,
        value=_finite(estimate.value),
        low=_finite(estimate.low),
        high=_finite(estimate.high),
    )


def verdict_word(findings: Sequence[Finding]) -> VerdictWord:
    """Conclude: blocked, then incomplete, then pass-with-warnings, then pass; fail closed."""
    block = {finding.outcome for finding in findings if finding.severity == "block"}
    warn = {finding.outcome for finding in findings if finding.severity == "warn"}
    if "failed" in block:
        return "blocked"
    is_judged = any(_is_judged(f) for f in findings if f.severity in ("block", "warn"))
    if not is_judged or block.intersection(_NO_ANSWER):
        return "incomplete"
    if "waived" in block or warn - {"passed", "not-applicable"}:
        return "pass-with-warnings"
    return "pass"


def _is_judged(finding: Finding) -> bool:
    # what was waived without having been measured is no reason to speak of a policy that is met
    return (finding.waived_outcome or finding.outcome) in _JUDGED


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome of a rule: its worst finding."""
    return min(outcomes, key=COUNTED_OUTCOMES.index)


def counts_of(findings: Sequence[Finding]) -> dict[str, int]:
    """Return outcome → number of findings, worst outcome first, outcomes without any left out."""
    counted = Counter(finding.outcome for finding in findings)
    return {outcome: counted[outcome] for outcome in COUNTED_OUTCOMES if counted[outcome]}


def sentence(word: VerdictWord, findings: Sequence[Finding], policy: Policy) -> Message:
    """Say the verdict in one or two sentences; never more than the findings carry."""
    by_rule = _rule_outcomes(findings)
    name = f"policy {policy.ref.id} version {policy.ref.version}"
    block = [rule for rule, severity in by_rule if severity == "block"]
    n_failed = sum(by_rule[rule, "block"] == "failed" for rule in block)
    open_rules = [rule for rule in block if by_rule[rule, "block"] in _NO_ANSWER]
    if word == "blocked":
        more = f" {count(len(open_rules), 'rule')} gave no answer." if open_rules else ""
        text = "Release blocked. {failed} failed under {policy}.{more}"
        return Message.of(
            "verdict.blocked", text, failed=count(n_failed, "rule"), policy=name, more=more
        )
    if word == "incomplete" and (not open_rules or not any(map(_is_judged, findings))):
        text = "Incomplete. No rule of {policy} was judged on this run. This is not a pass."
        return Message.of("verdict.nothing-judged", text, policy=name)
    if word == "incomplete":
        rules = count(len(open_rules), "blocking rule has", "blocking rules have")
        some = any(finding.outcome == "failed" for finding in findings)
        failed = "No blocking rule failed" if some else "Nothing failed"
        text = "Incomplete. {failed}, but {rules} no answer under {policy}. This is not a pass."
        return Message.of("verdict.incomplete", text, failed=failed, rules=rules, policy=name)
    return _meets(word, findings, name)


def _meets(word: VerdictWord, findings: Sequence[Finding], name: str) -> Message:
    # a data set whose findings were all left unjudged met nothing
    datasets = sorted({f.dataset for f in findings if _is_judged(f) and f.dataset})
    waived = {f.rule: f.waiver or "" for f in findings if f.outcome == "waived"}
    warnings = {
        finding.rule
        for finding in findings
        if finding.severity == "warn"
        and finding.outcome not in ("passed", "not-applicable", "waived")
    }
    more = f" {count(len(warnings), 'rule gives', 'rules give')} a warning." if warnings else ""
    noun = "data set" if len(datasets) == 1 else "data sets"
    # documents are about the run as a whole
    where = f" on {noun} {', '.join(datasets)}" if datasets else ""
    if waived:
        return Message.of(
            "verdict.meets-but-waived",
            "Meets {policy}{where}, but for {rules} not met and waived ({waivers}).{more} "
            "A reviewer's decision is still required.",
            policy=name,
            where=where,
            rules=count(len(waived), "rule that is", "rules that are"),
            waivers=", ".join(sorted(set(waived.values()))),
            more=more,
        )
    return Message.of(
        f"verdict.{word}",
        "Meets {policy}{where}.{more} A reviewer's decision is still required.",
        policy=name,
        where=where,
        more=more,
    )


def not_tested(
    findings: Sequence[Finding], run: RunRecord, measurements: Measurements
) -> tuple[Message, ...]:
    """List what has no answer: rules, worst first, then other measurements, then skipped audits."""
    unanswered = [
        f
        for f in findings
        if (f.waived_outcome or f.outcome) in ("error", "not-measured")
        or f.because.id == "gate.columns-not-measured"
    ]
    severities = ("block", "warn", "info")
    unanswered.sort(key=lambda f: (severities.index(f.severity), COUNTED_OUTCOMES.index(f.outcome)))
    messages = [_rule_message(finding) for finding in unanswered]
    messages += _small_messages(findings)
    covered = {(f.measure, f.dataset) for f in unanswered}
    messages += _measurement_messages(measurements, covered)
    messages += _audit_messages(run, measurements)
    messages += run.caveats  # rows set aside, rows that training has seen: nobody may miss them
    return tuple({(m.id, m.text): m for m in messages}.values())


def _rule_message(finding: Finding) -> Message:
    return Message.of(
        "gate.rule-not-tested",
        "{rule} ({title}): {reason}",
        rule=finding.rule,
        title=finding.title,
        reason=finding.because.text,
        severity=finding.severity,
        outcome=finding.outcome,
    )


def _small_messages(findings: Sequence[Finding]) -> Iterator[Message]:
    small = [
        f.rule
        for f in findings
        if f.outcome == "not-applicable" and f.because.id.startswith("gate.small")
    ]
    for rule in dict.fromkeys(small):
        yield Message.of(
            "gate.small-slices",
            "{rule}: {slices} too small to judge; values are reported without judgement.",
            rule=rule,
            slices=count(small.count(rule), "slice is", "slices are"),
        )


def _measurement_messages(
    measurements: Measurements, covered: set[tuple[str, str]]
) -> Iterator[Message]:
    """Say what has no value; what one audit gives one reason for is one sentence."""
    silent: dict[tuple[str, str, str], list[str]] = {}
    for item in measurements.measurements:
        if item.estimate.is_measured or (item.measure, item.dataset) in covered:
            continue
        why = item.estimate.why_undefined
        reason = why.text if why else "no reason was recorded."
        key = (item.measure.partition(".")[0], item.dataset, reason)
        silent.setdefault(key, []).append(item.measure)
    for (audit, dataset, reason), found in silent.items():
        measures = list(dict.fromkeys(found))
        if len(measures) == 1:
            yield Message.of(
                "gate.measurement-not-tested",
                "{measure} was not measured on data set {dataset}: {reason}",
                measure=measures[0],
                dataset=dataset,
                reason=reason,
            )
        else:
            names = ", ".join(one.partition(".")[2] for one in measures)
            yield Message.of(
                "gate.measurements-not-tested",
                "{audit}: {n_measures} measures ({names}) were not measured on data set {dataset}: {reason}",
                audit=audit,
                n_measures=len(measures),
                names=names,
                dataset=dataset,
                reason=reason,
            )


def _audit_messages(run: RunRecord, measurements: Measurements) -> Iterator[Message]:
    measured = {item.measure.partition(".")[0] for item in measurements.measurements}
    for audit in run.audits:
        if audit.status == "error" or (audit.status == "not-measured" and audit.id not in measured):
            yield Message.of(
                f"gate.audit-{audit.status}",
                "Audit {audit} {what}. {reason}",
                audit=audit.id,
                what="ended in error" if audit.status == "error" else "was not measured",
                reason=audit.because.text if audit.because else "No reason was recorded.",
            )
    for audit_id in run.skipped:
        text = "Audit {audit} was skipped by the configuration."
        yield Message.of("gate.audit-skipped", text, audit=audit_id)


def _rule_outcomes(findings: Sequence[Finding]) -> dict[tuple[str, str], Outcome]:
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for finding in findings:
        grouped.setdefault((finding.rule, finding.severity), []).append(finding.outcome)
    return {rule: worst(outcomes) for rule, outcomes in grouped.items()}


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
