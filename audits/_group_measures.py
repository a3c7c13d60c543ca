"""What ``group-metrics`` measures, and how each rate reads.

Fairlearn's names: demographic parity is about selection rates, equal opportunity about true positive
rates, equalized odds about true and false positive rates together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.auditing import Comparison
from harness.records import Measure
from harness.stats import Rate

PREFIX = "group-metrics"

_KINDS: tuple[Literal["difference", "ratio"], ...] = ("difference", "ratio")

_TWO_ENDS = (
    "Its two ends are not one ordinary interval: the end that passes is the worst of the one-sided limits "
    "of all pairs, the end that fails is simultaneous over all pairs. Blind to wrong labels and to groups "
    "that no column names."
)
_LIMITS = (
    "Clopper-Pearson limits joined by MOVER, Tukey over pairs; docs/decisions/0017-worst-groups.md"
)


@dataclass(frozen=True, slots=True)
class RateWords:
    """One rate.

    Attributes:
        rate: Which.
        title: Sentence case.
        reads_as: Sentence in natural frequencies.
        blind_to: What it cannot see.
        better: Which direction is better for the decision to be right; for the selection rate a
            convention, as neither is.
        difference: Title of its largest difference.
        has_ratio: Whether Fairlearn or practice forms its ratio.
    """

    rate: Rate
    title: str
    reads_as: str
    blind_to: str
    better: Literal["higher", "lower"]
    difference: str
    has_ratio: bool = False


WORDS: tuple[RateWords, ...] = (
    RateWords(
        "selection-rate",
        "Selection rate",
        "Of 100 examples ({slice}), about {per_100} were decided for the class of interest.",
        "Whether the decisions are right, and whether groups differ in what they are decided about.",
        "higher",
        "Demographic parity difference",
        has_ratio=True,
    ),
    RateWords(
        "tpr",
        "True positive rate",
        "Of 100 examples of the class of interest ({slice}), about {per_100} were found.",
        "False alarms.",
        "higher",
        "Equal opportunity difference",
        has_ratio=True,
    ),
    RateWords(
        "fpr",
        "False positive rate",
        "Of 100 examples of other classes ({slice}), about {per_100} were taken for the class of "
        "interest.",
        "Missed examples.",
        "lower",
        "False positive rate difference",
        has_ratio=True,
    ),
    RateWords(
        "fnr",
        "False negative rate",
        "Of 100 examples of the class of interest ({slice}), about {per_100} were missed.",
        "False alarms.",
        "lower",
        "False negative rate difference",
    ),
    RateWords(
        "ppv",
        "Positive predictive value",
        "Of 100 examples decided for the class of interest ({slice}), about {per_100} belong to it.",
        "Missed examples; it depends on how frequent the class is in the group.",
        "higher",
        "Predictive parity difference",
    ),
    RateWords(
        "accuracy",
        "Accuracy",
        "Of 100 examples ({slice}), about {per_100} were decided correctly.",
        "Which kind of error it is.",
        "higher",
        "Accuracy difference",
    ),
)


def _rates() -> list[Measure]:
    return [
        Measure(
            key=f"{PREFIX}.{one.rate}",
            title=f"{one.title} by group",
            unit="share",
            better=one.better,
            range_low=0.0,
            range_high=1.0,
            reads_as=one.reads_as,
            blind_to=one.blind_to,
            source="Fairlearn MetricFrame by group; Wilson 1927, doi:10.1080/01621459.1927.10502953",
        )
        for one in WORDS
    ]


def _worst(
    name: str, title: str, reads_as: str, *, kind: Literal["difference", "ratio"], source: str
) -> Measure:
    return Measure(
        key=f"{PREFIX}.{name}",
        title=title,
        unit=kind,
        better="lower" if kind == "difference" else "higher",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=_TWO_ENDS,
        source=f"{source}; {_LIMITS}",
    )


def _differences() -> list[Measure]:
    return [
        _worst(
            f"{one.rate}-difference",
            one.difference,
            f"{one.title}: the highest and the lowest group ({{slice}}) are about {{per_100}} of 100 "
            "apart.",
            kind="difference",
            source="Fairlearn, difference between groups",
        )
        for one in WORDS
    ]


def _ratios() -> list[Measure]:
    titles = {"selection-rate": "Demographic parity ratio"}
    return [
        _worst(
            f"{one.rate}-ratio",
            titles.get(one.rate, f"{one.title} ratio"),
            f"{one.title}: for every 100 in the group with the highest rate there are about "
            "{per_100} in the group with the lowest ({slice}).",
            kind="ratio",
            source="Fairlearn, ratio between groups",
        )
        for one in WORDS
        if one.has_ratio
    ]


def _worst_off() -> list[Measure]:
    return [
        Measure(
            key=f"{PREFIX}.{one.rate}-worst",
            title=f"{one.title} of the group that is worst off",
            unit="share",
            better=one.better,
            range_low=0.0,
            range_high=1.0,
            reads_as=one.reads_as.replace("({slice})", "of the group that is worst off ({slice})"),
            blind_to=one.blind_to,
            source="Sagawa et al. 2020, arXiv:1911.08731 (worst group); " + _LIMITS,
        )
        for one in WORDS
        if one.rate != "selection-rate"
    ]


def _odds() -> list[Measure]:
    return [
        _worst(
            "equalized-odds-difference",
            "Equalized odds difference",
            "The larger of the differences in true and in false positive rate ({slice}) is about "
            "{per_100} of 100.",
            kind="difference",
            source="Fairlearn, equalized_odds_difference; Hardt et al. 2016, arXiv:1610.02413",
        ),
        _worst(
            "equalized-odds-ratio",
            "Equalized odds ratio",
            "In the smaller of the ratios of true and of false positive rates ({slice}), there are about "
            "{per_100} for every 100.",
            kind="ratio",
            source="Fairlearn, equalized_odds_ratio; Hardt et al. 2016, arXiv:1610.02413",
        ),
    ]


def _weighted() -> list[Measure]:
    return [
        _worst(
            f"{one.rate}-difference-weighted",
            f"{one.difference}, mean over classes",
            f"{one.title}: averaged over the classes by their examples, the highest and the lowest "
            "group ({slice}) are about {per_100} of 100 apart.",
            kind="difference",
            source="Support-weighted mean over classes, one versus rest",
        )
        for one in WORDS
        if one.rate in ("tpr", "fpr")
    ]


_IMPACT = Measure(
    key=f"{PREFIX}.impact-ratio",
    title="Impact ratio",
    unit="ratio",
    better="higher",
    range_low=0.0,
    range_high=1.0,
    reads_as="For every 100 in the category with the highest selection rate there are about "
    "{per_100} in this one ({slice}).",
    blind_to="Chance: the best category of a sample is better than in truth, so that a ratio is too "
    "low on average (0.72 for ten equal groups of 200). No rule should use it alone.",
    source="6 RCNY 5-301 (New York City Local Law 144); 29 CFR 1607.4(D)",
)

MEASURES = (
    *_rates(),
    *_differences(),
    *_ratios(),
    *_odds(),
    *_worst_off(),
    *_weighted(),
    _IMPACT,
)

COMPARES = {
    **{
        f"{PREFIX}.{one.rate}-{kind}": Comparison((one.rate,), kind)
        for one in WORDS
        for kind in _KINDS
        if kind == "difference" or one.has_ratio
    },
    **{f"{PREFIX}.equalized-odds-{kind}": Comparison(("tpr", "fpr"), kind) for kind in _KINDS},
}
"""What ``assay plan`` reckons with."""
