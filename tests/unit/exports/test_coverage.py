import csv
import io
import json

import pytest

from harness.exports import EXPORTS


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "classes", "standing"])
def test_every_rule_data_set_and_slice_stands_once_with_its_outcome(samples, name):
    sample = samples.SAMPLES[name]()
    ledger = json.loads(EXPORTS["coverage"].render(*sample))
    keys = [(e["rule"], e["measure"], e["dataset"], e["slice"]) for e in ledger["entries"]]
    assert keys == [(f.rule, f.measure, f.dataset, f.slice) for f in sample.verdict.findings]
    assert [e["outcome"] for e in ledger["entries"]] == [f.outcome for f in sample.verdict.findings]
    assert all(e["reason"] and e["reason_id"] for e in ledger["entries"])
    assert ledger["exit_code"] == sample.verdict.exit_code


def test_what_no_rule_judged_and_what_was_not_measured_stand_beside(samples):
    sample = samples.blocked()
    ledger = json.loads(EXPORTS["coverage"].render(*sample))
    unjudged = {entry["measure"] for entry in ledger["judged_by_no_rule"]}
    assert "accuracy.log-loss" in unjudged
    assert "accuracy.balanced-accuracy" not in unjudged
    assert len(ledger["not_tested"]) == 4


def test_the_table_holds_the_same_entries(samples):
    sample = samples.standing()
    ledger = json.loads(EXPORTS["coverage"].render(*sample))
    rows = list(csv.DictReader(io.StringIO(EXPORTS["coverage-csv"].render(*sample))))
    assert [row["rule"] for row in rows] == [entry["rule"] for entry in ledger["entries"]]
    assert [row["outcome"] for row in rows] == [entry["outcome"] for entry in ledger["entries"]]


@pytest.mark.parametrize("index", range(17))
def test_no_cell_of_the_table_runs_as_a_formula(samples, index):
    sample = samples.hostile(samples.HOSTILE[index])
    rows = list(csv.reader(io.StringIO(EXPORTS["coverage-csv"].render(*sample))))
    assert len(rows) == len(sample.verdict.findings) + 1
    assert {len(row) for row in rows} == {10}
    assert not any(cell[:1] in "=+-@\t\r" for row in rows for cell in row if cell)
