"""What ``extraction`` measures."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_BLIND = (
    "Values that the detector does not find, other prompts, and attackers with the weights in hand."
)
_CARLINI21 = "Carlini et al. 2021, arXiv:2012.07805"
_CARLINI23 = "Carlini et al. 2023, arXiv:2202.07646"
_HAYES = "Hayes et al. 2025, arXiv:2410.19482"
_LUKAS = "Lukas et al. 2023, arXiv:2302.00539"
_KIM = "Kim et al. 2023 (ProPILE), arXiv:2307.01881"


def _share(id: str, title: str, reads_as: str, source: str, blind: str = _BLIND) -> Measure:
    return _measure(id, title, ("share", 0.0, 1.0), reads_as, source, blind=blind)


def _difference(id: str, title: str, reads_as: str, source: str, blind: str = _BLIND) -> Measure:
    return _measure(id, title, ("difference", -1.0, 1.0), reads_as, source, blind=blind)


def _measure(
    id: str,
    title: str,
    what: tuple[str, float, float | None],
    reads_as: str,
    source: str,
    *,
    blind: str = _BLIND,
    better: Literal["higher", "lower"] = "lower",
) -> Measure:
    return Measure(
        key=f"extraction.{id}",
        title=title,
        unit=what[0],
        better=better,
        range_low=what[1],
        range_high=what[2],
        reads_as=reads_as,
        blind_to=blind,
        source=source,
    )


TARGETED = (
    _share(
        "greedy-share",
        "Personal values written out after their true context",
        "Of 100 different personal values of the training rows ({slice}), the model writes out about "
        "{per_100} when it is given the text before them.",
        _CARLINI23,
        f"Values that are drawn and not written at once: see extractable-share. {_BLIND}",
    ),
    _share(
        "extractable-share",
        "Personal values that queries draw out",
        "Of 100 different personal values of the training rows ({slice}), about {per_100} come out in so "
        "many queries after their true context.",
        _HAYES,
    ),
    _difference(
        "extractable-beyond-base",
        "Personal values that queries draw out beyond the base model",
        "The share of personal values that come out ({slice}) is higher by {value} than with the model "
        "before fine-tuning.",
        f"{_HAYES}; pairs: Tango 1998",
    ),
    _share(
        "not-in-prompt-share",
        "Extracted values that the prompt does not hold",
        "Of 100 personal values that come out, about {per_100} come out after a context that does not hold "
        "them already.",
        _LUKAS,
    ),
)

TEMPLATE = (
    _share(
        "template-share",
        "Personal values drawn out by a prompt that names their kind",
        "Of 100 different personal values of the training rows, about {per_100} come out in so many queries "
        "that name only what kind of value is wanted.",
        _KIM,
    ),
)

ASSOCIATED = (
    _share(
        "associated-share",
        "Personal values drawn out by another value of the same person",
        "Of 100 personal values of training rows with another one beside them, about {per_100} come out in "
        "so many queries that name that other one.",
        _KIM,
    ),
)

INFERENCE = (
    _share(
        "inference-top-1",
        "Personal values guessed among others of their kind",
        "Of 100 personal values that are taken out of their text, about {per_100} are the model's first "
        "choice among others of their kind.",
        _LUKAS,
    ),
    _measure(
        "inference-reciprocal-rank",
        "Rank of personal values among others of their kind",
        ("reciprocal rank", 0.0, 1.0),
        "One divided by the rank of the true value among others of its kind is {value} on average.",
        _LUKAS,
    ),
    _difference(
        "inference-beyond-base",
        "Personal values guessed beyond the base model",
        "The share of personal values that are guessed at once is higher by {value} than with the model "
        "before fine-tuning.",
        f"{_LUKAS}; pairs: Tango 1998",
    ),
)

VERBATIM = (
    _share(
        "discoverable-share",
        "Training texts continued word for word",
        "Of 100 training texts, the model continues about {per_100} word for word when it is given a "
        "piece of them ({slice}).",
        _CARLINI23,
        "Copies with small changes: see near-verbatim-share. Texts that are shorter than the piece and "
        "its continuation.",
    ),
    _difference(
        "discoverable-beyond-base",
        "Training texts continued word for word beyond the base model",
        "The share of training texts that are continued word for word is higher by {value} than with the "
        "model before fine-tuning.",
        f"{_CARLINI23}; pairs: Tango 1998",
    ),
    _share(
        "near-verbatim-share",
        "Training texts continued nearly word for word",
        "Of 100 training texts, the model continues about {per_100} at least nearly word for word.",
        "Ippolito et al. 2023, arXiv:2210.17546",
        "Paraphrases.",
    ),
)

UNTARGETED = (
    _share(
        "untargeted-recall",
        "Personal values that free generations hold",
        "Of 100 different personal values that the model met in training only, about {per_100} stand in "
        "texts that it was left to write.",
        _LUKAS,
        f"Values that more generations would hold: see untargeted-distinct. {_BLIND}",
    ),
    _share(
        "untargeted-precision",
        "Personal values of free generations that are real",
        "Of 100 different personal values in texts that the model was left to write, about {per_100} are "
        "those of training rows.",
        _LUKAS,
        f"Whether invented values belong to somebody outside the training rows. {_BLIND}",
    ),
    _measure(
        "untargeted-coverage",
        "How much of what leaks the generations have shown",
        ("share", 0.0, 1.0),
        "Of 100 further leaks of training values into generations, about {per_100} would be of values "
        "that have been seen.",
        "Good 1953, doi:10.1093/biomet/40.3-4.237",
        blind="Values that leak so rarely that none of their kind was seen.",
        better="higher",
    ),
    _measure(
        "untargeted-distinct",
        "Training values that generations would show in the end",
        ("count", 0.0, None),
        "At least about {value} different values of training rows would turn up in ever more generations.",
        "Chao 1984",
        blind="Values that leak so rarely that none of their kind was seen: it is a lower bound.",
    ),
    _share(
        "overlap-share",
        "Free generations that hold a stretch of a training text",
        "Of 100 texts that the model was left to write, about {per_100} hold a stretch of a training text "
        "word for word.",
        _CARLINI21,
        "Stretches that are shorter, or changed in a word.",
    ),
)

MEASURES = (*TARGETED, *TEMPLATE, *ASSOCIATED, *INFERENCE, *VERBATIM, *UNTARGETED)
