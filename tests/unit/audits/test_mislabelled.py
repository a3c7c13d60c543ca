"""Suspect training rows: counted by hand, found where they were planted, refused where nothing can be said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from audits._training_rows import planted_model, planted_texts
from audits.mislabelled import mislabelled
from harness.auditing import facts_of
from harness.data import Dataset
from harness.records import Measurement
from harness.trials import run_audit, trial_context

Measure = Callable[..., dict[str, Measurement]]
N = 200


@pytest.fixture
def train(rows: Callable[..., Dataset]) -> Dataset:
    texts, label, _, _ = planted_texts("train", N, np.random.default_rng(0))
    return rows(texts, name="train", label=label)


@pytest.fixture
def wrong(train: Dataset) -> Dataset:
    """Ten labels changed."""
    assert train.label is not None
    return replace(train, label=np.where(np.arange(N) % 20 == 0, 1 - train.label, train.label))


@pytest.fixture
def run(measure: Measure, table: Callable[..., Any]) -> Callable[..., dict[str, Measurement]]:
    def go(train: Dataset | None, **more: Any) -> dict[str, Measurement]:
        given: dict[str, Any] = {"train": train, "model": planted_model()}
        found = measure(mislabelled, table([0, 1], [0, 1]), **given | more)
        return {key.removesuffix("[all]"): one for key, one in found.items()}

    return go


def test_planted_labels_are_counted_and_listed(
    run: Callable[..., Any], wrong: Dataset, tmp_path: Path
) -> None:
    found = run(wrong)
    for name in ("suspect-share", "against-model-share"):
        estimate = found[name].estimate
        assert estimate.value == 10 / N
        assert estimate.method == "exact"
        assert found[name].dataset == "train"
    table = pq.read_table(tmp_path / "audits/mislabelled/suspects.parquet").to_pylist()
    assert len(table) == N
    first = {line["example_id"] for line in table[:10]}
    assert first == {f"e{row}" for row in range(0, N, 20)}
    assert [line["rank"] for line in table] == list(range(1, N + 1))
    assert all(line["is_suspect"] is (line["example_id"] in first) for line in table)
    assert not {"text", "inputs"} & set(table[0])
    note = found["suspect-share"].notes[0].text
    assert note.startswith("Of 10 such rows,")


def test_a_clean_training_set_has_no_suspects_and_changed_labels_are_found(
    run: Callable[..., Any], train: Dataset
) -> None:
    found = run(train)
    assert found["suspect-share"].estimate.value == 0
    assert found["planted-found"].estimate.value == 1
    assert found["planted-found"].estimate.n == 10
    for name in ("self-influence", "loss", "neighbours"):
        assert found[f"auroc-{name}"].estimate.value == 1
        assert "upper end" in found[f"auroc-{name}"].caveats[-1].text


def test_the_rankings_listed_are_those_that_scikit_learn_would_judge_alike(
    run: Callable[..., Any], wrong: Dataset, tmp_path: Path
) -> None:
    run(wrong)
    table = pq.read_table(tmp_path / "audits/mislabelled/suspects.parquet").to_pylist()
    is_wrong = [int(line["example_id"][1:]) % 20 == 0 for line in table]
    for name in ("self_influence", "loss", "near_disagreement"):
        assert roc_auc_score(is_wrong, [line[name] for line in table]) == 1.0


def test_a_sample_has_an_interval_and_says_so(run: Callable[..., Any], wrong: Dataset) -> None:
    found = run(wrong, options={"rows": 120})
    estimate = found["suspect-share"].estimate
    assert estimate.method == "wilson"
    assert estimate.low < estimate.value < estimate.high
    assert estimate.n == 120
    assert found["suspect-share"].share == 120 / N
    assert "Only 120 of 200" in found["suspect-share"].caveats[0].text
    cut = replace(wrong, ref=replace(wrong.ref, limit=N))
    assert run(cut)["suspect-share"].estimate.method == "wilson"
    clustered = replace(wrong, cluster=np.array([f"k{row // 2}" for row in range(N)], dtype=object))
    assert run(clustered, options={"rows": 120})["suspect-share"].estimate.method == "cluster-t"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"label": None}, "the training set has no labels"),
        ({"has_inputs": False, "inputs": []}, "the training set has no texts"),
    ],
)
def test_what_the_training_set_lacks_is_named(
    run: Callable[..., Any], train: Dataset, change: dict[str, Any], reason: str
) -> None:
    found = run(replace(train, **change))
    assert len(found) == 6
    for one in found.values():
        assert one.estimate.value is None
        assert reason in one.estimate.why_undefined.text


def test_without_training_rows_or_model_nothing_is_measured(
    run: Callable[..., Any], train: Dataset
) -> None:
    for more, reason in (
        ({"train": None}, "the run has no training rows"),
        ({"model": None}, "stored predictions only"),
    ):
        found = run(**{"train": train, **more})
        assert all(reason in one.estimate.why_undefined.text for one in found.values())


def test_a_model_without_a_last_layer_is_told_how_to_go_on(
    run: Callable[..., Any], train: Dataset
) -> None:
    decoder = planted_model()
    decoder.capabilities = frozenset({"logits", "per-example-gradients"})
    found = run(train, model=decoder)["suspect-share"].estimate.why_undefined.text
    assert "Set audits.mislabelled.trace to gradients" in found
    plain = planted_model()
    plain.capabilities = frozenset({"logits"})
    assert "neither" in run(train, model=plain)["suspect-share"].estimate.why_undefined.text


def test_classes_that_are_missing_in_training_and_single_rows_give_no_number_that_is_not_there(
    run: Callable[..., Any], train: Dataset, rows: Callable[..., Dataset]
) -> None:
    assert train.label is not None
    one_class = replace(train, label=np.zeros(N, dtype=np.int64))
    assert run(one_class)["suspect-share"].estimate.value == 0
    single = rows(train.inputs[:1], name="train", label=train.label[:1])
    found = run(single)
    assert "no other rows" in found["suspect-share"].estimate.why_undefined.text
    assert found["against-model-share"].estimate.value == 0
    few = rows(train.inputs[:4], name="train", label=train.label[:4])
    assert run(few)["planted-found"].estimate.n == 1


class Traced:
    """The same toy model with gradients of its weights and no last layer."""

    def __init__(self) -> None:
        self._inner = planted_model()
        self.capabilities = frozenset({"logits", "per-example-gradients"})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def per_example_gradients(self, items: Any, labels: Any, *, parameters: Any = None) -> Any:
        from harness.engines.influence.last_layer import pull_and_loss

        pull, _ = pull_and_loss(self._inner.logits(items).astype(np.float64), labels)
        found = np.einsum("bc,bd->bcd", pull, self._inner.last_features(items))
        return {"weight": found.astype(np.float32)}


def test_gradients_find_the_same_rows_as_the_last_layer_and_cost_three_times_as_much(
    run: Callable[..., Any], wrong: Dataset, tmp_path: Path
) -> None:
    found = run(wrong, model=Traced(), options={"trace": "gradients"})
    assert found["suspect-share"].estimate.value == 10 / N
    assert found["against-model-share"].estimate.value is None
    assert found["auroc-loss"].estimate.value is None
    table = pq.read_table(tmp_path / "audits/mislabelled/suspects.parquet").to_pylist()
    assert {line["example_id"] for line in table[:10]} == {f"e{row}" for row in range(0, N, 20)}


def test_what_it_asks_is_counted(wrong: Dataset, table: Callable[..., Any]) -> None:
    for model, options, asked in (
        (planted_model(), {}, N),
        (Traced(), {"trace": "gradients"}, 3 * N),
    ):
        one = table([0, 1], [0, 1])
        context = trial_context(
            mislabelled,
            task=mislabelled.planted(0).guilty.task,  # type: ignore[misc]
            predictions=[one],
            seed=0,
            train=wrong,
            model=model,  # type: ignore[arg-type]
            options=options,
        )
        assert mislabelled.calls is not None
        assert mislabelled.calls(facts_of(context)) == {"train": asked}
        run_audit(mislabelled, context)
        assert context._ask.n_asked == asked  # type: ignore[union-attr]
