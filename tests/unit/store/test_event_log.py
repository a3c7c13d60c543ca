import sqlite3
import subprocess
import sys
import threading
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import IncompleteError, IntegrityError, MissingExtra, UsageError
from harness.files import digest_of
from harness.store import GENESIS, Event, open_log, verify_chain

SUBJECT = "a" * 64
ROOT = Path(__file__).parents[3]


def clock() -> datetime:
    return datetime(2026, 11, 23, 18, 40, tzinfo=UTC)


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


@pytest.fixture
def log(url):
    opened = open_log(url, clock)
    yield opened
    opened.close()


def add(log, n=1, **fields):
    given = {"body": {"note": "é 批准"}, "actor": "u1", **fields}
    return [log.append("run-sealed", SUBJECT, **given) for _ in range(n)]


def chain(n: int) -> list[Event]:
    events: list[Event] = []
    for seq in range(1, n + 1):
        data = {
            "seq": seq,
            "time": "2026-11-23T18:40:00Z",
            "actor": "u1",
            "kind": "k",
            "subject": SUBJECT,
            "body": {"n": seq},
            "key": None,
            "previous": events[-1].digest if events else GENESIS,
        }
        events.append(Event(**data, digest=digest_of(data)))
    return events


def test_events_are_numbered_and_each_holds_the_one_before(log):
    first, second = add(log, 2)
    assert (first.seq, second.seq) == (1, 2)
    assert first.previous == GENESIS
    assert second.previous == first.digest
    assert first.time == "2026-11-23T18:40:00Z"


def test_what_was_written_is_read_again_by_another_process(log, url):
    written = add(log, 3)
    other = open_log(url)
    assert other.events() == written
    assert other.events(since=2) == written[2:]
    assert verify_chain(other.events()) == []
    other.close()


def test_an_event_cannot_be_changed(log):
    (event,) = add(log)
    with pytest.raises(FrozenInstanceError):
        event.actor = "u2"


def test_the_same_key_again_is_the_same_event(log):
    (first,) = add(log, key="button-1")
    assert add(log, key="button-1") == [first]
    assert len(log.events()) == 1


def test_a_key_that_stands_for_something_else_is_refused(log):
    add(log, key="button-1")
    with pytest.raises(UsageError, match="stand for one event"):
        add(log, key="button-1", actor="u2")
    assert len(log.events()) == 1


def test_a_decision_on_an_old_page_is_refused(log):
    (first,) = add(log, head=GENESIS)
    add(log, head=first.digest)
    with pytest.raises(UsageError, match="newer event by someone else"):
        add(log, head=first.digest)
    assert len(log.events()) == 2


def test_a_number_that_is_not_finite_is_no_body(log):
    with pytest.raises(ValueError, match="JSON compliant"):
        add(log, body={"x": float("nan")})
    assert log.events() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assay_events SET actor = 'u2'",
        "DELETE FROM assay_events",
        "DELETE FROM assay_events WHERE seq = 1",
    ],
)
def test_the_database_itself_refuses_changes(log, tmp_path, statement):
    add(log, 2)
    with (
        sqlite3.connect(tmp_path / "events.db") as raw,
        pytest.raises(sqlite3.DatabaseError, match="append-only"),
    ):
        raw.execute(statement)
    raw.close()
    assert len(log.events()) == 2


def test_who_takes_the_guards_away_is_found_by_the_chain(log, tmp_path):
    add(log, 3)
    raw = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    raw.execute("DROP TRIGGER assay_events_no_update")
    raw.execute("UPDATE assay_events SET actor = 'u2' WHERE seq = 2")
    raw.close()
    (problem,) = verify_chain(log.events())
    assert problem.startswith("Event 2 must have the digest")


def test_a_body_that_is_no_json_is_an_integrity_error(log, tmp_path):
    add(log)
    raw = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    raw.execute("DROP TRIGGER assay_events_no_update")
    raw.execute("UPDATE assay_events SET body = '{'")
    raw.close()
    with pytest.raises(IntegrityError, match="body of event 1"):
        log.events()


