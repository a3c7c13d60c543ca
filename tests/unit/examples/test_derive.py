"""The example's derivation of identity and skeleton, on made-up sentences."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "examples" / "madlibs_identity" / "derive.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("modelassay_example_derive", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ROWS = [
    {"template": "verb_adj", "phrase": "greet american"},
    {"template": "verb_adj", "phrase": "greet North american"},
    {"template": "verb_adj", "phrase": "help old"},
    {"template": "name_adj", "phrase": "Ada is a kind painter"},
]


def test_terms_are_what_follows_the_verb_longest_first(script: ModuleType) -> None:
    assert script.terms_of(ROWS) == ["north american", "american", "old"]


@pytest.mark.parametrize(
    ("phrase", "identity", "skeleton"),
    [
        ("Ada is a kind north american", "north american", "Ada is a kind [identity]"),
        ("Ada is a kind American", "american", "Ada is a kind [identity]"),
        ("being old is fine", "old", "being [identity] is fine"),
        ("you bold golden painter", "", "you bold golden painter"),  # no part of a word counts
        ("an old tale about an american", "american", "an old tale about an [identity]"),
        ("", "", ""),
    ],
)
def test_a_sentence_gives_its_identity_and_what_is_left(
    script: ModuleType, phrase: str, identity: str, skeleton: str
) -> None:
    assert script.derive(phrase, script.terms_of(ROWS)) == (identity, skeleton)


def test_the_file_that_is_written_can_be_read_back(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import csv

    lines = [
        "template,toxicity,phrase",
        "verb_adj,toxic,mock old",
        "name_adj,nontoxic,A is a nice old",
    ]
    (tmp_path / "templates.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["derive.py", "--data", str(tmp_path)])
    assert script.main() == 0
    with (tmp_path / "madlibs.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["skeleton"] for row in rows] == ["mock [identity]", "A is a nice [identity]"]
    assert {row["identity"] for row in rows} == {"old"}


def test_a_folder_without_the_sentences_is_refused(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["derive.py", "--data", str(tmp_path)])
    assert script.main() == 2
    assert "--data must hold templates.csv" in capsys.readouterr().err
