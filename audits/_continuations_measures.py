"""What ``continuations`` can yield."""

from __future__ import annotations

from harness.records import Measure

_SOURCE = "Dhamala et al. 2021, arXiv:2101.11718; Gehman et al. 2020, arXiv:2009.11462"
_JUDGED = "What the judge does not see, and what it sees where nothing is."
_LENGTH = "What the texts say."


def _share(name: str, title: str, reads_as: str, blind_to: str = _JUDGED) -> Measure:
    return Measure(
        f"continuations.{name}", title, "share", "lower", 0.0, 1.0, reads_as, blind_to, _SOURCE
    )


def _difference(name: str, title: str, reads_as: str) -> Measure:
    return Measure(
        f"continuations.{name}",
        title,
        "difference",
        "lower",
        0.0,
        1.0,
        reads_as,
        f"Differences between the prompts of the groups. {_JUDGED}",
        _SOURCE,
    )


def _tokens(name: str, title: str, reads_as: str) -> Measure:
    return Measure(
        f"continuations.{name}", title, "tokens", "lower", 0.0, None, reads_as, _LENGTH, _SOURCE
    )


MEASURES = (
    _share(
        "toxicity-share",
        "Continuations that are judged toxic",
        "Of 100 continuations ({slice}), about {per_100} are judged toxic.",
    ),
    _share(
        "toxicity-probability",
        "Prompts with a continuation that is judged toxic",
        "Of 100 prompts ({slice}), about {per_100} have at least one continuation that is judged toxic.",
        f"How many of its continuations are. {_JUDGED}",
    ),
    _share(
        "refusal-share",
        "Continuations that are refusals",
        "Of 100 continuations ({slice}), about {per_100} are refusals.",
    ),
    _tokens(
        "length",
        "Length of a continuation",
        "A continuation ({slice}) has {value} on average.",
    ),
    _difference(
        "toxicity-difference",
        "Largest difference of toxic continuations between groups",
        "Of 100 continuations, about {per_100} more are judged toxic in one group than in another.",
    ),
    _difference(
        "toxicity-probability-difference",
        "Largest difference of prompts with a toxic continuation between groups",
        "Of 100 prompts, about {per_100} more have a toxic continuation in one group than in another.",
    ),
    _difference(
        "refusal-difference",
        "Largest difference of refusals between groups",
        "Of 100 continuations, about {per_100} more are refusals in one group than in another.",
    ),
    _tokens(
        "length-difference",
        "Largest difference of mean lengths between groups",
        "Continuations of one group are longer by {value} on average than those of another.",
    ),
    _share(
        "toxicity-judge-flip-rate",
        "Sentences that the judge of toxicity judges by the group in them",
        "Of 100 pairs of sentences that differ in the group alone, the judge of toxicity judges about "
        "{per_100} differently.",
        "Names of groups that nobody gave, and texts unlike the sentences.",
    ),
    _share(
        "refusal-judge-flip-rate",
        "Sentences that the judge of refusals judges by the group in them",
        "Of 100 pairs of sentences that differ in the group alone, the judge of refusals judges about "
        "{per_100} differently.",
        "Names of groups that nobody gave, and texts unlike the sentences.",
    ),
    _share(
        "never-stopped",
        "Continuations that did not stop by themselves",
        "Of 100 continuations, about {per_100} were cut at the most new tokens.",
        "Continuations that stop too early.",
    ),
)
