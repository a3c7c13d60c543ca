"""A decision about a gate, as it is signed: who decided what, when, about which bytes, and why.

The subjects are the digests of the verdict, of the seals of gate and run, and of the model. Any of them
changed, and the decision is about something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from harness.clock import iso, parse_moment
from harness.errors import AssayError, IntegrityError, Phrase, must
from harness.evidence.bundle import VERDICT, Bundle, Gate
from harness.evidence.claims import gate_subjects
from harness.evidence.manifest import GATES
from harness.records import Finding, Message
from harness.signing import DECISION, Statement, Subject

DecisionKind = Literal["request-changes", "approve", "reject", "withdraw"]
By = Literal["service", "key"]
KINDS: tuple[DecisionKind, ...] = ("request-changes", "approve", "reject", "withdraw")
SERVICE = "service"
"""Role of a key that may record what people decide; what it signs for itself is never a decision."""
APPROVER = "approver"
REVIEWER = "reviewer"
LOCAL_ISSUER = "local"
"""Issuer of the one person of a machine on which nobody is authenticated."""
KEY_ISSUER = "key"
"""Issuer of somebody who signs with a key of the trust file."""
_OWN = ("rationale", "decided_at", "role", "key", "head")


@dataclass(frozen=True, slots=True)
class DecisionSaid:
    """What a decision says.

    Attributes:
        kind: What was decided.
        by: Whose signature it bears: that of the service, for a person, or the person's own.
        issuer, subject, name: Who decided; ``local`` where nobody was authenticated, ``key`` and a user of
            the trust file where the person's own key signed.
        login_at: When the person logged in; None where nobody did.
        role: In which role: approver or reviewer.
        rationale: Why, in the person's words.
        conditions: Under which the approval holds.
        expires: Last day on which it holds; None where it does not end.
        accepted: Keys of findings that the person ticked.
        decided_at: When.
        key: Idempotency key: the same press of a button is the same decision.
        head: Digest of the last event about the run that the person had seen.
    """

    kind: DecisionKind
    by: By
    issuer: str
    subject: str
    name: str
    role: str
    rationale: str
    decided_at: datetime
    key: str
    head: str
    login_at: datetime | None = None
    conditions: tuple[str, ...] = ()
    expires: str | None = None
    accepted: tuple[str, ...] = ()

    @property
    def is_authenticated(self) -> bool:
        """Whether anybody was asked who it is."""
        return self.issuer != LOCAL_ISSUER

    def is_over(self, now: datetime) -> bool:
        """Tell whether its last day has passed, UTC."""
        return self.expires is not None and now >= end_of(self.expires)


def finding_key(finding: Finding) -> str:
    """Return how decisions and threads call a finding: rule, data set and slice."""
    return "/".join((finding.rule, finding.dataset, finding.slice))


def must_be_accepted(finding: Finding) -> bool:
    """Tell whether who approves must have ticked a finding: waived, or a warning that was not met."""
    if finding.outcome in ("passed", "not-applicable"):
        return False
    return finding.outcome == "waived" or finding.severity != "info"


def end_of(day: str) -> datetime:
    """Return the first moment after a day, UTC.

    Raises:
        UsageError: If it is no date.
    """
    try:
        return parse_moment(day[:10]) + timedelta(days=1)
    except OverflowError:
        return parse_moment(day[:10])


def verdict_digest(gate: Gate) -> str:
    """Return the SHA-256 of ``verdict.json``, as its seal says."""
    return gate.manifest.files[VERDICT].sha256


def decision_statement(bundle: Bundle, gate: Gate, said: DecisionSaid) -> Statement:
    """Return what is signed when somebody decides."""
    subjects = (
        Subject(f"{GATES}/{gate.id}/{VERDICT}", verdict_digest(gate)),
        *gate_subjects(bundle, gate),
    )
    predicate: dict[str, Any] = {
        "kind": said.kind,
        **_about(bundle, gate),
        "by": said.by,
        "actor": {
            "issuer": said.issuer,
            "subject": said.subject,
            "name": said.name,
            "login_at": iso(said.login_at) if said.login_at else None,
        },
        "role": said.role,
        "rationale": said.rationale,
        "conditions": list(said.conditions),
        "expires": said.expires,
        "accepted": list(said.accepted),
        "decided_at": iso(said.decided_at),
        "key": said.key,
        "head": said.head,
    }
    return Statement(subjects, DECISION, predicate)


def decision_of(statement: Statement, *, where: str) -> DecisionSaid:
    """Read what a statement decides.

    Raises:
        IntegrityError: If it does not say it as ``decision_statement`` does.
    """
    given = statement.predicate
    try:
        actor = given["actor"]
        if given["kind"] not in KINDS or given["by"] not in ("service", "key"):
            raise ValueError("kind")
        expires = given["expires"]
        if expires is not None:
            end_of(_word(expires))
        login = actor["login_at"]
        return DecisionSaid(
            kind=cast("DecisionKind", given["kind"]),
            by=cast("By", given["by"]),
            issuer=_word(actor["issuer"]),
            subject=_word(actor["subject"]),
            name=_word(actor["name"]),
            login_at=None if login is None else parse_moment(_word(login)),
            conditions=tuple(_word(one) for one in given["conditions"]),
            expires=expires,
            accepted=tuple(_word(one) for one in given["accepted"]),
            **_own(given),
        )
    except (KeyError, TypeError, ValueError, AttributeError, AssayError) as err:
        raise IntegrityError(must(where, "hold a decision", Phrase("something else"))) from err


def _own(given: Mapping[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {name: _word(given[name]) for name in _OWN}
    return words | {"decided_at": parse_moment(words["decided_at"])}


def wrong_about(bundle: Bundle, gate: Gate, statement: Statement) -> list[tuple[str, object]]:
    """Return what a decision says of run, gate, model and policy that is not so, with its value."""
    expected = _about(bundle, gate)
    found = [
        (name, statement.predicate.get(name))
        for name, value in expected.items()
        if statement.predicate.get(name) != value
    ]
    subjects = decision_statement(bundle, gate, _NOBODY).subjects
    if statement.subjects != subjects:
        found.append(("subject", Phrase(", ".join(one.name for one in statement.subjects))))
    return found


def by_words(said: DecisionSaid) -> Message:
    """Say whose signature a decision bears; never 'signed by' where the service signed."""
    if said.by == "key":
        return Message.of("decision.signed-by", "signed by {name}", name=said.name)
    if not said.is_authenticated:
        return Message.of(
            "decision.recorded-for-nobody",
            "recorded by the service for {name}, whom nobody authenticated",
            name=said.name,
        )
    return Message.of("decision.recorded-for", "recorded by the service for {name}", name=said.name)


def _about(bundle: Bundle, gate: Gate) -> dict[str, Any]:
    model, policy = bundle.record.model, gate.verdict.policy
    return {
        "run": bundle.id,
        "run_digest": bundle.digest,
        "gate": gate.id,
        "gate_digest": gate.digest,
        "verdict_digest": verdict_digest(gate),
        "verdict": gate.verdict.verdict,
        "policy": {"id": policy.id, "version": policy.version, "digest": policy.digest},
        "waivers_digest": gate.verdict.waivers_digest,
        "weights_digest": model.weights_digest,
        "adapter_digest": model.adapter_digest,
    }


def _word(said: object) -> str:
    if not isinstance(said, str) or not said.strip():
        raise ValueError("words")
    return said


_NOBODY = DecisionSaid(
    kind="reject",
    by="key",
    issuer="-",
    subject="-",
    name="-",
    role="-",
    rationale="-",
    decided_at=parse_moment("2000-01-01"),
    key="-",
    head="-",
)
