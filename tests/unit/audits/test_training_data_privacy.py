"""What training rows hold is counted, with the detector's recall beside it, and never quoted."""

import json
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from audits.training_data_privacy import training_data_privacy
from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import DatasetRef, Measurement, Task
from harness.trials import run_audit, trial_context

TASK = Task(kind="text-classification", modality="text", classes=("no", "yes"))


def measured(
    texts: list[str | tuple[str, ...]],
    *,
    lineage: dict[str, object] | None = None,
    **options: object,
) -> dict[tuple[str, str], Measurement]:
    ids = np.array([f"e{k}" for k in range(len(texts))], dtype=object)
    ref = DatasetRef("train", "made", None, "", len(texts), len(texts), {"text": "text"})
    label = np.zeros(len(texts), dtype=np.int64)
    context = trial_context(
        training_data_privacy,
        task=TASK,
        predictions=[Predictions("test", np.array(["a"], dtype=object), np.array([0]), 2)],
        train=Dataset(ref, ids, texts, label=label),
        seed=0,
        options=options,
        lineage=lineage,
    )
    found = run_audit(training_data_privacy, context)
    return {(one.measure.partition(".")[2], one.slice): one for one in found}


TEXTS: list[str | tuple[str, ...]] = [
    "write to bob.li@mail.example or call +44 20 7946 0958",
    "write to BOB.LI@mail.example",
    "token ghp_" + "a1B2" * 9,
    "nothing here at all to see",
    "nothing here at all to see",
    "nothing here at all to see!",
    ("手机", "13812345678"),
    "good morning",
]


def test_rows_values_secrets_and_repeats_are_counted() -> None:
    found = measured(TEXTS)

    def value(name: str, where: str = "all") -> float | None:
        return found[name, where].estimate.value

    assert value("personal-share") == 4 / 8
    assert value("secret-share") == 1 / 8
    assert value("density") == pytest.approx(1000 * 5 / 8)
    assert value("density", "kind=email") == pytest.approx(1000 * 2 / 8)
    assert value("density", "kind=cn-mobile") == pytest.approx(1000 * 1 / 8)
    assert value("repeated-share") == 1 / 8
    assert value("near-repeated-share") == 2 / 8
    assert value("most-copies") == 2
    # one of four: an address, a phone, a token, a mobile number, which counts once though it fits twice
    assert value("repeated-value-share") == 1 / 4


def test_densities_have_an_interval_and_the_recall_of_the_detector_beside_them() -> None:
    one = measured(TEXTS * 20)["density", "kind=email"]
    assert one.estimate.low is not None
    assert one.estimate.value is not None
    assert one.estimate.low < one.estimate.value
    [note] = one.notes
    assert note.text.startswith("Of 49 known values of kind email the detector patterns found 49")
    [unknown] = measured(TEXTS)["density", "kind=secret"].notes
    assert "was not measured" in unknown.text


def test_another_detector_finds_names() -> None:
    found = measured(["yesterday Alice Baker came", "good morning"] * 20, detector="patterns+lists")
    assert found["density", "kind=person"].estimate.value == 500


def test_rows_without_values_give_zero_and_a_reason_where_nothing_can_be_repeated() -> None:
    found = measured(["good morning", "good evening"])
    assert found["personal-share", "all"].estimate.value == 0
    repeated = found["repeated-value-share", "all"].estimate
    assert repeated.value is None
    assert repeated.why_undefined is not None


def test_of_many_rows_a_sample_is_compared_and_says_so() -> None:
    one = measured([f"row number {k} of many" for k in range(50)], near_rows=10)[
        "near-repeated-share", "all"
    ]
    assert one.share == 10 / 50
    assert "among 10 of 50" in one.caveats[0].text


def test_no_measurement_holds_a_value_or_a_text() -> None:
    written = json.dumps([asdict(one) for one in measured(TEXTS).values()], default=str)
    for secret in ("bob.li", "7946", "ghp_", "13812345678", "nothing here"):
        assert secret not in written


def test_repeats_that_the_training_left_out_are_not_counted_and_the_note_says_so() -> None:
    exact = measured(TEXTS, lineage={"deduplicated": {"kind": "exact"}})
    assert exact["repeated-share", "all"].estimate.value == 0
    assert exact["near-repeated-share", "all"].estimate.value == 1 / 7
    assert exact["personal-share", "all"].estimate.value == 4 / 7
    note = exact["repeated-share", "all"].notes[-1]
    assert note.text.startswith("The training left out 1 of 8 rows as repeats")
    near = measured(TEXTS, lineage={"deduplicated": {"kind": "near"}})
    assert near["near-repeated-share", "all"].estimate.value == 0


def test_values_that_the_training_replaced_are_not_counted_and_rows_stay_apart() -> None:
    rows: list[str | tuple[str, ...]] = [*TEXTS, "write to eve.lu@mail.example"]
    found = measured(rows, lineage={"scrubbed": {"detector": "patterns"}})
    assert found["personal-share", "all"].estimate.value == 0
    assert found["secret-share", "all"].estimate.value == 0
    assert found["repeated-share", "all"].estimate.value == 1 / 9
    assert "replaced 6 values" in found["density", "all"].notes[-1].text
    before = measured(rows)
    near = [one["near-repeated-share", "all"].estimate.value for one in (before, found)]
    assert near[0] == near[1]
    assert before["repeated-share", "all"].estimate.value == 1 / 9


def test_a_detector_of_the_training_that_is_not_here_takes_nothing_away() -> None:
    found = measured(TEXTS, lineage={"scrubbed": {"detector": "somebody-elses"}})
    assert found["personal-share", "all"].estimate.value == 4 / 8


def test_a_plan_takes_no_test_row_for_a_unit_of_what_is_counted_in_training() -> None:
    assert training_data_privacy.units is not None
    facts = SimpleNamespace(sets={"test": None})
    found = training_data_privacy.units(cast("Any", facts))["test"]
    assert set(found) == {measure.key for measure in training_data_privacy.measures}
    assert set(found.values()) == {0}
