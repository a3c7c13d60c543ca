"""Keys drawn when tests run, the trust file that names them, and what they sign."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.clock import iso
from harness.policy import Approval, parse_waivers, waiver_payload, with_approval
from harness.signing import (
    DOCUMENT,
    PAYLOAD_TYPE,
    SigningKey,
    Statement,
    Subject,
    Trust,
    envelope_of,
    new_key,
    pae,
    parse_trust,
    statement_bytes,
)


@dataclass
class Ring:
    """One key for each user, drawn when first asked for."""

    keys: dict[str, SigningKey] = field(default_factory=dict)

    def key(self, user: str) -> SigningKey:
        """Return the key of ``user:<user>``."""
        return self.keys.setdefault(user, new_key())

    def trust_text(
        self,
        users: dict[str, list[str]],
        *,
        approvals: int = 2,
        roles: tuple[str, ...] = (),
        single_person: bool = False,
        more: dict[str, str] | None = None,
    ) -> str:
        """Return a trust file.

        Args:
            users: User → roles.
            approvals: How many users must approve a waiver.
            roles: Roles of which an approver must have one.
            single_person: Whether one may do everything.
            more: User → further keys of his entry, as YAML.
        """
        entries = "".join(
            f"  - user: user:{user}\n    roles: [{', '.join(given)}]\n"
            f"    public_key: {base64.b64encode(self.key(user).public_der).decode()}\n"
            + (f"    {(more or {})[user]}\n" if user in (more or {}) else "")
            for user, given in users.items()
        )
        return (
            f"apiVersion: modelassay/v1\nkind: Trust\nkeys:\n{entries}"
            f"waivers: {{approvals: {approvals}, roles: [{', '.join(roles)}]}}\n"
            f"single_person: {str(single_person).lower()}\n"
        )

    def trust(self, users: dict[str, list[str]], **options: Any) -> Trust:
        """Return a trust file as it is read."""
        return parse_trust(self.trust_text(users, **options).encode(), "trust.yaml")

    def approve(
        self, text: str, waiver: str, user: str, *, moment: datetime, said: str | None = None
    ) -> str:
        """Return a waivers file that a user has approved a waiver of."""
        found = next(one for one in parse_waivers(text.encode(), "w").waivers if one.id == waiver)
        key = self.key(user)
        sig = key.sign(pae(PAYLOAD_TYPE, waiver_payload(found, moment)))
        return with_approval(
            text.encode(), "w", waiver, Approval(key.keyid, moment, sig, said)
        ).decode()

    def document(
        self,
        document: str,
        users: tuple[str, ...],
        *,
        run_digest: str,
        moment: datetime,
        sha256: str = "d" * 64,
        subject: str | None = None,
        **predicate: Any,
    ) -> bytes:
        """Return a signed statement about a document, as bytes."""
        said = {
            "document": document,
            "name": f"{document}.pdf",
            "sha256": sha256,
            "signed_at": iso(moment),
            "expires": None,
            "sample": None,
            **predicate,
        }
        subjects = (
            Subject("MANIFEST.json", run_digest),
            Subject(f"{document}.pdf", subject or sha256),
        )
        payload = statement_bytes(Statement(subjects, DOCUMENT, said))
        return envelope_of(PAYLOAD_TYPE, payload, [self.key(user) for user in users]).to_bytes()
