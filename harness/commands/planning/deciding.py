"""What the data of a run can decide, before anything is measured: the gate's arithmetic on counts.

For every blocking rule with a limit, and every slice that it is about, how good a measurement must
be to pass and how bad to fail. Between the two the finding will be inconclusive. What a model would
score is not known yet; one whose errors fall evenly on all rows stands in for it.

Passing is never corrected for multiplicity; the end that fails is taken at alpha divided by the
number of pairs of rule and slice, the first step of Holm's correction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.auditing import Audit, CostFacts
from harness.commands.planning.groups import Asked, GroupDecision, group_decisions
from harness.gate.applicability import not_applied, rule_not_applied
from harness.gate.deciding import Bound, by_interval, failing_end_at, n_needed
from harness.gate.facts import Facts
from harness.gate.gating import condition_fields
from harness.gate.limits import bound_of
from harness.policy import EVERY, Policy, Rule
from harness.records import ALL, Estimate, Measure, Outcome, members, slice_name
from harness.stats import newcombe, wilson

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.pipeline.plan import RunPlan

USUAL_ERROR = 0.10
"""Share of rows that the stand-in model decides wrongly where ``declared`` says nothing."""

State = Literal["passes", "fails", "undecided", "too-small-to-pass", "reported-only", "not-known"]

Scale = Callable[[int], Estimate]
"""Number of counted rows → the estimate that they would give, at the rule's alpha for each end."""


