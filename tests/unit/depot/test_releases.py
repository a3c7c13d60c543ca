"""Which run stands released under a name."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from harness.depot import (
    RELEASED,
    WITHDRAWN,
    Store,
    StoreAddress,
    last_release,
    open_store,
    put_run,
    read_signed,
    release_statement,
    signed_of,
)
from harness.errors import IncompleteError, IntegrityError
from harness.evidence import Bundle
from harness.signing import PAYLOAD_TYPE, RELEASE, envelope_of, new_key, statement_bytes

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def release(store: Store, bundle: Bundle) -> str:
    """Sign a release, write it into the store and log it; returns the digest of what was signed."""
    gate = bundle.gate()
    statement = release_statement(bundle, gate, now=NOW, has_accepted_warnings=False)
    signed = signed_of(
        envelope_of(PAYLOAD_TYPE, statement_bytes(statement), [new_key()]), where="release"
    )
    path = gate.path / "statements" / signed.file_name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(signed.envelope.to_bytes())
    put_run(store, bundle)
    body = {key: statement.predicate[key] for key in ("model", "run", "gate")}
    store.append(
        RELEASED, gate.digest, {**body, "release": signed.sha256}, actor="x", key=signed.sha256
    )
    return signed.sha256


@pytest.fixture
def make(tmp_path: Path, shared_runs: ModuleType) -> Callable[..., Bundle]:
    def made(number: int, name: str = "screen") -> Bundle:
        run_id = f"2026112{number}-000000-ab12cd"
        one = shared_runs.seal(
            tmp_path / f"runs-{number}", run_id=run_id, name=name, weights=str(number) * 64
        )
        shared_runs.gate(one)
        return one

    return made


def test_nothing_is_released_in_a_new_store(folder: StoreAddress) -> None:
    with open_store(folder, is_made=True) as store:
        assert last_release(store, "screen") is None


@pytest.mark.parametrize("address", ["folder", "s3"], indirect=True)
def test_the_last_release_of_a_name_is_found_with_its_bundle(
    address: StoreAddress, make: Callable[..., Bundle]
) -> None:
    first, second, other = make(1), make(2), make(3, "other")
    with open_store(address, is_made=True) as store:
        for one in (first, second, other):
            release(store, one)
    with open_store(address) as store:
        found = last_release(store, "screen")
        assert found.run_id == second.id
        assert found.gate == second.gate().id
        assert found.bundle.digest == second.digest
        assert found.bundle.path != second.path
        assert found.statement.predicate["weights_digest"] == "2" * 64
        assert last_release(store, "nobody") is None


def test_a_release_that_was_withdrawn_gives_way_to_the_one_before(
    folder: StoreAddress, make: Callable[..., Bundle]
) -> None:
    first, second = make(1), make(2)
    with open_store(folder, is_made=True) as store:
        release(store, first)
        digest = release(store, second)
        store.append(
            WITHDRAWN, second.gate().digest, {"release": digest}, actor="x", key=f"w:{digest}"
        )
        assert last_release(store, "screen").run_id == first.id


def test_a_release_whose_statement_is_gone_is_an_integrity_error(
    folder: StoreAddress, bundle: Bundle
) -> None:
    with open_store(folder, is_made=True) as store:
        release(store, bundle)
        for path in Path(str(folder.url)).rglob("release-*.dsse.json"):
            path.unlink()
        with pytest.raises(IntegrityError, match="taken out of the store"):
            last_release(store, "screen")


def test_a_release_whose_run_is_gone_is_incomplete(folder: StoreAddress, bundle: Bundle) -> None:
    import shutil

    with open_store(folder, is_made=True) as store:
        release(store, bundle)
        shutil.rmtree(Path(str(folder.url)) / "bundles")
        with pytest.raises(IncompleteError, match="taken out of the store"):
            last_release(store, "screen")


def test_a_statement_about_another_run_is_refused(
    folder: StoreAddress, make: Callable[..., Bundle]
) -> None:
    good, bad = make(1), make(2)
    with open_store(folder, is_made=True) as store:
        digest = release(store, good)
        (path,) = (good.gate().path / "statements").iterdir()
        target = bad.gate().path / "statements" / path.name
        target.parent.mkdir()
        target.write_bytes(path.read_bytes())
        put_run(store, bad)
        body = {"model": "screen", "run": bad.id, "gate": bad.gate().id, "release": digest}
        store.append(RELEASED, bad.gate().digest, body, actor="x", key="forged")
        with pytest.raises(IntegrityError, match="must be about gates/"):
            last_release(store, "screen")


def test_two_who_sign_side_by_side_sign_one_statement(bundle: Bundle) -> None:
    gate = bundle.gate()
    payload = statement_bytes(release_statement(bundle, gate, now=NOW, has_accepted_warnings=False))
    keys = [new_key(), new_key()]
    folder = gate.path / "statements"
    folder.mkdir()
    for key in keys:
        one = signed_of(envelope_of(PAYLOAD_TYPE, payload, [key]), where="x")
        (folder / one.file_name).write_bytes(one.envelope.to_bytes())
    assert len(list(folder.iterdir())) == 2
    (found,) = read_signed(gate, RELEASE)
    assert {sig.keyid for sig in found.envelope.signatures} == {key.keyid for key in keys}
