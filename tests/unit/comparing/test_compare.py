"""``assay compare``: runs side by side against one of them, without a judgement."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

import harness
from harness.cli.root import assay
from harness.commands.comparing.screen import render_html, render_markdown, render_screen
from harness.commands.comparing.significance import ways_of
from harness.commands.comparing.table import compare, worse_for
from harness.stats import exact, paired_difference
from harness.wording.text import cells

JUDGING = re.compile(
    r"\b(pass(es|ed)?|fail(s|ed)?|good|bad|fair|safe|compliant|regress\w*)\b", re.I
)


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    monkeypatch.setattr("harness.stats.paired_tables.REPLICATES", 1000)


@pytest.fixture(scope="session")
def made(tmp_path_factory, rows, scores, seal):
    """A folder of three runs: the baseline, one that is far worse in the west, and a third."""
    folder = tmp_path_factory.mktemp("compare") / "runs"
    good = scores(rows, seed=1, wrong=0.02)
    west = np.array([one["region"] == "west" for one in rows])
    worse = np.where(west[:, None] & (np.arange(len(rows)) % 3 > 0)[:, None], good[:, ::-1], good)
    third = scores(rows, seed=3, wrong=0.02)
    return folder, [seal(folder, rows, one).id for one in (good, worse, third)]


@pytest.fixture(scope="session")
def two(made):
    folder, (first, second, _) = made
    return compare([first, second], folder)


def asked(*words, runs):
    return CliRunner().invoke(
        assay, ["compare", *words, "--runs", str(runs)], standalone_mode=False
    )


def line(found, measure, slice="all"):
    return next(one for one in found.lines if (one.measure, one.slice) == (measure, slice))


def test_the_first_run_is_the_baseline_unless_another_is_named(made):
    folder, (first, second, third) = made
    assert [one.run for one in compare([second, first], folder).sides] == [second, first]
    named = compare([second, third, first], folder, baseline=first)
    assert [one.run for one in named.sides] == [first, second, third]
    assert [one.letter for one in named.sides] == ["A", "B", "C"]


def test_what_became_worse_beyond_chance_is_said_with_its_interval(two):
    accuracy = line(two, "accuracy.accuracy")
    assert accuracy.ways == ("baseline", "worse")
    assert accuracy.differences[1].high < 0
    assert line(two, "group-error.error-rate", "region=west").ways[1] == "worse"
    assert line(two, "group-error.error-rate", "region=north").ways[1] == "not decided"


def test_worse_for_whom_names_the_groups_whose_errors_rose(two):
    assert [(letter, one.slice) for letter, one, _ in worse_for(two)] >= [("B", "region=west")]
    assert "region=north" not in [one.slice for _, one, _ in worse_for(two)]
    assert re.search(r"Worse for region = west with B: errors \+\d", render_screen(two, 80))


def test_decisions_that_changed_are_counted_with_their_way(two, rows):
    (one,) = two.changes
    west = sum(row["region"] == "west" and k % 3 > 0 for k, row in enumerate(rows))
    assert (one.n, one.changed) == (len(rows), west)
    assert one.lost + one.won == west
    assert one.lost > one.won


def test_many_equal_measures_are_hardly_ever_called_better_or_worse(made):
    folder, (first, _, third) = made
    words = [one.ways[1] for one in compare([first, third], folder).lines]
    assert words.count("not decided") > 20
    assert words.count("better") + words.count("worse") <= 2


def test_benjamini_and_hochberg_are_harder_on_one_difference_among_many():
    row = np.arange(400)
    slight = paired_difference(row < 11, (row >= 11) & (row < 14))
    none = [paired_difference(row < 5, (row >= 5) & (row < 10)) for _ in range(60)]
    alone, m = ways_of([(0, ("m", "d", "all"), slight, "higher")])
    assert (alone[0, ("m", "d", "all")], m) == ("better", 1)
    others = [(0, ("n", "d", str(k)), one, "higher") for k, one in enumerate(none)]
    among, m = ways_of([(0, ("m", "d", "all"), slight, "higher"), *others])
    assert (among[0, ("m", "d", "all")], m) == ("not decided", 61)


def test_lower_is_better_turns_the_word_and_no_change_is_its_own():
    row = np.arange(400)
    rise = paired_difference(row < 60, row < 20)
    place = (0, ("m", "d", "all"))
    assert ways_of([(*place, rise, "lower")])[0][place] == "worse"
    assert ways_of([(*place, exact(0.0, n=3, unit="difference"), "lower")])[0][place] == "same"
    rate = (0, ("group-metrics.selection-rate", "d", "all"))
    assert ways_of([(*rate, rise, "higher")])[0][rate] == "changed"


@pytest.mark.parametrize("width", [80, 100])
def test_a_terminal_shows_it_in_its_width_and_without_a_judgement(two, width):
    text = render_screen(two, width)
    assert max(map(cells, text.splitlines())) <= width
    assert not JUDGING.search(text)
    assert "Benjamini-Hochberg over" in text


def test_other_rows_are_not_comparable_and_said_so(made, tmp_path, table, scores, seal):
    folder, (first, *_) = made
    other = table(seed=9)
    elsewhere = seal(tmp_path, other, scores(other, seed=1, wrong=0.02))
    shown = asked(first, str(elsewhere.path), runs=folder)
    assert shown.return_value == 0
    assert "B, data set test: not comparable." in " ".join(shown.stdout.split())
    data = json.loads(asked(first, str(elsewhere.path), "--json", runs=folder).stdout)
    assert data["decisions"] == []
    apart = [one["values"] for one in data["measures"] if one["measure"] == "accuracy.accuracy"]
    assert [[letter for letter, value in one.items() if value] for one in apart] == [["A"], ["B"]]
    assert all(not any(one["differences"].values()) for one in data["measures"])


def test_the_same_rows_under_another_name_stand_in_one_line(made, tmp_path, rows, scores, seal):
    folder, (first, *_) = made
    renamed = seal(tmp_path, {"holdout": rows}, scores(rows, seed=3, wrong=0.02))
    found = compare([first, str(renamed.path)], folder)
    accuracy = [one for one in found.lines if one.measure == "accuracy.accuracy"]
    assert [one.dataset for one in accuracy] == ["test"]
    assert accuracy[0].differences[1] is not None


def test_other_training_rows_are_said(tmp_path, rows, scores, table, seal):
    answers = scores(rows, seed=1, wrong=0.02)
    learnt = [table(seed=k)[:60] for k in (7, 8)]
    paths = [str(seal(tmp_path, rows, answers, train=one).path) for one in (*learnt, learnt[0])]
    other, same = compare(paths[:2], tmp_path), compare([paths[0], paths[2]], tmp_path)
    assert [one.id for one in other.notes] == ["compare.other-learnt-rows"]
    assert same.notes == ()


def test_of_copies_of_a_run_the_one_named_first_stands_in_the_table(made, tmp_path):
    folder, (first, second, _) = made
    copy = tmp_path / "a-copy"
    shutil.copytree(folder / second, copy)
    harness.gate(copy, "builtin/standard")
    assert compare([str(copy), first, second], folder).sides[0].verdicts
    assert compare([second, first, str(copy)], folder).sides[0].verdicts == {}


def test_json_holds_every_measure_of_both_runs_and_no_evidence(made, two):
    folder, (first, second, _) = made
    data = json.loads(asked(first, second, "--json", runs=folder).stdout)
    assert data["multiplicity"]["method"] == "benjamini-hochberg"
    assert len(data["measures"]) == len(two.lines)
    assert "evidence" not in json.dumps(data)
    assert data["runs"][0]["latency_ms"] is None  # no model was asked


def test_figures_of_few_rows_are_not_shown_and_their_differences_neither(made, rows):
    folder, (first, second, _) = made
    least = 150
    found = compare([first, second], folder, least=least)
    small = {
        region
        for region in ("north", "south", "west")
        if sum(r["region"] == region for r in rows) < least
    }
    assert small
    for one in found.lines:
        if any(one.slice == f"region={region}" for region in small):
            assert one.differences == (None, None)
    assert not [one for _, one, _ in worse_for(found) if one.slice.startswith("region")]
    text = render_markdown(found)
    assert re.search(r"Error rate, region = west \| B \| fewer than 150 \|  \|", text)


def test_pages_hold_no_script_and_escape_what_comes_from_data(two):
    html = render_html(two)
    assert "<script" not in html
    assert "region = west" in html
    assert render_markdown(two).startswith("# Runs compared")


def test_a_page_is_written_beside_what_is_shown(made, tmp_path):
    folder, (first, second, _) = made
    out = tmp_path / "deep" / "compared.html"
    shown = asked(first, second, "--html", str(out), "--format", "md", runs=folder)
    assert shown.stdout.startswith("# Runs compared")
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_copy_of_a_run_stands_in_the_table_once_and_is_named(made, tmp_path):
    folder, (first, second, _) = made
    shutil.copytree(folder / first, tmp_path / "copy")
    found = compare([first, second, str(tmp_path / "copy")], folder)
    assert [one.run for one in found.sides] == [first, second]
    assert found.notes[0].text.startswith(f"{tmp_path / 'copy'} is the same run as {first}")
    # the baseline may be named among the others
    again = compare([second, first], folder, baseline=first)
    assert not [one for one in again.notes if one.id == "compare.named-twice"]


def test_one_run_is_misuse_and_a_damaged_one_breaks_integrity(made, tmp_path):
    folder, (first, second, _) = made
    assert asked(first, first, runs=folder).exception.exit_code == 2
    assert asked(first, runs=folder).exception.exit_code == 2
    copy = tmp_path / "runs"
    shutil.copytree(folder, copy)
    with (copy / second / "measurements.json").open("ab") as stream:
        stream.write(b" ")
    assert asked(first, second, runs=copy).exception.exit_code == 5


def test_no_text_of_a_row_stands_in_any_format(made):
    folder, (first, second, _) = made
    for form in ("text", "md", "html", "json"):
        assert "text number" not in asked(first, second, "--format", form, runs=folder).stdout
