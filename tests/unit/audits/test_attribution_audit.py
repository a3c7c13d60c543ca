"""The audit ``attribution``: what it says of rows that add up, do not, or have nothing to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._shaped import SaturatedModel, context_of
from audits.attribution import Options, attribution, check
from harness.auditing import AuditContext, OptionFacts
from harness.keywords import KeywordModel
from harness.records import Measurement, Task
from harness.trials import Answers, Attributor, run_audit

WEIGHTS = {f"word{i}": (0.0, 0.5 + i / 10) for i in range(10)}
TEXTS = [f"word{i} word{(i + 3) % 10} !" for i in range(10)] * 3
MODEL = KeywordModel(WEIGHTS, bias=(0.4, 0.0))


def found(context: AuditContext) -> dict[str, Measurement]:
    return {one.measure.split(".")[1]: one for one in run_audit(attribution, context)}


def run(
    texts: Sequence[str] = TEXTS, model: KeywordModel = MODEL, **options: Any
) -> dict[str, Measurement]:
    return found(context_of(attribution, model, texts, seed=0, options=options))


def listed(context: AuditContext, name: str) -> list[str]:
    path = context.folder / name
    return pq.read_table(path)["example_id"].to_pylist() if path.is_file() else []


def test_values_of_a_linear_model_add_up() -> None:
    one = run()
    assert one["converged-share"].estimate.value == 1.0
    assert one["completeness-gap"].estimate.value == pytest.approx(0.0, abs=1e-6)
    assert one["nothing-to-attribute-share"].estimate.value == 0.0


def test_rows_that_do_not_converge_and_rows_with_nothing_to_say_are_listed_apart() -> None:
    texts = ["word1 word2 word3", "silent words only", "word7 word8"] * 5
    model = SaturatedModel(WEIGHTS, bias=(0.4, 0.0), steepness=80.0)
    context = context_of(attribution, model, texts, seed=0, options={"steps": 3})
    one = found(context)
    silent = {f"e{i}" for i in range(15) if i % 3 == 1}
    assert set(listed(context, "nothing-to-attribute.parquet")) == silent
    assert set(listed(context, "unconverged.parquet")) == {f"e{i}" for i in range(15)} - silent
    assert one["nothing-to-attribute-share"].estimate.value == pytest.approx(1 / 3)
    assert one["converged-share"].estimate.n == 10
    assert one["converged-share"].estimate.value == 0.0
    assert one["punctuation-mass"].estimate.value is None


def test_the_mass_on_punctuation_is_that_of_the_signs() -> None:
    model = KeywordModel({"good": (0.0, 1.0), "!": (0.0, 3.0)}, bias=(0.5, 0.0))
    one = run(["good !"] * 12, model)["punctuation-mass"]
    assert one.estimate.value == pytest.approx(0.75, abs=1e-6)
    assert "attribution.much-on-punctuation" in [note.id for note in one.notes]


def test_a_method_that_promises_no_completeness_says_so() -> None:
    one = run(method="occlusion")
    for measure in ("converged-share", "completeness-gap"):
        why = one[measure].estimate.why_undefined
        assert why is not None
        assert "does not promise" in why.text
    nothing = one["nothing-to-attribute-share"].estimate.why_undefined
    assert nothing is not None  # a share of 0 would be a claim that nobody looked into
    assert "without any word" in nothing.text
    assert one["punctuation-mass"].estimate.value is not None


@pytest.mark.parametrize("method", ["shapley-sampling", "kernel-shap"])
def test_values_that_add_up_by_construction_are_not_called_converged(method: str) -> None:
    one = run(method=method, n_samples=2)
    for measure in ("converged-share", "completeness-gap"):
        why = one[measure].estimate.why_undefined
        assert why is not None
        assert "add up by construction" in why.text
    assert one["nothing-to-attribute-share"].estimate.value == 0.0


def test_a_model_that_cannot_be_differentiated_is_not_measured_and_occlusion_is_offered() -> None:
    model = KeywordModel(WEIGHTS, bias=(0.4, 0.0))
    model.capabilities = frozenset({"logits", "parts"})
    one = run(model=model)
    why = one["converged-share"].estimate.why_undefined
    assert why is not None
    assert "occlusion" in why.text
    assert one["truncated-share"].estimate.value == 0.0
    assert run(model=model, method="occlusion")["punctuation-mass"].estimate.value is not None


@pytest.mark.parametrize("method", ["integrated-gradients", "gradient-x-input", "occlusion"])
@pytest.mark.parametrize(
    "texts", [[""] * 4, ["word1"] * 4, ["", "word1", " ".join(["word2"] * 200), "word1 word2"]]
)
def test_empty_short_and_long_texts_keep_the_contract(method: str, texts: list[str]) -> None:
    one = run(texts, method=method)
    assert one["nothing-to-attribute-share"].estimate.n == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "attention"}, "negative control"),
        ({"method": "captum:DeepLift"}, "gradient x input under another name"),
        ({"method": "integrated-gradient"}, "Did you mean 'integrated-gradients'"),
    ],
)
def test_refused_methods_are_refused_before_a_run_begins(
    options: dict[str, Any], said: str
) -> None:
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    facts = OptionFacts(Options(**options), task, {}, True, None, lambda *keys: "assay.yaml:12")
    (problem,) = check(facts)
    assert said in problem
    assert problem.endswith("(assay.yaml:12)")
    assert check(replace(facts, options=Options())) == []


def test_rows_of_one_cluster_count_as_one() -> None:
    rng = np.random.default_rng(0)
    texts = [f"word{i} !" if rng.random() < 0.5 else f"word{i} word1" for i in range(10)]
    model = KeywordModel({**WEIGHTS, "!": (0.0, 1.0)}, bias=(0.4, 0.0))
    context = context_of(attribution, model, texts * 8, seed=0, options={})
    alone = found(context)["punctuation-mass"].estimate
    (predictions,) = context._predictions.values()
    cluster = np.array([f"c{i % 10}" for i in range(80)], dtype=object)
    shared = replace(
        context,
        _predictions={"test": replace(predictions, cluster=cluster)},
        _ask=Answers(model, 4096),
        _replicates=[],
    )
    shared._attribute = Attributor(shared, 4096)
    together = found(shared)["punctuation-mass"].estimate
    assert together.value == pytest.approx(alone.value or 0)
    assert (together.high or 0) - (together.low or 0) > 1.5 * ((alone.high or 0) - (alone.low or 0))


def test_attributions_lie_beside_the_audits_without_text(tmp_path: Path) -> None:
    context = context_of(attribution, MODEL, TEXTS, seed=0, options={})
    found(context)
    root = context.folder.parent.parent / "attributions"
    paths = list(root.rglob("*.parquet"))
    assert len(paths) == 1
    assert b"word1" not in paths[0].read_bytes()


@pytest.fixture(scope="module")
def tiny(tiny_bert: Path) -> Any:
    from harness import registry

    task = Task(kind="text-classification", modality="text", classes=("benign", "toxic"))
    return registry.modality_for(task.kind).load(str(tiny_bert), task=task, device="cpu")


@pytest.mark.parametrize("method", ["gradient-x-input", "occlusion"])
def test_texts_of_any_length_are_explained_piece_by_piece_when_asked(
    tiny: Any, method: str
) -> None:
    text = " ".join(f"parcel number {i} came late" for i in range(30))
    texts = [text, "No", text + " and the box was broken"]
    options = {"windows": True, "method": method}
    context = context_of(attribution, tiny, texts, seed=0, options=options)
    cut = np.array([item.is_truncated for item in tiny.prepare(texts)])
    (predictions,) = context._predictions.values()
    context = replace(context, _predictions={"test": replace(predictions, truncated=cut)})
    context._attribute = Attributor(context, 4096)
    one = found(context)["truncated-share"]
    assert one.estimate.value == pytest.approx(2 / 3)
    (note,) = one.notes
    assert dict(note.params)["n"] == 2
    table = pq.read_table(context.folder / "long-texts.parquet").to_pydict()
    assert set(table["example_id"]) <= {"e0", "e2"}
    for id, n_left_out, starts, stops, values in zip(
        table["example_id"],
        table["n_left_out"],
        table["start"],
        table["stop"],
        table["values"],
        strict=True,
    ):
        words = [texts[int(id[1:])][a:b] for a, b in zip(starts, stops, strict=True)]
        assert len(words) == len(values)
        if not n_left_out:
            assert words == texts[int(id[1:])].split()


def test_twenty_thousand_words_cost_what_the_model_reads(tiny: Any) -> None:
    texts = ["late " * 20_000, "late", ""]
    for method in ("integrated-gradients", "occlusion"):
        options = {"method": method, "max_gradients": 15}
        of = found(context_of(attribution, tiny, texts, seed=0, options=options))
        assert of["nothing-to-attribute-share"].estimate.n == 3
