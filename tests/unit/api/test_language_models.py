"""Language models from Python: the same task, asked by columns of a table in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.errors import AssayError
from harness.records import TARGET, Prompting, Task

ROWS = [
    {"text": f"the parcel came {'late' if i % 2 else 'on time'} {i}", "more": f" and so on {i}"}
    | {"a": "fine", "b": "late", "label": ("fine", "late")[i % 2]}
    for i in range(24)
]
SETTINGS: dict[str, Any] = {"suite": "quick", "device": "cpu"}


def skipped(*kept: str) -> list[str]:
    from harness.registry import audits

    return [one for one in audits() if one not in kept]


def test_a_prompted_task_is_audited_from_a_folder_and_from_a_live_model(
    tiny_llama: Path, tmp_path: Path
) -> None:
    import transformers

    how = Prompting("Letter: {text}\nIt is", (" fine", " late"))
    task = Task("prompted-classification", "causal-lm", ("fine", "late"), prompting=how)
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    found = [
        harness.audit(
            one, ROWS, task=task, skip=skipped("accuracy"), runs=tmp_path / "runs", **SETTINGS
        )
        for one in (str(tiny_llama), (model, tokenizer))
    ]
    values = [
        [one["value"] for one in run.measurements.to_frame().to_dict("records")] for run in found
    ]
    assert str(values[0]) == str(values[1])
    assert found[0].record.task.prompting == how


def test_choices_and_completions_are_columns_too(tiny_llama: Path, tmp_path: Path) -> None:
    chosen = Task("multiple-choice", "causal-lm", ("fine", "late"), prompting=Prompting())
    run = harness.audit(
        tiny_llama,
        ROWS,
        task=chosen,
        choices=["a", "b"],
        skip=skipped("accuracy"),
        runs=tmp_path / "runs",
        **SETTINGS,
    )
    assert run.record.task.kind == "multiple-choice"
    written = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())
    run = harness.audit(
        tiny_llama,
        ROWS,
        task=written,
        prompt="text",
        completion="more",
        skip=skipped("perplexity"),
        runs=tmp_path / "runs",
        **SETTINGS,
    )
    assert any("perplexity" in key for key in run.measurements.to_frame()["measure"])
    with pytest.raises(AssayError, match="choices must name 2 columns"):
        harness.audit(tiny_llama, ROWS, task=chosen, choices=["a"], runs=tmp_path / "runs")


def test_what_follows_a_prompt_is_explained(tiny_llama: Path) -> None:
    found = harness.explain(str(tiny_llama), ("The parcel came", " late"), device="cpu")
    assert found.rows[0].is_of_text
