"""Which policy judges a run that names none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import load_config

HEAD = "apiVersion: modelassay/v1\nkind: Run\nname: one\n"
DATA = (
    "data: {test: {path: rows.csv, text: text, label: label}}\nmodel: {base: somebody/something}\n"
)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("{kind: text-generation}", "builtin/privacy"),
        ("{kind: multiple-choice, labels: [a, b]}", "builtin/standard"),
        ("{labels: [a, b]}", "builtin/standard"),
    ],
)
def test_what_decides_nothing_is_judged_by_the_privacy_policy(
    tmp_path: Path, task: str, expected: str
) -> None:
    (tmp_path / "rows.csv").write_text("text,label\none,a\n", encoding="utf-8")
    choices = DATA.replace("label: label", "label: label, choices: [text, label]")
    data = choices if "multiple-choice" in task else DATA
    if "generation" in task:
        data = DATA.replace(", label: label", "")
    path = tmp_path / "assay.yaml"
    path.write_text(f"{HEAD}task: {task}\n{data}", encoding="utf-8")
    assert load_config(path).config.policy.pack == expected


def test_a_policy_that_is_named_stays(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text\none\n", encoding="utf-8")
    data = DATA.replace(", label: label", "")
    path = tmp_path / "assay.yaml"
    path.write_text(
        f"{HEAD}task: {{kind: text-generation}}\n{data}policy: {{pack: builtin/standard}}\n",
        encoding="utf-8",
    )
    assert load_config(path).config.policy.pack == "builtin/standard"
