"""Which detector: the patterns of this house, or others by name, alone or together.

A name is ``patterns``, ``lists``, ``presidio``, ``spacy:PIPELINE``, ``gliner:MODEL``, ``tokens:MODEL``
(folder or hub id of a token-classification model), the name of an entry point of the group
``modelassay.detectors``, or several of them joined by ``+``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import entry_points

from harness.detectors.lists import ListDetector
from harness.detectors.prefilter import prefilter
from harness.detectors.scanning import PatternDetector, resolve
from harness.detectors.span import Detector, Span
from harness.errors import PluginError, UsageError, must, nearest

GROUP = "modelassay.detectors"
_WITH_MODEL = ("tokens", "spacy", "gliner")


@lru_cache(maxsize=1)
def default_detector() -> Detector:
    """Return the patterns, with the prefilter where Hyperscan is installed: same spans, faster."""
    return PatternDetector(prefilter)


class Together:
    """Several detectors as one.

    Args:
        detectors: What is asked, in this order; where spans of one kind overlap, the longest stays.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = tuple(detectors)
        self.id = "+".join(one.id for one in detectors)
        self.kinds = frozenset(kind for one in detectors for kind in one.kinds)

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        found = [one.find(texts) for one in self._detectors]
        return [
            resolve(span for some in of_text for span in some)
            for of_text in zip(*found, strict=True)
        ]


def detector_named(name: str) -> Detector:
    """Return a detector by its name, or several joined by ``+``.

    Raises:
        UsageError: If there is none of that name.
        MissingExtra: If what it needs is not installed.
        ModelError: If its model cannot be loaded.
        PluginError: If a plug-in cannot be imported, or is no detector.
    """
    parts = [part for part in name.split("+") if part]
    if not parts:
        raise UsageError(must("detector", "be a name such as patterns", name))
    found = [_one(part) for part in parts]
    return found[0] if len(found) == 1 else Together(found)


def _one(name: str) -> Detector:
    kind, _, model = name.partition(":")
    if kind in _WITH_MODEL:
        if not model:
            raise UsageError(must("detector", f"name a model, as {kind}:NAME", name))
        return _with_model(kind, model)
    plain: dict[str, Callable[[], Detector]] = {
        "patterns": default_detector,
        "lists": ListDetector,
        "presidio": _presidio,
    }
    if name in plain:
        return plain[name]()
    foreign = {one.name: one for one in entry_points(group=GROUP)}
    if name in foreign:
        return _foreign(name, foreign[name].load)
    known = [*plain, *(f"{one}:MODEL" for one in _WITH_MODEL), *sorted(foreign)]
    what = f"be one of {', '.join(known)}"
    raise UsageError(must("detector", what, name, do=nearest(name, known).strip()))


def _with_model(kind: str, model: str) -> Detector:
    if kind == "tokens":
        from harness.detectors.by_tokens import TokenDetector

        return TokenDetector(model)
    if kind == "spacy":
        from harness.detectors.by_spacy import SpacyDetector

        return SpacyDetector(model)
    from harness.detectors.by_gliner import GlinerDetector

    return GlinerDetector(model)


def _presidio() -> Detector:
    from harness.detectors.by_presidio import PresidioDetector

    return PresidioDetector()


def _foreign(name: str, load: Callable[[], object]) -> Detector:
    try:
        make = load()
        found = make() if isinstance(make, type) or callable(make) else make
    except Exception as err:
        what = "load"
        raise PluginError(must(f"The detector plug-in {name}", what, type(err).__name__)) from err
    if not isinstance(found, Detector):
        what = "have id, kinds and find(texts)"
        raise PluginError(must(f"The detector plug-in {name}", what, type(found).__name__))
    return found
