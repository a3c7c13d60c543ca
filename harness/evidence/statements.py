"""Signed statements of a run: are they whole, do their signatures hold, are they about this run and gate?

Whether anybody believes them is another question; ``believing`` asks it with a trust file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.clock import parse_moment
from harness.errors import AssayError, IntegrityError, Phrase, must, raise_all
from harness.evidence import keyless
from harness.evidence.bundle import Bundle, Gate
from harness.evidence.claims import (
    SIGNER,
    TEST_RESULT,
    DocumentClaim,
    document_statement,
    gate_statement,
    gate_subjects,
    result_statement,
)
from harness.evidence.decisions import SERVICE, decision_of, wrong_about
from harness.evidence.manifest import DOCUMENTS
from harness.files import sha256_bytes
from harness.signing import (
    DECISION,
    DOCUMENT,
    GATE,
    PAYLOAD_TYPE,
    RELEASE,
    WITHDRAWAL,
    Envelope,
    SigningKey,
    Statement,
    envelope_of,
    is_signed_by,
    keyid_of,
    pae,
    public_der,
    read_envelope,
    read_statement,
    statement_bytes,
)
from harness.signing.trust import ROLE

ENDING = ".dsse.json"
ENDINGS = (ENDING, keyless.ENDING)
KINDS = {
    GATE: "gate",
    TEST_RESULT: "test-result",
    DOCUMENT: "document",
    RELEASE: "release",
    WITHDRAWAL: "withdrawal",
    DECISION: "decision",
    keyless.MODEL_SIGNATURE: "model",
}
"""Predicate types that may lie in a run, and the word that file names and listings have for each."""
_KEYLESS = {"gate", "model"}
"""What may come in a Sigstore bundle."""

DOCUMENT_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_NAME = re.compile(r"(?:[a-z]+(?:-[a-z]+)*-)?([0-9a-f]{12})\.(?:dsse|sigstore)\.json")
_MAX_BYTES = 32_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Claim:
    """A signed statement as it lies in a run.

    Attributes:
        place: Path below the run.
        kind: ``gate``, ``test-result``, ``document``, ``release``, ``withdrawal``, ``decision`` or ``model``.
        gate: Id of the gate that it lies in; None for documents.
        envelope, statement: What was signed.
        role, signed_at: As the signer says; None where the predicate has no place for them.
        public: Public key that the statement names, DER; None where it names none.
        bundle: The Sigstore bundle that the envelope came in; None where a key signed it.
    """

    place: str
    kind: str
    gate: str | None
    envelope: Envelope
    statement: Statement
    role: str | None
    signed_at: datetime | None
    public: bytes | None
    bundle: bytes | None = None

    @property
    def keyids(self) -> tuple[str, ...]:
        """Keys that are said to have signed."""
        return tuple(one.keyid for one in self.envelope.signatures)

    def is_signed_by(self, public: bytes) -> bool:
        """Tell whether a signature by a public key (DER) holds."""
        data = pae(self.envelope.payload_type, self.envelope.payload)
        keyid = keyid_of(public)
        return any(
            one.keyid == keyid and is_signed_by(public, one.sig, data)
            for one in self.envelope.signatures
        )


def file_of(statement: Statement, key: SigningKey) -> tuple[str, bytes]:
    """Sign a statement; return the name of its file and its bytes."""
    envelope = envelope_of(PAYLOAD_TYPE, statement_bytes(statement), [key])
    raw = envelope.to_bytes()
    return _file_name(KINDS[statement.predicate_type], raw), raw


def _file_name(kind: str, raw: bytes) -> str:
    prefix = "" if kind == "document" else f"{kind}-"
    return f"{prefix}{sha256_bytes(raw)[:12]}{ENDING}"


def read_claims(bundle: Bundle, names: Iterable[str]) -> tuple[list[Claim], list[str]]:
    """Read statements and check everything that can be checked without knowing whom to believe.

    Each must be whole, be named by its digest, be about this run (and gate, and model), say what the gate
    says, and be signed by the key that it names, or that another statement of the run names.

    Args:
        bundle: The run; its seals were checked.
        names: Paths of the statements below the run.

    Returns:
        Those that are sound, and one sentence for each problem.
    """
    claims: list[Claim] = []
    problems: list[str] = []
    gates: dict[str, Gate] = {}  # each is opened once, however many people signed it
    for name in sorted(names):
        try:
            claims.append(_claim(bundle, name, gates))
        except AssayError as err:
            problems.extend(err.problems)
    keys = {keyid_of(one.public): one.public for one in claims if one.public is not None}
    sound = []
    for one in claims:
        found = _signature_problems(one, keys)
        problems.extend(found)
        if not found:
            sound.append(one)
    return sound, problems


def document_of(statement: Statement) -> DocumentClaim:
    """Read what a statement says of a document.

    Raises:
        IntegrityError: If it does not say it as ``document_statement`` does.
    """
    given = statement.predicate
    sample = given.get("sample")
    sound = (
        set(given) == {"document", "name", "sha256", "expires", "sample", *SIGNER}
        and _is_text(given["document"], DOCUMENT_ID)
        and _is_text(given["sha256"], _SHA256)
        and isinstance(given["name"], str)
        and (given["expires"] is None or _is_day(given["expires"]))
        and (sample is None or _is_sample(sample))
    )
    if not sound:
        raise IntegrityError(must("A statement about a document", "say what it is", Phrase("else")))
    n, accepted = (sample["n"], sample["accepted"]) if sample else (None, None)
    return DocumentClaim(
        given["document"], given["name"], given["sha256"], given["expires"], n, accepted
    )


def _claim(bundle: Bundle, place: str, gates: dict[str, Gate]) -> Claim:
    size = (bundle.path / place).stat().st_size
    if size > _MAX_BYTES:
        raise IntegrityError(must(place, f"be at most {_MAX_BYTES} bytes", size))
    raw = (bundle.path / place).read_bytes()
    match = _NAME.fullmatch(place.rpartition("/")[2])
    if match is None or match[1] != sha256_bytes(raw)[:12]:
        what = f"be named by the first 12 digits of its SHA-256, and {ENDING}"
        do = "It was changed, or renamed."
        raise IntegrityError(must(place, what, Phrase(sha256_bytes(raw)[:12]), do=do))
    is_keyless = place.endswith(keyless.ENDING)
    read = keyless.bundle_envelope if is_keyless else read_envelope
    envelope = read(raw, where=place)
    statement = read_statement(envelope, where=place)
    if not envelope.signatures:
        raise IntegrityError(must(place, "be signed", Phrase("no signature")))
    kind = KINDS.get(statement.predicate_type)
    is_plain = kind is not None and not is_keyless
    if is_plain and place.rpartition("/")[2] != _file_name(str(kind), raw):
        raise IntegrityError(
            must(place, f"be called {_file_name(str(kind), raw)}", Phrase("otherwise"))
        )
    is_document = place.startswith(f"{DOCUMENTS}/")
    has_place = (kind == "document") == is_document and (kind in _KEYLESS or not is_keyless)
    if kind is None or not has_place or (kind == "model") > is_keyless:
        known = "about a document" if is_document else "about a gate or a release"
        raise IntegrityError(must(place, f"hold a statement {known}", statement.predicate_type))
    gate = None
    if not is_document:
        id = place.split("/")[1]
        gate = gates[id] = gates.get(id) or bundle.gate(id)
    role, moment, public = _signer(statement, place, kind=kind, is_keyless=is_keyless)
    _check_content(bundle, gate, statement, place)
    return Claim(
        place=place,
        kind=kind,
        gate=gate.id if gate else None,
        envelope=envelope,
        statement=statement,
        role=role,
        signed_at=moment,
        public=public,
        bundle=raw if is_keyless else None,
    )


def _signer(
    statement: Statement, place: str, *, kind: str, is_keyless: bool
) -> tuple[str | None, datetime | None, bytes | None]:
    given = statement.predicate
    try:
        if kind == "release":
            return None, parse_moment(given["released_at"]), None
        if kind == "withdrawal":
            return None, parse_moment(given["withdrawn_at"]), None
        if kind == "decision":
            said = decision_of(statement, where=place)
            return SERVICE if said.by == "service" else said.role, said.decided_at, None
        if kind in ("test-result", "model"):
            return None, None, None
        public = None if is_keyless else public_der(given["public_key"])
        has_key = public is not None
        is_plain = not has_key or base64.b64encode(public or b"").decode() == given["public_key"]
        if ("public_key" in given) != has_key or not is_plain:
            raise ValueError("public key")
        if not _is_text(given["role"], re.compile(ROLE)):
            raise ValueError("role")
        return given["role"], parse_moment(given["signed_at"]), public
    except (KeyError, TypeError, ValueError, AttributeError, AssayError) as err:
        what = f"say who signed it ({', '.join(SIGNER)})"
        raise IntegrityError(must(place, what, Phrase("something else"))) from err


def _check_content(bundle: Bundle, gate: Gate | None, statement: Statement, place: str) -> None:
    """Refuse a statement that is about something else, or that says other than what it is about."""
    if gate is None:
        signer = {name: statement.predicate[name] for name in SIGNER}
        expected = document_statement(bundle, document_of(statement), signer)
        _same_subjects(statement, expected, place, about=f"run {bundle.id} and its document")
        return
    about = f"{place.rpartition('/statements/')[0]} of run {bundle.id}"
    if statement.predicate_type in (RELEASE, WITHDRAWAL):
        missing = [one for one in gate_subjects(bundle, gate) if not statement.is_about(one.sha256)]
        raise_all(
            IntegrityError,
            [must(place, f"be about {about}", Phrase(f"no {one.name} of it")) for one in missing],
        )
        return
    if statement.predicate_type == DECISION:
        wrong = wrong_about(bundle, gate, statement)
        do = "It was made for another one, and copied here."
        what = f"be about {about}"
        problems = [must(f"{name} in {place}", what, got, do=do) for name, got in wrong]
        raise_all(IntegrityError, problems)
        return
    if statement.predicate_type == keyless.MODEL_SIGNATURE:
        return  # about the files of a model: verify --model holds it against them
    if statement.predicate_type == GATE:
        signer = {name: statement.predicate[name] for name in SIGNER if name in statement.predicate}
        expected = gate_statement(bundle, gate, signer)
    else:
        expected = result_statement(bundle, gate)
    _same_subjects(statement, expected, place, about=about)
    wrong = _differences(statement.predicate, expected.predicate)
    raise_all(
        IntegrityError,
        [must(f"{name} in {place}", "be what the gate says", got) for name, got in wrong],
    )


def _same_subjects(found: Statement, expected: Statement, place: str, *, about: str) -> None:
    if found.subjects != expected.subjects:
        do = "It was made for another one, and copied here."
        got = Phrase(", ".join(f"{one.name} {one.sha256[:12]}" for one in found.subjects))
        raise IntegrityError(must(place, f"be about {about}", got, do=do))


def _differences(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Compare what both say: another version may say more, or less, and never anything else."""
    if "verdict" in expected and "verdict" not in found:
        return [("verdict", None)]
    return [
        (name, found[name])
        for name, value in expected.items()
        if name in found and not _agrees(found[name], value)
    ]


