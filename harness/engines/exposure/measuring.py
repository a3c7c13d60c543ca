"""The exposure of one canary: draws, then an exact search or more draws where they say too little."""

from __future__ import annotations

import math
from collections.abc import Callable
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

_FIRST = 4
_ENOUGH = 0.075
"""A quarter of the draws comes first. Where so many effective ones of it stand before the secret (150
for 2,000 draws, which leaves 0.12 bit open) it is one among many, and nothing more is drawn."""

_DRAW_AGAIN_BELOW = 0.025
_MORE = 4
"""Where so few do, and no search is possible, more are drawn."""


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

    Exactly where few beginnings of others stand before it, and by draws otherwise.

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
    return _found(framer, canary, settings, rng, _Asked.best)


def sampled_exposure(
    framer: Framer, canary: Canary, *, settings: ExposureSettings, rng: np.random.Generator
) -> Exposure:
    """Measure an exposure by draws alone; see ``exposure_of``."""
    return _found(framer, canary, settings, rng, _Asked.sampled)


def exact_exposure(
    framer: Framer, canary: Canary, *, settings: ExposureSettings, rng: np.random.Generator
) -> Exposure:
    """Measure an exposure by an exact search alone; see ``exposure_of``.

    Undefined when: more beginnings would have to be followed than the cap allows.
    """
    return _found(framer, canary, settings, rng, _Asked.exact)


@dataclass(slots=True)
class _Asked:
    """One canary that a model is asked about.

    Attributes:
        steps: Asks the model.
        framing: The canary.
        settings: How.
        rng: Where draws come from.
        limit: Loss up to which a secret stands before the planted one, in nats.
    """

    steps: Steps
    framing: Framing
    settings: ExposureSettings
    rng: np.random.Generator
    limit: float

    def best(self) -> Estimate:
        drawn = self._draw(self.settings.draws // _FIRST)
        if drawn.n_nodes > _SEARCH_ANYWAY and not self._says_enough(drawn):
            drawn = self._draw(self.settings.draws)
        is_few = _effective(drawn) < _SEARCH_BELOW * self.settings.draws
        if drawn.n_nodes <= (self.settings.cap if is_few else _SEARCH_ANYWAY):
            found = self.exact()
            if found.value is not None:
                return found
        return self._of(drawn)

    def sampled(self) -> Estimate:
        drawn = self._draw(self.settings.draws // _FIRST)
        return self._of(drawn if self._says_enough(drawn) else self._draw(self.settings.draws))

    def _says_enough(self, drawn: Drawn) -> bool:
        return _effective(drawn) >= _ENOUGH * self.settings.draws

    def exact(self) -> Estimate:
        cap = self.settings.cap
        rank = exact_rank(self.steps, self.framing, limit=self.limit, cap=cap)
        if rank is None:
            why = Message.of(
                "exposure.search-capped",
                "Not measured: an exact search would follow more than {cap} beginnings.",
                cap=cap,
            )
            return undefined(why, unit="bits")
        bits = exposure_of_rank(rank, self.framing.layout.log2_size)
        return exact(bits, n=self.settings.draws, unit="bits")

    def _draw(self, n: int) -> Drawn:
        plan = DrawPlan(n, int(n * self.settings.uniform_share), self.settings.mix)
        return draw_rivals(self.steps, self.framing, plan=plan, limit=self.limit, rng=self.rng)

    def _of(self, drawn: Drawn) -> Estimate:
        if _effective(drawn) < _DRAW_AGAIN_BELOW * self.settings.draws:
            # the first draws have chosen that there are more; only the others are free of that
            drawn = self._draw(_MORE * self.settings.draws)
        return sampled_rank(
            drawn.weights,
            log2_size=self.framing.layout.log2_size,
            log2_most=self._most_bits(),
        )

    def _most_bits(self) -> float:
        """Return how many bits the weight of a draw that stands before the secret can have.

        Drawn from the model it has at most the secret's own loss, and what the mixture takes off
        each step; drawn uniformly it has the bits of the space. Each is drawn in its share.
        """
        share = self.settings.uniform_share
        steps = -self.framing.spelling.n_characters * math.log2(1 - self.settings.mix)
        of_model = self.limit / math.log(2) + steps - math.log2(1 - share)
        if share <= 0:
            return of_model
        return min(of_model, self.framing.layout.log2_size - math.log2(share))


def _found(
    framer: Framer,
    canary: Canary,
    settings: ExposureSettings,
    rng: np.random.Generator,
    way: Callable[[_Asked], Estimate],
) -> Exposure:
    size = parse_format(canary.format).log2_size
    framing = framer.frame(canary, rng)
    if isinstance(framing, Message):
        return Exposure(canary.index, undefined(framing, unit="bits"), size, 0)
    steps = Steps(framer.model, framing.context, len(framer.vocabulary.texts))
    limit = steps.loss(framing.target) + settings.tolerance
    estimate = way(_Asked(steps, framing, settings, rng, limit))
    return Exposure(canary.index, estimate, size, steps.n_asked)


def _effective(drawn: Drawn) -> float:
    """Return how many equal weights would say as much as those of the draws."""
    squares = float((drawn.weights**2).sum())
    return float(drawn.weights.sum()) ** 2 / squares if squares > 0 else 0.0
