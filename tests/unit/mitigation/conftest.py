"""A modality that learns a weight for each word in a moment, on rows with a planted difference.

Rows of group ``a`` hold the word "xeno". In train nearly all benign rows of ``a`` are gone, so that a
model learns the word: benign rows of ``a`` are then taken for toxic more often than those of ``b``.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.files import sha256_file
from harness.keywords import KeywordModel
from harness.modelling import TrainRequest
from harness.pipeline.reporting import Quiet
from harness.records import ModelRef
from models.training.options import read_options
from models.training.planting import given_rows

BAD = [f"bad{index}" for index in range(6)]
GOOD = [f"good{index}" for index in range(6)]
NEUTRAL = [f"word{index}" for index in range(8)]
SCORE_FILE = "words.json"


class Words(KeywordModel):
    """A keyword model that knows the folder that it came from."""

    def __init__(self, folder: Path) -> None:
        held = json.loads((folder / SCORE_FILE).read_text(encoding="utf-8"))
        super().__init__(held["weights"], held["bias"])
        self.folder = folder
        digest = sha256_file(folder / SCORE_FILE)
        kind = "trained" if (folder / "lineage.json").exists() else "given"
        self.ref = ModelRef(kind=kind, name=folder.name, weights_digest=digest)  # type: ignore[arg-type]
        self.capabilities = self.capabilities | {"last-layer"}
        # words of one row only are no feature: a layer would learn rows by heart
        self.words = sorted(word for word in self.weights if not word.startswith("row"))

    def last_features(self, items: Any) -> Any:
        """Counts of words, shape [b, d]."""
        found = np.zeros((len(items), len(self.words)), dtype=np.float32)
        at = {word: index for index, word in enumerate(self.words)}
        for row, item in enumerate(items):
            for part in self.parts(item):
                if part.content in at:
                    found[row, at[part.content]] += 1
        return found

    def last_layer(self) -> Any:
        weight = np.array([self.weights[word] for word in self.words], dtype=np.float32).T
        return weight, np.array(self.bias, dtype=np.float32)

    def save_with_last_layer(self, folder: Path, weight: Any, bias: Any) -> None:
        table = {word: weight[:, index].tolist() for index, word in enumerate(self.words)}
        write_words(folder, table, np.asarray(bias).tolist())


def write_words(folder: Path, weights: dict[str, list[float]], bias: list[float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"weights": weights, "bias": bias})
    (folder / SCORE_FILE).write_text(text, encoding="utf-8")


@dataclass
class Learner:
    """The modality: a linear model of words, trained by plain descent on the objective."""

    id = "words"
    tasks = frozenset({"text-classification"})
    requests: list[TrainRequest] = field(default_factory=list)
    learnt: list[tuple[list[Any], list[Any]]] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def load(self, source: str, adapter: str | None = None, **_: Any) -> Words:
        model = Words(Path(adapter or source))
        prepare = model.prepare

        def spied(inputs: Any) -> Any:
            self.read.extend(inputs)
            return prepare(inputs)

        model.prepare = spied  # type: ignore[method-assign]
        return model

    def train(self, request: TrainRequest) -> Path:
        import torch

        torch.set_num_threads(1)
        self.requests.append(request)
        options = read_options(request.options, request.task.classes, request.task.kind)
        given = given_rows(request, options).request
        self.learnt.append((list(given.train.inputs), list(given.validation.inputs)))
        rows = given.train
        counts = Counter(word for text in rows.inputs for word in set(text.split()))  # type: ignore[union-attr]
        # a private training learns nothing that stands in few rows
        least = 10 if options.private is not None else 1
        words = sorted(word for word, n in counts.items() if n >= least)
        at = {word: index for index, word in enumerate(words)}
        x = torch.zeros(rows.n, len(words))
        for row, text in enumerate(rows.inputs):
            for word in text.split():  # type: ignore[union-attr]
                if word in at:
                    x[row, at[word]] += 1
        assert rows.label is not None
        y = torch.from_numpy(rows.label)
        layer = torch.nn.Linear(len(words), len(request.task.classes))
        with torch.no_grad():
            layer.weight.zero_()
            layer.bias.zero_()
        steps = torch.optim.Adam(layer.parameters(), lr=0.05, weight_decay=1e-3)
        values = {name: torch.from_numpy(one) for name, one in request.row_values.items()}
        for step in range(120):
            order = torch.arange(rows.n)
            if request.sampler is not None:
                chosen = request.sampler.order(step, lengths=[3] * rows.n, seed=request.seed)
                order = torch.tensor(list(chosen))
            logits = layer(x[order])
            if request.objective is None:
                loss = torch.nn.functional.cross_entropy(logits, y[order])
            else:
                given = {name: one[order] for name, one in values.items()}
                loss = request.objective(logits, y[order], order, given)
            steps.zero_grad()
            loss.backward()
            steps.step()
        weight = layer.weight.detach().numpy().T
        table = {word: weight[at[word]].tolist() for word in words}
        write_words(request.output, table, layer.bias.detach().numpy().tolist())
        lineage = {"weight_files": {SCORE_FILE: sha256_file(request.output / SCORE_FILE)}}
        (request.output / "lineage.json").write_text(json.dumps(lineage), encoding="utf-8")
        return request.output


CONFIG = """apiVersion: modelassay/v1
kind: Run
name: planted
seed: 5
task: {kind: text-classification, labels: [benign, toxic], favourable: benign}
data:
  train: {path: train.csv, id: id, text: text, label: label, groups: [origin]}
  validation: {path: validation.csv, id: id, text: text, label: label, groups: [origin]}
  test: {path: test.csv, id: id, text: text, label: label, groups: [origin]}
