"""``assay demo``: options, streams and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli import invoke
from harness.commands.demo import screen, story

FILES = ["train.csv", "train_repaired.csv", "test.csv", "assay.yaml", "assay_repaired.yaml"]


def test_data_only_writes_the_files_names_them_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "demo-data"
    assert invoke(["demo", "--data-only", str(target)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(target / name) for name in FILES]
    assert said.err == f"Next: assay run {target / 'assay.yaml'}\n"
    assert sorted(path.name for path in target.iterdir()) == sorted(FILES)
    assert list(tmp_path.iterdir()) == [target]


def test_data_only_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["demo", "--data-only", str(tmp_path), "--seed", "5", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["seed"] == 5
    assert data["files"] == [(tmp_path / name).as_posix() for name in FILES]


def test_data_only_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from harness.cli import invoke; "
        f"code = invoke(['demo', '--data-only', {str(tmp_path)!r}]); "
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_out_and_data_only_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["demo", "--out", str(tmp_path), "--data-only", str(tmp_path)]) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_a_strangers_file_in_the_way_exits_2_and_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "data" / "assay.yaml"
    mine.parent.mkdir()
    mine.write_text("name: mine\n", encoding="utf-8")
    assert invoke(["demo", "--out", str(tmp_path), "--quiet"]) == 2
    assert "must be absent or as `assay demo` wrote it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["assay.yaml"]


@pytest.mark.parametrize(
    ("problems", "code"), [([], 0), (["The guilty model must be blocked."], 70)]
)
def test_a_wrong_verdict_exits_70_with_a_sentence_and_a_right_one_0(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problems: list[str],
    code: int,
) -> None:
    class Told:
        def __init__(self) -> None:
            self.problems = problems

    def tell(*args: Any, **kwargs: Any) -> Told:
        return Told()

    monkeypatch.setattr(story, "tell", tell)
    monkeypatch.setattr(screen, "render", lambda told, *, seconds: "the screen")
    assert invoke(["demo"]) == code
    said = capsys.readouterr()
    assert said.out == "the screen\n"
    assert said.err.splitlines() == problems


def test_a_missing_extra_is_named_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert invoke(["demo", "--out", str(tmp_path / "out")]) == 2
    assert "modelassay[audit]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
