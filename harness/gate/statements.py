"""What signed statements about documents say, and whose signatures under them count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from harness.clock import parse_moment
from harness.errors import IntegrityError, UsageError
from harness.files import sha256_bytes
from harness.records import DocumentRef
from harness.signing import DOCUMENT, Statement, Trust, read_statement, signers_of

if TYPE_CHECKING:
    from harness.gate.given import Document

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_ITEMS = 10**9


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """One statement about a document of the run that is judged.

    Attributes:
        ref: What it says; ``signed_by`` names those whose signature counts, in whatever role.
        roles: User → roles in which the signature counts.
        signed_at: When, by its own words.
        over: First moment at which it no longer counts; None where it does not expire.
    """

    ref: DocumentRef
    roles: Mapping[str, frozenset[str]]
    signed_at: datetime
    over: datetime | None


def signed_documents(
    documents: Sequence[Document], trust: Trust | None, run_digest: str
) -> tuple[SignedDocument, ...]:
    """Return the statements about documents of one run, signed by whomever.

    What is no such statement, is about another run, or cannot be read, is not there.

    Args:
        documents: As they were handed in.
        trust: Whom to believe; without it nobody has signed.
        run_digest: SHA-256 of the run's manifest.
    """
    return tuple(_readable(documents, trust, run_digest))


def _readable(
    documents: Sequence[Document], trust: Trust | None, run_digest: str
) -> Iterator[SignedDocument]:
    seen: set[str] = set()
    for document in documents:
        statement_digest = sha256_bytes(document.raw)
        if statement_digest in seen:
            continue
        seen.add(statement_digest)
        try:
            statement = read_statement(document.envelope, where="A statement about a document")
            found = _read(statement, statement_digest, run_digest)
        except (IntegrityError, UsageError, ValueError, TypeError, KeyError):
            continue
        signers = signers_of(document.envelope, trust, found.signed_at) if trust else ()
        yield SignedDocument(
            ref=replace(found.ref, signed_by=tuple(one.user for one in signers)),
            roles={one.user: _in_role(one.roles, statement) for one in signers},
            signed_at=found.signed_at,
            over=found.over,
        )


def _in_role(roles: frozenset[str], statement: Statement) -> frozenset[str]:
    """Return in which roles a signature counts: those of the user, and of them the one that it names."""
    named = statement.predicate.get("role")
    return roles if named is None else roles & {named} if isinstance(named, str) else frozenset()


def _read(statement: Statement, statement_digest: str, run_digest: str) -> SignedDocument:
    """Read what a statement says; anything that it should not say is a ``ValueError``."""
    said = statement.predicate
    digest = _word(said["sha256"])
    is_about = statement.is_about(run_digest) and statement.is_about(digest)
    if statement.predicate_type != DOCUMENT or not is_about or not _SHA256.fullmatch(digest):
        raise ValueError("about something else")
    n, n_accepted = _sample(said.get("sample"))
    expires = said.get("expires")
    ref = DocumentRef(
        document=_word(said["document"]),
        name=_word(said["name"]),
        sha256=digest,
        statement=statement_digest,
        signed_by=(),
        signed_at=_word(said["signed_at"]),
        expires=None if expires is None else _word(expires),
        n=n,
        n_accepted=n_accepted,
    )
    return SignedDocument(ref, {}, parse_moment(ref.signed_at), over(ref.expires))


def over(expires: str | None) -> datetime | None:
    """Return the first moment at which a document no longer counts; a date counts to its end."""
    if expires is None:
        return None
    moment = parse_moment(expires)
    return days_later(moment, 1) if len(expires) == 10 else moment


def days_later(moment: datetime, days: int) -> datetime:
    """Return a moment so many days later; the last one of the calendar where it ends before."""
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _sample(said: Any) -> tuple[int | None, int | None]:
    if said is None:
        return None, None
    n, accepted = said["n"], said["accepted"]
    for number in (n, accepted):
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError("counts")
    if not 0 <= accepted <= n <= _MOST_ITEMS:
        raise ValueError("counts")
    return n, accepted


def _word(said: Any) -> str:
    if not isinstance(said, str) or not said.strip():
        raise ValueError("words")
    return said
