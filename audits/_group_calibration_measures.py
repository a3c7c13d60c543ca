"""The measures of ``group-calibration``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_NOISE = "Kumar, Liang and Ma 2019, arXiv:1909.10155; Roelofs et al. 2022, arXiv:2012.08668"
_LARGE = "Calibration in the large, by group: Pleiss et al. 2017, arXiv:1709.02012"

MEASURES = (
    Measure(
        key="group-calibration.mean-score-error",
        title="Mean score minus share that came true",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 examples ({slice}), the scores announce about {per_100} more positive ones than "
        "there are (below 0: fewer).",
        blind_to="Scores that are too high for some examples of the group and too low for others.",
        source=_LARGE,
    ),
    Measure(
        key="group-calibration.ece",
        title="Expected calibration error of the group",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Scores and the share of positive examples ({slice}) are about {per_100} points of 100 "
        "apart on average.",
        blind_to="In which direction, and whether scores tell examples apart.",
        source=_NOISE,
    ),
    Measure(
        key="group-calibration.brier",
        title="Brier score of the group",
        unit="probability squared",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="The mean squared distance between score and outcome ({slice}) is {value}; 0 is perfect, "
        "1 the worst.",
        blind_to="It mixes calibration with telling apart, and is lower where positives are rare.",
        source="Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2 (one class, so 0 to 1)",
    ),
    Measure(
        key="group-calibration.largest-error",
        title="Mean score error of the group with the largest",
        unit="difference",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="In the group with the largest error ({slice}), scores announce about {per_100} of 100 "
        "examples too many or too few.",
        blind_to="Errors that cancel within a group.",
        source=f"{_LARGE}; Berger 1982, doi:10.1080/00401706.1982.10487790",
    ),
    Measure(
        key="group-calibration.error-difference",
        title="Largest difference of mean score errors",
        unit="difference",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Between two groups ({slice}), what scores announce too much differs by up to about "
        "{per_100} of 100 examples.",
        blind_to="Errors that all groups share, and errors that cancel within a group.",
        source=f"{_LARGE}; Berger 1982, doi:10.1080/00401706.1982.10487790; Tukey 1953",
    ),
    Measure(
        key="group-calibration.multi-accuracy",
        title="Largest error of a group's bin, by its share of all examples",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 examples in all, about {per_100} are announced too many or too few in one group and "
        "range of scores ({slice}); noise makes this too large.",
        blind_to="Large errors of small groups: an error counts by the share of examples that it is about.",
        source="Hebert-Johnson et al. 2018, arXiv:1711.08513 (multi-accuracy and multicalibration)",
    ),
)
