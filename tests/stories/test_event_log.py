"""What happened is appended to the event log that the config or the environment names."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness.store import open_log, verify_chain

Assay = Callable[..., tuple[int, str, str]]


def test_a_run_and_its_gates_are_logged_once_each(
    story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{story / 'events.db'}"
    monkeypatch.setenv("ASSAY_STORE", url)
    assay("run")
    assay("gate", "latest", "--now", "2027-01-01")
    assay("gate", "latest", "--now", "2027-01-01")
    with closing(open_log(url)) as log:
        events = log.events()
    assert [event.kind for event in events] == ["run-sealed", "run-gated", "run-gated"]
    assert not verify_chain(events)


def test_without_a_store_no_database_is_made(story: Path, assay: Assay) -> None:
    assay("run")
    assert not list(story.rglob("*.db"))


def test_a_store_that_cannot_be_reached_is_said_before_anything_is_measured(
    story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_STORE", "sqlite:////no/such/folder/events.db")
    code, _, err = assay("run")
    assert code == 3
    assert "event" in err.lower()
    assert not list((story / "runs").glob("*/MANIFEST.json"))


def test_a_store_that_is_lost_during_a_run_is_said_and_the_run_stays_sealed(
    story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.commands import logbook
    from harness.errors import IncompleteError

    def lost(address: object) -> object:
        raise IncompleteError("The event log must be open for writing, got a closed connection.")

    monkeypatch.setenv("ASSAY_STORE", f"sqlite:///{story / 'events.db'}")
    monkeypatch.setattr(logbook, "open_index", lost)
    code, _, err = assay("run")
    assert code == 3
    assert "event log" in err
    assert list((story / "runs").glob("*/MANIFEST.json"))


def test_a_second_job_reuses_what_the_first_one_measured_and_judges_it_anew(
    story: Path, assay: Assay
) -> None:
    import json

    cache = str(story / "cache")
    assert assay("run", "--runs", "first", "--cache", cache)[0] in (0, 1, 3)
    code, out, err = assay("run", "--runs", "second", "--cache", cache, "--json")
    assert code == json.loads(out)["exit_code"]
    (record,) = (story / "second").glob("2*/run.json")
    reused = json.loads(record.read_bytes())["reused"]
    (first,) = (story / "first").glob("2*")
    assert {one["run"] for one in reused} == {first.name}
    assert "audit accuracy" in {one["stage"] for one in reused}
    code, _, err = assay("audit", "--runs", "third", "--cache", "s3://")
    assert code == 2
    assert "bucket" in err
