"""``assay release``: a run stands released under a gate, signed by those whom the trust file asks for."""

from __future__ import annotations

from dataclasses import dataclass

from harness.clock import iso, parse_moment
from harness.commands.logbook import ACTOR
from harness.commands.releases.approvals import (
    approvals_at,
    approving_roles,
    in_store,
    logged_decisions,
    refuse_unapproved,
)
from harness.commands.releases.checkpoints import leave_checkpoint
from harness.commands.releases.desk import Desk, Wanted, desk_of
from harness.commands.releases.signatures import (
    missing_release,
    refuse_unsigned_gate,
    release_signers,
    said_missing,
    signatures_of,
)
from harness.commands.releases.worth import refuse_expired, refuse_overtaken, refuse_unworthy
from harness.commands.submitting import submit_to
from harness.depot import (
    RELEASED,
    WITHDRAWN,
    Signed,
    get_run,
    read_signed,
    release_statement,
)
from harness.errors import (
    EXIT_BLOCKED,
    GateError,
    IncompleteError,
    IntegrityError,
    Phrase,
    must,
)
from harness.gate import SKEW
from harness.gate.audited import audited_of, person
from harness.signing import RELEASE, WITHDRAWAL
from harness.wording.text import one_line


@dataclass(frozen=True, slots=True)
class Released:
    """What a release came to.

    Attributes:
        run, gate: What stands released.
        model: Under which name.
        verdict: Of the gate.
        release: Digest of what was signed.
        valid_until: Until when it stands; None where nothing ends it.
        signed_by: Users whose signatures count.
        trust: Where the trust file was found.
        missing: Why it does not stand yet; None where it does.
        is_new: Whether it began to stand now.
        checkpoint: File in the store that says how far its log had come; None where nothing was signed.
        is_single_person: Whether one person may do everything.
    """

    run: str
    gate: str
    model: str
    verdict: str
    release: str
    valid_until: str | None
    signed_by: tuple[str, ...]
    trust: str
    missing: str | None
    is_new: bool
    is_single_person: bool
    checkpoint: str | None = None


def release(wanted: Wanted, *, has_accepted_warnings: bool, is_again: bool = False) -> Released:
    """Sign the release of a run; it stands when everybody has signed whom the trust file asks for.

    Args:
        wanted: What, by whom, when.
        has_accepted_warnings: Whether a pass with warnings is taken.
        is_again: Whether a run whose release was withdrawn is released all the same.

    Raises:
        GateError: If the run is blocked or was withdrawn (1), or has warnings that nobody took (4).
        IncompleteError: If it is incomplete, exploratory, expired, judged by a draft, lacks signatures on
            its gate, or the store cannot be reached.
        IntegrityError: If the run does not verify, or the key may not sign.
    """
    with desk_of(wanted) as desk:
        _refuse_role(desk)
        _refuse(desk, has_accepted_warnings=has_accepted_warnings)
        if not is_again:
            _refuse_withdrawn(desk)
        submit_to(desk.store, desk.bundle)
        payload = _payload(desk, has_accepted_warnings=has_accepted_warnings)
        made = desk.sign(payload)
        return _stands(desk, made)


def _refuse_role(desk: Desk) -> None:
    """Refuse a signature in a role that no release needs: it would lie there and count for nothing."""
    asked, role = desk.trust.thresholds["release"], desk.wanted.role
    if asked and role not in asked:
        what = f"be a role that the release needs: {', '.join(sorted(asked))}"
        raise IntegrityError(must("--role", what, role, place=desk.trust.place))


