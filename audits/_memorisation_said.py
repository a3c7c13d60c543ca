"""What the exposures of canaries say together, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from audits import _memorisation_notes as notes
from harness.auditing import AuditContext
from harness.canaries import Canary
from harness.engines.exposure import Exposure
from harness.records import Estimate, Measurement, Message
from harness.stats import (
    beyond_exposure,
    chance_estimate,
    clopper_pearson,
    exact,
    linear_estimate,
    median_estimate,
    reported_from,
    undefined,
)

_BROKEN_BELOW = 0.001
_FEW = 16
_UNITS = {
    "median-exposure": "bits",
    "highest-exposure": "bits",
    "beyond-chance": "bits",
    "reported-secrets": "count",
    "reported-share": "share",
    "chance-p-value": "probability",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Canaries with their exposures, in order; some were not measured."""

    canaries: Sequence[Canary]
    exposures: Sequence[Exposure]

    @classmethod
    def of(cls, canaries: Sequence[Canary], exposures: Sequence[Exposure]) -> Measured:
        """Put them side by side."""
        return cls(tuple(canaries), tuple(exposures))

    @property
    def known(self) -> list[tuple[Canary, Exposure]]:
        """Those that were measured."""
        pairs = zip(self.canaries, self.exposures, strict=True)
        return [(canary, one) for canary, one in pairs if one.bits is not None]

    @property
    def levels(self) -> list[int]:
        """How often secrets were planted, ascending."""
        return sorted({canary.n_planted for canary in self.canaries})

    def at(self, level: int) -> list[Exposure]:
        """Return the exposures of one level."""
        return [one for canary, one in self.known if canary.n_planted == level]


