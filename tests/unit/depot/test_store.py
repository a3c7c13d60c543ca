"""A store: made once, never mistaken for an empty one, and the same whoever reads it."""

import json
import sqlite3
import threading
from pathlib import Path
from types import ModuleType

import pytest

from harness.clock import parse_moment
from harness.depot import StoreAddress, find_address, get_run, open_store, put_run
from harness.errors import IncompleteError, IntegrityError, UsageError
from harness.evidence import Bundle, open_run, verify_run
from harness.evidence.claims import gate_statement, signer_of
from harness.evidence.statements import file_of
from harness.signing import new_key


def submit(address: StoreAddress, bundle: Bundle, **how: bool) -> object:
    with open_store(address, is_made=True) as store:
        return put_run(store, bundle, **how)


def test_a_run_comes_out_of_a_store_as_it_went_in(address: StoreAddress, bundle: Bundle) -> None:
    copied = submit(address, bundle)
    assert copied.is_new
    assert copied.gates == bundle.gate_ids()
    with open_store(address) as store:
        found = get_run(store, bundle.id)
        assert store.run_ids() == [bundle.id]
    assert found.digest == bundle.digest
    assert found.path != bundle.path
    assert found.gate().digest == bundle.gate().digest
    assert verify_run(found.path).is_intact


def test_the_personal_part_stays_at_home_unless_asked_for(
    address: StoreAddress, bundle: Bundle
) -> None:
    assert bundle.has_personal
    submit(address, bundle)
    with open_store(address) as store:
        names = store.place.names("bundles")
    assert names
    assert not [name for name in names if "personal" in name]
    submit(address, bundle, with_personal=True)
    with open_store(address) as store:
        assert [name for name in store.place.names("bundles") if "personal/MANIFEST.json" in name]


def test_the_same_run_again_changes_nothing(address: StoreAddress, bundle: Bundle) -> None:
    submit(address, bundle)
    with open_store(address) as store:
        before = {name: store.place.digest(name) for name in store.place.names("bundles")}
    again = submit(address, bundle)
    assert (again.is_new, again.gates, again.n_added) == (False, (), 0)
    with open_store(address) as store:
        assert before == {name: store.place.digest(name) for name in store.place.names("bundles")}


def test_another_run_under_the_same_id_is_refused(
    address: StoreAddress, bundle: Bundle, tmp_path: Path, shared_runs: ModuleType
) -> None:
    submit(address, bundle)
    other = shared_runs.seal(tmp_path / "elsewhere", name="screen", weights="b" * 64)
    assert other.id == bundle.id
    with pytest.raises(IntegrityError, match="holds another run under this id"):
        submit(address, other)
    with open_store(address) as store:
        assert get_run(store, bundle.id).digest == bundle.digest


def _signed(bundle: Bundle, role: str) -> Path:
    """One more statement of the newest gate."""
    gate = bundle.gate()
    key = new_key()
    moment = parse_moment("2026-11-24T00:00:00Z")
    statement = gate_statement(bundle, gate, signer_of(key, role=role, moment=moment))
    name, raw = file_of(statement, key)
    (gate.path / "statements").mkdir(exist_ok=True)
    (gate.path / "statements" / name).write_bytes(raw)
    return gate.path / "statements" / name


def test_what_a_gate_gains_later_is_added(
    address: StoreAddress, bundle: Bundle, shared_runs: ModuleType
) -> None:
    submit(address, bundle)
    later = shared_runs.gate(bundle, "blocked", now="2026-11-24T00:00:00Z")
    statement = _signed(bundle, "ci")
    copied = submit(address, bundle)
    assert copied.gates == (later.id,)
    with open_store(address) as store:
        assert (
            get_run(store, bundle.id).gate(later.id).path / "statements" / statement.name
        ).is_file()
    _signed(bundle, "legal")
    assert submit(address, bundle).n_added == 1


def test_a_statement_that_was_changed_is_not_overwritten(
    folder: StoreAddress, bundle: Bundle
) -> None:
    statement = bundle.gate().path / "statements" / "gate-0123.dsse.json"
    statement.parent.mkdir()
    statement.write_text("{}")
    submit(folder, bundle)
    statement.write_text('{"changed": true}')
    with pytest.raises(IntegrityError, match="Nothing in a store is overwritten"):
        submit(folder, bundle)


def test_a_gate_without_its_seal_is_not_read(s3: StoreAddress, bundle: Bundle) -> None:
    submit(s3, bundle)
    with open_store(s3) as store:
        store.place.add(f"bundles/{bundle.id}/gates/0123456789ab/verdict.json", b"{}")
        assert get_run(store, bundle.id).gate_ids() == bundle.gate_ids()


def test_a_bundle_without_its_seal_is_not_there(address: StoreAddress, bundle: Bundle) -> None:
    with open_store(address, is_made=True) as store:
        store.place.add(f"bundles/{bundle.id}/run.json", (bundle.path / "run.json").read_bytes())
        assert store.run_ids() == []
        with pytest.raises(IncompleteError, match="must hold the run"):
            get_run(store, bundle.id)
        # what was begun is finished by the same command
        put_run(store, bundle)
        assert get_run(store, bundle.id).digest == bundle.digest


def test_a_changed_byte_in_the_store_is_found(folder: StoreAddress, bundle: Bundle) -> None:
    submit(folder, bundle)
    path = Path(str(folder.url)) / "bundles" / bundle.id / "measurements.json"
    path.write_bytes(path.read_bytes().replace(b"0.925", b"0.995"))
    with open_store(folder) as store, pytest.raises(IntegrityError, match="digest"):
        get_run(store, bundle.id)


