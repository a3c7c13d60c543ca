"""What a chain alone cannot show, a checkpoint that was kept elsewhere does."""

import json
import sqlite3
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import invoke as main
from harness.commands.log_proof import checkpoint_name
from harness.depot import find_address, open_store
from harness.errors import IntegrityError, UsageError
from harness.files import digest_of, sha256_bytes
from harness.signing import envelope_of, new_key
from harness.store import (
    GENESIS,
    Event,
    checkpoint_problems,
    clock_problems,
    open_log,
    read_checkpoint,
    sign_checkpoint,
    verify_chain,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = new_key()


def chain(bodies, start=GENESIS):
    """A sound chain over bodies, one event a minute."""
    events: list[Event] = []
    for seq, body in enumerate(bodies, 1):
        moment = NOON + timedelta(minutes=seq)
        draft = Event(
            seq=seq,
            time=moment.isoformat().replace("+00:00", "Z"),
            actor="u1",
            kind="k",
            subject="a" * 64,
            body={"n": body},
            key=None,
            previous=events[-1].digest if events else start,
            digest="",
        )
        data = asdict(draft)
        del data["digest"]
        events.append(replace(draft, digest=digest_of(data)))
    return events


def signed(events, at=NOON + timedelta(hours=1)):
    return read_checkpoint(sign_checkpoint(events, KEY, at), name="kept.dsse.json")


@given(n=st.integers(1, 8), more=st.integers(0, 4))
def test_a_log_that_grew_continues_its_checkpoint(n, more):
    events = chain(range(n + more))
    assert checkpoint_problems(events, signed(events[:n])) == []


@given(n=st.integers(2, 8), data=st.data())
def test_whatever_whole_chain_takes_its_place_a_checkpoint_finds_it(n, data):
    events = chain(range(n))
    kept = signed(events)
    cut = events[: data.draw(st.integers(0, n - 1))]
    at = data.draw(st.integers(0, n - 1))
    rewritten = chain([*range(at), "another", *range(at + 1, n)])
    order = data.draw(st.permutations(range(n)).filter(lambda found: found != list(range(n))))
    reordered = chain(order)
    for forged in (cut, rewritten, reordered):
        assert verify_chain(forged) == []  # each is a whole chain
        assert checkpoint_problems(forged, kept)


def test_a_cut_end_that_grew_again_is_found():
    events = chain(range(5))
    forged = chain([*range(4), "later", "later still"])
    (problem,) = checkpoint_problems(forged, signed(events))
    assert "It was rewritten, or is another log." in problem


def test_an_event_that_is_dated_after_the_checkpoint_that_covers_it_is_found():
    events = chain(range(5))
    (problem,) = checkpoint_problems(events, signed(events, NOON - timedelta(hours=1)))
    assert "A clock was wrong" in problem


def test_a_clock_that_was_set_back_is_found_and_a_second_of_drift_is_not():
    events = chain(range(3))
    late = NOON + timedelta(days=1)
    assert clock_problems(events, late) == []
    drifted = replace(events[2], time="2026-11-23T12:01:59Z")
    assert clock_problems([*events[:2], drifted], late) == []
    back = replace(events[2], time="2026-11-22T12:00:00Z")
    (problem,) = clock_problems([*events[:2], back], late)
    assert problem.startswith("Event 3 must not be before event 2")
    assert len(clock_problems(events, NOON - timedelta(days=1))) == 3
    assert clock_problems([replace(events[0], time="noon")], late)


@pytest.mark.parametrize(
    "change",
    [
        {"size": True},
        {"size": 0},
        {"size": "3"},
        {"root": "0" * 64},
        {"root": 7},
        {"time": "yesterday"},
        {"time": 7},
        {"more": 1},
    ],
)
def test_a_checkpoint_that_says_something_else_is_refused(change):
    raw = sign_checkpoint(chain(range(3)), KEY, NOON)
    envelope = signed(chain(range(3))).envelope
    payload = json.loads(envelope.payload)
    payload["predicate"] |= change
    forged = envelope_of(envelope.payload_type, json.dumps(payload).encode(), [KEY]).to_bytes()
    assert read_checkpoint(raw, name="c").size == 3
    with pytest.raises(IntegrityError):
        read_checkpoint(forged, name="c")


def test_an_empty_log_has_nothing_to_be_signed():
    with pytest.raises(UsageError, match="hold an event"):
        sign_checkpoint([], KEY, NOON)


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A log of five events, a key, and a trust file that believes it."""
    import base64

    monkeypatch.delenv("ASSAY_STORE", raising=False)
    log = open_log(str(tmp_path / "events.db"), lambda: NOON)
    for n in range(5):
        log.append("run-sealed", "a" * 64, body={"n": n}, actor="u1")
    log.close()
    (tmp_path / "ci.key").write_bytes(KEY.pem())
    public = base64.b64encode(KEY.public_der).decode()
    (tmp_path / "trust.yaml").write_text(
        "apiVersion: modelassay/v1\nkind: Trust\nkeys:\n"
        f"  - {{user: 'service:ci', roles: [ci], public_key: {public}}}\n"
    )
    return tmp_path


def checkpoint(place, name="kept.dsse.json"):
    store = str(place / "events.db")
    args = ["log", "checkpoint", "--store", store, "--key", str(place / "ci.key")]
    assert main([*args, "--out", str(place / name)]) == 0
    return place / name


def verify(place, kept, *more):
    return main(
        ["log", "verify", "--store", str(place / "events.db"), "--checkpoint", str(kept), *more]
    )


def edited(place, *statements):
    raw = sqlite3.connect(place / "events.db", isolation_level=None)
    raw.execute("DROP TRIGGER assay_events_no_update")
    raw.execute("DROP TRIGGER assay_events_no_delete")
    for statement in statements:
        raw.execute(statement)
    raw.close()


def test_a_log_verifies_against_its_checkpoint_and_a_cut_one_does_not(place, capsys):
    kept = checkpoint(place)
    trust = ("--trust", str(place / "trust.yaml"))
    assert verify(place, kept, *trust) == 0
    assert "signed by service:ci" in capsys.readouterr().out
    edited(place, "DELETE FROM assay_events WHERE seq > 3")
    assert main(["log", "verify", "--store", str(place / "events.db")]) == 5
    # who owns the database cuts the note of its end as well: then only the checkpoint tells
    head = "SET seq = 3, digest = (SELECT digest FROM assay_events WHERE seq = 3)"
    raw = sqlite3.connect(place / "events.db", isolation_level=None)
    raw.execute(f"UPDATE assay_head {head}")
    raw.close()
    capsys.readouterr()
    assert main(["log", "verify", "--store", str(place / "events.db")]) == 0
    assert verify(place, kept, *trust) == 5
    assert "Its end was cut off." in capsys.readouterr().out


@pytest.fixture
def shared(place):
    """A store with one more event than what made it, and the checkpoint that a release leaves in it."""
    address = find_address(str(place / "shared"))
    with open_store(address, is_made=True, now=lambda: NOON) as store:
        store.append("run-sealed", "a" * 64, {}, actor="u1", key="k")
        raw = sign_checkpoint(store.events(), KEY, NOON)
        store.place.add(checkpoint_name(2, sha256_bytes(raw)), raw)
    return place / "shared"


@pytest.mark.parametrize("more", [(), ("--trust",)])
def test_the_log_of_a_store_is_held_against_the_checkpoint_that_a_release_left(
    place, shared, capsys, more
):
    asked = ["log", "verify", "--store", str(shared)]
    asked += [*more, str(place / "trust.yaml")] if more else []
    assert main(asked) == 0
    assert ("signed by service:ci" if more else "was not checked") in capsys.readouterr().out
    raw = sqlite3.connect(shared / "index.db", isolation_level=None)
    raw.execute("DROP TRIGGER assay_events_no_delete")
    raw.execute("DELETE FROM assay_events WHERE seq > 1")
    raw.execute("UPDATE assay_head SET seq = 1, digest = (SELECT digest FROM assay_events)")
    raw.close()
    assert main(asked) == 5
    assert "must hold the 2 events of checkpoints/checkpoint-2-" in capsys.readouterr().out


def test_a_checkpoint_of_the_store_by_a_key_that_nobody_trusts_says_nothing(place, shared, capsys):
    with open_store(find_address(str(shared)), now=lambda: NOON) as store:
        longer = chain(range(9))
        raw = sign_checkpoint(longer, new_key(), NOON)
        store.place.add(checkpoint_name(9, sha256_bytes(raw)), raw)
    trust = str(place / "trust.yaml")
    assert main(["log", "verify", "--store", str(shared), "--trust", trust]) == 0
    assert "checkpoint-2-" in capsys.readouterr().out


def test_the_log_of_a_store_that_was_emptied_does_not_verify(shared, capsys):
    raw = sqlite3.connect(shared / "index.db", isolation_level=None)
    raw.execute("DROP TRIGGER assay_events_no_delete")
    raw.execute("DELETE FROM assay_events")
    raw.execute("DELETE FROM assay_head")
    raw.close()
    assert main(["log", "verify", "--store", str(shared)]) == 5
    assert "must hold the event store-made of this store, got none" in capsys.readouterr().out


def test_a_checkpoint_by_a_key_that_nobody_trusts_exits_5(place, capsys):
    (place / "ci.key").write_bytes(new_key().pem())
    kept = checkpoint(place)
    assert verify(place, kept) == 0
    assert "was not checked" in capsys.readouterr().out
    assert verify(place, kept, "--trust", str(place / "trust.yaml")) == 5


def test_a_changed_byte_of_a_checkpoint_exits_5(place):
    kept = checkpoint(place)
    raw = kept.read_bytes()
    for at in range(0, len(raw), 3):
        kept.write_bytes(raw[:at] + bytes([raw[at] ^ 1 << at % 7]) + raw[at + 1 :])
        assert verify(place, kept, "--trust", str(place / "trust.yaml")) == 5, at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assay_events SET body = '{\"n\": NaN}' WHERE seq = 2",
        "UPDATE assay_events SET body = '{\"n\": 1e999}' WHERE seq = 2",
        "UPDATE assay_events SET body = '{' WHERE seq = 2",
        "UPDATE assay_events SET body = replace(hex(zeroblob(50000)), '0', '[') WHERE seq = 2",
        "UPDATE assay_events SET time = 7 WHERE seq = 2",
        "UPDATE assay_events SET digest = x'00ff' WHERE seq = 2",
        "UPDATE assay_events SET actor = x'00ff' WHERE seq = 2",
    ],
)
def test_a_row_that_no_writer_would_write_exits_5(place, statement):
    kept = checkpoint(place)
    edited(place, statement)
    assert verify(place, kept) == 5
    args = ["log", "checkpoint", "--store", str(place / "events.db"), "--key"]
    assert main([*args, str(place / "ci.key"), "--out", str(place / "new")]) == 5
    assert not (place / "new").exists()


def test_a_log_that_is_not_there_is_not_made_by_looking_at_it(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSAY_STORE", raising=False)
    assert main(["log", "verify", "--store", str(tmp_path / "none.db")]) == 2
    assert list(tmp_path.iterdir()) == []
    assert main(["log", "verify"]) == 2


def test_the_last_events_are_shown_without_control_characters(place, capsys):
    log = open_log(str(place / "events.db"))
    log.append("run-sealed", "b" * 64, body={"name": "\x1b[2J"}, actor="u1")
    log.close()
    assert main(["log", "show", "--store", str(place / "events.db"), "--last", "2"]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
