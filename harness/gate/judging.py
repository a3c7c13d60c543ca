"""Judge one rule: a draft of a finding for every slice that the rule is about."""

from __future__ import annotations

from collections.abc import Iterator

from harness.gate.applicability import rule_not_applied
from harness.gate.deciding import Bound, by_interval
from harness.gate.documents import documented
from harness.gate.facts import Baseline, Facts
from harness.gate.holding import Draft, hold, message
from harness.gate.limits import Limited, bound_of
from harness.gate.selection import Pick, picks
from harness.gate.sentences import where
from harness.gate.small import small_ones
from harness.policy import Rule
from harness.records import (
    ALL,
    Estimate,
    Measure,
    Measurement,
    Message,
    Outcome,
    estimate_problems,
)

_UNJUDGED = Message(id="gate.unjudged", text="This was not judged.")


def drafts_of(rule: Rule, facts: Facts) -> list[Draft]:
    """Return one draft for every slice of a rule; at least one."""
    reason = rule_not_applied(rule, facts.fields)
    if reason is not None:
        return [unapplied(rule, reason)]
    if rule.kind == "evidence":
        return [documented(rule, facts)]
    bound, problem = bound_of(rule, facts)
    drafts = []
    for dataset in _by_dataset(picks(rule, facts)):
        drafts += list(_judge_picks(rule, dataset, (bound, problem), facts))
    return drafts


def unapplied(rule: Rule, reason: Message) -> Draft:
    """Return the draft of a rule whose conditions do not hold, or cannot be answered."""
    outcome: Outcome = "not-applicable" if reason.id == "gate.does-not-apply" else "not-measured"
    return Draft(rule, "", ALL, outcome, reason)


def _judge_picks(rule: Rule, chosen: list[Pick], limit: Limited, facts: Facts) -> Iterator[Draft]:
    reported = small_ones(rule, chosen)
    for pick in chosen:
        small = reported.get(pick.slice)
        fault = _fault(pick.measurement, facts) if pick.measurement else None
        if small is not None and small[1].id == "gate.small" and _misses(pick, limit[0]):
            small = (
                None  # few rows excuse a wide interval, not one that lies wholly beyond the limit
            )
        if small is not None and fault is None and pick.outcome != "error":
            yield Draft(rule, pick.dataset, pick.slice, *small, estimate=pick.estimate)
        elif pick.measurement is None:
            assert pick.outcome is not None
            assert pick.because is not None
            yield Draft(rule, pick.dataset, pick.slice, pick.outcome, pick.because)
        else:
            draft = _draft(rule, pick.measurement, limit[0])
            yield (
                _judge(draft, pick.measurement, limit, facts)
                if fault is None
                else draft._replace(because=fault)
            )


def _misses(pick: Pick, bound: Bound | None) -> bool:
    if bound is None or pick.estimate is None or estimate_problems(pick.estimate):
        return False
    return pick.estimate.is_measured and by_interval(pick.estimate, bound) == "failed"


def _draft(rule: Rule, measurement: Measurement, bound: Bound | None) -> Draft:
    return Draft(
        rule,
        measurement.dataset,
        measurement.slice,
        "error",
        _UNJUDGED,
        estimate=measurement.estimate,
        bound=bound,
    )


def _judge(
    draft: Draft,
    measurement: Measurement,
    limit: Limited,
    facts: Facts,
) -> Draft:
    """Judge a measurement without faults."""
    rule = draft.rule
    if rule.kind == "drop_at_most":
        return _judge_drop(draft, limit, facts)
    estimate = measurement.estimate
    if not estimate.is_measured:
        return draft._replace(outcome="not-measured", because=_why(measurement))
    if rule.kind == "present_for":
        text = "{measure} was measured on {where}."
        because = message("gate.present", text, draft)
        return draft._replace(outcome="passed", because=because)
    if limit[1] is not None:
        outcome: Outcome = "not-measured" if limit[1].id == "gate.not-declared" else "error"
        return draft._replace(outcome=outcome, because=limit[1])
    return hold(draft, facts)


