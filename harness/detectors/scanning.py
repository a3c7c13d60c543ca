"""Patterns over texts: one after the other, or only those that a prefilter says occur.

Both ways cut a long text into the same windows and read them with the same expressions, so their
spans are the same; the prefilter only leaves out expressions that cannot match in a window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.detectors.normalising import normalise, placed
from harness.detectors.patterns import KINDS, Pattern, patterns
from harness.detectors.span import Span

WINDOW = 1536
"""Characters of a window; a match belongs to the window that it starts in."""
REACH = 256
"""Characters behind a window that a hint may reach into; no hint is longer."""

Occurring = Callable[[str], Iterable[int]]
"""Tells which patterns, by position, can occur in a piece of text."""
WORTH = 200_000
"""Characters after which the prefilter is made: making it takes as long as reading so many without."""


class PatternDetector:
    """The patterns with their checksums; needs no model and no network.

    Args:
        prefilter: Makes the prefilter, or gives None where there is none to be had.
        worth: Characters that are read before it is made.

    Blind to: names, addresses in words, values written in words, and kinds that it does not list.
    """

    id = "patterns"
    kinds = KINDS

    def __init__(
        self, prefilter: Callable[[], Occurring | None] | None = None, *, worth: int = WORTH
    ) -> None:
        self._prefilter = prefilter
        self._left = worth
        self._occurring: Occurring | None = None

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        if self._prefilter is not None:
            self._left -= sum(map(len, texts))
            if self._left <= 0:
                self._occurring, self._prefilter = self._prefilter(), None
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Span]:
        plain, places = normalise(text)
        known = patterns()
        found: list[Span] = []
        for start in range(0, len(plain), WINDOW):
            if self._occurring is None:
                chosen: Iterable[int] = range(len(known))
            else:
                chosen = self._occurring(plain[max(0, start - 1) : start + WINDOW + REACH])
            for index in chosen:
                found += _matches(known[index], plain, start, start + WINDOW)
        if not found:
            return found
        best = resolve(found)
        if places is None:
            return best
        return [
            Span(*placed(one.start, one.stop, places), one.kind, one.detector, one.is_checked)
            for one in best
        ]


def _matches(pattern: Pattern, text: str, start: int, stop: int) -> Iterator[Span]:
    """Yield what starts in [start, stop); expressions see the text before and behind."""
    at, end = start, stop + pattern.longest
    while (match := pattern.regex.search(text, at, end)) and match.start() < stop:
        low, high = match.span(pattern.group)
        kept = high - low if pattern.check is None else pattern.check(text[low:high])
        if kept:
            yield Span(low, low + kept, pattern.kind, PatternDetector.id, pattern.is_checked)
            at = low + kept
        else:  # what is no value may still hold one
            at = match.start() + 1


def resolve(found: Iterable[Span]) -> list[Span]:
    """Return spans by start; of those of one kind that overlap, the longest, checked ones first.

    Spans of different kinds stay, wherever they lie.
    """
    kept: list[Span] = []
    by_worth = sorted(found, key=lambda one: (not one.is_checked, one.start - one.stop, one.start))
    for one in by_worth:
        if not any(
            other.kind == one.kind and other.start < one.stop and one.start < other.stop
            for other in kept
        ):
            kept.append(one)
    return sorted(kept)


_VAGUE = frozenset({"phone", "location", "url", "date"})
"""Kinds that stand back where a span of another kind lies on the same place."""


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Return spans that do not overlap, by start: what to count and replace where kinds overlap.

    Checked ones come first, then longer ones, then those of a narrower kind.
    """
    kept: list[Span] = []
    for one in sorted(
        spans,
        key=lambda one: (
            not one.is_checked,
            one.start - one.stop,
            one.kind in _VAGUE,
            one.kind,
            one.start,
        ),
    ):
        if not any(other.start < one.stop and one.start < other.stop for other in kept):
            kept.append(one)
    return sorted(kept)
