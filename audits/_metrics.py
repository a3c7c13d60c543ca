"""Values of classification measures as ``evaluate.Metric`` classes of ours, without any network.

The formulas are plain functions over arrays; the metrics wrap them, so that they can be used like
any other metric of that library. Where ``evaluate`` is not installed (stored predictions, core
only), audits call the functions themselves. A value that is undefined is left out, never NaN.

Legend of shapes: n examples, c classes.
"""

from __future__ import annotations

import math
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Estimate

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

TOLERANCE = 1e-12
"""Two ways to compute one value in float64 agree to this; they differ in the order of sums."""


def decision_values(decision: IntArray, label: IntArray, n_classes: int) -> dict[str, float]:
    """Return accuracy and its relatives from hard decisions.

    Args:
        decision: Decided class, shape [n], 0 <= decision < c.
        label: True class, shape [n].
        n_classes: c.

    Returns:
        ``accuracy``, ``balanced-accuracy``, ``macro-precision``, ``macro-recall``, ``macro-f1``,
        ``mcc``, and ``precision:<k>``, ``recall:<k>``, ``f1:<k>`` for each class id k. Macro averages
        run over the classes that occur as label or decision, 0 / 0 in one of them counts as 0, and
        a whole that is 0 / 0 is left out: recall and F1 of a class without examples, precision of a
        class without decisions, ``mcc`` where all labels are equal.
    """
    counts = np.bincount(label * n_classes + decision, minlength=n_classes**2)
    cells: FloatArray = counts.astype(np.float64).reshape(n_classes, n_classes)
    right, n_label, n_decision = np.diag(cells), cells.sum(axis=1), cells.sum(axis=0)
    n = float(cells.sum())
    recall = _ratio(right, n_label)
    precision = _ratio(right, n_decision)
    f1 = _ratio(2 * right, n_label + n_decision)
    seen, has_label = (n_label + n_decision) > 0, n_label > 0
    values = {
        "accuracy": right.sum() / n if n else math.nan,
        "balanced-accuracy": _mean(recall[has_label]),
        "macro-precision": _mean(np.nan_to_num(precision[seen])),
        "macro-recall": _mean(np.nan_to_num(recall[seen])),
        "macro-f1": _mean(f1[seen]),
        "mcc": _mcc(right.sum(), n_label, n_decision),
    }
    for k in range(n_classes):
        values |= {f"precision:{k}": precision[k], f"recall:{k}": recall[k]}
        values[f"f1:{k}"] = f1[k] if has_label[k] else math.nan
    return {name: float(value) for name, value in values.items() if math.isfinite(value)}


def score_values(scores: FloatArray, label: IntArray) -> dict[str, float]:
    """Return values that need class probabilities.

    Args:
        scores: Class probabilities, shape [n, c].
        label: True class, shape [n].

    Returns:
        ``auroc`` (of class 1 for two classes, else the mean over classes that occur, each against
        the rest) and ``log-loss`` in nats (scores clipped to [2^-52, 1 - 2^-52]); without those that
        are undefined.
    """
    if len(label) == 0:
        return {}
    eps = float(np.finfo(np.float64).eps)
    own = np.clip(scores[np.arange(len(label)), label], eps, 1 - eps)
    values = {"log-loss": float(-np.log(own).mean())}
    present = np.unique(label)
    if len(present) > 1:
        chosen = [1] if scores.shape[1] == 2 else present.tolist()
        values["auroc"] = float(np.mean([_auroc(scores[:, k], label == k) for k in chosen]))
    return values


def decision_metric() -> Any:
    """Return a new ``evaluate.Metric`` around ``decision_values``.

    Raises:
        ImportError: If ``evaluate`` is not installed.
    """
    return _new(_classes()[0])


def score_metric() -> Any:
    """Return a new ``evaluate.Metric`` around ``score_values``; predictions are class probabilities.

    Raises:
        ImportError: If ``evaluate`` is not installed.
    """
    return _new(_classes()[1])


def computed_decisions(decision: IntArray, label: IntArray, n_classes: int) -> dict[str, float]:
    """Return ``decision_values`` through the metric where ``evaluate`` is installed."""
    if len(label) == 0 or not has_evaluate():
        return decision_values(decision, label, n_classes)
    found: dict[str, float] = decision_metric().compute(
        predictions=decision, references=label, n_classes=n_classes
    )
    return found


