"""Ranking by group: the areas of Borkan, what is not estimable, and how bad input is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits._group_areas import jigsaw_weights, power_mean
from audits.group_ranking import group_ranking
from harness.errors import ConfigError
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement
from harness.records.groups import joined
from harness.stats import delong

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]
ROUNDING = 1e-12  # the same sums in another order


def drawn(seed: int, n: int, *, groups: tuple[str, ...] = ("f", "m", "")) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    score = np.clip(np.round(0.5 + 0.2 * (label - 0.5) + 0.2 * rng.normal(size=n), 2), 0, 1)
    return {
        "label": label,
        "decision": (score >= 0.5).astype(int),
        "scores": np.stack([1 - score, score], axis=1),
        "groups": {"sex": rng.choice(np.array(groups, dtype=object), n)},
    }


def overlapping(seed: int, n: int, *names: str) -> tuple[dict[str, Any], Any]:
    """Rows that may be in several groups; membership [n, g]."""
    data = drawn(seed, n)
    is_in = np.random.default_rng([seed, 1]).random((n, len(names))) < 0.3
    cells = [joined(np.array(names)[row]) for row in is_in]
    data["groups"] = {"identity": np.array(cells, dtype=object)}
    data["group_plans"] = {"identity": GroupPlan(values=names, is_list=True)}
    return data, is_in


def auc(data: dict[str, Any], positive: Any, negative: Any) -> float:
    from sklearn.metrics import roc_auc_score

    label, score = data["label"] == 1, data["scores"][:, 1]
    rows = (positive & label) | (negative & ~label)
    return float(roc_auc_score(label[rows], score[rows]))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_three_areas_equal_scikit_learn_on_their_rows(
    table: Table, measure: Measure, seed: int
) -> None:
    data = drawn(seed, 300)
    found = measure(group_ranking, table(**data))
    sex = data["groups"]["sex"]
    for group, rest in (("f", "m"), ("m", "f")):
        inside, outside = sex == group, sex == rest  # a missing value is in neither
        expected = {
            "subgroup": auc(data, inside, inside),
            "bpsn": auc(data, outside, inside),
            "bnsp": auc(data, inside, outside),
        }
        whole = auc(data, inside | True, inside | True)
        for kind, area in expected.items():
            assert value(found, f"{kind}-auc[sex={group}]") == pytest.approx(area, abs=ROUNDING)
            difference = value(found, f"{kind}-difference[sex={group}]")
            assert difference == pytest.approx(area - whole, abs=ROUNDING)
    assert value(found, "auc[all]") == pytest.approx(whole, abs=ROUNDING)


def value(found: dict[str, Measurement], key: str) -> float:
    estimate = found[key].estimate
    assert estimate.value is not None, estimate.why_undefined
    return estimate.value


def reason(found: dict[str, Measurement], key: str) -> str:
    estimate = found[key].estimate
    assert not estimate.is_measured
    assert estimate.why_undefined is not None
    return estimate.why_undefined.text


def test_groups_that_overlap_have_areas_of_their_own_and_the_rest_as_background(
    table: Table, measure: Measure
) -> None:
    names = ("gay", "muslim", "trans")
    data, is_in = overlapping(0, 400, *names)
    found = measure(group_ranking, table(**data))
    for k, name in enumerate(names):
        inside = is_in[:, k]
        assert value(found, f"bpsn-auc[identity={name}]") == pytest.approx(
            auc(data, ~inside, inside), abs=ROUNDING
        )
        assert value(found, f"bnsp-auc[identity={name}]") == pytest.approx(
            auc(data, inside, ~inside), abs=ROUNDING
        )
    none = ~is_in.any(axis=1)
    assert value(found, "subgroup-auc[identity=%28none%29]") == pytest.approx(
        auc(data, none, none), abs=ROUNDING
    )
    assert "bpsn-auc[identity=%28none%29]" not in found


def test_the_lowest_difference_names_group_and_kind(table: Table, measure: Measure) -> None:
    data = drawn(1, 600, groups=("f", "m", "x"))
    shifted = np.clip(data["scores"][:, 1] + 0.3 * (data["groups"]["sex"] == "x"), 0, 1)
    data["scores"] = np.stack([1 - shifted, shifted], axis=1)
    found = measure(group_ranking, table(**data), classes=("benign", "toxic"))
    worst = found["lowest-difference[sex=%2A]"]
    values = [
        value(found, f"{kind}-difference[sex={group}]")
        for kind in ("subgroup", "bpsn", "bnsp")
        for group in ("f", "m", "x")
    ]
    assert worst.estimate.value == min(values) == value(found, "bpsn-difference[sex=x]")
    assert worst.estimate.high is not None
    assert worst.estimate.high < -0.05
    (note,) = worst.notes
    assert (note.params["group"], note.params["positive"]) == ("x", "toxic")
    assert "BPSN" in note.text
    assert value(found, "negative-gap[sex=x]") > 0.2
    assert value(found, "positive-gap[sex=x]") > 0.2


def test_gaps_are_the_mann_whitney_statistic_minus_one_half(table: Table, measure: Measure) -> None:
    from scipy.stats import mannwhitneyu

    data = drawn(2, 300)
    found = measure(group_ranking, table(**data))
    for name, label in (("positive-gap", 1), ("negative-gap", 0)):
        of_class = data["label"] == label
        one, other = (
            data["scores"][of_class & (data["groups"]["sex"] == sex), 1] for sex in ("f", "m")
        )
        share = mannwhitneyu(one, other).statistic / (len(one) * len(other))
        assert value(found, f"{name}[sex=f]") == pytest.approx(share - 0.5, abs=ROUNDING)
        assert value(found, f"{name}[sex=m]") == pytest.approx(0.5 - share, abs=ROUNDING)


def test_the_composite_is_a_quarter_of_the_area_and_of_three_power_means(
    table: Table, measure: Measure
) -> None:
    found = measure(group_ranking, table(**drawn(3, 400)))
    areas = [
        [value(found, f"{kind}-auc[sex={sex}]") for sex in ("f", "m")]
        for kind in ("subgroup", "bpsn", "bnsp")
    ]
    means = [float(np.mean(np.array(one) ** -5.0) ** -0.2) for one in areas]
    expected = 0.25 * value(found, "auc[all]") + 0.25 * sum(means)
    assert value(found, "jigsaw-composite[sex=%2A]") == pytest.approx(expected, abs=ROUNDING)


def test_the_weights_of_a_power_mean_are_its_derivatives() -> None:
    areas, step = [0.6, 0.8, 0.95], 1e-6
    for k, weight in enumerate(jigsaw_weights(areas)):
        up, down = list(areas), list(areas)
        up[k] += step
        down[k] -= step
        slope = (power_mean(up) - power_mean(down)) / (2 * step)
        assert weight == pytest.approx(slope, rel=1e-6)
    assert power_mean([0.0, 0.9]) == 0.0
    assert jigsaw_weights([0.0, 0.9])[0] == pytest.approx(power_mean([1e-9, 0.9]) / 1e-9, rel=1e-6)


def test_a_group_with_few_positives_has_its_counts_and_leaves_the_worst_open(
    table: Table, measure: Measure
) -> None:
    data = drawn(4, 400, groups=("f", "m"))
    data["groups"]["sex"][:40] = "x"
    data["label"][:36], data["label"][36:40] = 0, 1
    found = measure(group_ranking, table(**data), classes=("benign", "toxic"))
    text = reason(found, "subgroup-auc[sex=x]")
    assert "there are 4 positive examples (the group) and 36 negative ones (the group)" in text
    assert "of the class toxic; at least 10 of each are needed" in text
    assert "4 positive examples (the group)" in reason(found, "bnsp-difference[sex=x]")
    assert found["bpsn-auc[sex=x]"].estimate.value is not None
    worst = found["lowest-difference[sex=%2A]"]
    assert worst.estimate.low == -1.0
    (caveat,) = worst.caveats
    assert caveat.params["open"] == "x (subgroup), x (bnsp)"
    assert "x (bnsp)" in found["jigsaw-composite[sex=%2A]"].caveats[0].text
    assert "has 4 and the rest" in reason(found, "positive-gap[sex=x]")


def test_a_planned_group_without_rows_and_an_excluded_one_are_told_apart(
    table: Table, measure: Measure
) -> None:
    plan = GroupPlan(values=("f", "m", "x", "d"), exclude={"m": "see memo 12"})
    data = drawn(5, 600, groups=("f", "m", "d"))
    found = measure(group_ranking, table(**data, group_plans={"sex": plan}))
    assert "no row is in the planned group x" in reason(found, "bpsn-auc[sex=x]")
    assert "see memo 12" in reason(found, "bpsn-difference[sex=m]")
    assert found["bpsn-auc[sex=m]"].estimate.value is not None
    worst = found["lowest-difference[sex=%2A]"].estimate
    assert worst.low == -1.0  # x belongs to the plan and is not estimable
    assert worst.evidence is not None
    assert not any("m (" in name for name in worst.evidence.values["groups"])  # type: ignore[union-attr]


def test_clusters_make_the_interval_that_of_clusters(table: Table, measure: Measure) -> None:
    data = drawn(6, 400, groups=("f", "m"))
    cluster = np.array([f"c{k // 8}" for k in range(400)], dtype=object)
    found = measure(group_ranking, table(**data, cluster=cluster))
    expected = delong(data["scores"][:, 1], data["label"] == 1, cluster=cluster)
    assert found["auc[all]"].estimate == expected
    few = measure(
        group_ranking, table(**data, cluster=np.array([f"c{k % 9}" for k in range(400)], object))
    )
    for key in ("auc[all]", "bpsn-auc[sex=f]"):
        assert (few[key].estimate.low, few[key].estimate.high) == (0.0, 1.0)
        assert "stats.few-clusters" in [one.id for one in few[key].caveats]
    worst = few["lowest-difference[sex=%2A]"].estimate
    assert (worst.low, worst.high) == (-1.0, 1.0)


def test_each_row_a_cluster_of_its_own_is_no_cluster(table: Table, measure: Measure) -> None:
    data = drawn(7, 200, groups=("f", "m"))
    own = np.array([f"c{k}" for k in range(200)], dtype=object)
    assert measure(group_ranking, table(**data, cluster=own)) == measure(
        group_ranking, table(**data)
    )


def test_more_than_two_classes_need_a_class_of_interest(table: Table, measure: Measure) -> None:
    rng = np.random.default_rng(8)
    scores = rng.dirichlet(np.ones(3), 300)
    data = {
        "label": rng.integers(0, 3, 300),
        "decision": scores.argmax(axis=1),
        "scores": scores,
        "groups": {"sex": rng.choice(np.array(["f", "m"], dtype=object), 300)},
        "n_classes": 3,
    }
    found = measure(group_ranking, table(**data))
    assert {key.split("[")[1] for key in found} == {"all]"}
    assert "the task has 3 classes" in reason(found, "auc[all]")
    assert "audits.group-ranking.positive" in reason(found, "lowest-difference[all]")
    named = measure(group_ranking, table(**data), options={"positive": "c2"})
    assert value(named, "auc[all]") == pytest.approx(
        delong(scores[:, 2], data["label"] == 2).value or 0.0, abs=ROUNDING
    )
    typo = measure(group_ranking, table(**data), options={"positive": "c22"})
    assert "which the task does not have. Did you mean" in reason(typo, "auc[all]")


def test_the_class_of_interest_turns_the_question_round(table: Table, measure: Measure) -> None:
    data = drawn(9, 300, groups=("f", "m"))
    one = measure(group_ranking, table(**data))
    other = measure(group_ranking, table(**data), options={"positive": "c0"})
    assert value(one, "bpsn-auc[sex=f]") == pytest.approx(
        value(other, "bnsp-auc[sex=f]"), abs=ROUNDING
    )
    assert other["auc[all]"].notes[0].params == {"positive": "c0"}


@pytest.mark.parametrize(
    ("cells", "plan", "expected"),
    [
        (["f"] * 400, GroupPlan(), "one known value only"),
        ([str(k) for k in range(400)], GroupPlan(), "has 400 values, more than max_groups = 50"),
        ([""] * 399 + ["f"], GroupPlan(), "one known value only"),
        (["f", "m"] * 200, GroupPlan(reference="n"), "planned reference group n is no value"),
        (["F", "M"] * 200, GroupPlan(values=("f", "m")), "none of the planned groups"),
    ],
)
def test_a_column_that_cannot_be_compared_says_why_for_every_measure(
    table: Table, measure: Measure, cells: list[str], plan: GroupPlan, expected: str
) -> None:
    data = drawn(10, 400) | {"groups": {"sex": np.array(cells, dtype=object)}}
    found = measure(group_ranking, table(**data, group_plans={"sex": plan}))
    assert found["auc[all]"].estimate.value is not None
    for key in set(found) - {"auc[all]"}:
        assert key.endswith("[sex=%2A]")
        assert expected in reason(found, key)


def test_one_label_only_leaves_nothing_to_rank(table: Table, measure: Measure) -> None:
    data = drawn(11, 100, groups=("f", "m")) | {"label": np.ones(100, dtype=int)}
    found = measure(group_ranking, table(**data))
    assert "100 positive examples (all examples) and 0 negative ones" in reason(found, "auc[all]")
    assert "no group of the column sex that is compared has enough" in reason(
        found, "lowest-difference[sex=%2A]"
    )
    assert not any(one.estimate.is_measured for key, one in found.items() if "gap" not in key)


def test_decisions_alone_are_not_enough(table: Table, measure: Measure) -> None:
    data = drawn(12, 100)
    del data["scores"]
    found = measure(group_ranking, table(**data))
    assert "has no scores, only decisions" in reason(found, "auc[all]")


@pytest.mark.parametrize("option", ["min_events", "max_groups"])
def test_options_that_cannot_work_are_refused(table: Table, measure: Measure, option: str) -> None:
    with pytest.raises(ConfigError, match=rf"audits\.group-ranking\.{option} must"):
        measure(group_ranking, table(**drawn(13, 50)), options={option: 1})
