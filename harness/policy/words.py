"""A policy in plain words: what each rule asks, for whom, how it is decided, and on whose authority."""

from __future__ import annotations

from typing import Literal

from harness.policy.clauses import Clause, ClauseStatus
from harness.policy.fields import listed
from harness.policy.nouns import Columns, Condition, Conditions, DocumentAsked, Rule, Scalar, Slices
from harness.records import Basis, Measure, Severity

SEVERITIES: dict[Severity, str] = {
    "block": "stops the release where it fails; without an answer the verdict is incomplete",
    "warn": "warns and stops nothing",
    "info": "is shown and changes no verdict",
}
BASES: dict[Basis, str] = {
    "law": "a law asks for it",
    "guidance": "an authority's guidance, which binds nobody, suggests it",
    "standard": "a standard asks for it",
    "policy_choice": "chosen by the owners of this policy",
}
STATUSES: dict[ClauseStatus, str] = {
    "in_force": "in force",
    "adopted_not_yet": "adopted, not yet to be applied",
    "proposed": "only proposed",
    "superseded": "superseded",
    "withdrawn": "withdrawn",
}
_SIDES = {
    "at_least": ("at least", "at or above", "below"),
    "at_most": ("at most", "at or below", "above"),
}
_MULTIPLICITY = {
    "holm": "corrected together with all blocking rules and slices, so that one does not fail by chance (Holm)",
    "none": "each slice by itself, without a correction for their number",
}


def asks(rule: Rule, measure: Measure | None = None) -> str:
    """Return what a rule asks, as the end of the sentence "This rule asks that ..."."""
    what = f'"{measure.title}"' if measure is not None else rule.measure
    if rule.document is not None:
        return _document(rule.document)
    if rule.kind == "present_for":
        return f"{what} is reported for {columns(rule.present_for)}"
    bound = limit(rule)
    if rule.kind == "drop_at_most":
        first = "; before anything was released it does not apply" if rule.is_first_allowed else ""
        return (
            f"{what} is worse than in the last release by {bound} at most, on the same rows{first}"
        )
    return f"{what} is {_SIDES[rule.kind][0]} {bound}"


def limit(rule: Rule) -> str:
    """Return the number that a rule asks for; empty for rules without one."""
    if rule.limit is None:
        return ""
    if rule.limit.number is None:
        return f"the figure that the run declares for {rule.limit.declared}"
    return rule.limit.number.text


def limit_cell(rule: Rule) -> str:
    """Return the limit with its direction, short enough for a table."""
    if rule.document is not None:
        sample = rule.document.sample
        return (
            f"sample of at least {sample.n_at_least}, {sample.accepted_at_least.text} accepted"
            if sample is not None
            else "a signed document"
        )
    if rule.kind == "present_for":
        return f"present for {columns(rule.present_for)}"
    if rule.kind == "drop_at_most":
        return f"drop at most {limit(rule)} against the last release"
    return f"{_SIDES[rule.kind][0]} {limit(rule)}"


def decided(rule: Rule) -> str:
    """Return how the outcome comes about; empty where nothing is measured."""
    if rule.kind in ("evidence", "present_for"):
        return ""
    if rule.decide_on == "point":
        return "by the measured value alone, whatever its uncertainty"
    if rule.decide_on in ("lower", "upper"):
        return f"by the {rule.decide_on} end of the interval alone ({_level(rule)} certain)"
    if rule.kind == "drop_at_most":
        inside, outside = "within the limit", "beyond it"
    else:
        _, inside, outside = _SIDES[rule.kind]
        inside, outside = f"{inside} the limit", f"{outside} it"
    return (
        f"by the whole interval (each end {_level(rule)} certain): passed where all of it is {inside}, "
        f"failed where all of it is {outside}, otherwise inconclusive"
    )


