"""What ``training-evidence`` says beside its values."""

from __future__ import annotations

from harness.records import Message


def similar() -> Message:
    """Say what such evidence is, and is not."""
    return Message.of(
        "training-evidence.similar",
        "Similar training evidence: it does not show that a decision would be another one without "
        "these rows.",
    )


def no_errors(dataset: str, *, has_labels: bool) -> Message:
    """Say why no wrong decision was looked at."""
    if not has_labels:
        return Message.of(
            "training-evidence.no-labels",
            "Not measured: data set {dataset} has no labels, so no decision is known to be wrong.",
            dataset=dataset,
        )
    return Message.of(
        "training-evidence.no-errors",
        "Not measured: none of the decisions that were looked at is wrong.",
    )


def no_features() -> Message:
    """Say why nothing is near anything."""
    return Message.of(
        "training-evidence.no-features",
        "Not measured: the gradients of the last layer are not among the parameters, so nothing says "
        "which rows are near each other.",
    )


def no_support() -> Message:
    """Say why there is no decision to speak of."""
    return Message.of(
        "training-evidence.no-support",
        "Not measured: no training row pulls towards the decisions that were looked at.",
    )


def fewer(n: int, k: int) -> tuple[Message, ...]:
    """Say that there are fewer training rows than are to be named."""
    if n >= k:
        return ()
    return (
        Message.of(
            "training-evidence.few-rows",
            "There are {n} training rows, fewer than k = {k}: all of them stand behind every decision.",
            n=n,
            k=k,
        ),
    )
