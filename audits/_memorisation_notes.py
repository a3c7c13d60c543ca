"""Sentences of the audit ``memorisation``."""

from __future__ import annotations

from harness.records import Message


def no_canaries() -> Message:
    """Say that there is nothing to measure with."""
    return Message.of(
        "memorisation.none-planted",
        "Not measured: no secret was planted, or all of them were left to coins.",
    )


def none_at(level: int) -> Message:
    """Say that no secret of a level was measured."""
    return Message.of(
        "memorisation.none-at-level",
        "Not measured: no secret that was planted {level} times could be measured.",
        level=level,
    )


def broken(p_value: float, n: int) -> Message:
    """Say that the instrument finds memory of what was never shown."""
    return Message.of(
        "memorisation.broken-instrument",
        "The exposures of {n} secrets that were never planted would have a probability of {p_value} by "
        "chance. Either they stand in what the model has read, or the measurement is broken: no other "
        "value of it can be believed.",
        n=n,
        p_value=f"{p_value:.1e}",
    )


def without_data() -> Message:
    """Say that the training rows are not at hand."""
    return Message.of(
        "memorisation.no-training-rows",
        "Not measured: the run has no training rows to look the secrets up in.",
    )


def one_level() -> Message:
    """Say that a curve takes two points."""
    return Message.of(
        "memorisation.one-level",
        "Not measured: a curve over repeats takes secrets that were planted at two different numbers "
        "of times.",
    )


def threshold(bits: float, n: int) -> Message:
    """Say from where a secret is reported."""
    return Message.of(
        "memorisation.threshold",
        "A secret is reported from {bits:.1f} bits: with {n} secrets chance alone goes beyond that in "
        "5 % of models.",
        bits=round(bits, 1),
        n=n,
    )


def highest_possible(bits: float) -> Message:
    """Say where exposures of these formats end."""
    return Message.of(
        "memorisation.highest-possible",
        "No exposure of these formats can exceed {bits:.1f} bits.",
        bits=round(bits, 1),
    )


def at_least(n: int, of: int) -> Message:
    """Say that some exposures are bounds."""
    return Message.of(
        "memorisation.at-least",
        "{n} of {of} exposures are only known to be at least so large, and count as that.",
        n=n,
        of=of,
    )


def unmeasured(n: int, of: int, why: Message) -> Message:
    """Say how many canaries were not measured, and why the first was not."""
    return Message.of(
        "memorisation.not-all",
        "{n} of {of} secrets were not measured. The first: {why}",
        n=n,
        of=of,
        why=why.text,
    )


def some_of(n: int, of: int) -> Message:
    """Say that only some canaries of a level were measured."""
    return Message.of(
        "memorisation.sampled",
        "{n} of {of} secrets were measured, as per_level says.",
        n=n,
        of=of,
    )


def many_outcomes(n: int) -> Message:
    """Say that few secrets decide little."""
    return Message.of(
        "memorisation.few",
        "Only {n} secrets: with fewer than 16 a median says little.",
        n=n,
    )


def ties_in_data(n: int) -> Message:
    """Say that rows of the user's own hold secrets."""
    return Message.of(
        "memorisation.in-data",
        "{n} secrets stand in the training rows themselves: they were met more often than planned.",
        n=n,
    )
