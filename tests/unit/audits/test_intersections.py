"""Cells of two columns: the same rates as Fairlearn, and which of them are compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits.intersections import Options, intersections
from harness.errors import ConfigError
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement, Task, joined, slice_name
from harness.stats import (
    GroupCounts,
    differential_fairness,
    shrunk_rates,
    spread_between,
    worst_difference,
)
from harness.trials import make_context, run_audit

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]


def drawn(seed: int = 0, n: int = 2000, n_classes: int = 2) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, n_classes, n)
    return {
        "label": label,
        "decision": np.where(rng.random(n) < 0.7, label, rng.integers(0, n_classes, n)),
        "n_classes": n_classes,
        "groups": {
            "race": rng.choice(np.array(["a", "b", "c=d"], dtype=object), n),
            "sex": rng.choice(np.array(["f", "m"], dtype=object), n),
        },
    }


@pytest.fixture
def run(table: Table, measure: Measure) -> Callable[..., dict[str, Measurement]]:
    def build(data: dict[str, Any], **options: Any) -> dict[str, Measurement]:
        return measure(intersections, table(**data), options=options or None)

    return build


def cell(measure_id: str, **where: str) -> str:
    return f"{measure_id}[{slice_name(where)}]"


def reason(one: Measurement) -> str:
    assert not one.estimate.is_measured
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def texts(one: Measurement) -> dict[str, str]:
    return {message.id: message.text for message in (*one.caveats, *one.notes)}


def test_rates_by_cell_equal_those_of_fairlearn(run: Any) -> None:
    from fairlearn.metrics import (
        MetricFrame,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score

    data = drawn()
    found = run(data)
    frame = MetricFrame(
        metrics={
            "selection-rate": selection_rate,
            "tpr": true_positive_rate,
            "fpr": false_positive_rate,
            "accuracy": accuracy_score,
        },
        y_true=data["label"],
        y_pred=data["decision"],
        sensitive_features=data["groups"],
    )
    assert len(frame.by_group) == 6
    for (race, sex), rates in frame.by_group.iterrows():
        for name, value in rates.items():
            one = found[cell(str(name), race=race, sex=sex)].estimate
            # two ways to divide the same two integers
            assert one.value == pytest.approx(value, abs=1e-12)
    for name, value in frame.difference().items():
        one = found[cell(f"{name}-difference", race="*", sex="*")].estimate
        assert one.value == pytest.approx(value, abs=1e-12)
    ratio = found[cell("selection-rate-ratio", race="*", sex="*")].estimate.value
    assert ratio == pytest.approx(frame.ratio()["selection-rate"], abs=1e-12)


def test_shrunk_rates_spread_and_epsilon_follow_from_the_counts_of_cells(run: Any) -> None:
    data = drawn()
    found = run(data)
    names = [(race, sex) for race in ("a", "b", "c=d") for sex in ("f", "m")]
    inside = [(data["groups"]["race"] == r) & (data["groups"]["sex"] == s) for r, s in names]
    x = np.array([int(data["decision"][rows].sum()) for rows in inside])
    n = np.array([int(rows.sum()) for rows in inside])
    for (race, sex), one in zip(names, shrunk_rates(x, n), strict=True):
        assert found[cell("selection-rate-shrunk", race=race, sex=sex)].estimate == one
    whole = {"race": "*", "sex": "*"}
    assert found[cell("selection-rate-between-cells", **whole)].estimate == spread_between(x, n)
    cells = tuple(slice_name({"race": r, "sex": s}) for r, s in names)
    tables = [GroupCounts(cells, each, n) for each in (n - x, x)]
    epsilon = found[cell("differential-fairness-epsilon", **whole)].estimate
    assert epsilon == differential_fairness(tables)
    difference = found[cell("selection-rate-difference", **whole)]
    assert difference.estimate == worst_difference(tables[1])
    assert "Selection rate (c1): highest in the cell" in texts(difference)["cells.worst-pair"]


def test_a_cell_that_is_too_small_is_reported_and_lets_nothing_pass(run: Any) -> None:
    data = drawn()
    race = data["groups"]["race"]
    rare = np.flatnonzero((race == "b") & (data["groups"]["sex"] == "f"))[20:]
    race[rare] = "a"
    found = run(data)
    whole = found[cell("accuracy-difference", race="*", sex="*")]
    assert whole.estimate.high == 1.0
    assert "race=b,sex=f (20)" in texts(whole)["groups.not-estimable"]
    small = found[cell("accuracy", race="b", sex="f")]
    assert small.estimate.n == 20
    assert "group-error.small-group" in texts(small)


def test_cells_that_were_named_beforehand_are_compared_alone(run: Any) -> None:
    data = drawn()
    named = [{"race": "a", "sex": "f"}, {"sex": "m", "race": "b"}]
    found = run(data, cells=named)
    whole = found[cell("accuracy-difference", race="*", sex="*")]
    assert whole.estimate.evidence is not None
    assert whole.estimate.evidence.values["groups"] == ["race=a,sex=f", "race=b,sex=m"]
    right = [
        int((data["label"] == data["decision"])[rows].sum())
        for r, s in (("a", "f"), ("b", "m"))
        for rows in [(data["groups"]["race"] == r) & (data["groups"]["sex"] == s)]
    ]
    assert whole.estimate.evidence.values["successes"] == [right]
    assert "2 cells of race and sex" in texts(whole)["cells.registered"]
    assert cell("accuracy", race="c=d", sex="m") in found


def test_a_named_cell_without_examples_keeps_everything_from_passing(run: Any) -> None:
    found = run(drawn(), cells=[{"race": "a", "sex": "f"}, {"race": "a", "sex": "mm"}])
    whole = found[cell("accuracy-difference", race="*", sex="*")]
    assert whole.estimate.high in (1.0, None)
    assert "race=a,sex=mm" in texts(whole)["cells.unknown"]
    assert "Did you mean 'race=a,sex=m'?" in texts(whole)["cells.unknown"]


def test_empty_combinations_and_rows_in_no_cell_are_counted(run: Any) -> None:
    data = drawn()
    race, sex = data["groups"]["race"], data["groups"]["sex"]
    race[(race == "b") & (sex == "f")] = "a"
    sex[:7] = ""
    whole = run(data)[cell("tpr-difference", race="*", sex="*")]
    assert "1 combinations" in texts(whole)["cells.empty"]
    assert "7 of 2000 rows" in texts(whole)["cells.outside"]


def test_three_columns_are_crossed_where_the_depth_says_so(run: Any) -> None:
    data = drawn(n=4000)
    data["groups"]["age"] = np.where(np.arange(4000) % 2 == 0, "old", "young").astype(object)
    found = run(data, depth=3)
    assert cell("tpr", age="old", race="a", sex="f") in found
    assert cell("tpr-difference", age="*", race="*", sex="*") in found
    pairs = {one.slice for one in found.values() if one.measure.endswith(".tpr-difference")}
    assert len(pairs) == 4
    only = run(data, columns=[["sex", "age"]])
    pairs = {one.slice for one in only.values() if one.measure.endswith(".tpr-difference")}
    assert pairs == {slice_name({"age": "*", "sex": "*"})}


def test_overlapping_groups_share_rows_between_cells_and_have_no_shrunk_rate(run: Any) -> None:
    data = drawn()
    rng = np.random.default_rng(3)
    data["groups"]["race"] = np.array(
        [joined([["a"], ["b"], ["a", "b"]][k]) for k in rng.integers(0, 3, 2000)], object
    )
    data["group_plans"] = {"race": GroupPlan(is_list=True)}
    found = run(data)
    whole = found[cell("accuracy-difference", race="*", sex="*")].estimate
    assert whole.evidence is not None
    assert "joint_trials" in whole.evidence.values
    inside = np.array(["a" in one for one in data["groups"]["race"]])
    n = int((inside & (data["groups"]["sex"] == "f")).sum())
    assert found[cell("accuracy", race="a", sex="f")].estimate.n == n
    assert "independent" in reason(found[cell("accuracy-shrunk", race="a", sex="f")])
    assert "independent" in reason(found[cell("accuracy-between-cells", race="*", sex="*")])


def test_clusters_are_the_unit_of_cells_too(run: Any) -> None:
    data = drawn()
    data["cluster"] = np.array([f"t{k % 40}" for k in range(2000)], dtype=object)
    found = run(data)
    assert found[cell("tpr", race="a", sex="f")].estimate.method == "cluster-t"
    whole = found[cell("tpr-difference", race="*", sex="*")].estimate
    assert whole.evidence is not None
    assert whole.evidence.values["n_clusters"] == 40
    data["cluster"] = np.array([f"t{k % 9}" for k in range(2000)], dtype=object)
    few = run(data)[cell("tpr-difference", race="*", sex="*")]
    assert (few.estimate.low, few.estimate.high) == (0.0, 1.0)
    assert "stats.few-clusters" in texts(few)


def test_each_class_of_many_has_slices_of_its_own_and_the_worst_is_compared(run: Any) -> None:
    found = run(drawn(n=3000, n_classes=3))
    assert cell("tpr", label="c2", race="a", sex="f") in found
    assert cell("accuracy", race="a", sex="f") in found
    whole = found[cell("tpr-difference", race="*", sex="*")].estimate
    assert whole.evidence is not None
    assert len(whole.evidence.values["trials"]) == 3
    named = run(drawn(n_classes=3), positive="c1")
    assert cell("tpr", race="a", sex="f") in named
    wrong = run(drawn(n_classes=3), positive="c9")
    assert "must be a class of the task, got c9" in reason(wrong["tpr-difference[all]"])


def test_excluded_groups_take_their_cells_out_with_the_reason(run: Any) -> None:
    data = drawn() | {"group_plans": {"race": GroupPlan(exclude={"b": "see memo 12"})}}
    found = run(data)
    whole = found[cell("tpr-difference", race="*", sex="*")]
    assert whole.estimate.evidence is not None
    assert len(whole.estimate.evidence.values["groups"]) == 4
    one = found[cell("tpr", race="b", sex="m")]
    assert "see memo 12" in texts(one)["groups.excluded"]
    assert one.estimate.is_measured


def test_what_cannot_be_crossed_has_a_reason_that_says_what_to_do(run: Any) -> None:
    data = drawn()
    wrong = run(data, columns=[["race", "sx"]])
    assert "sx is no group column of the data set (it has race, sex). Did you mean" in reason(
        wrong["tpr-difference[all]"]
    )
    many = run(data, max_cells=5)
    assert "form 6 cells with examples, more than max_cells = 5" in reason(
        many[cell("tpr-difference", race="*", sex="*")]
    )
    del data["groups"]["sex"]
    assert "race is the only group column" in reason(run(data)["tpr-difference[all]"])
    data["groups"]["sex"] = np.array(["f"] * 2000, dtype=object)
    only = run(data)[cell("tpr-difference", race="*", sex="*")]
    assert "one known value only" in reason(only)
    data["groups"]["sex"] = np.array([f"p{k}" for k in range(2000)], dtype=object)
    wide = run(data)[cell("tpr-difference", race="*", sex="*")]
    assert "more than max_groups = 50" in reason(wide)


def test_cells_of_one_column_are_refused_with_the_config() -> None:
    with pytest.raises(ValueError, match="two or three columns, got 1"):
        Options(cells=({"race": "a"},))
    with pytest.raises(ValueError, match="two or three columns, got 1"):
        Options(columns=(("race", "race"),))


def test_options_are_checked_before_anything_runs(run: Any) -> None:
    with pytest.raises(ConfigError, match="two or three columns"):
        run(drawn(), cells=[{"race": "a"}])


def test_impact_ratios_by_cell_are_rates_beside_the_highest_rate(run: Any) -> None:
    found = run(drawn())
    rates = {
        name.partition("[")[2]: one.estimate.value
        for name, one in found.items()
        if name.startswith("selection-rate[") and "*" not in name and "%2A" not in name
    }
    highest = max(rates.values())
    assert len(rates) == 6
    for where, rate in rates.items():
        one = found[f"impact-ratio[{where}"]
        assert one.estimate.value == pytest.approx(rate / highest, abs=1e-12)
        assert one.share is not None
        assert (one.estimate.method == "exact") == (rate == highest)


def test_impact_ratios_by_cell_are_about_the_favourable_class(table: Table, tmp_path: Path) -> None:
    best = {}
    for favourable in ("no", "yes"):
        prepared = make_context(
            intersections,
            task=Task("text-classification", "text", ("no", "yes"), favourable),
            predictions=(table(**drawn()),),
            seed=0,
            folder=tmp_path / favourable,
        )
        found = list(run_audit(intersections, prepared.context, reasons=prepared.reasons))
        rates = {
            m.slice: m.estimate.value or 0 for m in found if m.measure.endswith(".selection-rate")
        }
        ratios = {m.slice: m.estimate.value for m in found if m.measure.endswith(".impact-ratio")}
        assert ratios.keys() == rates.keys()
        best[favourable] = [where for where, ratio in ratios.items() if ratio == 1.0]
    assert best["yes"] == [max(rates, key=rates.__getitem__)]
    assert best["no"] == [min(rates, key=rates.__getitem__)]
