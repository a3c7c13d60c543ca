"""What ``attribution-stability`` yields."""

from __future__ import annotations

from typing import Any

from harness.records import Measure

_WRONG = "Attributions that are stable and wrong."
_AGREE = "Methods that are wrong together."
_AGREE_SOURCE = "Krishna et al. 2022, arXiv:2202.01602"


def _measure(id: str, title: str, reads_as: str, **more: Any) -> Measure:
    made: dict[str, Any] = {
        "unit": "share",
        "better": "higher",
        "range_low": 0.0,
        "range_high": 1.0,
        "blind_to": _WRONG,
        "source": "Yeh et al. 2019, arXiv:1901.09392",
    }
    fields = made | more
    return Measure(key=f"attribution-stability.{id}", title=title, reads_as=reads_as, **fields)


AGREEMENT = (
    _measure(
        "agreement-top",
        "Agreement of two methods on the strongest words",
        "Of 100 words among the five strongest of either method, about {per_100} are among those of "
        "both.",
        blind_to=_AGREE,
        source=_AGREE_SOURCE,
    ),
    _measure(
        "agreement-rank",
        "Rank correlation of two methods",
        "The values that two methods give the words of a row correlate by rank with {value} on average.",
        unit="correlation",
        range_low=-1.0,
        blind_to=_AGREE,
        source=_AGREE_SOURCE,
    ),
    _measure(
        "agreement-sign",
        "Agreement of two methods on for and against",
        "Of 100 words, about {per_100} speak for, or against, the decision by both methods.",
        blind_to=_AGREE,
        source=_AGREE_SOURCE,
    ),
)

MEASURES = (
    _measure(
        "edit-overlap",
        "Strongest words that stay under edits",
        "Of 100 words among the five strongest before or after an edit, about {per_100} are among them "
        "both times.",
    ),
    _measure(
        "seed-overlap",
        "Strongest words that stay for another seed",
        "Of 100 words among the five strongest for either of two seeds, about {per_100} are among them "
        "both times.",
    ),
    _measure(
        "randomisation-similarity",
        "Similarity to the attributions of random weights (pass or fail only)",
        "Attributions of the trained model and of random weights correlate with {value}; pass or fail "
        "only: what stays alike does not explain the model.",
        unit="correlation",
        better="lower",
        range_low=-1.0,
        blind_to="Everything but whether the weights matter at all; it ranks no methods.",
        source="Adebayo et al. 2018, arXiv:1810.03292; Binder et al. 2022, arXiv:2211.12486",
    ),
    *AGREEMENT,
)
