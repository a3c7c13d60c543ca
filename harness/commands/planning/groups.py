"""What the data can decide about comparisons of groups, and how many more examples each would need.

The examples that a rate is about are counted from the labels of the test set: positives for a true
positive rate, negatives for a false positive rate. What a model would score is not known yet: one whose
errors fall evenly stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.policy import EVERY, Rule
from harness.records import GroupPlan, members, names_of, slice_name
from harness.stats.power import chance_of_passing, rows_for_power

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import Comparison
    from harness.data import Dataset
    from harness.stats import Rate

What = Literal["positives", "negatives", "rows"]

_WHAT: dict[Rate, What] = {
    "tpr": "positives",
    "fnr": "positives",
    "fpr": "negatives",
    "tnr": "negatives",
    "ppv": "rows",
    "npv": "rows",
    "selection-rate": "rows",
    "accuracy": "rows",
}
_SHOWN_SIMULATIONS = 2000
_LEAST, _MOST = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class GroupDecision:
    """What one group column can decide about one rule, were all groups treated alike.

    Attributes:
        rule: Id of the rule.
        measure: Key of its measure.
        dataset: Name of the test set.
        slice: ``column=*``.
        limit: As the policy writes it.
        n_groups: Groups that are compared.
        what: What the rate is about; of several rates or classes, that of the least certain one.
        rate: Rate of the stand-in.
        smallest: Fewest examples of a group, and which group.
        chance: Probability that such a model passes.
        n_each: Examples that each group needs to pass 80 times of 100; None where no number suffices.
        n_more: Examples that are missing for that, over all groups.
        is_clustered: Whether rows share clusters: the figures are then too low.
    """

    rule: str
    measure: str
    dataset: str
    slice: str
    limit: str
    n_groups: int
    what: What
    rate: float
    smallest: tuple[str, int]
    chance: float
    n_each: int | None
    n_more: int | None
    is_clustered: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule and what it compares.

    Attributes:
        rule: The rule.
        limit: Its limit as a number, and as the policy writes it.
        comparison: What its measure compares.
        positive: Class ids of interest.
        min_group: Fewer examples of a group are not compared.
        wrong: Share of errors of the stand-in.
    """

    rule: Rule
    limit: tuple[float, str]
    comparison: Comparison
    positive: tuple[int, ...]
    min_group: int
    wrong: float


def group_decisions(asked: Asked, dataset: Dataset) -> Iterator[GroupDecision]:
    """Yield what every group column of a test set can decide about a rule.

    Nothing for a rule without slices: it is about all examples, for which no comparison of groups is
    measured.
    """
    slices = asked.rule.slices
    if slices is None or dataset.label is None or not 0 < asked.limit[0] < 1:
        return
    single = [(column,) for column in sorted(dataset.groups)]
    columns = single if slices.by == EVERY else slices.by
    for names in columns:
        if len(names) == 1 and names[0] in dataset.groups:
            found = _column(asked, dataset, names[0])
            if found is not None:
                yield found


def _column(asked: Asked, dataset: Dataset, column: str) -> GroupDecision | None:
    inside = _memberships(dataset, column)
    if len(inside) < 2:
        return None
    candidates = [
        _of_rate(asked, dataset, (column, inside), rate, k)
        for rate in asked.comparison.rates
        for k in asked.positive
    ]
    return min(candidates, key=lambda one: one.chance)


def _memberships(dataset: Dataset, column: str) -> dict[str, NDArray[np.bool_]]:
    cells = dataset.groups[column].tolist()
    plan = dataset.group_plans.get(column, GroupPlan())
    names = plan.values if plan.values is not None else names_of(cells)
    held = {cell: set(members(cell)) for cell in set(cells)}
    return {
        name: np.array([name in held[cell] for cell in cells], np.bool_)
        for name in names
        if name not in plan.exclude
    }


def _of_rate(
    asked: Asked,
    dataset: Dataset,
    groups: tuple[str, dict[str, NDArray[np.bool_]]],
    rate: Rate,
    positive: int,
) -> GroupDecision:
    column, inside = groups
    assert dataset.label is not None  # asked only with labels
    is_positive = dataset.label == positive
    what = _WHAT[rate]
    about = {"positives": is_positive, "negatives": ~is_positive}.get(
        what, np.ones(dataset.n, np.bool_)
    )
    trials = {name: int((rows & about).sum()) for name, rows in inside.items()}
    expected = _stand_in(rate, float(is_positive.mean()), asked.wrong)
    kind, (limit, text) = asked.comparison.kind, asked.limit
    n_each = rows_for_power(kind, limit, len(trials), expected, alpha=asked.rule.alpha)
    smallest = min(trials, key=lambda name: (trials[name], name))
    chance = 0.0
    if trials[smallest] >= asked.min_group:
        chance = chance_of_passing(
            kind,
            limit,
            tuple(trials.values()),
            expected,
            alpha=asked.rule.alpha,
            simulations=_SHOWN_SIMULATIONS,
        )
    return GroupDecision(
        rule=asked.rule.id,
        measure=asked.rule.measure,
        dataset=dataset.ref.name,
        slice=slice_name({column: "*"}),
        limit=text,
        n_groups=len(trials),
        what=what,
        rate=expected,
        smallest=(smallest, trials[smallest]),
        chance=chance,
        n_each=n_each,
        n_more=None if n_each is None else sum(max(0, n_each - n) for n in trials.values()),
        is_clustered=dataset.cluster is not None and len(set(dataset.cluster)) < dataset.n,
    )


def _stand_in(rate: Rate, base: float, wrong: float) -> float:
    """Return a rate of a model that decides a share of all rows wrongly, whatever they are."""
    selected = base * (1 - wrong) + (1 - base) * wrong
    found = {
        "tpr": 1 - wrong,
        "fnr": wrong,
        "fpr": wrong,
        "tnr": 1 - wrong,
        "accuracy": 1 - wrong,
        "ppv": base * (1 - wrong) / selected if selected else 0.0,
        "npv": (1 - base) * (1 - wrong) / (1 - selected) if selected < 1 else 0.0,
        "selection-rate": selected,
    }[rate]
    return float(np.clip(round(found, 6), _LEAST, _MOST))
