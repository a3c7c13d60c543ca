"""Who decides, comments or looks: known to the log by a pseudonym, whose name can be erased."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from harness.errors import IntegrityError, Phrase, must
from harness.evidence.decisions import APPROVER, KEY_ISSUER, LOCAL_ISSUER, REVIEWER
from harness.files import canonical_json, sha256_bytes
from harness.signing import SigningKey, Trust, TrustedKey


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts.

    Attributes:
        issuer, subject: Who it is, in the words of the identity provider; ``key`` and a user of the trust
            file for who signs by himself.
        name: What pages and decisions call the person.
        roles: reviewer, approver, admin ...
        login_at: When the person logged in; None where nobody did.
        is_authenticated: False in the local mode.
        aliases: Further names of the same person, e.g. an e-mail address; compared with authors and owners.
    """

    issuer: str
    subject: str
    name: str
    roles: frozenset[str] = frozenset()
    login_at: datetime | None = None
    is_authenticated: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """How the log calls the person: ``local``, or ``p-`` and 16 hex digits."""
        if self.issuer == LOCAL_ISSUER:
            return LOCAL_ISSUER
        return f"p-{sha256_bytes(canonical_json([self.issuer, self.subject]))[:16]}"

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the person is called."""
        return (self.name, self.subject, *self.aliases)


LOCAL = Actor(
    issuer=LOCAL_ISSUER,
    subject=LOCAL_ISSUER,
    name=LOCAL_ISSUER,
    roles=frozenset({"viewer", "data-reader", REVIEWER, APPROVER}),
    is_authenticated=False,
)
"""The one person of a machine on which nobody is authenticated."""


def actor_of_key(key: SigningKey, trust: Trust, moment: datetime) -> Actor | None:
    """Return whose key it is, by the trust file; None where it does not name the key now."""
    known = next((one for one in trust.keys if one.keyid == key.keyid), None)
    if known is None or not known.counts_at(moment):
        return None
    return _owner(known)


def owner_of(key: SigningKey, trust: Trust, moment: datetime) -> Actor:
    """Return whose key it is.

    Raises:
        IntegrityError: If the trust file does not name it now.
    """
    found = actor_of_key(key, trust, moment)
    if found is None:
        do = "Enter its public half there, or sign with another key."
        what, got = "be a key that the trust file names and that may sign now", key.keyid[:12]
        raise IntegrityError(must("--key", what, Phrase(got), place=trust.place, do=do))
    return found


def submitters_of(submitters: Iterable[str], trust: Trust | None) -> tuple[str, ...]:
    """Return the users of a trust file who are among the ids of those who submitted something."""
    ids = frozenset(submitters)
    return tuple(one.user for one in (trust.keys if trust else ()) if _owner(one).id in ids)


def _owner(key: TrustedKey) -> Actor:
    return Actor(KEY_ISSUER, key.user, key.user.partition(":")[2], key.roles)
