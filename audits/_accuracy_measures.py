"""The measures of ``accuracy``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_SURVEY = "Sokolova and Lapalme 2009, doi:10.1016/j.ipm.2009.03.002"


def _share(name: str, title: str, reads_as: str, *, blind_to: str, source: str) -> Measure:
    return Measure(
        key=f"accuracy.{name}",
        title=title,
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=source,
    )


MEASURES = (
    _share(
        "accuracy",
        "Accuracy",
        "Of 100 examples, about {per_100} were decided correctly.",
        blind_to="Rare classes: always deciding the most frequent one can look good.",
        source=f"{_SURVEY}; interval: Wilson 1927, doi:10.1080/01621459.1927.10502953",
    ),
    _share(
        "balanced-accuracy",
        "Balanced accuracy",
        "Of 100 examples drawn evenly from all classes, about {per_100} were decided correctly.",
        blind_to="How frequent each class is, and false alarms that a rare class causes.",
        source="Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
    ),
    _share(
        "macro-precision",
        "Macro precision",
        "Of 100 decisions drawn evenly from all classes, about {per_100} were correct.",
        blind_to="Missed examples, and how frequent each class is.",
        source=_SURVEY,
    ),
    _share(
        "macro-recall",
        "Macro recall",
        "Of 100 examples drawn evenly from all classes, about {per_100} were found.",
        blind_to="False alarms, and how frequent each class is.",
        source=_SURVEY,
    ),
    _share(
        "macro-f1",
        "Macro F1",
        "Missed examples and false alarms together, mean over classes: {value} on a scale from 0 "
        "(worst) to 1.",
        blind_to="Which of the two errors is made, and how frequent each class is.",
        source="Opitz and Burst 2019, arXiv:1911.03347 (mean of the F1 of each class)",
    ),
    Measure(
        key="accuracy.mcc",
        title="Matthews correlation coefficient",
        unit="correlation",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Labels and decisions go together with {value} on a scale from -1 (opposite) over "
        "0 (no relation) to 1 (always equal).",
        blind_to="Which class is confused with which.",
        source="Matthews 1975, doi:10.1016/0005-2795(75)90109-9; Gorodkin 2004, "
        "doi:10.1016/j.compbiolchem.2004.09.006",
    ),
    Measure(
        key="accuracy.auroc",
        title="Area under the ROC curve",
        unit="probability",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 pairs of one example of a class and one of another, the scores put about "
        "{per_100} in the right order.",
        blind_to="The decision threshold, and whether scores are right as probabilities.",
        source="Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747; interval: DeLong, DeLong "
        "and Clarke-Pearson 1988, doi:10.2307/2531595",
    ),
    Measure(
        key="accuracy.log-loss",
        title="Log loss",
        unit="nats",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="The mean surprise at the true class is {value}; 0 is perfect.",
        blind_to="Which class is confused with which; a few grave errors can outweigh all others.",
        source="Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x",
    ),
    _share(
        "majority-baseline",
        "Accuracy of always deciding the most frequent class",
        "Always deciding the most frequent class would be correct for about {per_100} of 100 "
        "examples.",
        blind_to="The model: it says how easy the data set is.",
        source="Zero rule; Holte 1993, doi:10.1023/A:1022631118932",
    ),
    _share(
        "random-baseline",
        "Accuracy of deciding at random",
        "Decisions drawn at random with the shares of the labels would be correct for about "
        "{per_100} of 100 examples.",
        blind_to="The model: it says how easy the data set is.",
        source="Sum of squared label shares; Gini 1912",
    ),
    Measure(
        key="accuracy.gain-over-majority",
        title="Accuracy gained over always deciding the most frequent class",
        unit="difference",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 examples, about {per_100} more were decided correctly than by always "
        "deciding the most frequent class (below 0: fewer).",
        blind_to="Rare classes, as accuracy is.",
        source="Paired difference of two shares; percentile bootstrap: Efron and Tibshirani 1993",
    ),
    _share(
        "class-precision",
        "Precision of a class",
        "Of 100 decisions for this class ({slice}), about {per_100} were correct.",
        blind_to="Missed examples of the class.",
        source=_SURVEY,
    ),
    _share(
        "class-recall",
        "Recall of a class",
        "Of 100 examples of this class ({slice}), about {per_100} were found.",
        blind_to="False alarms for the class.",
        source=_SURVEY,
    ),
    _share(
        "class-f1",
        "F1 of a class",
        "Missed examples and false alarms of this class ({slice}) together: {value} on a scale from "
        "0 (worst) to 1.",
        blind_to="Which of the two errors is made.",
        source="van Rijsbergen 1979, Information Retrieval, chapter 7",
    ),
)
