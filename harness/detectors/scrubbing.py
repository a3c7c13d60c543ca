"""Texts without the personal values that a detector finds: each is replaced by a made-up one of its kind.

The same value gives the same replacement wherever it stands, whatever stands around it, so that what
belongs together stays together and no row decides about another. Which one it is depends on a secret key:
without it, whoever meets a replacement cannot try out which value it stands for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from harness.detectors.choosing import default_detector
from harness.detectors.replacing import REPLACED, replacement
from harness.detectors.scanning import without_overlaps
from harness.detectors.span import Detector, Span
from harness.secrecy import keyed_digest

_CJK = re.compile("[\u3400-\u9fff]")
_TRIES = 16
_CHUNK = 2048


class Scrubber:
    """Replaces personal values in texts.

    Args:
        key: What decides which value is replaced by which; kept by whoever may know it.
        detector: What finds them; None takes the default one.

    Attributes:
        counts: Kind → places that were replaced so far.
        detector: What finds them.

    Blind to: what the detector does not find.
    """

    def __init__(self, key: bytes, detector: Detector | None = None) -> None:
        self._key = key
        self._made: dict[tuple[str, str], str] = {}
        self.detector: Detector = detector or default_detector()
        self.counts: Counter[str] = Counter()

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Return the texts without the values that were found."""
        found: list[str] = []
        for start in range(0, len(texts), _CHUNK):
            part = texts[start : start + _CHUNK]
            spans = self.detector.find(part)
            found += [self._replaced(text, one) for text, one in zip(part, spans, strict=True)]
        return found

    def rows(self, rows: Sequence[str | tuple[str, ...]]) -> list[str | tuple[str, ...]]:
        """Return rows, of one text or of several, without the values that were found."""
        flat = [part for row in rows for part in ((row,) if isinstance(row, str) else row)]
        clean = iter(self.texts(flat))
        return [
            next(clean) if isinstance(row, str) else tuple(next(clean) for _ in row) for row in rows
        ]

    def _replaced(self, text: str, spans: Sequence[Span]) -> str:
        for span in reversed(without_overlaps(spans)):
            value = text[span.start : span.stop]
            text = text[: span.start] + self._made_up(span.kind, value) + text[span.stop :]
            self.counts[span.kind] += 1
        return text

    def _made_up(self, kind: str, value: str) -> str:
        if kind == "person" and _CJK.search(value):
            kind = "cn-person"
        if kind not in REPLACED:
            return f"[{kind.upper()}]"
        if (kind, value) not in self._made:
            rng = np.random.default_rng(int(keyed_digest(kind, value, key=self._key), 16))
            self._made[kind, value] = _another(kind, value, rng)
        return self._made[kind, value]


def _another(kind: str, value: str, rng: np.random.Generator) -> str:
    """Return a made-up value that is not by chance the value itself."""
    made = replacement(kind, rng)
    for _ in range(_TRIES):
        if made != value:
            break
        made = replacement(kind, rng)
    return made
