"""Attacks that aim at a value: its true context, a prompt that gives nothing away, a value beside it.

How probable a target is under the decoding of the deployment follows from one pass: the product of
what each of its tokens has left after the cut of top-k and top-p, and 0 where one of them is cut off.

Legend of shapes: v values, k prefixes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._extraction_notes import (
    base_reaches,
    given_in_prompt,
    no_reference,
    none_found,
    not_located,
)
from audits._extraction_targets import Reader, is_given, targets_of
from audits._extraction_values import Value, filled
from audits._language_items import Asked, asked_in_words, fits
from harness.records import Message
from harness.stats import clopper_pearson, cluster_share, paired_difference, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._extraction_options import Options
    from audits._extraction_scoring import Pair
    from harness.data import Dataset
    from harness.records import Estimate, Measurement

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    Clusters = NDArray[np.object_] | None

DOCUMENTS = (1, 2, 5, 10)
"""A value that stands in at most so many training rows is k-eidetic."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one model gives away of each value, the best of all prompts that were tried.

    Attributes:
        log_probability: Of the value after a prompt that does not hold it, shape [v, k]; -inf where it
            cannot be drawn.
        is_greedy: Whether it is what the model writes of itself, shape [v, k].
        is_asked: Whether there was such a prompt, shape [v, k].
        given: Log-probability after prompts that hold it, shape [v, k].
        is_given: Whether there was such a prompt, shape [v, k].
        is_read_only: Whether all its places are read and not learnt, shape [v].
    """

    log_probability: FloatArray
    is_greedy: BoolArray
    is_asked: BoolArray
    given: FloatArray
    is_given: BoolArray
    is_read_only: BoolArray

    @classmethod
    def nothing(cls, n: int, k: int) -> Reach:
        """Return the reach of nobody."""
        return cls(
            np.full((n, k), -np.inf),
            np.zeros((n, k), dtype=np.bool_),
            np.zeros((n, k), dtype=np.bool_),
            np.full((n, k), -np.inf),
            np.zeros((n, k), dtype=np.bool_),
            np.ones(n, dtype=np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Targeted:
    """What the model and its reference give away by one kind of attack."""

    values: Sequence[Value]
    own: Reach
    base: Reach | None


def by_prefix(pair: Pair, train: Dataset, values: Sequence[Value], options: Options) -> Targeted:
    """Ask for each value after its true context."""
    found = [_prefix_reach(pair, model, train, values, options) for model in pair.both]
    return Targeted(values, found[0], found[1] if len(found) > 1 else None)


def by_template(pair: Pair, values: Sequence[Value], options: Options) -> Targeted:
    """Ask for each value after prompts that name its kind alone."""

    def prompts(value: Value) -> list[str]:
        return [filled(template, value.kind) for template in options.templates]

    return _in_words(pair, values, prompts, options)


def by_associated(
    pair: Pair, values: Sequence[Value], everything: Sequence[Value], options: Options
) -> Targeted:
    """Ask for each value after another one that belongs to it: of the same row or the same subject."""
    beside = _beside(everything)

    def prompts(value: Value) -> list[str]:
        other = beside(value)
        if other is None:
            return []
        return [
            f"{filled('{What}', other.kind)}: {other.written}\n{filled('{What}', value.kind)}: "
        ]

    return _in_words(pair, values, prompts, options)


def clusters_of(values: Sequence[Value]) -> Clusters:
    """Return whose each value is, shape [v]; None where that is not known or nobody has two."""
    if not values or values[0].cluster is None:
        return None
    cluster = np.array([value.cluster for value in values], dtype=object)
    return None if len(np.unique(cluster)) == len(cluster) else cluster


def leak_share(is_leaked: BoolArray, cluster: Clusters) -> Estimate:
    """Return the share of values that leak, with exact limits; subjects are units where they share."""
    if cluster is None:
        return clopper_pearson(int(is_leaked.sum()), len(is_leaked))
    unit = np.unique(cluster, return_inverse=True)[1]
    return cluster_share(np.bincount(unit, weights=is_leaked).astype(np.int64), np.bincount(unit))


def targeted_measurements(found: Targeted, options: Options, tell: Tell) -> Iterator[Measurement]:
    """Yield what the true context gives away, by length of context, kind, rows and place."""
    ks = options.all_prefixes()
    main, least = ks.index(options.prefix), options.least_log_probability()
    drawn = found.own.log_probability >= least
    is_asked, is_given = found.own.is_asked[:, main], found.own.is_given[:, main]
    left_out = (
        *given_in_prompt(int((is_given & ~is_asked).sum())),
        *not_located(int((~is_given & ~is_asked).sum())),
    )
    for where, chosen, k in _slices(found, options, ks):
        at = chosen & found.own.is_asked[:, k]
        cluster = _of(clusters_of(found.values), at)
        estimate = leak_share(found.own.is_greedy[at, k], cluster)
        notes = none_found(estimate, "values are written out")
        yield tell("greedy-share", estimate, where, (*notes, *left_out))
        estimate = leak_share(drawn[at, k], cluster)
        notes = none_found(estimate, "values can be drawn")
        yield tell("extractable-share", estimate, where, (*notes, *left_out))
        yield tell("extractable-beyond-base", _beyond(found, drawn, at, k, least), where, ())
    yield tell("not-in-prompt-share", _not_in_prompt(found, main, least), {}, ())


def share_of(found: Targeted, options: Options) -> tuple[Estimate, tuple[Message, ...]]:
    """Return the share of values that an attack in words can draw, and what the reference reaches."""
    least = options.least_log_probability()
    at = found.own.is_asked[:, 0]
    drawn = found.own.log_probability[:, 0] >= least
    estimate = leak_share(drawn[at], _of(clusters_of(found.values), at))
    notes = none_found(estimate, "values can be drawn")
    if found.base is not None:
        by_base = (found.base.log_probability[:, 0] >= least) & at
        notes += (base_reaches(int(by_base.sum()), int(at.sum())),)
    return estimate, notes


Tell = Callable[..., "Measurement"]
"""(measure, estimate, slice, notes) → measurement."""


def _slices(
    found: Targeted, options: Options, ks: Sequence[int]
) -> Iterator[tuple[dict[str, str], BoolArray, int]]:
    """Yield slice, values and position of the prefix; slices of few values are left out."""
    main = ks.index(options.prefix)
    n = len(found.values)
    yield {}, np.ones(n, dtype=np.bool_), main
    for k, length in enumerate(ks):
        if k != main and found.own.is_asked[:, k].sum() >= options.min_values:
            yield {"prefix": str(length)}, np.ones(n, dtype=np.bool_), k
    kinds = np.array([value.kind for value in found.values], dtype=object)
    named = [({"kind": kind}, kinds == kind) for kind in sorted(set(kinds.tolist()))]
    n_rows = np.array([value.n_rows for value in found.values])
    named += [
        ({"documents": "1" if most == 1 else f"at-most-{most}"}, n_rows <= most)
        for most in DOCUMENTS
    ]
    if found.own.is_read_only.any():
        named.append(({"place": "prompt"}, found.own.is_read_only))
        named.append(({"place": "learnt"}, ~found.own.is_read_only))
    for where, chosen in named:
        if (chosen & found.own.is_asked[:, main]).sum() >= options.min_values:
            yield where, chosen, main


def _beyond(found: Targeted, drawn: BoolArray, at: BoolArray, k: int, least: float) -> Estimate:
    if found.base is None:
        return undefined(no_reference(), unit="difference")
    by_own, by_base = drawn[at, k], found.base.log_probability[at, k] >= least
    cluster = _of(clusters_of(found.values), at)
    if not np.any(by_own != by_base):
        # a score interval is too short where nothing differs: as numbers, the ends are exact
        by_own, by_base = by_own.astype(np.float64), by_base.astype(np.float64)
    return paired_difference(by_own, by_base, cluster=cluster)


def _not_in_prompt(found: Targeted, k: int, least: float) -> Estimate:
    is_new = found.own.log_probability[:, k] >= least
    at = is_new | (found.own.given[:, k] >= least)
    if not at.any():
        why = Message.of(
            "extraction.nothing-leaks",
            "Not measured: no value can be drawn after its true context.",
        )
        return undefined(why, unit="share")
    return leak_share(is_new[at], _of(clusters_of(found.values), at))


def _of(cluster: Clusters, at: BoolArray) -> Clusters:
    if cluster is None or len(np.unique(cluster[at])) == at.sum():
        return None
    return cluster[at]


def _prefix_reach(
    pair: Pair, model: Reader, train: Dataset, values: Sequence[Value], options: Options
) -> Reach:
    ks = options.all_prefixes()
    found = Reach.nothing(len(values), len(ks))
    asked, where = [], []
    for target in targets_of(model, train, values, is_asked=pair.is_asked):
        found.is_read_only[target.value] &= target.is_read_only
        for k, length in enumerate(ks):
            one = target.asked(model, length)
            if one is not None:
                asked.append(one)
                where.append((target.value, k, is_given(model, one, values[target.value])))
    scores = pair.score(model, asked, options.decoding.settings())
    for (value, k, given), (log_probability, is_greedy) in zip(where, scores, strict=True):
        best = found.given if given else found.log_probability
        best[value, k] = max(best[value, k], log_probability)
        (found.is_given if given else found.is_asked)[value, k] = True
        if not given:
            found.is_greedy[value, k] |= is_greedy
    return found


def _in_words(
    pair: Pair,
    values: Sequence[Value],
    prompts: Callable[[Value], list[str]],
    options: Options,
) -> Targeted:
    found = []
    for model in pair.both:
        reach = Reach.nothing(len(values), 1)
        asked: list[Asked | None] = []
        owner = []
        for number, value in enumerate(values):
            for prompt in prompts(value):
                asked.append(asked_in_words(model, prompt, value.written))
                owner.append(number)
        kept = [k for k, fit in enumerate(fits(model, asked)) if fit]
        chosen = [one for k in kept if (one := asked[k]) is not None]
        scores = pair.score(model, chosen, options.decoding.settings())
        for k, (log_probability, is_greedy) in zip(kept, scores, strict=True):
            number = owner[k]
            reach.is_asked[number, 0] = True
            reach.is_greedy[number, 0] |= is_greedy
            best = reach.log_probability
            best[number, 0] = max(best[number, 0], log_probability)
        found.append(reach)
    return Targeted(values, found[0], found[1] if len(found) > 1 else None)


def _beside(values: Sequence[Value]) -> Callable[[Value], Value | None]:
    """Return what finds another value of the same row, or else of the same subject."""
    by_row: dict[int, list[Value]] = {}
    by_subject: dict[str, list[Value]] = {}
    for value in values:
        for row in sorted({place.row for place in value.places}):
            by_row.setdefault(row, []).append(value)
        if value.cluster is not None:
            by_subject.setdefault(value.cluster, []).append(value)

    def find(value: Value) -> Value | None:
        near = [one for place in value.places for one in by_row[place.row]]
        if value.cluster is not None:
            near += by_subject[value.cluster]
        others = (
            one for one in near if value.normal not in one.normal and one.normal not in value.normal
        )
        return next(others, None)

    return find
