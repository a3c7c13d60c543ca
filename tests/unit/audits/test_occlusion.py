"""Words taken away: attributions known by hand, and the planted token is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._removal import Effects
from audits.occlusion import _first_half, occlusion, planted
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement
from harness.stats import clopper_pearson
from harness.trials import run_audit

Measure = Callable[..., dict[str, Measurement]]
Rows = Callable[..., Dataset]
FOLDER = "audits/occlusion"


@pytest.fixture
def occlude(
    table: Callable[..., Predictions], rows: Rows, measure: Measure
) -> Callable[..., dict[str, Measurement]]:
    def run(model: KeywordModel, texts: Sequence[str], **more: Any) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(texts))
        cluster = more.pop("cluster", None)
        predictions = table(
            None, logits.argmax(axis=1), n_classes=model.n_classes, logits=logits, cluster=cluster
        )
        return measure(occlusion, predictions, rows={"test": rows(texts)}, model=model, **more)

    return run


def sentences(
    seed: int, n: int, *, token: str = "", share: float = 0.0, length: int = 8
) -> list[str]:
    """Draw texts of common words; some hold a token at a random place."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(n):
        words = [f"w{k}" for k in rng.integers(0, 60, length)]
        if rng.random() < share:
            words.insert(int(rng.integers(0, length)), token)
        texts.append(" ".join(words))
    return texts


def weights(seed: int, scale: float = 0.4) -> dict[str, tuple[float, float]]:
    rng = np.random.default_rng(seed)
    return {f"w{k}": (0.0, float(rng.normal(scale=scale))) for k in range(60)}


def test_attributions_are_what_each_word_adds_to_the_lead(
    occlude: Callable[..., dict[str, Measurement]], tmp_path: Path
) -> None:
    model = KeywordModel({"good": (0.0, 2.0), "bad": (3.0, 0.0)}, bias=(0.0, 0.5))
    occlude(model, ["good bad day", "good day"] * 2, options={"rows": 9})
    written = pq.read_table(tmp_path / FOLDER / "attributions.parquet").to_pylist()
    by_text = {0: {0: -2.0, 1: 3.0, 2: 0.0}, 1: {0: 2.0, 1: 0.0}}
    assert written
    for row in written:
        assert row["attribution"] == by_text[int(row["example_id"][1:]) % 2][row["part_index"]]
        assert (row["position_start"], row["position_stop"]) == (
            row["part_index"],
            row["part_index"] + 1,
        )


def test_with_many_classes_the_lead_is_over_the_best_of_the_others() -> None:
    whole = np.array([[1.0, 4.0, 3.0], [0.0, 0.0, 2.0]])
    gapped = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, 2.0]])
    effects = Effects.between(whole, gapped)
    assert effects.drop.tolist() == [2.0, 0.5]
    assert effects.relative.tolist() == [1.0, 0.25]
    assert effects.is_flipped.tolist() == [True, False]


def test_no_file_holds_text(occlude: Callable[..., dict[str, Measurement]], tmp_path: Path) -> None:
    occlude(KeywordModel(weights(0), (0.0, 0.0)), sentences(0, 120), options={"min_rows": 5})
    files = sorted(path.name for path in (tmp_path / FOLDER).iterdir())
    assert files == ["answers.parquet", "attributions.parquet", "removals.parquet"]
    for name in files:
        read = pq.read_table(tmp_path / FOLDER / name)
        texts = {value for column in read.columns for value in map(str, column.to_pylist())}
        assert not any(re.search(r"\bw[0-9]", text) for text in texts), name


def test_every_stored_answer_says_which_parts_it_was_asked_without(
    occlude: Callable[..., dict[str, Measurement]], tmp_path: Path
) -> None:
    texts = sentences(1, 150)
    model = KeywordModel(weights(1), (0.0, 0.0))
    occlude(model, texts, options={"min_rows": 5, "rows": 20})
    answers = pq.read_table(tmp_path / FOLDER / "answers.parquet").to_pylist()
    removals = {
        (row["example_id"], row["variant"]): row["part_indexes"]
        for row in pq.read_table(tmp_path / FOLDER / "removals.parquet").to_pylist()
    }
    assert {(row["example_id"], row["variant"]) for row in answers} == set(removals)
    for row in answers:
        (item,) = model.prepare([texts[int(row["example_id"][1:])]])
        gone = removals[row["example_id"], row["variant"]]
        again = model.logits([model.without(item, gone)])[0]
        assert row["logits"] == again.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_planted_token_is_named_even_where_it_is_rare(
    occlude: Callable[..., dict[str, Measurement]], seed: int
) -> None:
    model = KeywordModel({**weights(seed), "zqx": (0.0, 6.0)}, bias=(1.5, 0.0))
    texts = sentences(seed, 1500, token="zqx", share=0.05)
    one = occlude(model, texts)["single-token-reliance[all]"]
    (note,) = one.notes
    assert note.id == "occlusion.top-word"
    assert note.params["word"] == "zqx"
    assert note.params["n_rows"] == sum("zqx" in text.split() for text in texts)
    assert one.estimate.value is not None
    assert one.estimate.value > 0.7


