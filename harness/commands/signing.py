"""Signing a verdict, a document or a waiver, by a key and in a role."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from harness.errors import IntegrityError, Phrase, UsageError, must, raise_all
from harness.evidence import Bundle, Gate, find_run, open_run, verify_run
from harness.evidence.claims import (
    DocumentClaim,
    document_statement,
    gate_statement,
    result_statement,
    signer_of,
)
from harness.evidence.manifest import DOCUMENTS, STATEMENTS
from harness.evidence.statements import DOCUMENT_ID, Claim, document_of, file_of
from harness.files import sha256_file, write_whole
from harness.policy import (
    Approval,
    Waiver,
    approval_envelope,
    parse_waivers,
    waiver_of,
    waiver_payload,
    with_approval,
)
from harness.signing import (
    PAYLOAD_TYPE,
    SigningKey,
    Statement,
    Trust,
    envelope_of,
    is_signed_by,
    pae,
)
from harness.signing.trust import ROLE


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs.

    Attributes:
        key: The private key.
        role: In which role.
        moment: When.
        trust: Refuses a key, or a role, that it does not give; None asks nobody.
    """

    key: SigningKey
    role: str
    moment: datetime
    trust: Trust | None = None

    def check(self) -> str | None:
        """Return the user whose key it is, by the trust file; None without one.

        Raises:
            UsageError: If the role is no word, or the trust file does not let the key sign in it now.
        """
        if not re.fullmatch(ROLE, self.role):
            raise UsageError(must("--role", "be a word of letters, digits and dashes", self.role))
        if self.trust is None:
            return None
        known = next((one for one in self.trust.keys if one.keyid == self.key.keyid), None)
        if known is None:
            do = "Enter its public half there, or sign with another key."
            what = "be a key of the trust file"
            raise UsageError(
                must("--key", what, Phrase(self.key.keyid[:12]), place=self.trust.place, do=do)
            )
        if not known.counts_at(self.moment):
            what = "be a key that may sign now"
            got = Phrase(f"one that is revoked, expired or not yet valid, of {known.user}")
            raise UsageError(must("--key", what, got, place=self.trust.place))
        if self.role not in known.roles:
            what = f"be a role that {known.user} has: {', '.join(sorted(known.roles))}"
            raise UsageError(must("--role", what, self.role, place=self.trust.place))
        return known.user


@dataclass(frozen=True, slots=True)
class Done:
    """What was signed.

    Attributes:
        files: The statements, whether they were written now or before.
        is_new: Whether they were written now.
        about: For the reader.
        keyid, role, user: By whom; user only where a trust file says.
    """

    files: tuple[Path, ...]
    is_new: bool
    about: str
    keyid: str
    role: str
    user: str | None


def sign_gate(ref: str, runs: Path, signer: Signer) -> Done:
    """Sign the newest gate of a run, or the one that is named; a blocked verdict is signed like a pass.

    The same key in the same role signs a gate once: the second time nothing is written.

    Raises:
        IntegrityError: If the run does not verify.
        UsageError: If it has no gate, or the key may not sign in this role.
    """
    user = signer.check()
    bundle, claims, named = _verified(ref, runs)
    gate = bundle.gate(named)
    about = f"{bundle.id}@{gate.id}, {gate.verdict.verdict}"
    mine = [one for one in claims if one.gate == gate.id and one.keyids == (signer.key.keyid,)]
    before = [one for one in mine if one.kind == "gate" and one.role == signer.role]
    if before:
        return _done(signer, user, about, [bundle.path / one.place for one in before], is_new=False)
    made = [
        gate_statement(bundle, gate, signer_of(signer.key, role=signer.role, moment=signer.moment))
    ]
    if not any(one.kind == "test-result" for one in mine):
        made.append(result_statement(bundle, gate))
    files = [_write(gate.path / STATEMENTS, one, signer.key) for one in made]
    return _done(signer, user, about, files, is_new=True)


def sign_document(ref: str, runs: Path, signer: Signer, claim: DocumentClaim) -> Done:
    """Sign for a document that a rule of kind ``evidence`` asks for; the next gate takes it in.

    Raises:
        IntegrityError: If the run does not verify.
        UsageError: If what is said of the document cannot be, or the key may not sign in this role.
    """
    user = signer.check()
    _check_document(claim, signer.moment)
    bundle, claims, _ = _verified(ref, runs)
    about = f"{claim.document} ({claim.name}) for {bundle.id}"
    before = [
        bundle.path / one.place
        for one in claims
        if one.kind == "document" and one.keyids == (signer.key.keyid,) and one.role == signer.role
        if document_of(one.statement) == claim
    ]
    if before:
        return _done(signer, user, about, before, is_new=False)
    statement = document_statement(
        bundle, claim, signer_of(signer.key, role=signer.role, moment=signer.moment)
    )
    file = _write(bundle.path / DOCUMENTS, statement, signer.key)
    return _done(signer, user, about, [file], is_new=True)


