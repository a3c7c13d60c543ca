"""What a private training spends: noise for a budget, and the budget that a noise has cost.

Steps draw every row by itself with the same probability (Poisson sampling), which is what the
accountants of Opacus assume.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from harness.errors import MissingExtra, ModelError, Phrase, must

if TYPE_CHECKING:
    from harness.config.privacy import PrivateConfig

_TOLERANCE = 0.01
"""By how much of epsilon the noise may be larger than it must be."""


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
        from opacus.accountants.utils import get_noise_multiplier

        assert section.epsilon is not None  # one of the two is given
        with _accounting(f"epsilon {section.epsilon:g}"):
            noise = get_noise_multiplier(
                target_epsilon=section.epsilon,
                target_delta=delta,
                sample_rate=rate,
                steps=n_steps,
                accountant=section.accountant,
                epsilon_tolerance=_TOLERANCE * min(1.0, section.epsilon),
            )
    return Budget(float(noise), rate, delta, section.accountant, n_steps)


def spent(budget: Budget, n_steps: int) -> float:
    """Return epsilon at the budget's delta after so many steps.

    Raises:
        ModelError: If the accountant finds no finite number.
    """
    from opacus.accountants import create_accountant

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