def test_the_share_is_estimated_on_rows_that_did_not_choose_the_word(
    occlude: Callable[..., dict[str, Measurement]], tmp_path: Path
) -> None:
    model = KeywordModel({**weights(3), "zqx": (0.0, 6.0)}, bias=(1.5, 0.0))
    one = occlude(model, sentences(3, 600, token="zqx", share=0.2))["single-token-reliance[all]"]
    removals = pq.read_table(tmp_path / FOLDER / "removals.parquet").to_pylist()
    stage: dict[bool, set[str]] = {True: set(), False: set()}
    for row in removals:
        stage["held-out" in row["variant"]].add(row["example_id"])
    assert len(stage[True]) == one.estimate.n
    assert stage[True].isdisjoint(stage[False])


def test_words_that_decide_nothing_flip_nothing(
    occlude: Callable[..., dict[str, Measurement]],
) -> None:
    found = occlude(KeywordModel({}, (1.0, 0.0)), sentences(0, 200), options={"min_rows": 5})
    for key in ("single-token-reliance[all]", "flip-rate[all]"):
        assert found[key].estimate.value == 0.0


def test_all_occurrences_of_the_word_are_taken_away(
    occlude: Callable[..., dict[str, Measurement]],
) -> None:
    model = KeywordModel({"twice": (0.0, 2.0)}, bias=(1.0, 0.0))
    texts = [f"a{k} twice b twice" for k in range(100)]
    found = occlude(model, texts)
    assert found["single-token-reliance[all]"].estimate.value == 1.0
    assert found["flip-rate[all]"].estimate.value == 0.0


def test_too_few_rows_for_any_candidate_is_the_reason(
    occlude: Callable[..., dict[str, Measurement]],
) -> None:
    found = occlude(KeywordModel(weights(0), (0.0, 0.0)), sentences(0, 30))
    estimate = found["single-token-reliance[all]"].estimate
    assert not estimate.is_measured
    assert estimate.why_undefined is not None
    assert "min_rows = 20" in estimate.why_undefined.text
    assert found["flip-rate[all]"].estimate.value is not None


def test_inputs_without_words_are_the_reason(
    occlude: Callable[..., dict[str, Measurement]],
) -> None:
    found = occlude(KeywordModel({}, (1.0, 0.0)), ["", " ", ""])
    for one in found.values():
        assert one.estimate.why_undefined is not None


def test_few_rows_get_the_exact_interval(
    occlude: Callable[..., dict[str, Measurement]],
) -> None:
    model = KeywordModel({"only": (0.0, 2.0)}, bias=(1.0, 0.0))
    one = occlude(model, [f"only x{k}" for k in range(60)])["single-token-reliance[all]"]
    assert one.estimate == clopper_pearson(30, 30)


@pytest.mark.parametrize("word", ["z" * 41, "rare"])
def test_a_long_or_rare_word_is_not_named(
    occlude: Callable[..., dict[str, Measurement]], word: str
) -> None:
    model = KeywordModel({word: (0.0, 2.0)}, bias=(1.0, 0.0))
    n = 60 if len(word) > 40 else 8
    found = occlude(model, [f"{word} x{k}" for k in range(n)], options={"min_rows": 4})
    (note,) = found["single-token-reliance[all]"].notes
    assert note.id == "occlusion.top-word-not-named"
    assert word not in note.text
    assert word not in repr(note.params)


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_both_halves_are_as_large_as_they_can_be(n: int) -> None:
    first = _first_half(np.random.default_rng(0), n, None)
    assert first.sum() == (n + 1) // 2


def test_rows_of_one_cluster_stay_in_one_half(
    occlude: Callable[..., dict[str, Measurement]],
) -> None:
    cluster = np.array([str(k // 7) for k in range(300)], dtype=object)
    first = _first_half(np.random.default_rng(1), 300, cluster)
    for name in set(cluster):
        assert len(set(first[cluster == name].tolist())) == 1
    assert 130 <= first.sum() <= 170
    found = occlude(KeywordModel(weights(0), (0.0, 0.0)), sentences(0, 300), cluster=cluster)
    assert all(one.caveats for one in found.values())


def test_stored_predictions_alone_are_not_measured(
    table: Callable[..., Predictions], measure: Measure
) -> None:
    found = measure(occlusion, table(None, [0, 1], logits=np.zeros((2, 2), dtype=np.float32)))
    for one in found.values():
        assert one.estimate.why_undefined is not None
        assert "no model to ask" in one.estimate.why_undefined.text


def test_the_innocent_model_keeps_its_decisions() -> None:
    found = {one.measure: one for one in run_audit(occlusion, planted(4).innocent)}
    estimate = found["occlusion.single-token-reliance"].estimate
    assert estimate.high is not None
    assert estimate.high < 0.5
