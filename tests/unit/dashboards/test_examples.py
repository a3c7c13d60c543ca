"""The page Examples: rows by filter, texts only for those who may see them, each view logged."""

import logging

import pytest

from harness.records import slice_name

HOSTILE = ("<script>alert(1)</script>", "![x](http://evil.example/p.png)", "=HYPERLINK(1)")


def text(at):
    kinds = (at.markdown, at.header, at.info, at.warning, at.error, at.code)
    return " ".join(str(one.value) for kind in kinds for one in kind)


def test_rows_are_shown_with_label_decision_and_score(show, golden_run):
    at = show("examples", run=golden_run)
    shown = at.dataframe[0].value
    assert {"Example", "Label", "Decision", "Score"} <= set(shown.columns)
    assert len(shown) > 1


def test_a_viewer_sees_no_text_no_group_and_is_told_why(show, golden_run, viewer):
    at = show("examples", run=golden_run, **viewer)
    shown = at.dataframe[0].value
    assert "Text" not in shown.columns
    assert not [
        one
        for one in shown.columns
        if one not in ("Example", "Label", "Decision", "Score", "Wrong")
    ]
    assert "data\\-reader" in text(at) or "data-reader" in text(at)
    assert at.text_input[0].disabled


def test_a_viewer_of_one_example_sees_no_text_of_it(show, golden_run, viewer):
    first = show("examples", run=golden_run).dataframe[0].value["Example"].iloc[0]
    at = show("examples", run=golden_run, example=str(first), **viewer)
    assert "masked" in text(at)
    assert not at.code


def test_looking_at_texts_is_logged_without_any_text(show, hostile_runs, caplog):
    runs, run = hostile_runs
    log = logging.getLogger("modelassay.dashboard")
    log.addHandler(caplog.handler)
    log.setLevel(logging.INFO)
    try:
        at = show("examples", runs=runs, run=run)
    finally:
        log.removeHandler(caplog.handler)
    assert "Text" in at.dataframe[0].value.columns
    viewed = [one for one in caplog.records if one.getMessage() == "data viewed"]
    found = {id(one): one for one in viewed if one.facts["what"].startswith("examples of")}
    (line,) = found.values()
    assert line.facts["n"] == 100
    assert set(line.facts) == {"run", "what", "n", "issuer", "subject"}


@pytest.fixture
def viewed(caplog):
    """Return a function that gives what was logged as viewed so far."""
    log = logging.getLogger("modelassay.dashboard")
    log.addHandler(caplog.handler)
    log.setLevel(logging.INFO)

    def call():
        said = {id(one): one for one in caplog.records if one.getMessage() == "data viewed"}
        return [one.facts["what"] for one in said.values()]

    yield call
    log.removeHandler(caplog.handler)


def test_other_rows_under_another_filter_are_another_view(show, hostile_runs, viewed):
    runs, run = hostile_runs
    at = show("examples", runs=runs, run=run)
    at.toggle[0].set_value(True).run()
    at.run()
    assert viewed().count("examples of test, page 1") == 2


def test_what_an_address_names_and_the_run_does_not_hold_stands_in_no_log(
    show, hostile_runs, viewed
):
    runs, run = hostile_runs
    show("examples", runs=runs, run=run, example="Ada Lovelace, 4 Main Street")
    assert not [one for one in viewed() if "Ada" in one]


def test_a_filter_that_nothing_matches_can_be_cleared_and_its_words_are_no_secret_question(
    show, hostile_runs, viewed
):
    runs, run = hostile_runs
    at = show("examples", runs=runs, run=run, text="no such words anywhere")
    assert viewed().count("search in test that found nothing") == 1
    assert "No example matches." in text(at)
    assert [one for one in at.button if one.label == "Clear the filters"]


def test_text_and_group_filter_rows(show, hostile_runs):
    runs, run = hostile_runs
    group = slice_name({"who": HOSTILE[1]})
    at = show("examples", runs=runs, run=run, text="![X](HTTP", group=group)
    assert "20 examples, page 1 of 1" in text(at)


def test_hostile_text_reaches_markdown_only_made_inert(show, hostile_runs):
    runs, run = hostile_runs
    at = show("examples", runs=runs, run=run, example="h001")
    assert "http://evil.example" in at.code[0].value  # a block of plain text
    for kind in (at.markdown, at.header, at.info, at.warning, at.error):
        for one in kind:
            assert "](http" not in one.value
            assert "<script" not in one.value
            assert "www.evil" not in one.value


@pytest.mark.parametrize(
    "query",
    [{"page": "999999"}, {"page": "-1"}, {"page": "x"}, {"label": "99"}, {"label": "'; DROP"},
     {"sort": "evil; DROP TABLE"}, {"low": "nan"}, {"high": "7"}, {"dataset": "none"},
     {"group": "a=b=c"}, {"example": "../../etc/passwd"}, {"example": "' OR 1=1 --"}],
)  # fmt: skip
def test_a_url_that_makes_no_sense_breaks_nothing(show, golden_run, query):
    at = show("examples", run=golden_run, **query)
    assert "Something went wrong" not in text(at)


def test_an_example_is_shown_whole_in_chinese(show, golden_run):
    first = show("examples", run=golden_run).dataframe[0].value["Example"].iloc[0]
    at = show("examples", run=golden_run, example=str(first), lang="zh")
    assert "标签" in text(at)
