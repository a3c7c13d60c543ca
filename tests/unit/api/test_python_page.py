"""Every example of docs/python.md and the example notebook run on tiny made-up data."""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)


class Tokenized:
    """Rows of a Trainer."""

    def __init__(self, frame: pd.DataFrame, tokenizer: Any) -> None:
        self.rows = [
            {**tokenizer(text, truncation=True), "labels": int(label == "toxic")}
            for text, label in zip(frame["text"], frame["label"], strict=True)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> dict[str, Any]:
        return self.rows[i]


@pytest.fixture
def names(tiny_bert: Path, rows: list[dict[str, Any]], here: Path) -> dict[str, Any]:
    """What the page says that its examples share."""
    import transformers

    frame = pd.DataFrame(rows).rename(columns={"key": "id"})
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert)
    network = transformers.AutoModelForSequenceClassification.from_pretrained(tiny_bert)
    other = frame.assign(text="hag " + frame["text"])
    arguments = transformers.TrainingArguments(
        output_dir="out", num_train_epochs=1, use_cpu=True, report_to="none", disable_tqdm=True
    )
    return {
        "test_frame": frame,
        "model_folder": tiny_bert,
        "model": network,
        "tokenizer": tokenizer,
        "transformers": transformers,
        "training_arguments": arguments,
        "train_dataset": Tokenized(other[:16], tokenizer),
        "validation_dataset": Tokenized(other[16:32], tokenizer),
    }


def run_showing(code: str, names: dict[str, Any]) -> list[Any]:
    """Run code as a notebook does, showing every expression as text, and as a card if it has one."""
    shown = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.Expr):
            value = eval(compile(ast.Expression(node.value), "page", "eval"), names)
            shown.append(value)
            assert repr(value)
            if hasattr(value, "_repr_html_"):
                assert value._repr_html_().startswith(("<div", "\n<div"))
        else:
            exec(compile(ast.Module([node], []), "page", "exec"), names)
    return shown


@pytest.mark.slow
def test_every_example_of_the_page_runs(
    names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(BLOCKS) >= 12
    shown = [value for block in BLOCKS for value in run_showing(block, names)]
    plain = [value for value in shown if isinstance(value, str | list)]
    assert ["spring", "autumn"] in plain
    assert "pass" in plain or "incomplete" in plain
    said = capsys.readouterr().out
    assert "audits.suite must be 'quick', 'standard' or 'deep', got 'quik'" in said
    decisions, classes = np.zeros(120, int), names["classes"]
    run = names["harness"].audit(decisions, names["test_frame"], task=classes, groups="region")
    names["test_no_group_is_left_out"](run)


def test_the_page_names_every_exported_member() -> None:
    import harness

    text = PAGE.read_text(encoding="utf-8")
    for name in set(harness.__all__) - {"Run"}:
        assert name in text


def test_the_example_notebook_runs_cell_by_cell(here: Path) -> None:
    code = (ROOT / "examples" / "notebook.py").read_text(encoding="utf-8")
    cells = [cell for cell in re.split(r"^# %%.*\n", code, flags=re.M) if cell.strip()]
    names: dict[str, Any] = {}
    shown = [value for cell in cells for value in run_showing(cell, names)]
    assert len(cells) >= 5
    assert any(getattr(value, "exit_code", None) == 1 for value in shown)
