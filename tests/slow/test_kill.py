"""A kill at any moment leaves nothing that is taken for whole, and the same command goes on."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: kill
seed: 1
task: {kind: text-classification, labels: [no, yes]}
data:
  test: {path: rows.csv, text: text, label: label, groups: [region]}
model: {predictions: {path: rows.csv, scores: [score]}}
"""
COMMAND = [sys.executable, "-P", "-c", "from harness.cli import main; main()", "audit", "--quiet"]


def sealed(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("runs/*/MANIFEST.json"))


def prepare(folder: Path) -> None:
    folder.mkdir()
    rng = random.Random(0)
    lines = ["text,label,region,score"]
    for i in range(3000):
        label = rng.choice(("no", "yes"))
        score = rng.betavariate(5, 2) if label == "yes" else rng.betavariate(2, 5)
        lines.append(f"message {i},{label},{rng.choice('abc')},{score:.6f}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "assay.yaml").write_text(CONFIG, encoding="utf-8")


def test_a_run_that_is_killed_at_any_moment_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    prepare(tmp_path / "whole")
    started = time.monotonic()
    subprocess.run(COMMAND, cwd=tmp_path / "whole", check=True)
    seconds = time.monotonic() - started
    expected = sealed(tmp_path / "whole")[0]
    for step in range(12):
        folder = tmp_path / f"killed-{step}"
        prepare(folder)
        with subprocess.Popen(COMMAND, cwd=folder) as process:
            try:
                process.wait(timeout=seconds * (step + 1) / 13)
            except subprocess.TimeoutExpired:
                process.kill()
        # a kill between the seal and the exit leaves a run that is whole; before it, none at all
        assert_whole(folder, expected)
        subprocess.run(COMMAND, cwd=folder, check=True)
        assert sealed(folder), "the same command did not finish what was killed"
        assert_whole(folder, expected)


def assert_whole(folder: Path, expected: Path) -> None:
    """Whatever lies under ``runs`` as a sealed run must be one, to the last byte."""
    for found in sealed(folder):
        for name in (
            "measurements.json",
            "predictions.parquet",
            "audits/accuracy/replicates.parquet",
        ):
            assert (found / name).read_bytes() == (expected / name).read_bytes(), name
        verify = [*COMMAND[:-2], "verify", found.name, "--recompute"]
        assert subprocess.run(verify, cwd=folder, check=False).returncode == 0
