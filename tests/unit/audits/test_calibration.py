"""Calibration: known answers, and the figures of scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits._bins import equal_mass, names, reliability, signed_parts
from audits.calibration import calibration, planted
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement
from harness.stats import fit_temperature
from harness.trials import run_audit

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]


def drawn(n: int, c: int = 2, *, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(c), size=n)
    label = (scores.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return scores, label


def measured(table: Table, measure: Measure, scores: Any, label: Any, **more: Any) -> Any:
    decision = scores.argmax(axis=1)
    one = table(label, decision, n_classes=scores.shape[1], scores=scores, **more)
    return measure(calibration, one)


@pytest.mark.parametrize("c", [2, 5])
def test_brier_equals_scikit_learn(table: Table, measure: Measure, c: int) -> None:
    from sklearn.metrics import brier_score_loss

    scores, label = drawn(300, c)
    found = measured(table, measure, scores, label)["brier[all]"].estimate
    one_hot = np.eye(c)[label]
    expected = brier_score_loss(one_hot, scores, scale_by_half=False)
    # two orders of the same float64 sums
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.unit == "probability squared"


def test_the_reliability_curve_equals_scikit_learn() -> None:
    from sklearn.calibration import calibration_curve

    scores, label = drawn(1500)
    is_true = label == 1
    shares, means = calibration_curve(is_true, scores[:, 1], n_bins=15, strategy="quantile")
    curve = reliability(scores[:, 1], is_true, equal_mass(scores[:, 1], 15))
    assert [one.n for one in curve] == [100] * 15
    np.testing.assert_allclose([one.share.value for one in curve], shares, atol=1e-12)
    np.testing.assert_allclose([one.mean_score for one in curve], means, atol=1e-12)


def test_plain_error_is_the_weighted_distance_of_bins_counted_by_hand(
    table: Table, measure: Measure
) -> None:
    # two scores, so two bins: 0.75 right on 2 of 4, and 0.625 right on 4 of 4
    scores = np.array([[0.25, 0.75]] * 4 + [[0.375, 0.625]] * 4)
    found = measured(table, measure, scores, np.array([0, 0, 1, 1, 1, 1, 1, 1]))
    assert found["ece-plugin[all]"].estimate.value == pytest.approx(0.5 * 0.25 + 0.5 * 0.375)
    assert found["mean-overconfidence[all]"].estimate.value == pytest.approx(0.6875 - 0.75)
    curve = [one for key, one in found.items() if key.startswith("share-right")]
    assert [(one.slice, one.estimate.value) for one in curve] == [
        ("score=0.625..0.625", 1.0),
        ("score=0.75..0.75", 0.5),
    ]
    assert [one.notes[0].params["score"] for one in curve] == [0.625, 0.75]


def test_equal_scores_never_stand_in_two_bins_and_bins_rise_with_the_score() -> None:
    rng = np.random.default_rng(3)
    for n_values in (1, 2, 7, 40):
        score = rng.integers(0, n_values, size=200) / 40
        bins = equal_mass(score, 15)
        order = np.argsort(score, kind="stable")
        assert (np.diff(bins[order]) >= 0).all()
        assert sorted(set(bins.tolist())) == list(range(bins.max() + 1))
        for value in set(score.tolist()):
            assert len(set(bins[score == value].tolist())) == 1
    assert equal_mass(np.arange(30) / 30, 15).tolist() == np.repeat(np.arange(15), 2).tolist()


def test_bins_whose_scores_look_alike_get_names_of_their_own() -> None:
    score = np.array([0.9999981, 0.9999982, 0.9999991, 0.9999992])
    curve = reliability(score, score > 0, np.array([0, 0, 1, 1]))
    assert len(set(names(curve))) == 2


def test_a_calibrated_model_errs_by_about_nothing_and_the_plain_figure_does_not(
    table: Table, measure: Measure
) -> None:
    found = measured(table, measure, *drawn(600, seed=4))
    plain, corrected = (found[f"{name}[all]"].estimate for name in ("ece-plugin", "ece"))
    assert plain.value is not None
    assert corrected.value is not None
    assert plain.value > 0.02
    assert corrected.value < 0.02
    assert corrected.low == 0.0


def test_clusters_widen_the_covariance_as_much_as_their_copies_say() -> None:
    scores, label = drawn(200)
    score, is_true = scores[:, 1], label == 1
    bins = equal_mass(score, 5)
    alone = signed_parts(score, is_true, bins, None)
    many = [np.repeat(each, 10) for each in (score, is_true, bins)]
    copied = signed_parts(*many, np.repeat(np.arange(200), 10).astype(object))  # type: ignore[arg-type]
    np.testing.assert_allclose(copied.values, alone.values, atol=1e-12)
    assert copied.units == 200
    # but for the half example in each bin, which weighs a tenth among ten copies
    np.testing.assert_allclose(
        copied.covariance, alone.covariance, atol=0.1 * alone.covariance.max()
    )


def test_stored_predictions_have_errors_and_no_temperature(table: Table, measure: Measure) -> None:
    found = measured(table, measure, *drawn(100))
    assert found["ece[all]"].estimate.value is not None
    for name in ("temperature[all]", "ece-after-temperature[all]"):
        why = found[name].estimate.why_undefined
        assert why is not None
        assert "the run has stored predictions only" in why.text


def test_hard_decisions_are_not_measured(table: Table, measure: Measure) -> None:
    found = measure(calibration, table([0, 1], [0, 1]))
    assert all("no scores" in str(one.estimate.why_undefined) for one in found.values())


@pytest.fixture
def asked(table: Table, measure: Measure, rows: Callable[..., Dataset]) -> Callable[..., Any]:
    """A model that is three times too sure, with validation rows of their own labels."""
    rng = np.random.default_rng(7)
    leads = {f"w{k}": float(rng.normal()) for k in range(40)}
    model = KeywordModel({word: (0.0, 3 * lead) for word, lead in leads.items()}, (0.0, 0.0))

    def build(n: int = 400, *, label_of: Callable[[Any], Any] | None = None, **more: Any) -> Any:
        sets = []
        for name in ("test", "validation"):
            words = rng.choice(list(leads), size=(n, 3))
            lead = np.array([sum(leads[word] for word in each) for each in words])
            chance = 1 / (1 + np.exp(-lead))
            label = (rng.random(n) < chance).astype(np.int64)
            if name == "validation" and label_of:
                label = label_of(label)
            sets.append(rows([" ".join(each) for each in words], name=name, label=label))
        test, validation = sets
        logits = model.logits(model.prepare(test.inputs))
        scores = np.exp(logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
        scores /= scores.sum(axis=1, keepdims=True)
        one = table(test.label, logits.argmax(axis=1), logits=logits, scores=scores)
        given: dict[str, Any] = {"rows": {"test": test}, "model": model, "validation": validation}
        found = measure(calibration, one, **given | more)
        return found, model, validation

    return build


def test_the_temperature_is_fitted_on_validation_rows_and_repairs_the_test_rows(
    asked: Callable[..., Any],
) -> None:
    found, model, validation = asked(1500)
    one = found["temperature[all]"]
    logits = model.logits(model.prepare(validation.inputs))
    assert one.dataset == "validation"
    assert one.estimate.value == pytest.approx(fit_temperature(logits, validation.label))
    assert one.estimate.low < 3 < one.estimate.high
    before, after = found["ece[all]"].estimate, found["ece-after-temperature[all]"].estimate
    assert before.low > after.high


def test_the_labels_of_test_rows_do_not_move_the_temperature(asked: Callable[..., Any]) -> None:
    # validation labels that contradict the model leave no best temperature, whatever test says
    found, _, _ = asked(label_of=lambda label: 1 - label)
    for name in ("temperature[all]", "ece-after-temperature[all]"):
        assert "say nothing about the labels" in found[name].estimate.why_undefined.text
    assert found["ece[all]"].estimate.value is not None


def test_without_validation_rows_there_is_a_reason(asked: Callable[..., Any]) -> None:
    found, _, _ = asked(validation=None)
    one = found["temperature[all]"]
    assert one.dataset == "test"
    assert "no validation rows" in one.estimate.why_undefined.text


def test_few_validation_rows_are_a_caveat_and_many_are_sampled(asked: Callable[..., Any]) -> None:
    found, _, _ = asked(options={"n_validation": 120})
    one = found["temperature[all]"]
    assert one.estimate.n == 120
    assert "Fitted on 120 validation rows" in one.caveats[0].text


def test_the_curve_lies_beside_the_measurements_for_both_scores(tmp_path: Path) -> None:
    context = planted(1).innocent
    found = run_audit(calibration, context)
    kept = json.loads((context.folder / "reliability.json").read_text(encoding="utf-8"))
    assert kept["format"] == "modelassay/reliability/v1"
    assert [one["score_of"] for one in kept["curves"]] == ["decided class", "yes"]
    shares = [one for one in found if one.measure == "calibration.share-right"]
    points = kept["curves"][0]["bins"]
    assert [one.estimate.value for one in shares] == [point["share"] for point in points]
    assert sum(point["n"] for point in points) == 3000


def test_clusters_are_the_units_of_every_interval_and_few_of_them_decide_nothing(
    table: Table, measure: Measure
) -> None:
    rng = np.random.default_rng(0)
    score = rng.random(200)
    label = (rng.random(200) < score).astype(np.int64)
    rows = np.repeat(np.arange(200), 5)
    scores = np.stack([1 - score, score], axis=1)
    keys = ("ece[all]", "brier[all]", "mean-overconfidence[all]", "class-ece[label=c1]")
    once = measure(calibration, table(label, score > 0.5, scores=scores))
    for n_clusters in (200, 9):
        cluster = np.array([f"k{row % n_clusters}" for row in rows.tolist()], dtype=object)
        copied = table(label[rows], (score > 0.5)[rows], scores=scores[rows], cluster=cluster)
        found = measure(calibration, copied)
        for key in keys:
            one, whole = found[key], once[key].estimate
            assert one.estimate.value is not None
            assert one.estimate.low is not None
            assert one.estimate.high is not None
            if n_clusters == 9:
                assert [each.id for each in one.caveats] == ["stats.few-clusters"]
                assert one.estimate.high >= 1
            else:
                assert not one.caveats
                width = one.estimate.high - one.estimate.low
                assert width == pytest.approx(whole.high - whole.low, rel=0.25)  # type: ignore[operator]
        points = [one for key, one in found.items() if key.startswith("share-right")]
        assert {one.estimate.method for one in points} == {"cluster-t"}
