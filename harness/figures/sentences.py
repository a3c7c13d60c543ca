"""One plain sentence for a worst-group finding: who, how often, how far apart, how surely, by which design."""

from __future__ import annotations

from collections.abc import Sequence

from harness.figures.families import Family, Whole, read_families
from harness.figures.worst import Side, Worst, matching, read_worst
from harness.records import (
    DatasetRef,
    Estimate,
    Finding,
    Measure,
    Measurement,
    Measurements,
    Message,
    Param,
    slice_columns,
)
from harness.wording.language import measure_words, said, without_group
from harness.wording.messages import join_words, plural, t
from harness.wording.quantities import Quantity, count, of_estimate, per_100, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

Place = tuple[str, str, str]
"""Measure, data set, slice."""

_Params = dict[str, Param]

_WORST_OF = {"lowest-of": "lowest", "farthest-of": "farthest"}
_LEAST_CLUSTERS = 10
"""As ``harness.stats.worst_ends.MIN_CLUSTERS``, without importing numpy; a test holds them equal."""


def worst_sentences(
    measurements: Measurements, findings: Sequence[Finding], datasets: Sequence[DatasetRef]
) -> dict[Place, Message]:
    """Return the sentence of every finding about a worst-group measure, by its place."""
    families, wholes = read_families(measurements, findings, datasets)
    spoken = {}
    for whole in wholes:
        sentence = sentence_of(whole, families) if whole.finding else None
        if sentence is not None:
            m = whole.measurement
            spoken[m.measure, m.dataset, m.slice] = sentence
    return spoken


def sentence_of(whole: Whole, families: Sequence[Family]) -> Message | None:
    """Return what a worst-group estimate says, in natural frequencies.

    The evidence names the groups and their counts; the by-group measure with the same counts gives the
    rate its name. The end that shows a difference holds over all pairs together, the one that bounds
    it for each pair. Both are those that were judged.

    Args:
        whole: A measure of a column as a whole.
        families: By-group measures of the run.

    Returns:
        The sentence; None where it is no worst-group estimate or its evidence is missing.
    """
    estimate, measurement = whole.estimate, whole.measurement
    worst = read_worst(estimate)
    if worst is None:
        return _named(whole)
    own = [one for one in families if one.dataset == whole.dataset]
    family = matching(worst.table, own, measurement.measure)
    limit = whole.finding.limit_value if whole.finding else None
    params: _Params = {
        "title": _title(family, whole.measure, measurement),
        "column": _columns(measurement),
        **_level(estimate, worst),
        **_ends(worst, of_estimate(estimate, limit), estimate.unit),
        **_sides(worst, family, estimate),
        "scope": t("worst.scope" if len(worst.tables) == 1 else "worst.scope-classes"),
        "n_classes": len(worst.tables),
        "n_groups": worst.n_groups,
    }
    if "first" not in params:
        return None
    parts = {**_clauses(worst, estimate, params), "design": _design(worst, whole)}
    is_rate = worst.kind in ("lowest", "highest")
    id = "worst.all-rate" if is_rate else "worst.all"
    text = t(id, **parts)
    return Message(f"{id}.{worst.kind}", text, {**params, **parts})


def _title(family: Family | None, measure: Measure | None, measurement: Measurement) -> str:
    if family is None:
        return one_line(measure_words(measure)[0] if measure else measurement.measure, NAME_LIMIT)
    title = measure_words(family.measure)[0] if family.measure else family.key
    title = one_line(without_group(title), NAME_LIMIT)
    rest = join_words(f"{c} {v}" for c, v in family.rest)
    return t("worst.class", title=title, rest=one_line(rest, NAME_LIMIT)) if rest else title


def _columns(measurement: Measurement) -> str:
    try:
        columns = sorted(slice_columns(measurement.slice))
    except ValueError:  # a damaged bundle may hold anything
        columns = [measurement.slice]
    return one_line(" × ".join(columns), NAME_LIMIT)


def _sides(worst: Worst, family: Family | None, estimate: Estimate) -> _Params:
    if worst.kind in ("lowest", "highest"):
        sign = 1 if worst.kind == "lowest" else -1
        ranked = sorted(worst.table.sides, key=lambda side: (sign * side.value, side.name))
        return _side("first", ranked[0], "share") if ranked else {}
    pair = worst.table.pair(worst.kind)
    if pair is None:
        return {}
    unit = family.measure.unit if family and family.measure else estimate.unit
    return _side("first", pair[0], unit) | _side("second", pair[1], unit)


def _side(role: str, side: Side, unit: str) -> _Params:
    words: _Params = {
        role: one_line(side.name, NAME_LIMIT),
        f"{role}_value": quantity_of(side.value, unit),
        f"{role}_per_100": per_100(side.value),
    }
    if side.counts:
        words |= {f"{role}_events": count(side.counts[0]), f"{role}_n": count(side.counts[1])}
    return words


def _level(estimate: Estimate, worst: Worst) -> _Params:
    """Return the level of the end that shows a difference, and of the one that bounds it."""
    shown, bounded = estimate.alpha_low, estimate.alpha_high
    if worst.kind in ("ratio", "lowest"):
        shown, bounded = bounded, shown
    levels = (f"{100 * (1 - alpha):.4g} %" for alpha in (shown, bounded))
    names = ("level_shown", "level_bounded")
    return {name: t("worst.level", level=level) for name, level in zip(names, levels, strict=True)}