def test_eight_threads_lose_nothing_and_keep_the_chain(url):
    n_threads, n_each = 8, 50
    log = open_log(url)

    def work(name: str) -> None:
        # an append that fails shows in the count below
        for i in range(n_each):
            log.append("k", SUBJECT, body={"i": i}, actor=name, key=f"{name}-{i}")

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = log.events()
    log.close()
    assert len(events) == n_threads * n_each
    assert verify_chain(events) == []
    for name in {event.actor for event in events}:
        assert [e.body["i"] for e in events if e.actor == name] == list(range(n_each))


def test_threads_that_press_one_button_make_one_event(log):
    threads = [threading.Thread(target=add, args=(log,), kwargs={"key": "b"}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.events()) == 1


def test_an_append_that_fails_leaves_the_log_as_it_was(url):
    def broken() -> datetime:
        raise KeyboardInterrupt

    good = open_log(url, clock)
    add(good)
    bad = open_log(url, broken)
    with pytest.raises(KeyboardInterrupt):
        add(bad)
    assert len(add(good)) == 1
    assert verify_chain(good.events()) == []
    good.close()
    bad.close()


@given(n=st.integers(2, 8), data=st.data())
def test_a_changed_dropped_or_swapped_event_breaks_the_chain(n, data):
    events = chain(n)
    assert verify_chain(events) == []
    i = data.draw(st.integers(0, n - 2))
    changed = [*events[:i], replace(events[i], actor="u2"), *events[i + 1 :]]
    dropped = events[:i] + events[i + 1 :]
    swapped = [*events[:i], events[i + 1], events[i], *events[i + 2 :]]
    assert verify_chain(changed)
    assert verify_chain(dropped)
    assert verify_chain(swapped)


def test_a_part_of_the_chain_is_checked_after_the_event_before_it():
    events = chain(5)
    assert verify_chain(events[3:], after=events[2]) == []
    assert verify_chain(events[3:], after=events[1])
    assert verify_chain([]) == []


def test_a_cut_tail_is_not_seen_by_the_chain_alone():
    assert verify_chain(chain(5)[:3]) == []


def test_a_plain_path_is_an_sqlite_file(tmp_path):
    log = open_log(str(tmp_path / "a.db"))
    add(log)
    log.close()
    assert (tmp_path / "a.db").is_file()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hunter2@host/db", "SQLite or PostgreSQL"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("://u:hunter2@host", "must be a URL"),
    ],
)
def test_an_address_that_cannot_hold_a_log_is_refused_without_its_password(url, words):
    with pytest.raises(UsageError, match=words) as caught:
        open_log(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_driver_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match="needs the driver"):
        open_log("postgresql+psycopg://u:hunter2@host/db")


def test_without_sqlalchemy_the_extra_is_named(monkeypatch, url):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingExtra, match=r"modelassay\[store\]"):
        open_log(url)


def test_a_file_that_is_no_database_is_an_integrity_error(tmp_path):
    (tmp_path / "x.db").write_text("not a database, but long enough to be looked at" * 50)
    with pytest.raises(IntegrityError, match="sound database"):
        open_log(str(tmp_path / "x.db"))


def test_a_place_that_cannot_be_written_is_incomplete(tmp_path):
    with pytest.raises(IncompleteError, match="open for writing"):
        open_log(str(tmp_path / "none" / "x.db"))


def test_a_full_disk_is_named_as_what_it_is(log, url):
    from sqlalchemy import event

    add(log)
    full = open_log(url)
    full.close()
    event.listen(
        full._engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 1").close()
    )
    with pytest.raises(IncompleteError, match="disk is full"):
        add(full, 200, body={"note": "x" * 2000})
    full.close()
    assert verify_chain(log.events()) == []


def test_a_log_of_a_newer_version_is_left_alone(log, tmp_path, url):
    raw = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    raw.execute("UPDATE assay_log SET version = 9")
    raw.close()
    with pytest.raises(UsageError, match="must have the version 2 or less, got 9"):
        open_log(url)


def test_the_module_loads_no_database_library():
    script = "import sys, harness.store; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False"
