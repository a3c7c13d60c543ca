"""The training rows behind a few decisions, in one call.

Legend of shapes: n training rows, q decisions, k rows that are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from harness.engines.batching import default_budget
from harness.engines.influence.captum_fast import top_rows_by_captum
from harness.engines.influence.last_layer import read_last_layer
from harness.engines.influence.projected import read_gradients
from harness.engines.influence.projection import SparseProjection
from harness.engines.influence.ranking import TopRows, top_rows
from harness.engines.prediction import decide, predict
from harness.errors import MethodRefused, Phrase, UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item, Model

    IntArray = NDArray[np.int64]

Trace = Literal["last-layer", "gradients"]
Engine = Literal["own", "captum"]


def evidence_for(
    model: Model,
    train_items: Sequence[Item],
    train_labels: IntArray,
    items: Sequence[Item],
    *,
    k: int = 10,
    trace: Trace = "last-layer",
    engine: Engine = "own",
    parameters: Sequence[str] | None = None,
    n_dims: int = 2048,
    seed: int = 0,
    is_normalised: bool = False,
    token_budget: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> TopRows:
    """Return the training rows behind decisions: similar training evidence, not proof of a cause.

    Costs one forward pass over every training row and every decision; with ``trace="gradients"`` a
    gradient of each (about three forward passes).

    Args:
        model: With capability ``last-layer``, or ``per-example-gradients`` for gradients.
        train_items: Training rows, n of them.
        train_labels: Their labels, shape [n], in the order of the task.
        items: Inputs that were decided about, q of them.
        k: Training rows for each decision; fewer where there are fewer.
        trace: Where influence is looked for: in the last layer (exact there), or in chosen parameters,
            projected.
        engine: ``captum`` computes the last layer's influence through Captum's own class.
        parameters: For gradients: names or patterns; None for what an adapter trains.
        n_dims: Numbers of a projected gradient.
        seed: Of the projection.
        is_normalised: Divide by the length of each training row's gradient; see ``top_rows``.
        token_budget: Padded tokens of one batch; None for what suits the device.
        on_progress: Told (rows read, rows in all).

    Raises:
        MethodRefused: If the model does not offer what the trace needs; says what to do.
        UsageError: If there is no training row, k is below 1, or labels do not fit the rows.
    """
    check_trace(model, trace, engine, is_normalised=is_normalised)
    label = np.asarray(train_labels, dtype=np.int64)
    if len(label) != len(train_items):
        what = f"hold one class for each of {len(train_items)} rows"
        raise UsageError(must("train_labels", what, len(label)))
    if len(label) and not (label.min() >= 0 and label.max() < model.n_classes):
        what = f"lie in 0..{model.n_classes - 1}"
        raise UsageError(must("train_labels", what, int(label[np.argmax(np.abs(label))])))
    budget = token_budget or default_budget(model.device)
    total = len(train_items) + len(items)
    tell = on_progress or (lambda done, of: None)
    common: dict[str, Any] = {"token_budget": budget}
    of_train: dict[str, Any] = {**common, "on_progress": lambda done: tell(done, total)}
    if trace == "gradients":
        projection = SparseProjection(n_dims, seed=seed)
        common |= {"projection": projection, "parameters": parameters}
        able = cast("Any", model)
        decided = decide(predict(model, items, token_budget=budget))
        train: Any = read_gradients(able, [train_items], label, **{**common, **of_train})
        asked: Any = read_gradients(able, [items], decided, **common)
        return top_rows(train, asked, k=k, is_normalised=is_normalised)
    able = cast("Any", model)
    train = read_last_layer(able, [train_items], label, n=len(label), **of_train)
    asked = read_last_layer(able, [items], None, n=len(items), **common)
    if engine == "captum":
        return top_rows_by_captum(train, asked, able.last_layer(), k=k)
    return top_rows(train, asked, k=k, is_normalised=is_normalised)


def check_trace(
    model: Model, trace: Trace, engine: Engine = "own", *, is_normalised: bool = False
) -> None:
    """Refuse what a model or an engine cannot do, and say what to do instead.

    Raises:
        MethodRefused: If so.
    """
    if engine == "captum" and (trace != "last-layer" or is_normalised):
        do = "Take engine own for gradients of other parameters and for normalised influence."
        got = Phrase("gradients" if trace != "last-layer" else "normalised influence")
        raise MethodRefused(must("Engine captum", "be asked about the last layer", got, do=do))
    need = "last-layer" if trace == "last-layer" else "per-example-gradients"
    if need not in model.capabilities:
        do = (
            "Take trace gradients, and name the parameters where there is no adapter."
            if "per-example-gradients" in model.capabilities
            else "Nearest neighbours of texts are what is left."
        )
        what = f"offer {need} to be asked for training evidence"
        got = Phrase(", ".join(sorted(model.capabilities)))
        raise MethodRefused(must(f"The model {model.ref.name}", what, got, do=do))
