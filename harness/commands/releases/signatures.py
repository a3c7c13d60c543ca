"""Whose signatures a release needs, and whose it has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from harness.commands.keyless import check_of
from harness.depot import Signed, moment_of
from harness.errors import IncompleteError, IntegrityError, Phrase, must, raise_all
from harness.evidence import Bundle, Gate, verify_run
from harness.evidence.believing import Signed as Signature
from harness.evidence.believing import gate_problems, signed_by
from harness.gate.audited import audited_of, person
from harness.signing import Signer, Trust, missing_signatures, signers_of


def signatures_of(bundle: Bundle, trust: Trust, now: datetime) -> list[Signature]:
    """Return the signatures under the statements of a run, held against a trust file.

    Raises:
        IntegrityError: If the run does not verify, or a signature does not hold or is from the future.
    """
    report = verify_run(bundle.path)
    signed, problems = signed_by(report.claims, trust, now, check=check_of(report.claims, trust))
    raise_all(IntegrityError, [*report.problems, *problems])
    return signed


def refuse_unsigned_gate(
    bundle: Bundle,
    gate: Gate,
    trust: Trust,
    signed: Iterable[Signature],
    approved: Iterable[tuple[str, str]] = (),
) -> None:
    """Refuse a gate without the signatures that the trust file asks for.

    ``thresholds.gate`` holds for every gate, ``thresholds.decision`` for one that passed with warnings: it
    is met by those who signed that gate, and by those whose approval in the review stands.

    Args:
        bundle: The run.
        gate: The gate.
        trust: Its thresholds.
        signed: Signatures of the run.
        approved: User and role of approvals in the review.

    Raises:
        IncompleteError: Naming the roles that are missing.
    """
    signed = list(signed)
    _, problems = gate_problems(signed, trust, gate=gate.id, run=bundle.id)
    if gate.verdict.verdict == "pass-with-warnings":
        own = [one for one in signed if one.kind == "gate" and one.gate == gate.id]
        pairs = [
            (one.user, one.role) for one in own if one.state == "counts" and one.user and one.role
        ]
        pairs += approved
        missing = missing_signatures(
            pairs, trust.thresholds.get("decision", {}), is_single_person=trust.is_single_person
        )
        do = "Whoever decides approves it (assay decide), or signs the gate: assay sign RUN --key KEY --role {}"
        problems += [
            must(
                f"The warnings of gates/{gate.id}",
                f"be taken by a signed decision in the role {role}",
                Phrase(f"{n} missing"),
                place=trust.place,
                do=do.format(role),
            )
            for role, n in missing.items()
        ]
    raise_all(IncompleteError, problems)


def release_signers(release: Signed, trust: Trust, bundle: Bundle) -> tuple[Signer, ...]:
    """Return whose signatures under a release count.

    Whoever made the model does not release it, unless the trust file says that one person may do all.
    """
    found = signers_of(
        release.envelope, trust, moment_of(release, "released_at", where="a release")
    )
    if trust.is_single_person:
        return found
    makers = audited_of(bundle.record).people
    return tuple(one for one in found if person(one.user) not in makers)


def missing_release(signers: Iterable[Signer], trust: Trust) -> dict[str, int]:
    """Return role → how many signatures a release lacks; without a threshold one of any role is asked for."""
    signers = list(signers)
    wanted = trust.thresholds["release"]
    if not wanted:
        return {} if signers else {"any": 1}
    pairs = [(one.user, role) for one in signers for role in one.roles]
    return missing_signatures(pairs, wanted, is_single_person=trust.is_single_person)


def said_missing(missing: dict[str, int], trust: Trust) -> str:
    """Say which signatures a release lacks."""
    shown = ", ".join(f"{n} in the role {role}" for role, n in missing.items())
    do = "Each signer runs: assay release RUN --key KEY --role ROLE"
    what = f"have the signatures that {trust.place} asks for"
    return must("The release", what, Phrase(f"{shown} missing"), do=do)
