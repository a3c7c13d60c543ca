"""The private key that a command signs with: a file, or an environment variable."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import Phrase, UsageError, must
from harness.signing import SigningKey, load_key

_ENV = "env:"


def own_key(given: str) -> SigningKey:
    """Read a private key; it is never shown.

    Args:
        given: A path, or ``env:NAME`` for the variable NAME.

    Raises:
        UsageError: If there is no such file or variable, or it holds no Ed25519 key.
    """
    if given.startswith(_ENV):
        name = given.removeprefix(_ENV)
        text = os.environ.get(name)
        if not text:
            raise UsageError(must(f"The variable {name}", "hold a private key", Phrase("nothing")))
        return load_key(text.encode(), where=f"The variable {name}")
    try:
        raw = Path(given).read_bytes()
    except OSError as err:
        got = Phrase(err.strerror or "no such file")
        raise UsageError(must(f"The key file {given}", "be readable", got)) from err
    return load_key(raw, where=f"The key file {given}")
