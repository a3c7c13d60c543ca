"""Runs that give their training rows away, and modalities that learn in a moment what they are given.

``leaky``: the classifier of words of the folder above, on rows of which some repeat and some hold
addresses. ``letters``: a language model that counts letters, on sentences with repeated secrets.
"""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.canaries import write_canaries
from harness.files import sha256_file
from harness.modelling import TrainRequest
from harness.records import ModelRef
from harness.toy_language import ToyLanguageModel
from models.training.options import read_options
from models.training.planting import given_rows

TEXTS = "texts.json"
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz@. "


@pytest.fixture(autouse=True)
def keys(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of scrubbed trainings lie in a folder of the test's own."""
    folder = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("MODELASSAY_KEYS", str(folder))
    return folder


@pytest.fixture
def leaky(planted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The planted folder, with addresses in its rows and a run of them; repeats stand in train."""
    for name in ("train", "validation"):
        path = planted.folder / f"{name}.csv"
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        for row in rows[1:40]:
            row[1] += f" write to {address(row[1])}"
        if name == "train":
            rows += [[f"again{k}-{row[0]}", *row[1:]] for row in rows[1:30] for k in range(4)]
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
    on_a_base(planted)
    planted.learner.learnt.clear()
    planted.first = planted.run().name
    return planted


@pytest.fixture
def based(planted: Any) -> Any:
    """The planted folder with a run that fine-tuned a base."""
    on_a_base(planted)
    planted.first = planted.run().name
    return planted


def on_a_base(planted: Any) -> None:
    """Let the config fine-tune a base instead of building a model."""
    (planted.folder / "base").mkdir()
    planted.write_config("model: {base: ./base}\ntrain: {epochs: 1}")


def address(text: str) -> str:
    """An address that belongs to one of five people, by the text's first word."""
    return f"jo.{text.split(maxsplit=1)[0]}@corp.example.com"


class Letters(ToyLanguageModel):
    """A toy language model that knows the folder that it came from."""

    def __init__(self, folder: Path, **options: Any) -> None:
        held = json.loads((folder / TEXTS).read_text(encoding="utf-8"))
        super().__init__(held["texts"], order=held["order"], alphabet=held["alphabet"], **options)
        digest = sha256_file(folder / TEXTS)
        lineage = folder / "lineage.json"
        self.ref = ModelRef(
            kind="trained" if lineage.exists() else "given",
            name=folder.name,
            weights_digest=digest,
            lineage_digest=sha256_file(lineage) if lineage.exists() else None,
        )


@dataclass
class Writer:
    """The modality: counts letters of what planting hands over."""

    id = "letters"
    tasks = frozenset({"text-generation"})
    learnt: list[list[Any]] = field(default_factory=list)

    def load(self, source: str, adapter: str | None = None, **_: Any) -> Letters:
        return Letters(Path(adapter or source))

    def train(self, request: TrainRequest) -> Path:
        options = read_options(request.options, request.task.classes, request.task.kind)
        given = given_rows(request, options)
        rows = [str(one) for one in given.request.train.inputs]
        self.learnt.append(rows)
        request.output.mkdir(parents=True)
        # a private training looks back over fewer letters: what stands in one row is not kept
        order = 5 if options.private is None else 1
        alphabet = "".join(sorted(set("".join(rows))))
        held = {"texts": rows, "order": order, "alphabet": alphabet + LETTERS}
        (request.output / TEXTS).write_text(json.dumps(held), encoding="utf-8")
        facts = {"weight_files": {TEXTS: sha256_file(request.output / TEXTS)}, **given.facts}
        if given.canaries:
            digest = write_canaries(request.output, given.canaries)
            facts["canaries"] = facts["canaries"] | {"digest": digest}
        (request.output / "lineage.json").write_text(json.dumps(facts), encoding="utf-8")
        return request.output


LANGUAGE = """apiVersion: modelassay/v1
kind: Run
name: letters
seed: 5
task: {kind: text-generation}
data:
  train: {path: train.csv, id: id, text: text}
  validation: {path: validation.csv, id: id, text: text}
  test: {path: test.csv, id: id, text: text, groups: [place]}
model: {base: ./base}
train: {epochs: 1}
device: cpu
policy: {file: policy.yaml}
audits: {suite: quick, skip: [SKIP]}
"""
LANGUAGE_POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: test.any, version: 1.0.0, title: Any, owners: [us], review_by: 2030-01-01}
defaults: {confidence: 0.95, decide_on: interval}
rules:
  - id: SURPRISE
    title: A byte costs at most 6 bits
    measure: perplexity.bits-per-byte
    require: {at_most: 6.0}
    severity: block
    basis: policy_choice
    why: A test.
    fix: Nothing.
"""
WORDS = ["river", "stone", "cloud", "north", "lamp", "paper", "engine", "garden"]


@dataclass
class Language:
    """A folder with sentences, a config, and a modality that learns from them."""

    folder: Path
    writer: Writer
    doing: Any
    first: str = ""

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def write_rows(self, name: str, n: int, *, seed: int, n_repeats: int = 0) -> None:
        rng = np.random.default_rng(seed)
        rows = [["id", "text", "place"]]
        for row in range(n):
            words = " ".join(rng.choice(WORDS, 5))
            code = "".join(map(str, rng.integers(0, 10, 6)))
            rows.append([f"{name}{row}", f"the {words} is number {code}", f"p{row % 2}"])
        rows += [[f"{row[0]}-{k}", *row[1:]] for row in rows[1:] for k in range(n_repeats)]
        with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)

    def run(self) -> Path:
        done: Path = self.doing.carry_out(self.folder)
        return done

    def mitigate(self, method: str, *options: str, **order: Any) -> Any:
        return self.doing.remedy(self.first, self.runs, method, options, order)


@pytest.fixture(scope="session")
def language_template(tmp_path_factory: pytest.TempPathFactory, doing: Any) -> Path:
    """A folder with sentences, a config and its run; to be copied."""
    made = Language(tmp_path_factory.mktemp("language"), Writer(), doing)
    made.write_rows("train", 60, seed=1, n_repeats=3)
    made.write_rows("validation", 20, seed=2)
    made.write_rows("test", 60, seed=3)
    base = {"texts": ["the river is north"], "order": 2, "alphabet": LETTERS}
    (made.folder / "base").mkdir()
    (made.folder / "base" / TEXTS).write_text(json.dumps(base), encoding="utf-8")
    kept = ["perplexity"]
    skip = ", ".join(sorted(set(registry.audits()) - set(kept)))
    (made.folder / "assay.yaml").write_text(LANGUAGE.replace("SKIP", skip), encoding="utf-8")
    (made.folder / "policy.yaml").write_text(LANGUAGE_POLICY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.folder)
        patch.setattr("harness.registry.modality_for", lambda kind: made.writer)
        made.run()
    return made.folder


@pytest.fixture
def language(
    language_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doing: Any
) -> Language:
    """A folder of one's own in which the run was carried out."""
    folder = tmp_path / "language"
    shutil.copytree(language_template, folder)
    monkeypatch.chdir(folder)
    first = next(path.name for path in (folder / "runs").iterdir() if path.name.startswith("2"))
    made = Language(folder, Writer(), doing, first)
    monkeypatch.setattr("harness.registry.modality_for", lambda kind: made.writer)
    return made
