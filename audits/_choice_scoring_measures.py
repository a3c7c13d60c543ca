"""What ``choice-scoring`` can yield."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_LENGTHS = "Brown et al. 2020, arXiv:2005.14165; Holtzman et al. 2021, arXiv:2104.08315"
_ORDER = "Zheng et al. 2024, arXiv:2309.03882; Pezeshkpour and Hruschka 2024, arXiv:2308.11483"
_BLIND = "Whether right answers were part of pre-training, and other ways to put the question."


def _share(
    name: str,
    title: str,
    reads_as: str,
    source: str,
    *,
    better: Literal["higher", "lower"] = "higher",
    blind_to: str = _BLIND,
) -> Measure:
    return Measure(
        f"choice-scoring.{name}", title, "share", better, 0.0, 1.0, reads_as, blind_to, source
    )


MEASURES = (
    _share(
        "accuracy",
        "Accuracy by the way candidates are compared",
        "Of 100 questions, about {per_100} are answered rightly ({slice}).",
        _LENGTHS,
    ),
    _share(
        "answer-only-accuracy",
        "Accuracy without the question",
        "Of 100 questions, about {per_100} are answered rightly by a model that sees the answers only.",
        _LENGTHS,
        better="lower",
        blind_to="Hints that only question and answers together give.",
    ),
    _share(
        "longest-answer-accuracy",
        "Accuracy of always taking the longest answer",
        "Of 100 questions, about {per_100} have the longest answer as the right one.",
        _LENGTHS,
        better="lower",
        blind_to="Every other hint in the answers.",
    ),
    Measure(
        key="choice-scoring.gain-over-answer-only",
        title="Accuracy that the question adds",
        unit="difference",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 questions, about {per_100} more are answered rightly with the question than without.",
        blind_to=_BLIND,
        source=_LENGTHS,
    ),
    _share(
        "letter-accuracy",
        "Accuracy when answers are listed and named by letters",
        "Of 100 questions whose answers are listed, about {per_100} are answered by the right letter.",
        _ORDER,
    ),
    _share(
        "order-flip-rate",
        "Answers that change with the order of the list",
        "Of 100 questions, about {per_100} get another answer when the list of answers is rotated.",
        _ORDER,
        better="lower",
        blind_to="Orders that are no rotation.",
    ),
    _share(
        "position-share",
        "Decisions for a place in the list",
        "Of 100 decisions, about {per_100} are for this place of the list ({slice}).",
        _ORDER,
        better="lower",
        blind_to="Why: a letter can be liked as well as a place.",
    ),
    Measure(
        key="choice-scoring.position-lean",
        title="Largest distance of a place's share from an even one",
        unit="difference",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 decisions, the share of one place of the list is about {per_100} away from an even "
        "share.",
        blind_to="Why: a letter can be liked as well as a place.",
        source=_ORDER,
    ),
)
