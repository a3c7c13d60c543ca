"""The measures of ``group-ranking``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

BORKAN = "Borkan et al. 2019, arXiv:1903.04561"
_DELONG = "DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595"
_BLIND = "Calibration, where the decision threshold lies, and which other group is ranked better."


def _area(name: str, title: str, reads_as: str, blind_to: str = _BLIND) -> Measure:
    return Measure(
        key=f"group-ranking.{name}",
        title=title,
        unit="probability",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=f"{BORKAN}; {_DELONG}",
    )


def _difference(
    name: str, title: str, reads_as: str, *, blind_to: str = _BLIND, is_higher: bool = True
) -> Measure:
    return Measure(
        key=f"group-ranking.{name}",
        title=title,
        unit="difference",
        better="higher" if is_higher else "lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=f"{BORKAN}; {_DELONG}; Zou 2007, doi:10.1037/1082-989X.12.4.399",
    )


MEASURES = (
    _area(
        "auc",
        "Area under the ROC curve",
        "Of 100 pairs of a positive and a negative example, the model scores the positive one higher "
        "in about {per_100}.",
        "Groups: it can be high while the examples of one group are ranked wrongly.",
    ),
    _area(
        "subgroup-auc",
        "Subgroup AUC",
        "Of 100 pairs of a positive and a negative example of the group ({slice}), the model scores "
        "the positive one higher in about {per_100}.",
        "Scores of the whole group that are too high or too low beside those of all others.",
    ),
    _area(
        "bpsn-auc",
        "BPSN AUC: positives of the rest, negatives of the group",
        "Of 100 pairs of a positive example of the rest and a negative example of the group ({slice}), "
        "the model scores the positive one higher in about {per_100}.",
        "Positive examples of the group.",
    ),
    _area(
        "bnsp-auc",
        "BNSP AUC: negatives of the rest, positives of the group",
        "Of 100 pairs of a positive example of the group ({slice}) and a negative example of the rest, "
        "the model scores the positive one higher in about {per_100}.",
        "Negative examples of the group.",
    ),
    _difference(
        "subgroup-difference",
        "Subgroup AUC minus overall AUC",
        "Of 100 pairs within the group ({slice}), about {per_100} more are in the right order than of "
        "100 pairs of all examples (below 0: fewer).",
    ),
    _difference(
        "bpsn-difference",
        "BPSN AUC minus overall AUC",
        "Of 100 pairs of a positive of the rest and a negative of the group ({slice}), about {per_100} "
        "more are in the right order than of 100 pairs of all examples (below 0: fewer).",
    ),
    _difference(
        "bnsp-difference",
        "BNSP AUC minus overall AUC",
        "Of 100 pairs of a positive of the group ({slice}) and a negative of the rest, about {per_100} "
        "more are in the right order than of 100 pairs of all examples (below 0: fewer).",
    ),
    _difference(
        "lowest-difference",
        "Lowest AUC of any group minus overall AUC",
        "In the worst case over all groups and kinds of pairs ({slice}), about {per_100} more of 100 "
        "pairs are in the right order than of 100 pairs of all examples (below 0: fewer).",
    ),
    _difference(
        "positive-gap",
        "Average equality gap of positives",
        "Of 100 pairs of a positive example of the group ({slice}) and one of the rest, the one of the "
        "group scores higher in about {per_100} more than half (below 0: fewer).",
        blind_to="Negative examples, and differences that cancel over the range of scores.",
    ),
    _difference(
        "negative-gap",
        "Average equality gap of negatives",
        "Of 100 pairs of a negative example of the group ({slice}) and one of the rest, the one of the "
        "group scores higher in about {per_100} more than half (below 0: fewer).",
        blind_to="Positive examples, and differences that cancel over the range of scores.",
        is_higher=False,
    ),
    Measure(
        key="group-ranking.jigsaw-composite",
        title="Composite of overall and group AUCs",
        unit="score",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="A quarter overall AUC and three quarters means over the groups that lean to the worst "
        "give {value}; 1 is the best.",
        blind_to="Which group is ranked badly, and that one is at all: it is a mean.",
        source=f"Jigsaw Unintended Bias in Toxicity Classification 2019 (power mean, p = -5); {BORKAN}",
    ),
)
