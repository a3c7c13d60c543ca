"""Training rows behind decisions: counted by hand, named by id, and never claimed to be a cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._training_rows import planted_model, planted_texts
from audits.training_evidence import training_evidence
from harness.data import Dataset
from harness.errors import ConfigError
from harness.records import Measurement

Measure = Callable[..., dict[str, Measurement]]
N, M = 200, 40


@pytest.fixture
def run(
    measure: Measure, table: Callable[..., Any], rows: Callable[..., Dataset]
) -> Callable[..., dict[str, Measurement]]:
    """Run the audit; every tenth decision is wrong, every twentieth training label, too."""
    rng = np.random.default_rng(0)
    texts, label, _, _ = planted_texts("train", N, rng)
    train = rows(texts, name="train", label=np.where(np.arange(N) % 20 == 0, 1 - label, label))
    inputs, truth, _, _ = planted_texts("test", M, rng)
    given_truth = np.where(np.arange(M) % 10 == 0, 1 - truth, truth)

    def go(**more: Any) -> dict[str, Measurement]:
        change = more.pop("change", {})
        one = table(more.pop("label", given_truth), truth, **more.pop("fields", {}))
        given: dict[str, Any] = {
            "train": replace(train, **change),
            "model": planted_model(),
            "rows": {"test": rows(inputs)},
        }
        found = measure(training_evidence, one, **given | more)
        return {key.removesuffix("[all]"): each for key, each in found.items()}

    return go


def evidence(tmp_path: Path) -> list[dict[str, Any]]:
    return pq.read_table(tmp_path / "audits/training-evidence/evidence.parquet").to_pylist()  # type: ignore[no-any-return]


def test_values_are_those_of_the_rows_that_are_named(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    found = run(options={"k": 5})
    table = evidence(tmp_path)
    by = {
        kind: [line for line in table if line["by"] == kind] for kind in ("influence", "nearness")
    }
    assert len(by["influence"]) == len(by["nearness"]) == 5 * M
    wrong = [line["is_suspect"] for line in by["influence"] if line["is_wrong"]]
    assert len(wrong) == 5 * 4
    assert found["suspect-support"].estimate.value == pytest.approx(np.mean(wrong))
    near = [line["label"] == line["decision"] for line in by["nearness"]]
    assert found["near-support"].estimate.value == pytest.approx(np.mean(near))
    named = {kind: {(line["example_id"], line["train_id"]) for line in by[kind]} for kind in by}
    both = len(named["influence"] & named["nearness"]) / (5 * M)
    assert found["near-agreement"].estimate.value == pytest.approx(both)
    assert found["suspect-support"].estimate.n == 4
    assert found["near-support"].estimate.n == M


def test_wrong_decisions_come_first_and_ranks_are_in_order(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    run(options={"k": 3, "rows": 10, "errors": 2})
    table = evidence(tmp_path)
    order = list(dict.fromkeys((line["example_id"], line["is_wrong"]) for line in table))
    assert [is_wrong for _, is_wrong in order][:2] == [True, True]
    assert 10 <= len(order) <= 12
    first = [line for line in table if line["example_id"] == order[0][0]]
    influence = [line["influence"] for line in first if line["by"] == "influence"]
    assert influence == sorted(influence, reverse=True)
    assert [line["rank"] for line in first if line["by"] == "influence"] == [1, 2, 3]
    assert set(table[0]) == {
        "dataset",
        "example_id",
        "decision",
        "is_wrong",
        "by",
        "rank",
        "train_id",
        "label",
        "influence",
        "cosine",
        "is_suspect",
    }


def test_every_value_says_that_it_proves_no_cause(run: Callable[..., Any]) -> None:
    for one in run().values():
        assert "Similar training evidence" in one.caveats[0].text
    note = run()["suspect-support"].notes[0].text
    assert note.startswith("Of 200 training rows drawn at random, 10 carry")


def test_captum_names_training_rows_of_the_same_influence(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    own = run()
    influence = [[line["influence"] for line in evidence(tmp_path) if line["by"] == "influence"]]
    theirs = run(options={"engine": "captum"})
    influence.append(
        [line["influence"] for line in evidence(tmp_path) if line["by"] == "influence"]
    )
    # rounding decides between rows of equal influence, of which word counts make many
    np.testing.assert_allclose(*influence, rtol=1e-4)
    assert own["suspect-support"].estimate.value == theirs["suspect-support"].estimate.value
    assert own["near-support"].estimate.value == theirs["near-support"].estimate.value
    assert own["concentration"].estimate.value == pytest.approx(
        theirs["concentration"].estimate.value, rel=1e-4
    )


def test_normalised_influence_leans_less_on_rows_with_a_large_loss(run: Callable[..., Any]) -> None:
    plain, scaled = run(), run(options={"normalised": True})
    assert scaled["suspect-support"].estimate.value < plain["suspect-support"].estimate.value
    assert scaled["near-agreement"].estimate.value > plain["near-agreement"].estimate.value


def test_clusters_are_the_units_of_the_intervals(run: Callable[..., Any]) -> None:
    cluster = np.array([f"k{row // 4}" for row in range(M)], dtype=object)
    wide = run(fields={"cluster": cluster})["near-support"].estimate
    few = run(fields={"cluster": np.array([f"k{row // 20}" for row in range(M)], dtype=object)})
    assert wide.is_measured
    assert few["near-support"].estimate.low == 0
    assert any("cluster" in one.text for one in few["near-support"].caveats)


def test_without_labels_or_errors_only_what_is_known_is_measured(run: Callable[..., Any]) -> None:
    unknown = run(label=None)
    assert "has no labels" in unknown["suspect-support"].estimate.why_undefined.text
    assert unknown["near-support"].estimate.is_measured
    texts, truth, _, _ = planted_texts("train", N, np.random.default_rng(0))
    right = planted_texts("test", M, _advanced(texts, truth))[1]
    assert "none" in run(label=right)["suspect-support"].estimate.why_undefined.text
    assert run(options={"errors": 0, "rows": 1})["suspect-support"].estimate.value is None


def _advanced(texts: Any, truth: Any) -> np.random.Generator:
    """Return the generator where the fixture's stands after the training rows."""
    rng = np.random.default_rng(0)
    again, label, _, _ = planted_texts("train", N, rng)
    assert (again, label.tolist()) == (texts, truth.tolist())
    return rng


