"""A PostgreSQL database as the index: the event log of several machines, and of a bucket's store."""

import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from harness.depot import StoreAddress, find_address, get_run, open_store
from harness.errors import IncompleteError, IntegrityError
from harness.evidence import Bundle
from harness.store import open_log, verify_chain

Make = Callable[[], str]
SUBJECT = "a" * 64


def test_a_log_in_postgresql_is_the_log_that_sqlite_keeps(postgres: Make) -> None:
    with closing(open_log(postgres())) as log:
        first = log.append("k", SUBJECT, body={"note": "é 批准"}, actor="u", key="1")
        second = log.append("k", SUBJECT, body={}, actor="u")
        assert log.append("k", SUBJECT, body={"note": "é 批准"}, actor="u", key="1") == first
        assert log.events() == [first, second]
        assert verify_chain(log.events()) == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE assay_events SET actor = 'x'", "DELETE FROM assay_events", "TRUNCATE assay_events"],
)
def test_the_database_itself_refuses_changes(postgres: Make, statement: str) -> None:
    import psycopg

    url = postgres()
    with closing(open_log(url)) as log:
        log.append("k", SUBJECT, body={}, actor="u")
    plain = url.replace("+psycopg", "")
    with (
        psycopg.connect(plain) as connection,
        pytest.raises(psycopg.Error, match="append-only"),
    ):
        connection.execute(statement.encode())


def test_eight_who_write_at_once_lose_nothing(postgres: Make) -> None:
    url = postgres()
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            with closing(open_log(url)) as log:
                for i in range(20):
                    log.append("k", SUBJECT, body={"i": i}, actor=name, key=f"{name}-{i}")
        except BaseException as err:  # noqa: BLE001 - a thread's error must reach the test
            failed.append(err)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with closing(open_log(url)) as log:
        events = log.events()
    assert len(events) == 160
    assert verify_chain(events) == []


def test_a_bucket_with_its_index_in_postgresql_is_a_store(
    postgres: Make, s3: StoreAddress, bundle: Bundle
) -> None:
    from harness.commands.submitting import submit

    address = StoreAddress(s3.url, postgres(), "--store")
    with pytest.raises(IncompleteError, match="assay store new"):
        submit(str(bundle.path), bundle.path.parent, address)
    with open_store(address, is_made=True):
        done = submit(str(bundle.path), bundle.path.parent, address)
    assert done.state == "submitted"
    assert submit(str(bundle.path), bundle.path.parent, address).is_nothing_new
    with open_store(address) as store:
        assert get_run(store, bundle.id).digest == bundle.digest
        kinds = [one.kind for one in store.events()]
    assert kinds == ["store-made", "run-submitted", "gate-submitted", "review-opened"]


def test_the_index_of_another_store_is_refused(
    postgres: Make, folder: StoreAddress, tmp_path: object
) -> None:
    index = postgres()
    for name in ("one", "two"):
        address = find_address(f"{folder.url}-{name}", environ={"ASSAY_INDEX": index})
        with open_store(address, is_made=True) as store:
            if name == "one":
                assert store.events()
            else:
                with pytest.raises(IntegrityError, match="another store's"):
                    store.events()


def test_a_server_that_does_not_answer_is_incomplete_and_its_password_is_not_told() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(IncompleteError) as caught:
        open_log("postgresql+psycopg://u:hunter2@127.0.0.1:9/db")
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_not_there_is_incomplete(postgres: Make) -> None:
    with closing(open_log(postgres())) as log:
        missing = log._engine.url.set(database="no_such_database")
    with pytest.raises(IncompleteError, match="no_such_database"):
        open_log(missing.render_as_string(hide_password=False))
