"""GLiNER: recognises kinds that are named in words, by folder or hub id."""

from __future__ import annotations

from collections.abc import Sequence

from harness.detectors.kinds import kind_of_label
from harness.detectors.scanning import resolve
from harness.detectors.span import Span
from harness.errors import MissingExtra, ModelError, must

ASKED = ("person", "address", "organization", "phone number", "email", "passport", "date of birth")
"""Kinds that it is asked for."""
_KINDS = {"date of birth": "date", "phone number": "phone"}


class GlinerDetector:
    """What a GLiNER model recognises of the kinds that it is asked for.

    Args:
        name: Folder or hub id; a hub id is fetched, unless ``HF_HUB_OFFLINE`` is set.
        asked: Kinds, in words.

    Raises:
        MissingExtra: If gliner is not installed.
        ModelError: If it cannot be loaded.

    Blind to: text behind the length that it reads (some 384 words at once).
    """

    def __init__(self, name: str, *, asked: Sequence[str] = ASKED) -> None:
        try:
            from gliner import GLiNER
        except ImportError as err:
            raise MissingExtra(
                "The detector gliner needs gliner: pip install 'modelassay[gliner]'."
            ) from err
        try:
            self._model = GLiNER.from_pretrained(name)
        except (OSError, ValueError) as err:
            what = "be a folder or hub id of a GLiNER model"
            raise ModelError(must("detector", what, name)) from err
        self.id = f"gliner:{name}"
        self._asked = list(asked)
        self.kinds = frozenset(map(_kind, asked))

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        return [
            resolve(
                Span(one["start"], one["end"], _kind(one["label"]), self.id)
                for one in self._model.predict_entities(text, self._asked)
            )
            for text in texts
        ]


def _kind(label: str) -> str:
    return _KINDS.get(label) or kind_of_label(label) or label.replace(" ", "-")
