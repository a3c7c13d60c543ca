"""Attributions that only ask: all gaps of all rows in one packed call.

Legend of shapes: k rows, v values of a row (words, or tokens with 0 for special ones), c classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attributions import (
    COMPLETE_METHODS,
    LEAST_CHANGE,
    PERTURBATION_METHODS,
    RELATIVE_GAP,
    Attributions,
)
from harness.engines.perturbation.designs import Answered, Design, Occlusion
from harness.engines.perturbation.gaps import ask_gaps
from harness.engines.perturbation.orders import generator_of
from harness.engines.perturbation.regressions import KernelShap, Lime
from harness.engines.perturbation.shapley import ShapleySampling
from harness.engines.perturbation.targets import explained_classes, leads
from harness.engines.perturbation.units import Units, units_of
from harness.errors import MethodRefused, ShapeError, UsageError, must, raise_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Method, Unit
    from harness.engines.perturbation.asker import Ask
    from harness.modelling import HasParts, Item, Removal

    Floats = NDArray[np.float64]

_DESIGNS: Mapping[str, Design] = {
    "occlusion": Occlusion(),
    "shapley-sampling": ShapleySampling(),
    "kernel-shap": KernelShap(),
    "lime": Lime(),
}


@dataclass(frozen=True, slots=True)
class Perturbed:
    """Attributions with what sampling leaves open.

    Attributes:
        attributions: k rows.
        standard_error: Of each value, in logits, shape of ``attributions.values``; 0 where a value
            is exact, infinite where there are too few samples to say.
        is_coarse: Whether a row has so many words or tokens that neighbours share a value, shape [k].
    """

    attributions: Attributions
    standard_error: NDArray[np.float64]
    is_coarse: NDArray[np.bool_]


def perturb(
    model: HasParts,
    items: Sequence[Item],
    *,
    method: Method,
    logits: NDArray[np.floating[Any]],
    ask: Ask,
) -> Attributions:
    """Return attributions of a method that only asks; see ``perturb_in_full``."""
    return perturb_in_full(model, items, method=method, logits=logits, ask=ask).attributions


def perturb_in_full(
    model: HasParts,
    items: Sequence[Item],
    *,
    method: Method,
    logits: NDArray[np.floating[Any]],
    ask: Ask,
) -> Perturbed:
    """Return attributions of a method that only asks, with their standard errors.

    A row's values depend on the row, the method and its seed alone, not on the rows beside it.
    A row of more than ``MAX_UNITS`` words (tokens) is taken apart in so many runs of neighbours,
    which share the value of their run: the cost of a row stays bounded.

    Args:
        model: Takes inputs apart.
        items: k of them.
        method: One of ``PERTURBATION_METHODS``; baseline ``mask`` or ``pad``.
        logits: Of the whole items, shape [k, c], e.g. from the prediction store.
        ask: Answers items with logits; an ``Asker`` shares answers with other methods and curves.

    Raises:
        MethodRefused: If the method or its baseline is none of these, or the model cannot do it.
        ShapeError: If there are not as many logits as items.
        UsageError: If the number of samples or the seed is negative.
    """
    design = _design(method)
    if len(items) != len(logits):
        raise ShapeError(must("logits", f"have shape [k={len(items)}, c]", [*logits.shape]))
    removal: Removal = "pad" if method.baseline == "pad" else "mask"
    units = units_of(model, items, method.unit)
    drawn = [_drawn(design, each, method) for each in units]
    answers = ask_gaps(model, units, drawn, ask=ask, removal=removal)
    target, runner_up = explained_classes(logits, method.target)
    whole = leads(logits, target, runner_up)
    gapped = [leads(each, target[i], runner_up[i]) for i, each in enumerate(answers)]
    blank = _blanks(method, gapped, whole)
    found = [
        _solved(design, each, Answered(drawn[i], gapped[i], float(whole[i]), float(blank[i])))
        for i, each in enumerate(units)
    ]
    values = np.concatenate([np.zeros(0), *(each for each, _ in found)])
    starts = np.cumsum([0, *(len(each) for each, _ in found)]).astype(np.int64)
    gap, status = _verdicts(method, units, [each for each, _ in found], whole - blank)
    return Perturbed(
        Attributions(
            method=method,
            starts=starts,
            values=values,
            target=target,
            runner_up=runner_up,
            whole=whole,
            blank=blank,
            gap=gap,
            status=status,
            top_overlap=np.ones(len(items)),
            n_gradients=np.zeros(len(items), dtype=np.int64),
            n_forwards=np.array([len(each) for each in drawn], dtype=np.int64),
        ),
        standard_error=np.concatenate([np.zeros(0), *(each for _, each in found)]),
        is_coarse=np.array([each.is_coarse for each in units], dtype=np.bool_),
    )


def coarse_rows(model: HasParts, items: Sequence[Item], unit: Unit = "word") -> NDArray[np.bool_]:
    """Return which rows have so many words or tokens that neighbours share a value, shape [k].

    Attributions that come out of a store do not say so; this does, without asking the model.
    """
    return np.array([each.is_coarse for each in units_of(model, items, unit)], dtype=np.bool_)


def _design(method: Method) -> Design:
    if method.id not in _DESIGNS:
        what = f"be one of {', '.join(PERTURBATION_METHODS)}"
        raise MethodRefused(must("The method", what, method.id))
    if method.baseline == "population":
        do = "Take mask or pad, or expected-gradients, which averages over a population."
        raise MethodRefused(
            must(f"The baseline of {method.id}", "be mask or pad", method.baseline, do=do)
        )
    raise_all(
        UsageError,
        [
            must(f"{name} of {method.id}", "be an integer >= 0", value)
            for name, value in (("n_samples", method.n_samples), ("seed", method.seed))
            if value < 0
        ],
    )
    return _DESIGNS[method.id]


def _drawn(design: Design, units: Units, method: Method) -> NDArray[np.bool_]:
    """Return the gaps of one row; the last one is everything where a method is complete."""
    if not units.n:
        return np.zeros((0, 0), dtype=np.bool_)
    absent = design.draw(units.n, method.n_samples, generator_of(units.item, method.seed))
    if method.id not in COMPLETE_METHODS:
        return absent
    return np.vstack([absent, np.ones((1, units.n), dtype=np.bool_)])


def _blanks(method: Method, gapped: Sequence[Floats], whole: Floats) -> Floats:
    """Return f without any unit, shape [k]; that of the whole where a method does not ask."""
    if method.id not in COMPLETE_METHODS:
        return whole.copy()
    pairs = zip(gapped, whole, strict=True)
    return np.array([own[-1] if len(own) else one for own, one in pairs], dtype=np.float64)


def _solved(design: Design, units: Units, answered: Answered) -> tuple[Floats, Floats]:
    """Return values and standard errors of the words or tokens of one row, shape [v] each."""
    if not units.n:
        return np.zeros(len(units.positions)), np.zeros(len(units.positions))
    values, errors = design.solve(answered)
    return units.spread(values), units.spread(errors)


def _verdicts(
    method: Method, units: Sequence[Units], values: Sequence[Floats], change: Floats
) -> tuple[Floats, NDArray[np.object_]]:
    """Return completeness gap and status of each row, shape [k] each."""
    if method.id not in COMPLETE_METHODS:
        is_empty = np.array([each.n == 0 for each in units], dtype=np.bool_)
        status = np.where(is_empty, "nothing-to-attribute", "not-checked")
        return np.zeros(len(values)), status.astype(object)
    gap = np.array([each.sum() for each in values], dtype=np.float64) - change
    is_close = np.abs(gap) <= RELATIVE_GAP * np.abs(change)
    status = np.where(is_close, "converged", "unconverged")
    is_small = np.abs(change) < LEAST_CHANGE
    return gap, np.where(is_small, "nothing-to-attribute", status).astype(object)
