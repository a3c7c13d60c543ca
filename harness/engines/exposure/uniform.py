"""The older ways to an exposure: references drawn uniformly, and a curve fitted to their losses.

Both stand beside the sampled rank for comparison. Uniform references end at the logarithm of their
number: beyond it they say *at least*. The fitted curve extrapolates, and is off by several bits
where it matters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.stats import sampled_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.canaries import SecretFormat
    from harness.engines.exposure.framing import Framing
    from harness.engines.exposure.stepping import Steps
    from harness.records import Estimate

_MOST_SKEW = 0.995
"""Skewness that a skew-normal distribution can reach is below this."""


def reference_losses(
    steps: Steps, framing: Framing, layout: SecretFormat, *, n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the losses of secrets drawn uniformly from a format, in nats, shape [n].

    Args:
        steps: Asks the model.
        framing: The canary.
        layout: Its format.
        n: References.
        rng: Where they come from.
    """
    n_context = len(framing.context)
    drawn = [one[n_context:] for one in framing.ids([layout.draw(rng) for _ in range(n)])]
    steps.n_asked += n
    found = -steps.model.candidate_log_probabilities(framing.context, drawn)
    return np.asarray(found, dtype=np.float64)


def uniform_exposure(losses: NDArray[np.float64], *, limit: float, log2_size: float) -> Estimate:
    """Return the exposure by uniform references; no value, only a bound, where none stands before.

    Args:
        losses: Of the references, in nats, shape [n].
        limit: Loss up to which a secret stands before the planted one.
        log2_size: Bits of the space.
    """
    weights = np.where(losses <= limit, 2.0**log2_size, 0.0)
    return sampled_rank(weights, log2_size=log2_size, log2_most=log2_size)


def skew_normal_bits(losses: NDArray[np.float64], loss: float) -> float:
    """Return the exposure that a skew-normal distribution fitted to references gives, in bits.

    By the method of moments. It is not kept within the space: that it can exceed it is what one
    should see.

    Args:
        losses: Of the references, in nats, shape [n].
        loss: Of the secret.

    Source: Carlini et al. 2019, arXiv:1802.08232, section 4.4
    """
    from scipy.stats import skew, skewnorm

    lean = float(np.clip(skew(losses), -_MOST_SKEW, _MOST_SKEW))
    part = abs(lean) ** (2 / 3)
    tilt = math.copysign(
        math.sqrt(math.pi / 2 * part / (part + ((4 - math.pi) / 2) ** (2 / 3))), lean
    )
    shape = tilt / math.sqrt(max(1e-9, 1 - tilt**2))
    scale = float(losses.std()) / math.sqrt(1 - 2 * tilt**2 / math.pi)
    centre = float(losses.mean()) - scale * tilt * math.sqrt(2 / math.pi)
    return -float(skewnorm.logcdf(loss, shape, centre, scale)) / math.log(2)
