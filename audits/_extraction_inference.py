"""Guessing a value among others of its kind: a masked text, and a list of whom it may be about.

The others are values of the same kind from the training rows too, so that neither their form nor that
they were learnt gives the true one away; what the reference guesses on the same lists is taken away.

Legend of shapes: v values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._extraction_targeted import clusters_of, leak_share
from audits._extraction_targets import Target, is_given, targets_of
from audits._language_items import Asked, fits
from harness.stats import bootstrap_mean, paired_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._extraction_options import Options
    from audits._extraction_scoring import Pair
    from audits._extraction_targets import Reader
    from audits._extraction_values import Value
    from harness.data import Dataset
    from harness.records import Estimate
    from harness.stats import Keep

LEAST_CANDIDATES = 10
"""Fewer values of a kind make no list to guess from."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Rank of the true value among its candidates, 1 is best.

    Attributes:
        values: That were guessed.
        n_candidates: Of each list, shape [v].
        own: Ranks by the model, shape [v]; ties count against it.
        base: Ranks by the reference; None without one.
    """

    values: Sequence[Value]
    n_candidates: NDArray[np.int64]
    own: NDArray[np.int64]
    base: NDArray[np.int64] | None

    def top_1(self) -> Estimate:
        """Return the share of values that are guessed at once."""
        return leak_share(self.own == 1, clusters_of(self.values))

    def reciprocal_rank(self, rng: np.random.Generator, keep: Keep) -> Estimate:
        """Return the mean of one divided by the rank."""
        return bootstrap_mean(
            1 / self.own,
            rng=rng,
            keep=keep,
            unit="reciprocal rank",
            range_low=0.0,
            range_high=1.0,
            cluster=clusters_of(self.values),
        )

    def beyond_base(self) -> Estimate | None:
        """Return how many more are guessed at once than by the reference; None without one."""
        if self.base is None:
            return None
        return paired_difference(self.own == 1, self.base == 1, cluster=clusters_of(self.values))


def guesses(
    pair: Pair,
    train: Dataset,
    values: Sequence[Value],
    everything: Sequence[Value],
    options: Options,
) -> Guesses:
    """Guess values after their true context, by the model and by its reference."""
    lists = _lists(pair, values, everything, options)
    guessing = _Guessing(pair, train, [values[k] for k in lists], list(lists.values()), options)
    ranks = [guessing.ranks(model) for model in pair.both]
    guessed = sorted(set.intersection(*(set(one) for one in ranks)))
    by_model = [np.array([one[k] for k in guessed], dtype=np.int64) for one in ranks]
    return Guesses(
        [guessing.values[k] for k in guessed],
        np.array([len(guessing.others[k]) + 1 for k in guessed], dtype=np.int64),
        by_model[0],
        by_model[1] if len(by_model) > 1 else None,
    )


def _lists(
    pair: Pair, values: Sequence[Value], everything: Sequence[Value], options: Options
) -> dict[int, list[str]]:
    """Draw the others of each value that is guessed, of its kind; none where there are too few."""
    by_kind: dict[str, list[Value]] = {}
    for value in everything:
        by_kind.setdefault(value.kind, []).append(value)
    found: dict[int, list[str]] = {}
    for number, value in enumerate(values):
        others = [one for one in by_kind[value.kind] if one.normal != value.normal]
        if len(others) + 1 >= LEAST_CANDIDATES and len(found) < options.inference_values:
            drawn = pair.ctx.rng.permutation(len(others))[: options.candidates - 1]
            found[number] = [others[k].written for k in drawn.tolist()]
    return found


@dataclass(frozen=True, slots=True, repr=False)
class _Guessing:
    """Values that are guessed, and among which others."""

    pair: Pair
    train: Dataset
    values: Sequence[Value]
    others: Sequence[Sequence[str]]
    options: Options

    def ranks(self, model: Reader) -> dict[int, int]:
        """Return position of a value → its rank; without those whose context holds them."""
        found: dict[int, int] = {}
        is_asked = self.pair.is_asked
        for target in targets_of(model, self.train, self.values, is_asked=is_asked):
            number = target.value
            asked = target.asked(model, self.options.prefix)
            if number in found or asked is None or is_given(model, asked, self.values[number]):
                continue
            candidates = self._candidates(model, target)
            if all(fits(model, [Asked(asked.prefix, one) for one in candidates])):
                logs = self.pair.candidates(model, asked.prefix, candidates)
                found[number] = int((logs >= logs[0]).sum())  # the true one stands first
        return found

    def _candidates(self, model: Reader, target: Target) -> list[NDArray[np.int64]]:
        """Return the tokens of the true value and of the others, written in the same place."""
        written = (self.values[target.value].written, *self.others[target.value])
        return [model.encode(target.lead + one + target.tail, is_start=False) for one in written]
