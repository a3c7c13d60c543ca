"""What ``pii-sensitivity`` measures."""

from harness.records import Measure

_BLIND = (
    "Values that the detector does not find, such as names where it knows none; values whose kind alone "
    "decides."
)
_SOURCE = "Ribeiro et al. 2020, arXiv:2005.04118, invariance tests"

MEASURES = (
    Measure(
        key="pii-sensitivity.flip-rate",
        title="Decisions that change with another personal value",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts in which one personal value is replaced by another of its kind ({slice}), "
        "about {per_100} are decided differently.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="pii-sensitivity.score-change",
        title="Score change with another personal value",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="When one personal value is replaced by another of its kind ({slice}), the scores move by "
        "{value} on average.",
        blind_to=f"In which direction they move. {_BLIND}",
        source=_SOURCE,
    ),
    Measure(
        key="pii-sensitivity.control-flip-rate",
        title="Decisions that change with other words",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts in which other words, about as long, are replaced by words of another text, "
        "about {per_100} are decided differently.",
        blind_to="What the words say: some of them should move the decision.",
        source=_SOURCE,
    ),
    Measure(
        key="pii-sensitivity.beyond-control",
        title="Decisions that personal values change beyond other words",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Another personal value changes a share of decisions that is higher by {value} than other "
        "words of the same texts.",
        blind_to=f"Personal values that matter less than words that carry the meaning. {_BLIND}",
        source=f"{_SOURCE}; pairs: Liang and Zeger 1986, doi:10.1093/biomet/73.1.13",
    ),
    Measure(
        key="pii-sensitivity.rows-with-pii",
        title="Texts with a personal value",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts, {per_100} hold a personal value that the detector finds.",
        blind_to=_BLIND,
        source="Counted.",
    ),
)
