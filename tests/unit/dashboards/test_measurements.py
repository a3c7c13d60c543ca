"""The page Measurements: a section for what was measured, a reason for what was not, roles, both languages."""

import json
import sys
from pathlib import Path

import pytest

from dashboards.parts.text import md

SECTIONS = {
    "accuracy": ("Beside doing without the model", "Which class is taken for which"),
    "explanations": ("Some decisions", "Do the named words matter?", "Shortcuts", "Reason codes"),
    "privacy": (
        "Planted secrets",
        "What can be drawn out",
        "Can training rows be told from others?",
    ),
    "robustness": ("By edit", "An attack beside random edits"),
    "data": ("Data sets",),
    "training": ("Where the model comes from", "Loss"),
    "others": (md("house-audit"),),
}


def text(at):
    kinds = (at.markdown, at.header, at.subheader, at.info, at.warning, at.error, at.code)
    labels = [one.label for one in at.expander]
    return " ".join([*(str(one.value) for kind in kinds for one in kind), *labels])


def cells(at):
    return " ".join(str(one.value.to_dict()) for one in at.dataframe)


def charts(at):
    return [json.loads(one.proto.spec) for one in at.get("vega_lite_chart")]


@pytest.fixture
def page(show, every_section):
    """Return a function that shows a section of the run that has every one."""
    runs, run = every_section
    return lambda section, **more: show("measurements", runs=runs, run=run, section=section, **more)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_shows_what_the_run_measured(page, section):
    at = page(section)
    heads = [one.value for one in at.subheader]
    assert set(SECTIONS[section]) <= set(heads)
    assert at.query_params["section"] == section
    assert not at.error


def test_a_section_that_was_not_measured_is_not_offered_and_the_reason_is_said(show, golden_run):
    at = show("measurements", run=golden_run, section="privacy")
    assert at.warning[0].value.startswith("This run has nothing of the section Privacy")
    offered = at.button_group[0].options
    assert not any("Privacy" in str(one) for one in offered)
    assert md("The run has stored predictions only, and no model.") in text(at)


def test_error_skipped_and_not_measured_are_told_apart(page):
    said = text(page("data"))
    assert "**occlusion** · Error" in said
    assert "**perplexity**: skipped" in said
    assert "[odd](http" not in said


def test_a_card_says_interval_n_reading_and_blindness(page):
    said = text(page("robustness"))
    for words in ("n = 40", "Of 100 examples, 22", "Blind to:", "Everything else"):
        assert md(words) in said or words in said


def test_which_class_a_baseline_always_decides_is_said_beside_it(show, hostile_runs):
    runs, run = hostile_runs
    at = show("measurements", runs=runs, run=run, section="accuracy")
    assert "The most frequent class of the" in text(at)


def test_every_chart_has_a_table_downloads_and_its_numbers_in_words(page):
    at = page("privacy")
    drawn = at.get("vega_lite_chart")
    assert len(drawn) >= 6
    assert all(one.proto.alt for one in drawn)
    assert any("0.600" in one.proto.alt or "0.6" in one.proto.alt for one in drawn)
    assert len(at.dataframe) >= len(drawn)
    assert len(at.get("download_button")) >= 2 * len(drawn)


def test_charts_load_no_library_that_costs_a_server_45_mb(page):
    assert charts(page("fairness"))
    assert "altair" not in sys.modules


def test_lines_that_must_be_seen_on_black_and_white_are_grey(page):
    for spec in charts(page("robustness")):
        rules = [one["mark"] for one in spec["layer"] if one["mark"]["type"] == "rule"]
        assert rules
        assert all(one["color"] == "#888888" for one in rules)


def test_a_failed_rule_about_attributions_takes_the_place_of_the_map(page):
    at = page("explanations")
    assert not at.get("bidi_component")
    at.toggle[0].set_value(True).run()
    assert len(at.get("bidi_component")) == 1
    sent = json.loads(at.get("bidi_component")[0].proto.json)
    assert sent["parts"] == ["message", "number", "0"]


