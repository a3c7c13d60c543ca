"""What a method and an option of it are, and how an option's text is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Value = str | int | float
Against = Literal["differences", "leakage"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a method.

    Attributes:
        read: Text → value; raises ValueError with what it must be.
        default: What it is when nobody gives it, as text; None leaves it to the run.
        about: One line.
        is_list: Whether several values, cut at commas, are candidates that are all tried.
    """

    read: Callable[[str], Value]
    default: str | None
    about: str
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        id: Its name on the command line.
        title: What it does, a few words.
        cost: What it takes.
        trains: Whether the network is trained again.
        needs_model: Whether stored predictions do not suffice.
        needs_last_layer: Whether the model must give the features before its last layer.
        needs_train: Whether training rows with groups are needed.
        is_binary: Whether it is for two classes only.
        needs_group: Whether a decision takes the group of the person.
        makes_predictions: Whether it gives decisions without a network of their own.
        options: Its options.
        against: What it is a remedy for: differences between groups, or leakage of training rows.
        steps: What it changes in the run's own training, for remedies against leakage.
    """

    id: str
    title: str
    cost: str
    trains: bool = False
    needs_model: bool = True
    needs_last_layer: bool = False
    needs_train: bool = True
    is_binary: bool = False
    needs_group: bool = False
    makes_predictions: bool = False
    options: Mapping[str, Option] = field(default_factory=dict)
    against: Against = "differences"
    steps: tuple[str, ...] = ()


def number(low: float, high: float = math.inf) -> Callable[[str], float]:
    """Return a reader of a finite number between two ends, both included."""

    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError
        return value

    top = "" if math.isinf(high) else f" and <= {high:g}"
    read.__doc__ = f"be a number >= {low:g}{top}"
    return read


def whole(low: int) -> Callable[[str], int]:
    """Return a reader of a whole number that is no less."""

    def read(text: str) -> int:
        value = int(text)
        if value < low:
            raise ValueError
        return value

    read.__doc__ = f"be a whole number >= {low}"
    return read


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader of one of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    read.__doc__ = f"be one of {', '.join(words)}" if len(words) > 1 else f"be {words[0]}"
    return read


def any_text(text: str) -> str:
    """Be given."""
    if not text:
        raise ValueError
    return text
