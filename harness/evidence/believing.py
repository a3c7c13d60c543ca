"""Whom a trust file lets count: who signed what in which role, and which signatures are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from harness.clock import iso
from harness.errors import IntegrityError, Phrase, must
from harness.evidence.keyless import Check
from harness.evidence.statements import Claim
from harness.signing import Trust, TrustedIdentity, TrustedKey, missing_signatures

SignerState = Literal[
    "counts",
    "unknown-key",
    "compromised",
    "superseded",
    "not-yet-valid",
    "expired",
    "role-not-given",
    "not-checked",
]
SKEW = timedelta(minutes=10)
"""By so much clocks may differ before a signature is one from the future."""
LIFE = timedelta(minutes=10)
"""For so long a certificate of Sigstore is valid."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature under one statement, held against a trust file.

    Attributes:
        place, kind, gate, role: See ``Claim``.
        keyid: By which key; empty where Sigstore vouches.
        user: Whose key it is; None where the trust file does not name it.
        signed_at: When, ISO 8601, as the signer says; empty where nothing says.
        state: Only ``counts`` counts; everything else is as if it were not there.
    """

    place: str
    kind: str
    gate: str | None
    role: str | None
    keyid: str
    user: str | None
    signed_at: str
    state: SignerState


def signed_by(
    claims: Sequence[Claim], trust: Trust, now: datetime, *, check: Check | None = None
) -> tuple[list[Signed], list[str]]:
    """Return whose signatures count, and one sentence for each that cannot be.

    Args:
        claims: Statements that are sound.
        trust: Whom to believe.
        now: The clock of whoever verifies.
        check: Asks Sigstore about its bundles; None leaves them unchecked, and uncounted.
    """
    moments = {
        (one.gate, keyid): one.signed_at
        for one in claims
        if one.kind == "gate" and one.signed_at is not None
        for keyid in one.keyids
    }
    found: list[Signed] = []
    problems: list[str] = []
    for claim in claims:
        try:
            if claim.bundle is not None:
                found.append(_by_sigstore(claim, claim.bundle, check, now))
                continue
            for keyid in claim.keyids:
                # the standard predicate says no time; its signer said it in the statement beside it
                moment = claim.signed_at or moments.get((claim.gate, keyid))
                found.append(_by_key(claim, keyid, trust, moment, now))
        except IntegrityError as err:
            problems.extend(err.problems)
    return found, problems


def _by_key(
    claim: Claim, keyid: str, trust: Trust, moment: datetime | None, now: datetime
) -> Signed:
    key = next((one for one in trust.keys if one.keyid == keyid), None)
    if key is not None and not claim.is_signed_by(key.public):
        got = Phrase("one that does not hold")
        raise IntegrityError(must(claim.place, f"hold a signature by {key.user}", got))
    _refuse_the_future(claim, moment, now)
    return _signed(claim, keyid, key, moment)


def _by_sigstore(claim: Claim, bundle: bytes, check: Check | None, now: datetime) -> Signed:
    _refuse_the_future(claim, claim.signed_at, now)
    if check is None or claim.kind == "model":
        return replace(_signed(claim, "", None, claim.signed_at), state="not-checked")
    try:
        vouched = check(bundle, claim.envelope)
    except IntegrityError as err:
        raise IntegrityError(*(f"{claim.place}: {one}" for one in err.problems)) from err
    said = claim.signed_at
    if said is None or abs(said - vouched.moment) > LIFE + SKEW:
        what = f"be signed when its certificate was valid, {iso(vouched.moment)}"
        raise IntegrityError(must(claim.place, what, Phrase(iso(said) if said else "no time")))
    return _signed(claim, "", vouched.identity, vouched.moment)


def _refuse_the_future(claim: Claim, moment: datetime | None, now: datetime) -> None:
    if moment is not None and moment > now + SKEW:
        do = "Set the clock right, or do not believe the signature."
        what = f"be signed by now, {iso(now)}"
        raise IntegrityError(must(claim.place, what, Phrase(iso(moment)), do=do))


def gate_problems(
    signed: Iterable[Signed], trust: Trust, *, gate: str | None, run: str
) -> tuple[dict[str, int], list[str]]:
    """Return role → how many signatures the trust file misses on a gate, and a sentence for each.

    Args:
        signed: What ``signed_by`` found.
        trust: Its thresholds for ``gate`` are asked for.
        gate: The gate; None where the run has none.
        run: How messages call the run.
    """
    wanted = trust.thresholds["gate"]
    pairs = [
        (one.user, one.role)
        for one in signed
        if one.kind == "gate" and one.gate == gate and one.state == "counts"
        if one.user is not None and one.role is not None
    ]
    missing = missing_signatures(pairs, wanted, is_single_person=trust.is_single_person)
    where = f"gates/{gate} of {run}" if gate else f"{run}, which has no gate,"
    return missing, [
        must(
            where,
            f"be signed by {wanted[role]} user(s) in the role {role}",
            Phrase(str(wanted[role] - n)),
            place=trust.place,
            do=f"Sign it with: assay sign RUN --key KEY --role {role}",
        )
        for role, n in missing.items()
    ]


def _signed(
    claim: Claim, keyid: str, key: TrustedKey | TrustedIdentity | None, moment: datetime | None
) -> Signed:
    return Signed(
        place=claim.place,
        kind=claim.kind,
        gate=claim.gate,
        role=claim.role,
        keyid=keyid,
        user=key.user if key else None,
        signed_at=iso(moment) if moment else "",
        state=_state(claim.role, key, moment),
    )


def _state(
    role: str | None, key: TrustedKey | TrustedIdentity | None, moment: datetime | None
) -> SignerState:
    if key is None:
        return "unknown-key"
    if key.revoked_for == "compromised":
        return "compromised"
    if moment is not None and not key.counts_at(moment):
        if key.since is not None and moment < key.since:
            return "not-yet-valid"
        return "expired" if key.until is not None and moment >= key.until else "superseded"
    if role is not None and role not in key.roles:
        return "role-not-given"
    # a signature that says no time counts only for a key that was never limited in time
    is_limited = key.since is not None or key.until is not None or key.revoked_for is not None
    return "superseded" if moment is None and is_limited else "counts"