@dataclass(frozen=True, slots=True)
class Decidable:
    """What one slice can decide about one rule.

    Attributes:
        rule: Id of the rule.
        measure: Key of its measure.
        dataset: Name of the test set.
        slice: ``all`` or ``column=value``.
        n: Rows that the value rests on, at most.
        limit: As the policy writes it, ``at most 0.10``.
        unit: Unit of the measure.
        passes_at: The worst value that still passes; None when none does.
        fails_at: The best value that fails; None when none does.
        stand_in: Value of a model whose errors fall evenly.
        chance: Probability that such a model passes: the slice's own rows are drawn, others fixed.
        state: What the stand-in would get.
        n_needed: Rows with which the stand-in would be decided, where it is not.
    """

    rule: str
    measure: str
    dataset: str
    slice: str
    n: int
    limit: str
    unit: str
    passes_at: float | None = None
    fails_at: float | None = None
    stand_in: float | None = None
    chance: float | None = None
    state: State = "not-known"
    n_needed: int | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One (rule, slice): how many rows, and the estimate for each count of them."""

    rule: Rule
    bound: Bound
    measure: Measure
    dataset: str
    slice: str
    n: int
    scale: Scale | None = None
    expected: int = 0
    is_small: bool = False
    is_of_errors: bool = True


def error_rate(plan: RunPlan) -> float:
    """Return the share of errors of the stand-in: as declared, or ten in a hundred."""
    declared = plan.loaded.config.declared.get("accuracy.accuracy")
    return USUAL_ERROR if declared is None or not 0 <= declared <= 1 else 1 - declared


def decidable(
    policy: Policy,
    plan: RunPlan,
    facts: Callable[[Audit], CostFacts],
    measures: dict[str, Measure],
) -> list[Decidable]:
    """Say for every blocking rule and slice what the data can decide; the weakest first.

    Args:
        policy: What is asked.
        plan: The run.
        facts: What is known of an audit's data sets.
        measures: Every measure that an audit of the run yields.
    """
    known = _known(plan, measures)
    cases = [
        case
        for rule in _applying(policy, known, {"block"})
        if rule.measure not in _audit_of(plan, rule).compares
        for case in _cases(rule, known, plan, facts)
    ]
    n_pairs = sum(case.scale is not None and not case.is_small for case in cases)
    order = ["too-small-to-pass", "undecided", "fails", "not-known", "passes", "reported-only"]
    found = [_decided(case, max(1, n_pairs)) for case in cases]
    return sorted(found, key=lambda one: order.index(one.state))


def comparisons(policy: Policy, plan: RunPlan, measures: dict[str, Measure]) -> list[GroupDecision]:
    """Say for every rule on groups, blocking or warning, what the data can decide; the weakest first.

    Args:
        policy: What is asked.
        plan: The run.
        measures: Every measure that an audit of the run yields.
    """
    known, wrong = _known(plan, measures), error_rate(plan)
    found: list[GroupDecision] = []
    for rule in _applying(policy, known, {"block", "warn"}):
        one = _audit_of(plan, rule)
        bound, _ = bound_of(rule, known)
        if rule.measure not in one.compares or bound is None or rule.decide_on != "interval":
            continue
        options = plan.options[one.id]
        asked = Asked(
            rule,
            (bound.limit.approx, bound.text),
            one.compares[rule.measure],
            _positive(plan, getattr(options, "positive", None)),
            int(getattr(options, "min_group", 1)),
            wrong,
        )
        for name, dataset in plan.inputs.tests.items():
            if not rule.datasets or name in rule.datasets:
                found += group_decisions(asked, dataset)
    return sorted(found, key=lambda one: one.chance)


def rules_without_slices(policy: Policy, plan: RunPlan, measures: dict[str, Measure]) -> list[str]:
    """Return the ids of blocking rules on comparisons of groups that name no slices.

    They are about all examples, for which no comparison is measured, and so will have no answer.
    """
    return [
        rule.id
        for rule in _applying(policy, _known(plan, measures), {"block"})
        if rule.slices is None and rule.measure in _audit_of(plan, rule).compares
    ]


def _positive(plan: RunPlan, name: str | None) -> tuple[int, ...]:
    classes = plan.loaded.task.classes
    if name in classes:
        return (classes.index(name),)
    return (1,) if len(classes) == 2 else tuple(range(len(classes)))


def _audit_of(plan: RunPlan, rule: Rule) -> Audit:
    return plan.audits[rule.measure.partition(".")[0]]


def _applying(policy: Policy, known: Facts, severities: set[str]) -> Iterator[Rule]:
    """Yield the rules of some severities that apply to the run and whose measure it yields."""
    if not_applied(policy.applies_when, known.fields) is not None:
        return
    for rule in policy.rules:
        if (
            rule.severity in severities
            and known.measures is not None
            and rule.measure in known.measures
            and rule_not_applied(rule, known.fields) is None
        ):
            yield rule


def _known(plan: RunPlan, measures: dict[str, Measure]) -> Facts:
    return Facts(
        fields=condition_fields(
            plan.loaded.config.system.model_dump(mode="json"),
            plan.loaded.task,
            [one.ref for one in plan.inputs.all],
        ),
        measurements=(),
        measures=measures,
        declared=dict(plan.loaded.config.declared),
    )


def _cases(
    rule: Rule, known: Facts, plan: RunPlan, facts: Callable[[Audit], CostFacts]
) -> Iterator[_Case]:
    bound, _ = bound_of(rule, known)
    if bound is None or rule.kind not in ("at_least", "at_most") or known.measures is None:
        return
    measure = known.measures[rule.measure]
    wrong = error_rate(plan)
    one = plan.audits[rule.measure.partition(".")[0]]
    units = facts(one)
    for name, dataset in plan.inputs.tests.items():
        if rule.datasets and name not in rule.datasets:
            continue
        base = _Case(
            rule, bound, measure, name, ALL, dataset.n, is_of_errors=rule.measure in one.of_errors
        )
        asks_in_vain = one.calls is not None and plan.loaded.config.model.predictions is not None
        if asks_in_vain or (not base.is_of_errors and rule.slices is not None):
            yield base  # without a model, or over slices, what it rests on is the audit's own affair
        elif rule.slices is None:
            counted = one.units(units).get(name, {}) if one.units else {}
            yield _whole(replace(base, n=counted.get(rule.measure, dataset.n)), dataset, wrong)
        else:
            yield from _slices(base, dataset, wrong)


def _whole(case: _Case, dataset: Dataset, wrong: float) -> _Case:
    """All rows: a share, or accuracy minus the share of the most frequent label."""
    rate = 1 - wrong if case.measure.better == "higher" else wrong
    if case.measure.unit == "share" and case.n:
        return replace(
            case, scale=lambda k: _share(k, case.n, case.rule.alpha), expected=round(rate * case.n)
        )
    if (
        case.is_of_errors
        and case.measure.unit == "difference"
        and dataset.label is not None
        and dataset.n
    ):
        n_most = int(np.bincount(dataset.label).max())
        alpha = case.rule.alpha
        return replace(
            case,
            scale=lambda k: _difference((k, case.n), (n_most, case.n), alpha),
            expected=round(rate * case.n),
        )
    return case


def _slices(base: _Case, dataset: Dataset, wrong: float) -> Iterator[_Case]:
    slices = base.rule.slices
    assert slices is not None
    asked = [(name,) for name in sorted(dataset.groups)] if slices.by == EVERY else slices.by
    for columns in asked:
        if not all(column in dataset.groups for column in columns):
            continue
        rows = Counter(zip(*(dataset.groups[column].tolist() for column in columns), strict=True))
        n_known = sum(n for cells, n in rows.items() if all(cells))
        sizes: Counter[tuple[str, ...]] = Counter()
        for cells, n in rows.items():
            # a row of several groups stands in the slice of each of them
            sizes.update(dict.fromkeys(product(*map(members, cells)), n))
        for value, n in sorted(sizes.items()):
            name = slice_name(dict(zip(columns, value, strict=True)))
            yield _one_slice(replace(base, slice=name, n=n), n_known - n, dataset.n, wrong)


def _one_slice(case: _Case, n_rest: int, n_all: int, wrong: float) -> _Case:
    slices, alpha = case.rule.slices, case.rule.alpha
    assert slices is not None
    is_small = slices.small == "report" and (
        (slices.min_n is not None and case.n < slices.min_n)
        or (slices.min_share is not None and case.n / n_all < slices.min_share.approx)
    )
    rate = 1 - wrong if case.measure.better == "higher" else wrong
    case = replace(case, is_small=is_small, expected=round(rate * case.n))
    if case.measure.unit == "share":
        return replace(case, scale=lambda k: _share(k, case.n, alpha))
    if case.measure.unit == "difference" and n_rest:
        others = (round(rate * n_rest), n_rest)
        return replace(case, scale=lambda k: _difference((k, case.n), others, alpha))
    return case


def _share(k: int, n: int, alpha: float) -> Estimate:
    return wilson(k, n, alpha_low=alpha, alpha_high=alpha)


def _difference(a: tuple[int, int], b: tuple[int, int], alpha: float) -> Estimate:
    return newcombe(*a, *b, alpha_low=alpha, alpha_high=alpha)


def _decided(case: _Case, n_pairs: int) -> Decidable:
    rule, bound = case.rule, case.bound
    plain = Decidable(
        rule.id, rule.measure, case.dataset, case.slice, case.n, bound.text, case.measure.unit
    )
    if case.is_small:
        return replace(plain, state="reported-only")
    if case.scale is None or rule.decide_on != "interval":
        return plain
    stand_in = case.scale(case.expected)
    last_passing = _edge(case, "passed", 1)
    first_failing = _edge(case, "failed", n_pairs)
    outcome = by_interval(stand_in, bound)
    if rule.n_at_least is not None and case.n < rule.n_at_least:
        outcome, last_passing, first_failing = "inconclusive", None, None
    words: dict[str, State] = {"passed": "passes", "failed": "fails"}
    state: State = words.get(outcome, "undecided")
    if last_passing is None:
        state = "too-small-to-pass"
    if not case.is_of_errors:
        return replace(
            plain,
            passes_at=None if last_passing is None else case.scale(last_passing).value,
            fails_at=None if first_failing is None else case.scale(first_failing).value,
            state=state if last_passing is None else "not-known",
        )
    return replace(
        plain,
        passes_at=None if last_passing is None else case.scale(last_passing).value,
        fails_at=None if first_failing is None else case.scale(first_failing).value,
        stand_in=stand_in.value,
        chance=_chance(case, last_passing),
        state=state,
        n_needed=None if outcome != "inconclusive" else n_needed(stand_in, bound),
    )


def _chance(case: _Case, last_passing: int | None) -> float:
    """Return the probability that as many rows are counted as pass, at the stand-in's rate."""
    if last_passing is None or not case.n:
        return 0.0
    from scipy.special import bdtr

    rate = case.expected / case.n
    if case.bound.side == "at_most":
        return float(bdtr(last_passing, case.n, rate))
    return 1.0 - (float(bdtr(last_passing - 1, case.n, rate)) if last_passing > 0 else 0.0)


def _edge(case: _Case, outcome: Outcome, n_pairs: int) -> int | None:
    """Return the count nearest to the limit that has an outcome; None when none has it."""
    scale, bound = case.scale, case.bound
    assert scale is not None

    def holds(k: int) -> bool:
        estimate = scale(k)
        if outcome == "failed":
            moved = failing_end_at(estimate, bound, case.rule.alpha / n_pairs, None)
            estimate = estimate if moved is None else moved
        return by_interval(estimate, bound) == outcome

    is_low = (bound.side == "at_most") == (outcome == "passed")  # few counted rows have the outcome
    inner, outer = (0, case.n) if is_low else (case.n, 0)
    if not holds(inner):
        return None
    if holds(outer):
        return outer
    while abs(outer - inner) > 1:
        middle = (inner + outer) // 2
        inner, outer = (middle, outer) if holds(middle) else (inner, middle)
    return inner
