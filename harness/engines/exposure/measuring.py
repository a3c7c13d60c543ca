"""The exposure of one canary: draws, then an exact search or more draws where they say too little."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.canaries import parse_format
from harness.engines.exposure.drawing import Drawn, DrawPlan, draw_rivals
from harness.engines.exposure.searching import exact_rank
from harness.engines.exposure.stepping import Steps
from harness.records import Estimate, Message
from harness.stats import exact, exposure_of_rank, sampled_rank, undefined

if TYPE_CHECKING:
    import numpy as np

    from harness.canaries import Canary
    from harness.engines.exposure.framing import Framer, Framing

_SEARCH_BELOW = 0.05
"""Share of draws, effective ones that stand before the secret: so few (100 of 2,000) leave more than
0.15 bit open, and an exact search is tried."""

_SEARCH_ANYWAY = 500
"""So few beginnings are searched through at less than the cost of the draws."""

_DRAW_AGAIN_BELOW = 0.025
_MORE = 4


@dataclass(frozen=True, slots=True)
class ExposureSettings:
    """How exposures are measured.

    Attributes:
        draws: n, secrets that are drawn from the model for each canary.
        uniform_share: Share of them that is uniform over the format.
        mix: Share of the uniform distribution in each step of the others, so that what the model
            thinks impossible is drawn too.
        tolerance: Nats within which two losses are a tie: what is computed in one pass and step by
            step differs by rounding.
        cap: Beginnings that an exact search may follow.
    """

    draws: int = 2000
    uniform_share: float = 0.25
    mix: float = 0.1
    tolerance: float = 1e-3
    cap: int = 4000


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was found of one canary.

    Attributes:
        canary: Index of the canary.
        estimate: In bits, from 0 to ``log2_size``.
        log2_size: Bits of the space of its secret.
        n_asked: Rows that the model was run for.
    """

    canary: int
    estimate: Estimate
    log2_size: float
    n_asked: int

    @property
    def bits(self) -> float | None:
        """The value, or the least that it is; None where it was not measured."""
        return self.estimate.low if self.estimate.value is None else self.estimate.value


def exposure_of(
    framer: Framer, canary: Canary, *, settings: ExposureSettings, rng: np.random.Generator
) -> Exposure:
    """Measure how far up the secret of a canary stands among all of its format.

    Args:
        framer: Of the model.
        canary: The canary.
        settings: How.
        rng: Where draws come from.

    Raises:
        ModelError: If the model answers NaN.

    Undefined when: the tokens of the format's secrets do not spell them piece by piece.
    Blind to: what the secret's prefix tells of it to a reader who knows more than the model.
    """
    layout = parse_format(canary.format)
    framing = framer.frame(canary, rng)
    if isinstance(framing, Message):
        return Exposure(canary.index, undefined(framing, unit="bits"), layout.log2_size, 0)
    steps = Steps(framer.model, framing.context, len(framer.vocabulary.texts))
    estimate = _measured(steps, framing, layout.log2_size, settings, rng)
    return Exposure(canary.index, estimate, layout.log2_size, steps.n_asked)


def _measured(
    steps: Steps,
    framing: Framing,
    log2_size: float,
    settings: ExposureSettings,
    rng: np.random.Generator,
) -> Estimate:
    limit = steps.loss(framing.target) + settings.tolerance

    def draw(n: int) -> Drawn:
        plan = DrawPlan(n, int(n * settings.uniform_share), settings.mix)
        return draw_rivals(steps, framing, plan=plan, limit=limit, rng=rng)

    drawn = draw(settings.draws)
    effective = _effective(drawn) / settings.draws
    is_few = effective < _SEARCH_BELOW and drawn.n_nodes <= settings.cap
    if is_few or drawn.n_nodes <= _SEARCH_ANYWAY:
        rank = exact_rank(steps, framing, limit=limit, cap=settings.cap)
        if rank is not None:
            return exact(exposure_of_rank(rank, log2_size), n=settings.draws, unit="bits")
    if effective < _DRAW_AGAIN_BELOW:
        # the first draws have chosen that there are more; only the others are free of that choice
        drawn = draw(_MORE * settings.draws)
    return sampled_rank(
        drawn.weights,
        log2_size=log2_size,
        log2_most=_most_bits(framing, limit, log2_size, settings),
    )


def _effective(drawn: Drawn) -> float:
    """Return how many equal weights would say as much as those of the draws."""
    squares = float((drawn.weights**2).sum())
    return float(drawn.weights.sum()) ** 2 / squares if squares > 0 else 0.0


def _most_bits(
    framing: Framing, limit: float, log2_size: float, settings: ExposureSettings
) -> float:
    """Return how many bits the weight of a draw that stands before the secret can have.

    Drawn from the model it has at most the secret's own loss, and what the mixture takes off each
    step; drawn uniformly it has the bits of the space. Each is drawn in its share.
    """
    share = settings.uniform_share
    steps = -framing.spelling.n_characters * math.log2(1 - settings.mix)
    of_model = limit / math.log(2) + steps - math.log2(1 - share)
    return min(of_model, log2_size - math.log2(share)) if share > 0 else of_model
