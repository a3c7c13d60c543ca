"""The measures of ``attribute-inference``: what each reads as, what it is blind to, and its source."""

from __future__ import annotations

from harness.records import Measure

_ATTACK = "Song and Shmatikov 2020, arXiv:1905.11742 (attributes that features give away)"
_IMPUTED = "Jayaraman and Evans 2022, arXiv:2209.01292 (imputation as the baseline)"


def _difference(name: str, title: str, reads_as: str, *, blind_to: str, source: str) -> Measure:
    return Measure(
        key=f"attribute-inference.{name}",
        title=title,
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as=f"Of 100 rows drawn evenly from all groups, the group of about {{per_100}} more {reads_as} "
        "(below 0: fewer).",
        blind_to=blind_to,
        source=source,
    )


MEASURES = (
    _difference(
        "beyond-base-rate",
        "Groups that the features give away",
        "is guessed right from what the last layer reads, or the logits where there is no such layer, than "
        "by chance",
        blind_to="Whether the text itself says as much; guesses that are not linear.",
        source=_ATTACK,
    ),
    _difference(
        "logits-beyond-base-rate",
        "Groups that the answers give away",
        "is guessed right from the logits than by chance",
        blind_to="Whether the label says as much; what the features hold that no answer shows.",
        source=_ATTACK,
    ),
    _difference(
        "beyond-imputation",
        "Groups that the model gives away and the text does not",
        "is guessed right from the features than from the words, the label and the other columns",
        blind_to="What a better reader than a linear model over words sees in the text.",
        source=_IMPUTED,
    ),
    _difference(
        "beyond-random",
        "Groups that training put into the features",
        "is guessed right from the features than from those of the same network with shuffled weights",
        blind_to="Whether pretraining or fine-tuning put them there.",
        source=_ATTACK,
    ),
)
