"""What audits that rest on a detector say of it: which kinds it knows, and what it is known to miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.detectors import detector_named, detector_recall
from harness.errors import AssayError, must, nearest
from harness.records import Message

if TYPE_CHECKING:
    from harness.auditing import OptionFacts
    from harness.detectors import Detector


def by_detector(audit_id: str, detector: Detector) -> tuple[Message, ...]:
    """Say that only what a detector finds counts, and what it found of values that are known."""
    named = Message.of(
        f"{audit_id}.by-detector",
        "Only values that the detector {detector} finds count, of the kinds {kinds}.",
        detector=detector.id,
        kinds=", ".join(sorted(detector.kinds)),
    )
    table = detector_recall(detector.id)
    if table is None:
        return (
            named,
            Message.of(
                f"{audit_id}.recall-unknown",
                "How many values the detector {detector} misses was not measured.",
                detector=detector.id,
            ),
        )
    unknown = sorted(detector.kinds - set(table.by_kind))
    measured = Message.of(
        f"{audit_id}.recall",
        "In {n_texts} texts whose values are known it found {found}. Not measured: {unknown}.",
        n_texts=table.n_texts,
        found=", ".join(
            f"{kind} {one.n_found} of {one.n_known}" for kind, one in sorted(table.by_kind.items())
        ),
        unknown=", ".join(unknown) or "none",
    )
    return named, measured


def detector_problems(facts: OptionFacts) -> list[str]:
    """Say what is wrong with the name of a detector; models are only loaded when they are needed."""
    if ":" in facts.options.detector:
        return []
    try:
        known = detector_named(facts.options.detector).kinds
    except AssayError as err:
        return [f"{problem} ({facts.place('detector')})" for problem in err.problems]
    what = f"be one of {', '.join(sorted(known))}"
    return [
        must("kinds", what, one, place=facts.place("kinds"), do=nearest(one, sorted(known)).strip())
        for one in facts.options.kinds
        if one not in known
    ]
