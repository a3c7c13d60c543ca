"""Any metric by group: equal to MetricFrame, except where that is known to be wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits.metric_by_group import Options, metric_by_group
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement, joined, slice_name

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]

ERRORS = {"sklearn": "mean_squared_error", "name": "wrong", "better": "lower", "range": [0, 1]}

SCRIPT = """import datasets
import evaluate


class Mine(evaluate.Metric):
    def _info(self):
        whole = datasets.Value("int64")
        return evaluate.MetricInfo(
            description="", citation="", inputs_description="",
            features=datasets.Features({"predictions": whole, "references": whole}),
        )

    def _compute(self, predictions, references):
        return {"right": sum(p == r for p, r in zip(predictions, references)) / len(references)}
"""


def drawn(seed: int = 0, n: int = 400) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    decision = np.where(rng.random(n) < 0.75, label, 1 - label)
    score = np.clip(0.5 + 0.3 * (2 * decision - 1) * rng.random(n), 0.01, 0.99)
    return {
        "label": label,
        "decision": decision,
        "scores": np.stack([1 - score, score], axis=1),
        "groups": {"race": rng.choice(np.array(["a", "b", "c"], dtype=object), n)},
    }


@pytest.fixture
def run(table: Table, measure: Measure, tmp_path: Path) -> Callable[..., dict[str, Measurement]]:
    def build(data: dict[str, Any], *metrics: dict[str, Any], **more: Any) -> Any:
        options = {"metrics": list(metrics), "n_replicates": 200, **more.pop("options", {})}
        given: dict[str, Any] = {"base": tmp_path, "classes": ("no", "yes")}
        return measure(metric_by_group, table(**data), options=options, **given | more)

    return build


def at(measure_id: str, **where: str) -> str:
    return f"{measure_id}[{slice_name(where)}]"


def reason(one: Measurement) -> str:
    assert one.estimate.value is None
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def texts(one: Measurement) -> dict[str, str]:
    return {message.id: message.text for message in (*one.caveats, *one.notes)}


@pytest.mark.parametrize("name", ["accuracy_score", "roc_auc_score"])
def test_values_by_group_equal_those_of_metric_frame(run: Any, name: str) -> None:
    from fairlearn.metrics import MetricFrame
    from sklearn import metrics

    data = drawn()
    is_score = name.startswith("roc")
    entry = {"sklearn": name, "range": [0, 1]}
    found = run(data, entry | ({"input": "class-1-score"} if is_score else {}))
    frame = MetricFrame(
        metrics=getattr(metrics, name),
        y_true=data["label"],
        y_pred=data["scores"][:, 1] if is_score else data["decision"],
        sensitive_features=data["groups"]["race"],
    )
    for group, value in frame.by_group.items():
        one = found[at("value", metric=name, race=str(group))].estimate
        assert one.value == pytest.approx(value, abs=1e-12)  # the same function on the same rows
        assert one.low is not None
        assert one.high is not None
        assert one.low < value < one.high
    assert found[at("value", metric=name)].estimate.value == pytest.approx(frame.overall, abs=1e-12)
    worst = found[at("difference", metric=name, race="*")].estimate
    assert worst.value == pytest.approx(frame.difference(), abs=1e-12)
    assert worst.method == "worst-linear"


def test_the_difference_has_the_spread_that_a_difference_of_shares_has(run: Any) -> None:
    data = drawn(n=2000)
    data["groups"]["race"] = np.where(np.arange(2000) < 800, "a", "b").astype(object)
    one = run(data, ERRORS, options={"n_replicates": 1000})[
        at("difference", loss="wrong", race="*")
    ].estimate
    wrong = data["label"] != data["decision"]
    p, q = wrong[:800].mean(), wrong[800:].mean()
    error = np.sqrt(p * (1 - p) / 800 + q * (1 - q) / 1200)
    assert one.value == pytest.approx(abs(p - q), abs=1e-12)
    assert one.high is not None
    # a standard error from 1,000 draws is known to about 2 %
    assert one.high - one.value == pytest.approx(1.645 * error, rel=0.08)


def test_recall_in_a_group_without_positives_has_no_value_where_fairlearn_says_0(run: Any) -> None:
    from fairlearn.metrics import MetricFrame, true_positive_rate

    data = drawn()
    inside = data["groups"]["race"] == "b"
    data["label"][inside] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = MetricFrame(
            metrics=true_positive_rate,
            y_true=data["label"],
            y_pred=data["decision"],
            sensitive_features=data["groups"]["race"],
        )
    assert frame.by_group["b"] == 0.0  # the hazard
    found = run(data, {"sklearn": "recall_score", "range": [0, 1]})
    alone = found[at("value", metric="recall_score", race="b")]
    assert "not a finite number" in reason(alone)
    assert "of the class no" in texts(alone)["metric-by-group.one-class"]
    worst = found[at("difference", metric="recall_score", race="*")]
    assert worst.estimate.high == 1.0
    assert worst.estimate.value is not None
    assert worst.estimate.value < 0.5
    assert "b (" in texts(worst)["metric-by-group.not-compared"]


def test_a_draw_without_positives_is_not_dropped(run: Any) -> None:
    data = drawn()
    inside = np.flatnonzero(data["groups"]["race"] == "b")
    data["label"][inside] = 0
    data["label"][inside[:2]] = 1
    found = run(data, {"sklearn": "recall_score", "range": [0, 1]})
    text = reason(found[at("value", metric="recall_score", race="b")])
    assert "of 200 draws" in text


def test_rows_without_a_group_are_a_slice_where_fairlearn_raises(run: Any) -> None:
    data = drawn()
    data["groups"]["race"][:40] = ""
    found = run(data, ERRORS)
    one = found[at("loss", loss="wrong", race="(missing)")].estimate
    assert one.n == 40
    wrong = data["label"] != data["decision"]
    assert one.value == pytest.approx(wrong[:40].mean(), abs=1e-12)


def test_a_group_of_one_has_no_interval_that_says_it_is_certain(run: Any) -> None:
    data = drawn()
    data["groups"]["race"][0] = "alone"
    found = run(data, ERRORS)
    one = found[at("loss", loss="wrong", race="alone")].estimate
    assert one.value is None
    assert (one.low, one.high) == (0.0, 1.0)
    worst = found[at("difference", loss="wrong", race="*")]
    assert worst.estimate.high == 1.0
    assert "alone (1)" in texts(worst)["metric-by-group.not-compared"]


def test_a_planned_group_that_is_absent_keeps_its_place(run: Any) -> None:
    data = drawn() | {"group_plans": {"race": GroupPlan(values=("a", "b", "c", "d"))}}
    found = run(data, ERRORS)
    assert "no row is in the planned group d" in reason(found[at("loss", loss="wrong", race="d")])
    assert found[at("difference", loss="wrong", race="*")].estimate.high == 1.0


def test_excluded_groups_do_not_keep_the_others_from_passing(run: Any) -> None:
    data = drawn() | {"group_plans": {"race": GroupPlan(exclude={"c": "see memo 12"})}}
    found = run(data, ERRORS)
    worst = found[at("difference", loss="wrong", race="*")].estimate
    assert worst.evidence is not None
    assert worst.evidence.values["groups"] == ["a", "b"]
    assert "see memo 12" in texts(found[at("loss", loss="wrong", race="c")])["groups.excluded"]


def test_clusters_are_drawn_whole_and_fewer_than_ten_decide_nothing(run: Any) -> None:
    data = drawn(n=600)
    twice = {
        "label": np.repeat(data["label"], 3),
        "decision": np.repeat(data["decision"], 3),
        "groups": {"race": np.repeat(data["groups"]["race"], 3)},
    }
    names = np.array([f"t{k // 3}" for k in range(1800)], dtype=object)
    plain = run(twice, ERRORS)[at("difference", loss="wrong", race="*")].estimate
    whole = run(twice | {"cluster": names}, ERRORS)[
        at("difference", loss="wrong", race="*")
    ].estimate
    assert whole.evidence is not None
    assert whole.evidence.values["df"] == 599.0
    # three copies of every row are one row: the interval is sqrt(3) times as wide, to the noise of draws
    assert (whole.high - whole.value) / (plain.high - plain.value) == pytest.approx(3**0.5, rel=0.2)
    few = np.array([f"t{k % 9}" for k in range(1800)], dtype=object)
    one = run(twice | {"cluster": few}, ERRORS)[at("difference", loss="wrong", race="*")].estimate
    assert one.value is None
    assert (one.low, one.high) == (0.0, 1.0)


def test_overlapping_groups_are_drawn_together(run: Any) -> None:
    data = drawn()
    rng = np.random.default_rng(3)
    data["groups"]["race"] = np.array(
        [joined([["a"], ["b"], ["a", "b"]][k]) for k in rng.integers(0, 3, 400)], object
    )
    data["group_plans"] = {"race": GroupPlan(is_list=True)}
    found = run(data, ERRORS)
    worst = found[at("difference", loss="wrong", race="*")].estimate
    assert worst.evidence is not None
    covariance = worst.evidence.values["covariance"]
    # rows that are in both make the two values rise together
    assert covariance[1] > 0.2 * covariance[0]


def test_a_metric_of_evaluate_runs_only_where_code_is_trusted(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT, encoding="utf-8")
    entry = {"path": "./mine.py", "range": [0, 1]}
    data = drawn(n=120)
    text = reason(run(data, entry)[at("value", metric="mine")])
    assert "runs only with trust_code: true" in text


@pytest.mark.slow
def test_a_trusted_metric_of_evaluate_is_asked_group_by_group(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT, encoding="utf-8")
    data = drawn(n=120)
    found = run(data, {"path": "./mine.py", "range": [0, 1]}, trust_code=True)
    right = data["label"] == data["decision"]
    for group in "abc":
        one = found[at("value", metric="mine", race=group)]
        expected = right[data["groups"]["race"] == group].mean()
        assert one.estimate.value == pytest.approx(expected, abs=1e-12)
        assert "SHA-256" in texts(one)["foreign-metrics.origin"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"sklearn": "f1_scor"}, "name a metric of sklearn.metrics, got 'f1_scor'. Did you mean"),
        ({"sklearn": "make_scorer"}, "name a metric of sklearn.metrics"),
        ({"sklearn": "confusion_matrix"}, "must return a number, got a value of type ndarray"),
        ({"sklearn": "f1_score", "kwargs": {"averag": "micro"}}, "must answer, got TypeError"),
        ({"sklearn": "accuracy_score", "range": [0, 0.1]}, "must lie in its range [0.0, 0.1]"),
    ],
)
def test_what_a_user_gets_wrong_is_an_error_of_its_own_measurement(
    run: Any, entry: dict[str, Any], words: str
) -> None:
    found = run(drawn(n=90), entry)
    assert {one.estimate.method for one in found.values()} == {"error"}
    assert {one.measure for one in found.values()} == {
        "metric-by-group.value",
        "metric-by-group.difference",
    }
    assert all(words in reason(one) for one in found.values())


def test_one_metric_that_fails_leaves_the_others(run: Any) -> None:
    found = run(drawn(n=90), {"sklearn": "f1_scor"}, ERRORS)
    assert found[at("loss", loss="wrong", race="a")].estimate.value is not None


def test_entries_that_say_nothing_or_two_things_are_refused_with_the_config() -> None:
    with pytest.raises(ValueError, match="either sklearn"):
        Options.model_validate({"metrics": [{"name": "x"}]})
    with pytest.raises(ValueError, match="either sklearn"):
        Options.model_validate({"metrics": [{"sklearn": "f1_score", "path": "./x.py"}]})
    with pytest.raises(ValueError, match="distinct names, got f1_score twice"):
        Options.model_validate({"metrics": [{"sklearn": "f1_score"}, {"sklearn": "f1_score"}]})
    with pytest.raises(ValueError, match="range must rise"):
        Options.model_validate({"metrics": [{"sklearn": "f1_score", "range": [1, 0]}]})


def test_a_column_of_one_value_or_of_identifiers_has_a_reason(run: Any) -> None:
    data = drawn(n=90)
    data["groups"]["race"] = np.array(["a"] * 90, dtype=object)
    found = run(data, ERRORS)
    assert "one known value only" in reason(found[at("difference", loss="wrong", race="*")])
    data["groups"]["race"] = np.array([f"p{k}" for k in range(90)], dtype=object)
    found = run(data, ERRORS)
    assert "more than max_groups = 50" in reason(found[at("difference", loss="wrong", race="*")])
    assert found[at("loss", loss="wrong")].estimate.value is not None


def test_without_scores_a_metric_of_scores_has_a_reason(run: Any) -> None:
    data = drawn(n=90)
    del data["scores"]
    found = run(data, {"sklearn": "roc_auc_score", "input": "class-1-score"})
    assert "needs scores" in reason(found[at("value", metric="roc_auc_score")])