def test_fewer_training_rows_than_k_are_all_named_with_a_caveat(run: Callable[..., Any]) -> None:
    found = run(options={"train_rows": 4, "k": 10})
    assert found["near-agreement"].estimate.value == 1
    texts = [one.text for one in found["near-agreement"].caveats]
    assert any("fewer than k = 10" in text for text in texts)
    assert any("Only 4 of 200" in text for text in texts)


def test_what_cannot_be_measured_says_why(run: Callable[..., Any]) -> None:
    plain = planted_model()
    plain.capabilities = frozenset({"logits"})
    for more, reason in (
        ({"change": {"label": None}}, "the training set has no labels"),
        ({"train": None}, "the run has no training rows"),
        ({"model": None}, "stored predictions only"),
        ({"model": plain}, "neither"),
        ({"rows": {}}, "has no inputs"),
    ):
        found = run(**more)
        assert set(found) == {"suspect-support", "near-support", "near-agreement", "concentration"}
        for one in found.values():
            assert reason in one.estimate.why_undefined.text, reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "captum", "trace": "gradients"}, "engine captum must go with trace last-layer"),
        ({"engine": "captum", "normalised": True}, "engine captum must go with trace last-layer"),
        ({"parameters": ["score.weight"]}, "parameters must be left out where trace is last-layer"),
        ({"k": 0}, "training-evidence.k must be valid"),
        ({"n_dims": 5000}, "training-evidence.n_dims must be valid"),
    ],
)
def test_options_that_would_be_ignored_or_cannot_be_are_refused(
    run: Callable[..., Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(options=options)
