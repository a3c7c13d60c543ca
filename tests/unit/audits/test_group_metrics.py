"""Rates by group and the worst of a column: known answers, Fairlearn, and everything that is not usual."""

from __future__ import annotations

import csv
import warnings
from typing import Any

import numpy as np
import pytest

from audits.group_metrics import group_metrics
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement, Task
from harness.trials import run_audit, trial_context

BINARY = Task(kind="text-classification", modality="text", classes=("benign", "toxic"))
THREE = Task(kind="text-classification", modality="text", classes=("anger", "joy", "fear"))


def audited(
    label: Any, decision: Any, groups: dict[str, Any], *, task: Task = BINARY, **more: Any
) -> tuple[dict[tuple[str, str], Measurement], Any]:
    label, decision = np.asarray(label, np.int64), np.asarray(decision, np.int64)
    options = more.pop("options", None)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{i}" for i in range(len(label))], dtype=object),
        decision=decision,
        n_classes=len(task.classes),
        label=label,
        groups={name: np.array(values, dtype=object) for name, values in groups.items()},
        **more,
    )
    context = trial_context(
        group_metrics, task=task, predictions=[predictions], seed=0, options=options
    )
    found = run_audit(group_metrics, context)
    return {(one.measure.partition(".")[2], one.slice): one for one in found}, context


def random_rows(seed: int = 0, n: int = 3000, n_groups: int = 3, n_classes: int = 2):
    rng = np.random.default_rng(seed)
    group = np.array(list("abcdefgh"), dtype=object)[rng.integers(0, n_groups, n)]
    label = rng.integers(0, n_classes, n)
    decision = np.where(rng.random(n) < 0.8, label, rng.integers(0, n_classes, n))
    return label, decision, group


def test_every_difference_and_ratio_has_fairlearns_value():
    from fairlearn import metrics

    label, decision, group = random_rows()
    found, _ = audited(label, decision, {"g": group})
    args = {"y_true": label, "y_pred": decision, "sensitive_features": group}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "selection-rate-difference": metrics.demographic_parity_difference(**args),
            "selection-rate-ratio": metrics.demographic_parity_ratio(**args),
            "tpr-difference": metrics.equal_opportunity_difference(**args),
            "tpr-ratio": metrics.equal_opportunity_ratio(**args),
            "equalized-odds-difference": metrics.equalized_odds_difference(**args),
            "equalized-odds-ratio": metrics.equalized_odds_ratio(**args),
        }
    for name, value in expected.items():
        assert found[name, "g=%2A"].estimate.value == pytest.approx(value, abs=1e-12), name


def test_rates_of_a_group_are_counted_from_its_rows():
    label, decision, group = random_rows(3)
    found, _ = audited(label, decision, {"g": group})
    inside = group == "b"
    wanted = {
        "selection-rate": decision[inside] == 1,
        "tpr": decision[inside & (label == 1)] == 1,
        "fpr": decision[inside & (label == 0)] == 1,
        "fnr": decision[inside & (label == 1)] == 0,
        "ppv": label[inside & (decision == 1)] == 1,
        "accuracy": (label == decision)[inside],
    }
    for name, happened in wanted.items():
        estimate = found[name, "g=b"].estimate
        assert estimate.value == pytest.approx(happened.mean(), abs=1e-12)
        assert estimate.n == len(happened)


def test_the_class_of_interest_can_be_named_and_a_misspelt_one_measures_nothing():
    label, decision, group = random_rows(4)
    usual, _ = audited(label, decision, {"g": group})
    other, _ = audited(label, decision, {"g": group}, options={"positive": "benign"})
    assert other["tpr", "g=a"].estimate.value == pytest.approx(
        1 - usual["fpr", "g=a"].estimate.value  # type: ignore[operator]
    )
    wrong, _ = audited(label, decision, {"g": group}, options={"positive": "toxik"})
    assert not any(one.estimate.is_measured for one in wrong.values())
    assert "Did you mean 'toxic'?" in wrong["tpr", "all"].estimate.why_undefined.text  # type: ignore[union-attr]


def test_a_group_of_one_keeps_the_column_from_passing_and_is_named():
    label, decision, group = random_rows(5)
    group = group.copy()
    group[0] = "lone"
    found, _ = audited(label, decision, {"g": group})
    worst = found["accuracy-difference", "g=%2A"]
    assert worst.estimate.high == 1.0
    assert any("lone (1)" in one.text for one in worst.caveats)
    assert found["accuracy", "g=lone"].estimate.n == 1
    assert found["accuracy", "g=lone"].estimate.low < 0.7  # type: ignore[operator]


