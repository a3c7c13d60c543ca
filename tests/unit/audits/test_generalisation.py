"""Generalisation: near-duplicates as an exhaustive search finds them, and known differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audits.generalisation import generalisation
from harness.data import Dataset
from harness.data.near import MAX_CHARACTERS, grams, has_near_duplicate, normal
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement
from harness.stats import newcombe, wilson

Table = Callable[..., Predictions]
Rows = Callable[..., Dataset]
Measure = Callable[..., dict[str, Measurement]]


def exhaustive(rows: list[Any], pool: list[Any], threshold: float, ngram: int) -> list[bool]:
    """Compare all pairs of sets of strings: another way to the same definition."""

    def pieces(one: Any) -> set[str]:
        text = normal(one)
        return (
            {text[i : i + ngram] for i in range(max(1, len(text) - ngram + 1))} if text else set()
        )

    left, right = [pieces(one) for one in rows], [pieces(one) for one in pool]
    return [
        any(a and b and len(a & b) >= threshold * len(a | b) - 1e-12 for b in right) for a in left
    ]


def blurred(rng: np.random.Generator, text: str, alphabet: str, n: int) -> str:
    letters = list(text)
    for _ in range(n):
        letters[int(rng.integers(len(letters)))] = str(rng.choice(list(alphabet)))
    return "".join(letters)


@pytest.mark.parametrize("threshold", [0.3, 0.8, 1.0])
@pytest.mark.parametrize("ngram", [1, 3, 5])
@pytest.mark.parametrize("alphabet", ["abcde ", "今天气很好我们去吃饭吧"])
def test_near_duplicates_are_those_of_an_exhaustive_search(
    threshold: float, ngram: int, alphabet: str
) -> None:
    rng = np.random.default_rng(0)
    pool = ["".join(rng.choice(list(alphabet), int(rng.integers(3, 40)))) for _ in range(120)]
    rows = [blurred(rng, text, alphabet, int(rng.integers(0, 6))) for text in pool[:80]]
    rows += ["", " ", "a", "ab", "天气", "ABC", " a  b "]
    pool += ["ab", "天气", "abc", "a b"]
    found = has_near_duplicate(rows, pool, threshold=threshold, ngram=ngram)
    assert found.tolist() == exhaustive(rows, pool, threshold, ngram)
    assert 0 < found.sum() < len(rows)


def test_case_width_and_spaces_do_not_hide_a_copy_and_pairs_stay_apart() -> None:
    pool: list[Any] = ["The cat  sat\non the mat", "ＡＢＣ１２３", ("who is it", "me")]
    rows: list[Any] = ["the CAT sat on the mat", "abc123", ("who is it", "me"), "who is it me"]
    found = has_near_duplicate(rows, pool, threshold=1.0, ngram=3)
    assert found.tolist() == [True, True, True, False]


def test_an_empty_side_has_no_near_duplicates() -> None:
    assert has_near_duplicate([], ["a"], threshold=0.8, ngram=3).tolist() == []
    assert has_near_duplicate(["a"], [], threshold=0.8, ngram=3).tolist() == [False]
    assert has_near_duplicate(["", " "], ["", " "], threshold=0.8, ngram=3).tolist() == [False] * 2


def test_long_texts_are_compared_by_their_beginning() -> None:
    text = "".join(str(k) for k in range(2000))
    assert len(normal(text)) == MAX_CHARACTERS
    assert len(grams("abcab", 2)) == 3


@pytest.fixture
def data(rows: Rows) -> Callable[..., Any]:
    """Train rows c0 c1 ... and test rows of which some are copies; the model knows 'good'."""

    def build(n: int = 60, *, n_copies: int = 0, train_label: Any = None) -> Any:
        label = np.arange(n) % 2
        train = rows(
            [f"row number {k} is {'good' if k % 2 else 'poor'} indeed" for k in range(n)],
            name="train",
            label=label if train_label is None else train_label,
        )
        texts = [
            train.inputs[k]
            if k < n_copies
            else f"something else {k * k} {'good' if k % 2 else 'x'}"
            for k in range(n)
        ]
        return train, rows(texts, label=label)

    return build


MODEL = KeywordModel({"good": (0.0, 2.0)}, (1.0, 0.0))


def run(
    table: Table, measure: Measure, train: Any, test: Any, **more: Any
) -> dict[str, Measurement]:
    logits = MODEL.logits(MODEL.prepare(test.inputs)).astype(np.float64)
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    one = table(test.label, logits.argmax(axis=1), scores=scores)
    given: dict[str, Any] = {"rows": {"test": test}, "train": train, "model": MODEL}
    return measure(generalisation, one, **given | more)


def test_known_differences(table: Table, measure: Measure, data: Callable[..., Any]) -> None:
    train, test = data()
    wrong = np.where(np.arange(60) < 15, 1 - train.label, train.label)
    train, _ = data(train_label=wrong)
    found = run(table, measure, train, test)
    assert found["accuracy-difference[all]"].estimate == newcombe(45, 60, 60, 60)
    # scores are those of logits 1 apart: the right class costs log(1 + 1/e), the wrong one 1 more
    loss = found["log-loss-difference[all]"].estimate
    assert loss.value == pytest.approx(-15 / 60, abs=1e-6)
    assert loss.low is not None
    assert loss.high is not None
    assert loss.low < loss.value < loss.high


def test_copies_are_counted_and_left_out_of_the_accuracy_on_new_rows(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    train, test = data(n_copies=12)
    found = run(table, measure, train, test)
    same = found["duplicates-of-train[all]"].estimate
    assert (same.value, same.method, same.n) == (0.2, "exact", 60)
    assert found["near-duplicates-of-train[all]"].estimate.value == 0.2
    new = found["accuracy-without-duplicates[all]"]
    assert new.estimate == wilson(48, 48)
    assert new.share == 0.8


def test_a_test_set_that_was_seen_whole_has_no_accuracy_on_new_rows(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    train, test = data(n_copies=60)
    one = run(table, measure, train, test)["accuracy-without-duplicates[all]"].estimate
    assert one.why_undefined is not None
    assert "none is new" in one.why_undefined.text


def test_samples_are_named_and_have_an_interval(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    train, test = data(n_copies=60)
    options = {"n_compared": 20, "n_train_compared": 30, "n_train": 10}
    found = run(table, measure, train, test, options=options)
    near = found["near-duplicates-of-train[all]"]
    assert near.estimate.method == "wilson"
    assert near.estimate.n == 20
    assert near.share == pytest.approx(1 / 3)
    assert "Looked up in 30 of 60 training rows" in near.caveats[0].text
    assert found["accuracy-difference[all]"].estimate.n == 10 + 60
    assert found["duplicates-of-train[all]"].estimate.n == 60


def test_a_model_that_was_not_trained_here_carries_a_caveat(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    found = run(table, measure, *data())
    ids = [one.id for one in found["accuracy-difference[all]"].caveats]
    assert ids == ["generalisation.not-trained-here"]


def test_stored_predictions_have_copies_and_no_difference(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    found = run(table, measure, *data(n_copies=6), model=None)
    for name in ("accuracy-difference[all]", "log-loss-difference[all]"):
        why = found[name].estimate.why_undefined
        assert why is not None
        assert "stored predictions only" in why.text
    assert found["duplicates-of-train[all]"].estimate.value == 0.1


def test_a_run_without_training_rows_is_not_measured(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    found = run(table, measure, None, data()[1])
    assert all("no training rows" in str(one.estimate.why_undefined) for one in found.values())


def test_hard_decisions_have_no_difference_of_log_loss(
    table: Table, measure: Measure, data: Callable[..., Any]
) -> None:
    train, test = data()
    one = table(test.label, test.label)
    found = measure(generalisation, one, rows={"test": test}, train=train, model=MODEL)
    assert found["accuracy-difference[all]"].estimate.value == 0.0
    why = found["log-loss-difference[all]"].estimate.why_undefined
    assert why is not None
    assert "hard decisions only" in why.text
