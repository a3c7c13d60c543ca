"""Methods of Fairlearn: thresholds for each group, and the exponentiated-gradient reduction.

Both give randomised decisions: a probability of the positive class for each row. Which one a row gets is
drawn once from its id and the run's seed, so that the same row is always decided alike.

Legend of shapes: n examples, d features.

Source: Hardt et al. 2016, arXiv:1610.02413; Agarwal et al. 2018, arXiv:1803.02453
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import DataError, Phrase, UsageError, must
from harness.files import sha256_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import Aim, FloatArray, IntArray

_THRESHOLDS = {
    "tpr": "true_positive_rate_parity",
    "fpr": "false_positive_rate_parity",
    "selection-rate": "selection_rate_parity",
}
_MOMENTS = {
    "tpr": "TruePositiveRateParity",
    "fpr": "FalsePositiveRateParity",
    "selection-rate": "DemographicParity",
    "error-rate": "ErrorRateParity",
}


def _given() -> Any:
    """Return an estimator whose scores are its input: the model has answered already."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        classes_ = np.array([0, 1])

        def fit(self, X: Any, y: Any) -> Any:  # noqa: N803 - scikit-learn's name
            return self

        def predict_proba(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
            positive = np.asarray(X)[:, 0]
            return np.stack([1 - positive, positive], axis=1)

        def __sklearn_is_fitted__(self) -> bool:
            return True

    return Given()


def drawn(probability: FloatArray, example_id: Sequence[str], seed: int, positive: int) -> IntArray:
    """Return a decision for each row, shape [n]: the positive class with its probability.

    Args:
        probability: Of the positive class, shape [n].
        example_id: Of each row: the same row always draws alike.
        seed: The run's.
        positive: Position of that class, 0 or 1.
    """
    raw = (sha256_bytes(f"{seed}\x00{one}".encode()) for one in example_id)
    lot = np.array([int(one[:13], 16) / 16**13 for one in raw])
    return np.where(lot < probability, positive, 1 - positive).astype(np.int64)


def fit_thresholds(
    aim: Aim, scores: FloatArray, groups: NDArray[np.object_], label: IntArray
) -> Any:
    """Fit Fairlearn's ThresholdOptimizer.

    Args:
        aim: Its constraint; ``error-rate`` is none that thresholds can equalise.
        scores: Of the positive class, shape [n].
        groups: Shape [n]; rows without a group are left out.
        label: Shape [n].

    Raises:
        UsageError: If the constraint is ``error-rate``.
        DataError: If a group lacks one of the classes.
    """
    from fairlearn.postprocessing import ThresholdOptimizer

    if aim.constraint not in _THRESHOLDS:
        what = f"be one of {', '.join(_THRESHOLDS)} for threshold-optimizer"
        raise UsageError(must("--constraint", what, aim.constraint))
    known = groups != ""
    is_positive = (label == aim.positive).astype(int)
    for group in sorted(set(groups[known].tolist())):
        if len(set(is_positive[groups == group].tolist())) < 2:
            got = Phrase(f"rows of one class only in {group!r}")
            what = f"hold rows of both classes in every group of {aim.group}"
            raise DataError(must("data.validation", what, got))
    optimizer = ThresholdOptimizer(
        estimator=_given(),
        constraints=_THRESHOLDS[aim.constraint],
        objective="balanced_accuracy_score",
        prefit=True,
        predict_method="predict_proba",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer.fit(
            scores[known][:, None], is_positive[known], sensitive_features=groups[known].astype(str)
        )
    return optimizer


def threshold_probability(
    optimizer: Any, scores: FloatArray, groups: NDArray[np.object_], fallback: NDArray[np.bool_]
) -> tuple[FloatArray, int]:
    """Return the probability of the positive class for each row, shape [n].

    Args:
        optimizer: Fitted.
        scores: Of the positive class, shape [n].
        groups: Shape [n].
        fallback: Whether the run's own model decides for the positive class, shape [n]: that holds for
            rows whose group is missing or was not there when thresholds were fitted.

    Returns:
        Probabilities, and the number of rows that fell back.
    """
    known = sorted(optimizer.interpolated_thresholder_.interpolation_dict)
    able = np.isin(groups.astype(str), known)
    found = fallback.astype(np.float64)
    if able.any():
        found[able] = optimizer._pmf_predict(
            scores[able][:, None], sensitive_features=groups[able].astype(str)
        )[:, 1]
    return found, int((~able).sum())


def fit_reduction(
    aim: Aim,
    features: FloatArray,
    groups: NDArray[np.object_],
    label: IntArray,
    *,
    bound: float,
    strength: float,
    max_iter: int,
) -> Any:
    """Fit Fairlearn's ExponentiatedGradient with a logistic regression on features.

    Args:
        aim: Its constraint.
        features: Standardised, shape [n, d].
        groups: Shape [n]; rows without a group are left out.
        label: Shape [n].
        bound: Difference from the overall rate that is allowed.
        strength: C of the logistic regressions: smaller is simpler.
        max_iter: Most iterations.
    """
    from fairlearn import reductions
    from sklearn.linear_model import LogisticRegression

    known = groups != ""
    moment = getattr(reductions, _MOMENTS[aim.constraint])(difference_bound=bound)
    reduction = reductions.ExponentiatedGradient(
        LogisticRegression(C=strength, max_iter=300), moment, max_iter=max_iter
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reduction.fit(
            features[known],
            (label[known] == aim.positive).astype(int),
            sensitive_features=groups[known].astype(str),
        )
    return reduction


def reduction_probability(reduction: Any, features: FloatArray) -> FloatArray:
    """Return the probability of the positive class for each row, shape [n]."""
    found: FloatArray = np.asarray(reduction._pmf_predict(features))[:, 1]
    return np.clip(found, 0.0, 1.0)
