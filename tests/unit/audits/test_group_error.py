"""Errors by group: known answers, and the same rates as Fairlearn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits._groups import MISSING
from audits.group_error import Options, group_error
from harness.errors import ConfigError
from harness.predictions import Predictions
from harness.records import Measurement
from harness.stats import newcombe, wilson

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]


def column(*values: str) -> Any:
    return np.array(values, dtype=object)


def drawn(seed: int, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    return {
        "label": label,
        "decision": np.where(rng.random(n) < 0.7, label, rng.integers(0, 3, n)),
        "n_classes": 3,
        "groups": {
            "sex": rng.choice(np.array(["f", "m"], dtype=object), n),
            "region": rng.choice(np.array(["n/w", "s=e", "", "中"], dtype=object), n),
        },
    }


def test_error_rates_by_group_equal_those_of_fairlearn(table: Table, measure: Measure) -> None:
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import accuracy_score

    data = drawn(0, 400)
    found = measure(group_error, table(**data))
    for name, values in data["groups"].items():
        named = np.where(values == "", MISSING, values)
        frame = MetricFrame(
            metrics=accuracy_score,
            y_true=data["label"],
            y_pred=data["decision"],
            sensitive_features=named,
        )
        assert len(frame.by_group) == len(set(named))
        for group, share in frame.by_group.items():
            slices = [
                one
                for one in found.values()
                if one.measure == "group-error.error-rate" and is_slice(one, name, str(group))
            ]
            assert [one.estimate.value for one in slices] == [pytest.approx(1 - share, abs=1e-12)]
        assert found["error-rate[all]"].estimate.value == pytest.approx(
            1 - frame.overall, abs=1e-12
        )


def is_slice(one: Measurement, name: str, group: str) -> bool:
    from harness.records import slice_columns

    return slice_columns(one.slice) == {name: group}


def test_known_answers_of_a_small_table(table: Table, measure: Measure) -> None:
    groups = {"sex": column("f", "f", "f", "m", "m", "")}
    found = measure(group_error, table([1] * 6, [0, 0, 1, 1, 0, 0], groups=groups))
    assert found["error-rate[all]"].estimate == wilson(4, 6)
    assert found["error-rate[all]"].share == 1.0
    assert found["error-rate[sex=f]"].estimate == wilson(2, 3)
    assert found["error-rate[sex=f]"].share == 0.5
    assert found["error-rate[sex=m]"].estimate == wilson(1, 2)
    assert found["difference-to-rest[sex=f]"].estimate == newcombe(2, 3, 1, 2)
    assert found["difference-to-rest[sex=m]"].estimate == newcombe(1, 2, 2, 3)


def test_missing_values_are_a_slice_of_their_own_and_part_of_no_comparison(
    table: Table, measure: Measure
) -> None:
    groups = {"sex": column("f", "f", "f", "m", "m", "")}
    found = measure(group_error, table([1] * 6, [0, 0, 1, 1, 0, 0], groups=groups))
    assert found["error-rate[sex=%28missing%29]"].estimate == wilson(1, 1)
    assert "difference-to-rest[sex=%28missing%29]" not in found


def test_a_column_with_one_known_value_has_no_rest(table: Table, measure: Measure) -> None:
    found = measure(group_error, table([1, 1, 1], [0, 1, 1], groups={"sex": column("f", "f", "")}))
    assert found["error-rate[sex=f]"].estimate == wilson(1, 2)
    difference = found["difference-to-rest[sex=f]"].estimate
    assert not difference.is_measured
    assert difference.why_undefined is not None
    assert "one known value only" in difference.why_undefined.text


def test_small_groups_are_reported_with_a_caveat(table: Table, measure: Measure) -> None:
    groups = {"sex": column(*["f"] * 40, "m")}
    found = measure(group_error, table([1] * 41, [1] * 40 + [0], groups=groups))
    assert found["error-rate[sex=f]"].caveats == ()
    (caveat,) = found["error-rate[sex=m]"].caveats
    assert caveat.params == {"n": 1, "limit": 30}
    assert found["error-rate[sex=m]"].estimate == wilson(1, 1)
    assert found["difference-to-rest[sex=m]"].caveats == (caveat,)
    relaxed = measure(
        group_error, table([1] * 41, [1] * 41, groups=groups), options={"min_group": 1}
    )
    assert not any(one.caveats for one in relaxed.values())


def test_a_column_with_too_many_values_is_not_measured_and_says_how_many(
    table: Table, measure: Measure
) -> None:
    groups = {"id": column(*(str(k) for k in range(60))), "sex": column(*["f", "m"] * 30)}
    found = measure(group_error, table([1] * 60, [1] * 60, groups=groups))
    for name in ("error-rate", "difference-to-rest"):
        estimate = found[f"{name}[id=%2A]"].estimate
        assert not estimate.is_measured
        assert estimate.why_undefined is not None
        assert "the column id has 60 values, more than max_groups = 50" in (
            estimate.why_undefined.text
        )
        assert found[f"{name}[sex=f]"].estimate.value == 0.0
    assert not any("id=" in key and "%2A" not in key for key in found)


def test_the_worst_group_of_each_column_is_named(table: Table, measure: Measure) -> None:
    groups = {"sex": column(*["f"] * 40, *["m"] * 40, "x")}
    decision = [0] * 4 + [1] * 36 + [0] * 10 + [1] * 30 + [0]
    found = measure(group_error, table([1] * 81, decision, groups=groups))
    (note,) = found["error-rate[all]"].notes
    assert note.params == {"column": "sex", "group": "m", "wrong": 10, "n": 40}
    assert "10 of 40 examples" in note.text


def test_few_shared_clusters_are_a_caveat_and_decide_nothing(
    table: Table, measure: Measure
) -> None:
    found = measure(
        group_error,
        table(
            [1, 1, 1],
            [1, 0, 1],
            groups={"sex": column("f", "m", "m")},
            cluster=column("a", "a", "b"),
        ),
        options=Options(min_group=1),
    )
    for one in found.values():
        assert [caveat.id for caveat in one.caveats] == ["stats.few-clusters"]


def test_data_without_groups_is_not_measured(table: Table, measure: Measure) -> None:
    found = measure(group_error, table([0, 1], [0, 1]))
    assert set(found) == {"error-rate[all]", "difference-to-rest[all]"}
    for one in found.values():
        assert one.estimate.why_undefined is not None
        assert one.estimate.why_undefined.id == "audit.needs-groups"


def test_options_that_cannot_work_are_refused(table: Table, measure: Measure) -> None:
    predictions = table([0, 1], [0, 1], groups={"sex": column("f", "m")})
    with pytest.raises(ConfigError, match=r"audits\.group-error\.min_group must"):
        measure(group_error, predictions, options={"min_group": 0})


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60))
def test_groups_share_out_all_examples_and_all_errors(
    table: Table, measure: Measure, seed: int, n: int
) -> None:
    found = measure(group_error, table(**drawn(seed, n)))
    for name in ("sex", "region"):
        slices = [
            one.estimate
            for key, one in found.items()
            if key.startswith(f"error-rate[{name}=") and one.estimate.evidence is not None
        ]
        assert sum(one.n for one in slices) == n
        whole = found["error-rate[all]"].estimate.evidence
        assert whole is not None
        assert (
            sum(one.evidence.values["successes"] for one in slices)  # type: ignore[union-attr,misc]
            == whole.values["successes"]
        )


def test_clusters_are_the_unit_where_rows_share_them(table: Table, measure: Measure) -> None:
    n = 1200
    wrong = [k // 40 % 3 == 0 for k in range(n)]  # whole templates of 40 rows are decided wrongly
    label = [1] * n
    decision = [0 if one else 1 for one in wrong]
    sex = column(*["f" if k % 2 else "m" for k in range(n)])
    template = column(*[f"t{k // 40}" for k in range(n)])
    rows = measure(group_error, table(label, decision, groups={"sex": sex}))
    clustered = measure(group_error, table(label, decision, groups={"sex": sex}, cluster=template))

    def width(found, name: str) -> float:
        one = next(m.estimate for m in found.values() if m.key.endswith(name))
        return one.high - one.low

    assert width(clustered, "error-rate@test[sex=f]") > 3 * width(rows, "error-rate@test[sex=f]")
    # both groups stand in every template: what they share cancels
    difference = "difference-to-rest@test[sex=f]"
    assert width(clustered, difference) < width(rows, difference)
