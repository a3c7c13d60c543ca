"""Train teaches, validation chooses, test judges: which rows each of them is shown, in a whole run."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness import registry
from harness.auditing import Audit, AuditContext, audit
from harness.config.load import config_from_text
from harness.keywords import KeywordModel
from harness.modelling import TrainRequest
from harness.pipeline.execute import measure
from harness.pipeline.reporting import Quiet
from harness.records import Measure, Measurement
from harness.stats import wilson

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: sight
task: {{kind: text-classification, labels: [calm, loud]}}
data:
{data}
model: {{architecture: {{type: bert}}}}
train: {{epochs: 1}}
audits: {{suite: quick}}
policy: {{file: only.policy.yaml}}
"""
POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: only, version: 1.0.0, title: Only, owners: [us], review_by: 2027-01-01}
rules:
  - id: ONE
    title: One
    severity: warn
    measure: looker.share
    require: {at_least: 0.1}
    basis: policy_choice
    why: none
    fix: none
"""
ROLES = "text: text, label: label, cluster: person"
FILES = {
    "one file, split once": f"""
  train: {{path: all.csv, {ROLES}}}
  split: {{test: 0.3}}
  validation: {{share: 0.2}}""",
    "one file, split by person": f"""
  train: {{path: all.csv, {ROLES}}}
  split: {{test: 0.3, by: person}}
  validation: {{share: 0.2}}""",
    "two files": f"""
  train: {{path: train.csv, {ROLES}}}
  validation: {{share: 0.2}}
  test: {{path: test.csv, {ROLES}}}""",
    "three files": f"""
  train: {{path: train.csv, {ROLES}}}
  validation: {{path: validation.csv, {ROLES}}}
  test: {{path: test.csv, {ROLES}}}""",
}


@dataclass
class Witness:
    """A modality that trains nothing and remembers what it was shown."""

    id: str = "witness"
    tasks: frozenset[str] = frozenset({"text-classification"})
    shown: list[TrainRequest] = field(default_factory=list)

    def train(self, request: TrainRequest) -> Path:
        self.shown.append(request)
        request.output.mkdir(parents=True)
        return request.output

    def load(self, source: str, **_: Any) -> KeywordModel:
        return KeywordModel({"loud": (0.0, 2.0)}, bias=(1.0, 0.0))


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Witness:
    one = Witness()
    monkeypatch.setattr(registry, "modality_for", lambda kind: one)
    return one


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Files of numbered texts, four of one person each; no text stands twice in all of them."""
    start = 0
    for name, n in (("all", 200), ("train", 120), ("validation", 40), ("test", 80)):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "label", "person"))
            for k in range(start, start + n):
                word, label = ("loud", "loud") if k % 2 else ("calm", "calm")
                writer.writerow((f"{word} {k}", label, f"p{k // 4}"))
        start += n
    return tmp_path


def looker(seen: dict[str, set[Any]]) -> Audit:
    """An audit that asks the model about validation and train rows and keeps what it saw."""

    @audit(
        id="looker",
        question="Which rows are there?",
        needs={"predictions", "labels", "rows", "train", "validation", "model.logits"},
        measures=[Measure("looker.share", "Share", "share", "higher", 0, 1, "{value}.", "-", "-")],
        suites={"quick"},
        cost="one forward pass for each row",
        calls=lambda facts: {"train": facts.n_train, "validation": facts.n_validation},
    )
    def run(ctx: AuditContext) -> Iterator[Measurement]:
        train, validation = ctx.train_rows(), ctx.validation_rows()
        assert train is not None
        assert validation is not None
        seen["test"] = set(ctx.rows("test").inputs)
        for name, one in (("train", train), ("validation", validation)):
            seen[name] = set(one.inputs)
            logits = ctx.ask(one.example_id.tolist(), ctx.prepare(one.inputs), f"{name}/whole")
            assert logits.shape == (one.n, 2)
        yield ctx.measurement("share", wilson(1, 2), dataset="test")

    return run


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_training_never_sees_the_test_set_and_audits_are_told_who_saw_what(
    data: str, tables: Path, witness: Witness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, set[Any]] = {}
    monkeypatch.setattr(registry, "audits", lambda: {"looker": looker(seen)})
    (tables / "only.policy.yaml").write_text(POLICY, encoding="utf-8")
    loaded = config_from_text(CONFIG.format(data=data), base=tables)
    sealed = measure(loaded, runs=tmp_path / "runs", argv=["run"], reporter=Quiet())
    assert sealed.exit_code == 0
    (request,) = witness.shown
    assert set(request.train.inputs) == seen["train"]
    assert set(request.validation.inputs) == seen["validation"]
    assert all(len(each) >= 20 for each in seen.values())
    assert not seen["test"] & (seen["train"] | seen["validation"])
    assert not seen["train"] & seen["validation"]
    if "path: validation.csv" not in data:  # a share of train keeps clusters on one side
        people = [set((one.cluster).tolist()) for one in (request.train, request.validation)]
        assert not people[0] & people[1]
