"""Predicting and auditing on a device: rows a second, operations, memory, agreement with the CPU."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from fitting import Setting, forward_flops, memory, read_rows, start_memory

N_COMPARED = 64


@dataclass(frozen=True, slots=True)
class Answered:
    """What predicting and auditing took.

    Attributes:
        n_rows: Rows of the test set.
        rows_per_s, tokens_per_s: Of tokenizing and predicting; real tokens.
        flops_per_s: Operations a second; None if unknown.
        audit_s: Seconds of the whole command ``assay audit``, start included.
        peak_bytes: Most memory of the device while predicting.
        difference: Largest difference of a logit from the CPU's over ``n_compared`` rows.
    """

    n_rows: int
    rows_per_s: float
    tokens_per_s: float
    flops_per_s: float | None
    audit_s: float
    peak_bytes: int
    difference: float
    n_compared: int


def answer(setting: Setting) -> Answered:
    """Ask the model that was trained in float32."""
    from harness.engines.prediction import batches, default_budget, predict

    texts, _, classes = read_rows(setting, "test")
    model = load(setting, classes, setting.device)
    budget = default_budget(setting.device)
    predict(model, model.prepare(texts[:N_COMPARED]), token_budget=budget)  # warms up
    start_memory(setting.device)
    begun = time.perf_counter()
    items = model.prepare(texts)
    predict(model, items, token_budget=budget)
    seconds = time.perf_counter() - begun
    peak = memory(setting.device)
    shapes = [(len(cut), items[cut[0]].length) for cut in batches(items, budget)]
    n_operations = forward_flops(model.network, shapes)
    return Answered(
        n_rows=len(texts),
        rows_per_s=len(texts) / seconds,
        tokens_per_s=sum(item.length for item in items) / seconds,
        flops_per_s=None if n_operations is None else n_operations / seconds,
        audit_s=audit(setting, classes),
        peak_bytes=peak,
        difference=logits_beside_cpu(setting, model, texts[:N_COMPARED], classes),
        n_compared=min(N_COMPARED, len(texts)),
    )


def load(setting: Setting, classes: tuple[str, ...], device: str) -> Any:
    """Load the model that was trained in float32."""
    from harness.records import Task
    from models.text import MODALITY

    return MODALITY.load(
        str(setting.trained("float32", "full")),
        task=Task("text-classification", "text", classes),
        device=device,
        max_tokens=setting.max_tokens,
    )


def logits_beside_cpu(
    setting: Setting, model: Any, texts: list[str], classes: tuple[str, ...]
) -> float:
    """Return the largest difference of a logit between the device and the CPU."""
    other = load(setting, classes, "cpu")
    pair = [one.logits(one.prepare(texts)) for one in (model, other)]
    return float(np.abs(pair[0] - pair[1]).max())


def audit(setting: Setting, classes: tuple[str, ...]) -> float:
    """Run ``assay audit`` as a user does; returns its seconds."""
    text, label = setting.columns
    config = {
        "apiVersion": "modelassay/v1",
        "kind": "Run",
        "name": "gpu-benchmark",
        "task": {"kind": "text-classification", "labels": list(classes)},
        "data": {
            "test": {
                "path": str(setting.tables["test"]),
                "text": text,
                "label": label,
                "limit": setting.sizes["test"],
            }
        },
        "model": {
            "base": str(setting.trained("float32", "full")),
            "max_tokens": setting.max_tokens,
        },
        "audits": {"suite": "quick"},
        "device": setting.device,
    }
    path = setting.folder / "gpu.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    program = "from harness.cli import main; main()"
    command = [sys.executable, "-P", "-c", program, "audit", str(path), "--quiet"]
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, "--runs", str(setting.folder / "runs")],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"assay audit ended with exit code {done.returncode}: {done.stderr.strip()}")
    return time.perf_counter() - begun
