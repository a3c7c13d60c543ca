"""Detectors by name: alone, together, of strangers; each missing package is named with its extra."""

import builtins
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.detectors import Detector, Span, choosing, detector_named
from harness.errors import MissingExtra, ModelError, PluginError, UsageError


class Foreign:
    id = "foreign"
    kinds = frozenset({"badge"})

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[Span(0, 1, "badge", self.id)] if text else [] for text in texts]


def with_entry_point(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    point = SimpleNamespace(name="badges", load=lambda: value)
    monkeypatch.setattr(choosing, "entry_points", lambda group: [point])


def test_two_detectors_find_together_what_each_finds() -> None:
    both = detector_named("patterns+lists")
    assert both.id == "patterns+lists"
    assert {"email", "person"} <= both.kinds
    [spans] = both.find(["Alice Baker, alice@mail.example"])
    assert [one.kind for one in spans] == ["person", "email"]


def test_an_unknown_detector_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'patterns'"):
        detector_named("paterns")
    with pytest.raises(UsageError, match="tokens:NAME"):
        detector_named("tokens")
    with pytest.raises(UsageError, match="must be a name"):
        detector_named("+")


def test_a_strangers_detector_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    with_entry_point(monkeypatch, Foreign)
    found = detector_named("badges")
    assert isinstance(found, Detector)
    assert found.find(["x", ""])[0][0].kind == "badge"


def test_a_strangers_detector_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_entry_point(monkeypatch, lambda: 3)
    with pytest.raises(PluginError, match="badges must have id, kinds and find"):
        detector_named("badges")

    def broken() -> None:
        raise RuntimeError("secret@mail.example")

    with_entry_point(monkeypatch, broken)
    with pytest.raises(PluginError, match="badges must load, got 'RuntimeError'"):
        detector_named("badges")


def test_the_group_of_entry_points_is_the_documented_one() -> None:
    assert choosing.GROUP == "modelassay.detectors"
    assert EntryPoint  # the standard library's


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("presidio", "presidio_analyzer", "presidio"),
        ("spacy:en_core_web_sm", "spacy", "presidio"),
        ("gliner:some/model", "gliner", "gliner"),
        ("tokens:some/model", "transformers", "audit"),
    ],
)
def test_a_missing_package_is_an_error_that_names_its_extra(
    name: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refusing(module: str, *rest: Any, **more: Any) -> Any:
        if module.split(".", maxsplit=1)[0] == package:
            raise ImportError(module)
        return real(module, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refusing)
    with pytest.raises(MissingExtra, match=rf"modelassay\[{extra}\]"):
        detector_named(name)


def test_gliner_answers_in_kinds_of_this_house(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        @classmethod
        def from_pretrained(cls, name: str) -> "Model":
            if name == "gone":
                raise OSError(name)
            return cls()

        def predict_entities(self, text: str, labels: list[str]) -> list[dict[str, Any]]:
            return [
                {"start": 0, "end": 3, "label": "person"},
                {"start": 4, "end": 8, "label": "date of birth"},
            ]

    module = ModuleType("gliner")
    module.GLiNER = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gliner", module)
    found = detector_named("gliner:tiny")
    assert {"person", "date", "passport"} <= found.kinds
    assert [one.kind for one in found.find(["Ann 1990"])[0]] == ["person", "date"]
    with pytest.raises(ModelError, match="GLiNER model, got 'gone'"):
        detector_named("gliner:gone")
