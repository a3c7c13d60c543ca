import math
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harness.exports import EXPORTS


def samples_of(sample):
    text = EXPORTS["metrics"].render(*sample)
    return [s for family in text_string_to_metric_families(text) for s in family.samples]


def value(found, name, **labels):
    (one,) = [s for s in found if s.name == name and labels.items() <= s.labels.items()]
    return one.value


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "chinese", "standing"])
def test_a_parser_of_openmetrics_reads_the_verdict(samples, name):
    sample = samples.SAMPLES[name]()
    found = samples_of(sample)
    assert value(found, "modelassay_exit_code") == sample.verdict.exit_code
    words = {
        s.labels["verdict"] for s in found if s.name == "modelassay_verdict" and s.value == 1.0
    }
    assert words == {sample.verdict.verdict}
    counted = {
        s.labels["outcome"]: s.value for s in found if s.name == "modelassay_findings" and s.value
    }
    assert counted == {k: v for k, v in sample.verdict.counts.items() if v}


def test_every_value_stands_with_its_ends_and_its_n(samples):
    found = samples_of(samples.blocked())
    north = {"measure": "group-error.error-rate", "dataset": "test", "slice": "region=north"}
    assert value(found, "modelassay_measure", **north) == 0.143
    assert value(found, "modelassay_measure_low", **north) < 0.143
    assert value(found, "modelassay_measure_n", **north) == 970


def test_labels_do_not_change_from_run_to_run(samples):
    sample = samples.standing()
    other = sample._replace(
        run=replace(sample.run, run_id="another", plan_digest="0" * 64),
        verdict=replace(
            sample.verdict, run_id="another", run_digest="1" * 64, now="2026-12-01T00:00:00Z"
        ),
    )
    assert [s.labels for s in samples_of(sample)] == [s.labels for s in samples_of(other)]


def test_waivers_and_what_limits_the_verdict_are_numbers(samples):
    found = samples_of(samples.standing())
    assert value(found, "modelassay_waiver_days_left", waiver="W-2026-014") == 69
    assert value(found, "modelassay_flag", flag="draft") == 1
    assert value(found, "modelassay_flag", flag="exploratory") == 1
    assert value(found, "modelassay_flag", flag="sample") == 0
    assert value(found, "modelassay_not_tested") == 4
    assert value(found, "modelassay_earlier_looks", dataset="test") == 3
    assert value(found, "modelassay_valid_until_timestamp_seconds") == 1801439999


def test_what_has_no_finite_value_has_no_line(samples):
    sample = samples.passing()
    first, *rest = sample.measurements.measurements
    broken = replace(first, estimate=replace(first.estimate, value=math.nan, low=-math.inf))
    found = samples_of(
        sample._replace(measurements=replace(sample.measurements, measurements=(broken, *rest)))
    )
    assert all(math.isfinite(s.value) for s in found)
    keys = [s.labels.get("measure") for s in found if s.name == "modelassay_measure"]
    assert first.measure not in keys


@pytest.mark.parametrize("index", range(17))
def test_hostile_labels_are_read_back_and_stay_labels(samples, index):
    found = samples_of(samples.hostile(samples.HOSTILE[index]))
    assert {s.name for s in found} <= {
        f"modelassay_{suffix}"
        for suffix in (
            "verdict",
            "exit_code",
            "flag",
            "not_tested",
            "earlier_looks",
            "findings",
            "rule_outcome",
            "waiver_days_left",
            "measure",
            "measure_low",
            "measure_high",
            "measure_n",
        )
    }


def test_long_names_that_begin_alike_stay_apart(samples):
    sample = samples.many_findings(2)
    long = [
        replace(m, slice=f"site={'x' * 300}{i}")
        for i, m in enumerate(sample.measurements.measurements)
    ]
    found = samples_of(
        sample._replace(measurements=replace(sample.measurements, measurements=tuple(long)))
    )
    assert len([s for s in found if s.name == "modelassay_measure"]) == 2
