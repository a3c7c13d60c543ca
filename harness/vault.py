"""Evidence in clear, encrypted and apart from every bundle, for the one who asks for it when a run begins.

A vault is one file: a header that can be read, and AES-256-GCM over the rest. Its data key is wrapped by a
key of the user's key folder; without that key, or once it is destroyed, nobody reads it. The header (whose
run, until when it may be read, what is in it) is authenticated with the text. Every attempt to open it is
noted in a log beside it, before anything is decrypted. A bundle holds the id and the SHA-256 of the
ciphertext, so that it can be seen that a vault is the one of that run.
"""

from __future__ import annotations

import base64
import getpass
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from harness.errors import IntegrityError, MissingExtra, UsageError, must
from harness.files import sha256_bytes, sorted_json, write_whole
from harness.secrecy import KeyStore

FORMAT = "modelassay/vault/v1"
SUFFIX = ".vault"
DAYS = 30
"""Days until a vault may no longer be opened, unless told otherwise."""
_NONCE_BYTES = 12
_KEY_BITS = 256


@dataclass(frozen=True, slots=True)
class SealedVault:
    """A vault that was written.

    Attributes:
        path: The file.
        id: Its id.
        sha256: Digest of the ciphertext.
        expires: When it may no longer be opened, ISO 8601.
    """

    path: Path
    id: str
    sha256: str
    expires: str


class Vault:
    """Collects evidence until it is sealed; until then it stands in memory alone.

    Args:
        folder: Where the file goes; outside of any bundle.
        days: Days until it may no longer be opened.

    Raises:
        MissingExtra: If cryptography is not installed.
        UsageError: If days is less than 1.
    """

    def __init__(self, folder: Path, *, days: int = DAYS) -> None:
        _cipher(b"\0" * 32)  # found out now rather than at the end of a run
        if days < 1:
            raise UsageError(must("--vault-days", "be a number of days >= 1", days))
        self._folder, self._days = folder, days
        self._entries: dict[str, Any] = {}

    def add(self, name: str, content: Any) -> None:
        """Add an entry; a later one of the same name replaces it.

        Args:
            name: Such as ``extraction/leaked``.
            content: JSON data.
        """
        self._entries[name] = content

    def seal(self, run_id: str, now: datetime, *, store: KeyStore | None = None) -> SealedVault:
        """Encrypt what was added and write the file, readable by its owner alone.

        Args:
            run_id: Whose evidence it is.
            now: When it is sealed, UTC.
            store: Where the wrapping key is kept; None takes the user's folder.
        """
        id = secrets.token_hex(8)
        header = {
            "format": FORMAT,
            "id": id,
            "run": run_id,
            "created": now.isoformat(),
            "expires": (now + timedelta(days=self._days)).isoformat(),
            "entries": sorted(self._entries),
        }
        bound = sorted_json(header)
        key, nonce, wrap = (
            secrets.token_bytes(n) for n in (_KEY_BITS // 8, _NONCE_BYTES, _NONCE_BYTES)
        )
        ciphertext = _cipher(key).encrypt(nonce, sorted_json(self._entries), bound)
        outer = (store or KeyStore()).key(key_id(id))
        content = header | {
            "nonce": _text(nonce),
            "wrapped_key": _text(_cipher(outer).encrypt(wrap, key, bound)),
            "wrap_nonce": _text(wrap),
            "ciphertext": _text(ciphertext),
        }
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{id}{SUFFIX}"
        write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")
        path.chmod(0o600)
        return SealedVault(path, id, sha256_bytes(ciphertext), str(header["expires"]))


def open_vault(
    path: Path, *, reason: str, now: datetime, store: KeyStore | None = None
) -> dict[str, Any]:
    """Note who opens a vault and why, then decrypt it.

    Args:
        path: The file.
        reason: Why it is opened, for the log.
        now: The time, UTC.
        store: Where the wrapping key is kept; None takes the user's folder.

    Returns:
        Name → what was added.

    Raises:
        UsageError: If it is no vault, no reason is given, it has expired, or its key is gone.
        IntegrityError: If it was changed.
    """
    content = _read(path)
    header = {
        name: content[name] for name in ("format", "id", "run", "created", "expires", "entries")
    }
    if not reason.strip():
        raise UsageError(must("--reason", "say why the vault is opened", reason))
    keys = store or KeyStore()
    has_expired = now >= datetime.fromisoformat(content["expires"])
    has_key = keys.has(key_id(content["id"]))
    outcome = "expired" if has_expired else "opened" if has_key else "no key"
    _log(path, {"time": now.isoformat(), "user": _user(), "reason": reason, "outcome": outcome})
    if has_expired:
        what, do = "be opened before it expires", "Destroy it: its time is over."
        raise UsageError(must(path.name, what, f"one that expired {content['expires']}", do=do))
    if not has_key:
        what = "have its key in the key folder"
        raise UsageError(must(path.name, what, "none", do="Set MODELASSAY_KEYS to where it lies."))
    return _decrypted(path, content, header, keys)


def key_id(vault_id: str) -> str:
    """Return the id of the key that wraps the one of a vault; destroy it to destroy the vault."""
    return f"vault-{vault_id}"


def _decrypted(
    path: Path, content: dict[str, Any], header: dict[str, Any], keys: KeyStore
) -> dict[str, Any]:
    from cryptography.exceptions import InvalidTag

    bound = sorted_json(header)
    try:
        raw = {
            name: base64.b64decode(content[name], validate=True)
            for name in ("nonce", "wrapped_key", "wrap_nonce", "ciphertext")
        }
        outer = _cipher(keys.key(key_id(content["id"])))
        key = outer.decrypt(raw["wrap_nonce"], raw["wrapped_key"], bound)
        plain = _cipher(key).decrypt(raw["nonce"], raw["ciphertext"], bound)
    except (InvalidTag, ValueError) as err:
        raise IntegrityError(
            must(path.name, "be as it was sealed", "a changed file or another key")
        ) from err
    found: dict[str, Any] = json.loads(plain)
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
        is_vault = content["format"] == FORMAT and set(content) >= {
            "id", "run", "created", "expires", "entries", "nonce", "wrapped_key", "wrap_nonce", "ciphertext",
        }  # fmt: skip
        datetime.fromisoformat(content["expires"])
    except (OSError, ValueError, KeyError, TypeError):
        is_vault = False
    if not is_vault:
        raise UsageError(must("FILE", "be a vault that a run wrote", path.name))
    return dict(content)


def _log(path: Path, line: dict[str, str]) -> None:
    log = path.with_suffix(".access.jsonl")
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry for the number of the user
        return "unknown"


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as err:
        raise MissingExtra(
            "A vault needs cryptography: pip install 'modelassay[privacy]'."
        ) from err
    return AESGCM(key)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
