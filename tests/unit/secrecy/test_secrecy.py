"""Values are shown as masks and keyed digests; keys lie with their owner alone."""

import hashlib
import hmac
import os
import stat
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.secrecy import KeyStore, key_folder, keyed_digest, mask, using_key, using_run_key

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("card", "4539 1488 0343 6467", "CARD#<16d>"),
        ("ssn", "484-76-4769", "SSN#<9d>"),
        ("email", "bob@corp.example", "EMAIL#<16c>"),
        ("cn-id", "11010519491231002X", "CN-ID#<18c>"),
    ],
)
def test_a_mask_shows_kind_and_length_only(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


def test_the_digest_is_hmac_sha256_over_kind_zero_and_value_cut_to_80_bits() -> None:
    expected = hmac.new(KEY, b"card\x004539148803436467", hashlib.sha256).hexdigest()[:20]
    assert keyed_digest("card", "4539 1488-0343 6467", key=KEY) == expected


def test_ways_to_write_a_value_share_a_digest_and_kinds_and_keys_do_not() -> None:
    with using_key(KEY):
        assert keyed_digest("email", "BOB@mail.example") == keyed_digest(
            "email", "ｂｏｂ@mail.example"
        )
        assert keyed_digest("email", "1") != keyed_digest("card", "1")
        own = keyed_digest("card", "1")
    assert keyed_digest("card", "1") != own
    assert keyed_digest("card", "1", key=b"x" * 32) != own


def test_the_key_before_comes_back_after_an_error() -> None:
    before = keyed_digest("card", "1")
    with pytest.raises(ValueError, match="stop"), using_key(KEY):
        raise ValueError("stop")
    assert keyed_digest("card", "1") == before


def test_a_key_is_drawn_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    assert not store.has("run-1")
    key = store.key("run-1")
    assert KeyStore(tmp_path / "keys").key("run-1") == key
    assert store.key("run-2") != key
    [file] = (tmp_path / "keys").glob("run-1*")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_destroyed_key_leaves_digests_that_nobody_can_link(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    before = keyed_digest("card", "1", key=store.key("run"))
    assert store.destroy("run")
    assert not store.destroy("run")
    assert list(tmp_path.iterdir()) == []
    assert keyed_digest("card", "1", key=store.key("run")) != before


def test_a_spoilt_key_and_a_path_for_an_id_are_refused(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    (tmp_path / "run.key").write_text("nothing")
    with pytest.raises(UsageError, match="hold a key of 32 bytes"):
        store.key("run")
    with pytest.raises(UsageError, match="letters, digits"):
        store.key("../run")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="MODELASSAY_KEYS"):
        KeyStore(tmp_path / "keys").key("run")


def test_the_folder_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELASSAY_KEYS", str(tmp_path))
    assert key_folder() == tmp_path
    monkeypatch.delenv("MODELASSAY_KEYS")
    assert key_folder().parts[-2:] == ("modelassay", "keys")


def test_a_run_that_is_repeated_has_its_key_again_and_another_run_another(tmp_path: Path) -> None:
    def digest(run: str) -> str:
        with using_run_key(run, KeyStore(tmp_path)):
            return keyed_digest("card", "1")

    assert digest("run-a") == digest("run-a") != digest("run-b")


def test_a_run_that_makes_no_digest_draws_no_key(tmp_path: Path) -> None:
    with using_run_key("run-a", KeyStore(tmp_path)) as digests:
        pass
    assert digests.key is None
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_for_keys_digests_die_with_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with using_run_key("run-a", KeyStore(tmp_path / "file" / "keys")):
        first = keyed_digest("card", "1")
    with using_run_key("run-a", KeyStore(tmp_path / "file" / "keys")):
        assert keyed_digest("card", "1") != first