def judged_for(rule: Rule) -> str:
    """Return which slices and data sets a rule is about."""
    sets = (
        f"data set {' and '.join(rule.datasets)}" if rule.datasets else "every data set that has it"
    )
    if rule.document is not None or rule.kind == "present_for":
        return ""
    if rule.slices is None:
        return f"all rows together; {sets}"
    return f"{columns(rule.slices.by)}; {sets}{_small(rule.slices)}"


def needs(rule: Rule) -> str:
    """Return what a measurement must rest on; empty where nothing is asked."""
    return (
        ""
        if rule.n_at_least is None
        else (f"at least {rule.n_at_least:,} examples; with fewer it is inconclusive")
    )


def multiplicity(rule: Rule) -> str:
    """Return how the number of slices is accounted for; empty where it plays no part."""
    is_tested = rule.severity == "block" and rule.decide_on == "interval"
    if not is_tested or rule.kind in ("evidence", "present_for"):
        return ""
    return _MULTIPLICITY[rule.multiplicity]


def columns(by: Columns | Literal["every"]) -> str:
    """Return combinations of columns in words."""
    if isinstance(by, str):
        return "every group of every column that was sliced"
    return ", ".join(f"each {' x '.join(one)}" for one in by)


def conditions(one: Conditions | None) -> str:
    """Return when something applies, in words; ``always`` without conditions."""
    if one is None:
        return "always"
    every = [_condition(item) for item in one.all]
    some = [_condition(item) for item in one.any]
    if some:
        every.append(some[0] if len(some) == 1 else f"one of these holds: {'; '.join(some)}")
    return "where " + ", and ".join(every)


def values(field: str, known: tuple[Scalar, ...]) -> str:
    """Return which values a field may have, and what any other one comes to."""
    return f"{field} is one of {listed(known)}; where it is another word, this is not measured."


def clause_state(clause: Clause) -> str:
    """Return status and dates of a clause."""
    words = [STATUSES[clause.status]]
    if clause.applies_from:
        words.append(f"applies from {clause.applies_from}")
    if clause.applies_until:
        words.append(f"until {clause.applies_until}")
    if clause.superseded_by:
        words.append(f"followed by {clause.superseded_by}")
    return ", ".join(words)


def sets_number(clause: Clause) -> str:
    """Return whether a clause sets a pass mark."""
    return "sets a number" if clause.sets_number else "sets no number"


def whose_number(rule: Rule, clauses: list[Clause]) -> str:
    """Say where a limit comes from that the cited clauses do not set; empty otherwise."""
    is_literal = rule.limit is not None and rule.limit.number is not None
    if not is_literal or not clauses or any(one.sets_number for one in clauses):
        return ""
    return (
        f"No clause cited here sets a number: {limit(rule)} is the choice of the policy's owners."
    )


def _document(asked: DocumentAsked) -> str:
    words = f"the document {asked.document!r} is there, signed"
    words += f" by {' or '.join(asked.roles)}" if asked.roles else " by any trusted key"
    if asked.max_age_days is not None:
        words += f" at most {asked.max_age_days:,} days ago"
    if asked.sample is not None:
        words += (
            f", about a manual sample of at least {asked.sample.n_at_least:,} items of which a share of at "
            f"least {asked.sample.accepted_at_least.text} was accepted"
        )
    return words


def _small(slices: Slices) -> str:
    few = []
    if slices.min_n is not None:
        few.append(f"fewer than {slices.min_n:,} examples")
    if slices.min_share is not None:
        few.append(f"a smaller share than {slices.min_share.text}")
    if not few:
        return ""
    what = "shown and not judged" if slices.small == "report" else "judged too"
    return f"; slices with {' or '.join(few)} are {what}"


def _level(rule: Rule) -> str:
    return f"{float(100 * (1 - rule.alpha)):g} %"


def _condition(one: Condition) -> str:
    values = " or ".join(str(v).lower() if isinstance(v, bool) else str(v) for v in one.values)
    return f"{one.field} {'holds' if one.test == 'any_of' else 'is'} {values}"
