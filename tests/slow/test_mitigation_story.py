"""Mitigation of real networks: full fine-tuning and adapters, trained, audited again, compared."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.commands.mitigation import Order, mitigate
from harness.config import load_config
from harness.evidence import open_run, verify_run
from harness.pipeline.execute import measure
from harness.pipeline.reporting import Quiet

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: real
seed: 1
task: {kind: text-classification, labels: [benign, toxic]}
data:
  train: {path: train.csv, id: id, text: text, label: label, groups: [origin]}
  validation: {path: validation.csv, id: id, text: text, label: label, groups: [origin]}
  test: {path: test.csv, id: id, text: text, label: label, groups: [origin]}
model: {base: BASE}
train: TRAIN
device: cpu
audits: {suite: quick, skip: [occlusion, calibration, data-quality]}
"""
FULL = "{epochs: 4, learning_rate: 0.005, max_tokens: 16}"
LORA = "{method: lora, epochs: 4, learning_rate: 0.01, max_tokens: 16}"


def write_rows(path: Path, n: int, *, kept: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [["id", "text", "label", "origin"]]
    while len(rows) <= n:
        toxic, is_a = rng.random() < 0.5, rng.random() < 0.5
        if is_a and not toxic and rng.random() > kept:
            continue
        sign = "urgent" if toxic else "thanks"
        if rng.random() < 0.2:
            sign = "thanks" if toxic else "urgent"
        text = f"{rng.choice(['the', 'my', 'a'])} parcel {sign} {'refund' if is_a else 'address'}"
        rows.append(
            [f"{path.stem}{len(rows)}", text, "toxic" if toxic else "benign", "ab"[not is_a]]
        )
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)


@pytest.mark.slow
@pytest.mark.parametrize("train", [FULL, LORA])
def test_networks_are_mitigated_by_training_and_by_their_last_layer(
    train: str, tiny_models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = ["the my a parcel urgent thanks refund address"]
    tiny_models.tiny_classifier(tmp_path / "base", texts=[*texts, *tiny_models.TEXTS])
    write_rows(tmp_path / "train.csv", 300, kept=0.1, seed=1)
    write_rows(tmp_path / "validation.csv", 400, kept=1.0, seed=2)
    write_rows(tmp_path / "test.csv", 400, kept=1.0, seed=3)
    config = CONFIG.replace("BASE", "./base").replace("TRAIN", train)
    (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
    runs = tmp_path / "runs"
    first = measure(
        load_config(Path("assay.yaml")),
        runs=runs,
        argv=["assay", "run", "assay.yaml"],
        reporter=Quiet(),
    ).path
    found = {}
    for method, options in {
        "threshold": ("max_loss=0.1",),
        "reweighting": ("max_loss=0.1", "weights=balanced,sampler"),
        "group-dro": ("max_loss=0.1", "eta=0.1"),
        "last-layer": ("max_loss=0.1",),
    }.items():
        order = Order(method, "origin", "fpr", options)
        found[method] = mitigate(str(first), runs, order, argv=["assay"], reporter=Quiet())
        assert not verify_run(found[method].run).problems
        assert open_run(found[method].run).record.model.kind in ("trained", "given")
        assert found[method].exit_code == 0
    for method in ("reweighting", "last-layer"):
        worst = next(one for one in found[method].changes if one.measure == "fpr-difference")
        assert worst.before > 0.15, method
        assert worst.after < worst.before, method
