"""What ``faithfulness`` yields."""

from __future__ import annotations

from typing import Any, Literal

from harness.records import Measure

_ERASER = "DeYoung et al. 2020 (ERASER), arXiv:1911.03429"
_NAOPC = "Edin et al. 2024, arXiv:2408.08137"
_FLIPS = "Serrano and Smith 2019, arXiv:1906.03731; Chrysostomou and Aletras 2021, arXiv:2105.02657"
_GAPS = (
    "Texts with gaps are unlike what the model learnt from, so part of it is the model's answer to "
    "gaps; a value of one model cannot be held against that of another."
)


def _measure(
    id: str, title: str, better: Literal["higher", "lower"], reads_as: str, **more: Any
) -> Measure:
    made: dict[str, Any] = {
        "unit": "difference",
        "range_low": -1.0,
        "range_high": 1.0,
        "blind_to": _GAPS,
        "source": _ERASER,
    }
    fields = made | more
    return Measure(
        key=f"faithfulness.{id}", title=title, better=better, reads_as=reads_as, **fields
    )


_SHARE: dict[str, Any] = {"unit": "share", "range_low": 0.0, "range_high": 1.0}

CURVES = (
    _measure(
        "comprehensiveness",
        "Comprehensiveness",
        "higher",
        "Without its top words the decided class loses {value} of its probability on average.",
    ),
    _measure(
        "sufficiency",
        "Sufficiency",
        "lower",
        "With its top words alone the decided class loses {value} of its probability on average.",
    ),
)

OVER_RANDOM = (
    _measure(
        "comprehensiveness-over-random",
        "Comprehensiveness above random orders",
        "higher",
        "Taking the top words away costs the decided class {value} more of its probability than taking "
        "as many random words away.",
    ),
    _measure(
        "sufficiency-over-random",
        "Sufficiency above random orders",
        "lower",
        "Keeping the top words alone costs the decided class {value} more of its probability than "
        "keeping as many random words; below 0 is better than chance.",
    ),
)

NORMALISED = (
    _measure(
        "naopc-comprehensiveness",
        "Normalised comprehensiveness",
        "higher",
        "On a scale from the worst order of the words to the best one, the ranking stands at {value}.",
        blind_to="Longer texts: it is measured on short rows. " + _GAPS,
        source=_NAOPC,
        **_SHARE,
    ),
    _measure(
        "naopc-sufficiency",
        "Normalised sufficiency",
        "lower",
        "On a scale from the best order of the words to the worst one, the ranking stands at {value}.",
        blind_to="Longer texts: it is measured on short rows. " + _GAPS,
        source=_NAOPC,
        **_SHARE,
    ),
)

SENSITIVITY = (
    _measure(
        "sensitivity-correlation",
        "Sensitivity-n: correlation",
        "higher",
        "What random sets of words are said to contribute and what their absence does correlate with "
        "{value} on average.",
        unit="correlation",
        blind_to="A common factor: values ten times too large correlate as well; see the slope.",
        source="Ancona et al. 2018, arXiv:1711.06104",
    ),
    _measure(
        "sensitivity-slope",
        "Sensitivity-n: slope",
        "higher",
        "Where words are said to contribute 1 logit, taking them away costs {value}.",
        unit="logits per logit",
        range_low=None,
        range_high=None,
        blind_to="1 is literally true; a value far above 1 is as wrong as one far below.",
        source="Ancona et al. 2018, arXiv:1711.06104; Yeh et al. 2019, arXiv:1901.09392",
    ),
)

FLIPS = (
    _measure(
        "decision-flip",
        "Decisions that change without their top word",
        "higher",
        "Of 100 rows, about {per_100} change their decision when their top word is taken away.",
        blind_to="Decisions that rest on several words, each of which would do.",
        source=_FLIPS,
        **_SHARE,
    ),
    _measure(
        "flip-fraction",
        "Share of the words that must go until the decision changes",
        "lower",
        "Of 100 words, about {per_100} must be taken away from the top until the decision changes; rows "
        "that never change count as 100.",
        blind_to="How many rows never change, and the class that is decided without any word.",
        source=_FLIPS,
        **_SHARE,
    ),
)

REMOVALS = (
    _measure(
        "removal-agreement",
        "Agreement between ways to take words away",
        "higher",
        "Of 100 rows, about {per_100} give the same answer to better than chance or not, however "
        "words are taken away: masked, padded or deleted.",
        blind_to="Whether all ways are wrong alike.",
        source="Hase, Xie and Bansal 2021, arXiv:2106.00786",
        **_SHARE,
    ),
)

MEASURES = (*CURVES, *OVER_RANDOM, *NORMALISED, *SENSITIVITY, *FLIPS, *REMOVALS)
