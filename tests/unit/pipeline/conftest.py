"""Whole runs on a model whose answers are known by hand, with a clock that only its work moves."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.keywords import KeywordModel
from harness.modelling import Item, TrainRequest
from harness.pipeline.reporting import Quiet

WORDS = [f"word{index}" for index in range(12)]
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: toy
seed: 3
task: {kind: text-classification, labels: [no, yes]}
data:
  test: {path: rows.csv, id: id, text: text, label: label, groups: [region]}
model: {base: ./toy}
device: cpu
audits: {suite: quick, skip: [faithfulness, robustness], occlusion: {rows: 40}}
"""


@dataclass
class Clock:
    """Seconds that pass only when the model works."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class SlowModel(KeywordModel):
    """Takes a fixed time for each padded token, on a clock of its own."""

    def __init__(self, clock: Clock, seconds_per_token: float) -> None:
        weights = {word: (0.0, (-1.0) ** index) for index, word in enumerate(WORDS)}
        super().__init__({**weights, "flag": (0.0, 3.0)}, bias=(0.3, 0.0))
        self.clock = clock
        self.seconds_per_token = seconds_per_token
        self.n_rows = 0

    def logits(self, items: Sequence[Item]) -> Any:
        self.n_rows += len(items)
        longest = max((item.length for item in items), default=0)
        self.clock.now += self.seconds_per_token * longest * len(items)
        return super().logits(items)


TRAINED = CONFIG.replace(
    "model: {base: ./toy}",
    """  train: {path: train.csv, id: id, text: text, label: label}
  validation: {share: 0.1}
model: {base: ./toy}
train: {epochs: 1, batch_size: 36}""",
)


@dataclass
class Toy:
    """A folder with a config, rows and a model that takes its time."""

    folder: Path
    clock: Clock
    model: SlowModel
    loads: list[str] = field(default_factory=list)
    trained: list[int] = field(default_factory=list)
    seconds_per_step: float = 0.5

    id = "toy"
    tasks = frozenset({"text-classification"})

    def load(self, source: str, **_: Any) -> KeywordModel:
        self.loads.append(source)
        return self.model

    def train(self, request: TrainRequest) -> Path:
        """Take a fixed time for each step and write a folder that says that it is finished."""
        steps = request.options["max_steps"] or -(-request.train.n // request.options["batch_size"])
        self.clock.now += 0.7 + self.seconds_per_step * steps
        request.output.mkdir(parents=True)
        (request.output / "lineage.json").write_text('{"weight_files": {}}', encoding="utf-8")
        self.trained.append(steps)
        return request.output

    def ask_for(self, *, budget: str = "", train: bool = False) -> None:
        """Write the config, with a budget or a training."""
        text = TRAINED if train else CONFIG
        self.config.write_text(f"{text}budget: {budget}\n" if budget else text, encoding="utf-8")

    @property
    def config(self) -> Path:
        return self.folder / "assay.yaml"

    def rows(self, n: int, *, regions: dict[str, float] | None = None) -> None:
        """Write n rows to test on and 400 to train on; ``regions`` weighs the group values."""
        self._write("rows.csv", n, regions or {"east": 0.5, "west": 0.5})
        self._write("train.csv", 400, {"east": 1.0})

    def _write(self, name: str, n: int, shares: dict[str, float]) -> None:
        rng = random.Random(n)
        with (self.folder / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["id", "text", "label", "region"])
            for row in range(n):
                words = [*rng.choices(WORDS, k=rng.randint(3, 9)), f"n{row}"]
                flag = rng.random() < 0.4
                region = rng.choices(list(shares), list(shares.values()))[0]
                text = " ".join([*words, "flag"] if flag else words)
                writer.writerow([f"m{row}", text, "yes" if flag else "no", region])


class Listener(Quiet):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.name = ""
        self.steps: dict[str, list[tuple[int, int]]] = {}
        self.ends: dict[str, str] = {}
        self.notes: list[str] = []

    def stage(self, name: str) -> None:
        self.name = name

    def step(self, done: int, total: int) -> None:
        self.steps.setdefault(self.name, []).append((done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self, detail: str) -> None:
        self.ends[self.name] = detail


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    clock = Clock()
    made = Toy(tmp_path, clock, SlowModel(clock, 0.001))
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "weights.txt").write_text("by hand", encoding="utf-8")
    made.config.write_text(CONFIG, encoding="utf-8")
    made.rows(600)
    monkeypatch.setattr("harness.registry.modality_for", lambda kind: made)
    return made


@pytest.fixture
def run(toy: Toy) -> Callable[..., Any]:
    """Measure the toy's config and open the sealed run."""
    from harness.config import load_config
    from harness.pipeline.execute import measure, open_sealed

    def go(**more: Any) -> Any:
        given = {"runs": toy.folder / "runs", "argv": [], "reporter": Quiet(), "clock": toy.clock}
        given |= more
        return open_sealed(measure(load_config(toy.config), **given))

    return go
