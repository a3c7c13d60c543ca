"""DSSE envelopes: a payload, its type, and signatures over both.

Source: DSSE protocol v1.0 (secure-systems-lab/dsse): signed is ``PAE(type, payload)``, so that no
payload of one type can be taken for one of another.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import IntegrityError
from harness.files import canonical_json
from harness.signing.keys import SigningKey

_KEYS = {"payload", "payloadType", "signatures"}
_SIGNATURE_KEYS = {"keyid", "sig"}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature.

    Attributes:
        keyid: Which key claims to have made it: a hint, proved only by the key itself.
        sig: Its bytes.
    """

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload.

    Attributes:
        payload_type: Media type of the payload.
        payload: What was signed, to the byte.
        signatures: In the order in which they were added.
    """

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the envelope as canonical JSON."""
        return canonical_json(
            {
                "payload": base64.b64encode(self.payload).decode(),
                "payloadType": self.payload_type,
                "signatures": [
                    {"keyid": one.keyid, "sig": base64.b64encode(one.sig).decode()}
                    for one in self.signatures
                ],
            }
        )


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: lengths, in bytes, stand before type and payload."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope_of(payload_type: str, payload: bytes, keys: Iterable[SigningKey] = ()) -> Envelope:
    """Return an envelope around a payload, signed by each key."""
    envelope = Envelope(payload_type, payload)
    for key in keys:
        envelope = sign_envelope(envelope, key)
    return envelope


def sign_envelope(envelope: Envelope, key: SigningKey) -> Envelope:
    """Return the envelope with one more signature; a key signs once, however often it is asked."""
    if any(one.keyid == key.keyid for one in envelope.signatures):
        return envelope
    made = Signature(key.keyid, key.sign(pae(envelope.payload_type, envelope.payload)))
    return replace(envelope, signatures=(*envelope.signatures, made))


def read_envelope(raw: bytes, *, where: str) -> Envelope:
    """Read an envelope; whether its signatures hold is asked of ``signers_of``.

    Raises:
        IntegrityError: If it is no DSSE envelope with exactly the keys of one, does not stand as
            ``Envelope.to_bytes`` writes it (a byte that no signature covers could be changed in it), or
            names a key twice.
    """
    try:
        data = json.loads(raw)
        if not isinstance(data, dict) or set(data) != _KEYS:
            raise ValueError("other keys")
        signatures = tuple(_signature(one) for one in data["signatures"])
        payload_type = data["payloadType"]
        if not isinstance(payload_type, str):
            raise TypeError("payloadType")
        payload = _base64(data["payload"])
    except (ValueError, TypeError, binascii.Error, RecursionError) as err:
        raise IntegrityError(f"{where} must be a DSSE envelope, got something else.") from err
    envelope = Envelope(payload_type, payload, signatures)
    if len({one.keyid for one in signatures}) != len(signatures):
        raise IntegrityError(f"{where} must hold one signature of a key, got two of one.")
    if envelope.to_bytes() != raw:
        raise IntegrityError(
            f"{where} must stand in canonical JSON (RFC 8785), got the same content otherwise."
        )
    return envelope


def _signature(data: Any) -> Signature:
    if set(data) != _SIGNATURE_KEYS or not isinstance(data["keyid"], str):
        raise ValueError("other keys")
    return Signature(data["keyid"], _base64(data["sig"]))


def _base64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        # the last character has bits that mean nothing: a changed one would not be seen
        raise ValueError("base64")
    return raw