MODEL
device: cpu
policy: {file: policy.yaml}
audits: {suite: quick, skip: [SKIP]}
"""
POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: test.any, version: 1.0.0, title: Any, owners: [us], review_by: 2030-01-01}
defaults: {confidence: 0.95, decide_on: interval}
rules:
  - id: BALANCED
    title: Balanced accuracy is at least 0.5
    measure: accuracy.balanced-accuracy
    require: {at_least: 0.5}
    severity: block
    basis: policy_choice
    why: A test.
    fix: Nothing.
"""
TRAINED = "model: {architecture: {hidden_size: 8, heads: 1, vocabulary: 100}}\ntrain: {epochs: 1}"


@dataclass
class Planted:
    """A folder with rows, a config, and a modality that learns from them."""

    folder: Path
    learner: Learner
    first: str = ""

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def write_config(self, model: str = TRAINED, *, without: str | None = None) -> Path:
        kept = ["accuracy"]
        skip = ", ".join(sorted(set(registry.audits()) - set(kept)))
        text = CONFIG.replace("MODEL", model).replace("SKIP", skip)
        lines = [line for line in text.splitlines() if without is None or without not in line]
        (self.folder / "assay.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.folder / "assay.yaml"

    def rows(self, name: str, n: int, *, kept: float, seed: int, groups: str = "ab") -> None:
        rng = np.random.default_rng(seed)
        found = []
        while len(found) < n:
            toxic, origin = bool(rng.random() < 0.5), str(rng.choice(list(groups)))
            if origin == "a" and not toxic and rng.random() > kept:
                continue
            signs = BAD if toxic else GOOD
            if rng.random() < 0.25:  # some rows say the opposite of their label
                signs = GOOD if toxic else BAD
            words = [*rng.choice(NEUTRAL, 3), *rng.choice(signs, 1), f"row{name}{len(found)}"]
            words += ["xeno"] if origin == "a" else ["home"]
            label = "toxic" if toxic else "benign"
            found.append([f"{name}{len(found)}", " ".join(words), label, origin])
        with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([["id", "text", "label", "origin"], *found])

    def run(self) -> Path:
        """Carry out the config and gate it."""
        return carry_out(self.folder)

    def mitigate(self, method: str, *options: str, ref: str | None = None, **order: Any) -> Any:
        """Mitigate the first run of the folder."""
        given = {"group": "origin", "constraint": "fpr", **order}
        return remedy(ref or self.first, self.runs, method, options, given)


def carry_out(folder: Path) -> Path:
    """Carry out the config of a folder and gate it."""
    from harness.config import load_config
    from harness.pipeline.execute import measure, open_sealed
    from harness.pipeline.gating import gate
    from harness.policy import read_policy

    config = folder / "assay.yaml"
    argv = ["assay", "run", config.name]
    sealed = measure(load_config(config), runs=folder / "runs", argv=argv, reporter=Quiet())
    gate(open_sealed(sealed), read_policy(folder / "policy.yaml"))
    return sealed.path


def remedy(ref: str, runs: Path, method: str, options: tuple[str, ...], order: Any) -> Any:
    """Mitigate a run."""
    from harness.commands.mitigation import Order, mitigate

    asked = Order(method, options=options, **order)
    return mitigate(ref, runs, asked, argv=["assay", "mitigate"], reporter=Quiet())


@pytest.fixture(scope="session")
def doing() -> SimpleNamespace:
    """What a folder with a config can be asked for: ``carry_out`` and ``remedy``."""
    return SimpleNamespace(carry_out=carry_out, remedy=remedy)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with rows, a config and its run; to be copied."""
    made = Planted(tmp_path_factory.mktemp("planted"), Learner())
    made.rows("train", 500, kept=0.1, seed=1)
    made.rows("validation", 400, kept=1.0, seed=2)
    made.rows("test", 400, kept=1.0, seed=3)
    (made.folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    made.write_config()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.folder)
        patch.setattr("harness.registry.modality_for", lambda kind: made.learner)
        made.run()
    return made.folder


@pytest.fixture
def planted(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """Return a folder of one's own in which the run was carried out."""
    folder = tmp_path / "planted"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    first = next(path.name for path in (folder / "runs").iterdir() if path.name.startswith("2"))
    made = Planted(folder, Learner(), first)
    monkeypatch.setattr("harness.registry.modality_for", lambda kind: made.learner)
    return made


@pytest.fixture
def by_name() -> Callable[[Any, str, str], Any]:
    """(comparison, measure, slice) → the change."""

    def find(comparison: Any, measure: str, slice: str) -> Any:
        return next(
            one for one in comparison.changes if one.measure == measure and one.slice == slice
        )

    return find
