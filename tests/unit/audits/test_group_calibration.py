"""Calibration by group: means with their covariance, the corrected error, and what is not estimable."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits._bins import equal_mass, signed_parts
from audits._group_errors import Errors
from audits.group_calibration import group_calibration
from harness.errors import ConfigError
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement
from harness.records.groups import joined
from harness.stats import absolute_sum_estimates

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]
ROUNDING = 1e-12  # the same sums in another order


def drawn(seed: int, n: int, *, groups: tuple[str, ...] = ("f", "m", "")) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 2, n)
    label = (rng.random(n) < score).astype(int)
    return {
        "label": label,
        "decision": (score >= 0.5).astype(int),
        "scores": np.stack([1 - score, score], axis=1),
        "groups": {"sex": rng.choice(np.array(groups, dtype=object), n)},
    }


def shifted(data: dict[str, Any], group: str, by: float) -> dict[str, Any]:
    score = np.clip(data["scores"][:, 1] + by * (data["groups"]["sex"] == group), 0, 1)
    return data | {"scores": np.stack([1 - score, score], axis=1)}


def value(found: dict[str, Measurement], key: str) -> float:
    estimate = found[key].estimate
    assert estimate.value is not None, estimate.why_undefined
    return estimate.value


def reason(found: dict[str, Measurement], key: str) -> str:
    why = found[key].estimate.why_undefined
    assert why is not None
    return why.text


def test_errors_and_brier_scores_by_group_are_plain_means(table: Table, measure: Measure) -> None:
    from sklearn.metrics import brier_score_loss

    data = drawn(0, 600)
    found = measure(group_calibration, table(**data))
    sex, score, label = data["groups"]["sex"], data["scores"][:, 1], data["label"]
    for group, text in (("f", "f"), ("m", "m"), ("", "%28missing%29")):
        rows = sex == group
        key = f"[sex={text}]"
        expected = score[rows].mean() - label[rows].mean()
        assert value(found, f"mean-score-error{key}") == pytest.approx(expected, abs=ROUNDING)
        brier = brier_score_loss(label[rows], score[rows])
        assert value(found, f"brier{key}") == pytest.approx(brier, abs=ROUNDING)
        assert found[f"brier{key}"].share == pytest.approx(rows.mean())
    assert value(found, "mean-score-error[all]") == pytest.approx(score.mean() - label.mean())
    errors = [value(found, f"mean-score-error[sex={group}]") for group in ("f", "m")]
    assert value(found, "error-difference[sex=%2A]") == pytest.approx(abs(errors[0] - errors[1]))
    assert value(found, "largest-error[sex=%2A]") == pytest.approx(max(map(abs, errors)))


def tail(units: Any, t: float) -> float:
    """How far the skewness of the sums of units moves an end (Johnson 1978)."""
    return float(
        (units**3).sum() / (6 * (units**2).sum() * len(units) / (len(units) - 1)) * (1 + 2 * t**2)
    )


def test_the_interval_of_a_mean_error_is_students_with_a_longer_tail(
    table: Table, measure: Measure
) -> None:
    from scipy.stats import t, ttest_1samp

    data = drawn(1, 400, groups=("f", "m"))
    found = measure(group_calibration, table(**data))
    rows = data["groups"]["sex"] == "f"
    apart = data["scores"][rows, 1] - data["label"][rows]
    ends = ttest_1samp(apart, 0).confidence_interval(0.90)
    moved = tail((apart - apart.mean()) / len(apart), t.ppf(0.95, len(apart) - 1))
    assert moved < 0  # positives are the rarer outcome
    estimate = found["mean-score-error[sex=f]"].estimate
    assert (estimate.low, estimate.high) == pytest.approx((ends.low + moved, ends.high), abs=1e-9)


def test_over_clusters_it_is_that_of_a_regression_with_clustered_errors(
    table: Table, measure: Measure
) -> None:
    data = drawn(2, 600, groups=("f", "m"))
    cluster = np.arange(600) % 20
    names = np.array([f"c{k}" for k in cluster], dtype=object)
    found = measure(group_calibration, table(**data, cluster=names))
    rows = data["groups"]["sex"] == "f"
    apart = (data["scores"][:, 1] - data["label"])[rows]
    from scipy.stats import t
    from statsmodels.regression.linear_model import OLS

    groups = {"groups": cluster[rows]}
    fit = OLS(apart, np.ones(rows.sum())).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
    estimate = found["mean-score-error[sex=f]"].estimate
    low, high = fit.conf_int(alpha=0.10)[0]
    moved = tail(
        np.bincount(cluster[rows], weights=apart - apart.mean()) / rows.sum(), t.ppf(0.95, 19)
    )
    ends = (low + min(moved, 0), high + max(moved, 0))
    assert (estimate.low, estimate.high) == pytest.approx(ends, abs=1e-9)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_the_covariance_of_groups_that_share_rows_equals_row_by_row(is_clustered: bool) -> None:
    rng = np.random.default_rng(3)
    n, m = 90, 15
    score, label = rng.random(n), rng.random(n) < 0.5
    is_in = rng.random((n, 3)) < 0.5
    cluster = rng.permutation(np.arange(n) % m) if is_clustered else None
    errors = Errors.of(score, label, cluster, 5)
    values, covariance, df = errors.covariance(list(is_in.T))
    apart = score - label
    units = [errors.units(rows) for rows in is_in.T]
    for g in range(3):
        for h in range(3):
            total = 0.0
            for i in range(n):
                for j in range(n) if cluster is not None else (i,):
                    if (
                        is_in[i, g]
                        and is_in[j, h]
                        and (cluster is None or cluster[i] == cluster[j])
                    ):
                        total += (apart[i] - values[g]) * (apart[j] - values[h])
            total /= is_in[:, g].sum() * is_in[:, h].sum()
            total *= np.sqrt(units[g] / (units[g] - 1) * units[h] / (units[h] - 1))
            assert covariance[g, h] == pytest.approx(total, abs=ROUNDING)
    assert df == min(units) - 1


def test_the_calibration_error_of_a_group_is_that_of_its_rows_alone(
    table: Table, measure: Measure
) -> None:
    data = shifted(drawn(4, 800, groups=("f", "m")), "f", 0.2)
    found = measure(group_calibration, table(**data))
    rows = data["groups"]["sex"] == "f"
    score, label = data["scores"][rows, 1], data["label"][rows] == 1
    parts = signed_parts(score, label, equal_mass(score, 15), None)
    rng = np.random.default_rng(0)
    alone = absolute_sum_estimates(parts, rng=rng, keep=None, unit="share", replicates=200)[0]
    assert value(found, "ece[sex=f]") == pytest.approx(alone.value or 0.0, abs=ROUNDING)
    assert value(found, "ece[sex=f]") > 0.15 > 0.05 > value(found, "ece[sex=m]")


def test_a_shifted_group_is_named_with_its_direction(table: Table, measure: Measure) -> None:
    data = shifted(drawn(5, 3000, groups=("f", "m", "x")), "x", 0.2)
    found = measure(group_calibration, table(**data), classes=("benign", "toxic"))
    worst, pair = found["largest-error[sex=%2A]"], found["error-difference[sex=%2A]"]
    assert worst.estimate.low is not None
    assert worst.estimate.low > 0.05
    assert pair.estimate.low is not None
    assert pair.estimate.low > 0.05
    assert worst.notes[0].params == {
        "column": "sex",
        "positive": "toxic",
        "group": "x",
        "direction": "high",
    }
    assert pair.notes[0].params["high"] == "x"
    cell = found["multi-accuracy[sex=%2A]"].estimate
    assert cell.low is not None
    assert cell.low > 0
    assert cell.value is not None
    assert cell.value < worst.estimate.value  # type: ignore[operator]


def test_multi_accuracy_is_the_largest_mean_error_times_share(
    table: Table, measure: Measure
) -> None:
    names = ("gay", "muslim")
    data = drawn(6, 500)
    is_in = np.random.default_rng(6).random((500, 2)) < 0.5
    cells = [joined(np.array(names)[row]) for row in is_in]
    data["groups"] = {"identity": np.array(cells, dtype=object)}
    plan = {"identity": GroupPlan(values=names, is_list=True)}
    found = measure(group_calibration, table(**data, group_plans=plan))
    score, apart = data["scores"][:, 1], data["scores"][:, 1] - data["label"]
    bins = equal_mass(score, 15)
    expected = max(
        abs(apart[is_in[:, g] & (bins == k)].sum()) / 500 for g in range(2) for k in range(15)
    )
    assert value(found, "multi-accuracy[identity=%2A]") == pytest.approx(expected, abs=ROUNDING)


def test_few_events_are_not_estimable_and_leave_the_whole_open(
    table: Table, measure: Measure
) -> None:
    data = drawn(7, 600, groups=("f", "m"))
    data["groups"]["sex"][:50] = "x"
    data["label"][:50] = [1] * 4 + [0] * 46
    found = measure(group_calibration, table(**data))
    for name in ("mean-score-error", "ece", "brier"):
        text = reason(found, f"{name}[sex=x]")
        assert (
            "4 positive and 46 negative examples of the class c1; 30 in all and 10 of each" in text
        )
        assert found[f"{name}[sex=x]"].estimate.n == 50
    for name in ("largest-error", "error-difference", "multi-accuracy"):
        one = found[f"{name}[sex=%2A]"]
        assert one.estimate.high == 1.0
        assert one.caveats[0].params == {"n": 1, "column": "sex", "groups": "x"}


def test_what_the_plan_excludes_is_reported_and_not_compared(
    table: Table, measure: Measure
) -> None:
    data = shifted(drawn(8, 900, groups=("f", "m", "x")), "x", 0.4)
    plan = {"sex": GroupPlan(exclude={"x": "see memo 12"})}
    found = measure(group_calibration, table(**data, group_plans=plan))
    assert value(found, "mean-score-error[sex=x]") > 0.2
    assert value(found, "largest-error[sex=%2A]") < 0.1
    assert value(found, "error-difference[sex=%2A]") < 0.1


def test_fewer_than_ten_clusters_decide_nothing(table: Table, measure: Measure) -> None:
    data = drawn(9, 600, groups=("f", "m"))
    cluster = np.array([f"c{k % 9}" for k in range(600)], dtype=object)
    found = measure(group_calibration, table(**data, cluster=cluster))
    error = found["mean-score-error[sex=f]"].estimate
    assert error.value is not None
    assert (error.low, error.high) == (-1.0, 1.0)
    ece = found["ece[sex=f]"].estimate
    assert (ece.value, ece.low, ece.high) == (None, 0.0, 1.0)
    assert "9 clusters" in reason(found, "ece[sex=f]")
    assert "no group has enough" in reason(found, "error-difference[sex=%2A]")


def test_groups_with_opposite_certain_errors_read_as_the_end_of_the_range(
    table: Table, measure: Measure
) -> None:
    rng = np.random.default_rng(10)
    sex = np.array(["f"] * 200 + ["m"] * 200, dtype=object)
    label = np.array([1] * 190 + [0] * 10 + [0] * 190 + [1] * 10)
    score = np.where(sex == "f", 0.01, 0.99) + 0.001 * rng.random(400)
    data = {
        "label": label,
        "decision": (score > 0.5).astype(int),
        "scores": np.stack([1 - score, score], axis=1),
        "groups": {"sex": sex},
    }
    found = measure(group_calibration, table(**data))
    assert found["error-difference[sex=%2A]"].estimate.value == 1.0


def test_the_reliability_curves_stand_in_the_bundle(
    table: Table, measure: Measure, tmp_path: Path
) -> None:
    data = drawn(11, 400)
    measure(group_calibration, table(**data), classes=("benign", "toxic"))
    path = tmp_path / "audits" / "group-calibration" / "reliability.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    curves = {one["value"]: one for one in written["curves"]}
    assert set(curves) == {"f", "m", "(missing)"}
    assert curves["f"]["score_of"] == "toxic"
    assert sum(one["n"] for one in curves["f"]["bins"]) == (data["groups"]["sex"] == "f").sum()


def test_more_than_two_classes_need_a_class_of_interest(table: Table, measure: Measure) -> None:
    rng = np.random.default_rng(12)
    scores = rng.dirichlet(np.ones(3), 300)
    label = (scores.cumsum(axis=1) > rng.random((300, 1))).argmax(axis=1)
    data = {
        "label": label,
        "decision": scores.argmax(axis=1),
        "scores": scores,
        "groups": {"sex": rng.choice(np.array(["f", "m"], dtype=object), 300)},
        "n_classes": 3,
    }
    assert "the task has 3 classes" in reason(measure(group_calibration, table(**data)), "ece[all]")
    named = measure(group_calibration, table(**data), options={"positive": "c2"})
    expected = scores[:, 2].mean() - (label == 2).mean()
    assert value(named, "mean-score-error[all]") == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize(
    ("cells", "plan", "expected"),
    [
        (["f"] * 400, GroupPlan(), "one known value only"),
        ([str(k) for k in range(400)], GroupPlan(), "has 400 values, more than max_groups = 50"),
        (["f", "m"] * 200, GroupPlan(reference="n"), "planned reference group n is no value"),
        (["F", "M"] * 200, GroupPlan(values=("f", "m")), "none of the planned groups"),
    ],
)
def test_a_column_that_cannot_be_compared_says_why_for_every_measure(
    table: Table, measure: Measure, cells: list[str], plan: GroupPlan, expected: str
) -> None:
    data = drawn(13, 400) | {"groups": {"sex": np.array(cells, dtype=object)}}
    found = measure(group_calibration, table(**data, group_plans={"sex": plan}))
    for key in found:
        assert expected in reason(found, key)


@pytest.mark.parametrize(("option", "bad"), [("min_events", 1), ("n_bins", 1)])
def test_options_that_cannot_work_are_refused(
    table: Table, measure: Measure, option: str, bad: int
) -> None:
    with pytest.raises(ConfigError, match=rf"audits\.group-calibration\.{option} must"):
        measure(group_calibration, table(**drawn(14, 50)), options={option: bad})
