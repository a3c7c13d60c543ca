"""Whose signatures under an envelope count, by a trust file and at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.signing.dsse import Envelope, pae
from harness.signing.keys import is_signed_by
from harness.signing.trust import Trust


@dataclass(frozen=True, slots=True)
class Signer:
    """A user whose signature counts.

    Attributes:
        user: Who.
        keyid: By which key.
        roles: In which roles it counts.
    """

    user: str
    keyid: str
    roles: frozenset[str]


def signers_of(envelope: Envelope, trust: Trust, moment: datetime) -> tuple[Signer, ...]:
    """Return the users whose signatures hold and count; each once, however many keys they signed with.

    A signature by a key that the trust file does not name, by one that is revoked or was not valid at the
    moment, or one that does not hold, counts for nothing.

    Args:
        envelope: What was signed.
        trust: Whom to believe.
        moment: When it was signed, as the payload says.
    """
    data = pae(envelope.payload_type, envelope.payload)
    known = {one.keyid: one for one in trust.keys}
    found: dict[str, Signer] = {}
    for signature in envelope.signatures:
        key = known.get(signature.keyid)
        if key is None or not key.counts_at(moment):
            continue
        if not is_signed_by(key.public, signature.sig, data):
            continue
        before = found.get(key.user)
        roles = key.roles if before is None else before.roles | key.roles
        found[key.user] = Signer(key.user, before.keyid if before else key.keyid, roles)
    return tuple(found.values())
