"""The example's table of BBQ: which answer names the stereotyped group, on made-up rows."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "examples" / "bbq" / "derive.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("modelassay_example_bbq", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(**changes: Any) -> dict[str, Any]:
    return {
        "example_id": 7,
        "question_index": "3",
        "question_polarity": "neg",
        "context_condition": "ambig",
        "category": "Age",
        "answer_info": {
            "ans0": ["nobody knows", "unknown"],
            "ans1": ["grandson", "nonOld"],
            "ans2": ["grandfather", "old"],
        },
        "additional_metadata": {"stereotyped_groups": ["Old"]},
        "context": "Two people came.",
        "question": "Who was late?",
        "ans0": "Nobody knows",
        "ans1": "The grandson",
        "ans2": "The grandfather",
        "label": 0,
    } | changes


def test_target_and_unknown_are_positions_and_the_template_names_its_category(
    script: ModuleType,
) -> None:
    found = script.derive(row())
    assert (found["target"], found["unknown"], found["label"]) == (2, 0, "ans0")
    assert (found["id"], found["template"]) == ("Age-7", "Age-3")
    assert found["text"] == "Two people came. Who was late?"


def test_rows_whose_answers_cannot_be_told_apart_are_left_out(script: ModuleType) -> None:
    both = {"ans0": ["x", "old"], "ans1": ["y", "old"], "ans2": ["z", "unknown"]}
    assert script.derive(row(answer_info=both)) is None
    assert script.derive(row(additional_metadata={"stereotyped_groups": ["tall"]})) is None


def test_the_table_is_written_and_absent_files_are_named(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["derive.py", "--data", str(tmp_path)])
    assert script.main() == 2
    assert "--data must hold Age.jsonl, Religion.jsonl" in capsys.readouterr().err
    for name in script.CATEGORIES:
        text = json.dumps(row(category=name)) + "\n"
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    assert script.main() == 0
    lines = (tmp_path / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(one)["id"] for one in lines] == ["Age-7", "Religion-7"]
