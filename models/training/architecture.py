"""The shape of a new model, with defaults and ranges; every problem is reported at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from harness.errors import ModelError, must, nearest, raise_all

LANGUAGE_TYPES = ("llama", "gpt2")
"""Types of new language models, the default first."""

LEAST_BYTES = 256 + 3
"""Smallest vocabulary of a new language model: all bytes, padding, beginning and end of a text."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Shape of a new model.

    Attributes:
        type: ``bert``; ``llama`` or ``gpt2`` for language models.
        vocabulary: Most tokens that the tokenizer learns.
        hidden_size: Width d; a multiple of ``heads``.
        layers, heads, intermediate_size: As in BERT.
        max_positions: Longest input that it can ever read.
        dropout: Probability in all layers.
        lowercase: Whether case is ignored; language models never do.
    """

    type: str = "bert"
    vocabulary: int = 2000
    hidden_size: int = 64
    layers: int = 2
    heads: int = 2
    intermediate_size: int = 128
    max_positions: int = 128
    dropout: float = 0.1
    lowercase: bool = True

    @classmethod
    def of(cls, given: Mapping[str, Any], *, is_language: bool = False) -> Architecture:
        """Read the ``architecture`` mapping; a value of None stands for the default.

        Args:
            given: Key → value.
            is_language: Whether it is a causal language model, not a classifier.

        Raises:
            ModelError: With every problem.
        """
        given = {key: value for key, value in given.items() if value is not None}
        types = LANGUAGE_TYPES if is_language else ("bert",)
        given.setdefault("type", types[0])
        if given["type"] == "llama":
            given.setdefault("dropout", 0.0)
        known = tuple(field.name for field in fields(cls))
        problems = [
            f"architecture.{key} is not a known key.{nearest(key, known)}"
            for key in given
            if key not in known
        ]
        problems += _range_problems("architecture", given, _SHAPES | {"type": _one_of(types)})
        raise_all(ModelError, problems)
        chosen = cls(**given)
        if is_language and chosen.vocabulary < LEAST_BYTES:
            what = f"be at least {LEAST_BYTES}: every byte is a token"
            raise ModelError(must("architecture.vocabulary", what, chosen.vocabulary))
        if chosen.hidden_size % chosen.heads:
            what = f"be a multiple of architecture.heads={chosen.heads}"
            raise ModelError(must("architecture.hidden_size", what, chosen.hidden_size))
        return chosen


Range = tuple[str, Callable[[Any], bool]]


def _whole(low: int) -> Range:
    return (
        f"be an integer >= {low}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= low,
    )


def _number(low: float, high: float, *, is_open: bool = False) -> Range:
    bounds = f"> {low:g}" if is_open else f">= {low:g}"
    words = f"be a number {bounds}" + ("" if math.isinf(high) else f" and < {high:g}")

    def holds(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (value > low if is_open else value >= low) and value < high

    return words, holds


def _one_of(choices: tuple[str, ...]) -> Range:
    return f"be one of {', '.join(choices)}", lambda value: value in choices


_BOOLEAN: Range = ("be true or false", lambda value: isinstance(value, bool))
_SHAPES: dict[str, Range] = {
    "vocabulary": _whole(50),
    "hidden_size": _whole(4),
    "layers": _whole(1),
    "heads": _whole(1),
    "intermediate_size": _whole(4),
    "max_positions": _whole(8),
    "dropout": _number(0, 1),
    "lowercase": _BOOLEAN,
}


def _range_problems(
    section: str, given: Mapping[str, Any], ranges: Mapping[str, Range]
) -> list[str]:
    return [
        must(f"{section}.{key}", words, given[key])
        for key, (words, holds) in ranges.items()
        if key in given and not holds(given[key])
    ]