def test_a_group_that_the_plan_leaves_out_is_reported_and_not_compared():
    label, decision, group = random_rows(5)
    group = group.copy()
    group[0] = "lone"
    plan = {"g": GroupPlan(exclude={"lone": "one row, memo 12"})}
    found, _ = audited(label, decision, {"g": group}, group_plans=plan)
    worst = found["accuracy-difference", "g=%2A"]
    assert worst.estimate.high < 0.2  # type: ignore[operator]
    assert any("memo 12" in one.text for one in worst.caveats)
    assert ("accuracy", "g=lone") in found


def test_a_group_without_positives_has_no_tpr_and_nothing_passes():
    label, decision, group = random_rows(6)
    label = np.where(group == "a", 0, label)
    found, _ = audited(label, decision, {"g": group})
    assert found["tpr", "g=a"].estimate.value is None
    assert found["tpr-difference", "g=%2A"].estimate.high == 1.0
    assert found["fpr-difference", "g=%2A"].estimate.high < 0.9  # type: ignore[operator]


def test_rows_without_a_group_and_unknown_labels_are_slices_of_their_own():
    label, decision, group = random_rows(7)
    group = group.copy()
    group[:40], group[40:50] = "", "A"
    plan = {"g": GroupPlan(values=("a", "b", "c"))}
    found, _ = audited(label, decision, {"g": group}, group_plans=plan)
    assert found["accuracy", "g=%28missing%29"].estimate.n == 40
    assert found["accuracy", "g=%28unknown%29"].estimate.n == 10
    assert any("(unknown)" in one.text for one in found["tpr-difference", "g=%2A"].caveats)


@pytest.mark.parametrize(
    ("values", "plan", "words"),
    [
        (["one"] * 300, None, "one known value only"),
        ([f"id{i}" for i in range(300)], None, "identifier"),
        ([str(i) for i in range(300)], None, "bands"),
        (["a", "b"] * 150, GroupPlan(reference="c"), "reference group c"),
    ],
)
def test_columns_that_cannot_be_compared_say_why(values, plan, words):
    label, decision, _ = random_rows(8, n=300)
    plans = {} if plan is None else {"g": plan}
    found, _ = audited(label, decision, {"g": values}, group_plans=plans)
    why = found["tpr-difference", "g=%2A"].estimate.why_undefined
    assert why is not None
    assert words in why.text


def test_a_reference_group_is_what_the_others_are_compared_with():
    label, decision, group = random_rows(9)
    plan = {"g": GroupPlan(reference="b")}
    found, _ = audited(label, decision, {"g": group}, group_plans=plan)
    rate = {k: found["tpr", f"g={k}"].estimate.value for k in "abc"}
    assert found["tpr-difference", "g=%2A"].estimate.value == pytest.approx(
        max(abs(rate["a"] - rate["b"]), abs(rate["c"] - rate["b"]))  # type: ignore[operator]
    )


def test_more_than_two_classes_give_the_worst_class_and_a_mean_by_support():
    label, decision, group = random_rows(10, n=6000, n_classes=3)
    found, _ = audited(label, decision, {"g": group}, task=THREE)
    apart = []
    for k, name in enumerate(THREE.classes):
        rates = [found["tpr", f"g={g},label={name}"].estimate.value for g in "abc"]
        apart.append(max(rates) - min(rates))  # type: ignore[type-var,operator]
        inside = (group == "a") & (label == k)
        assert rates[0] == pytest.approx((decision[inside] == k).mean())
    assert found["tpr-difference", "g=%2A"].estimate.value == pytest.approx(max(apart))
    weighted = found["tpr-difference-weighted", "g=%2A"].estimate.value
    assert weighted == pytest.approx(np.average(apart, weights=np.bincount(label)))


def test_a_class_that_is_rare_in_a_group_is_named_and_not_the_first_class():
    label, decision, group = random_rows(10, n=6000, n_classes=3)
    decision, label = decision.copy(), label.copy()
    rare = np.flatnonzero((group == "b") & (label == 2))[7:]
    label[rare] = 0
    found, _ = audited(label, decision, {"g": group}, task=THREE)
    worst = found["tpr-difference", "g=%2A"]
    assert worst.estimate.high == 1.0
    (said,) = [one.text for one in worst.caveats if one.id == "groups.not-estimable-classes"]
    assert f"{THREE.classes[2]}: b (7)." in said
    assert THREE.classes[0] not in said


