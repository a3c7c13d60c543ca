"""The measures of ``representation``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_SHEETS = "Gebru et al. 2021, arXiv:1803.09010"
_WILSON = "Wilson 1927, doi:10.1080/01621459.1927.10502953"


def _measure(
    name: str,
    title: str,
    reads_as: str,
    blind_to: str,
    *,
    unit: str = "share",
    better: Literal["higher", "lower"] = "lower",
    source: str = _SHEETS,
) -> Measure:
    return Measure(
        key=f"representation.{name}",
        title=title,
        unit=unit,
        better=better,
        range_low=-1.0 if unit == "difference" else 0.0,
        range_high=None if unit == "count" else 1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=source,
    )


MEASURES = (
    _measure(
        "share",
        "Share of the rows",
        "Of 100 rows, about {per_100} are in {slice}.",
        "Whether the share is that of real use.",
        better="higher",
    ),
    _measure(
        "missing-share",
        "Rows without a group value",
        "Of 100 rows, about {per_100} have no value ({slice}).",
        "Whose value is missing; it may be mostly one group's.",
        source="New York City, 6 RCNY 5-301; " + _SHEETS,
    ),
    _measure(
        "unknown-share",
        "Rows with a label that was not planned",
        "Of 100 rows, about {per_100} have a label that is not in the plan ({slice}).",
        "Labels that are in the plan and wrong.",
    ),
    _measure(
        "positives",
        "Rows with the class of interest",
        "{value} rows ({slice}) are labelled with the class of interest.",
        "Wrong labels.",
        unit="count",
        better="higher",
    ),
    _measure(
        "negatives",
        "Rows with another class",
        "{value} rows ({slice}) are labelled otherwise than with the class of interest.",
        "Wrong labels.",
        unit="count",
        better="higher",
    ),
    _measure(
        "positive-rate",
        "Share labelled with the class of interest",
        "Of 100 rows ({slice}), about {per_100} are labelled with the class of interest.",
        "Wrong labels, and whether the share is that of real use.",
        source=_WILSON,
    ),
    _measure(
        "positive-rate-difference",
        "Largest difference in that share between groups",
        "Of 100 rows, about {per_100} more are labelled with the class of interest in one group than "
        "in another ({slice}).",
        "Whether the difference is one of the world, of the sample or of the labelling.",
        unit="difference",
        source="Berger 1982, doi:10.1080/00401706.1982.10487790",
    ),
    _measure(
        "not-estimable-groups",
        "Groups too small to estimate",
        "{value} of {n} groups ({slice}) have too few rows to estimate an error rate.",
        "Groups that no column names.",
        unit="count",
    ),
    _measure(
        "low-evidence-groups",
        "Groups with little evidence",
        "{value} of {n} groups ({slice}) have too few rows for a comparison to pass, even if all "
        "rates are equal.",
        "Groups that no column names.",
        unit="count",
    ),
    _measure(
        "duplicated-share",
        "Rows whose text stands there more than once",
        "Of 100 rows ({slice}), about {per_100} have a text that stands there more than once.",
        "Copies that differ in a word.",
    ),
)
