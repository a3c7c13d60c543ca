"""Waivers: findings that somebody takes the responsibility for, until a day that is near."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from harness.clock import iso
from harness.files import canonical_json, sha256_bytes
from harness.policy.exact import Exact
from harness.records import WaivableOutcome
from harness.signing import (
    PAYLOAD_TYPE,
    WAIVER,
    Envelope,
    Signature,
    Statement,
    Subject,
    statement_bytes,
)

MAX_DAYS = 180
"""Longest time from the first to the last day of a waiver."""

DEFAULT_COVERS: tuple[WaivableOutcome, ...] = ("failed", "inconclusive")
"""What a waiver covers that does not say: who accepts a value must say so where there is none."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One signature under a waiver, as the file holds it; whether it counts is decided by trust.

    Attributes:
        keyid: Which key claims to have made it.
        signed_at: When, as its owner says; part of what is signed.
        sig: Signature over the DSSE encoding of ``waiver_payload``.
        user: Who it is said to be from, for readers; None where the file does not say.
        place: ``file:line``.
    """

    keyid: str
    signed_at: datetime
    sig: bytes
    user: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver.

    Attributes:
        rule: Rule id.
        model: Name of the run (``name`` in ``assay.yaml``) that it is for; ``name@version`` for one version
            of it only: ``system.version``, or at least 8 hex digits of the weights' digest.
        slice, dataset: Where it holds; None for every slice or data set of the rule.
        covers: Outcomes that it may waive.
        accept_until_value: Worse than that blocks again; None accepts every value.
        starts, expires: First moment, and the first at which it is over (the end of a day, UTC).
        requested_on: Day on which it was asked for, as the file writes it.
        approvals: Signatures under it.
        place: ``file:line``.
    """

    id: str
    rule: str
    model: str
    reason: str
    owner: str
    ticket: str
    starts: datetime
    expires: datetime
    place: str
    slice: str | None = None
    dataset: str | None = None
    covers: tuple[WaivableOutcome, ...] = DEFAULT_COVERS
    accept_until_value: Exact | None = None
    compensating: tuple[str, ...] = ()
    requested_on: str | None = None
    approvals: tuple[Approval, ...] = ()

    @property
    def last_day(self) -> date:
        """The last day on which it is live."""
        return (self.expires - timedelta(days=1)).date()

    @property
    def first_day(self) -> date:
        """The first day on which it is live."""
        return self.starts.date()


@dataclass(frozen=True, slots=True)
class Waivers:
    """A waivers file.

    Attributes:
        raw, digest: The file, and its SHA-256.
        place: Name of the file.
    """

    waivers: tuple[Waiver, ...]
    raw: bytes
    digest: str
    place: str


def waiver_content(waiver: Waiver) -> dict[str, object]:
    """Return what is approved: everything that the waiver says, and none of its approvals."""
    accept = waiver.accept_until_value
    return {
        "id": waiver.id,
        "rule": waiver.rule,
        "scope": {"model": waiver.model, "slice": waiver.slice, "dataset": waiver.dataset},
        "covers": list(waiver.covers),
        "accept_until_value": accept.text if accept is not None else None,
        "reason": waiver.reason,
        "compensating": list(waiver.compensating),
        "ticket": waiver.ticket,
        "owner": waiver.owner,
        "requested_on": waiver.requested_on,
        "starts": waiver.first_day.isoformat(),
        "expires": waiver.last_day.isoformat(),
    }


def waiver_payload(waiver: Waiver, signed_at: datetime) -> bytes:
    """Return what an approver signs: an in-toto statement that holds the whole waiver.

    One character of the waiver changed, and every signature under it is void.

    Args:
        waiver: What is approved.
        signed_at: When, whole seconds.
    """
    content = waiver_content(waiver)
    subject = Subject(f"waiver {waiver.id}", sha256_bytes(canonical_json(content)))
    predicate = {**content, "signed_at": iso(signed_at)}
    return statement_bytes(Statement((subject,), WAIVER, predicate))


def approval_envelope(waiver: Waiver, approval: Approval) -> Envelope:
    """Return one approval as the DSSE envelope that it stands for, around the waiver as it reads now."""
    payload = waiver_payload(waiver, approval.signed_at)
    return Envelope(PAYLOAD_TYPE, payload, (Signature(approval.keyid, approval.sig),))


def day(text: str) -> datetime:
    """Return the first moment of a day that is written as ``2027-01-31``, UTC.

    Raises:
        ValueError: If it is no date.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    # other spellings of ISO 8601, and years in which no calendar has a next day
    if not 2000 <= found.year <= 2999 or found.isoformat() != text:
        raise ValueError(f"must be a date such as 2027-01-31, got {text!r}")
    return datetime.combine(found, time(), tzinfo=UTC)
