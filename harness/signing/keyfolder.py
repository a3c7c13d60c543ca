"""Where private keys lie: a file of their owner, the key folder of the user, an environment variable."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from harness.errors import IncompleteError, Phrase, UsageError, must
from harness.redaction import register_secret
from harness.secrecy import key_folder
from harness.signing.keys import SigningKey, load_key

SUFFIX = ".pem"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_OF_ENVIRONMENT = "env:"
_MAX_BYTES = 16_384


def key_file(name: str) -> Path:
    """Return where the private key of a name lies in the key folder, whether or not it is there.

    Raises:
        UsageError: If the name is no plain word.
    """
    if not _NAME.fullmatch(name) or name.endswith(SUFFIX):
        what = "be a word of letters, digits, dots, dashes and underscores"
        raise UsageError(must("The name of a key", what, name, do=f"Leave {SUFFIX} out."))
    return key_folder() / (name + SUFFIX)


def save_key(name: str, key: SigningKey) -> Path:
    """Write a private key into the key folder, mode 0600; what is there is never overwritten.

    Raises:
        UsageError: If there is a key of this name.
        IncompleteError: If the folder cannot be written.
    """
    path = key_file(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as err:
        do = "Take another name, or revoke it and remove the file."
        raise UsageError(must(str(path), "be a free place", Phrase("a key"), do=do)) from err
    except OSError as err:
        do = "Name another folder in MODELASSAY_KEYS."
        raise IncompleteError(
            must(str(path), "be writable", Phrase(str(err.strerror)), do=do)
        ) from err
    with os.fdopen(handle, "wb") as stream:
        stream.write(key.pem())
        stream.flush()
        os.fsync(stream.fileno())
    return path


def find_key(word: str) -> SigningKey:
    """Return the private key that a word names: ``env:VARIABLE``, a file, or a name in the key folder.

    What is read is registered, so that no message, log or record ever shows it.

    Raises:
        UsageError: If there is no such key, more than one, or it is no Ed25519 private key.
    """
    if word.startswith(_OF_ENVIRONMENT):
        return _of_environment(word.removeprefix(_OF_ENVIRONMENT))
    found = _files(word)
    if len(found) > 1:
        raise UsageError(
            must("--key", "name one key", word, do=f"Write ./{word} for the file, or move it away.")
        )
    if not found:
        do = f"Give a file, env:VARIABLE, or a name in {key_folder()}; assay keys new makes one."
        raise UsageError(must("--key", "name a private key", word, do=do))
    try:
        pem = found[0].read_bytes()
    except OSError as err:
        raise UsageError(must(str(found[0]), "be readable", Phrase(str(err.strerror)))) from err
    return _loaded(pem, where=str(found[0]))


def is_open_to_others(word: str) -> bool:
    """Tell whether a word names a file that other users of the machine may read."""
    if os.name == "nt" or word.startswith(_OF_ENVIRONMENT):
        return False
    return any(stat.S_IMODE(one.stat().st_mode) & 0o077 for one in _files(word))


def _files(word: str) -> list[Path]:
    places = [Path(word).expanduser()]
    if _NAME.fullmatch(word) and not word.endswith(SUFFIX):
        places.append(key_file(word))
    return [path for path in places if path.is_file()]


def _of_environment(name: str) -> SigningKey:
    text = os.environ.get(name, "")
    if not text:
        do = "Set it to the PEM text of the key."
        raise UsageError(
            must(f"The environment variable {name}", "hold a private key", Phrase("nothing"), do=do)
        )
    # secret stores often keep one line, in which a backslash and an n stand for the end of a line
    pem = text.replace(r"\n", "\n").encode()
    return _loaded(pem, where=f"The environment variable {name}")


def _loaded(pem: bytes, *, where: str) -> SigningKey:
    if len(pem) > _MAX_BYTES:
        raise UsageError(must(where, f"be at most {_MAX_BYTES} bytes", len(pem)))
    text = pem.decode("utf-8", "replace")
    register_secret(text.strip())
    for line in text.split():
        if not line.startswith("-----") and len(line) > 20:
            register_secret(line)
    return load_key(pem, where=where)
