"""Microsoft Presidio's analyzer as a detector: without a model, without a network.

Its recognisers read a text with a blank spaCy pipeline, so names and addresses are not found, and words
around a value change nothing. Measured blind spots of its defaults: no Chinese kind, no cloud keys,
e-mail addresses under reserved domains (``.internal``, ``.example``), numbers right next to Chinese
characters, full-width digits. Our recognisers of the Chinese kinds and keys stand beside its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.detectors.kinds import kind_of_label
from harness.detectors.patterns import KINDS
from harness.detectors.scanning import PatternDetector, resolve
from harness.detectors.span import Span
from harness.errors import MissingExtra

LEAST = 0.35
"""Spans that Presidio rates lower are left out: below are bank numbers and licences by the hundred."""
_BY_MODEL = frozenset({"person", "location", "organization", "nationality", "age", "address"})
"""What it finds only with a model of spaCy."""
OURS = frozenset({"cn-id", "cn-mobile", "cn-uscc", "secret", "cloud-key", "mac"})


class PresidioDetector:
    """Presidio's default recognisers for one language, and ours for what it does not know.

    Args:
        language: Language of its recognisers.
        least: Rating below which its spans are left out.
        has_ours: Whether our recognisers of Chinese kinds and keys are added.

    Raises:
        MissingExtra: If presidio-analyzer or spaCy is not installed.
    """

    id = "presidio"

    def __init__(
        self, *, language: str = "en", least: float = LEAST, has_ours: bool = True
    ) -> None:
        self._language, self._least = language, least
        self._analyzer = _analyzer(language)
        if has_ours:
            self._analyzer.registry.add_recognizer(_our_recogniser(language))
        labels = self._analyzer.get_supported_entities(language)
        kinds = {kind_of_label(one) for one in labels} - _BY_MODEL
        self.kinds = frozenset(kind for kind in kinds if kind is not None)

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Span]:
        seen = self._analyzer.analyze(text, self._language)
        kinds = [(one, kind_of_label(one.entity_type)) for one in seen]
        return resolve(
            Span(one.start, one.end, kind, self.id, one.score >= 1.0)  # its word for the rating
            for one, kind in kinds
            if kind is not None and one.score >= self._least
        )


def _analyzer(language: str) -> Any:
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError as err:
        raise MissingExtra(
            "The detector presidio needs presidio-analyzer and spaCy: "
            "pip install 'modelassay[presidio]'."
        ) from err
    _no_fetching()

    class BlankEngine(SpacyNlpEngine):  # type: ignore[misc]
        """A tokenizer and nothing else; the defaults accept it, and nothing is downloaded."""

        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": language, "model_name": "blank"}])
            self.nlp = {language: spacy.blank(language)}

        def load(self) -> None:
            """Load nothing."""

    engine = BlankEngine()
    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language], nlp_engine=engine)
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language])


def _no_fetching() -> None:
    """Let Presidio check domains by the list that its library brings, and never by the network."""
    import tldextract

    module: Any = tldextract
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)
    module.extract = offline.__call__  # what its recogniser of e-mail addresses calls


def _our_recogniser(language: str) -> Any:
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    labels = {kind: _label(kind) for kind in sorted(OURS)}
    ours = PatternDetector()

    class OurRecogniser(EntityRecognizer):  # type: ignore[misc]
        """Kinds that Presidio does not know, by the patterns of this house."""

        def load(self) -> None:
            """Load nothing."""

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            """Return what our patterns find of the kinds that are asked for."""
            [spans] = ours.find([text])
            return [
                RecognizerResult(labels[one.kind], one.start, one.stop, 1.0)
                for one in spans
                if one.kind in labels and labels[one.kind] in entities
            ]

    return OurRecogniser(
        supported_entities=list(labels.values()), name="OurRecogniser", supported_language=language
    )


def _label(kind: str) -> str:
    assert kind in KINDS  # ours
    return {"cloud-key": "AWS_KEY", "mac": "MAC_ADDRESS"}.get(kind, kind.upper().replace("-", "_"))
