"""The page inbox, and the lines that it shows."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.lines import Line, lines_of_folder
from harness.evidence import list_runs

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def words(at):
    return " ".join(one.value for one in [*at.markdown, *at.header, *at.title]).replace("\\", "")


@pytest.fixture
def copy(golden_runs, golden_run, tmp_path):
    """A run that may be changed."""
    shutil.copytree(golden_runs / golden_run, tmp_path / golden_run)
    return tmp_path / golden_run


def test_a_line_says_what_the_bundle_says(golden_runs):
    (line,) = lines_of_folder(golden_runs)
    (run,) = list_runs(golden_runs)
    assert (line.run, line.gate, line.name) == (run.id, run.gate, run.name)
    assert (line.model, line.verdict, line.problem) == (run.model, run.verdict, "")


@pytest.mark.parametrize("name", ["run.json", "gates/{gate}/verdict.json"])
def test_a_line_of_a_changed_file_says_only_that_it_was_changed(copy, name):
    gate = next((copy / "gates").iterdir()).name
    path = copy / name.format(gate=gate)
    path.write_text(json.dumps({**json.loads(path.read_text()), "verdict": "pass", "name": "good"}))
    (line,) = lines_of_folder(copy.parent)
    assert (line.problem, line.name, line.verdict) == ("changed", "", "")


def test_a_line_is_read_again_after_a_change_and_only_then(copy):
    assert lines_of_folder(copy.parent)[0] is lines_of_folder(copy.parent)[0]
    shutil.rmtree(copy / "gates")
    assert lines_of_folder(copy.parent)[0].verdict == ""


def test_a_run_that_cannot_be_read_is_listed_as_such(copy):
    (copy / "MANIFEST.json").write_text("{")
    assert lines_of_folder(copy.parent)[0].problem == "unreadable"


def test_only_what_waits_for_a_reviewer_is_overdue():
    waits = Line("a", state="in_review", due="2026-11-26")
    assert waits.is_overdue(NOW.date())
    assert not Line("b", state="approved", due="2026-11-26").is_overdue(NOW.date())
    assert not Line("c", state="submitted", due="2026-11-27").is_overdue(NOW.date())


@pytest.mark.parametrize(("days", "is_near"), [(-1, True), (30, True), (31, False)])
def test_a_waiver_that_ends_in_30_days_is_near(days, is_near):
    end = (NOW + timedelta(days=days)).date().isoformat()
    assert Line("a", next_waiver_end=end).ends_within(30, NOW.date()) is is_near


def test_a_folder_of_runs_is_listed_and_decisions_are_said_to_need_a_store(show, golden_run):
    said = words(show())
    assert golden_run in said
    assert "assay store new" in said
    assert "assay submit" in said


def test_without_runs_three_commands_and_the_place_are_shown(show, tmp_path):
    at = show(runs=tmp_path)
    assert at.header[0].value == "No audits yet"
    assert len(at.code) == 3
    assert tmp_path.name in at.info[0].value.replace("\\", "")


def test_filters_live_in_the_url_by_words_that_no_language_changes(show):
    at = show(show="waivers", lang="zh")
    assert at.segmented_control(key="show").value == "waivers"
    assert at.header[0].value == "没有符合筛选条件的运行"


def test_a_filter_that_is_picked_stands_in_the_url(show):
    at = show()
    at.segmented_control(key="show").set_value("waivers").run()
    assert at.query_params["show"] == "waivers"
