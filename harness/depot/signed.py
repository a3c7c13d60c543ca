"""Signed statements that lie in a gate, and whose signatures under them count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.clock import parse_moment
from harness.errors import IntegrityError, UsageError, must
from harness.evidence import Gate
from harness.files import sha256_bytes
from harness.signing import Envelope, Signer, Statement, Trust, read_envelope, read_statement
from harness.signing import signers_of as signers_of_envelope

STATEMENTS = "statements"
ENDING = ".dsse.json"


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement with every signature that lies under it, from however many files.

    Attributes:
        statement: What is claimed.
        envelope: Its payload, and all signatures.
        sha256: Digest of the payload, by which it is known: further signatures do not change it.
    """

    statement: Statement
    envelope: Envelope
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the file that holds exactly these signatures."""
        kind = self.statement.predicate_type.split(":")[-2]
        return f"{kind}-{sha256_bytes(self.envelope.to_bytes())[:12]}{ENDING}"


def signed_of(envelope: Envelope, *, where: str) -> Signed:
    """Read the statement in an envelope."""
    statement = read_statement(envelope, where=where)
    return Signed(statement, envelope, sha256_bytes(envelope.payload))


def read_signed(gate: Gate, predicate_type: str) -> list[Signed]:
    """Return the statements of one type that lie in a gate, in the order of their digests.

    Files with one payload are one statement: people sign side by side, and nothing is overwritten.

    Raises:
        IntegrityError: If a file is no signed statement.
    """
    found: dict[str, Signed] = {}
    for path in _files(gate.path / STATEMENTS):
        where = f"gates/{gate.id}/{STATEMENTS}/{path.name}"
        one = signed_of(read_envelope(path.read_bytes(), where=where), where=where)
        if one.statement.predicate_type != predicate_type:
            continue
        before = found.get(one.sha256)
        found[one.sha256] = one if before is None else _together(before, one)
    return [found[key] for key in sorted(found)]


def moment_of(signed: Signed, key: str, *, where: str) -> datetime:
    """Return when a statement says that it was made.

    Raises:
        IntegrityError: If it says none.
    """
    text = signed.statement.predicate.get(key)
    try:
        return parse_moment(str(text))
    except UsageError as err:
        raise IntegrityError(must(f"{key} of {where}", "be an ISO 8601 moment", text)) from err


def signers(statements: Iterable[tuple[Signed, datetime]], trust: Trust) -> tuple[Signer, ...]:
    """Return whose signatures count under any of some statements, each user once.

    Args:
        statements: Each with the moment at which it was signed.
        trust: Whom to believe.
    """
    found: dict[str, Signer] = {}
    for one, moment in statements:
        for signer in signers_of_envelope(one.envelope, trust, moment):
            before = found.get(signer.user)
            roles = signer.roles | (before.roles if before else frozenset())
            found[signer.user] = replace(signer, roles=roles)
    return tuple(found[user] for user in sorted(found))


def _together(one: Signed, other: Signed) -> Signed:
    known = {(sig.keyid, sig.sig) for sig in one.envelope.signatures}
    more = [sig for sig in other.envelope.signatures if (sig.keyid, sig.sig) not in known]
    signatures = (*one.envelope.signatures, *more)
    return replace(one, envelope=replace(one.envelope, signatures=signatures))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.endswith(ENDING))
