"""How often a test set was looked at is counted over sealed runs and said in the run."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from harness.cli.root import assay
from harness.commands.logbook import log_sealed
from harness.commands.submitting import submit_to
from harness.depot import find_address, open_store
from harness.errors import IncompleteError


def said(bundle) -> list[str]:
    return [one.text for one in bundle.record.caveats if one.id == "run.looked-at"]


def test_the_first_look_is_said_by_a_zero_and_no_caveat(run):
    first = run()
    assert first.record.looks == {"test": 0}
    assert said(first) == []


def test_every_sealed_run_on_the_same_rows_counts_whatever_model_it_had(toy, run):
    run()
    run()
    toy.model.bias = (0.0, 0.0)
    third = run()
    assert third.record.looks == {"test": 2}
    assert "looked at before: runs 2, models 1" in said(third)[0]


def test_other_rows_are_another_test_set(toy, run):
    run()
    toy.rows(500)
    assert run().record.looks == {"test": 0}


def test_a_look_at_a_sample_is_a_look_at_the_test_set(toy, run):
    toy.ask_for(budget="{rows: {predict: {test: 200}}}")
    run()
    toy.ask_for()
    assert run().record.looks == {"test": 1}


def test_a_threshold_makes_another_model(toy, run):
    run()
    text = toy.config.read_text(encoding="utf-8")
    threshold = "model: {base: ./toy, threshold: {label: yes, at: 0.4}}"
    toy.config.write_text(text.replace("model: {base: ./toy}", threshold), encoding="utf-8")
    run()
    assert "runs 2, models 2" in said(run())[0]


def test_a_run_that_cannot_be_read_does_not_count_and_stops_nothing(toy, run):
    first = run()
    (first.path / "run.json").write_text("{}", encoding="utf-8")
    assert run().record.looks == {"test": 0}


def test_the_log_counts_where_there_is_one_even_for_runs_that_were_thrown_away(toy, run, tmp_path):
    url = f"sqlite:///{tmp_path}/events.db"
    log_sealed(run(store=url), url)
    elsewhere = run(store=url, runs=tmp_path / "elsewhere")
    assert elsewhere.record.looks == {"test": 1}
    log_sealed(elsewhere, url)
    log_sealed(elsewhere, url)  # said twice, counted once
    assert run(store=url, runs=tmp_path / "third").record.looks == {"test": 2}


def test_a_run_that_was_measured_without_the_store_and_submitted_to_it_later_counts(
    toy, run, tmp_path, monkeypatch
):
    monkeypatch.delenv("ASSAY_STORE", raising=False)
    url = str(tmp_path / "shared")
    with open_store(find_address(url), is_made=True) as store:
        submit_to(store, run())
    assert run(store=url, runs=tmp_path / "elsewhere").record.looks == {"test": 1}


def test_a_run_that_lies_in_the_folder_counts_although_the_log_knows_nothing_of_it(
    toy, run, tmp_path
):
    url = f"sqlite:///{tmp_path}/events.db"
    log_sealed(run(), url)  # known to both, counted once
    run()
    assert run(store=url).record.looks == {"test": 2}


def test_a_store_that_cannot_be_opened_stops_the_run_before_the_model_is_asked(toy, run, tmp_path):
    (tmp_path / "events.db").mkdir()
    with pytest.raises(IncompleteError):
        run(store=f"sqlite:///{tmp_path}/events.db")
    assert toy.model.n_rows == 0


def test_looks_are_listed_the_most_looked_at_first(toy, run, monkeypatch):
    monkeypatch.delenv("ASSAY_STORE", raising=False)
    run()
    toy.rows(500)
    run()
    run()
    asked = ["list", "looks", "--runs", str(toy.folder / "runs"), "--json"]
    rows = json.loads(CliRunner().invoke(assay, asked).stdout)
    assert [row["looks"] for row in rows] == ["runs 2, models 1", "runs 1, models 1"]
