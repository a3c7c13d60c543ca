"""Two processes on this machine train one model: the same step, one folder, one lineage."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SECONDS = 240
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: pair
seed: 1
task: {{kind: text-classification, labels: [routine, urgent]}}
data:
  train: {{path: train.csv, text: text, label: label}}
  validation: {{path: test.csv, text: text, label: label}}
  test: {{path: test.csv, text: text, label: label}}
model: {{architecture: {{hidden_size: 16, layers: 1, intermediate_size: 16, vocabulary: 200}}}}
train: {{epochs: {epochs}, batch_size: {batch_size}, learning_rate: 0.005, dropout: 0.0,
        class_weights: balanced, label_smoothing: 0.1, max_tokens: 16}}
device: cpu
"""
ASSAY = ["-P", "-m", "harness.cli"]


LANGUAGE = """apiVersion: modelassay/v1
kind: Run
name: pair
seed: 1
task: {{kind: text-generation}}
data:
  train: {{path: train.csv, text: text}}
  validation: {{path: test.csv, text: text}}
  test: {{path: test.csv, text: text}}
model: {{architecture: {{hidden_size: 16, layers: 1, intermediate_size: 16, vocabulary: 300}}}}
train: {{epochs: {epochs}, batch_size: {batch_size}, learning_rate: 0.005, max_tokens: 16}}
device: cpu
"""


def write(folder: Path, *, config: str = CONFIG, **settings: Any) -> Path:
    rng = random.Random(0)
    folder.mkdir()
    for name, n in (("train", 64), ("test", 32)):
        lines = ["text,label"]
        for i in range(n):
            label = rng.choice(("routine", "routine", "urgent"))
            lines.append(f"{'help now' if label == 'urgent' else 'thank you'} {i},{label}")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "assay.yaml").write_text(config.format(**settings), encoding="utf-8")
    return folder


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def alone(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *ASSAY, "train"],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def launched(folder: Path) -> subprocess.CompletedProcess[str]:
    """Start two processes as the page of the command says, by torch's own launcher."""
    launcher = [
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--master-addr",
        "127.0.0.1",
    ]
    return subprocess.run(
        [sys.executable, *launcher, "--master-port", str(free_port()), "-m", "harness.cli", "train"],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def by_hand(folder: Path, *argv: str) -> list[tuple[int, str, str]]:
    """Start two processes without a launcher, so that the exit code of each can be seen."""
    port = str(free_port())
    started = []
    for index in range(2):
        place = {
            "RANK": str(index),
            "LOCAL_RANK": str(index),
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        started.append(
            subprocess.Popen(
                [sys.executable, *ASSAY, *argv],
                cwd=folder, env=environment() | place, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    found = []
    for process in started:
        try:
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        found.append((process.returncode, out, err))
    return found


def lineages(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in folder.glob("runs/models/*/lineage.json")]


@pytest.mark.parametrize("config", [CONFIG, LANGUAGE], ids=["classifier", "language"])
def test_two_processes_make_the_step_of_one(tmp_path: Path, config: str) -> None:
    one = write(tmp_path / "one", config=config, epochs=1, batch_size=64)
    two = write(tmp_path / "two", config=config, epochs=1, batch_size=32)
    assert alone(one).returncode == 0
    done = launched(two)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("runs/models/pair-") == 1
    (single,), (pair,) = lineages(one), lineages(two)
    assert (single["n_processes"], pair["n_processes"]) == (1, 2)
    assert single["n_steps"] == pair["n_steps"] == 1
    assert single["request_digest"] != pair["request_digest"]
    first, second = single["step_curve"][0], pair["step_curve"][0]
    # 1e-4: the same sum over 64 rows in another order, float32
    assert second["train_loss"] == pytest.approx(first["train_loss"], rel=1e-4)
    assert second["gradient_norm"] == pytest.approx(first["gradient_norm"], rel=1e-4)


def test_two_processes_repeat_themselves_and_leave_one_folder(tmp_path: Path) -> None:
    weights = set()
    for name in ("one", "two"):
        folder = write(tmp_path / name, epochs=2, batch_size=8)
        ended = by_hand(folder, "train")
        assert [code for code, *_ in ended] == [0, 0], ended
        assert ended[0][1].startswith("runs/models/pair-")
        assert ended[1][1] == ""
        (model,) = (path for path in folder.glob("runs/models/*"))
        weights.add((model / "model.safetensors").read_bytes())
        assert [path.suffix for path in folder.glob("runs/.partial/*")] == [".lock"]
        (lineage,) = lineages(folder)
        assert lineage["n_steps"] == 8
    assert len(weights) == 1


def test_accelerate_starts_two_processes_as_the_page_says(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", epochs=1, batch_size=8)
    command = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    command += ["--main_process_ip", "127.0.0.1", "--main_process_port", str(free_port())]
    done = subprocess.run(
        [sys.executable, *command, "-m", "harness.cli", "train"],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("runs/models/pair-") == 1
    assert "2 processes" in done.stderr
    assert [lineage["n_processes"] for lineage in lineages(folder)] == [2]


def test_when_the_first_cannot_go_on_the_other_ends_with_its_code(tmp_path: Path) -> None:
    from harness.config import load_config
    from harness.evidence import workspace
    from harness.pipeline import plan
    from harness.processes import Processes

    folder = write(tmp_path / "one", epochs=1, batch_size=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "launched", lambda: Processes(0, 2))
        digest = plan.make_plan(load_config(folder / "assay.yaml")).train_digest
    assert digest is not None
    with workspace(folder / "runs", digest):
        ended = by_hand(folder, "train")
    assert [code for code, *_ in ended] == [2, 2]
    assert "must be worked on by one process at a time" in ended[0][2]
    assert ended[1][2] == ""


def test_both_end_when_the_output_is_something_else(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", epochs=1, batch_size=8)
    (folder / "runs").mkdir()
    (folder / "runs" / "models").write_text("in the way", encoding="utf-8")
    ended = by_hand(folder, "train")
    assert ended[0][0] != 0
    assert ended[0][0] == ended[1][0]
