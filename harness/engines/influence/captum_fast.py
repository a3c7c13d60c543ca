"""The same influence through Captum's own class, ``TracInCPFast``.

Captum walks over batches that are tuples with the label last, one row at a time unless told
otherwise, knows no padding, marks the last layer as trainable and leaves it so. So it is given what
the last layer reads, and a copy of the last layer alone: there is nothing to pad and nothing of the
model to restore. For a linear layer Captum's gradients are the ones that we write down by hand.

Legend of shapes: n training rows, q decisions, k rows that are kept, d features, c classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.influence.ranking import BLOCK_VALUES, TopRows, cosine_at, nearest_of
from harness.errors import MissingExtra, UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.influence.last_layer import LastLayer

    FloatArray = NDArray[np.float32]


def top_rows_by_captum(
    train: LastLayer,
    decisions: LastLayer,
    layer: tuple[FloatArray, FloatArray],
    *,
    k: int,
) -> TopRows:
    """Return what ``top_rows`` does, with influence from ``captum.influence.TracInCPFast``.

    Args:
        train: Traces of the training rows.
        decisions: Traces of the decisions.
        layer: Weight [c, d] and bias [c] of the last layer.
        k: Rows to keep.

    Raises:
        UsageError: If k is below 1, or there is no training row.
        MissingExtra: If Captum is not installed.
    """
    if k < 1:
        raise UsageError(must("k", "be an integer >= 1", k))
    if train.n == 0:
        raise UsageError(must("Training rows", "be at least one", 0))
    influence = influence_by_captum(train, decisions, layer)
    k = min(k, train.n)
    order = np.argsort(-influence, axis=1, kind="stable")[:, :k].astype(np.int64)
    near = nearest_of(train.features, decisions.features, k=k)
    return TopRows(
        order,
        np.take_along_axis(influence, order, axis=1),
        cosine_at(train.features, decisions.features, order),
        near.index,
        near.value,
        np.maximum(influence, 0).sum(axis=1, dtype=np.float64),
    )


def influence_by_captum(
    train: LastLayer, decisions: LastLayer, layer: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Return the influence of every training row on every decision, shape [q, n].

    Raises:
        MissingExtra: If Captum is not installed.
    """
    import torch

    try:
        from captum.influence import TracInCPFast
    except ImportError as err:
        raise MissingExtra(
            must("Engine captum", "find the package captum", None, do="Install modelassay[audit].")
        ) from err
    head = _head(layer)
    with torch.enable_grad():
        tracer = TracInCPFast(
            head,
            head,
            _loader(train),
            ["final"],
            checkpoints_load_func=lambda model, path: 1.0,  # the weights are loaded; rate 1
            loss_fn=torch.nn.CrossEntropyLoss(reduction="sum"),
        )
        found = tracer.influence(_tensors(decisions))
    values: FloatArray = found.detach().numpy().astype(np.float32)
    return values


def _loader(train: LastLayer) -> Any:
    import torch

    rows = max(1, min(train.n, BLOCK_VALUES // max(1, train.features.shape[1])))
    # a loader draws a seed even where it shuffles nothing: from a generator of its own
    return torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*_tensors(train)),
        batch_size=rows,
        generator=torch.Generator(),
    )


def _tensors(traces: LastLayer) -> tuple[Any, Any]:
    import torch

    return torch.from_numpy(traces.features.astype(np.float32)), torch.from_numpy(traces.label)


def _head(layer: tuple[FloatArray, FloatArray]) -> Any:
    import torch

    weight, bias = layer
    # built without drawing: the global generator is not ours
    head = torch.nn.utils.skip_init(torch.nn.Linear, weight.shape[1], weight.shape[0])
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(weight))
        head.bias.copy_(torch.from_numpy(bias))
    return head
