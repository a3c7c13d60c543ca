"""The instrument is quiet on random decisions and finds what was planted."""

from __future__ import annotations

import numpy as np
import pytest

from audits.instrument_check import instrument_check
from harness.predictions import Predictions
from harness.records import Task
from harness.trials import run_audit, trial_context

TASK = Task(kind="text-classification", modality="text", classes=("no", "yes"))


def checked(group, *, cluster=None, options=None):
    rng = np.random.default_rng(1)
    n = len(group)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{k}" for k in range(n)], dtype=object),
        decision=(rng.random(n) < 0.3).astype(np.int64),
        n_classes=2,
        groups={"g": np.array(group, dtype=object)},
        cluster=cluster,
    )
    context = trial_context(
        instrument_check, task=TASK, predictions=[predictions], seed=0, options=options
    )
    return {one.measure.partition(".")[2]: one for one in run_audit(instrument_check, context)}


@pytest.mark.parametrize("n_groups", [2, 8, 40])
@pytest.mark.parametrize("size", [40, 500])
def test_random_decisions_do_not_fail_and_a_planted_difference_does(n_groups, size):
    found = checked([f"g{k % n_groups}" for k in range(n_groups * size)])
    assert found["false-alarms"].estimate.value <= 0.05
    assert found["planted-found"].estimate.value > 0.95
    assert bool(found["planted-found"].caveats) == (size < 1000)


def test_clusters_and_overlapping_groups_go_through_their_own_code():
    cluster = np.array([f"t{k // 20}" for k in range(2000)], dtype=object)
    found = checked(["a", "b"] * 1000, cluster=cluster, options={"trials": 40})
    assert found["false-alarms"].estimate.value == 0.0
    values = ["a\x1fb", "a", "b", "b"] * 500
    assert checked(values, options={"trials": 40})["false-alarms"].estimate.value == 0.0


def test_a_column_without_two_groups_of_some_size_says_so():
    found = checked(["a"] * 300 + ["b"] * 5)
    why = found["false-alarms"].estimate.why_undefined
    assert why is not None
    assert "fewer than two groups" in why.text