def computed_scores(scores: FloatArray, label: IntArray) -> dict[str, float]:
    """Return ``score_values`` through the metric where ``evaluate`` is installed."""
    if len(label) == 0 or not has_evaluate():
        return score_values(scores, label)
    found: dict[str, float] = score_metric().compute(predictions=scores, references=label)
    return found


def agree(name: str, value: float | None, estimate: Estimate) -> Estimate:
    """Return the estimate when a metric and ``harness.stats`` give it the same point.

    An estimate may withhold a value that it cannot bound, as the mean of one example; it may not
    show one where the metric says that there is none.

    Raises:
        ContractError: If they differ by more than ``TOLERANCE``.
    """
    if estimate.value is None:
        return estimate
    if value is None or abs(value - estimate.value) > TOLERANCE:
        raise ContractError(
            f"{name} must be one number, got {value} from the metric and {estimate.value} from "
            "harness.stats. Please report it: one of the two is wrong."
        )
    return estimate


def clustered(cluster: NDArray[np.object_] | None) -> tuple[Message, ...]:
    """Return the caveat of intervals that treat rows as independent although some share a cluster."""
    if cluster is None or len(cluster) == 0:
        return ()
    n_clusters = len(np.unique(cluster))
    if n_clusters == len(cluster):
        return ()
    return (
        Message.of(
            "audit.rows-share-clusters",
            "The interval treats rows as independent, but {n_rows} rows share {n_clusters} clusters: "
            "it can be too narrow.",
            n_rows=len(cluster),
            n_clusters=n_clusters,
        ),
    )


@cache
def has_evaluate() -> bool:
    """Return whether the metrics go through ``evaluate``.

    Where torch is installed, importing ``evaluate`` loads it. A run on stored predictions has no
    other use for torch and is not made to load it: the same formulas are called directly then.
    """
    if "torch" not in sys.modules and find_spec("torch") is not None:
        return False
    try:
        _classes()
    except ImportError:
        return False
    return True


@cache
def _classes() -> tuple[Callable[..., Any], Callable[..., Any]]:
    # built on first use: importing evaluate takes seconds and brings datasets with it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datasets
        import evaluate

    whole = datasets.Value("int64")

    class Decisions(evaluate.Metric):  # type: ignore[misc]
        """Accuracy and its relatives from hard decisions."""

        def _info(self) -> Any:
            return evaluate.MetricInfo(
                description=decision_values.__doc__,
                citation="",
                inputs_description="predictions and references are class ids; n_classes their number",
                features=datasets.Features({"predictions": whole, "references": whole}),
                format="numpy",
            )

        def _compute(
            self, predictions: IntArray, references: IntArray, n_classes: int
        ) -> dict[str, float]:
            return decision_values(np.asarray(predictions), np.asarray(references), n_classes)

    class Scores(evaluate.Metric):  # type: ignore[misc]
        """AUROC and log loss from class probabilities."""

        def _info(self) -> Any:
            row = datasets.Sequence(datasets.Value("float64"))
            return evaluate.MetricInfo(
                description=score_values.__doc__,
                citation="",
                inputs_description="predictions are rows of class probabilities, references class ids",
                features=datasets.Features({"predictions": row, "references": whole}),
            )

        def _compute(
            self, predictions: list[list[float]], references: list[int]
        ) -> dict[str, float]:
            return score_values(np.asarray(predictions), np.asarray(references))

    return Decisions, Scores


def _new(kind: Callable[..., Any]) -> Any:
    # the library wants a folder even when it keeps everything in memory; the home folder is not ours
    with tempfile.TemporaryDirectory(prefix="assay-metric-") as folder:
        return kind(keep_in_memory=True, cache_dir=folder)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _mcc(n_right: float, n_label: FloatArray, n_decision: FloatArray) -> float:
    """Return the multi-class R_K of Gorodkin 2004; 0 where all decisions are equal."""
    n = n_label.sum()
    if np.count_nonzero(n_label) < 2:
        return math.nan
    spread = (n**2 - (n_label**2).sum()) * (n**2 - (n_decision**2).sum())
    return float((n_right * n - n_label @ n_decision) / math.sqrt(spread)) if spread > 0 else 0.0


def _auroc(score: FloatArray, is_positive: NDArray[np.bool_]) -> float:
    """Return the share of (positive, negative) pairs in the right order; ties count half."""
    n_positive = int(is_positive.sum())
    n_pairs = n_positive * (len(score) - n_positive)
    _, position, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[position]
    wins = ranks[is_positive].sum() - n_positive * (n_positive + 1) / 2
    return float(wins / n_pairs)
