"""Normalised AOPC: where a ranking stands between the worst and the best that a row allows.

Raw AOPC cannot be compared between models, because the room for it differs. The least and greatest
AOPC over all orders of the words of a row are found exactly from all subsets, or, for longer rows,
by a search that keeps the best few.

Source: Edin et al. 2024, arXiv:2408.08137

Legend of shapes: k rows, p parts of a row, w states of a search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.perturbation.gaps import ask_gaps
from harness.engines.perturbation.scores import comprehensiveness
from harness.engines.perturbation.searching import Search
from harness.engines.perturbation.shapley import all_subsets
from harness.engines.perturbation.units import units_of
from harness.engines.prediction import decide, softmax64
from harness.errors import ShapeError, UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation.asker import Ask
    from harness.engines.perturbation.scores import Curve
    from harness.engines.perturbation.units import Units
    from harness.modelling import HasParts, Item, Removal

    Floats = NDArray[np.float64]

LEAST_ROOM = 1e-6
"""greatest - least below which there is nothing to normalise by."""

_MOST_EXACT = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Least and greatest AOPC of the variant ``every-word`` over all orders, k rows.

    Attributes:
        least: Shape [k]; NaN where a row has no parts, or too many to search.
        greatest: Shape [k]; the same.
        is_exact: Whether both are exact, shape [k]. Otherwise they were searched for, and lie
            between the true ones.
        removal: What stood where words stood.
    """

    least: Floats
    greatest: Floats
    is_exact: NDArray[np.bool_]
    removal: Removal

    @property
    def has_room(self) -> NDArray[np.bool_]:
        """Whether there is something to normalise by, shape [k]; count the rows without."""
        return np.asarray(self.greatest - self.least >= LEAST_ROOM, dtype=np.bool_)

    def widened(self, *curves: Curve) -> Limits:
        """Return limits that hold every order of these curves; only searched ones move."""
        least, greatest = self.least.copy(), self.greatest.copy()
        for curve in curves:
            _check(curve, self)
            seen = comprehensiveness(curve)
            least = np.where(self.is_exact, least, np.minimum(least, seen))
            greatest = np.where(self.is_exact, greatest, np.maximum(greatest, seen))
        return replace(self, least=least, greatest=greatest)


def aopc_limits(
    model: HasParts,
    items: Sequence[Item],
    *,
    logits: NDArray[np.floating[Any]],
    ask: Ask,
    target: NDArray[np.int64] | None = None,
    removal: Removal = "mask",
    exact_up_to: int = 10,
    width: int = 5,
    search_up_to: int = 30,
) -> Limits:
    """Return the least and greatest AOPC over all orders of the words of each row.

    A row of p words costs 2^p inputs where it is exact, and about ``width`` p² where it is searched:
    12 words 4,096, 30 words some 4,000.

    Args:
        model: Takes inputs apart.
        items: k of them; a sample.
        logits: Of the whole items, shape [k, c].
        ask: Answers items with logits.
        target: Class whose probability is followed, shape [k]; the decided one when None.
        removal: What stands where words stood.
        exact_up_to: Most words of a row whose subsets are all asked, 0 to 20.
        width: States that a search keeps, >= 1.
        search_up_to: Most words of a row that is searched; longer rows get no limits.

    Raises:
        UsageError: If a number is out of its range.
    """
    if not 0 <= exact_up_to <= _MOST_EXACT:
        raise UsageError(must("exact_up_to", f"be between 0 and {_MOST_EXACT}", exact_up_to))
    if width < 1:
        raise UsageError(must("width", "be an integer >= 1", width))
    units = units_of(model, items)
    own = decide(logits) if target is None else np.asarray(target, dtype=np.int64)
    k = len(items)
    limits = Limits(np.full(k, np.nan), np.full(k, np.nan), np.zeros(k, dtype=np.bool_), removal)

    def ask_about(rows: Sequence[int], absent: Sequence[NDArray[np.bool_]]) -> list[Floats]:
        answers = ask_gaps(model, [units[row] for row in rows], absent, ask=ask, removal=removal)
        return [softmax64(each)[:, own[row]] for row, each in zip(rows, answers, strict=True)]

    short = [row for row in range(k) if 0 < units[row].n <= exact_up_to]
    for row, table in zip(
        short, ask_about(short, [all_subsets(units[row].n) for row in short]), strict=True
    ):
        limits.least[row], limits.greatest[row] = exact_limits(table)
    limits.is_exact[short] = True
    long = [row for row in range(k) if exact_up_to < units[row].n <= search_up_to]
    whole = softmax64(logits)[np.arange(k), own] if k else np.zeros(0)
    for row, found in _searched(long, units, whole, ask_about, width=width).items():
        limits.least[row], limits.greatest[row] = found
    return limits