def _refuse(desk: Desk, *, has_accepted_warnings: bool) -> None:
    bundle, gate, now = desk.bundle, desk.gate, desk.wanted.now
    refuse_unworthy(bundle, gate, has_accepted_warnings=has_accepted_warnings)
    refuse_overtaken(bundle, gate)
    refuse_expired(gate, now)
    if parse_moment(gate.verdict.now) > now + SKEW:
        do = "Set the clock right, or gate again."
        what, got = f"be judged by now, {iso(now)}", Phrase(gate.verdict.now)
        raise IncompleteError(must(f"gates/{gate.id}", what, got, do=do))
    reviewed = in_store(desk.store, bundle, gate)
    order = logged_decisions(desk.store.events())
    approved = approvals_at(reviewed, gate, desk.trust, now, order=order)
    signed = signatures_of(bundle, desk.trust, now)
    refuse_unsigned_gate(bundle, gate, desk.trust, signed, approving_roles(approved, desk.trust))
    if desk.trust.asks_decision or approved.is_rejected:
        refuse_unapproved(bundle, gate, approved)
    makers = audited_of(bundle.record).people
    if not desk.trust.is_single_person and person(desk.user) in makers:
        do = "Another person releases it; single_person: true in the trust file lets one do all."
        what = "be signed by somebody who did not make the model"
        raise IntegrityError(must("A release", what, desk.user, do=do))


def _refuse_withdrawn(desk: Desk) -> None:
    """Refuse what somebody took back, under whichever gate of the run, unless a release of it is being signed."""
    run, events = desk.bundle.id, desk.store.events()
    ended = [one.body for one in events if one.kind == WITHDRAWN and one.body.get("run") == run]
    if not ended:
        return
    released = {one.get("release") for one in ended}
    if any(one.sha256 not in released for one in _known(desk)):
        return
    last = ended[-1]
    kept = get_run(desk.store, run).gate(str(last.get("gate")))
    said = next(
        (
            one.statement.predicate
            for one in read_signed(kept, WITHDRAWAL)
            if one.sha256 == last.get("statement")
        ),
        {},
    )
    why, when = one_line(said.get("reason", "no reason is found")), said.get("withdrawn_at", "")
    raise GateError(
        f"{run} must not have been withdrawn, got withdrawn {one_line(when, 40)}: {why}. "
        "Say --again to release it all the same.",
        exit_code=EXIT_BLOCKED,
    )


def _payload(desk: Desk, *, has_accepted_warnings: bool) -> bytes:
    """Return the release that others signed already, or a new one."""
    ended = {one.body.get("release") for one in desk.store.events() if one.kind == WITHDRAWN}
    for one in _known(desk):
        is_same = one.statement.predicate.get("accept_warnings") is has_accepted_warnings
        if is_same and one.sha256 not in ended:
            return one.envelope.payload
    return desk.payload(
        release_statement(
            desk.bundle, desk.gate, now=desk.wanted.now, has_accepted_warnings=has_accepted_warnings
        )
    )


def _known(desk: Desk) -> list[Signed]:
    kept = get_run(desk.store, desk.bundle.id).gate(desk.gate.id)
    return read_signed(kept, RELEASE)


def _stands(desk: Desk, made: Signed) -> Released:
    whole = next(one for one in _known(desk) if one.sha256 == made.sha256)
    given = whole.statement.predicate
    signers = release_signers(whole, desk.trust, desk.bundle)
    missing = missing_release(signers, desk.trust)
    key = f"{RELEASED}:{whole.sha256}"
    is_new, checkpoint = False, None
    if not missing:
        is_new = not any(one.key == key for one in desk.store.events())
        body = {
            name: given[name]
            for name in ("model", "run", "gate", "verdict", "valid_until", "weights_digest")
        }
        desk.store.append(
            RELEASED, desk.gate.digest, {**body, "release": whole.sha256}, actor=ACTOR, key=key
        )
        checkpoint = leave_checkpoint(desk, key)
    return Released(
        run=desk.bundle.id,
        gate=desk.gate.id,
        model=str(given["model"]),
        verdict=str(given["verdict"]),
        release=whole.sha256,
        valid_until=given["valid_until"],
        signed_by=tuple(one.user for one in signers),
        trust=desk.trust_place,
        missing=said_missing(missing, desk.trust) if missing else None,
        is_new=is_new,
        is_single_person=desk.trust.is_single_person,
        checkpoint=checkpoint,
    )
