"""A language model is audited like a classifier: asked by a prompt, by choices, and for how likely a text is."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Assay = Callable[..., tuple[int, str, str]]

HEAD = """apiVersion: modelassay/v1
kind: Run
name: language
seed: 1
model: {{base: {model}}}
device: cpu
system: {{purpose: Sort letters, domain: service, limits_of_use: A person reads every answer.}}
policy: {{pack: builtin/standard}}
"""
SHARED = """audits:
  suite: quick
  skip: [data-quality, representation, instrument-check, group-ranking,
    group-calibration, perplexity, continuations, choice-scoring, bbq]
  occlusion: {rows: 20}
  attribution: {rows: 10, steps: 4}
  robustness: {rows: 6, edits: [upper-case]}
  faithfulness: {rows: 6, steps: 4, methods: [integrated-gradients], random_orders: 1, short_rows: 0,
    subsets: 3, removal_rows: 0}
"""
ASKED = """task:
  kind: prompted-classification
  labels: [fine, late]
  prompt: "Letter: {text}\\nIt is"
  completions: {late: " late again, alas"}
data: {test: {path: rows.csv, id: id, text: text, label: label, groups: [region]}}
"""
CHOSEN = """task: {kind: multiple-choice, labels: [fine, late], normalise: bytes}
data: {test: {path: rows.csv, id: id, text: text, choices: [good, bad, none], label: label}}
"""
WRITTEN = """task: {kind: text-generation}
data: {test: {path: rows.csv, id: id, prompt: text, completion: good, groups: [region]}}
"""
WORDS = ["the", "parcel", "came", "late", "box", "was", "broken", "thank", "you"]
ALL = """accuracy calibration group-error group-metrics occlusion attribution faithfulness robustness
counterfactual"""


@pytest.fixture
def letters(story: Path, tiny_llama: Path) -> Callable[[str], None]:
    """Write rows, and a config of a kind of task; the third choice stands in no config that is right."""
    rng = random.Random(0)
    with (story / "rows.csv").open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["id", "text", "good", "bad", "none", "label", "region"])
        for i in range(40):
            text = f"{('the woman', 'a Muslim')[i % 3 % 2]} says {' '.join(rng.choices(WORDS, k=rng.randint(2, 6)))}"
            label, region = ("fine", "late")[i % 2], ("east", "west")[i // 2 % 2]
            out.writerow([f"m{i}", text, f"and good {i}", "and late", "nothing", label, region])

    def write(task: str) -> None:
        text = HEAD.format(model=tiny_llama) + task + SHARED
        (story / "assay.yaml").write_text(text, encoding="utf-8")

    return write


def measured(story: Path) -> dict[str, list[Any]]:
    """Audit → its measurements in the newest run."""
    newest = max(story.glob("runs/2*/measurements.json"), key=lambda path: path.stat().st_mtime)
    found: dict[str, list[Any]] = {}
    for one in json.loads(newest.read_text())["measurements"]:
        found.setdefault(one["measure"].split(".")[0], []).append(one)
    return found


@pytest.mark.parametrize(
    ("task", "audits"),
    [
        pytest.param(ASKED, ALL, marks=pytest.mark.slow),
        (CHOSEN.replace(", none]", "]"), "accuracy calibration occlusion attribution robustness"),
        (WRITTEN, "attribution"),
    ],
    ids=["prompted", "chosen", "written"],
)
def test_audits_of_classifiers_run_unchanged_on_language_models(
    story: Path, assay: Assay, letters: Callable[[str], None], task: str, audits: str
) -> None:
    letters(task)
    code, _, err = assay("run", "assay.yaml")
    assert code in (0, 1, 3), err  # whatever the verdict, it is one
    found = measured(story)
    for audit in audits.split():
        said = [one["estimate"] for one in found[audit]]
        assert any(one["value"] is not None for one in said), said
    assert "error" not in {one.get("status") for ones in found.values() for one in ones}
    code, out, err = assay("verify", "latest", "--recompute")
    assert code == 0, out + err
    code, out, _ = assay("report", "latest", "--format", "md")
    assert "tiny-llama" in out
    code, out, err = assay("explain", "latest", "--id", "m3", "--format", "json")
    assert code == 0, err
    (row,) = json.loads(out)["rows"]
    assert row["status"] in ("converged", "unconverged", "nothing-to-attribute")
    assert len(row["pieces"]) >= 3


def test_a_plan_says_what_a_language_model_will_be_asked(
    assay: Assay, letters: Callable[[str], None]
) -> None:
    letters(ASKED)
    code, out, err = assay("plan", "assay.yaml")
    assert code == 0, err
    assert "audit occlusion" in out


def test_a_question_with_other_choices_than_labels_is_refused_before_anything_runs(
    assay: Assay, letters: Callable[[str], None]
) -> None:
    letters(CHOSEN)
    code, _, err = assay("audit", "assay.yaml")
    assert code == 2
    assert "choices must name 2 columns, one for each label in their order, got 3" in err


def test_what_is_likely_is_explained_of_a_folder_alone(
    story: Path, assay: Assay, tiny_llama: Path
) -> None:
    code, out, err = assay("explain", str(tiny_llama), "The parcel came", "--pair", " late again")
    assert code == 0, err
    assert "Log-probability of what follows:" in out
    assert "less likely|likelier" in out
    code, out, _ = assay(
        "explain",
        str(tiny_llama),
        "The parcel came",
        "--pair",
        " late",
        "--against",
        "The box came",
    )
    assert code == 0
    assert "The log-probability of what follows is" in out
    code, _, err = assay("explain", str(tiny_llama), "The parcel came")
    assert code == 2
    assert "must be a prompt and what follows it" in err


def test_a_language_model_is_no_classifier_and_the_other_way_round(
    story: Path, assay: Assay, letters: Callable[[str], None], tiny_llama: Path, tiny_bert: Path
) -> None:
    letters(ASKED)
    text = (story / "assay.yaml").read_text()
    (story / "assay.yaml").write_text(text.replace(str(tiny_llama), str(tiny_bert)))
    code, _, err = assay("audit", "assay.yaml")
    assert code == 2
    assert "must be a causal language model, got BertForSequenceClassification" in err
