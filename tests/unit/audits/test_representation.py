"""Who stands in the data: counts by group with known answers, and what cannot be counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audits.representation import representation
from harness.data import Dataset
from harness.errors import ConfigError
from harness.predictions import Predictions
from harness.records import GroupPlan, Measurement, joined
from harness.stats import clopper_pearson, wilson

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]
Rows = Callable[..., Dataset]


def cells(*values: str) -> Any:
    return np.array(values, dtype=object)


def value(found: dict[str, Measurement], key: str) -> Any:
    return found[key].estimate.value


def test_rows_labels_and_missing_values_are_counted_by_group(
    table: Table, measure: Measure
) -> None:
    groups = {"sex": cells("f", "f", "f", "m", "")}
    found = measure(representation, table([1, 0, 1, 0, 1], [0] * 5, groups=groups))
    assert value(found, "share[sex=f]") == 3 / 5
    assert value(found, "share[sex=%28missing%29]") == 1 / 5
    assert value(found, "missing-share[sex=%2A]") == 1 / 5
    assert value(found, "positives[sex=f]") == 2
    assert value(found, "negatives[sex=f]") == 1
    assert found["positive-rate[sex=f]"].estimate == wilson(2, 3)
    assert found["positive-rate[sex=f]"].notes[0].text == (
        "Positive means: labelled c1; negative: labelled otherwise."
    )
    assert value(found, "not-estimable-groups[sex=%2A]") == 2
    notes = [one.text for one in found["not-estimable-groups[sex=%2A]"].notes]
    assert notes[0] == "f of the column sex: 2 labelled c1, 1 otherwise."


def test_groups_are_estimable_with_little_evidence_or_not_by_their_rarer_label(
    table: Table, measure: Measure
) -> None:
    groups = {"g": cells(*["large"] * 300, *["some"] * 100, *["few"] * 50)}
    label = [0, 1] * 150 + [0, 1] * 50 + [1] + [0] * 49
    found = measure(representation, table(label, label, groups=groups))
    assert value(found, "low-evidence-groups[g=%2A]") == 1
    assert value(found, "not-estimable-groups[g=%2A]") == 1
    (note,) = found["low-evidence-groups[g=%2A]"].notes
    assert note.params["group"] == "some"
    (note,) = found["not-estimable-groups[g=%2A]"].notes
    assert (note.params["group"], note.params["positives"]) == ("few", 1)
    easier = measure(representation, table(label, label, groups=groups), options={"tolerance": 0.2})
    assert value(easier, "low-evidence-groups[g=%2A]") == 0


def test_labels_that_were_not_planned_are_a_share_and_named(table: Table, measure: Measure) -> None:
    plan = {"sex": GroupPlan(values=("female", "male"))}
    groups = {"sex": cells("female", "femal", "male", "male")}
    found = measure(representation, table([0, 1, 0, 1], [0] * 4, groups=groups, group_plans=plan))
    assert value(found, "unknown-share[sex=%2A]") == 1 / 4
    assert value(found, "share[sex=%28unknown%29]") == 1 / 4
    (caveat,) = found["unknown-share[sex=%2A]"].caveats
    assert "'femal' may be 'female'" in caveat.text
    unplanned = measure(representation, table([0, 1, 0, 1], [0] * 4, groups=groups))
    reason = unplanned["unknown-share[sex=%2A]"].estimate.why_undefined
    assert reason is not None
    assert "groups: [{column: sex, values: [...]}]" in reason.text


def test_a_row_of_two_groups_counts_in_both(table: Table, measure: Measure) -> None:
    groups = {"who": cells(joined(["gay", "trans"]), "gay", "trans", "muslim")}
    found = measure(representation, table([1, 0, 1, 0], [0] * 4, groups=groups))
    shares = {key: value(found, f"share[who={key}]") for key in ("gay", "trans", "muslim")}
    assert shares == {"gay": 2 / 4, "trans": 2 / 4, "muslim": 1 / 4}


def test_the_difference_of_labels_is_decided_from_counts(table: Table, measure: Measure) -> None:
    label = [1] * 40 + [0] * 60 + [1] * 10 + [0] * 90
    groups = {"g": cells(*["a"] * 100, *["b"] * 100)}
    estimate = measure(representation, table(label, label, groups=groups))[
        "positive-rate-difference[g=%2A]"
    ].estimate
    assert estimate.value == pytest.approx(0.3)
    # square and add over exact limits: the difference of two one-sided ends at 5 %
    a = clopper_pearson(40, 100)
    b = clopper_pearson(10, 100)
    assert a.high is not None
    assert b.low is not None
    assert estimate.high == pytest.approx(
        0.3 + ((a.high - 0.4) ** 2 + (0.1 - b.low) ** 2) ** 0.5, abs=1e-9
    )


def test_more_than_two_classes_are_counted_one_by_one_unless_one_is_named(
    table: Table, measure: Measure
) -> None:
    groups = {"g": cells("a", "a", "b")}
    predictions = table([0, 1, 2], [0] * 3, n_classes=3, groups=groups)
    found = measure(representation, predictions)
    assert value(found, "positives[class=c1,g=a]") == 1
    assert "positives[g=a]" not in found
    named = measure(representation, predictions, options={"positive": "c2"})
    assert value(named, "positives[g=b]") == 1
    with pytest.raises(ConfigError, match="must be a class of the task"):
        measure(representation, predictions, options={"positive": "c9"})


def test_copies_are_counted_by_group_whatever_their_case(
    table: Table, measure: Measure, rows: Rows
) -> None:
    groups = {"g": cells("a", "a", "b")}
    texts = {"test": rows(["Same  text", "other", "same text"])}
    found = measure(representation, table([0, 1, 0], [0] * 3, groups=groups), rows=texts)
    assert value(found, "duplicated-share[g=a]") == 1 / 2
    assert value(found, "duplicated-share[g=b]") == 1


def test_without_labels_and_texts_the_groups_are_still_counted(
    table: Table, measure: Measure
) -> None:
    found = measure(representation, table(None, [0, 0], groups={"g": cells("a", "b")}))
    assert value(found, "share[g=a]") == 1 / 2
    for key in ("positives[g=%2A]", "duplicated-share[g=a]"):
        assert found[key].estimate.why_undefined is not None


def test_identifiers_are_not_counted_one_by_one(table: Table, measure: Measure) -> None:
    groups = {"id": cells(*(f"u{k}" for k in range(60)))}
    found = measure(representation, table([0] * 60, [0] * 60, groups=groups))
    assert not any("u1" in key for key in found)
    reason = found["share[id=%2A]"].estimate.why_undefined
    assert reason is not None
    assert "may be an identifier" in reason.text


def test_planned_groups_without_rows_are_not_estimable(table: Table, measure: Measure) -> None:
    plan = {"g": GroupPlan(values=("a", "b", "c"))}
    found = measure(
        representation,
        table([0, 1], [0, 1], groups={"g": cells("a", "b")}, group_plans=plan),
    )
    assert value(found, "share[g=c]") == 0
    assert value(found, "positives[g=c]") == 0
    reason = found["positive-rate[g=c]"].estimate.why_undefined
    assert reason is not None
    assert "no row is in the planned group c" in reason.text
    assert found["positive-rate-difference[g=%2A]"].estimate.high == 1.0
