"""How a personal value may be written down: what it looked like, and a digest under a secret key.

A plain digest of an identifier is reversed by trying all of them: every US social security number
takes minutes. A keyed one is reversed only with the key, which lies outside every bundle in a file of
its owner; when it is destroyed, nobody can link the digests to values any more.

Keys lie in ``$MODELASSAY_KEYS``, else in ``~/.config/modelassay/keys``, one file for each run.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, must

DIGEST_BITS = 80
_KEY_BYTES = 32
_KEY_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")


def mask(kind: str, value: str) -> str:
    """Return what may be shown of a value: its kind and how many digits or characters it has.

    Returns:
        For example ``CARD#<16d>``, or ``EMAIL#<14c>`` where a value is not made of digits.
    """
    bare = re.sub(r"[\s().+-]", "", value)
    n, what = (len(bare), "d") if bare.isdigit() else (len(value), "c")
    return f"{kind.upper()}#<{n}{what}>"


def normal_value(value: str) -> str:
    """Return a value as digests read it: NFKC, lower case, without white space and separators."""
    text = unicodedata.normalize("NFKC", value).casefold()
    return re.sub(r"[\s\u200b-\u200f\u2060\ufeff()-]", "", text)


def keyed_digest(kind: str, value: str, *, key: bytes | None = None) -> str:
    """Return HMAC-SHA256 over kind, 0x00 and the normalised value, its first 80 bits in hex.

    Args:
        kind: Kind of the value, such as ``email``.
        value: The value itself; equal after ``normal_value`` gives equal digests.
        key: Key; None takes that of the run in progress, or one that dies with the process.
    """
    message = kind.encode() + b"\x00" + normal_value(value).encode("utf-8", "surrogatepass")
    digest = hmac.new(key or _key_in_use(), message, hashlib.sha256).digest()
    return digest[: DIGEST_BITS // 8].hex()


@dataclass(slots=True)
class KeyInUse:
    """The key of ``keyed_digest`` until it is told otherwise.

    Attributes:
        make: Gives the key when it is needed for the first time.
        key: The key; None as long as nobody needed it.
        n_used: How often it was needed.
    """

    make: Callable[[], bytes]
    key: bytes | None = None
    n_used: int = 0


def _drawn() -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


# nobody has this one: digests made outside a run cannot be linked to anything later
_in_use: list[KeyInUse] = [KeyInUse(_drawn)]


def _key_in_use() -> bytes:
    one = _in_use[-1]
    one.n_used += 1
    if one.key is None:
        one.key = one.make()
    return one.key


def n_keyed() -> int:
    """Return how often the key that is in use was needed: what holds keyed digests fits no other run."""
    return _in_use[-1].n_used


@contextmanager
def using_key(key: bytes) -> Iterator[None]:
    """Let ``keyed_digest`` use a key until the block ends."""
    with _using(KeyInUse(_drawn, key)):
        yield


@contextmanager
def using_run_key(key_id: str, store: KeyStore | None = None) -> Iterator[KeyInUse]:
    """Let ``keyed_digest`` use the key of a run until the block ends; drawn when it is first needed.

    The same id gives the same key, so that a run that is repeated writes the same bytes. Where the key
    folder cannot be written the key dies with the process, and its digests can be linked to nothing.

    Yields:
        What is in use; its ``key`` stays None when no digest was made.
    """

    def make() -> bytes:
        try:
            return (store or KeyStore()).key(key_id)
        except UsageError:
            return _drawn()

    with _using(KeyInUse(make)) as one:
        yield one


@contextmanager
def _using(one: KeyInUse) -> Iterator[KeyInUse]:
    _in_use.append(one)
    try:
        yield one
    finally:
        _in_use.remove(one)


class KeyStore:
    """Keys of runs, one file of mode 0600 each, in a folder that only its owner enters.

    Args:
        folder: Folder; None takes that of the user.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or key_folder()

    def key(self, key_id: str) -> bytes:
        """Return the key of a run; drawn and kept when it is asked for the first time.

        Raises:
            UsageError: If the folder cannot be written, or the file holds no key.
        """
        path = self._path(key_id)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # only one of several processes creates it; the others read what it wrote
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return self._read(path)
        except OSError as err:
            what = "be a folder for keys that you may write to"
            do = "Set MODELASSAY_KEYS to such a folder."
            raise UsageError(must(str(self.folder), what, str(err.strerror), do=do)) from err
        key = secrets.token_bytes(_KEY_BYTES)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key.hex().encode() + b"\n")
        return key

    def has(self, key_id: str) -> bool:
        """Return whether there is a key of this id."""
        return self._path(key_id).is_file()

    def destroy(self, key_id: str) -> bool:
        """Overwrite and remove a key; its digests can be linked to values no more.

        Returns:
            Whether there was one.
        """
        path = self._path(key_id)
        if not path.is_file():
            return False
        with path.open("rb+") as stream:
            stream.write(secrets.token_bytes(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
        return True

    def _path(self, key_id: str) -> Path:
        if not _KEY_ID.fullmatch(key_id):
            raise UsageError(must("key id", "be letters, digits, dots and dashes", key_id))
        return self.folder / f"{key_id}.key"

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (ValueError, OSError):
            key = b""
        if len(key) != _KEY_BYTES:
            do = "Remove it; digests that it made cannot be linked to values any more."
            raise UsageError(
                must(str(path), "hold a key of 32 bytes in hex", "something else", do=do)
            )
        return key


def key_folder() -> Path:
    """Return the folder of keys: ``$MODELASSAY_KEYS``, else ``~/.config/modelassay/keys``."""
    named = os.environ.get("MODELASSAY_KEYS")
    return Path(named) if named else Path.home() / ".config" / "modelassay" / "keys"
