import os
import shutil
from pathlib import Path

import pytest

from harness.errors import IntegrityError, UsageError
from harness.evidence import find_run, list_runs, open_run, verify_run


@pytest.fixture
def three(run, runs):
    """Three runs: two of one day, one of the day before."""
    shutil.copytree(run, runs / "20261122-000000-abcdef")
    shutil.copytree(run, runs / f"{run.name}-2")
    return runs


def test_a_run_is_found_by_id_prefix_path_and_latest(three, run, golden):
    id = golden.RUN_ID
    assert find_run(id, three) == (run, None)
    assert find_run("20261122", three) == (three / "20261122-000000-abcdef", None)
    assert find_run(str(run), three.parent / "elsewhere") == (run, None)
    assert find_run("latest", three) == (three / f"{id}-2", None)


def test_the_tenth_of_a_second_comes_after_the_ninth(run, runs):
    for number in (2, 9, 10):
        shutil.copytree(run, runs / f"{run.name}-{number}")
    assert find_run("latest", runs)[0].name == f"{run.name}-10"


def test_of_two_plans_sealed_in_one_second_the_latest_is_the_one_sealed_later(run, runs):
    earlier, later = (runs / f"{run.name[:15]}-{digest}" for digest in ("ffffff", "000000"))
    for age, path in enumerate((earlier, later), start=1):
        shutil.copytree(run, path)
        moment = (run / "run.json").stat().st_mtime_ns + age
        os.utime(path / "run.json", ns=(moment, moment))
    assert find_run("latest", runs)[0] == later
    assert [one.path for one in list_runs(runs)] == [later, earlier, run]


def test_a_gate_is_named_after_an_at_sign(run, runs):
    (gate,) = open_run(run).gate_ids()
    assert find_run(f"latest@{gate[:4]}", runs) == (run, gate)
    assert find_run(f"{run}@{gate}", runs) == (run, gate)
    with pytest.raises(UsageError, match="must name one gate, got none"):
        find_run("latest@0000", runs)


def test_a_path_may_hold_an_at_sign(run, runs):
    odd = runs / "a@b"
    shutil.move(run, odd)
    assert find_run(str(odd), runs) == (odd, None)
    (gate,) = open_run(odd).gate_ids()
    assert find_run(f"{odd}@{gate}", runs) == (odd, gate)


def test_an_ambiguous_prefix_lists_what_it_could_be(three, run):
    with pytest.raises(UsageError) as caught:
        find_run("2026112", three)
    assert run.name in str(caught.value)
    assert "20261122-000000-abcdef" in str(caught.value)


def test_without_runs_the_error_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match=r"no runs yet .* assay run assay\.yaml"):
        find_run("latest", tmp_path / "runs")


def test_an_unknown_run_is_answered_with_the_nearest(run, runs):
    with pytest.raises(UsageError, match=f"Did you mean '{run.name}'"):
        find_run("20261123-184000-ab12ce", runs)


def test_an_empty_word_is_no_prefix(run, runs):
    with pytest.raises(UsageError):
        find_run("", runs)


def test_an_unfinished_folder_is_never_a_run(run, runs, golden):
    half = runs / ".partial" / golden.PLAN
    shutil.copytree(run, half)
    (runs / "half").mkdir()
    assert [one.path for one in list_runs(runs)] == [run]
    with pytest.raises(UsageError, match=r"without MANIFEST\.json"):
        find_run(str(runs / "half"), runs)


def test_a_list_is_sorted_newest_first_and_says_the_verdict(three, run):
    found = list_runs(three)
    assert [one.path.name for one in found] == [
        f"{run.name}-2",
        run.name,
        "20261122-000000-abcdef",
    ]
    first = found[1]
    assert (first.name, first.model, first.verdict) == (
        "golden",
        "scores.csv",
        "pass-with-warnings",
    )
    assert first.time == "2026-11-23T18:40:00Z"
    assert (first.n_gates, first.problem) == (1, None)
    assert first.gate == open_run(run).gate_ids()[0]


def test_a_damaged_run_is_listed_with_its_problem_and_never_hidden(three, run):
    (run / "run.json").write_text("{}")
    (three / "20261122-000000-abcdef" / "MANIFEST.json").write_text("{")
    found = {one.path.name: one for one in list_runs(three)}
    assert len(found) == 3
    assert "run.json must have the digest" in found[run.name].problem
    assert "follow the schema Manifest" in found["20261122-000000-abcdef"].problem
    assert found[f"{run.name}-2"].problem is None


def test_no_folder_is_no_runs(tmp_path):
    assert list_runs(tmp_path / "none") == []


def test_the_folder_of_a_gate_names_its_run_and_that_gate():
    golden = Path(__file__).resolve().parents[2] / "golden" / "bundle"
    gate = next((golden / "gates").iterdir())
    assert find_run(str(gate), golden.parent) == (golden, gate.name)


def test_a_run_whose_seal_was_taken_away_is_an_integrity_failure_and_never_skipped(three, run):
    newest = list_runs(three)[0].path
    (newest / "MANIFEST.json").unlink()
    assert find_run("latest", three) == (newest, None)
    assert "MANIFEST.json" in str(list_runs(three)[0].problem)
    with pytest.raises(IntegrityError, match=r"must hold MANIFEST\.json"):
        open_run(newest)
    assert verify_run(newest).problems
