"""What a private training spends: noise for a budget, and the budget that a noise has cost.

Steps draw every row by itself with the same probability (Poisson sampling), which is what the
accountants of Opacus assume.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from harness.errors import MissingExtra, ModelError, Phrase, must

if TYPE_CHECKING:
    from harness.config.privacy import PrivateConfig

_PRECISION = 0.002
"""By how much of it the noise may be larger than it must be."""

_SOME_NOISE, _MOST_NOISE = 1.0, 1e5

_LESS = 0.7
"""Part of a sufficient noise that is tried next."""

_EXACT_UP_TO = 60.0
"""Largest epsilon (of the quick bound) that privacy loss variables are asked for: the larger, the more
memory they take, and it promises nothing any more."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The mechanism of one training.

    Attributes:
        noise_multiplier: Deviation of the noise in units of the clipping norm.
        sampling_rate: Probability of each row to be in a step.
        delta: Probability with which epsilon may not hold.
        accountant: ``prv`` or ``rdp``.
        n_steps: Steps that were planned.
    """

    noise_multiplier: float
    sampling_rate: float
    delta: float
    accountant: str
    n_steps: int


def need_opacus() -> None:
    """Refuse a private training without the packages for it.

    Raises:
        MissingExtra: If they are not installed.
    """
    if find_spec("opacus") is None:
        raise MissingExtra(
            "train.private must have Opacus, which is not installed. "
            "Run: pip install 'modelassay[privacy]'"
        )


def opacus_version() -> str:
    """Return the version of what clips, adds noise and accounts."""
    return version("opacus")


def budget_of(section: PrivateConfig, *, n: int, batch_size: int, n_steps: int) -> Budget:
    """Return the noise that keeps a training within its budget.

    Args:
        section: What was asked for.
        n: Training rows.
        batch_size: Rows of a step on average.
        n_steps: Steps of the whole training.

    Raises:
        ModelError: If a step would need more rows than there are, or no noise suffices.
    """
    if batch_size > n:
        got = Phrase(f"{batch_size} for {n} rows")
        raise ModelError(must("train.batch_size", "be at most the number of training rows", got))
    rate, delta = batch_size / n, section.delta or 1 / (10 * n)
    if delta >= 1 / n:
        got = Phrase(f"{delta:g} for {n} rows")
        do = (
            "Leave it out for 1 / (10 n): with 1 / n a training could publish a row and keep to it."
        )
        raise ModelError(must("train.private.delta", "be below 1 / n", got, do=do))
    noise = section.noise_multiplier
    if noise is None:
        assert section.epsilon is not None  # one of the two is given
        budget = Budget(0.0, rate, delta, section.accountant, n_steps)
        noise = _least_noise(budget, section.epsilon)
    return Budget(float(noise), rate, delta, section.accountant, n_steps)


def _least_noise(budget: Budget, epsilon: float) -> float:
    """Return the smallest noise multiplier, to 0.2 %, that costs no more than epsilon.

    The bound by Renyi divergences is quick to work out; privacy loss variables need less noise for the
    same budget, and are looked at only a little below: far below they fill the memory.
    """
    quick = replace(budget, accountant="rdp")
    high = _SOME_NOISE
    while _costs(quick, high) > epsilon:
        high *= 2
        if high > _MOST_NOISE:
            got = Phrase(f"epsilon {epsilon:g} for {budget.n_steps} steps")
            do = "Ask for a larger epsilon, fewer steps or a smaller batch_size."
            raise ModelError(must("train.private", "be a budget that noise can keep", got, do=do))
    low = high / 2
    while _costs(quick, low) <= epsilon:
        low /= 2
    found = _narrowed(quick, epsilon, low, high)
    if budget.accountant == "rdp":
        return found
    while _costs(budget, found * _LESS) <= epsilon:
        found *= _LESS
    return _narrowed(budget, epsilon, found * _LESS, found)


def _costs(budget: Budget, noise: float) -> float:
    asked = replace(budget, noise_multiplier=noise)
    return spent(asked, budget.n_steps) if _is_workable(asked, budget.n_steps) else math.inf


def _is_workable(budget: Budget, n_steps: int) -> bool:
    quick = replace(budget, accountant="rdp")
    return budget.accountant == "rdp" or spent(quick, n_steps) <= _EXACT_UP_TO


def _narrowed(budget: Budget, epsilon: float, low: float, high: float) -> float:
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        low, high = (low, middle) if _costs(budget, middle) <= epsilon else (middle, high)
    return high


def spent(budget: Budget, n_steps: int) -> float:
    """Return epsilon at the budget's delta after so many steps.

    Raises:
        ModelError: If the accountant finds no finite number.
    """
    from opacus.accountants import create_accountant

    if not _is_workable(budget, n_steps):
        got = Phrase(f"a noise multiplier of {budget.noise_multiplier:g}, which spends more")
        do = "Add noise, or set accountant: rdp."
        what = f"spend at most {_EXACT_UP_TO:g} with accountant prv"
        raise ModelError(must("train.private", what, got, do=do))
    accountant = create_accountant(budget.accountant)
    accountant.history = [(budget.noise_multiplier, budget.sampling_rate, n_steps)]
    with _accounting(f"a noise multiplier of {budget.noise_multiplier:g}"):
        epsilon = float(accountant.get_epsilon(delta=budget.delta))
        if not math.isfinite(epsilon):
            raise ValueError(f"epsilon is {epsilon}")
    return epsilon


@contextmanager
def _accounting(got: str) -> Iterator[Any]:
    """Turn what an accountant cannot answer into an error that says what to do."""
    try:
        with warnings.catch_warnings():
            # it warns where a bound is loose; a loose bound is a bound
            warnings.simplefilter("ignore")
            yield
    except (ValueError, RuntimeError, OverflowError, FloatingPointError, MemoryError) as err:
        do = "Ask for more noise, fewer steps, a smaller batch_size, or accountant: rdp."
        what = "have an epsilon that the accountant can work out"
        raise ModelError(must("train.private", what, Phrase(f"{got} ({err})"), do=do)) from err
