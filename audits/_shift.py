"""How two data sets differ: in the shares of their labels, and in their texts.

Legend: n and m rows, c classes, h buckets of hashed n-grams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.data.near import grams, normal
from harness.stats import NoisyParts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.data import Dataset

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]
    Labels = tuple[IntArray, NDArray[np.object_] | None]

BUCKETS = 1 << 17
"""Buckets of hashed n-grams: two that share one cost the classifier a little, and never honesty."""


def label_parts(first: Labels, second: Labels, *, n_classes: int) -> NoisyParts:
    """Return half the differences of label shares; their absolute values sum to the total variation.

    Args:
        first: Labels, shape [n], n >= 1, and their clusters, shape [n], or None.
        second: The same of the other set, shape [m].
        n_classes: c.
    """
    shares, covariances, units = zip(
        *(_shares(label, cluster, n_classes) for label, cluster in (first, second)), strict=True
    )
    return NoisyParts(
        (shares[0] - shares[1]) / 2,
        (covariances[0] + covariances[1]) / 4,
        min(units),
        len(first[0]) + len(second[0]),
    )


def _shares(
    label: IntArray, cluster: NDArray[np.object_] | None, n_classes: int
) -> tuple[FloatArray, FloatArray, int]:
    """Return shares [c], their covariance [c, c], and the number of independent units."""
    n = len(label)
    counts = np.bincount(label, minlength=n_classes).astype(np.float64)
    # half a row more of each class, so that the share of a class without rows is not known exactly
    smooth = (counts + 0.5) / (n + 0.5 * n_classes)
    apart = (np.diag(smooth) - np.outer(smooth, smooth)) / n
    if cluster is None:
        return counts / n, apart, n
    names, of = np.unique(cluster, return_inverse=True)
    held = np.bincount(of * n_classes + label, minlength=len(names) * n_classes)
    centred = held.reshape(len(names), n_classes) - np.bincount(of)[:, None] * (counts / n)
    together = centred.T @ centred / n**2
    # clusters never make shares better known than independent rows would
    is_wider = np.trace(together) > np.trace(apart)
    return counts / n, together if is_wider else apart, len(names)


def told_apart(
    test: Dataset, train: Dataset, *, limit: int, ngram: int, rng: np.random.Generator
) -> tuple[FloatArray, NDArray[np.bool_]] | None:
    """Fit naive Bayes on one half of two data sets, and let it score the other half.

    Args:
        test: One set.
        train: The other.
        limit: Rows of either set, a sample, at most.
        ngram: Characters of an n-gram.
        rng: Chooses rows and halves; rows of one cluster stay in one half.

    Returns:
        For the rows that it was not fitted on: how much they look like test rows, and whether they
        are; None where a set does not have two different texts (or clusters).
    """
    halves = []
    for one in (test, train):
        rows = _distinct(one)
        rows = rows if len(rows) <= limit else np.sort(rng.choice(rows, size=limit, replace=False))
        is_fitted = _half(one, rows, rng)
        if is_fitted.all() or not is_fitted.any():
            return None
        halves.append(([_buckets(one, row, ngram) for row in rows.tolist()], is_fitted))
    counts = [_counts(texts, is_fitted) for texts, is_fitted in halves]
    weight = np.log(counts[0] / counts[0].sum()) - np.log(counts[1] / counts[1].sum())
    scores = [
        np.array([weight[text].sum() for text, fitted in zip(*half, strict=True) if not fitted])
        for half in halves
    ]
    return np.concatenate(scores), np.repeat([True, False], [len(each) for each in scores])


def _distinct(one: Dataset) -> IntArray:
    seen: dict[object, int] = {}
    for row, text in enumerate(one.inputs):
        seen.setdefault(text, row)
    return np.fromiter(seen.values(), dtype=np.int64, count=len(seen))


def _half(one: Dataset, rows: IntArray, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw about half of the rows, shape [len(rows)]; rows of one cluster stay together."""
    unit = np.arange(len(rows))
    if one.cluster is not None:
        unit = np.unique(one.cluster[rows], return_inverse=True)[1]
    sizes = np.bincount(unit)
    order = rng.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    chosen = np.zeros(len(sizes), dtype=np.bool_)
    chosen[order[before * 2 < len(rows)]] = True
    drawn: NDArray[np.bool_] = chosen[unit]
    return drawn


def _buckets(one: Dataset, row: int, ngram: int) -> IntArray:
    found: IntArray = np.unique(grams(normal(one.inputs[row]), ngram) % BUCKETS).astype(np.int64)
    return found


def _counts(texts: list[IntArray], is_fitted: NDArray[np.bool_]) -> FloatArray:
    """Return in how many fitted texts each bucket stands, plus one, shape [h]."""
    kept = [text for text, fitted in zip(texts, is_fitted, strict=True) if fitted]
    held = np.bincount(np.concatenate(kept), minlength=BUCKETS)
    return held.astype(np.float64) + 1.0
