"""Statements that lie beside the seals of a run and carry the public half of their key.

Tombstones and holds are written long after a run was sealed, so no seal names them. Each stands under the
digest of what was signed, and its own key must have signed it: a changed byte is seen by everybody, whoever
vouches for the key. Whether that key counts, a trust file says.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.clock import iso
from harness.errors import IntegrityError, Phrase, must
from harness.files import sha256_bytes
from harness.signing import (
    PAYLOAD_TYPE,
    Envelope,
    SigningKey,
    Statement,
    Subject,
    Trust,
    envelope_of,
    is_signed_by,
    keyid_of,
    pae,
    public_der,
    read_envelope,
    read_statement,
    signers_of,
    statement_bytes,
)

ENDING = ".dsse.json"
_NAME = re.compile(r"([0-9a-f]{12})\.dsse\.json")
_KEY = "public_key"


@dataclass(frozen=True, slots=True)
class OwnStatement:
    """A statement that its own key signed.

    Attributes:
        id: First 12 hex digits of the SHA-256 of its payload.
        where: How messages call the file.
        subjects: Digests that it is about.
        predicate: What is claimed, without the key.
        keyid: Of the key that it carries.
        envelope: What it came in.
    """

    id: str
    where: str
    subjects: tuple[str, ...]
    predicate: Mapping[str, Any]
    keyid: str
    envelope: Envelope


def sign_own(
    subjects: tuple[Subject, ...], kind: str, predicate: Mapping[str, Any], key: SigningKey
) -> tuple[str, bytes]:
    """Return the id of a statement and the bytes of its envelope.

    Args:
        subjects: What it is about.
        kind: Predicate type.
        predicate: What is claimed, JSON data.
        key: Who signs.
    """
    full = {**predicate, _KEY: base64.b64encode(key.public_der).decode()}
    payload = statement_bytes(Statement(subjects, kind, full))
    return sha256_bytes(payload)[:12], envelope_of(PAYLOAD_TYPE, payload, [key]).to_bytes()


def own_files(folder: Path) -> list[Path]:
    """Return the plain files of a folder of such statements; links are reported elsewhere."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    return sorted(one for one in folder.iterdir() if one.is_file() and not one.is_symlink())


def read_own(file: Path, where: str, kind: str) -> OwnStatement:
    """Read a statement and check its name, its form and the signature of its own key.

    Args:
        file: Its file.
        where: How messages call it.
        kind: Predicate type that it must have.

    Raises:
        IntegrityError: If it is another kind of file, or was changed.
    """
    match = _NAME.fullmatch(file.name)
    if match is None:
        raise IntegrityError(must(where, f"be named by 12 hex digits and {ENDING}", file.name))
    raw = file.read_bytes()
    envelope = read_envelope(raw, where=where)
    statement = read_statement(envelope, where=where)
    if envelope.to_bytes() != raw or statement_bytes(statement) != envelope.payload:
        raise IntegrityError(
            f"{where} must stand as it was written, got the same content otherwise."
        )
    if sha256_bytes(envelope.payload)[:12] != match[1]:
        raise IntegrityError(must(where, "be named by the digest of its payload", file.name))
    if statement.predicate_type != kind:
        raise IntegrityError(
            must(where, f"be a statement of type {kind}", statement.predicate_type)
        )
    predicate = dict(statement.predicate)
    keyid = _own_key(envelope, predicate.pop(_KEY, None))
    if keyid is None:
        what = "be signed by the key that it names"
        raise IntegrityError(must(where, what, Phrase("no such signature")))
    subjects = tuple(one.sha256 for one in statement.subjects)
    return OwnStatement(match[1], where, subjects, predicate, keyid, envelope)


def _own_key(envelope: Envelope, public: object) -> str | None:
    try:
        der = public_der(public) if isinstance(public, str) else b""
    except ValueError:
        return None
    data = pae(envelope.payload_type, envelope.payload)
    for one in envelope.signatures:
        if der and one.keyid == keyid_of(der) and is_signed_by(der, one.sig, data):
            return one.keyid
    return None


def vouched(
    envelope: Envelope, trust: Trust | None, *, role: str, moment: datetime, where: str
) -> tuple[str | None, list[str]]:
    """Return who signed in a role, or None where nobody vouches for it; and problems.

    Args:
        envelope: What was signed.
        trust: Whose signatures count; None asks nobody.
        role: In which role.
        moment: When it was signed, as it says.
        where: How messages call it.
    """
    if trust is None:
        return None, []
    signers = signers_of(envelope, trust, moment)
    names = sorted(signer.user for signer in signers if role in signer.roles)
    if names:
        return ", ".join(names), []
    what = f"be signed by a key of role {role} that {trust.place} trusted at {iso(moment)}"
    return None, [must(where, what, Phrase("no such signature"))]


def one_line(text: str) -> str:
    """Return text without what moves a cursor."""
    return "".join(c if c.isprintable() else " " for c in text)