@dataclass
class Said:
    """The measurements of one run.

    Attributes:
        ctx: The audit's context.
        measured: What was found.
        n_planned: Canaries that were planned, measured or not.
    """

    ctx: AuditContext
    measured: Measured
    n_planned: int

    columns = ("index", "family", "planted", "masked", "bits", "low", "high", "method")

    @cached_property
    def dataset(self) -> str:
        """Data set that the secrets were planted in, where the run has it."""
        train = self.ctx.train_rows()
        return self.ctx.datasets[0] if train is None else train.ref.name

    @cached_property
    def control(self) -> Estimate:
        """How likely the exposures of secrets are that were never planted."""
        exposures = [one.estimate for one in self.measured.at(0)]
        if not exposures:
            return undefined(notes.none_at(0), unit="probability")
        return chance_estimate(exposures)

    @cached_property
    def broken(self) -> Message | None:
        """Why nothing can be believed; None where the control is quiet."""
        value = self.control.value
        if value is None or value >= _BROKEN_BELOW:
            return None
        return notes.broken(value, self.control.n)

    @cached_property
    def threshold(self) -> float:
        """Bits from which a secret is reported."""
        return reported_from(max(1, len(self.measured.known)))

    def measurements(self) -> Iterator[Measurement]:
        """Yield every measurement."""
        yield self._say("control-p-value", self.control)
        yield self._in_data()
        planted = [pair for pair in self.measured.known if pair[0].n_planted]
        yield from self._of(planted, None)
        yield self._say("exposure-per-doubling", self._slope(planted))
        once = [one for canary, one in planted if canary.n_planted == 1]
        for name, estimate in self._highest(once, notes.none_at(1)).items():
            yield self._say(f"once-{name}", estimate)
        for level in self.measured.levels:
            of_level = [pair for pair in self.measured.known if pair[0].n_planted == level]
            yield from self._of(of_level, {"planted": str(level)})
        for family in sorted({canary.family for canary in self.measured.canaries}):
            yield from self._of([p for p in planted if p[0].family == family], {"family": family})
        masked = [pair for pair in planted if pair[0].is_masked]
        if masked:
            yield from self._of(masked, {"masked": "yes"})

    def rows(self) -> list[tuple[object, ...]]:
        """Return one row for each secret, without the secret."""
        return [
            (
                canary.index,
                canary.family,
                canary.n_planted,
                canary.is_masked,
                one.bits,
                one.estimate.low,
                one.estimate.high,
                one.estimate.method,
            )
            for canary, one in self.measured.known
        ]

    def _of(
        self, pairs: Sequence[tuple[Canary, Exposure]], where: dict[str, str] | None
    ) -> Iterator[Measurement]:
        exposures = [one for _, one in pairs]
        why = notes.no_canaries()
        if not exposures:
            for name, unit in _UNITS.items():
                yield self._say(name, undefined(why, unit=unit), where)
            return
        bits = [one.bits for one in exposures if one.bits is not None]
        most = max(one.log2_size for one in exposures)
        n_reported = sum(value >= self.threshold for value in bits)
        median = median_estimate(bits, unit="bits", range_low=0.0, range_high=most)
        yield self._say("median-exposure", median, where, notes.highest_possible(most))
        for name, estimate in self._highest(exposures, why).items():
            yield self._say(name, estimate, where)
        limit = notes.threshold(self.threshold, len(self.measured.known))
        counted = exact(n_reported, n=len(bits), unit="count")
        yield self._say("reported-secrets", counted, where, limit)
        yield self._say("reported-share", clopper_pearson(n_reported, len(bits)), where, limit)
        yield self._say(
            "chance-p-value", chance_estimate([one.estimate for one in exposures]), where
        )

    def _highest(self, exposures: Sequence[Exposure], why: Message) -> dict[str, Estimate]:
        """Return the highest of some exposures, and how far beyond chance it lies."""
        if not exposures:
            nothing = undefined(why, unit="bits")
            return {"highest-exposure": nothing, "beyond-chance": nothing}
        highest = max(
            exposures, key=lambda one: (one.bits or 0.0, one.estimate.low or 0.0)
        ).estimate
        return {
            "highest-exposure": highest,
            "beyond-chance": beyond_exposure(highest, self.threshold),
        }

    def _slope(self, planted: Sequence[tuple[Canary, Exposure]]) -> Estimate:
        """Return what each doubling of repeats adds: least squares over the logarithm of repeats."""
        doublings = np.log2([max(1, canary.n_planted) for canary, _ in planted])
        if len(planted) < 3 or np.ptp(doublings) == 0:
            return undefined(notes.one_level(), unit="bits", n=len(planted))
        bits = np.array([one.bits for _, one in planted], dtype=np.float64)
        centred = doublings - doublings.mean()
        slope = float(centred @ bits / (centred @ centred))
        residual = bits - bits.mean() - slope * centred
        influence = centred * residual / (centred @ centred)
        return linear_estimate(slope, influence, unit="bits", range_low=None, range_high=None)

    def _in_data(self) -> Measurement:
        train = self.ctx.train_rows()
        if train is None or not train.has_inputs:
            return self._say("secrets-in-data", undefined(notes.without_data(), unit="count"))
        whole = "\n".join(one if isinstance(one, str) else "\n".join(one) for one in train.inputs)
        n = sum(canary.secret in whole for canary in self.measured.canaries)
        n_canaries = len(self.measured.canaries)
        if n_canaries == 0:
            return self._say("secrets-in-data", undefined(notes.no_canaries(), unit="count"))
        return self._say("secrets-in-data", exact(n, n=n_canaries, unit="count"))

    def _say(
        self,
        name: str,
        estimate: Estimate,
        where: dict[str, str] | None = None,
        *beside: Message,
    ) -> Measurement:
        is_own = name in ("control-p-value", "secrets-in-data")
        if self.broken is not None and not is_own:
            estimate = undefined(self.broken, unit=estimate.unit, method="error")
        return self.ctx.measurement(
            name,
            estimate,
            dataset=self.dataset,
            where=where,
            caveats=tuple(self._caveats()),
            notes=beside,
        )

    def _caveats(self) -> Iterator[Message]:
        measured = self.measured
        n, n_known = len(measured.canaries), len(measured.known)
        if n < self.n_planned:
            yield notes.some_of(n, self.n_planned)
        if n_known < n:
            first = next(one for one in measured.exposures if one.bits is None)
            assert first.estimate.why_undefined is not None  # what has no bits says why
            yield notes.unmeasured(n - n_known, n, first.estimate.why_undefined)
        n_bounds = sum(one.estimate.value is None for _, one in measured.known)
        if n_bounds:
            yield notes.at_least(n_bounds, n_known)
