"""Keys that are drawn when the tests run, and trust files over them."""

import base64
from types import SimpleNamespace

import pytest

from harness.signing import SigningKey, Trust, new_key, parse_trust


def _trust_text(*entries: dict[str, object], more: str = "") -> bytes:
    lines = ["apiVersion: modelassay/v1", "kind: Trust", "keys:" if entries else "keys: []"]
    for one in entries:
        key = one["key"]
        assert isinstance(key, SigningKey)
        lines += [
            f"  - user: {one.get('user', 'user:a')}",
            f"    roles: [{', '.join(one.get('roles', ['ci']))}]",
            f"    public_key: {base64.b64encode(key.public_der).decode()}",
        ]
        lines += [
            f"    {name}: {one[name]}" for name in ("from", "until", "revoked") if name in one
        ]
    return ("\n".join(lines) + "\n" + more).encode()


@pytest.fixture(scope="session")
def keys() -> list[SigningKey]:
    return [new_key() for _ in range(4)]


@pytest.fixture(scope="session")
def trusting() -> SimpleNamespace:
    """``text(...)`` gives a trust file, ``of(...)`` what it says."""

    def of(*entries: dict[str, object], more: str = "") -> Trust:
        return parse_trust(_trust_text(*entries, more=more), "trust.yaml")

    return SimpleNamespace(text=_trust_text, of=of)


@pytest.fixture
def key_folder(tmp_path, monkeypatch):
    folder = tmp_path / "keys"
    monkeypatch.setenv("MODELASSAY_KEYS", str(folder))
    return folder
