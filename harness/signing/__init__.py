"""Who said so: Ed25519 keys, DSSE envelopes, in-toto statements, and whom a trust file believes.

Nothing here reads a bundle or a policy; both stand above it. ``cryptography`` is imported when a key is
made or a signature is checked, not before.
"""

from harness.signing.counting import missing_signatures
from harness.signing.dsse import Envelope, Signature, envelope_of, pae, read_envelope, sign_envelope
from harness.signing.keyfolder import find_key
from harness.signing.keys import SigningKey, is_signed_by, keyid_of, load_key, new_key, public_der
from harness.signing.statement import (
    CHECKPOINT,
    DECISION,
    DOCUMENT,
    GATE,
    HOLD,
    PAYLOAD_TYPE,
    RELEASE,
    TOMBSTONE,
    WAIVER,
    WITHDRAWAL,
    Statement,
    Subject,
    read_statement,
    statement_bytes,
)
from harness.signing.trust import Trust, TrustedIdentity, TrustedKey, parse_trust, read_trust
from harness.signing.verifying import Signer, signers_of

__all__ = [
    "CHECKPOINT",
    "DECISION",
    "DOCUMENT",
    "GATE",
    "HOLD",
    "PAYLOAD_TYPE",
    "RELEASE",
    "TOMBSTONE",
    "WAIVER",
    "WITHDRAWAL",
    "Envelope",
    "Signature",
    "Signer",
    "SigningKey",
    "Statement",
    "Subject",
    "Trust",
    "TrustedIdentity",
    "TrustedKey",
    "envelope_of",
    "find_key",
    "is_signed_by",
    "keyid_of",
    "load_key",
    "missing_signatures",
    "new_key",
    "pae",
    "parse_trust",
    "public_der",
    "read_envelope",
    "read_statement",
    "read_trust",
    "sign_envelope",
    "signers_of",
    "statement_bytes",
]