def test_clusters_are_the_unit_where_rows_share_them():
    rng = np.random.default_rng(11)
    template = np.repeat(np.arange(60), 50)
    group = np.tile(np.array(["a", "b"], dtype=object), 1500)
    label = np.zeros(3000, np.int64)
    decision = (rng.random(3000) < np.where(template % 3 == 0, 0.9, 0.05)).astype(np.int64)
    cluster = np.array([f"t{k}" for k in template], dtype=object)
    rows, _ = audited(label, decision, {"g": group})
    clustered, _ = audited(label, decision, {"g": group}, cluster=cluster)
    of_rows, of_clusters = (one["fpr", "g=a"].estimate for one in (rows, clustered))
    assert of_clusters.method == "cluster-t"
    # one rate is far less certain than rows pretend, the paired difference is as certain
    assert of_clusters.high - of_clusters.low > 3 * (of_rows.high - of_rows.low)  # type: ignore[operator]
    assert clustered["fpr-difference", "g=%2A"].estimate.high < 0.08  # type: ignore[operator]


def test_few_clusters_decide_nothing_and_say_so():
    label, decision, group = random_rows(12, n=900)
    cluster = np.array([f"t{k % 6}" for k in range(900)], dtype=object)
    found, _ = audited(label, decision, {"g": group}, cluster=cluster)
    worst = found["accuracy-difference", "g=%2A"]
    assert (worst.estimate.low, worst.estimate.high) == (0.0, 1.0)
    assert any(one.id == "stats.few-clusters" for one in worst.caveats)


def test_overlapping_groups_are_counted_in_both_and_not_as_independent():
    label, decision, _ = random_rows(13)
    rng = np.random.default_rng(13)
    values = [["gay\x1ftrans", "gay", "trans"][k] for k in rng.choice(3, 3000, p=[0.8, 0.1, 0.1])]
    plan = {"identity": GroupPlan(is_list=True)}
    found, _ = audited(label, decision, {"identity": values}, group_plans=plan)
    assert found["accuracy", "identity=gay"].estimate.n == sum("gay" in one for one in values)
    worst = found["accuracy-difference", "identity=%2A"].estimate
    assert worst.evidence is not None
    assert "joint_trials" in worst.evidence.values


def test_the_impact_ratio_table_has_the_layout_of_local_law_144():
    task = Task(
        kind="text-classification", modality="text", classes=("no", "yes"), favourable="yes"
    )
    n = 2000
    sex = np.array(["F", "M"], dtype=object)[np.arange(n) % 2]
    race = np.array(["A", "B", ""], dtype=object)[
        np.where(np.arange(n) < 40, 2, np.arange(n) // 2 % 2)
    ]
    decision = (np.arange(n) % 10 < np.where(sex == "F", 4, 5)).astype(np.int64)
    found, context = audited(decision, decision, {"sex": sex, "race": race}, task=task)
    text = (context.folder / "impact-ratio.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["columns"] for row in rows} == {"sex", "race", "sex x race"}
    unknown = [row for row in rows if row["category"] == "(unknown category)"]
    assert {row["columns"]: row["n_rows"] for row in unknown} == {"sex": "0", "race": "40"}
    rate = {s: decision[sex == s].mean() for s in "FM"}
    ratio = min(rate.values()) / max(rate.values())
    worst = found["impact-ratio", "sex=" + min(rate, key=rate.__getitem__)].estimate
    assert worst.value == pytest.approx(ratio)
    assert (
        found["impact-ratio", "sex=" + max(rate, key=rate.__getitem__)].estimate.method == "exact"
    )


def test_a_name_that_a_spreadsheet_would_run_is_marked_as_text():
    label, decision, group = random_rows(14)
    group = np.where(group == "a", "=HYPERLINK(1)", group)
    _, context = audited(label, decision, {"g": group})
    assert "'=HYPERLINK(1)" in (context.folder / "impact-ratio.csv").read_text(encoding="utf-8")


def test_a_perfect_model_has_no_difference_to_fail_on():
    label, _, group = random_rows(15)
    found, _ = audited(label, label, {"g": group})
    for name in ("tpr-difference", "fpr-difference", "equalized-odds-difference"):
        estimate = found[name, "g=%2A"].estimate
        assert (estimate.value, estimate.low) == (0.0, 0.0)
        assert 0 < estimate.high < 0.02  # type: ignore[operator]
