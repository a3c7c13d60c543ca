"""The private key that a command signs with: a file, a name in the key folder, an environment variable."""

from __future__ import annotations

from harness.signing import SigningKey, find_key


def own_key(given: str) -> SigningKey:
    """Read a private key; it is never shown. See ``find_key``.

    Args:
        given: A path, a name in the key folder, or ``env:NAME`` for the variable NAME.

    Raises:
        UsageError: If there is no such key, or it is no Ed25519 key.
    """
    return find_key(given)
