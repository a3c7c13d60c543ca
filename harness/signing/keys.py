"""Ed25519 keys: made here, kept by their owner, known by the digest of their public half."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import Phrase, UsageError, must
from harness.files import sha256_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""Encodings, sign bit cleared, of the points of order 1, 2, 4 and 8; OpenSSL does not refuse them."""
_PUBLIC_PEM = "-----BEGIN PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key in memory; it shows nothing of itself.

    Attributes:
        keyid: SHA-256 over the DER of its public half (SubjectPublicKeyInfo), 64 hex digits.
        public_der: That DER.
    """

    keyid: str
    public_der: bytes
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Return the signature over bytes, 64 bytes."""
        return self._private.sign(data)

    def pem(self) -> bytes:
        """Return the private key as unencrypted PKCS#8 PEM, for the file of its owner."""
        from cryptography.hazmat.primitives import serialization as form

        return self._private.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
        )


def new_key() -> SigningKey:
    """Draw a new key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return _signing_key(Ed25519PrivateKey.generate())


def load_key(pem: bytes, *, where: str) -> SigningKey:
    """Read a private key from PKCS#8 PEM.

    Args:
        pem: The text of the file or of the environment variable.
        where: How messages call the place; the key itself is never shown.

    Raises:
        UsageError: If it is no unencrypted Ed25519 key in PKCS#8 PEM.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    what = "be an unencrypted Ed25519 private key in PKCS#8 PEM"
    if _PUBLIC_PEM.encode() in pem:
        raise UsageError(must(where, what, Phrase("a public key"), do=_MAKE))
    try:
        found = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as err:
        raise UsageError(must(where, what, Phrase("something else"), do=_MAKE)) from err
    if not isinstance(found, Ed25519PrivateKey):
        raise UsageError(must(where, what, Phrase("a key of another kind"), do=_MAKE))
    return _signing_key(found)


_MAKE = "Make one with: assay keys new NAME"


def keyid_of(public_der: bytes) -> str:
    """Return the id of a public key: SHA-256 over its SubjectPublicKeyInfo in DER, 64 hex digits."""
    return sha256_bytes(public_der)


def public_der(text: str) -> bytes:
    """Return the DER of a public key that is written as PEM or as base64 of the DER.

    Raises:
        ValueError: If it is no Ed25519 public key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        if text.lstrip().startswith(_PUBLIC_PEM):
            found = form.load_pem_public_key(text.encode())
        else:
            found = form.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as err:
        raise ValueError("must be an Ed25519 public key, as PEM or as base64 of its DER") from err
    if not isinstance(found, Ed25519PublicKey):
        raise ValueError("must be an Ed25519 public key, got a key of another kind")
    raw = found.public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)
    if raw[:-1] + bytes([raw[-1] & 0x7F]) in _SMALL_ORDER:
        raise ValueError(
            "must be an Ed25519 public key that somebody drew, got one of small order, for which "
            "anybody can make a signature"
        )
    return found.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)


def is_signed_by(public: bytes, signature: bytes, data: bytes) -> bool:
    """Tell whether a signature over bytes was made by the private half of a public key (DER)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(public)
    if not isinstance(key, Ed25519PublicKey):
        return False
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _signing_key(private: Ed25519PrivateKey) -> SigningKey:
    from cryptography.hazmat.primitives import serialization as form

    der = private.public_key().public_bytes(
        form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(keyid=keyid_of(der), public_der=der, _private=private)
