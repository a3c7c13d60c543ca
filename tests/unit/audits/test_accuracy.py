"""Accuracy and its relatives: known answers, and the same numbers as scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from audits._metrics import (
    agree,
    computed_decisions,
    computed_scores,
    decision_metric,
    decision_values,
    score_metric,
    score_values,
)
from audits.accuracy import MEASURES, accuracy
from harness.data import Dataset
from harness.errors import ContractError
from harness.predictions import Predictions
from harness.records import Measurement
from harness.stats import wilson

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]
TOLERANCE = 1e-12
"""float64 sums in another order."""


def drawn(seed: int, n: int, c: int) -> dict[str, Any]:
    """Scores that know the label half of the time."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, c, n)
    logits = rng.normal(size=(n, c)) + 2.0 * np.eye(c)[label]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return {"label": label, "decision": scores.argmax(axis=1), "scores": scores, "n_classes": c}


def value(found: dict[str, Measurement], key: str) -> float:
    estimate = found[key].estimate
    assert estimate.value is not None, estimate.why_undefined
    return estimate.value


def test_known_answers_of_a_small_table(table: Table, measure: Measure) -> None:
    # labels by decisions: [[3, 1], [2, 4]]
    label = [0] * 4 + [1] * 6
    decision = [0, 0, 0, 1, 0, 0, 1, 1, 1, 1]
    found = measure(accuracy, table(label, decision), classes=("no", "yes"))
    expected = {
        "accuracy[all]": 7 / 10,
        "balanced-accuracy[all]": (3 / 4 + 4 / 6) / 2,
        "macro-precision[all]": (3 / 5 + 4 / 5) / 2,
        "macro-recall[all]": (3 / 4 + 4 / 6) / 2,
        "macro-f1[all]": (2 * 3 / 9 + 2 * 4 / 11) / 2,
        "mcc[all]": (3 * 4 - 1 * 2) / np.sqrt(4 * 6 * 5 * 5),
        "majority-baseline[all]": 6 / 10,
        "random-baseline[all]": 0.4**2 + 0.6**2,
        "gain-over-majority[all]": 1 / 10,
        "class-precision[label=no]": 3 / 5,
        "class-recall[label=yes]": 4 / 6,
        "class-f1[label=yes]": 8 / 11,
    }
    for key, number in expected.items():
        assert value(found, key) == pytest.approx(number, abs=TOLERANCE), key
    assert found["class-recall[label=yes]"].share == 0.6


@pytest.mark.parametrize(("n", "c"), [(200, 2), (300, 3), (1540, 77)])
def test_every_value_equals_that_of_scikit_learn(
    table: Table, measure: Measure, n: int, c: int
) -> None:
    data = drawn(7, n, c)
    label, decision, scores = data["label"], data["decision"], data["scores"]
    found = measure(accuracy, table(label, decision, n_classes=c, scores=scores))
    assert len(found) == len(MEASURES) - 3 + 3 * c
    macro: dict[str, Any] = {"average": "macro", "zero_division": 0}
    if c == 2:
        area = sk.roc_auc_score(label, scores[:, 1])
    else:
        area = sk.roc_auc_score(label, scores, multi_class="ovr", average="macro")
    expected = {
        "accuracy": sk.accuracy_score(label, decision),
        "balanced-accuracy": sk.balanced_accuracy_score(label, decision),
        "macro-precision": sk.precision_score(label, decision, **macro),
        "macro-recall": sk.recall_score(label, decision, **macro),
        "macro-f1": sk.f1_score(label, decision, **macro),
        "mcc": sk.matthews_corrcoef(label, decision),
        "auroc": area,
        "log-loss": sk.log_loss(label, scores),
    }
    for name, number in expected.items():
        assert value(found, f"{name}[all]") == pytest.approx(number, abs=TOLERANCE), name
    each = {
        "class-precision": sk.precision_score(label, decision, average=None, zero_division=0),
        "class-recall": sk.recall_score(label, decision, average=None, zero_division=0),
        "class-f1": sk.f1_score(label, decision, average=None, zero_division=0),
    }
    for name, numbers in each.items():
        for k in range(c):
            estimate = found[f"{name}[label=c{k}]"].estimate
            if estimate.value is None:
                assert estimate.why_undefined is not None
                assert estimate.n == 0
            else:
                assert estimate.value == pytest.approx(numbers[k], abs=TOLERANCE), (name, k)


