"""A vault is read with its key, before it expires, and never without a line in its log."""

import builtins
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.errors import IntegrityError, MissingExtra, UsageError
from harness.files import sha256_bytes
from harness.secrecy import KeyStore
from harness.vault import SealedVault, Vault, key_id, open_vault

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECRET = "bob.li@gmail.com"


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


@pytest.fixture
def sealed(tmp_path: Path, keys: KeyStore) -> SealedVault:
    vault = Vault(tmp_path / "vaults", days=7)
    vault.add("extraction/leaked", [["email", SECRET]])
    return vault.seal("run-1", NOW, store=keys)


def log_of(sealed: SealedVault) -> list[dict[str, str]]:
    text = sealed.path.with_suffix(".access.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_what_was_added_comes_back_and_the_opening_is_noted(
    sealed: SealedVault, keys: KeyStore
) -> None:
    found = open_vault(sealed.path, reason="incident 12", now=NOW, store=keys)
    assert found == {"extraction/leaked": [["email", SECRET]]}
    [line] = log_of(sealed)
    assert (line["reason"], line["outcome"]) == ("incident 12", "opened")


def test_the_file_holds_nothing_in_clear_and_is_its_owners_alone(sealed: SealedVault) -> None:
    raw = sealed.path.read_bytes()
    assert SECRET.encode() not in raw
    assert stat.S_IMODE(sealed.path.stat().st_mode) == 0o600
    content = json.loads(raw)
    import base64

    assert sha256_bytes(base64.b64decode(content["ciphertext"])) == sealed.sha256
    assert content["entries"] == ["extraction/leaked"]


def test_two_vaults_of_the_same_content_share_nothing(tmp_path: Path, keys: KeyStore) -> None:
    digests = set()
    for _ in range(2):
        vault = Vault(tmp_path / "vaults")
        vault.add("a", 1)
        digests.add(vault.seal("run-1", NOW, store=keys).sha256)
    assert len(digests) == 2


def test_it_cannot_be_opened_when_expired_without_key_or_reason(
    sealed: SealedVault, keys: KeyStore
) -> None:
    with pytest.raises(UsageError, match="expired 2026-12-04"):
        open_vault(sealed.path, reason="late", now=NOW + timedelta(days=7), store=keys)
    with pytest.raises(UsageError, match="--reason"):
        open_vault(sealed.path, reason=" ", now=NOW, store=keys)
    assert keys.destroy(key_id(sealed.id))
    with pytest.raises(UsageError, match="its key"):
        open_vault(sealed.path, reason="lost", now=NOW, store=keys)
    assert [line["outcome"] for line in log_of(sealed)] == ["expired", "no key"]


@pytest.mark.parametrize("name", ["expires", "run", "ciphertext", "wrapped_key", "entries"])
def test_a_changed_vault_is_an_integrity_failure(
    sealed: SealedVault, keys: KeyStore, name: str
) -> None:
    content = json.loads(sealed.path.read_bytes())
    changes: dict[str, Any] = {
        "expires": "2036-01-01T00:00:00+00:00",
        "run": "run-2",
        "entries": [],
        "ciphertext": "A" + content["ciphertext"][1:],
        "wrapped_key": "!" + content["wrapped_key"][1:],
    }
    if content["ciphertext"][0] == "A":
        changes["ciphertext"] = "B" + content["ciphertext"][1:]
    sealed.path.write_text(json.dumps(content | {name: changes[name]}))
    with pytest.raises(IntegrityError, match="as it was sealed"):
        open_vault(sealed.path, reason="look", now=NOW, store=keys)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"format": "modelassay/vault/v1", "expires": 3}'])
def test_another_file_is_no_vault(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.vault").write_bytes(raw)
    with pytest.raises(UsageError, match="be a vault that a run wrote"):
        open_vault(tmp_path / "a.vault", reason="look", now=NOW)


def test_without_cryptography_it_says_what_to_install_before_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refusing(module: str, *rest: Any, **more: Any) -> Any:
        if module.startswith("cryptography"):
            raise ImportError(module)
        return real(module, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refusing)
    with pytest.raises(MissingExtra, match=r"modelassay\[privacy\]"):
        Vault(tmp_path)
    monkeypatch.undo()
    with pytest.raises(UsageError, match="days >= 1"):
        Vault(tmp_path, days=0)
