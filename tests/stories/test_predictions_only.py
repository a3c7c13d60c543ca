"""A table of predictions is audited without a model, gated, reported and verified."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Assay = Callable[..., tuple[int, str, str]]


def only_run(folder: Path) -> Path:
    runs = [path for path in (folder / "runs").iterdir() if (path / "MANIFEST.json").is_file()]
    assert len(runs) == 1
    return runs[0]


def test_what_needs_a_model_is_not_measured_and_the_verdict_is_incomplete(
    story: Path, assay: Assay
) -> None:
    code, out, _ = assay("run")
    assert code == 3
    assert "ONE-WORD" in out
    verdict = json.loads(next((only_run(story) / "gates").glob("*/verdict.json")).read_text())
    found = {one["rule"]: one["outcome"] for one in verdict["findings"]}
    assert found["ONE-WORD"] == "not-measured"
    assert found["ACC-ABOVE-BASELINE"] == "passed"
    assert found["GROUP-ERROR"] == "passed"


def test_everything_that_needs_no_model_works_in_full(story: Path, assay: Assay) -> None:
    assay("run")
    measured = json.loads((only_run(story) / "measurements.json").read_text())["measurements"]
    keys = {one["measure"] for one in measured if one["estimate"]["value"] is not None}
    assert {
        "accuracy.auroc",
        "accuracy.log-loss",
        "accuracy.macro-f1",
        "group-error.difference-to-rest",
    } <= keys


def test_a_group_that_is_decided_worse_blocks(
    story: Path, assay: Assay, rewrite: Callable[..., None]
) -> None:
    rewrite(900, east=0.03, south=0.4, west=0.03)
    code, out, _ = assay("run")
    assert code == 1
    assert "GROUP-ERROR" in out
    assert "south" in out


def test_torch_is_not_loaded(story: Path) -> None:
    probe = (
        "import sys; from harness.cli import invoke; code = invoke(['audit', '--quiet']); "
        "sys.exit(code if 'torch' not in sys.modules else 99)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", probe], cwd=story, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_verify_report_and_list_follow(story: Path, assay: Assay) -> None:
    assay("run")
    run = only_run(story)
    assert assay("verify", "latest", "--recompute")[0] == 0
    code, html, _ = assay("report", run.name)
    assert code == 0
    assert html.startswith("<!doctype html>")
    assert "please send help now" not in html
    code, out, _ = assay("list", "runs", "--json")
    assert json.loads(out)[0]["id"] == run.name


def test_the_same_inputs_give_the_same_bytes(story: Path, assay: Assay) -> None:
    assay("run", "--runs", "one")
    assay("run", "--runs", "two")
    first, second = (
        next(path for path in (story / name).iterdir() if (path / "MANIFEST.json").is_file())
        for name in ("one", "two")
    )
    for name in ("measurements.json", "predictions.parquet", "audits/accuracy/replicates.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.mark.parametrize("change", ["byte", "missing", "added"])
def test_verify_catches_a_changed_byte_a_missing_and_an_added_file(
    story: Path, assay: Assay, change: str
) -> None:
    assay("run")
    run = only_run(story)
    path = run / "measurements.json"
    if change == "byte":
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(bytes(raw))
    elif change == "missing":
        path.unlink()
    else:
        (run / "extra.txt").write_text("x")
    code, out, _ = assay("verify", run.name)
    assert code == 5
    assert ("extra.txt" if change == "added" else "measurements.json") in out
    assert assay("gate", run.name)[0] == 5
    assert assay("report", run.name)[0] == 5


def test_hard_decisions_are_enough(story: Path, assay: Assay) -> None:
    text = (
        (story / "assay.yaml")
        .read_text()
        .replace("scores: [p_routine, p_urgent]", "decision: label")
    )
    (story / "assay.yaml").write_text(text)
    assert assay("audit", "--quiet")[0] == 0
    measured = json.loads((only_run(story) / "measurements.json").read_text())["measurements"]
    by_key = {one["measure"]: one["estimate"] for one in measured if one["slice"] == "all"}
    assert by_key["accuracy.accuracy"]["value"] == 1.0
    assert by_key["accuracy.auroc"]["value"] is None
    assert by_key["accuracy.auroc"]["why_undefined"]["text"]


def test_the_erased_personal_part_does_not_break_verification(story: Path, assay: Assay) -> None:
    import shutil

    assay("run")
    run = only_run(story)
    shutil.rmtree(run / "personal")
    code, out, _ = assay("verify", run.name)
    assert code == 0
    assert "personal part" in out


def test_no_row_text_leaves_the_personal_part(story: Path, assay: Assay) -> None:
    assay("run")
    run = only_run(story)
    for path in run.rglob("*"):
        if path.is_file() and "personal" not in path.relative_to(run).parts:
            assert b"please send help now" not in path.read_bytes(), path


CREDIT = """apiVersion: modelassay/v1
kind: Run
name: credit
task: {kind: text-classification, labels: [refused, granted], favourable: granted}
data:
  test: {path: credit.csv, label: repaid, groups: [sex]}
model: {predictions: {path: credit.csv, scores: [score]}}
audits: {suite: quick}
policy: {pack: builtin/standard}
"""


def write_credit(path: Path, n: int = 600) -> None:
    """Credit decisions: no text at all, and equal rows more than once."""
    lines = ["customer_id,sex,age,score,repaid"]
    for i in range(n):
        good = i % 3 > 0
        score = (0.6 + i % 4 / 10) if good != (i % 17 == 0) else (0.1 + i % 3 / 10)
        lines.append(
            f"c{i},{'fm'[i % 2]},{20 + i % 50},{score:.2f},{'granted' if good else 'refused'}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_decisions_about_rows_without_any_text_are_audited(
    tmp_path: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_credit(tmp_path / "credit.csv")
    (tmp_path / "assay.yaml").write_text(CREDIT, encoding="utf-8")
    code, _, err = assay("run")
    assert code == 3, err
    run = only_run(tmp_path)
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (data,) = record["datasets"]
    assert data["roles"] == {"label": "repaid", "groups": ["sex"]}
    assert (data["n_rows"], data["n_duplicates"]) == (600, None)
    assert "data.no-text" in [one["id"] for one in record["caveats"]]
    measured = json.loads((run / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    values = {one["measure"] for one in measured if one["estimate"]["value"] is not None}
    assert {"accuracy.auroc", "group-error.difference-to-rest"} <= values
    assert assay("verify", "latest", "--recompute")[0] == 0
    assert "repeated rows were not looked for" in assay("report", "latest", "--format", "html")[1]


def test_init_leads_from_a_table_of_decisions_without_text_to_a_verdict(
    tmp_path: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_credit(tmp_path / "credit.csv")
    code, out, _ = assay("init", "credit.csv", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["text"], found["label"], found["scores"]) == (None, "repaid", ["score"])
    assert (found["id"], found["groups"]) == ("customer_id", ["sex"])
    assert found["classes"] == ["refused", "granted"]  # the score is higher where it was granted
    code, out, err = assay("run")
    assert code == 3, err
    assert "ONE-WORD" in out
