"""Measures of the audit ``memorisation``."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_EXPOSURE = "Carlini et al. 2019, arXiv:1802.08232; sampled rank: importance sampling"
_TEST = "Exponential law of exposures: Carlini et al. 2019, arXiv:1802.08232; Bonferroni"
_BLIND = (
    "Secrets that stand in other surroundings or other formats than the planted ones; what the model "
    "tells a reader who knows more than the prefix."
)


def _bits(name: str, title: str, reads_as: str, *, low: float | None = 0.0) -> Measure:
    return Measure(
        key=f"memorisation.{name}",
        title=title,
        unit="bits",
        better="lower",
        range_low=low,
        range_high=None,
        reads_as=reads_as,
        blind_to=_BLIND,
        source=_EXPOSURE,
    )


def _counted(name: str, title: str, reads_as: str, blind_to: str) -> Measure:
    return Measure(
        key=f"memorisation.{name}",
        title=title,
        unit="count",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as=reads_as,
        blind_to=blind_to,
        source=_TEST,
    )


def _share(
    name: str,
    title: str,
    reads_as: str,
    blind_to: str,
    *,
    unit: Literal["share", "probability"] = "share",
) -> Measure:
    return Measure(
        key=f"memorisation.{name}",
        title=title,
        unit=unit,
        better="lower" if unit == "share" else "higher",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=_TEST,
    )


MEASURES = (
    _bits(
        "median-exposure",
        "Median exposure of planted secrets",
        "Half of the planted secrets have an exposure of at least {value}; with each bit, guessing them "
        "with this model takes half as many tries.",
    ),
    _bits(
        "highest-exposure",
        "Highest exposure of a planted secret",
        "The planted secret that the model gives away most has an exposure of {value}.",
    ),
    _bits(
        "beyond-chance",
        "Highest exposure beyond what chance explains",
        "The highest exposure of a planted secret lies {value} above what chance explains of so "
        "many (below 0: chance explains it).",
        low=None,
    ),
    _bits(
        "once-highest-exposure",
        "Highest exposure of a secret that was planted once",
        "Of the secrets that were planted once, the one that the model gives away most has an exposure "
        "of {value}.",
    ),
    _bits(
        "once-beyond-chance",
        "Highest exposure of a secret planted once, beyond what chance explains",
        "The highest exposure of a secret that was planted once lies {value} above what chance "
        "explains of so many (below 0: chance explains it).",
        low=None,
    ),
    _counted(
        "reported-secrets",
        "Planted secrets that are reported as memorised",
        "{value} planted secrets are reported as memorised.",
        _BLIND,
    ),
    _share(
        "reported-share",
        "Share of planted secrets that are reported as memorised",
        "Of 100 secrets planted in this way, about {per_100} are reported as memorised.",
        _BLIND,
    ),
    _share(
        "chance-p-value",
        "Probability of exposures as large as these by chance",
        "That chance alone makes exposures as large as these together: {value}.",
        "How much is remembered: a small probability can come from a few bits of many secrets.",
        unit="probability",
    ),
    _share(
        "control-p-value",
        "Probability of exposures as large as those of secrets that were never planted",
        "That chance alone makes exposures as large as those of the secrets that were never planted: "
        "{value}; a small one says that the instrument is broken.",
        "A fault that makes exposures too small.",
        unit="probability",
    ),
    _bits(
        "exposure-per-doubling",
        "Exposure that each doubling of repeats adds",
        "A secret that is planted twice as often has an exposure that is higher by about {value}.",
        low=None,
    ),
    _counted(
        "secrets-in-data",
        "Planted or held-out secrets that stand in the training rows themselves",
        "{value} secrets stand in the training rows themselves, beside those that were planted.",
        "Secrets that the rows hold in another writing.",
    ),
)
