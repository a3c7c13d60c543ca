"""Sentences about groups that were compared within strata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import nearest
from harness.records import Message

if TYPE_CHECKING:
    from audits._strata import Pair


def about_class(rate: str, class_name: str, column: str, reference: str) -> Message:
    """Say which class a rate is about and whom the groups are compared with."""
    return Message.of(
        "strata.about",
        "The {rate} is about the class {class_name}; in the column {column} every group is compared "
        "with the group {reference}.",
        rate=rate,
        class_name=class_name,
        column=column,
        reference=reference,
    )


def notes_of(pair: Pair, reference: str) -> tuple[Message, ...]:
    """Say how many strata point which way, and where the whole points another way than its parts."""
    return tuple(_notes(pair, reference))


def _notes(pair: Pair, reference: str) -> Iterator[Message]:
    shared = pair.table[pair.is_shared].astype(np.float64)
    if not len(shared):
        return
    x1, n1, x0, n0 = shared.T
    apart = x1 / n1 - x0 / n0
    yield Message.of(
        "strata.directions",
        "The group {group} is above the reference {reference} in {above} strata, below it in {below}, and "
        "equal in {equal}.",
        group=pair.group,
        reference=reference,
        above=int((apart > 0).sum()),
        below=int((apart < 0).sum()),
        equal=int((apart == 0).sum()),
    )
    weight = n1 * n0 / (n1 + n0)
    pooled, plain = float((weight * apart).sum() / weight.sum()), pair.plain
    if plain is not None and plain * pooled < 0:
        yield Message.of(
            "strata.simpson",
            "The sign turns: without regard to the control features the group {group} is {plain:+.3f} "
            "away from the reference {reference}, among comparable examples {pooled:+.3f} (Simpson's "
            "paradox).",
            group=pair.group,
            reference=reference,
            plain=plain,
            pooled=pooled,
        )


def cannot_compare(column: str, reference: str) -> Message:
    """Say that there is no group beside the reference."""
    return Message.of(
        "strata.no-other-group",
        "Not measured: the column {column} has no group to be compared with the reference {reference}.",
        column=column,
        reference=reference,
    )


def no_odds_of_clusters() -> Message:
    """Say why there is no odds ratio over clusters or shared rows."""
    return Message.of(
        "strata.no-odds-of-clusters",
        "Not measured: the variance of the common odds ratio treats examples as independent, and here "
        "they share clusters or are in both groups. The difference accounts for that.",
    )


def unknown_class(named: str, classes: Sequence[str]) -> Message:
    """Say that the class of interest does not exist."""
    return Message.of(
        "strata.unknown-class",
        "Not measured: positive must be one of the classes {classes}, got {named}.{hint}",
        classes=", ".join(classes),
        named=named,
        hint=nearest(named, list(classes)),
    )
