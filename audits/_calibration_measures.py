"""The measures of ``calibration``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_NOISE = "Kumar, Liang and Ma 2019, arXiv:1909.10155; Roelofs et al. 2022, arXiv:2012.08668"
_ECE_BLIND = (
    "Groups and classes whose scores are wrong in opposite directions, and whether scores tell "
    "examples apart."
)


def _ece(name: str, title: str, reads_as: str, *, source: str = _NOISE) -> Measure:
    return Measure(
        key=f"calibration.{name}",
        title=title,
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=_ECE_BLIND,
        source=source,
    )


MEASURES = (
    _ece(
        "ece",
        "Expected calibration error",
        "Scores and the share of right decisions are about {per_100} points of 100 apart on average.",
    ),
    _ece(
        "ece-plugin",
        "Expected calibration error, not corrected for noise",
        "Scores and the share of right decisions look {per_100} points of 100 apart on average, "
        "noise included.",
        source="Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602",
    ),
    _ece(
        "class-ece",
        "Expected calibration error of the score of one class",
        "The score of this class ({slice}) and how often it is the label are about {per_100} points "
        "of 100 apart on average.",
    ),
    Measure(
        key="calibration.mean-overconfidence",
        title="Mean score minus accuracy",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 decisions, the scores promise about {per_100} more right ones than there "
        "are (below 0: fewer).",
        blind_to="Scores that are too high for some examples and too low for others.",
        source="Calibration in the large; Lichtenstein, Fischhoff and Phillips 1982",
    ),
    Measure(
        key="calibration.brier",
        title="Brier score",
        unit="probability squared",
        better="lower",
        range_low=0.0,
        range_high=2.0,
        reads_as="The mean squared distance between scores and labels is {value}; 0 is perfect, 2 "
        "the worst.",
        blind_to="Which class is confused with which; it mixes calibration with telling apart.",
        source="Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    ),
    Measure(
        key="calibration.share-right",
        title="Share of right decisions by score",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 examples with such a score ({slice}), about {per_100} were decided "
        "correctly.",
        blind_to="What happens within a bin.",
        source="Reliability curve: Murphy and Winkler 1977, doi:10.2307/2346866; interval: Wilson "
        "1927, doi:10.1080/01621459.1927.10502953",
    ),
    Measure(
        key="calibration.temperature",
        title="Temperature that would repair the scores",
        unit="temperature",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="Logits would have to be divided by {value} for scores to fit the validation rows "
        "best (above 1: scores are too sure).",
        blind_to="Miscalibration that differs between classes or between high and low scores.",
        source="Guo et al. 2017, arXiv:1706.04599",
    ),
    _ece(
        "ece-after-temperature",
        "Expected calibration error after temperature scaling",
        "With that temperature, scores and the share of right decisions are about {per_100} points "
        "of 100 apart on average.",
        source=f"Guo et al. 2017, arXiv:1706.04599; {_NOISE}",
    ),
)
