"""Attributions in a run: sealed with it, taken up after a kill, refused at once where they must be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.attribution_store import stored
from harness.trials import attributing

Assay = Callable[..., tuple[int, str, str]]

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: explained
seed: 1
task: {{kind: text-classification, labels: [benign, toxic], favourable: benign}}
data:
  test: {{path: rows.csv, text: text, label: label}}
model: {{base: {model}}}
device: cpu
audits:
  suite: {suite}
  skip: [{skip}]
  attribution: {{rows: 55, steps: 4}}
  faithfulness: {{rows: 55, methods: [integrated-gradients], steps: 4, random_orders: 1, short_rows: 1,
    subsets: 3, removal_rows: 0}}
policy: {{pack: builtin/standard}}
"""


@pytest.fixture
def explained(story: Path, tiny_bert: Path) -> Callable[..., None]:
    """Write a config of a tiny model with 60 rows."""
    from harness import registry

    words = [
        "the",
        "parcel",
        "came",
        "late",
        "and",
        "box",
        "was",
        "broken",
        "thank",
        "you",
        "everything",
        "arrived",
    ]
    rng = np.random.default_rng(0)
    lines = ["text,label"]
    for i in range(60):
        text = " ".join(rng.choice(words, size=int(rng.integers(2, 9))))
        lines.append(f"{text} {i},{'toxic' if i % 2 else 'benign'}")
    (story / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    others = [id for id in registry.audits() if id not in ("attribution", "faithfulness")]

    def write(suite: str = "quick") -> None:
        text = CONFIG.format(model=tiny_bert, skip=", ".join(others), suite=suite)
        (story / "assay.yaml").write_text(text, encoding="utf-8")

    write()
    return write


def bundle_of(story: Path) -> Path:
    (found,) = [path.parent for path in story.glob("runs/*/run.json")]
    return found


def files(bundle: Path) -> dict[str, bytes]:
    paths = [*bundle.glob("attributions/**/*.parquet"), bundle / "measurements.json"]
    return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in paths}


def test_attributions_are_sealed_with_the_run_shared_by_its_audits_and_hold_no_text(
    explained: Any, story: Path, assay: Assay
) -> None:
    assert assay("audit")[0] == 0
    bundle = bundle_of(story)
    (placed,) = stored(bundle)  # both audits asked for the same rows by the same method
    assert placed.found.n == 55
    assert placed.spans is not None
    record = json.loads((bundle / "run.json").read_text(encoding="utf-8"))
    (options,) = [one["options"] for one in record["audits"] if one["id"] == "faithfulness"]
    assert options["methods"] == ["integrated-gradients"]  # the config's word above the suite's
    shards = [name for name in record["outputs"] if name.startswith("attributions/")]
    assert len(shards) == 2
    assert not any(b"parcel" in raw for name, raw in files(bundle).items())
    assert assay("verify", bundle.name)[0] == 0
    assert assay("gate", bundle.name)[0] != 5
    code, report, _ = assay("report", bundle.name, "--format", "html")
    assert code == 0
    assert "faithfulness" in report
    assert "parcel" not in report
    path = bundle / shards[0]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, out, err = assay("verify", bundle.name)
    assert code == 5
    assert shards[0] in out + err


def test_a_run_that_was_killed_while_it_explained_goes_on_with_the_same_bytes(
    explained: Any, story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = attributing._engine()
    blocks: list[int] = []

    def dying(model: Any, items: Any, **more: Any) -> Any:
        if len(blocks) == 1:
            raise KeyboardInterrupt
        blocks.append(len(items))
        return engine(model, items, **more)

    monkeypatch.setattr(attributing, "_engine", lambda: dying)
    assert assay("audit")[0] == 130
    assert blocks == [50]
    assert not list(story.glob("runs/*/run.json"))
    resumed: list[int] = []

    def counting(model: Any, items: Any, **more: Any) -> Any:
        resumed.append(len(items))
        return engine(model, items, **more)

    monkeypatch.setattr(attributing, "_engine", lambda: counting)
    assert assay("audit")[0] == 0
    assert resumed == [5]
    after_kill = files(bundle_of(story))
    monkeypatch.setattr(attributing, "_engine", lambda: engine)
    assert assay("audit", "--runs", "whole")[0] == 0
    (whole,) = [path.parent for path in story.glob("whole/*/run.json")]
    assert files(whole) == after_kill


@pytest.mark.parametrize("command", ["plan", "audit"])
@pytest.mark.parametrize(
    ("method", "said"),
    [("attention-rollout", "negative control"), ("captum:DeepLift", "Use integrated-gradients")],
)
def test_a_refused_method_stops_a_run_before_it_begins(
    explained: Any, story: Path, assay: Assay, command: str, method: str, said: str
) -> None:
    text = (story / "assay.yaml").read_text(encoding="utf-8")
    text = text.replace("attribution: {rows: 55,", f"attribution: {{rows: 55, method: '{method}',")
    (story / "assay.yaml").write_text(text, encoding="utf-8")
    code, _, err = assay(command)
    assert code == 2
    assert said in err
    assert "assay.yaml:" in err
    assert not list(story.glob("runs/*/run.json"))