def exact_limits(table: Floats) -> tuple[float, float]:
    """Return the least and greatest AOPC over all orders, from the probability of every subset.

    The best order that ends in a set is the best order of the set without its last word, plus what
    the set loses: 2^p steps, no order is walked.

    Args:
        table: Probability without the words of each row of ``all_subsets``, shape [2^p], p >= 1.
    """
    subsets = all_subsets(len(table).bit_length() - 1)
    codes, sizes = np.arange(len(table)), subsets.sum(axis=1)
    least, greatest = np.zeros(len(table)), np.zeros(len(table))
    least[1:], greatest[1:] = np.inf, -np.inf
    for size in range(1, subsets.shape[1] + 1):
        layer = codes[sizes == size]
        for unit in range(subsets.shape[1]):
            with_it = layer[subsets[layer, unit]]
            before = with_it ^ (1 << unit)
            least[with_it] = np.minimum(least[with_it], least[before])
            greatest[with_it] = np.maximum(greatest[with_it], greatest[before])
        drop = table[0] - table[layer]
        least[layer] += drop
        greatest[layer] += drop
    return float(least[-1]) / subsets.shape[1], float(greatest[-1]) / subsets.shape[1]


def normalised(
    curve: Curve, limits: Limits, score: Callable[[Curve], Floats] = comprehensiveness
) -> Floats:
    """Return (AOPC - least) / (greatest - least) of each row, shape [k]; 0 to 1 for exact limits.

    For ``comprehensiveness`` higher is better, for ``sufficiency`` lower; both have the same limits.
    A value outside 0..1 says that a search found less than the ranking; see ``Limits.widened``.

    Raises:
        ShapeError: If curve and limits are of other rows, another removal or another variant.

    Undefined when: a row has no limits, or no room between them; NaN there, count them.
    """
    _check(curve, limits)
    room = np.where(limits.has_room, limits.greatest - limits.least, np.nan)
    return np.asarray((score(curve) - limits.least) / room, dtype=np.float64)


def _searched(
    rows: Sequence[int],
    units: Sequence[Units],
    whole: Floats,
    ask_about: Callable[[Sequence[int], Sequence[NDArray[np.bool_]]], list[Floats]],
    *,
    width: int,
) -> dict[int, tuple[float, float]]:
    """Search both limits of all rows step by step, each step in one packed call."""
    searches = {
        row: (
            Search(units[row].n, float(whole[row]), width=width, sign=-1),
            Search(units[row].n, float(whole[row]), width=width, sign=+1),
        )
        for row in rows
    }
    going = list(rows)
    while going:
        absent = [np.vstack([one.next_sets() for one in searches[row]]) for row in going]
        for row, scores in zip(going, ask_about(going, absent), strict=True):
            lower, upper = searches[row]
            n_first = len(lower.next_sets())
            lower.take(scores[:n_first])
            upper.take(scores[n_first:])
        going = [row for row in going if not searches[row][0].is_done]
    return {row: (lower.aopc, upper.aopc) for row, (lower, upper) in searches.items()}


def _check(curve: Curve, limits: Limits) -> None:
    kind = ("every-word", limits.removal, len(limits.least))
    got = (curve.variant, curve.removal, len(curve.whole))
    if got != kind:
        raise ShapeError(must("The curve", f"be of the kind {kind}, as its limits are", got))
