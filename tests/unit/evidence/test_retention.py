"""Nothing goes before its time, nothing that is held, and what goes says so."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from harness import clock
from harness.cli import invoke
from harness.commands.retention import months_later
from harness.evidence import erasing, open_run, verify_run
from harness.signing import new_key

DUE = datetime(2027, 5, 23, 18, 40, 1, tzinfo=UTC)  # six months after the golden run's gate
BEFORE = datetime(2027, 5, 23, 18, 40, 0, tzinfo=UTC)


@pytest.fixture
def place(run, runs, tmp_path, monkeypatch):
    monkeypatch.delenv("ASSAY_STORE", raising=False)
    monkeypatch.setenv("MODELASSAY_KEYS", str(tmp_path / "keys"))
    (tmp_path / "dpo.key").write_bytes(new_key().pem())
    (tmp_path / "dpo.key").chmod(0o600)
    return tmp_path


@pytest.fixture
def at(monkeypatch):
    def set_to(moment):
        monkeypatch.setattr(clock, "utc_now", lambda: moment)

    set_to(BEFORE)
    return set_to


def retention(place, *args, key="dpo.key"):
    signed = () if args[0] == "plan" else ("--key", str(place / key), "--role", "legal")
    return invoke(["retention", *args, *signed, "--runs", str(place / "runs")])


def planned(place, capsys, *args):
    capsys.readouterr()
    assert retention(place, "plan", "--json", *args) == 0
    return {one["part"]: one for one in json.loads(capsys.readouterr().out)["parts"]}


def test_each_part_has_the_time_of_its_class(place, at, capsys):
    parts = planned(place, capsys)
    assert (parts["personal"]["retention"], parts["personal"]["until"]) == (
        "logs",
        "2027-05-23T18:40:01Z",
    )
    assert (parts["record"]["retention"], parts["record"]["until"]) == (
        "techdoc",
        "2036-11-23T18:40:01Z",
    )
    assert not any(one["may_go"] for one in parts.values())


def test_a_moment_in_the_future_previews_and_erases_nothing(place, run, at, capsys):
    assert planned(place, capsys, "--now", "2030-01-01")["personal"]["may_go"]
    assert retention(place, "apply", "--yes", "--now", "2030-01-01") == 0
    assert (run / "personal/rows.parquet").is_file()
    assert not (run / "erasures").exists()


def test_a_part_goes_at_its_time_and_not_a_second_before(place, run, at, capsys):
    assert retention(place, "apply", "--yes") == 0
    assert (run / "personal").is_dir()
    at(DUE)
    assert retention(place, "apply") == 0
    assert (run / "personal").is_dir()
    assert retention(place, "apply", "--yes") == 0
    assert not (run / "personal").exists()
    report = verify_run(run)
    assert report.problems == ()
    assert "retention logs: its time was over on 2027-05-23T18:40:01Z" in report.erased[0]
    assert retention(place, "apply", "--yes") == 0
    assert len(list((run / "erasures").iterdir())) == 1


def test_a_hold_outlasts_every_time_until_it_is_ended(place, run, runs, at, capsys):
    at(DUE)
    assert retention(place, "hold", run.name, "--reason", "case 9") == 0
    assert planned(place, capsys)["personal"]["holds"]
    assert retention(place, "apply", "--yes") == 0
    assert (run / "personal").is_dir()
    key = ("--key", str(place / "dpo.key"), "--role", "legal", "--runs", str(runs))
    assert invoke(["erase", run.name, "--all", *key]) == 2
    assert invoke(["erase", run.name, "--example", "e001", *key]) == 2
    (place / "other.key").write_bytes(new_key().pem())
    assert retention(place, "release-hold", run.name, "--reason", "x", key="other.key") == 2
    assert retention(place, "release-hold", run.name, "--reason", "settled") == 0
    assert verify_run(run).is_intact
    assert retention(place, "apply", "--yes") == 0
    assert not (run / "personal").exists()
    assert retention(place, "release-hold", run.name, "--reason", "settled") == 2


def test_a_run_that_was_changed_is_not_erased_from_and_the_others_are(
    place, run, runs, golden, at, capsys
):
    other = shutil.copytree(run, runs / "20261123-184000-ab12cd-copy")
    (run / "measurements.json").write_text("{}")
    at(DUE)
    assert retention(place, "apply", "--yes") == 5
    assert (run / "personal").is_dir()
    assert not (other / "personal").exists()
    assert verify_run(other).is_intact


def test_a_run_that_was_judged_again_is_kept_from_then_on(place, run, at, golden, capsys):
    from dataclasses import replace

    from harness.evidence import add_gate

    bundle = open_run(run)
    later = replace(golden.verdict(bundle.digest), now="2027-01-31T00:00:00Z")
    add_gate(bundle, later, golden.POLICY, {})
    assert planned(place, capsys)["personal"]["until"] == "2027-07-31T00:00:00Z"


def test_a_kill_in_the_middle_is_finished_by_the_same_command(place, run, at, monkeypatch):
    at(DUE)

    def half(folder):
        (folder / "MANIFEST.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_remove", half)
        assert retention(place, "apply", "--yes") == 130
    assert not verify_run(run).is_intact
    assert retention(place, "apply", "--yes") == 0
    assert verify_run(run).is_intact
    assert not (run / "personal").exists()


def test_months_end_on_the_last_day_where_the_day_is_missing():
    assert months_later(datetime(2026, 8, 31, tzinfo=UTC), 6) == datetime(2027, 2, 28, tzinfo=UTC)
    assert months_later(datetime(2026, 12, 15, tzinfo=UTC), 25) == datetime(2029, 1, 15, tzinfo=UTC)
    assert months_later(datetime(2024, 2, 29, tzinfo=UTC), 120) == datetime(2034, 2, 28, tzinfo=UTC)


# --- the command assay erase -----------------------------------------------------------------------


def test_the_command_erases_says_so_and_is_the_same_again(place, run, runs, at, capsys):
    at(datetime(2026, 11, 27, tzinfo=UTC))
    args = ["erase", run.name, "--example", "e007", "--key", str(place / "dpo.key")]
    args += ["--role", "legal", "--runs", str(runs)]
    assert invoke([*args, "--store", str(place / "events.db")]) == 0
    assert "1 row(s)" in capsys.readouterr().out
    assert invoke(args) == 0
    assert "erased before, on 2026-11-27" in capsys.readouterr().out
    assert invoke(["verify", run.name, "--runs", str(runs), "--recompute"]) == 0
    assert "One example (1 row) was erased" in capsys.readouterr().out
    assert invoke(["log", "show", "--store", str(place / "events.db")]) == 0
    assert "run-erased" in capsys.readouterr().out


def test_what_is_to_be_erased_must_be_said_once(place, run, runs, at):
    key = ["--key", str(place / "dpo.key"), "--role", "legal", "--runs", str(runs)]
    assert invoke(["erase", run.name, *key]) == 2
    assert invoke(["erase", run.name, "--all", "--example", "e1", *key]) == 2
    (run / "run.json").write_text("{}")
    assert invoke(["erase", run.name, "--all", *key]) == 5
    assert (run / "personal").is_dir()
