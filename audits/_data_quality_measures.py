"""The measures of ``data-quality``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_SHEETS = "Gebru et al. 2021, arXiv:1803.09010"
MARKS = (("median", 0.5, "half"), ("95th", 0.95, "95 of 100"), ("max", 1.0, "all"))
"""Name of a length, the quantile that it is, and how many texts are no longer than it."""


def _share(name: str, title: str, what: str, *, blind_to: str, better: str = "lower") -> Measure:
    return Measure(
        key=f"data-quality.{name}",
        title=title,
        unit="share",
        better="higher" if better == "higher" else "lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=f"Of 100 {what}.",
        blind_to=blind_to,
        source=_SHEETS,
    )


def _lengths(unit: str) -> tuple[Measure, ...]:
    return tuple(
        Measure(
            key=f"data-quality.{unit}-{name}",
            title=f"Length of rows in {unit}, {name}",
            unit=unit,
            better="lower",
            range_low=0.0,
            range_high=None,
            reads_as=f"Of the rows, {share} have at most {{value}}.",
            blind_to="What a model cut away before it counted." if unit == "tokens" else "Tokens.",
            source=_SHEETS,
        )
        for name, _, share in MARKS
    )


MEASURES = (
    _share(
        "largest-class-share",
        "Share of the most frequent class",
        "rows, about {per_100} have the most frequent label",
        blind_to="Whether the shares are those of real use.",
    ),
    _share(
        "smallest-class-share",
        "Share of the least frequent class",
        "rows, about {per_100} have the least frequent label",
        blind_to="Whether the shares are those of real use.",
        better="higher",
    ),
    Measure(
        key="data-quality.class-ratio",
        title="Most frequent to least frequent class",
        unit="ratio",
        better="lower",
        range_low=1.0,
        range_high=None,
        reads_as="The most frequent label stands {value} times as often as the least frequent one.",
        blind_to="All classes between the two.",
        source="Imbalance ratio: He and Garcia 2009, doi:10.1109/TKDE.2008.239",
    ),
    _share(
        "empty-share",
        "Empty rows",
        "rows, about {per_100} hold no text, or nearly none",
        blind_to="Texts without meaning.",
    ),
    _share(
        "duplicated-share",
        "Repeated rows",
        "rows, about {per_100} stand earlier in the same data set",
        blind_to="Near-duplicates.",
    ),
    _share(
        "contradictory-share",
        "Contradictory rows",
        "rows, about {per_100} also stand in the data set with another label",
        blind_to="Wrong labels of rows that stand once.",
    ),
    _share(
        "quarantined-share",
        "Rows set aside",
        "rows that were read, about {per_100} were set aside as unusable",
        blind_to="Rows that never reached the file.",
    ),
    *_lengths("characters"),
    *_lengths("tokens"),
    _share(
        "truncated-share",
        "Rows that are cut",
        "rows, about {per_100} are longer than the model reads",
        blind_to="How much of them is cut away.",
    ),
    _share(
        "unknown-token-share",
        "Unknown tokens",
        "tokens, about {per_100} are unknown to the model",
        blind_to="Words that the vocabulary spells in pieces.",
    ),
    Measure(
        key="data-quality.label-shift",
        title="Difference of the labels between training and test rows",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows, about {per_100} would need another label for test rows to have the "
        "label shares of training rows.",
        blind_to="Texts; and shares that shift within a group.",
        source="Total variation distance; Lipton, Wang and Smola 2018, arXiv:1802.03916",
    ),
    Measure(
        key="data-quality.text-shift",
        title="How well test texts can be told from training texts",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 pairs of a test row and a training row, a simple classifier tells about "
        "{per_100} apart (50: chance).",
        blind_to="Shifts that character n-grams do not show, and whether they matter.",
        source="Classifier two-sample test: Lopez-Paz and Oquab 2017, arXiv:1610.06545",
    ),
)
