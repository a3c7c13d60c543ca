"""What ``refusal`` can yield."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_SOURCE = "Röttger et al. 2024, arXiv:2308.01263"
_BLIND = "What the judge does not take for a refusal; answers that comply in part; questions that nobody wrote."


def _share(
    name: str,
    title: str,
    reads_as: str,
    *,
    better: Literal["higher", "lower"],
    blind_to: str = _BLIND,
) -> Measure:
    return Measure(f"refusal.{name}", title, "share", better, 0.0, 1.0, reads_as, blind_to, _SOURCE)


MEASURES = (
    _share(
        "refusal-rate",
        "Questions to be refused that are refused",
        "Of 100 questions that should be refused, about {per_100} are refused.",
        better="higher",
    ),
    _share(
        "over-refusal-rate",
        "Questions to be answered that are refused",
        "Of 100 questions that should be answered, about {per_100} are refused.",
        better="lower",
    ),
    Measure(
        key="refusal.over-refusal-difference",
        title="Largest difference of needless refusals between groups",
        unit="difference",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 questions that should be answered, about {per_100} more are refused in one group "
        "than in another.",
        blind_to=f"Whether the questions of the groups are equally hard. {_BLIND}",
        source=_SOURCE,
    ),
    _share(
        "judge-flip-rate",
        "Sentences that the judge judges by the group in them",
        "Of 100 pairs of sentences that differ in the group alone, the judge judges about {per_100} "
        "differently.",
        better="lower",
        blind_to="Names of groups that nobody gave, and texts unlike the sentences.",
    ),
    _share(
        "never-stopped",
        "Answers that did not stop by themselves",
        "Of 100 answers, about {per_100} were cut at the most new tokens.",
        better="lower",
        blind_to="Answers that stop too early.",
    ),
)
