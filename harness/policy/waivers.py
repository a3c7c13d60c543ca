"""Waivers: findings that somebody takes the responsibility for, until a day that is near."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.policy.exact import Exact
from harness.signing import Envelope


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver.

    Attributes:
        rule: Rule id.
        model: Name of the run (``name`` in ``assay.yaml``) that it is for.
        slice, dataset: Where it holds; None for every slice or data set of the rule.
        accept_until_value: Worse than that blocks again; None accepts every value.
        starts, expires: First moment, and the first at which it is over (the end of a day, UTC).
        approvals: What was signed: an envelope around the waiver itself.
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
    accept_until_value: Exact | None = None
    compensating: tuple[str, ...] = ()
    approvals: Envelope | None = None


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
