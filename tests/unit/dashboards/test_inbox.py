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


REVIEWS = [
    Line("r1", gate="g", name="late", verdict="blocked", model="a", state="in_review",
         due="2020-01-02", submitter="local", since="2020-01-01T00:00:00Z"),
    Line("r2", gate="g", name="early", verdict="pass", model="b", state="submitted",
         due="2999-01-01", next_waiver_end="2020-01-01", submitter="li"),
    Line("r3", gate="g", name="done", verdict="pass", model="b", state="approved",
         decision="approve", decided_at="2026-11-24T09:00:00Z", submitter="li"),
]  # fmt: skip


@pytest.fixture
def reviewed(show, monkeypatch, tmp_path):
    """Return a function that shows the inbox of a store that holds some reviews."""

    def call(found=REVIEWS, **query):
        monkeypatch.setattr("dashboards.lines.lines", lambda _given: list(found))
        return show(settings={"store": str(tmp_path)}, **query)

    return call


def runs(at):
    return [text for text in ("late", "early", "done") if text in labels(at)]


def labels(at):
    return " ".join(one.proto.label for one in at.get("page_link"))


def test_what_waits_for_a_reviewer_is_shown_first_and_the_rest_is_counted(reviewed):
    at = reviewed()
    assert runs(at) == ["late", "early"]
    options = at.segmented_control(key="show").options
    assert [one.replace("*", "") for one in options] == [
        "Awaiting review 2",
        "Overdue 1",
        "Waivers ending in 30 days 1",
        "All runs 3",
    ]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"show": "overdue"}, ["late"]),
        ({"show": "waivers"}, ["early"]),
        ({"show": "all"}, ["late", "early", "done"]),
        ({"show": "all", "model": "b"}, ["early", "done"]),
        ({"show": "all", "verdict": "blocked"}, ["late"]),
    ],
)
def test_counts_and_filters_of_the_url_say_which_runs_are_listed(reviewed, asked, shown):
    assert runs(reviewed(**asked)) == shown


def test_mine_is_what_i_submitted(reviewed):
    at = reviewed(show="all")
    at.toggle(key="mine").set_value(True).run()
    assert runs(at) == ["late"]


def test_a_link_pins_run_and_gate(reviewed):
    link = reviewed().get("page_link")[0].proto
    assert "run=r1" in link.query_string
    assert "gate=g" in link.query_string


def test_where_nothing_waits_that_is_said_with_a_way_to_all_runs(reviewed):
    at = reviewed(REVIEWS[2:])
    assert at.header[0].value == "Nothing is waiting for review"
    at.button[0].click().run()
    assert runs(at) == ["done"]


def test_a_store_that_is_none_is_said_to_be_none(show, tmp_path):
    at = show(settings={"store": str(tmp_path / "nowhere")})
    assert at.header[0].value == "The evidence cannot be read"
    assert "store.json" in at.error[0].value.replace("\\", "")
