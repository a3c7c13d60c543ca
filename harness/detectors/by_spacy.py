"""A pipeline of spaCy that recognises names, by package or folder."""

from __future__ import annotations

from collections.abc import Sequence

from harness.detectors.kinds import kind_of_label
from harness.detectors.scanning import resolve
from harness.detectors.span import Span
from harness.errors import MissingExtra, ModelError, must

_FOREIGN = "999.9.9"
"""Version of a package on PyPI that carries the name of a Chinese pipeline and is not spaCy's."""


class SpacyDetector:
    """What a spaCy pipeline recognises, as far as its labels are known here.

    Args:
        name: Package such as ``en_core_web_sm``, or a folder; nothing is downloaded.

    Raises:
        MissingExtra: If spaCy is not installed.
        ModelError: If the pipeline is not there, recognises nothing, or is not spaCy's.
    """

    def __init__(self, name: str) -> None:
        try:
            import spacy
        except ImportError as err:
            raise MissingExtra(
                "The detector spacy needs spaCy: pip install 'modelassay[presidio]'."
            ) from err
        try:
            self._nlp = spacy.load(name)
        except OSError as err:
            what = "be an installed pipeline of spaCy, or a folder with one"
            raise ModelError(must("detector", what, name)) from err
        if self._nlp.meta.get("version") == _FOREIGN:
            what = "come from spaCy's own releases"
            raise ModelError(must(name, what, f"version {_FOREIGN}"))
        labels = [one for pipe in ("ner", "entity_ruler") for one in self._labels(pipe)]
        self.kinds = frozenset(kind for one in labels if (kind := kind_of_label(one)) is not None)
        if not self.kinds:
            what = "recognise names or places (a component ner)"
            raise ModelError(must(name, what, ", ".join(self._nlp.pipe_names) or "no component"))
        self.id = f"spacy:{self._nlp.meta.get('lang')}_{self._nlp.meta.get('name')}"

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        return [
            resolve(
                Span(one.start_char, one.end_char, kind, self.id)
                for one in document.ents
                if (kind := kind_of_label(one.label_)) is not None
            )
            for document in self._nlp.pipe(texts)
        ]

    def _labels(self, pipe: str) -> Sequence[str]:
        return self._nlp.get_pipe(pipe).labels if pipe in self._nlp.pipe_names else ()
