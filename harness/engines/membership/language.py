"""Membership signals of language models, all from one pass of the model and one of what it came from.

Legend: n texts, t scored tokens of one text.

Every signal is higher for texts that are more likely members. ``loss``: the mean log-probability of
the tokens. ``reference``: that minus the same of the model before fine-tuning, so that texts that are easy
for any model do not count as known. ``calibrated``: the same with a slope of its own: where the two models
speak of other things, the whole of the other's loss is noise and not difficulty. ``error-zone``: at the tokens that the model would not have chosen,
what it gained over the reference as a share of what it gained and lost. ``zlib``: the log-probability of
the text for each byte that it compresses to. ``min-k``: the mean of the least likely tokens.
``min-k-plus``: the same of log-probabilities that are standardised over the vocabulary.

Source: Yeom et al. 2018, arXiv:1709.01604 (loss); Carlini et al. 2021, arXiv:2012.07805 (reference, zlib);
Shi et al. 2024, arXiv:2310.16789 (Min-K%); Zhang et al. 2025, arXiv:2404.02936 (Min-K%++); the error zone
follows arXiv:2601.12104, rebuilt from its abstract
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import TokenScores

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

LANGUAGE_SIGNALS = (
    "loss",
    "reference",
    "calibrated",
    "error-zone",
    "zlib",
    "min-k",
    "min-k-plus",
)
"""Signals in the order of reports."""

LEAST_LIKELY = 0.2
"""Share of the tokens of a text that Min-K% looks at."""

_SURE = 1e-6
"""Least standard deviation of a log-probability: where the vocabulary leaves nothing open."""


def scored(found: Sequence[TokenScores], candidate: Sequence[int]) -> list[TokenScores]:
    """Return the scores of one candidate of each item alone; 1 is a text or completion.

    Args:
        found: Scores of items, n of them.
        candidate: Segment that is kept of each, n of them.
    """
    from dataclasses import replace

    kept = []
    for one, number in zip(found, candidate, strict=True):
        own = one.segment == number
        kept.append(
            replace(
                one,
                log_probability=one.log_probability[own],
                is_greedy=one.is_greedy[own],
                segment=one.segment[own],
                mean=None if one.mean is None else one.mean[own],
                deviation=None if one.deviation is None else one.deviation[own],
            )
        )
    return kept


def mean_log_probability(found: Sequence[TokenScores]) -> FloatArray:
    """Return the mean log-probability of the scored tokens in nats, shape [n].

    Undefined when: no token is scored; NaN then.
    """
    return np.array([_mean(one.log_probability) for one in found], dtype=np.float64)


def language_signals(
    own: Sequence[TokenScores],
    reference: Sequence[TokenScores] | None,
    *,
    texts: Sequence[str],
) -> dict[str, FloatArray]:
    """Return every signal of single texts that can be had, by name, shape [n] each.

    Args:
        own: Scores by the model, n of them; with moments for ``min-k-plus``.
        reference: Scores by what it was fine-tuned from, of the same tokens; None where there is none.
        texts: What was scored, n of them.

    Raises:
        ShapeError: If they are not as many, or the two models scored other tokens.

    Undefined when: no token of a text is scored; NaN then.
    """
    if not len(own) == len(texts) == (len(own) if reference is None else len(reference)):
        n_reference = "none" if reference is None else len(reference)
        raise ShapeError(
            f"own, reference and texts must be as many, got {len(own)}, {n_reference}, {len(texts)}."
        )
    loss = mean_log_probability(own)
    found = {"loss": loss}
    if reference is not None:
        found["reference"] = loss - mean_log_probability(reference)
        found["error-zone"] = np.array(
            [error_zone(*pair) for pair in zip(own, reference, strict=True)], dtype=np.float64
        )
    total = np.array([float(one.log_probability.sum()) for one in own], dtype=np.float64)
    size = [len(zlib.compress(text.encode("utf-8", "surrogatepass"))) for text in texts]
    found["zlib"] = np.where(np.isnan(loss), np.nan, total / np.array(size, dtype=np.float64))
    found["min-k"] = np.array([least_likely(one.log_probability) for one in own], dtype=np.float64)
    if all(one.mean is not None for one in own):
        found["min-k-plus"] = np.array(
            [least_likely(_standardised(one)) for one in own], dtype=np.float64
        )
    return found


def calibrated(loss: FloatArray, reference: FloatArray, is_other: BoolArray) -> FloatArray:
    """Return what a loss is beyond what that of the reference lets expect, shape [n].

    What it lets expect is a straight line, by least squares over rows that were not learnt: with a slope of
    1 it is the reference signal, with 0 the loss alone.

    Args:
        loss: Mean log-probability by the model, shape [n].
        reference: The same by what it was fine-tuned from, shape [n].
        is_other: Rows that were not learnt, shape [n].

    Undefined when: a number is not finite; NaN then, and the line is that of the others.
    """
    known = is_other & np.isfinite(loss) & np.isfinite(reference)
    if not known.any():
        return np.full(len(loss), np.nan)
    own, other = loss[known], reference[known]
    apart = other - other.mean()
    spread = float(apart @ apart)
    slope = float(apart @ own) / spread if spread > 0 else 0.0
    found: FloatArray = loss - own.mean() - slope * (reference - other.mean())
    return found


def error_zone(own: TokenScores, reference: TokenScores) -> float:
    """Return what a model gained over the reference where it errs, as a share of gains and losses.

    From 0 to 1: a monotone form of gains divided by losses, which has no upper end. 1 where it errs
    nowhere, 0.5 where it errs and nothing changed.

    Raises:
        ShapeError: If the two scored other tokens.
    """
    if len(own.log_probability) != len(reference.log_probability):
        raise ShapeError(
            f"Both models must score the same tokens, got {len(own.log_probability)} and "
            f"{len(reference.log_probability)}."
        )
    if len(own.log_probability) == 0:
        return float("nan")
    errs = ~own.is_greedy
    if not errs.any():
        return 1.0
    change = own.log_probability[errs] - reference.log_probability[errs]
    gained, lost = float(np.maximum(change, 0).sum()), float(np.maximum(-change, 0).sum())
    return gained / (gained + lost) if gained + lost > 0 else 0.5


def least_likely(values: FloatArray, *, share: float = LEAST_LIKELY) -> float:
    """Return the mean of the lowest values, at least one of them; NaN where there is none."""
    if len(values) == 0:
        return float("nan")
    k = max(1, int(share * len(values)))
    return float(np.partition(values, k - 1)[:k].mean())


def _standardised(one: TokenScores) -> FloatArray:
    assert one.mean is not None  # looked at by the caller
    assert one.deviation is not None
    found: FloatArray = (one.log_probability - one.mean) / np.maximum(one.deviation, _SURE)
    return found


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else float("nan")
