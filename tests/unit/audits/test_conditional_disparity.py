"""Differences among comparable examples: known answers, Simpson's paradox, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audits.conditional_disparity import conditional_disparity
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement, joined
from harness.stats import common_difference, common_odds_ratio, newcombe

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]

# (group, grade) → decided as the class, all: women apply to the hard grade
BERKELEY = {
    ("m", "easy"): (480, 800),
    ("f", "easy"): (70, 100),
    ("m", "hard"): (21, 210),
    ("f", "hard"): (120, 900),
}


def spread(counts: dict[tuple[str, str], tuple[int, int]]) -> dict[str, Any]:
    decision, group, grade = [], [], []
    for (name, stratum), (x, n) in counts.items():
        decision += [1] * x + [0] * (n - x)
        group += [name] * n
        grade += [stratum] * n
    return {
        "decision": decision,
        "groups": {"sex": np.array(group, dtype=object)},
        "controls": {"grade": np.array(grade, dtype=object)},
    }


@pytest.fixture
def run(table: Table, measure: Measure) -> Callable[..., dict[str, Measurement]]:
    def build(data: dict[str, Any], **options: Any) -> dict[str, Measurement]:
        more = dict(data)
        decision = more.pop("decision")
        label = more.pop("label", decision)
        classes = more.pop("classes", ("reject", "invite"))
        one = table(label, decision, n_classes=len(classes), **more)
        return measure(conditional_disparity, one, options=options or None, classes=classes)

    return build


def reason(one: Measurement) -> str:
    assert not one.estimate.is_measured
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def ids(messages: tuple[Any, ...]) -> set[str]:
    return {one.id for one in messages}


def test_the_common_figures_are_those_of_the_table_of_strata(run: Any) -> None:
    found = run(spread(BERKELEY))
    table = [[70, 100, 480, 800], [120, 900, 21, 210]]
    assert found["selection-rate-difference[sex=f]"].estimate == common_difference(table)
    assert found["selection-rate-odds-ratio[sex=f]"].estimate == common_odds_ratio(table)
    assert found["selection-rate-difference[grade=easy,sex=f]"].estimate == newcombe(
        70, 100, 480, 800
    )
    assert "selection-rate-difference[sex=m]" not in found


def test_a_sign_that_turns_is_said(run: Any) -> None:
    found = run(spread(BERKELEY))["selection-rate-difference[sex=f]"]
    assert found.estimate.value is not None
    assert found.estimate.value > 0
    (simpson,) = [one for one in found.notes if one.id == "strata.simpson"]
    assert simpson.params["plain"] < 0
    assert "Simpson" in simpson.text
    (about,) = [one for one in found.notes if one.id == "strata.about"]
    assert "class invite" in about.text
    assert "compared with the group m" in about.text
    calm = run(spread({**BERKELEY, ("f", "hard"): (60, 900), ("f", "easy"): (30, 100)}))
    assert "strata.simpson" not in ids(calm["selection-rate-difference[sex=f]"].notes)


def test_the_planned_reference_replaces_the_largest_group(run: Any) -> None:
    data = spread(BERKELEY) | {"group_plans": {"sex": GroupPlan(reference="m")}}
    swapped = spread(BERKELEY) | {"group_plans": {"sex": GroupPlan(reference="f")}}
    plain = run(data)["selection-rate-difference[sex=f]"].estimate.value
    turned = run(swapped)["selection-rate-difference[sex=m]"].estimate.value
    assert turned == pytest.approx(-plain, abs=1e-12)
    nobody = spread(BERKELEY) | {"group_plans": {"sex": GroupPlan(reference="x")}}
    text = reason(run(nobody)["worst-selection-rate-difference[sex=%2A]"])
    assert "reference group x is no value" in text


def test_tpr_and_fpr_are_compared_among_their_own_examples(run: Any) -> None:
    rng = np.random.default_rng(0)
    n = 2000
    label = rng.integers(0, 2, n)
    group = rng.choice(np.array(["a", "b"], dtype=object), n)
    grade = rng.choice(np.array(["x", "y", "z"], dtype=object), n)
    decision = rng.integers(0, 2, n)
    found = run(
        {"label": label, "decision": decision, "groups": {"g": group}, "controls": {"c": grade}}
    )
    reference = "a" if (group == "a").sum() >= (group == "b").sum() else "b"
    other = "b" if reference == "a" else "a"
    for rate, of in (("tpr", 1), ("fpr", 0)):
        rows = [
            [
                count
                for name in (other, reference)
                for chosen in [(group == name) & (grade == stratum) & (label == of)]
                for count in (int((chosen & (decision == 1)).sum()), int(chosen.sum()))
            ]
            for stratum in "xyz"
        ]
        assert found[f"{rate}-difference[g={other}]"].estimate == common_difference(rows)


def test_strata_with_one_side_only_and_missing_controls_are_counted(run: Any) -> None:
    counts = {**BERKELEY, ("f", "only"): (3, 7), ("m", ""): (5, 11)}
    found = run(spread(counts))["selection-rate-difference[sex=f]"]
    texts = {one.id: one.text for one in found.caveats}
    assert "1 of 3 strata" in texts["strata.one-sided"]
    assert "7 of 1007 examples of the group f" in texts["strata.one-sided"]
    assert "11 of 2028 rows" in texts["strata.missing-controls"]


def test_clusters_widen_the_interval_and_leave_no_odds_ratio(run: Any) -> None:
    data = spread(BERKELEY)
    n = len(data["decision"])
    own = run(data | {"cluster": np.array([f"k{index}" for index in range(n)], dtype=object)})
    assert own["selection-rate-difference[sex=f]"].estimate.method == "mantel-haenszel-difference"
    doubled = {
        name: np.repeat(np.asarray(values), 2)
        for name, values in (("decision", data["decision"]), ("k", np.arange(n)))
    }
    both = run(
        {
            "decision": doubled["decision"],
            "groups": {"sex": np.repeat(data["groups"]["sex"], 2)},
            "controls": {"grade": np.repeat(data["controls"]["grade"], 2)},
            "cluster": np.array([f"k{index}" for index in doubled["k"]], dtype=object),
        }
    )
    one, two = (each["selection-rate-difference[sex=f]"].estimate for each in (own, both))
    assert two.method == "linear"
    assert two.value == pytest.approx(one.value, abs=1e-12)
    # every row twice in one cluster says no more than every row once; Sato's variance is for one
    # difference in all strata, the other needs no such thing
    assert two.low == pytest.approx(one.low, abs=0.2 * (one.value - one.low))
    assert "share clusters" in reason(both["selection-rate-odds-ratio[sex=f]"])
    few = run(data | {"cluster": np.array([f"k{index % 9}" for index in range(n)], dtype=object)})
    worst = few["worst-selection-rate-difference[sex=%2A]"]
    assert worst.estimate.low == 0.0
    assert worst.estimate.high == 1.0
    assert "stats.few-clusters" in ids(worst.caveats)


def test_overlapping_groups_count_a_row_of_both_on_both_sides(run: Any) -> None:
    rng = np.random.default_rng(1)
    n = 900
    cells = np.array(
        [joined(("a", "b")[: k + 1] if k < 2 else ("b",)) for k in rng.integers(0, 3, n)], object
    )
    data = {
        "decision": rng.integers(0, 2, n),
        "groups": {"names": cells},
        "group_plans": {"names": GroupPlan(is_list=True)},
        "controls": {"c": rng.choice(np.array(["x", "y"], dtype=object), n)},
    }
    (pooled,) = [
        one
        for one in run(data).values()
        if one.measure.endswith(".selection-rate-difference") and "c=" not in one.slice
    ]
    assert pooled.estimate.method == "linear"
    assert pooled.estimate.is_measured


def test_a_group_apart_from_the_reference_is_compared_beside_one_that_overlaps_it(run: Any) -> None:
    rng = np.random.default_rng(1)
    n = 1500
    kinds = [joined(("big",)), joined(("small",)), joined(("big", "mid"))]
    data = {
        "decision": rng.integers(0, 2, n),
        "groups": {"names": np.array([kinds[k] for k in rng.integers(0, 3, n)], object)},
        "group_plans": {"names": GroupPlan(is_list=True)},
        "controls": {"c": rng.choice(np.array(["x", "y"], dtype=object), n)},
    }
    found = {
        one.slice: one.estimate for one in run(data).values() if "selection-rate-d" in one.measure
    }
    assert found["names=small"].method == found["names=mid"].method == "linear"
    apart = [abs(found[f"names={name}"].value) for name in ("small", "mid")]
    assert found["names=%2A"].value == pytest.approx(max(apart))


def test_each_class_of_many_has_slices_of_its_own(run: Any) -> None:
    data = spread(BERKELEY) | {"classes": ("reject", "wait", "invite")}
    found = run(data)
    assert "selection-rate-difference[label=wait,sex=f]" in found
    assert "worst-selection-rate-difference[label=invite,sex=%2A]" in found
    named = run(data, positive="wait")
    (about,) = [
        one for one in named["selection-rate-difference[sex=f]"].notes if one.id == "strata.about"
    ]
    assert "class wait" in about.text
    wrong = run(data, positive="wiat")
    text = reason(wrong["worst-selection-rate-difference[sex=%2A]"])
    assert "got wiat. Did you mean 'wait'?" in text


def test_bad_controls_give_a_reason_that_says_what_to_do(run: Any) -> None:
    data = spread(BERKELEY)
    n = len(data["decision"])
    numbers = data | {"controls": {"length": np.array([str(k) for k in range(n)], dtype=object)}}
    assert "2010 strata" in reason(run(numbers)["worst-tpr-difference[sex=%2A]"])
    assert "Declare bands" in reason(run(numbers)["worst-tpr-difference[sex=%2A]"])
    typo = run(data, controls=["garde"])
    assert "garde is no control feature" in reason(typo["worst-tpr-difference[sex=%2A]"])
    empty = data | {"controls": {"grade": np.array([""] * n, dtype=object)}}
    assert not any(one.estimate.is_measured for one in run(empty).values())
    half = {"length": np.array(["x"] * n, object), "grade": np.array([""] * n, object)}
    text = reason(run(data | {"controls": half})["worst-tpr-difference[sex=%2A]"])
    assert "no row has a value" in text


def test_without_labels_only_the_selection_rate_is_measured(run: Any) -> None:
    found = run(spread(BERKELEY) | {"label": None})
    assert found["selection-rate-difference[sex=f]"].estimate.is_measured
    assert "needs labels" in reason(found["tpr-difference[sex=f]"])
    assert "needs labels" in reason(found["worst-fpr-difference[sex=%2A]"])


def test_excluded_groups_are_named_and_not_compared(run: Any) -> None:
    counts = {**BERKELEY, ("x", "easy"): (1, 40), ("x", "hard"): (1, 40)}
    data = spread(counts) | {"group_plans": {"sex": GroupPlan(exclude={"x": "see memo 12"})}}
    found = run(data)
    assert "see memo 12" in reason(found["selection-rate-difference[sex=x]"])
    worst = found["worst-selection-rate-difference[sex=%2A]"].estimate
    assert worst.evidence is not None
    assert worst.evidence.values["groups"] == ["f"]


def test_a_column_of_one_value_has_a_reason(run: Any) -> None:
    only = spread({key: value for key, value in BERKELEY.items() if key[0] == "m"})
    assert "one known value only" in reason(run(only)["worst-tpr-difference[sex=%2A]"])
