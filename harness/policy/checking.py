"""Hold a policy against the catalogue of measures: unknown keys, wrong direction, limits out of range."""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import nearest
from harness.policy.exact import Exact, compare
from harness.policy.nouns import Policy, Rule
from harness.records import Measure


def check_measures(policy: Policy, known: Mapping[str, Measure]) -> list[str]:
    """Return every problem between a policy and the measures that audits declare.

    Args:
        policy: The policy.
        known: Measure key → measure, of every audit that was found.
    """
    problems = []
    name = f"Policy {policy.ref.id} {policy.ref.version}"
    for rule in policy.rules:
        if rule.kind == "evidence":
            continue
        keys = [rule.measure]
        if rule.limit is not None and rule.limit.declared:
            keys.append(rule.limit.declared)
        unknown = [key for key in dict.fromkeys(keys) if key not in known]
        problems += [
            f"{name} names the measure {key!r} ({rule.place}), which no audit declares."
            f"{nearest(key, list(known))}"
            for key in unknown
        ]
        if rule.measure in known:
            number = rule.limit.number if rule.limit else None
            problem = limit_problem(rule, known[rule.measure], number)
            problems += [f"{name}, rule {rule.id} ({rule.place}): {problem}"] if problem else []
    return problems


def limit_problem(rule: Rule, measure: Measure, number: Exact | None) -> str | None:
    """Say why a rule cannot be held against a measure, or return None.

    Args:
        rule: The rule.
        measure: Definition of its measure.
        number: The limit where it is known.
    """
    wrong = {"at_least": "lower", "at_most": "higher"}.get(rule.kind)
    if measure.better == wrong:
        other = "at_most" if rule.kind == "at_least" else "at_least"
        return (
            f"{rule.kind} must not bound {measure.key}, of which {measure.better} is better. "
            f"Write {other}."
        )
    if number is None or rule.kind == "drop_at_most":
        return None
    below = measure.range_low is not None and compare(measure.range_low, number) > 0
    above = measure.range_high is not None and compare(measure.range_high, number) < 0
    if below or above:
        return (
            f"the limit must lie in the range of {measure.key}, "
            f"[{_end(measure.range_low)}, {_end(measure.range_high)}], got {number.text}."
        )
    return None


def _end(end: float | None) -> str:
    return "no end" if end is None else f"{end:g}"
