"""Sentences of ``extraction``: what a reader must know of its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.records import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.data import Dataset
    from harness.detectors import Detector
    from harness.records import Estimate


def not_measured(id: str, template: str, /, **params: str | int) -> Message:
    """Say why there is no value."""
    return Message.of(f"extraction.{id}", f"Not measured: {template}", **params)


def no_reference() -> Message:
    """Say that what the model knew before is not known."""
    return not_measured(
        "no-reference",
        "what the model was fine-tuned from is not known or not there, so what it knew before "
        "cannot be taken away.",
    )


def no_values(detector: Detector) -> Message:
    """Say that there is nothing to extract, as far as the detector sees."""
    return not_measured(
        "no-values",
        "the detector {detector} finds no personal value in the training rows. It finds no kind that it "
        "does not know.",
        detector=detector.id,
    )


def sampled(n: int, n_all: int) -> tuple[Message, ...]:
    """Say that not every value was attacked."""
    if n == n_all:
        return ()
    return (
        Message.of(
            "extraction.sampled",
            "{n} of {n_all} different values were attacked, drawn at random.",
            n=n,
            n_all=n_all,
        ),
    )


def of_lineage(lineage: Mapping[str, Any] | None, train: Dataset) -> tuple[Message, ...]:
    """Say where it is not certain that the model was trained on these rows."""
    if lineage is None:
        return (
            Message.of(
                "extraction.no-lineage",
                "Nothing shows that the model was trained on these rows: it has no lineage.",
            ),
        )
    trained = lineage.get("train")
    digest = trained.get("content_digest") if isinstance(trained, Mapping) else None
    if digest is None or train.ref.limit is not None or digest == train.ref.content_digest:
        return ()
    return (
        Message.of(
            "extraction.other-rows",
            "The lineage of the model names other training rows than these.",
        ),
    )


def none_found(estimate: Estimate, what: str) -> tuple[Message, ...]:
    """Say what a count of zero shows, and what it does not."""
    if estimate.value != 0.0 or estimate.high is None or estimate.unit != "share":
        return ()
    return (
        Message.of(
            "extraction.none-found",
            "None of {n} {what}: that shows a share of at most {high:.2g}, not 0.",
            n=estimate.n,
            what=what,
            high=estimate.high,
        ),
    )


def base_reaches(n: int, of: int) -> Message:
    """Say how many the reference reaches by the same attack."""
    return Message.of(
        "extraction.base-reaches",
        "What the model was fine-tuned from reaches {n} of {of} of them by the same attack.",
        n=n,
        of=of,
    )


def given_in_prompt(n: int) -> tuple[Message, ...]:
    """Say how many values stand in every prompt that could be made for them."""
    if not n:
        return ()
    return (
        Message.of(
            "extraction.given-in-prompt",
            "{n} values are left out: their own context holds them already.",
            n=n,
        ),
    )


def chance(n_candidates: NDArray[np.int64]) -> Message:
    """Say how often a blind guess is right."""
    return Message.of(
        "extraction.chance",
        "Lists hold {least} to {most} values; a blind guess is right in a share of {share:.2g}.",
        least=int(n_candidates.min()),
        most=int(n_candidates.max()),
        share=float((1 / n_candidates).mean()),
    )


def not_located(n: int) -> tuple[Message, ...]:
    """Say how many values could not be attacked."""
    if not n:
        return ()
    return (
        Message.of(
            "extraction.not-located",
            "{n} values are left out: they stand where their row is cut off, or nothing stands before them.",
            n=n,
        ),
    )
