"""Group columns as audits see them: nothing is dropped, and what cannot be compared says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from audits._groups import (
    GroupColumn,
    GroupOptions,
    enough,
    group_columns,
    read_columns,
    state_of,
)
from audits.group_error import group_error
from harness.predictions import Predictions
from harness.records import IN_NONE, GroupPlan, Measurement, Message, joined
from harness.stats import newcombe, wilson

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]


def seen(table: Table, cells: Sequence[str], **plan: Any) -> Predictions:
    n = len(cells)
    return table(
        [0] * n,
        [0] * n,
        groups={"g": np.array(cells, dtype=object)},
        group_plans={"g": GroupPlan(**plan)},
    )


def read(table: Table, cells: Sequence[str], **plan: Any) -> GroupColumn:
    (column,) = read_columns(seen(table, cells, **plan), GroupOptions())
    return column


def why(table: Table, cells: Sequence[str], **plan: Any) -> str:
    (found,) = group_columns(seen(table, cells, **plan), GroupOptions())
    assert isinstance(found, Message)
    assert found.params["column"] == "g"
    return found.text


def caveats(column: GroupColumn) -> list[str]:
    return [one.text for one in column.caveats]


def test_every_row_stands_in_a_slice(table: Table) -> None:
    column = read(table, ["b", "a", "", "b"])
    assert {value: rows.tolist() for value, rows in column.slices()} == {
        "a": [False, True, False, False],
        "b": [True, False, False, True],
        "(missing)": [False, False, True, False],
    }
    assert column.sizes == {"a": 1, "b": 2}
    assert column.n_missing == 1
    assert column.outside("a").tolist() == [True, False, False, True]
    assert not column.grouping.overlaps


def test_a_row_of_two_groups_is_in_both_and_no_group_has_both_names(table: Table) -> None:
    cells = [joined(["gay", "trans"]), "gay", IN_NONE, "", joined(["muslim"])]
    column = read(table, cells, is_list=True)
    assert column.grouping.names == ("gay", "muslim", "trans")
    assert column.grouping.overlaps
    assert column.sizes == {"gay": 2, "muslim": 1, "trans": 1}
    assert dict(column.slices()).keys() == {"gay", "muslim", "trans", "(none)", "(missing)"}
    assert column.outside("trans").tolist() == [False, True, True, False, True]


def test_labels_that_are_not_in_the_plan_are_counted_with_the_nearest_name(table: Table) -> None:
    column = read(table, ["male", "femal", "female", "x"] * 2, values=("male", "female"))
    assert column.unknown == {"femal": 2, "x": 2}
    assert column.grouping.names == ("male", "female")
    (caveat,) = caveats(column)
    assert caveat == (
        "4 rows of the column g have a label that is not in the plan and are counted as (unknown): "
        "'femal' (2 rows), 'x' (2 rows). 'femal' may be 'female'."
    )
    assert {value: int(rows.sum()) for value, rows in column.slices()} == {
        "male": 2,
        "female": 2,
        "(unknown)": 4,
    }
    assert not column.outside("male")[1]  # nobody knows where it belongs


def test_a_planned_group_without_rows_keeps_its_place_and_is_named(table: Table) -> None:
    column = read(table, ["a", "b", "Tarns"], values=("a", "b", "Trans"))
    assert column.sizes == {"a": 1, "b": 1, "Trans": 0}
    assert caveats(column)[1] == (
        "Not estimable: no row is in the planned group Trans of the column g. Did you mean 'Tarns'?"
    )


def test_variants_in_case_and_spacing_are_named_and_never_merged(table: Table) -> None:
    column = read(table, ["Female", "female", "fe male", "m"])
    assert len(column.grouping.names) == 4
    (caveat,) = caveats(column)
    assert caveat == (
        "Labels of the column g differ only in case or spacing and are counted apart: "
        "'Female' and 'female'."
    )


@pytest.mark.parametrize(
    ("cells", "plan", "text"),
    [
        (["a", "a", ""], {}, "the column g has one known value only"),
        (["", ""], {}, "the column g has no value"),
        (
            ["x", "x", "y"],
            {"values": ("a", "b")},
            "none of the planned groups of the column g occurs; what stands there is 'x' (2 rows),",
        ),
        (
            [f"u{k}" for k in range(5000)],
            {},
            "5000 values, more than max_groups = 50. It may be an",
        ),
        ([f"{k}.5" for k in range(5000)], {}, "all are numbers. Declare bands"),
        (
            ["christian", "muslim"],
            {"reference": "muslims"},
            "the planned reference group muslims is no value of the column g. Did you mean 'muslim'?",
        ),
    ],
    ids=["one-value", "no-value", "other-values", "identifiers", "numbers", "reference"],
)
def test_what_cannot_be_compared_says_why(
    table: Table, cells: list[str], plan: dict[str, Any], text: str
) -> None:
    assert text in why(table, cells, **plan)


def test_one_group_against_those_in_none_can_be_compared(table: Table) -> None:
    (found,) = group_columns(seen(table, ["gay", IN_NONE], is_list=True), GroupOptions())
    assert isinstance(found, GroupColumn)


def test_a_plan_with_few_values_can_be_compared_whatever_else_stands_there(table: Table) -> None:
    cells = ["a", "b", *(f"u{k}" for k in range(200))]
    column = read(table, cells, values=("a", "b"))
    assert column.why_not is None
    assert sum(column.unknown.values()) == 200
    assert "and 195 more" in caveats(column)[0]


def test_a_value_that_reads_like_a_slice_of_ours_is_quoted(table: Table) -> None:
    column = read(table, ["(unknown)", "*", "(missing)", "a"])
    assert column.grouping.names == ("'(unknown)'", "'*'", "a")
    assert column.n_missing == 1


def test_an_excluded_group_that_does_not_occur_is_named(table: Table) -> None:
    column = read(table, ["trans", "gay"], exclude={"tranz": "memo 12"})
    assert caveats(column) == [
        "The plan leaves the group tranz out, which is no value of the column g. Did you mean 'trans'?"
    ]
    assert column.is_compared.tolist() == [True, True]
    assert read(table, ["a", "b"], exclude={"b": "memo"}).is_compared.tolist() == [True, False]


def test_evidence_of_a_group_has_three_states() -> None:
    assert enough(0.5, 0.1) == pytest.approx(135.3, abs=0.05)  # as the literature's table says
    assert [state_of(n) for n in (0, 29, 30, 135, 136)] == [
        "not-estimable",
        "not-estimable",
        "low-evidence",
        "low-evidence",
        "estimable",
    ]
    assert state_of(50, rate=0.05) == "estimable"
    assert state_of(50, rate=0.05, tolerance=0.05) == "low-evidence"


def test_errors_of_overlapping_groups_are_held_against_the_rows_outside(
    table: Table, measure: Measure
) -> None:
    cells = np.array([joined("ab"), "a", "b", "b", IN_NONE, ""], dtype=object)
    found = measure(
        group_error,
        table([1] * 6, [0, 1, 1, 1, 0, 0], groups={"g": cells}),
    )
    assert found["error-rate[g=a]"].estimate == wilson(1, 2)
    assert found["error-rate[g=b]"].estimate == wilson(1, 3)
    assert found["error-rate[g=%28none%29]"].estimate == wilson(1, 1)
    assert found["difference-to-rest[g=a]"].estimate == newcombe(1, 2, 1, 3)
    assert found["difference-to-rest[g=b]"].estimate == newcombe(1, 3, 1, 2)
    assert not any("%1F" in key for key in found)


def test_errors_of_unplanned_empty_and_excluded_groups_are_said(
    table: Table, measure: Measure
) -> None:
    cells = np.array(["a", "a", "b", "c", "x"], dtype=object)
    plan = GroupPlan(values=("a", "b", "c", "d"), exclude={"c": "two rows, memo 12"})
    found = measure(
        group_error, table([1] * 5, [0, 1, 1, 1, 0], groups={"g": cells}, group_plans={"g": plan})
    )
    assert found["error-rate[g=%28unknown%29]"].estimate == wilson(1, 1)
    assert found["error-rate[g=c]"].estimate == wilson(0, 1)
    reason = found["difference-to-rest[g=c]"].estimate.why_undefined
    assert reason is not None
    assert reason.text.endswith("out of comparisons: two rows, memo 12")
    for name in ("error-rate", "difference-to-rest"):
        reason = found[f"{name}[g=d]"].estimate.why_undefined
        assert reason is not None
        assert reason.id == "groups.planned-group-empty"
    assert [one.id for one in found["error-rate[all]"].caveats] == [
        "groups.unknown-labels",
        "groups.planned-group-empty",
    ]