def _end(end: str, unit: str) -> str:
    points = t("number.point" if end == "1" else "number.points")
    return end + {"share": " %", "difference": f" {points}"}.get(unit, "")


def _ends(worst: Worst, quantity: Quantity, unit: str) -> _Params:
    low, high = (_end(end, unit) for end in (quantity.low, quantity.high))
    if worst.kind in ("ratio", "lowest"):
        low, high = high, low
    points = t("number.point" if quantity.value == "1 pp" else "number.points")
    apart = quantity.value.replace(" pp", f" {points}")
    return {"apart": apart, "at_least": low, "at_most": high}


def _clauses(worst: Worst, estimate: Estimate, params: _Params) -> dict[str, str]:
    """Return the parts of the sentence; which form fits depends on what the data can tell."""
    if worst.kind in ("lowest", "highest"):
        is_lowest = worst.kind == "lowest"
        between = "worst.rate-between" if is_lowest else "worst.rate-between-highest"
        ids = {"head": "worst.single", "apart": "worst.rate", "shown": between}
        return {name: t(id, **params) for name, id in ids.items()}
    has_counts = "first_events" in params
    ids = {
        "head": "worst.pair" if has_counts else "worst.pair-values",
        "apart": "worst.difference" if worst.kind == "difference" else "worst.ratio",
        "shown": "worst.differ" if worst.kind == "difference" else "worst.ratio-shown",
        "bounded": "worst.within" if worst.kind == "difference" else "worst.ratio-bounded",
    }
    if worst.is_weighted and has_counts:
        ids = {"head": "worst.weighted", "apart": "worst.mean-difference", "shown": "worst.differ-mean",
               "bounded": "worst.within-mean"}  # fmt: skip
    pair = worst.table.pair(worst.kind)
    if pair and pair[0].value == pair[1].value and not worst.is_weighted:
        ids |= {"head": "worst.same" if has_counts else "worst.same-values", "apart": "worst.equal"}
    low, high = estimate.low, estimate.high
    nothing_shown = low == 0 if worst.kind == "difference" else high == 1
    nothing_bounded = high == 1 if worst.kind == "difference" else low == 0
    if nothing_shown:
        ids["shown"] = "worst.differ-not"
    if (nothing_bounded and worst.kind == "ratio") or (
        nothing_bounded and estimate.unit == "difference"
    ):
        ids["bounded"] = "worst.within-not"
    return {name: t(id, **params) for name, id in ids.items()}


def _named(whole: Whole) -> Message | None:
    """Return what the worst of several estimates says; the audit's own note names the group."""
    estimate, finding = whole.estimate, whole.finding
    note = next((one for one in whole.measurement.notes if "group" in one.params), None)
    if estimate.method not in _WORST_OF or note is None or estimate.value is None:
        return None
    quantity = of_estimate(estimate, finding.limit_value if finding else None)
    kind = _WORST_OF[estimate.method]
    ends = [_end(end, estimate.unit) for end in (quantity.low, quantity.high)]
    levels = [100 * (1 - alpha) for alpha in (estimate.alpha_low, estimate.alpha_high)]
    shown, bounded = (1, 0) if kind == "lowest" else (0, 1)
    params: _Params = {
        "said": one_line(said(note), 4 * NAME_LIMIT),
        "value": quantity.value.replace(" pp", f" {t('number.points')}"),
        "shown": ends[shown],
        "at_most": ends[bounded],
        "level_shown": t("worst.level", level=f"{levels[shown]:.4g} %"),
        "level_bounded": t("worst.level", level=f"{levels[bounded]:.4g} %"),
        "design": t("worst.rows-clustered" if whole.is_clustered else "worst.rows-independent"),
    }
    is_bounded = (estimate.low, estimate.high)[bounded] not in (-1, 1)
    bounded_id = f"worst.bounded-{kind}" if is_bounded else "worst.within-not"
    params["bounded"] = t(bounded_id, **params)
    return Message(f"worst.{kind}", t(f"worst.{kind}", **params), params)


def _design(worst: Worst, whole: Whole) -> str:
    n, estimate = worst.n_groups, whole.estimate
    if worst.n_clusters is not None:
        words = t("worst.design-clusters", n_groups=n, n_clusters=count(worst.n_clusters))
        if worst.is_complete and (estimate.low, estimate.high) == (0, 1):
            few = worst.n_clusters < _LEAST_CLUSTERS
            words = t("worst.design-few" if few else "worst.design-rare", design=words)
    elif whole.is_clustered and all(side.counts is None for side in worst.table.sides):
        words = t("worst.design-clustered", n_groups=n)
    elif worst.is_overlapping:
        words = t("worst.design-overlapping", n_groups=n)
    else:
        words = t("worst.design-rows", n_groups=n)
    if worst.table.reference:
        reference = one_line(worst.table.reference, NAME_LIMIT)
        words = t("worst.design-reference", design=words, reference=reference)
    if worst.table.absent:
        words = plural("worst.design-incomplete", len(worst.table.absent), design=words)
    n_others = sum(bool(one.absent) for k, one in enumerate(worst.tables) if k != worst.at)
    if n_others:
        words = plural("worst.design-incomplete-classes", n_others, design=words)
    return words
