"""The one way in: attributions of many decisions by any method that is offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attributions import PERTURBATION_METHODS, Attributions, Method
from harness.engines.attribution.captum_engine import attribute_with_captum
from harness.engines.attribution.checks import check_method
from harness.engines.attribution.gradients import Progress, Work, by_gradients
from harness.engines.attribution.precision import allowed_precision
from harness.engines.attribution.rows import asked_of, written
from harness.engines.packing import Budget
from harness.engines.perturbation import Asker, perturb
from harness.engines.prediction import predict
from harness.errors import MethodRefused, Phrase, ShapeError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation import Ask
    from harness.modelling import Item, Model


def attribute(
    model: Model,
    items: Sequence[Item],
    *,
    method: Method,
    logits: NDArray[np.floating] | None = None,
    token_budget: int,
    reference: Sequence[Item] | None = None,
    ask: Ask | None = None,
    on_progress: Progress | None = None,
) -> Attributions:
    """Return how much each part of each item contributed to its decision.

    Rows with equal content are computed once. A row's values do not depend on which other rows are
    asked for (within 1e-6 of its largest in float32); the same call gives the same bytes.

    Args:
        model: With the capabilities that the method needs; left as it was, whatever happens.
        items: Inputs, n of them.
        method: How attributions are computed.
        logits: Of the items, shape [n, c], where they are known; asked for otherwise.
        token_budget: Padded tokens of one batch, >= 1; halved when the memory does not suffice.
        reference: Items of the reference population, for baseline ``population``.
        ask: Answers items from a store, for methods that only ask.
        on_progress: Told how many distinct rows are done, of how many.

    Returns:
        Attributions of n rows, in order. ``method.precision`` says what was used in the end.

    Raises:
        MethodRefused: If the method is refused, or lacks what it needs.
        ShapeError: If logits do not have shape [n, c].
        ModelError: If a value is not a finite number.
        IncompleteError: If the memory does not hold a single row.
    """
    check_method(method, model)
    _check_reference(method, reference)
    if logits is None:
        logits = predict(model, items, token_budget=token_budget)
    if logits.shape != (len(items), model.n_classes):
        expected = f"[n={len(items)}, c={model.n_classes}]"
        raise ShapeError(f"logits must have shape {expected}, got {list(logits.shape)}.")
    if method.engine == "captum" or method.id.startswith("captum:"):
        answers = Asker(model, token_budget) if ask is None else ask
        return attribute_with_captum(
            model, items, method=method, logits=logits, ask=answers, reference=reference
        )
    if method.id in PERTURBATION_METHODS:
        return _by_asking(
            model, items, method=method, logits=logits, ask=ask, token_budget=token_budget
        )
    return _by_gradients(
        model,
        items,
        method=method,
        logits=logits,
        token_budget=token_budget,
        reference=reference,
        on_progress=on_progress,
    )


def _by_asking(
    model: Any,
    items: Sequence[Item],
    *,
    method: Method,
    logits: NDArray[np.floating],
    ask: Ask | None,
    token_budget: int,
) -> Attributions:
    answers = Asker(model, token_budget) if ask is None else ask
    return perturb(model, items, method=method, logits=logits, ask=answers)


def _by_gradients(
    model: Any,
    items: Sequence[Item],
    *,
    method: Method,
    logits: NDArray[np.floating],
    token_budget: int,
    reference: Sequence[Item] | None,
    on_progress: Progress | None,
) -> Attributions:
    rows, which = asked_of(model, items, logits, method)
    work = Work(model, method, Budget(token_budget), tuple(reference or ()))
    used = replace(method, precision=allowed_precision(work, rows, model.device))
    work.is_half = used.precision == "bfloat16"
    found = by_gradients(work, rows, on_progress)
    return written(model, items, rows=rows, found=found, which=which, method=used)


def _check_reference(method: Method, reference: Sequence[Item] | None) -> None:
    if method.baseline == "population" and not reference:
        do = "Hand in rows to compare with, e.g. those just on the other side of the threshold."
        got = Phrase("none")
        raise MethodRefused(must("reference", "hold items for baseline population", got, do=do))
