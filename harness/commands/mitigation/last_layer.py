"""Method ``last-layer``: the features stay, the last layer is fitted again on balanced cells.

Deep feature reweighting: a network that leans on a spurious word still holds the features of the
others; a logistic regression on as many rows of every cell (group, label) uses them. It is fitted on ten
balanced draws, and the layers are averaged.

Legend of shapes: n examples, d features, c classes, k cells.

Source: Kirichenko et al. 2023, arXiv:2204.02937
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import DataError, ModelError, Phrase, must
from harness.modelling import HasLastLayer

if TYPE_CHECKING:
    from harness.commands.mitigation.teaching import FloatArray, IntArray
    from harness.data import Dataset
    from harness.modelling import Model

N_DRAWS = 10
LEAST = 5
"""Rows that the smallest cell must have."""

BLOCK = 64


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of features, of the training rows alone, shape [d]."""

    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def of(cls, features: FloatArray) -> Scale:
        """Measure features, shape [n, d]; one that never varies is left as it is."""
        deviation = features.std(axis=0)
        return cls(features.mean(axis=0), np.where(deviation > 1e-8, deviation, 1.0))

    def __call__(self, features: FloatArray) -> FloatArray:
        """Return standardised features."""
        found: FloatArray = (features - self.mean) / self.deviation
        return found


def need_last_layer(model: Model) -> HasLastLayer:
    """Return the model as one whose features before the last layer can be read.

    Raises:
        ModelError: If it is not such a model.
    """
    if "last-layer" not in model.capabilities or not isinstance(model, HasLastLayer):
        got = Phrase(
            "one whose class is not read off a linear layer over one vector for each input"
        )
        do = "Take a method that does without, e.g. reweighting."
        raise ModelError(must(f"The model {model.ref.name}", "have such a last layer", got, do=do))
    return model


def features_of(model: Model, rows: Dataset) -> FloatArray:
    """Return what goes into the last layer for every row, shape [n, d], float64."""
    able = need_last_layer(model)
    items = model.prepare(rows.inputs)
    order = sorted(range(len(items)), key=lambda row: items[row].length)
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    parts = [able.last_features([items[row] for row in block]) for block in blocks]
    found = np.empty((len(items), parts[0].shape[1]), dtype=np.float64)
    for block, part in zip(blocks, parts, strict=True):
        found[block] = part
    return found


def balanced_draw(cell: IntArray, rng: np.random.Generator) -> IntArray:
    """Return positions of as many rows of every cell as the smallest has; -1 is no cell."""
    names, counts = np.unique(cell[cell >= 0], return_counts=True)
    m = int(counts.min())
    drawn = [rng.permutation(np.flatnonzero(cell == name))[:m] for name in names.tolist()]
    return np.concatenate(drawn)


def check_cells(cell: IntArray, names: Sequence[str], label: IntArray, n_classes: int) -> None:
    """Refuse rows of which no balanced draw says anything.

    Raises:
        DataError: If a cell is too small, or a class has no row in any group.
    """
    counts = np.bincount(cell[cell >= 0], minlength=len(names))
    small = [f"{counts[at]} in {name}" for at, name in enumerate(names) if counts[at] < LEAST]
    if small:
        do = "Add rows, or take reweighting, which draws from every cell again."
        what = f"hold {LEAST} rows of every group and class"
        raise DataError(must("data.train", what, Phrase("; ".join(small[:6])), do=do))
    lacking = sorted(set(range(n_classes)) - set(label[cell >= 0].tolist()))
    if lacking:
        got = Phrase(f"none of class {lacking[0]} with a group")
        raise DataError(must("data.train", "hold rows of every class", got))


def fit_layer(
    features: FloatArray,
    label: IntArray,
    cell: IntArray,
    *,
    n_classes: int,
    strength: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Return weight [c, d] and bias [c] of a last layer for features as the model gives them.

    Args:
        features: Shape [n, d].
        label: Shape [n].
        cell: Shape [n], -1 without a group.
        n_classes: c.
        strength: C of scikit-learn: smaller is simpler.
        rng: Where draws come from.
    """
    from sklearn.linear_model import LogisticRegression

    scale = Scale.of(features)
    scaled = scale(features)
    weight, bias = np.zeros((n_classes, features.shape[1])), np.zeros(n_classes)
    for _ in range(N_DRAWS):
        rows = balanced_draw(cell, rng)
        with warnings.catch_warnings():  # unconverged is as good as stopped early
            warnings.simplefilter("ignore")
            fitted = LogisticRegression(C=strength, max_iter=500).fit(scaled[rows], label[rows])
        own, shift = fitted.coef_, fitted.intercept_
        if n_classes == 2:  # one row for class 1: half of it each way gives the same odds
            own, shift = np.concatenate([-own, own]) / 2, np.concatenate([-shift, shift]) / 2
        weight += own / N_DRAWS
        bias += shift / N_DRAWS
    weight = weight / scale.deviation
    return weight, bias - weight @ scale.mean
