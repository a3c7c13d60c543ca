"""Who approved a waiver, and why other signatures under it do not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harness.clock import iso
from harness.gate.audited import Audited, person
from harness.gate.sentences import count
from harness.policy import Approval, Waiver, approval_envelope
from harness.records import Message
from harness.signing import Signer, Trust, signers_of


@dataclass(frozen=True, slots=True)
class Approved:
    """What the signatures under a waiver come to.

    Attributes:
        users: Whose approval counts.
        n_needed: How many must.
        doubts: Why others do not count, one sentence each.
        is_single_person: Whether owner and approver may be one person.
    """

    users: tuple[str, ...]
    n_needed: int
    doubts: tuple[str, ...] = ()
    is_single_person: bool = False

    @property
    def is_enough(self) -> bool:
        """Whether the waiver is approved."""
        return len(self.users) >= self.n_needed


def approved(waiver: Waiver, trust: Trust | None, audited: Audited, now: datetime) -> Approved:
    """Count the approvals of a waiver: by trust, by role, by different users, and by nobody concerned.

    Args:
        waiver: With its signatures.
        trust: Whom to believe; without it nothing counts.
        audited: Whose authors and owner may not approve.
        now: The clock: what is signed later does not count yet.
    """
    if trust is None:
        text = "No trust file was handed to the gate, so no signature counts."
        return Approved((), 2, (text,))
    signed: list[tuple[str, str | None]] = []
    for approval in waiver.approvals:
        signer = _signer(waiver, approval, trust)
        if isinstance(signer, str):
            signed.append((f"key {approval.keyid[:12]}", signer))
        else:
            signed.append((signer.user, _objection(approval, signer, trust, now)))
    return counted(
        signed,
        waiver,
        audited,
        n_needed=trust.n_approvals,
        is_single_person=trust.is_single_person,
    )


def counted(
    signed: list[tuple[str, str | None]],
    waiver: Waiver,
    audited: Audited,
    *,
    n_needed: int,
    is_single_person: bool,
) -> Approved:
    """Count users, each once; none of them the waiver's owner or a person behind the model.

    Args:
        signed: User → why the signature does not count, None where it does.
        waiver: What they signed.
        audited: The model.
        n_needed: How many different users must have signed.
        is_single_person: Whether owner and authors may approve too.
    """
    users: dict[str, str] = {}
    doubts = []
    if not audited.people and not is_single_person:
        text = (
            "The run names neither authors nor owner of the model, so that nobody can be told from them: "
            "write system.authors into its config."
        )
        return Approved((), n_needed, (text,))
    for user, problem in signed:
        doubt = problem
        if doubt is None and not is_single_person:
            doubt = _concern(user, waiver, audited)
        if doubt is None:
            users.setdefault(person(user), user)
        else:
            doubts.append(f"The signature of {user} does not count: {doubt}.")
    return Approved(tuple(users.values()), n_needed, tuple(doubts), is_single_person)


def not_approved(waiver: Waiver, found: Approved) -> Message:
    """Say what is missing."""
    names = f" ({', '.join(found.users)})" if found.users else ""
    return Message.of(
        "waiver.not-approved",
        "{waiver} has {n} of the {needed} that it needs{names}, so it waives nothing.{doubts}",
        waiver=waiver.id,
        n=count(len(found.users), "approval"),
        needed=found.n_needed,
        names=names,
        doubts="".join(f" {doubt}" for doubt in found.doubts),
    )


def _signer(waiver: Waiver, approval: Approval, trust: Trust) -> Signer | str:
    """Return who signed, or why nobody did whose signature counts."""
    key = next((one for one in trust.keys if one.keyid == approval.keyid), None)
    if key is None:
        return "the trust file does not name the key"
    if key.revoked_for is not None and not key.counts_at(approval.signed_at):
        return f"the key of {key.user} is revoked ({key.revoked_for})"
    if not key.counts_at(approval.signed_at):
        return f"the key of {key.user} was not valid on {approval.signed_at:%Y-%m-%d}"
    signers = signers_of(approval_envelope(waiver, approval), trust, approval.signed_at)
    if not signers:
        return (
            f"it is not one by {key.user} of the waiver as it reads now. "
            "What was changed must be approved again"
        )
    return signers[0]


def _objection(approval: Approval, signer: Signer, trust: Trust, now: datetime) -> str | None:
    if approval.signed_at > now:
        return f"it was made on {iso(approval.signed_at)}, after the moment of this gate"
    if approval.user is not None and person(approval.user) != person(signer.user):
        return f"the waivers file says that it is from {approval.user}"
    if trust.approver_roles and not trust.approver_roles & signer.roles:
        return f"no role of {' or '.join(sorted(trust.approver_roles))}"
    return None


def _concern(user: str, waiver: Waiver, audited: Audited) -> str | None:
    if person(user) == person(waiver.owner):
        return "the owner of a waiver cannot approve it"
    if person(user) in audited.people:
        return "authors and owner of the model cannot approve its waivers"
    return None
