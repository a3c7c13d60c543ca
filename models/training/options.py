"""What can be chosen about training, with defaults and ranges; every problem is reported at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from harness.errors import ModelError, must, nearest, raise_all

SCHEDULES = ("linear", "cosine", "constant", "constant_with_warmup")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The ``train`` section of a configuration, resolved.

    Attributes:
        method: ``full``: every weight is trained.
        epochs: Passes over the training rows; may be a fraction.
        learning_rate: At its peak, after warm-up.
        batch_size, eval_batch_size: Rows of one step.
        max_tokens: Longest input; what is longer is cut.
        weight_decay: Of AdamW.
        warmup_share: Share of all steps with rising learning rate.
        label_smoothing: Share of the target spread evenly on all classes.
        precision: One of ``PRECISIONS``; ``auto`` is bfloat16 where CUDA offers it, else float32.
        schedule: One of ``SCHEDULES``.
        max_steps: Stop after so many steps; None for whole epochs.
        best_checkpoint: Keep the epoch with the lowest validation loss, the earlier one of two
            equals; else the last.
        dropout: Probability in all layers; None keeps what the base has.
    """

    method: str = "full"
    epochs: float = 3.0
    learning_rate: float = 2e-5
    batch_size: int = 16
    eval_batch_size: int = 64
    max_tokens: int = 128
    weight_decay: float = 0.01
    warmup_share: float = 0.06
    label_smoothing: float = 0.0
    precision: str = "auto"
    schedule: str = "linear"
    max_steps: int | None = None
    best_checkpoint: bool = True
    dropout: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> TrainOptions:
        """Read the ``train`` section.

        Raises:
            ModelError: With every problem.
        """
        known = tuple(field.name for field in fields(cls))
        problems = [
            f"train.{key} is not a known key.{nearest(key, known)}"
            for key in given
            if key not in known
        ]
        method = given.get("method", "full")
        if method != "full":
            problems.append(f"train.method {method!r} is not available in this version. Use full.")
        problems += _range_problems("train", given, _RANGES)
        raise_all(ModelError, problems)
        floats = ("epochs", "learning_rate", "weight_decay", "warmup_share", "label_smoothing")
        return cls(**{**given, **{key: float(given[key]) for key in floats if key in given}})


@dataclass(frozen=True, slots=True)
class Architecture:
    """Shape of a new model.

    Attributes:
        type: ``bert``.
        vocabulary: Most tokens that the tokenizer learns.
        hidden_size: Width d; a multiple of ``heads``.
        layers, heads, intermediate_size: As in BERT.
        max_positions: Longest input that it can ever read.
        dropout: Probability in all layers.
        lowercase: Whether case is ignored.
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
    def of(cls, given: Mapping[str, Any]) -> Architecture:
        """Read the ``architecture`` mapping.

        Raises:
            ModelError: With every problem.
        """
        known = tuple(field.name for field in fields(cls))
        problems = [
            f"architecture.{key} is not a known key.{nearest(key, known)}"
            for key in given
            if key not in known
        ]
        problems += _range_problems("architecture", given, _SHAPES)
        raise_all(ModelError, problems)
        chosen = cls(**given)
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


def _or_none(inner: Range) -> Range:
    return f"{inner[0]}, or absent", lambda value: value is None or inner[1](value)


_BOOLEAN: Range = ("be true or false", lambda value: isinstance(value, bool))
_RANGES: dict[str, Range] = {
    "epochs": _number(0, math.inf, is_open=True),
    "learning_rate": _number(0, 10, is_open=True),
    "batch_size": _whole(1),
    "eval_batch_size": _whole(1),
    "max_tokens": _whole(4),
    "weight_decay": _number(0, math.inf),
    "warmup_share": _number(0, 1),
    "label_smoothing": _number(0, 1),
    "precision": _one_of(PRECISIONS),
    "schedule": _one_of(SCHEDULES),
    "max_steps": _or_none(_whole(1)),
    "best_checkpoint": _BOOLEAN,
    "dropout": _or_none(_number(0, 1)),
}
_SHAPES: dict[str, Range] = {
    "type": _one_of(("bert",)),
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