def _judge_drop(draft: Draft, limit: Limited, facts: Facts) -> Draft:
    """Judge how much worse a measurement is than in the last release, whatever its direction."""
    if facts.baseline is not None and facts.baseline.run_id is None:
        return _first_release(draft, limit, facts.baseline)
    missing = Message.of(
        "gate.no-baseline",
        "No comparison of {measure} with a last release was handed to the gate.",
        measure=draft.rule.measure,
    )
    rows = facts.differences.get(draft.rule.measure, {}).get(draft.dataset, [])
    found = [item for item in rows if item.slice == draft.slice]
    if len(found) != 1 or limit[1] is not None:
        because = limit[1] or missing
        outcome: Outcome = "error" if limit[1] and limit[1].id == "gate.rule" else "not-measured"
        return draft._replace(outcome=outcome, because=because)
    estimate = found[0].estimate
    problems = estimate_problems(estimate)
    if problems:
        return draft._replace(because=_unusable(problems[0], draft))
    if not estimate.is_measured:
        return draft._replace(outcome="not-measured", because=_why(found[0]))
    return hold(draft._replace(estimate=estimate), facts)


def _first_release(draft: Draft, limit: Limited, baseline: Baseline) -> Draft:
    """Judge a drop where nothing was ever released: only what the policy lets go does not apply."""
    if limit[1] is not None:
        return draft._replace(because=limit[1])
    if baseline.differences:
        text = (
            "The baseline holds differences to a last release and says that nothing was released; which of "
            "both is so is not known."
        )
        return draft._replace(because=Message.of("gate.baseline-contradicts", text))
    if draft.rule.is_first_allowed:
        text = "Nothing was released under this name yet, so there is nothing to be worse than."
        because = Message.of("gate.first-release", text)
        return draft._replace(outcome="not-applicable", because=because)
    text = (
        "Nothing was released under this name yet, so {measure} cannot be compared. A rule that lets a "
        "first release go says first_release: not-applicable."
    )
    because = Message.of("gate.nothing-released", text, measure=draft.rule.measure)
    return draft._replace(outcome="not-measured", because=because)


def _fault(measurement: Measurement, facts: Facts) -> Message | None:
    """Say why a measurement cannot be trusted as a number, or return None; asked once for each."""
    known = facts.faults
    if id(measurement) not in known:
        known[id(measurement)] = _first_fault(measurement, facts)
    return known[id(measurement)]


def _first_fault(measurement: Measurement, facts: Facts) -> Message | None:
    problems = estimate_problems(measurement.estimate)
    if facts.measures is not None and not problems:
        measure = facts.measures.get(measurement.measure)
        if measure is None:
            problems = ["the run holds no definition of its measure"]
        else:
            problems = list(_catalogue_problems(measurement.estimate, measure))
    return _unusable(problems[0], measurement) if problems else None


def _catalogue_problems(estimate: Estimate, measure: Measure) -> Iterator[str]:
    if estimate.unit != measure.unit:
        yield f"its unit must be {measure.unit!r}, got {estimate.unit!r}"
    for number in (estimate.value, estimate.low, estimate.high):
        below = number is not None and measure.range_low is not None and number < measure.range_low
        if below or (
            number is not None and measure.range_high is not None and number > measure.range_high
        ):
            yield f"it must lie in [{measure.range_low}, {measure.range_high}], got {number}"


def _by_dataset(chosen: Iterator[Pick]) -> list[list[Pick]]:
    groups: dict[str, list[Pick]] = {}
    for pick in chosen:
        groups.setdefault(pick.dataset, []).append(pick)
    return list(groups.values())


def _why(measurement: Measurement) -> Message:
    return measurement.estimate.why_undefined or Message.of(
        "gate.no-reason", "{measure} has no value.", measure=measurement.measure
    )


def _unusable(problem: str, about: Measurement | Draft) -> Message:
    measure = about.measure if isinstance(about, Measurement) else about.rule.measure
    return Message.of(
        "gate.unusable",
        "{measure} on {where} cannot be judged: {problem}.",
        measure=measure,
        where=where(about.dataset, about.slice),
        problem=problem,
    )