def test_values_equal_scikit_learn_where_a_class_is_never_decided_or_never_occurs() -> None:
    label, decision = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, 3, 0])
    values = decision_values(decision, label, 5)
    macro: dict[str, Any] = {"average": "macro", "zero_division": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a decided class without examples
        balanced = sk.balanced_accuracy_score(label, decision)
    expected = {
        "balanced-accuracy": balanced,
        "macro-precision": sk.precision_score(label, decision, **macro),
        "macro-recall": sk.recall_score(label, decision, **macro),
        "macro-f1": sk.f1_score(label, decision, **macro),
        "mcc": sk.matthews_corrcoef(label, decision),
    }
    for name, number in expected.items():
        assert values[name] == pytest.approx(number, abs=TOLERANCE), name
    assert "precision:1" not in values
    assert "recall:3" not in values
    assert "f1:4" not in values


@pytest.mark.parametrize("c", [2, 4])
def test_a_metric_of_the_library_gives_what_the_formula_gives(c: int) -> None:
    data = drawn(3, 60, c)
    label, decision, scores = data["label"], data["decision"], data["scores"]
    found = decision_metric().compute(predictions=decision, references=label, n_classes=c)
    assert found == decision_values(decision, label, c) == computed_decisions(decision, label, c)
    found = score_metric().compute(predictions=scores, references=label)
    assert found == score_values(scores, label) == computed_scores(scores, label)


def test_metrics_leave_nothing_in_the_home_folder(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "HF_HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    decision_metric().compute(predictions=[0, 1], references=[0, 1], n_classes=2)
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_the_numbers_are_the_same(
    table: Table, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = drawn(5, 80, 3)
    predictions = table(data["label"], data["decision"], n_classes=3, scores=data["scores"])
    with_library = measure(accuracy, predictions)
    monkeypatch.setattr("audits._metrics.has_evaluate", lambda: False)
    assert measure(accuracy, predictions) == with_library


def test_two_different_points_for_one_value_are_refused() -> None:
    estimate = wilson(7, 10)
    assert agree("accuracy", 0.7, estimate) is estimate
    for other in (0.7 + 1e-9, None):
        with pytest.raises(ContractError, match="accuracy must be one number"):
            agree("accuracy", other, estimate)


def test_hard_decisions_have_a_reason_instead_of_auroc_and_log_loss(
    table: Table, measure: Measure
) -> None:
    found = measure(accuracy, table([0, 1, 0, 1], [0, 1, 1, 1]))
    for key, word in (("auroc[all]", "AUROC"), ("log-loss[all]", "Log loss")):
        estimate = found[key].estimate
        assert not estimate.is_measured
        assert estimate.why_undefined is not None
        assert f"{word} needs scores" in estimate.why_undefined.text
    assert value(found, "accuracy[all]") == 0.75


def test_the_majority_class_comes_from_the_training_rows_where_there_are_some(
    table: Table, measure: Measure, rows: Callable[..., Dataset]
) -> None:
    predictions = table([0, 0, 0, 1], [0, 0, 1, 1])
    alone = measure(accuracy, predictions)
    assert value(alone, "majority-baseline[all]") == 0.75
    assert "data set itself" in alone["majority-baseline[all]"].notes[0].text
    train = rows(["x"] * 3, name="train", label=[1, 1, 0])
    trained = measure(accuracy, predictions, train=train)
    assert value(trained, "majority-baseline[all]") == 0.25
    assert value(trained, "gain-over-majority[all]") == 0.5
    assert trained["majority-baseline[all]"].notes[0].params["name"] == "c1"


def test_another_class_that_is_right_more_often_than_that_of_the_training_rows_is_named(
    table: Table, measure: Measure, rows: Callable[..., Dataset]
) -> None:
    predictions = table([0, 0, 0, 1], [0, 1, 1, 1])
    found = measure(accuracy, predictions, train=rows(["x"] * 3, name="train", label=[1, 1, 0]))
    assert value(found, "gain-over-majority[all]") == 0.25  # and yet always deciding c0 is better
    for key in ("majority-baseline[all]", "gain-over-majority[all]"):
        assert found[key].notes[1].text == (
            "In data set test itself c0 is the most frequent class: always deciding it would be correct "
            "for 75.0 of 100 examples, the model is for 50.0."
        )
    same = measure(accuracy, predictions, train=rows(["x"] * 3, name="train", label=[0, 1, 0]))
    assert len(same["gain-over-majority[all]"].notes) == 1
    assert len(measure(accuracy, predictions)["gain-over-majority[all]"].notes) == 1


def test_the_gain_is_paired_and_its_interval_knows_when_there_is_none(
    table: Table, measure: Measure
) -> None:
    rng = np.random.default_rng(0)
    label = (rng.random(400) < 0.3).astype(np.int64)
    found = measure(accuracy, table(label, np.zeros(400)))
    gain = found["gain-over-majority[all]"].estimate
    assert gain.value == 0.0
    assert gain.low is not None
    assert gain.high is not None
    assert -0.02 < gain.low < 0 < gain.high < 0.02
    better = measure(accuracy, table(label, label))["gain-over-majority[all]"].estimate
    assert better.value == pytest.approx(label.mean())
    assert better.low is not None
    assert better.low > 0.2


def test_rows_that_repeat_each_other_know_no_more_than_one_of_them(
    table: Table, measure: Measure
) -> None:
    data = drawn(2, 200, 2)
    once = measure(accuracy, table(**data))
    copied = {name: np.repeat(data[name], 4, axis=0) for name in ("label", "decision", "scores")}
    clusters = np.array([str(index // 4) for index in range(800)], dtype=object)
    found = measure(accuracy, table(**copied, cluster=clusters))
    assert set(found) == set(once)
    for key, one in found.items():
        estimate, wanted = one.estimate, once[key].estimate
        assert not one.caveats, key
        assert estimate.value == pytest.approx(wanted.value, abs=1e-12)
        if key != "random-baseline[all]":
            assert estimate.high is not None
            assert estimate.low is not None
            width = estimate.high - estimate.low
            # closed forms and laws differ a little; rows as independent would halve the width
            assert width == pytest.approx(wanted.high - wanted.low, rel=0.2), key  # type: ignore[operator]


def test_fewer_than_10_clusters_leave_the_ends_of_the_range_and_say_so(
    table: Table, measure: Measure
) -> None:
    data = drawn(2, 90, 2)
    clusters = np.array([str(index % 9) for index in range(90)], dtype=object)
    found = measure(accuracy, table(**data, cluster=clusters))
    for key, one in found.items():
        if key != "random-baseline[all]":
            assert [each.id for each in one.caveats] == ["stats.few-clusters"], key
            low = -1 if one.estimate.unit in ("correlation", "difference") else 0
            high = -np.log(np.finfo(float).eps) if one.estimate.unit == "nats" else 1
            assert (one.estimate.low, one.estimate.high) == (low, pytest.approx(high)), key


def test_a_class_in_too_few_clusters_is_named(table: Table, measure: Measure) -> None:
    data = drawn(2, 300, 2)
    data["label"] = (np.arange(300) >= 280).astype(np.int64)
    clusters = np.array([str(index // 5) for index in range(300)], dtype=object)
    found = measure(accuracy, table(**data, cluster=clusters))
    for key in ("auroc[all]", "balanced-accuracy[all]"):
        estimate, caveats = found[key].estimate, found[key].caveats
        if key == "auroc[all]":
            assert (estimate.low, estimate.high) == (0, 1)
            assert caveats[0].id == "audit.few-clusters-of-a-class"
            assert caveats[0].params == {"name": "c1", "n_clusters": 4, "n_all": 60}
    recall = found["class-recall[label=c1]"]
    assert [each.id for each in recall.caveats] == ["stats.few-clusters"]
    assert (recall.estimate.low, recall.estimate.high) == (0, 1)


def test_clusters_of_one_row_each_are_no_caveat(table: Table, measure: Measure) -> None:
    clusters = np.array(["a", "b", "c", "d"], dtype=object)
    found = measure(accuracy, table([0, 1, 0, 1], [0, 1, 1, 1], cluster=clusters))
    assert not any(one.caveats for one in found.values())


def test_a_data_set_with_one_class_has_reasons_where_two_are_needed(
    table: Table, measure: Measure
) -> None:
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
    found = measure(accuracy, table([0, 0, 0], [0, 1, 0], scores=scores))
    for key in ("mcc[all]", "auroc[all]", "class-recall[label=c1]", "class-f1[label=c1]"):
        assert found[key].estimate.value is None
        assert found[key].estimate.why_undefined is not None
    assert value(found, "accuracy[all]") == pytest.approx(2 / 3)


def test_predictions_without_labels_are_not_measured(table: Table, measure: Measure) -> None:
    found = measure(accuracy, table(None, [0, 1]))
    assert set(found) == {f"{one.key.split('.')[1]}[all]" for one in MEASURES}
    assert {one.estimate.why_undefined.text for one in found.values()} == {  # type: ignore[union-attr]
        "Not measured: data set test has no labels."
    }


def test_data_sets_are_measured_side_by_side(table: Table, measure: Measure) -> None:
    found = measure(
        accuracy,
        table([0, 1], [0, 1], dataset="one"),
        table([0, 1], [1, 0], dataset="two"),
    )
    assert value(found, "accuracy[all]@one") == 1.0
    assert value(found, "accuracy[all]@two") == 0.0
