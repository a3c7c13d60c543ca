"""The page Compare: what differs comes first, and nothing is paired that is not about the same rows."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dashboards import viewing
from dashboards.parts import compared

GOLD = "20260101-000000-aaaaaa"
NEW = "20260102-000000-bbbbbb"


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory, shared_runs):
    """Two gated runs; the second has another seed, another policy state, and a lower accuracy."""
    folder = tmp_path_factory.mktemp("two-runs")
    first = shared_runs.seal(folder, run_id=GOLD)
    shared_runs.gate(first)
    config = dict(first.record.config) | {"seed": 99, "secret_thing": "<script>alert(1)</script>"}
    second = shared_runs.seal(folder, run_id=NEW, config=config, device="cuda:0")
    shared_runs.gate(second, "blocked")
    return folder


def text(at):
    kinds = (at.markdown, at.header, at.info, at.warning)
    return " ".join(str(one.value) for kind in kinds for one in kind)


def test_without_a_release_the_page_asks_for_a_baseline(show, two_runs):
    at = show("compare", runs=two_runs, run=NEW)
    assert "Pick a baseline above" in at.info[0].value


def test_what_differs_stands_before_the_values(show, two_runs):
    at = show("compare", runs=two_runs, run=NEW, base=GOLD)
    headers = [one.value for one in at.header]
    assert headers.index("What differs besides the numbers") < headers.index("Values")
    shown = at.dataframe[0].value
    cells = {tuple(row) for row in shown.astype(str).itertuples(index=False)}
    assert any(row[1] == "seed" and row[3] == "99" for row in cells)
    assert any(row[0] == "environment" and "cuda:0" in row[3] for row in cells)
    assert "<script>alert(1)</script>" in shown.to_string()  # as text, in a cell


def test_where_nothing_was_released_no_release_is_spoken_of(show, two_runs):
    said = text(show("compare", runs=two_runs, run=NEW, base=GOLD))
    assert "No run stands released under this name" in said
    assert "the release that stands" not in said


def test_an_unknown_baseline_is_said_to_be_not_here(show, two_runs):
    at = show("compare", runs=two_runs, run=NEW, base="20990101-000000-cccccc")
    assert "This run is not here" in [one.value for one in at.header]


def test_a_damaged_baseline_shows_no_value(show, two_runs, tmp_path):
    folder = tmp_path / "runs"
    shutil.copytree(two_runs, folder)
    path = folder / GOLD / "measurements.json"
    path.write_text(path.read_text().replace("0.", "1.", 1))
    at = show("compare", runs=folder, run=NEW, base=GOLD)
    assert "This evidence was changed after it was sealed" in [one.value for one in at.header]
    assert not at.dataframe


def test_other_rows_are_warned_about(show, tmp_path, shared_runs):
    first = shared_runs.seal(tmp_path, run_id=GOLD)
    shared_runs.gate(first)
    other = tuple(
        replace(one, content_digest="f" * 64) if one.name == "test" else one
        for one in first.record.datasets
    )
    second = shared_runs.seal(tmp_path, run_id=NEW, datasets=other)
    shared_runs.gate(second)
    at = show("compare", runs=tmp_path, run=NEW, base=GOLD)
    assert "no difference is paired" in text(at)


def test_a_copy_of_the_run_is_no_baseline_and_is_called_what_it_is(show, two_runs, tmp_path):
    folder = tmp_path / "runs"
    shutil.copytree(two_runs, folder)
    shutil.copytree(folder / NEW, folder / "20260103-000000-cccccc")
    at = show("compare", runs=folder, run=NEW, base="20260103-000000-cccccc")
    assert "this very run" in at.info[0].value
    assert not at.button
    assert "Values" not in [one.value for one in at.header]


def test_the_measures_furthest_apart_are_drawn_and_the_others_counted(monkeypatch):
    monkeypatch.setattr(compared, "_DRAWN", 1)
    rows = [
        {
            "measure": name, "title": name, "unit": "share", "better": "higher",
            "before": 0.5, "now": 0.5 + by, "before_text": "", "now_text": "",
        }
        for name, by in (("near", 0.01), ("far", -0.2), ("middle", 0.1))
    ]  # fmt: skip
    drawn = []
    monkeypatch.setattr(compared, "chart", lambda *given, **more: drawn.append(given))
    assert compared.dumbbells(rows, key="k") == (1, 3)
    ((spec, listed),) = drawn
    assert '"far"' in json.dumps(spec)
    assert '"middle"' not in json.dumps(spec)
    assert [next(iter(one.values())) for one in listed] == ["far", "middle", "near"]


def test_in_chinese_the_page_speaks_chinese(show, two_runs):
    at = show("compare", runs=two_runs, run=NEW, base=GOLD, lang="zh")
    assert "数字之外的差异" in [one.value for one in at.header]


def test_pairing_says_what_became_of_each_measure(show, two_runs):
    at = show("compare", runs=two_runs, run=NEW, base=GOLD)
    at.query_params["run"], at.query_params["base"] = NEW, GOLD
    (button,) = [one for one in at.button if one.label == "Pair over the same rows"]
    button.click().run()
    assert not at.exception
    titles = [one.label for one in at.expander]
    assert any(title.startswith(("Unchanged", "Not decided", "Not paired")) for title in titles)
    assert "Benjamini" in text(at)


@pytest.fixture
def beside_groups(hostile_runs, shared_runs, tmp_path):
    """A folder with a gated run and one of groups that was never gated, and the latter's id."""
    folder, base = hostile_runs
    shutil.copytree(folder / base, tmp_path / "runs" / base)
    shutil.rmtree(tmp_path / "runs" / base / "gates")
    shared_runs.gate(shared_runs.seal(tmp_path / "runs", run_id=NEW))
    return tmp_path / "runs", base


def test_small_groups_of_a_baseline_without_a_gate_are_hidden_from_a_viewer(
    show, beside_groups, viewer, monkeypatch
):
    seen = []
    monkeypatch.setattr(compared, "side_by_side", lambda _, before: seen.append(before) or [])
    config = Path(viewer["settings"]["config"])
    config.write_text(json.dumps(json.loads(config.read_text()) | {"review": {"min_cell": 1000}}))
    folder, base = beside_groups
    show("compare", runs=folder, run=NEW, base=base, **viewer)
    of_groups = [one for one in seen[-1].measurements if one.slice.startswith("who=")]
    assert len(of_groups) > 3
    assert all(one.estimate.value is None for one in of_groups if "%2A" not in one.slice)


def test_looking_at_small_groups_of_the_baseline_is_logged(
    show, beside_groups, tmp_path, monkeypatch
):
    told = []
    monkeypatch.setattr(viewing._log, "info", lambda _, extra: told.append(extra["facts"]["run"]))
    path = tmp_path / "d.yaml"
    path.write_text("apiVersion: modelassay/v1\nkind: Dashboard\nreview: {min_cell: 1000}\n")
    folder, base = beside_groups
    show("compare", runs=folder, run=NEW, base=base, settings={"config": str(path)})
    assert base in told