def _agrees(found: Any, expected: Any) -> bool:
    if not isinstance(expected, list) or not isinstance(found, list):
        return bool(found == expected)
    if len(found) != len(expected):
        return False
    return all(
        not _differences(one, other)
        if isinstance(one, dict) and isinstance(other, dict)
        else one == other
        for one, other in zip(found, expected, strict=True)
    )


def _signature_problems(claim: Claim, keys: Mapping[str, bytes]) -> list[str]:
    if claim.public is not None and claim.keyids != (keyid_of(claim.public),):
        what = f"be signed by the key that it names, {keyid_of(claim.public)[:12]}, alone"
        got = Phrase(", ".join(one[:12] for one in claim.keyids))
        return [must(claim.place, what, got)]
    if claim.bundle is not None:
        return []  # no key of ours: asked of Sigstore
    strange = [one for one in claim.keyids if one not in keys]
    if claim.kind == "test-result" and strange:
        what = "be signed by a key that a statement of this run names"
        return [must(claim.place, what, Phrase(one[:12])) for one in strange]
    return [
        must(
            claim.place, f"hold a signature by the key {one[:12]}", Phrase("one that does not hold")
        )
        for one in claim.keyids
        if one in keys and not claim.is_signed_by(keys[one])
    ]


def _is_text(value: object, shape: re.Pattern[str]) -> bool:
    return isinstance(value, str) and shape.fullmatch(value) is not None


def _is_day(value: object) -> bool:
    if not _is_text(value, re.compile(r"\d{4}-\d\d-\d\d")):
        return False
    try:
        parse_moment(str(value))
    except AssayError:
        return False
    return True


def _is_sample(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"n", "accepted"}:
        return False
    n, accepted = value["n"], value["accepted"]
    return type(n) is int and type(accepted) is int and n >= 1 and 0 <= accepted <= n
