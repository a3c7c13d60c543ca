"""in-toto statements: what is claimed about which bytes.

Source: in-toto attestation framework, Statement v1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import IntegrityError
from harness.files import canonical_json
from harness.signing.dsse import Envelope

PAYLOAD_TYPE = "application/vnd.in-toto+json"
GATE = "urn:modelassay:gate:v1"
"""Somebody stands for one gating: its verdict, policy, limits and numbers."""
DOCUMENT = "urn:modelassay:document:v1"
"""Somebody stands for a document that a rule of kind ``evidence`` asks for."""
WAIVER = "urn:modelassay:waiver:v1"
"""Somebody approves a waiver."""
RELEASE = "urn:modelassay:release:v1"
"""A run was released under one of its gates."""
WITHDRAWAL = "urn:modelassay:withdrawal:v1"
"""A release stands no longer, and why."""
TOMBSTONE = "urn:modelassay:tombstone:v1"
"""Something was erased, by whom and why; what it was is told by digests alone."""
CHECKPOINT = "urn:modelassay:checkpoint:v1"
"""How long the event log was, and the digest of its last event."""
HOLD = "urn:modelassay:hold:v1"
"""Nothing of a run may be erased, or may be again."""
DECISION = "urn:modelassay:decision:v1"
"""Somebody decided about a gate: approved it, rejected it, asked for changes, took an approval back."""
_TYPE = "https://in-toto.io/Statement/v1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about.

    Attributes:
        name: What people call it, e.g. ``gates/0f3a.../MANIFEST.json``.
        sha256: Its digest, 64 hex digits: this is what counts.
    """

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim.

    Attributes:
        subjects: What it is about; at least one.
        predicate_type: URI that says how to read the predicate.
        predicate: What is claimed: numbers, ids and digests, never row text.
    """

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    def is_about(self, sha256: str) -> bool:
        """Tell whether a digest is among the subjects."""
        return any(one.sha256 == sha256 for one in self.subjects)


def statement_bytes(statement: Statement) -> bytes:
    """Return the statement as canonical JSON, the payload of its envelope."""
    return canonical_json(
        {
            "_type": _TYPE,
            "subject": [
                {"name": one.name, "digest": {"sha256": one.sha256}} for one in statement.subjects
            ],
            "predicateType": statement.predicate_type,
            "predicate": dict(statement.predicate),
        }
    )


def read_statement(envelope: Envelope, *, where: str) -> Statement:
    """Read the statement in an envelope; whether anybody signed it is another question.

    Raises:
        IntegrityError: If the payload is no in-toto statement about SHA-256 digests, or holds a key
            twice or a number that is not finite.
    """
    try:
        if envelope.payload_type != PAYLOAD_TYPE:
            raise ValueError("payload type")
        data = json.loads(envelope.payload, object_pairs_hook=_once, parse_constant=_finite)
        if data["_type"] != _TYPE or not isinstance(data["predicate"], dict):
            raise ValueError("type")
        subjects = tuple(_subject(one) for one in data["subject"])
        if not subjects or not isinstance(data["predicateType"], str):
            raise ValueError("subject")
    except (ValueError, TypeError, KeyError, RecursionError) as err:
        raise IntegrityError(
            f"{where} must hold an in-toto statement, got something else."
        ) from err
    return Statement(subjects, data["predicateType"], data["predicate"])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # where a key stands twice, two readers may see two claims under one signature
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _finite(text: str) -> float:
    raise ValueError(text)


def _subject(data: Any) -> Subject:
    name, sha256 = data["name"], data["digest"]["sha256"]
    if not isinstance(name, str) or not _SHA256.fullmatch(sha256):
        raise ValueError("digest")
    return Subject(name, sha256)
