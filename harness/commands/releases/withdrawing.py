"""``assay release --withdraw``: a release stands no longer, and why."""

from __future__ import annotations

from dataclasses import dataclass

from harness.clock import iso
from harness.commands.logbook import ACTOR
from harness.commands.releases.checkpoints import leave_checkpoint
from harness.commands.releases.desk import Desk, Wanted, desk_of
from harness.depot import WITHDRAWN, Signed, get_run, read_signed, standing_releases
from harness.errors import Phrase, UsageError, must
from harness.evidence.claims import gate_subjects
from harness.redaction import redact
from harness.signing import RELEASE, WITHDRAWAL, Statement, Subject


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was taken back.

    Attributes:
        run, gate, model: Whose release.
        releases: Digests of the releases that stand no longer.
        reason, user: Why, and who signed.
        is_new: False where it was taken back before.
        still_released: Other gates of the run, as ``RUN@GATE``, whose releases stand: by them the model is
            admitted still.
    """

    run: str
    gate: str
    model: str
    releases: tuple[str, ...]
    reason: str
    user: str
    is_new: bool
    still_released: tuple[str, ...] = ()


def withdraw(wanted: Wanted, reason: str) -> Withdrawn:
    """Sign that the release of a run stands no longer.

    One trusted signature is enough, whatever the thresholds: to stop is easier than to let go.

    Raises:
        UsageError: If the run stands not released, or no reason is given.
        IntegrityError: If the run does not verify, or the key may not sign.
        IncompleteError: If the store cannot be reached.
    """
    if not reason.strip():
        raise UsageError(must("--reason", "say why the release is withdrawn", Phrase("nothing")))
    with desk_of(wanted) as desk:
        kept = get_run(desk.store, desk.bundle.id).gate(desk.gate.id)
        releases = read_signed(kept, RELEASE)
        if not releases:
            do = "Name RUN@GATE; assay store list shows what is released."
            got = Phrase("a gate that was never released")
            raise UsageError(must("RUN", "be released to be withdrawn", got, do=do))
        before = {one.body.get("release") for one in desk.store.events() if one.kind == WITHDRAWN}
        open_ones = [one for one in releases if one.sha256 not in before]
        for one in open_ones:
            _withdraw_one(desk, one, redact(reason.strip()))
        return Withdrawn(
            run=desk.bundle.id,
            gate=desk.gate.id,
            model=desk.bundle.record.name,
            releases=tuple(one.sha256 for one in open_ones or releases),
            reason=redact(reason.strip()),
            user=desk.user,
            is_new=bool(open_ones),
            still_released=tuple(
                f"{desk.bundle.id}@{one.body.get('gate')}"
                for one in standing_releases(desk.store.events())
                if one.body.get("run") == desk.bundle.id
            ),
        )


def _withdraw_one(desk: Desk, release: Signed, reason: str) -> None:
    subjects = (*gate_subjects(desk.bundle, desk.gate), Subject("release", release.sha256))
    predicate = {
        "model": desk.bundle.record.name,
        "run": desk.bundle.id,
        "gate": desk.gate.id,
        "release": release.sha256,
        "reason": reason,
        "withdrawn_at": iso(desk.wanted.now),
    }
    made = desk.sign(desk.payload(Statement(subjects, WITHDRAWAL, predicate)))
    body = {
        "model": desk.bundle.record.name,
        "run": desk.bundle.id,
        "gate": desk.gate.id,
        "release": release.sha256,
        "statement": made.sha256,
    }
    key = f"{WITHDRAWN}:{release.sha256}"
    if not any(one.key == key for one in desk.store.events()):
        desk.store.append(WITHDRAWN, desk.gate.digest, body, actor=ACTOR, key=key)
    leave_checkpoint(desk, key)
