"""The measures of ``plausibility``."""

from __future__ import annotations

from harness.records import Measure

_SOURCE = "DeYoung et al. 2020, arXiv:1911.03429; Mathew et al. 2021, arXiv:2012.10289"
_BLIND = "Whether the explanation is true to the model: it may please people and be wrong."

MEASURES = (
    Measure(
        key="plausibility.token-f1",
        title="F1 of explanation and rationale over words",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="The words on top of an explanation and those that people marked agree with an F1 of {value} "
        "({slice}), on average over rows.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="plausibility.token-f1-micro",
        title="F1 over the words of all rows",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Over the words of all rows together, those on top and those that people marked agree with an "
        "F1 of {value} ({slice}).",
        blind_to=f"{_BLIND} Rows of many marked words weigh more.",
        source=_SOURCE,
    ),
    Measure(
        key="plausibility.iou-f1",
        title="F1 of explanation and rationale over runs of words",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Runs of words on top of an explanation and runs that people marked match with an F1 of "
        "{value} ({slice}).",
        blind_to=f"{_BLIND} Overlaps of less than half of both.",
        source=_SOURCE,
    ),
    Measure(
        key="plausibility.auprc",
        title="Marked words high in the ranking",
        unit="probability",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="The ranking of words by an explanation finds the marked ones with an average precision of "
        "{value} ({slice}).",
        blind_to=f"{_BLIND} What a random ranking reaches in the same rows.",
        source=_SOURCE,
    ),
    Measure(
        key="plausibility.auprc-chance",
        title="The same for a random ranking",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="A random ranking of words would find the marked ones with an average precision of {value} "
        "({slice}).",
        blind_to="The model: it follows from how many words there are and how many are marked.",
        source="Mean over all orders, in closed form",
    ),
    Measure(
        key="plausibility.auprc-over-chance",
        title="Marked words higher than by chance",
        unit="difference",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="The ranking of words by an explanation is ahead of a random one by {value} in average "
        "precision ({slice}).",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
)
