"""What predictions cost stands in the record, and in nothing that must be the same twice."""

from __future__ import annotations

import pytest

from harness.pipeline.meter import Meter, peak_memory
from harness.records import to_data


def test_a_run_records_what_its_predictions_cost(run):
    cost = run().record.cost
    assert cost.n_rows == 600
    assert cost.wall_s > 0
    assert cost.latency_ms == pytest.approx(1000 * cost.wall_s / 600)
    assert cost.peak_memory_bytes is None or cost.peak_memory_bytes > 10_000_000
    assert cost.peak_device_bytes is None


def test_times_change_no_byte_of_what_was_measured(run):
    one, other = run(), run()
    assert one.record.cost != other.record.cost
    for name in ("measurements.json", "predictions.parquet"):
        assert one.read_bytes(name) == other.read_bytes(name)


def test_a_record_without_a_cost_keeps_the_bytes_that_it_always_had(run):
    from dataclasses import replace

    assert "cost" not in to_data(replace(run().record, cost=None))


def test_no_rows_cost_nothing():
    meter = Meter()
    with meter.running():
        pass
    assert meter.cost(0) is None
    assert meter.wall_s >= 0


def test_memory_is_said_in_bytes():
    found = peak_memory()
    assert found is None or 10_000_000 < found < 10**13
