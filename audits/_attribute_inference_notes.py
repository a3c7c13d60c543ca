"""What ``attribute-inference`` says beside its values, and why there is none."""

from __future__ import annotations

from audits._groups import GroupColumn
from harness.engines.membership import N_FOLDS
from harness.records import Message


def no_features() -> Message:
    """Say that there are no features."""
    return Message.of(
        "attribute-inference.no-features",
        "Not measured: the model has no last layer that reads one vector for each input, or the texts are not "
        "there.",
    )


def cannot_shuffle() -> Message:
    """Say that the weights stay as they are."""
    return Message.of(
        "attribute-inference.cannot-shuffle",
        "Not measured: the weights of the model cannot be shuffled for a while.",
    )


def no_logits() -> Message:
    """Say that there are no logits."""
    return Message.of("attribute-inference.no-logits", "Not measured: there are no logits.")


def no_texts() -> Message:
    """Say that the texts are not there."""
    return Message.of(
        "attribute-inference.no-texts",
        "Not measured: without the texts nobody can say what they give away themselves.",
    )


def from_logits() -> Message:
    """Say that the guesses are from the logits."""
    return Message.of(
        "attribute-inference.from-logits",
        "There are no features: the guesses are from the logits, which hold less.",
    )


def one_group(column: GroupColumn, least: int) -> Message:
    """Say that there is nothing to tell apart."""
    return Message.of(
        "attribute-inference.one-group",
        "Not measured: fewer than two groups of the column {column} have {least} rows.",
        column=column.name,
        least=least,
    )


def too_few_clusters() -> Message:
    """Say that clusters cannot be cut into folds."""
    return Message.of(
        "attribute-inference.too-few-clusters",
        "Not measured: a group stands in fewer than {n_folds} clusters.",
        n_folds=N_FOLDS,
    )
