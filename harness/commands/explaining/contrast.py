"""What differs between two texts: the lead, the decision, and the words that only one of them holds."""

from __future__ import annotations

from collections import Counter

from harness.figures.explained import Contrast, Explained
from harness.records import Message
from harness.wording.quantities import signed
from harness.wording.text import NAME_LIMIT, one_line


def contrast_of(first: Explained, second: Explained) -> Contrast:
    """Compare a second text with a first one; both are about the same lead.

    Args:
        first: The text.
        second: The text that it is compared with.
    """
    if first.is_of_text:
        return _of_texts(first, second)
    said = Message.of(
        "explain.contrast-lead",
        "The lead of {target} over {runner_up} is {first} in the text and {second} in the one it is compared "
        "with: {difference} logits.",
        first=signed(first.whole),
        second=signed(second.whole),
        difference=signed(second.whole - first.whole),
        target=_class(first, first.target),
        runner_up=_class(first, first.runner_up),
    )
    return Contrast(
        first=first.whole,
        second=second.whole,
        only_first=_only(first, second),
        only_second=_only(second, first),
        said=(said, _decisions(first, second)),
    )


def _of_texts(first: Explained, second: Explained) -> Contrast:
    said = Message.of(
        "explain.contrast-likely",
        "The log-probability of what follows is {first} nats after the text and {second} after the one it is "
        "compared with: {difference}.",
        first=signed(first.whole),
        second=signed(second.whole),
        difference=signed(second.whole - first.whole),
    )
    only = _only(first, second), _only(second, first)
    return Contrast(first.whole, second.whole, *only, said=(said,))


def _class(one: Explained, index: int) -> str:
    return one_line(one.classes[index], NAME_LIMIT)


def _decisions(first: Explained, second: Explained) -> Message:
    if first.decision == second.decision:
        return Message.of(
            "explain.contrast-same",
            "Both texts are decided alike: {decision}.",
            decision=_class(first, first.decision),
        )
    return Message.of(
        "explain.contrast-flip",
        "The decision differs: {first} for the text, {second} for the other.",
        first=_class(first, first.decision),
        second=_class(second, second.decision),
    )


def _only(one: Explained, other: Explained) -> tuple[tuple[str, float], ...]:
    """Return words that stand more often in one text than in the other, strongest first."""
    left = Counter(_key(other.words(piece)) for piece in other.pieces)
    found: dict[str, tuple[str, float]] = {}
    for piece in one.pieces:
        words = one.words(piece).strip()
        key = _key(words)
        if not words:
            continue
        if left[key] > 0:
            left[key] -= 1
            continue
        shown, value = found.get(key, (words, 0.0))
        found[key] = shown, value + piece.value
    return tuple(sorted(found.values(), key=lambda pair: (-abs(pair[1]), pair[0])))


def _key(words: str) -> str:
    return words.strip().casefold()