def document_claim(
    file: Path,
    document: str,
    *,
    expires: str | None = None,
    n: int | None = None,
    n_accepted: int | None = None,
) -> DocumentClaim:
    """Digest a document; nothing of its content is recorded.

    Raises:
        UsageError: If it cannot be read.
    """
    try:
        digest = sha256_file(file)
    except OSError as err:
        raise UsageError(must("--evidence", "be a readable file", str(file))) from err
    return DocumentClaim(document, file.name, digest, expires, n, n_accepted)


def approve_waiver(waiver_id: str, waivers: Path, signer: Signer) -> Done:
    """Sign a waiver and write the approval into its file; every other line stays.

    Raises:
        UsageError: If there is no such waiver, or the key may not approve one.
    """
    user = signer.check()
    trust = signer.trust
    if trust is not None and trust.approver_roles and signer.role not in trust.approver_roles:
        what = f"be a role that may approve waivers: {', '.join(sorted(trust.approver_roles))}"
        raise UsageError(must("--role", what, signer.role, place=trust.place))
    try:
        raw = waivers.read_bytes()
    except OSError as err:
        raise UsageError(must("--waivers", "be a readable file", str(waivers))) from err
    waiver = waiver_of(parse_waivers(raw, waivers.name).waivers, waiver_id, waivers.name)
    about = f"waiver {waiver.id} ({waiver.rule} of {waiver.model}, until {waiver.last_day})"
    if (
        user is not None
        and user == waiver.owner
        and trust is not None
        and not trust.is_single_person
    ):
        do = "Somebody else must approve it."
        raise UsageError(must("An approver", "be another one than the owner", user, do=do))
    for one in waiver.approvals:
        if one.keyid == signer.key.keyid:
            _check_approval(waiver, one, signer)
            return _done(signer, user, about, [waivers], is_new=False)
    payload = waiver_payload(waiver, signer.moment)
    (signature,) = envelope_of(PAYLOAD_TYPE, payload, [signer.key]).signatures
    approval = Approval(signer.key.keyid, signer.moment, signature.sig, user)
    write_whole(waivers.resolve(), with_approval(raw, waivers.name, waiver.id, approval))
    return _done(signer, user, about, [waivers], is_new=True)


def _verified(ref: str, runs: Path) -> tuple[Bundle, tuple[Claim, ...], str | None]:
    path, gate = find_run(ref, runs)
    report = verify_run(path)
    raise_all(IntegrityError, report.problems)
    return open_run(path), report.claims, gate


def verified_gate(ref: str, runs: Path) -> tuple[Bundle, Gate]:
    """Open the gate that is to be signed.

    Raises:
        IntegrityError: If the run does not verify.
        UsageError: If it has no gate.
    """
    bundle, _, named = _verified(ref, runs)
    return bundle, bundle.gate(named)


def _check_document(claim: DocumentClaim, moment: datetime) -> None:
    problems = []
    if not re.fullmatch(DOCUMENT_ID, claim.document):
        do = "Take the word after `document:` in the policy."
        problems.append(must("--document", "be words joined by dashes", claim.document, do=do))
    if not claim.name.isprintable():
        problems.append(must("The name of the document", "be printable", claim.name))
    if claim.expires is not None:
        if not _is_day(claim.expires):
            problems.append(must("--expires", "be a day such as 2027-01-31", claim.expires))
        elif claim.expires < f"{moment:%Y-%m-%d}":
            problems.append(must("--expires", f"be {moment:%Y-%m-%d} or later", claim.expires))
    n, accepted = claim.n, claim.n_accepted
    if (n is None) != (accepted is None):
        problems.append("--sample-n and --sample-accepted must be given together.")
    elif n is not None and accepted is not None and not 0 <= accepted <= n:
        problems.append(must("--sample-accepted", f"be from 0 to --sample-n, {n}", accepted))
    raise_all(UsageError, problems)


def _is_day(text: str) -> bool:
    try:
        return f"{date.fromisoformat(text):%Y-%m-%d}" == text
    except ValueError:
        return False


def _check_approval(waiver: Waiver, approval: Approval, signer: Signer) -> None:
    envelope = approval_envelope(waiver, approval)
    data = pae(envelope.payload_type, envelope.payload)
    if is_signed_by(signer.key.public_der, approval.sig, data):
        return
    do = "The waiver was changed since. Remove that line and sign again."
    what = f"hold for {waiver.id} as it reads now"
    got = Phrase("one that does not")
    raise UsageError(must("The approval by this key", what, got, place=approval.place, do=do))


def _write(folder: Path, statement: Statement, key: SigningKey) -> Path:
    name, raw = file_of(statement, key)
    write_whole(folder / name, raw)
    return folder / name


def _done(
    signer: Signer, user: str | None, about: str, files: Iterable[Path], *, is_new: bool
) -> Done:
    return Done(tuple(files), is_new, about, signer.key.keyid, signer.role, user)
