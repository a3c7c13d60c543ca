"""What a config of a language model may say of its tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import LoadedConfig
from harness.config.load import config_from_text
from harness.errors import ConfigError

HEAD = "apiVersion: modelassay/v1\nkind: Run\nname: one\nmodel: {base: some/model}\n"


def read(folder: Path, task: str, table: str) -> LoadedConfig:
    (folder / "rows.csv").write_text("a,b,c,d\n")
    text = f"{HEAD}task: {task}\ndata:\n  test: {{path: rows.csv, {table}}}\n"
    return config_from_text(text, base=folder)


LABELS = "labels: [fine, late]"
ASKED = f"{{kind: prompted-classification, {LABELS}}}"
CHOSEN = f"{{kind: multiple-choice, {LABELS}}}"
WRITTEN = "{kind: text-generation}"


@pytest.mark.parametrize(
    ("task", "table"),
    [
        (ASKED, "text: a, label: b"),
        (ASKED, "text: a, pair: c, label: b"),
        (CHOSEN, "text: a, choices: [b, c], label: d"),
        (WRITTEN, "text: a"),
        (WRITTEN, "prompt: a, completion: b"),
        (WRITTEN, "prompt: a"),
        ('{kind: text-generation, prompt: "Q: {text}"}', "prompt: a, completion: b"),
    ],
)
def test_each_kind_reads_its_own_columns(tmp_path: Path, task: str, table: str) -> None:
    assert read(tmp_path, task, table).task.modality == "causal-lm"


@pytest.mark.parametrize(
    ("task", "table", "problem"),
    [
        (f"{{{LABELS}}}", "text: a, prompt: b", "prompt must not be given (assay.yaml:7): text-cl"),
        (ASKED, "text: a, choices: [b, c]", "choices must not be given"),
        (CHOSEN, "text: a, label: d", "data.test.choices must be given (assay.yaml:7)"),
        (
            CHOSEN,
            "text: a, choices: [b, c, d]",
            "data.test.choices must name 2 columns, one for each label in their order, got 3",
        ),
        (WRITTEN, "text: a, label: b", "label must not be given"),
        (WRITTEN, "text: a, prompt: b", "text must not be given beside prompt"),
        (WRITTEN, "text: a, completion: b", "completion must come with prompt"),
        (
            '{kind: text-generation, prompt: "Q: {text}"}',
            "text: a",
            "task.prompt must come with data.test.prompt",
        ),
        (WRITTEN, "id: a", "data.test.text or prompt must be given"),
    ],
)
def test_a_column_that_is_not_read_is_named_with_its_line(
    tmp_path: Path, task: str, table: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, task, table)
    assert len(caught.value.problems) == 1, caught.value.problems
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("completions", "problem"),
    [
        ("{fine: ' yes', late: ' yes'}", "must differ between labels, got ' yes' for 'fine' and"),
        ("{fine: ' late'}", "must differ between labels, got ' late' for 'fine' and 'late'"),
        ("{fine: '', late: ' no'}", "must hold a text for each label, got '' for 'fine'"),
        ("{fine: ' yes', late: ' '}", "must hold a text for each label, got ' ' for 'late'"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, completions: str, problem: str
) -> None:
    task = f"{{kind: prompted-classification, {LABELS}, completions: {completions}}}"
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, task, "text: a, label: b")
    assert len(caught.value.problems) == 1, caught.value.problems
    assert f"completions {problem}" in str(caught.value)
    read(tmp_path, task.replace(completions, "{fine: ' yes', late: ' no'}"), "text: a, label: b")


def test_canaries_among_choices_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,c,d\n")
    table = "{path: rows.csv, text: a, choices: [b, c], label: d}"
    text = (
        f"{HEAD}task: {CHOSEN}\ndata: {{train: {table}, validation: {table}, test: {table}}}\n"
        "train:\n  canaries: {repeats: [0, 4]}\n"
    )
    with pytest.raises(ConfigError) as caught:
        config_from_text(text, base=tmp_path)
    assert "train.canaries must be absent, got some for multiple-choice" in str(caught.value)
    assert "(assay.yaml:8). Remove the section." in str(caught.value)