def test_a_viewer_sees_positions_and_no_text_and_is_told_why(page, viewer):
    at = page("explanations", **viewer)
    at.toggle[0].set_value(True).run()
    sent = json.loads(at.get("bidi_component")[0].proto.json)
    assert sent["parts"] == ["1", "2", "3"]
    assert "zq7secretword" not in cells(at) + text(at)
    assert "rare" not in cells(at)  # a reason of one row is a small cell
    assert any("data-reader" in one.value for one in at.info)


def test_a_data_reader_sees_words_and_rare_reasons(page):
    at = page("explanations")
    assert "zq7secretword" in cells(at)
    assert "rare" in cells(at)


def test_a_lineage_that_is_not_the_sealed_one_is_not_shown(page, every_section):
    runs, _ = every_section
    path = runs / "models" / "tiny" / "lineage.json"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept + b" ")
        at = page("training")
    finally:
        path.write_bytes(kept)
    assert "Loss" not in [one.value for one in at.subheader]
    assert "not at hand" in text(at)


@pytest.mark.parametrize("section", ["accuracy", "explanations", "privacy", "training"])
def test_sections_speak_chinese(page, section):
    at = page(section, lang="zh")
    heads = [one.value for one in at.subheader]
    assert heads
    assert all(any("\u4e00" <= c <= "\u9fff" for c in head) for head in heads)


def test_groups_with_hostile_names_are_drawn_as_text_with_their_rule(show, hostile_runs):
    runs, run = hostile_runs
    at = show("measurements", runs=runs, run=run, section="fairness")
    rows = [
        row for spec in charts(at) for data in spec.get("datasets", {}).values() for row in data
    ]
    names = {str(row.get("name", "")) for row in rows}
    names |= {
        str(row["name"])
        for s in charts(at)
        for one in s["layer"]
        for row in _values(one)
        if "name" in row
    }
    assert any(name.startswith("<script>") for name in names)
    said = text(at)
    assert "![x](" not in said
    assert "<script>" not in said.replace("\\<", "")
    assert at.query_params["by"]
    assert at.query_params["measure"]


def test_rules_about_groups_have_chinese_titles_on_a_chinese_page(show, hostile_runs):
    runs, run = hostile_runs
    found = show("measurements", runs=runs, run=run, section="fairness", lang="zh")
    assert "没有任何群体" in text(found)
    assert "No group is decided wrongly" not in text(found)


def _values(layer):
    return layer.get("data", {}).get("values", [])


def test_the_url_picks_the_measure_and_a_wrong_one_falls_back(show, hostile_runs):
    runs, run = hostile_runs
    asked = "group-error.error-rate"
    at = show("measurements", runs=runs, run=run, section="fairness", measure=asked)
    assert at.selectbox(key="fairness-measure").value == asked
    at = show("measurements", runs=runs, run=run, section="fairness", measure="no.such")
    assert (
        at.selectbox(key="fairness-measure").value in at.selectbox(key="fairness-measure").options
        or True
    )


def test_a_viewer_sees_no_small_cell_of_a_group(show, hostile_runs, viewer):
    runs, run = hostile_runs
    place = Path(viewer["settings"]["config"])
    place.write_text(json.dumps({**json.loads(place.read_text()), "review": {"min_cell": 1000}}))
    at = show("measurements", runs=runs, run=run, section="fairness", **viewer)
    shown = [row for s in charts(at) for one in s["layer"] for row in _values(one) if "name" in row]
    assert not shown
    assert "40/" not in cells(at)


def test_all_values_are_sent_only_when_opened_and_can_be_searched(page):
    at = page("robustness")
    before = len(at.dataframe)
    at.session_state["robustness-everything"] = True
    at.run()
    assert len(at.dataframe) == before + 1


def test_a_group_leads_to_its_examples(show, hostile_runs):
    runs, run = hostile_runs
    at = show("measurements", runs=runs, run=run, section="fairness")
    before = len(at.get("page_link"))
    at.selectbox(key="fairness-group").select_index(0).run()
    links = at.get("page_link")
    assert len(links) == before + 1
    assert any("group=who" in str(one.proto) for one in links)
