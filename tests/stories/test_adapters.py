"""Training an adapter, auditing it beside its base, and what happens when the two do not fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_config
from harness.evidence import workspace
from harness.pipeline.plan import make_plan

DATA = """apiVersion: modelassay/v1
kind: Run
name: story
seed: 1
task: {kind: text-classification, labels: [routine, urgent], favourable: urgent}
device: cpu
audits: {suite: quick}
"""
TEST = "  test: {path: rows.csv, id: id, text: text, label: label, groups: [region]}\n"
TRAINED = (
    DATA
    + "data:\n  train: {path: train.csv, text: text, label: label}\n  validation: {share: 0.2}\n"
    + TEST
    + "model: {base: base}\n"
    + "train: {method: lora, lora: {rank: 4}, epochs: 2, learning_rate: 0.01, max_tokens: 16}\n"
)


def given(base: str, adapter: str) -> str:
    return f"{DATA}data:\n{TEST}model: {{base: {base}, adapter: {adapter}}}\n"


@pytest.fixture
def bases(story: Path, tiny_models: Any, rewrite: Any) -> Path:
    """Two bases that differ in their weights; rows to learn from and rows to judge by."""
    import torch

    torch.set_num_threads(1)
    rewrite(120, east=0.1)
    shutil.copy(story / "rows.csv", story / "train.csv")
    rewrite(40, east=0.1)
    for seed, name in enumerate(("base", "other")):
        tiny_models.tiny_classifier(story / name, classes=("a", "b", "c"), seed=seed)
    return story


def record(folder: Path) -> dict[str, Any]:
    newest = max(folder.glob("runs/*/run.json"), key=lambda path: path.parent.name)
    content: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return content


def test_what_was_trained_in_a_run_is_what_is_audited_beside_its_base(bases: Path, assay) -> None:
    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    code, out, err = assay("train", "--quiet")
    assert (code, err) == (0, "")
    adapter = Path(out.strip())
    assert (adapter / "adapter_model.safetensors").is_file()
    code, out, err = assay("run")
    assert code in {0, 1, 3}, err
    assert "train                " in err
    run = record(bases)["model"]
    assert run["kind"] == "trained"
    assert run["adapter_proof"]["max_logit_difference_low_rank"] > 0
    report = next(bases.glob("runs/*/gates/*/report.html")).read_text(encoding="utf-8")
    assert "moves logits of its base by up to" in report
    assert f"{run['adapter_digest'][:7]} on base @ {run['weights_digest'][:7]}" in out
    (bases / "assay.yaml").write_text(given("base", str(adapter)), encoding="utf-8")
    shutil.rmtree(next(path.parent for path in bases.glob("runs/*/run.json")))
    assert assay("audit", "--quiet")[0] == 0
    again = record(bases)["model"]
    assert again == run


def test_what_does_not_belong_together_is_refused(bases: Path, assay) -> None:
    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    adapter = Path(assay("train", "--quiet")[1].strip())
    (bases / "assay.yaml").write_text(given("other", str(adapter)), encoding="utf-8")
    code, _, err = assay("audit", "--quiet")
    assert code == 2
    assert f"The adapter {adapter.name} must have the base that it was trained on (base" in err
    assert "got other with the digest" in err
    (bases / "assay.yaml").write_text(given("./gone", str(adapter)), encoding="utf-8")
    code, _, err = assay("audit", "--quiet")
    assert code == 2
    assert "model.base must be a folder or a hub id, got './gone'" in err
    (bases / "assay.yaml").write_text(given("base", "base"), encoding="utf-8")
    code, _, err = assay("audit", "--quiet")
    assert code == 2
    assert "got a whole model. Give it as model.base." in err


def test_a_second_training_of_one_plan_is_refused(bases: Path, assay) -> None:
    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    plan = make_plan(load_config(bases / "assay.yaml"))
    assert plan.train_digest is not None
    with workspace(bases / "runs", plan.train_digest):
        code, _, err = assay("train", "--quiet")
    assert code == 2
    assert "must be worked on by one process at a time, got a second one" in err


def test_what_a_changed_config_leaves_behind_is_said(
    bases: Path, assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    import models.training.run as run

    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(run, "publish", killed)
        with pytest.raises(Killed):
            assay("train", "--quiet")
    (bases / "assay.yaml").write_text(TRAINED.replace("0.01", "0.02"), encoding="utf-8")
    code, _, err = assay("train")
    assert code == 0
    assert "belong to another training called story" in err
    assert "are not taken up; this one starts anew" in err
    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    code, _, err = assay("train")
    assert code == 0
    assert "belong to another" not in err
    assert "epoch 1" not in err  # taken up where it was killed
    assert not list(bases.glob("runs/.partial/*.scratch"))


def test_a_refused_training_leaves_nothing_to_finish(bases: Path, assay) -> None:
    refused = TRAINED.replace("method: lora", "method: lora, precision: float16")
    assert refused != TRAINED
    (bases / "assay.yaml").write_text(refused, encoding="utf-8")
    code, _, err = assay("train", "--quiet")
    assert code == 2
    assert "precision must be possible on cpu" in err
    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    code, _, err = assay("train")
    assert code == 0
    assert "belong to another" not in err


def test_one_audit_is_never_carried_out_by_several_processes(
    bases: Path, assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bases / "assay.yaml").write_text(TRAINED, encoding="utf-8")
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", "1")
    code, _, err = assay("run", "--quiet")
    assert code == 2
    assert "An audit must run as one process, got 2" in err
    assert "torchrun --nproc-per-node N --no-python assay train" in err
