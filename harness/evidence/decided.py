"""Which decisions of a gate count, and why others do not; asked of signatures, roles and four eyes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.evidence.believing import SKEW, Signed
from harness.evidence.bundle import Bundle, Gate
from harness.evidence.decisions import (
    APPROVER,
    KEY_ISSUER,
    REVIEWER,
    SERVICE,
    DecisionSaid,
    by_words,
    decision_of,
)
from harness.evidence.foureyes import makers_of, n_waived_blocking, spellings, waiver_owners
from harness.evidence.statements import Claim
from harness.files import sha256_bytes
from harness.records import Message
from harness.signing import Trust

_ROLES = {
    "approve": frozenset({APPROVER}),
    "withdraw": frozenset({APPROVER}),
    "reject": frozenset({APPROVER, REVIEWER}),
    "request-changes": frozenset({APPROVER, REVIEWER}),
}


_MAKER = Message.of(
    "decision.maker", "authors and owner of the model do not approve it: another person does"
)
_WAIVER_OWNER = Message.of(
    "decision.waiver-owner",
    "the owner of a waiver that is used does not approve what it waives",
)
_NOBODY_NAMED = Message.of(
    "decision.nobody-named",
    "the run names neither authors nor owner of the model, so that whoever decides may be one of them: "
    "write system.authors into its config",
)
REQUESTERS = (_MAKER, _WAIVER_OWNER, _NOBODY_NAMED)
"""Every reason that ``requester`` gives."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that lies in a gate.

    Attributes:
        place: Its file, below the run.
        gate: Id of the gate.
        sha256: Digest of what was signed, by which the log knows it.
        said: What it says.
        doubt: Why it is not believed; None where it is.
    """

    place: str
    gate: str
    sha256: str
    said: DecisionSaid
    doubt: Message | None = None

    @property
    def words(self) -> Message:
        """Whose signature it bears."""
        return by_words(self.said)


@dataclass(frozen=True, slots=True)
class Approvals:
    """What the decisions about a gate come to.

    Attributes:
        history: All of them, the first first.
        standing: Approvals that count now, one of each person.
        voided: Why other approvals do not.
        reasons: What stands as a reason in those sentences, for whoever translates them.
        n_needed: How many people must approve.
        last: The last decision that is believed; None without one.
    """

    history: tuple[Decision, ...]
    standing: tuple[Decision, ...]
    voided: tuple[Message, ...]
    n_needed: int
    last: Decision | None
    reasons: tuple[Message, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether the gate stands approved."""
        return len(self.standing) >= self.n_needed

    @property
    def is_rejected(self) -> bool:
        """Whether the last decision that is believed rejected the gate."""
        return self.last is not None and self.last.said.kind == "reject"

    @property
    def expires(self) -> str | None:
        """The first last day of the approvals that stand."""
        return min((one.said.expires for one in self.standing if one.said.expires), default=None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions of the approvals that stand, each once."""
        return tuple(dict.fromkeys(text for one in self.standing for text in one.said.conditions))


def decisions_of(
    claims: Iterable[Claim], signed: Sequence[Signed] | None, bundle: Bundle, trust: Trust | None
) -> list[Decision]:
    """Return the decisions among the statements of a run, the first first.

    Args:
        claims: Statements that are sound.
        signed: Their signatures, held against the trust file; None where there is none.
        bundle: The run.
        trust: Whom to believe; None believes nobody.
    """
    gates: dict[str, Gate] = {}
    found = []
    for claim in claims:
        if claim.kind != "decision" or claim.gate is None:
            continue
        gate = gates[claim.gate] = gates.get(claim.gate) or bundle.gate(claim.gate)
        said = decision_of(claim.statement, where=claim.place)
        own = [one for one in signed or () if one.place == claim.place]
        doubt = _doubt(said, own, bundle, gate, trust)
        digest = sha256_bytes(claim.envelope.payload)
        found.append(Decision(claim.place, claim.gate, digest, said, doubt))
    return sorted(found, key=lambda one: (one.said.decided_at, one.sha256))


def approvals_of(
    decisions: Iterable[Decision],
    gate: Gate,
    trust: Trust | None,
    now: datetime,
    *,
    order: Sequence[str] | None = None,
) -> Approvals:
    """Say which approvals of a gate stand.

    Args:
        decisions: Of its run.
        gate: The gate.
        trust: Whom to believe.
        now: The clock.
        order: Digests of the decisions that the log of a store holds, in its order: others do not count.
            None asks no log; then the times that they bear decide.
    """
    history = [one for one in decisions if one.gate == gate.id]
    if order is not None:
        rank = {digest: at for at, digest in enumerate(order)}
        history = [_logged(one, rank) for one in history]
        history.sort(key=lambda one: rank.get(one.sha256, len(rank)))
    standing: dict[str, Decision] = {}
    voided: list[tuple[Decision, Message]] = []
    last = None
    for one in history:
        if one.doubt is not None:
            voided += [(one, one.doubt)] if one.said.kind == "approve" else []
            continue
        last = one
        _follow(one, standing, voided)
    for key, one in list(standing.items()):
        why = _over(one, trust, now)
        if why is not None:
            del standing[key]
            voided.append((one, why))
    return Approvals(
        history=tuple(history),
        standing=_one_each(standing.values()),
        voided=tuple(_voided(*one) for one in voided),
        n_needed=n_needed(gate, trust),
        last=last,
        reasons=tuple(why for _, why in voided),
    )


def n_needed(gate: Gate, trust: Trust | None) -> int:
    """Return how many people must approve: two where a finding of a blocking rule was waived."""
    if trust is not None and trust.is_single_person:
        return 1
    asked = trust.n_decisions if trust is not None else 1
    return max(asked, 2 if n_waived_blocking(gate) else 1)


def requester(said_names: Iterable[str], bundle: Bundle, gate: Gate) -> Message | None:
    """Say why somebody may not approve a gate; None where nothing speaks against it."""
    names = spellings(said_names)
    if names & makers_of(bundle):
        return _MAKER
    if names & waiver_owners(gate):
        return _WAIVER_OWNER
    return None if makers_of(bundle) else _NOBODY_NAMED


def _doubt(
    said: DecisionSaid, signed: Sequence[Signed], bundle: Bundle, gate: Gate, trust: Trust | None
) -> Message | None:
    if trust is None:
        return Message.of("decision.no-trust", "no trust file was given")
    if said.kind == "approve" and gate.verdict.verdict in ("blocked", "incomplete"):
        return Message.of(
            "decision.over-verdict",
            "no decision overrides a verdict that is {verdict}",
            verdict=gate.verdict.verdict,
        )
    problem = _signature_doubt(said, signed, trust)
    if problem is not None or trust.is_single_person or said.kind != "approve":
        return problem
    if not said.is_authenticated:
        return Message.of(
            "decision.not-authenticated",
            "nobody authenticated who decided; only where the trust file says single_person does that count",
        )
    return requester((said.name, said.subject), bundle, gate)


def _signature_doubt(said: DecisionSaid, signed: Sequence[Signed], trust: Trust) -> Message | None:
    good = [one for one in signed if one.state == "counts"]
    if not good:
        return Message.of(
            "decision.signature",
            "its signature does not count: {state}",
            state=signed[0].state if signed else "no-signature",
        )
    roles = {one.keyid: one.roles for one in trust.keys}
    if said.by == "service":
        if said.issuer != KEY_ISSUER:
            return None  # the role service was asked for with the signature
        return Message.of("decision.service-for-key", "a service does not record for a key")
    if all(SERVICE in roles.get(one.keyid, ()) for one in good):
        return Message.of("decision.service-itself", "a service decides nothing by itself")
    if said.issuer != KEY_ISSUER or all(one.user != said.subject for one in good):
        return Message.of(
            "decision.another-user", "it names another person than the one who signed"
        )
    if said.role not in _ROLES[said.kind]:
        return Message.of("decision.role", "the role {role} does not decide that", role=said.role)
    return None


def _logged(one: Decision, rank: dict[str, int]) -> Decision:
    if one.doubt is not None or one.sha256 in rank:
        return one
    why = Message.of("decision.not-logged", "the log of the store does not hold it")
    return Decision(one.place, one.gate, one.sha256, one.said, why)


def _follow(
    one: Decision, standing: dict[str, Decision], voided: list[tuple[Decision, Message]]
) -> None:
    """Take one decision after those before it."""
    who = f"{one.said.issuer}\n{one.said.subject}"
    if one.said.kind == "approve":
        standing[who] = one
        return
    if one.said.kind == "withdraw":
        gone = standing.pop(who, None)
        if gone is not None:
            why = Message.of("decision.withdrawn", "it was taken back")
            voided.append((gone, why))
        return
    why = Message.of(
        "decision.overtaken", "{name} decided otherwise later ({kind})",
        name=one.said.name, kind=one.said.kind,
    )  # fmt: skip
    voided += [(gone, why) for gone in standing.values()]
    standing.clear()


def _over(one: Decision, trust: Trust | None, now: datetime) -> Message | None:
    if one.said.is_over(now):
        return Message.of("decision.expired", "it ended with {day}", day=str(one.said.expires))
    if one.said.decided_at > now + SKEW:
        return Message.of("decision.future", "it was made after this moment")
    days = trust.decision_days if trust is not None else None
    if days is not None and (now - one.said.decided_at).days >= days:
        return Message.of("decision.too-old", "it is older than {n} days", n=days)
    return None


def _one_each(found: Iterable[Decision]) -> tuple[Decision, ...]:
    """Leave out who approved twice under two names that are one person's."""
    kept: list[Decision] = []
    for one in found:
        names = spellings((one.said.name, one.said.subject))
        if not any(names & spellings((two.said.name, two.said.subject)) for two in kept):
            kept.append(one)
    return tuple(kept)


def _voided(one: Decision, why: Message) -> Message:
    return Message.of(
        "decision.voided",
        "The approval of {name} on {day} does not count: {why}.",
        name=one.said.name,
        day=one.said.decided_at.date().isoformat(),
        why=why.text,
    )
