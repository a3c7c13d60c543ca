"""What ``intersections`` measures."""

from __future__ import annotations

from collections.abc import Iterator

from audits._group_measures import WORDS, RateWords
from harness.records import Measure

PREFIX = "intersections"

_FOULDS = "Foulds et al. 2020, arXiv:1807.08362"

RATES: tuple[RateWords, ...] = tuple(
    one for one in WORDS if one.rate in ("selection-rate", "tpr", "fpr", "accuracy")
)
"""The rates that cells are reported with."""


def _by_cell() -> Iterator[Measure]:
    for one in RATES:
        yield Measure(
            key=f"{PREFIX}.{one.rate}",
            title=f"{one.title} by cell",
            unit="share",
            better=one.better,
            range_low=0.0,
            range_high=1.0,
            reads_as=one.reads_as,
            blind_to=f"{one.blind_to} The highest and the lowest of many small cells are mostly chance.",
            source="Fairlearn MetricFrame by group; Wilson 1927, doi:10.1080/01621459.1927.10502953",
        )
    for one in RATES:
        yield Measure(
            key=f"{PREFIX}.{one.rate}-shrunk",
            title=f"{one.title} by cell, drawn towards the mean",
            unit="share",
            better=one.better,
            range_low=0.0,
            range_high=1.0,
            reads_as=one.reads_as.replace("about", "as a best guess about"),
            blind_to="Single cells: it is right on average over cells. For reading, never for a rule.",
            source="Efron and Morris 1975, doi:10.1080/01621459.1975.10479864; interval: Morris 1983, "
            "doi:10.1080/01621459.1983.10477920",
        )

    yield Measure(
        key=f"{PREFIX}.impact-ratio",
        title="Impact ratio by cell",
        unit="ratio",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="For every 100 in the cell with the highest selection rate there are about {per_100} in this "
        "one ({slice}).",
        blind_to="Chance: the best of many small cells is better than in truth, so that a ratio is too low on "
        "average. Whether the decisions are right.",
        source="6 RCNY 5-301 (New York City Local Law 144); 29 CFR 1607.4(D)",
    )


def _whole() -> Iterator[Measure]:
    for one in RATES:
        yield Measure(
            key=f"{PREFIX}.{one.rate}-between-cells",
            title=f"{one.title}: standard deviation between cells, noise taken away",
            unit="standard deviation",
            better="lower",
            range_low=0.0,
            range_high=0.5,
            reads_as=f"{one.title}: the true rates of the cells ({{slice}}) typically lie {{value}} around their "
            "mean.",
            blind_to="Which cells differ. For reading, never for a rule.",
            source="Moment estimate; interval: Viechtbauer 2007, doi:10.1002/sim.2514",
        )
    for one in RATES:
        yield Measure(
            key=f"{PREFIX}.{one.rate}-difference",
            title=f"{one.title}: largest difference between cells",
            unit="difference",
            better="lower",
            range_low=0.0,
            range_high=1.0,
            reads_as=f"{one.title}: the highest and the lowest cell ({{slice}}) are about {{per_100}} of 100 "
            "apart.",
            blind_to="Cells that were not compared. Its two ends are not one ordinary interval: the end "
            "that passes is one-sided for every pair, the end that fails is simultaneous over all pairs.",
            source="Berger 1982, doi:10.1080/00401706.1982.10487790; docs/decisions/0017-worst-groups.md",
        )
    yield Measure(
        key=f"{PREFIX}.selection-rate-ratio",
        title="Selection rate: smallest ratio between cells",
        unit="ratio",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="For every 100 decided for the class of interest in the cell with the highest rate there "
        "are about {per_100} in the cell with the lowest ({slice}).",
        blind_to="Whether the decisions are right, and cells that were not compared.",
        source="6 RCNY 5-301 (intersections); docs/decisions/0017-worst-groups.md",
    )
    yield Measure(
        key=f"{PREFIX}.differential-fairness-epsilon",
        title="Differential fairness, epsilon",
        unit="log ratio",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="The log ratio of how often a class is decided in two cells ({slice}) is at most {value}; 0 "
        "is best, 0.22 a ratio of four fifths.",
        blind_to="Whether the decisions are right; it is unbounded where a class may never be decided.",
        source=f"{_FOULDS}; Dirichlet smoothing with one example of each class",
    )


MEASURES = (*_by_cell(), *_whole())
