"""The bound of a rule: from the policy, from a declaration, or around the last release."""

from __future__ import annotations

from fractions import Fraction

from harness.gate.deciding import Bound
from harness.gate.facts import Facts
from harness.policy import Exact, Rule, exact, limit_problem
from harness.records import Message

Limited = tuple[Bound | None, Message | None]
"""A bound, or the reason why the rule has none that can be judged by; neither for presence rules."""


def bound_of(rule: Rule, facts: Facts) -> Limited:
    """Return the bound of a rule, and why the rule cannot be judged where it cannot."""
    if rule.limit is None or rule.kind == "present_for":
        return None, None
    number = rule.limit.number or _declared(rule.limit.declared, facts)
    measure = facts.measures.get(rule.measure) if facts.measures is not None else None
    problem = limit_problem(rule, measure, number) if measure is not None else None
    if problem is not None:
        text = "The rule cannot be held against the measure: {problem}"
        return None, Message.of("gate.rule", text, problem=problem)
    if number is None:
        text = "The rule takes its limit from declared.{key}, which the run does not declare."
        return None, Message.of("gate.not-declared", text, key=rule.limit.declared)
    if rule.kind == "drop_at_most":
        return _drop_bound(number, rule, facts), None
    return Bound("at_least" if rule.kind == "at_least" else "at_most", number), None


def _declared(key: str | None, facts: Facts) -> Exact | None:
    if key is None or key not in facts.declared:
        return None
    try:
        return exact(facts.declared[key])
    except ValueError:
        return None


def _drop_bound(drop: Exact, rule: Rule, facts: Facts) -> Bound:
    """Turn "at most 0.01 worse" into a bound on the difference, this run minus the release."""
    if facts.better(rule.measure) == "lower":
        return Bound("at_most", drop)
    turned = Exact(text=f"-{drop.text}", value=Fraction(-drop.value), approx=-drop.approx)
    return Bound("at_least", turned)