def test_a_changed_byte_in_a_bucket_is_found_also_where_a_good_copy_lies_here(
    s3: StoreAddress, bundle: Bundle, tmp_path: Path
) -> None:
    submit(s3, bundle)
    with open_store(s3) as store:
        get_run(store, bundle.id)
        name = f"bundles/{bundle.id}/MANIFEST.json"
        raw = store.place.read(name)
        store.place._files.pipe_file(f"{store.place._root}/{name}", raw.replace(b"0", b"1", 1))
        with pytest.raises(IntegrityError):
            get_run(store, bundle.id)


def test_a_damaged_copy_on_this_machine_is_fetched_again(s3: StoreAddress, bundle: Bundle) -> None:
    submit(s3, bundle)
    with open_store(s3) as store:
        path = get_run(store, bundle.id).path / "measurements.json"
        path.write_bytes(b"{}")
        assert get_run(store, bundle.id).read_bytes("measurements.json") != b"{}"


def test_an_id_that_climbs_out_of_the_store_is_refused(folder: StoreAddress) -> None:
    with open_store(folder, is_made=True) as store:
        for id in ("../elsewhere", "a/b", ""):
            with pytest.raises(IntegrityError, match="plain id"):
                get_run(store, id)


def test_a_place_without_its_marker_is_no_empty_store(address: StoreAddress) -> None:
    with pytest.raises(IncompleteError, match="assay store new"), open_store(address):
        pass


def test_an_index_that_was_emptied_is_found(folder: StoreAddress, bundle: Bundle) -> None:
    submit(folder, bundle)
    (Path(str(folder.url)) / "index.db").unlink()
    for is_made in (False, True):
        with (
            pytest.raises(IntegrityError, match="emptied or exchanged"),
            open_store(folder, is_made=is_made) as store,
        ):
            store.events()


def test_the_index_of_another_store_is_refused(folder: StoreAddress, tmp_path: Path) -> None:
    other = find_address(str(tmp_path / "other"), environ={})
    for one in (folder, other):
        with open_store(one, is_made=True) as store:
            assert store.events()
    (tmp_path / "other" / "index.db").replace(tmp_path / "store" / "index.db")
    with open_store(folder) as store, pytest.raises(IntegrityError, match="another store's"):
        store.events()


def test_a_log_that_was_rewritten_is_found(folder: StoreAddress) -> None:
    with open_store(folder, is_made=True) as store:
        store.append("k", "a" * 64, {}, actor="a", key="1")
        raw = sqlite3.connect(Path(str(folder.url)) / "index.db", isolation_level=None)
        raw.execute("DROP TRIGGER assay_events_no_update")
        raw.execute("UPDATE assay_events SET actor = 'b' WHERE seq = 2")
        raw.close()
        with pytest.raises(IntegrityError, match="Event 2 must have the digest"):
            store.events()


def test_an_event_log_alone_holds_no_bundles(tmp_path: Path) -> None:
    address = find_address(f"sqlite:///{tmp_path / 'events.db'}", environ={})
    with pytest.raises(UsageError, match="only an event log"), open_store(address):
        pass


@pytest.mark.parametrize(
    "address", ["folder", pytest.param("s3", marks=pytest.mark.slow)], indirect=True
)
def test_eight_who_submit_at_once_make_one_bundle(address: StoreAddress, bundle: Bundle) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            submit(address, bundle)
        except BaseException as err:  # noqa: BLE001 - a thread's error must reach the test
            failed.append(err)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with open_store(address) as store:
        assert store.run_ids() == [bundle.id]
        assert get_run(store, bundle.id).digest == bundle.digest
        assert [one.kind for one in store.events()] == ["store-made"]


def test_a_full_disk_is_incomplete_and_leaves_no_bundle(
    folder: StoreAddress, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    from harness.depot import place

    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_store(folder, is_made=True) as store:
        monkeypatch.setattr(place, "_copy", full)
        with pytest.raises(IncompleteError, match="full disk"):
            put_run(store, bundle)
        monkeypatch.undo()
        assert store.run_ids() == []
        assert not list(Path(str(folder.url)).rglob("*.part"))
        put_run(store, bundle)
        assert store.run_ids() == [bundle.id]


def test_a_host_that_does_not_answer_is_incomplete_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "AKIAABCDEFGHIJKLMNOP",
        "AWS_SECRET_ACCESS_KEY": "hush-hush-hush",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    address = find_address(
        "s3://nowhere/x", environ={"ASSAY_INDEX": f"sqlite:///{tmp_path / 'i.db'}"}
    )
    with pytest.raises(IncompleteError, match="reachable") as caught, open_store(address):
        pass
    assert "hush" not in str(caught.value)
    assert "AKIA" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_incomplete(s3: StoreAddress, bundle: Bundle) -> None:
    address = StoreAddress("s3://no-such-bucket/x", s3.index, "--store")
    with pytest.raises(IncompleteError), open_store(address):
        pass
    with pytest.raises(IncompleteError), open_store(address, is_made=True):
        pass


def test_a_marker_of_another_kind_is_refused(folder: StoreAddress) -> None:
    with open_store(folder, is_made=True):
        pass
    path = Path(str(folder.url)) / "store.json"
    path.write_text(json.dumps({"schema_version": "modelassay/store/v2", "id": "x"}))
    with pytest.raises(IntegrityError, match=r"store\.json"), open_store(folder):
        pass


def test_a_run_that_was_copied_is_opened_where_it_lies(
    folder: StoreAddress, bundle: Bundle
) -> None:
    submit(folder, bundle)
    kept = open_run(Path(str(folder.url)) / "bundles" / bundle.id)
    assert kept.verdict() == bundle.verdict()
