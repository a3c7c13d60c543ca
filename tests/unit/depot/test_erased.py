"""A store and a run that is brought again after an erasure: nothing comes back, and both verify."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.depot import Store, StoreAddress, open_store, put_run
from harness.errors import IntegrityError, UsageError
from harness.evidence import Bundle, Wish, erase, verify_run, write_hold
from harness.signing import new_key

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
KEY = new_key()


@pytest.fixture
def run(bundle: Bundle) -> Bundle:
    """A run with a personal part."""
    assert bundle.has_personal
    return bundle


@pytest.fixture
def rows(run: Bundle) -> Bundle:
    """The same; its table holds the example e007."""
    return run


@pytest.fixture
def store(folder: StoreAddress) -> Iterator[Store]:
    with open_store(folder, is_made=True) as opened:
        yield opened


def wish(example: str | None = None) -> Wish:
    return Wish(example, "request 17", "legal", KEY, NOON)


def kept(store: Store, run: Bundle) -> Path:
    return Path(store.place.shown) / "bundles" / run.id


def intact(path: Path) -> bool:
    return verify_run(path).problems == ()


@pytest.mark.parametrize("with_personal", [True, False])
def test_what_was_erased_here_goes_from_the_store_too(
    store: Store, run: Bundle, with_personal: bool
) -> None:
    put_run(store, run, with_personal=True)
    assert (kept(store, run) / "personal").is_dir()
    erase(run.path, wish())
    put_run(store, run, with_personal=with_personal)
    assert not (kept(store, run) / "personal").exists()
    assert len(list((kept(store, run) / "erasures").iterdir())) == 1
    assert intact(kept(store, run))
    assert put_run(store, run, with_personal=with_personal).n_added == 0


def test_one_row_that_was_erased_here_goes_and_the_others_stay(store: Store, rows: Bundle) -> None:
    put_run(store, rows, with_personal=True)
    for example in ("e007", "e008"):
        erase(rows.path, wish(example))
    put_run(store, rows)
    there = kept(store, rows) / "personal" / "rows.parquet"
    assert there.read_bytes() == (rows.path / "personal" / "rows.parquet").read_bytes()
    assert intact(kept(store, rows))


@pytest.mark.parametrize("example", ["e007", None])
def test_rows_that_were_erased_in_the_store_do_not_come_back(
    store: Store, rows: Bundle, example: str | None
) -> None:
    put_run(store, rows, with_personal=True)
    erase(kept(store, rows), wish(example))
    before = sorted(path for path in kept(store, rows).rglob("*"))
    with pytest.raises(IntegrityError, match="hold nothing that was erased in the store"):
        put_run(store, rows, with_personal=True)
    assert sorted(path for path in kept(store, rows).rglob("*")) == before
    assert put_run(store, rows).n_added == 0
    assert intact(kept(store, rows))


def test_two_erasures_of_one_state_are_refused_before_anything_is_written(
    store: Store, rows: Bundle
) -> None:
    put_run(store, rows, with_personal=True)
    erase(kept(store, rows), wish("e007"))
    erase(rows.path, wish("e008"))
    for with_personal in (True, False):
        with pytest.raises(IntegrityError, match="two tombstones for one state"):
            put_run(store, rows, with_personal=with_personal)
    assert intact(kept(store, rows))


def test_a_store_without_rows_takes_the_tombstone_and_then_what_is_left(
    store: Store, rows: Bundle
) -> None:
    put_run(store, rows)
    erase(rows.path, wish("e007"))
    put_run(store, rows)
    assert intact(kept(store, rows))
    assert not (kept(store, rows) / "personal").exists()
    put_run(store, rows, with_personal=True)
    assert intact(kept(store, rows))


def test_rows_of_the_store_that_are_on_hold_there_stay(store: Store, rows: Bundle) -> None:
    put_run(store, rows, with_personal=True)
    about = {"run": rows.id, "run_digest": rows.digest, "reason": "case 4", "role": "legal"}
    write_hold(kept(store, rows), KEY, now=NOON, **about)
    erase(rows.path, wish("e007"))
    with pytest.raises(UsageError, match="not be on hold"):
        put_run(store, rows)
    assert intact(kept(store, rows))


def test_a_bucket_that_holds_what_was_erased_takes_nothing_until_it_is_gone(
    s3: StoreAddress, rows: Bundle
) -> None:
    with open_store(s3, is_made=True) as store:
        put_run(store, rows, with_personal=True)
        erase(rows.path, wish("e007"))
        before = store.place.names("bundles")
        with pytest.raises(IntegrityError, match=r"deletes bundles/.*/personal/ there"):
            put_run(store, rows, with_personal=True)
        assert store.place.names("bundles") == before


def test_what_a_kill_left_of_a_removal_is_removed(store: Store, run: Bundle) -> None:
    put_run(store, run, with_personal=True)
    left = kept(store, run).with_name(f".{run.id}.personal.part")
    shutil.copytree(kept(store, run) / "personal", left)
    assert store.run_ids() == [run.id]
    put_run(store, run)
    assert not left.exists()
