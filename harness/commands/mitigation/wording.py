"""What a comparison says, for every form of it: sentences, and rows of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.exports.tables import slice_words
from harness.records import ALL, slice_columns
from harness.wording.quantities import of_estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.commands.axes import Axis
    from harness.commands.mitigation.besides import Beside
    from harness.commands.mitigation.comparing import Change
    from harness.commands.mitigation.comparison import Comparison

HEAD = ("measure", "where", "n", "before", "after", "change", "90 % interval")
NUMBERS = frozenset({2, 3, 4, 5, 6})
BESIDE_HEAD = ("measure", "where", "before", "after", "change between", "")
BESIDE_NUMBERS = frozenset({2, 3, 4})
READ_ME = (
    "Change is after minus before on the same test rows; each end of its interval errs in 5 of 100 "
    "cases by itself, and many are shown. It is a comparison, not a verdict: the gate of the "
    "mitigated run judges."
)
READ_BESIDES = (
    "The tables of measures hold each run's own estimate. Their changes are between ends that err in 5 of 100 cases "
    "each, whatever the two runs have in common; without pairs they are wide."
)
AXIS_TITLES: dict[Axis, str] = {
    "leakage": "Leakage of training rows",
    "utility": "Utility",
    "fairness": "Differences between groups",
}


def sentences(one: Comparison) -> list[str]:
    """Return what was done, what was chosen, and both verdicts."""
    what, verdicts = one.mitigation, [verdict or "not judged" for verdict in one.verdicts]
    found = _trained(one) if what.train is not None else _chosen(one)
    found.append(f"Verdict before: {verdicts[0]}; after: {verdicts[1]}.")
    turned = [
        f"{each.rule}{_at(each.slice)}: {each.before or 'absent'} before, {each.after or 'absent'} after."
        for each in one.turns
        if each.before != each.after
    ]
    found += turned
    if what.acknowledgement:
        found.append(f"Acknowledged: {what.acknowledgement}")
    return found


def _at(slice: str) -> str:
    return "" if slice in (ALL, "") else f" ({slice_words(slice, 'all')})"


def _trained(one: Comparison) -> list[str]:
    changed = ", ".join(
        f"{key}: {_value(value)}" for key, value in (one.mitigation.train or {}).items()
    )
    return [
        f"Run {one.before} was trained again with {one.mitigation.method} and is run {one.after}.",
        f"Changed in train, and nothing else: {changed}.",
    ]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(item)}" for key, item in value.items()) + "}"
    return (
        "left out"
        if value is None
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


def _chosen(one: Comparison) -> list[str]:
    assert one.fitted is not None  # every method without training of its own chooses
    what, chosen, was = one.mitigation, one.fitted.candidates[one.fitted.chosen], one.fitted.before
    aimed = f"{what.constraint} by {what.group} (class {one.positive})"
    differences = f"{point(was.difference)} before, {point(chosen.difference)} after"
    accuracy = f"{point(was.balanced_accuracy)} before, {point(chosen.balanced_accuracy)} after"
    n = one.fitted.facts.get("n_tried", len(one.fitted.candidates))
    return [
        f"Run {one.before} mitigated by {what.method} for {aimed} is run {one.after}.",
        f"Chosen on validation among {n}: {chosen.name}. Worst difference {differences}.",
        f"Balanced accuracy on validation: {accuracy}.",
    ]


def change_row(one: Change) -> list[str]:
    """Return the cells of a change on the same rows."""
    estimate = one.estimate
    change = "" if estimate.value is None else f"{estimate.value:+.3f}"
    ends = (
        "not known"
        if estimate.low is None or estimate.high is None
        else f"{estimate.low:+.3f} to {estimate.high:+.3f}"
    )
    where = "all" if one.slice == ALL else slice_words(one.slice, "all")
    return [one.measure, where, str(one.n), point(one.before), point(one.after), change, ends]


def beside_row(one: Beside, *, has_sets: bool) -> list[str]:
    """Return the cells of a measure of both runs, for a page: estimates with their intervals.

    Args:
        one: The measure.
        has_sets: Whether its data set is named.
    """
    before, after = (
        "-" if each is None else of_estimate(each).text for each in (one.before, one.after)
    )
    return [one.measure, place_words(one, has_sets=has_sets), before, after, *_ends(one)]


def short_row(one: Beside, *, has_sets: bool) -> list[str]:
    """Return the same for a terminal: points, whose intervals stand in the files."""
    points = (None if each is None else each.value for each in (one.before, one.after))
    before, after = ("-" if each is None else f"{each:.3g}" for each in points)
    return [one.measure, place_words(one, has_sets=has_sets), before, after, *_ends(one)]


def place_words(one: Beside, *, has_sets: bool) -> str:
    """Return where a measure was taken."""
    where = "all" if one.slice == ALL else slice_words(one.slice, "all")
    if not has_sets:
        return where
    return one.dataset if one.slice == ALL else f"{one.dataset}, {where}"


def _ends(one: Beside) -> list[str]:
    ends = "" if one.low is None or one.high is None else f"{one.low:+.3g} to {one.high:+.3g}"
    return [ends, "" if one.way == "not known" else one.way]


def besides_of(rows: Sequence[Beside], axis: Axis) -> list[Beside]:
    """Return the measures that a reader is shown: all of leakage, the whole ones of the rest."""
    return [one for one in rows if one.axis == axis and _is_measured(one) and _is_told(one)]


def _is_measured(one: Beside) -> bool:
    return any(each is not None and each.value is not None for each in (one.before, one.after))


def _is_told(one: Beside) -> bool:
    if one.axis == "leakage" or one.slice == ALL:
        return True
    return one.axis == "fairness" and set(slice_columns(one.slice).values()) == {"*"}


def set_title(name: str) -> str:
    """Return what stands above the table of a data set whose rows were answered twice."""
    if name == "train":
        return "Planted secrets, the same ones"
    return f"Test set {name}, same rows"


def point(value: float | None) -> str:
    """Return a point, or a dash."""
    return "-" if value is None else f"{value:.3f}"
