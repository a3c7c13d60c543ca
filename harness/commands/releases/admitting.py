"""``assay admit``: is exactly this model released, by whom it must be, and still?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.clock import iso, parse_moment
from harness.commands.releases.approvals import (
    approvals_at,
    approving_roles,
    refuse_unapproved,
)
from harness.commands.releases.candidates import Candidate, evidence_of, store_of_models
from harness.commands.releases.signatures import (
    missing_release,
    refuse_unsigned_gate,
    release_signers,
    said_missing,
    signatures_of,
)
from harness.commands.releases.worth import refuse_expired, refuse_unworthy
from harness.depot import Signed, moment_of, read_signed
from harness.errors import (
    EXIT_BLOCKED,
    EXIT_PASS,
    AssayError,
    GateError,
    IncompleteError,
    IntegrityError,
    Phrase,
    UsageError,
    must,
)
from harness.gate import SKEW
from harness.modelling.weights import ADAPTER_CONFIG, PICKLES, weight_files, weights_digest
from harness.signing import RELEASE, WITHDRAWAL, Trust, signers_of


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model is at hand.

    Attributes:
        weights, adapter: Digests, as runs record them; adapter is None where there is none.
        name: Of the folder.
        uncovered: Weights in it that no digest covers: they must not be what is loaded.
    """

    weights: str
    adapter: str | None
    name: str
    uncovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """What was found.

    Attributes:
        exit_code: 0 only where the model may be deployed.
        because: One sentence, or one for each problem.
        identity: Which model was asked about.
        run, gate, verdict, released_at, valid_until, signed_by: Of the release; None where none stands.
        approved, conditions, approved_until: Of the approvals in the review that stand: whose signature
            each bears, under which conditions, until which day; empty where nobody approved.
        now: The clock that was used.
    """

    exit_code: int
    because: tuple[str, ...]
    identity: Identity
    now: str
    run: str | None = None
    gate: str | None = None
    verdict: str | None = None
    released_at: str | None = None
    valid_until: str | None = None
    signed_by: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    approved_until: str | None = None


def admit(
    model: Path,
    *,
    base: Path | None,
    evidence: Path | None,
    store: str | None,
    trust: Trust,
    now: datetime,
    needs_approval: bool = False,
    max_age_days: int | None = None,
    checkpoints: Sequence[Path] = (),
) -> Admission:
    """Look for a release of exactly this model that stands.

    Args:
        model: Its folder, or a file in it; for an adapter the adapter.
        base: What an adapter belongs to; None for whole models.
        evidence: A run, or a folder of runs; None looks into the store.
        store: Address; None takes ``ASSAY_STORE``.
        trust: Whom to believe. It never comes from the store, which is what is not believed.
        now: The clock.
        needs_approval: Whether an approval in the review must stand, as the trust file may ask too.
        max_age_days: Days after which such an approval is too old.
        checkpoints: Of the store's log, kept elsewhere: it must go on from them.

    Raises:
        UsageError: If the command cannot work: no such folder, no store named.
    """
    identity = identify(model, base)
    try:
        asked = _Asked(identity, trust, now, needs_approval, max_age_days)
        with _candidates(asked, evidence, store, checkpoints) as found:
            return _decide(asked, found)
    except (GateError, IncompleteError, IntegrityError) as err:
        return Admission(err.exit_code, err.problems, identity, iso(now))


def identify(model: Path, base: Path | None) -> Identity:
    """Digest a model as a run does that audits it.

    Raises:
        UsageError: If there is no such folder, or it holds no weights that could have been audited.
    """
    folder = model.parent if model.is_file() else model
    is_adapter = (folder / ADAPTER_CONFIG).is_file()
    if is_adapter and base is None:
        do = "Give the base with --base FOLDER."
        raise UsageError(must("MODEL", "be a whole model", Phrase("an adapter"), do=do))
    if base is not None and not is_adapter:
        raise UsageError(must("MODEL", "be an adapter where --base is given", str(model)))
    folders = [folder] if base is None else [folder, base]
    for one in folders:
        _refuse_no_weights(one)
    adapter = weights_digest(folder) if base is not None else None
    pickles = {path.name for one in folders for kind in PICKLES for path in one.glob(kind)}
    name = folder.resolve().name
    return Identity(weights_digest(base or folder), adapter, name, tuple(sorted(pickles)))


def _refuse_no_weights(folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(must("MODEL", "be a folder of weights", str(folder)))
    if not weight_files(folder):
        do = "Only such weights can be audited, so that no other can have been released."
        got = Phrase("none")
        raise UsageError(must(str(folder.resolve()), "hold weights as safetensors", got, do=do))


@contextmanager
def _candidates(
    asked: _Asked, evidence: Path | None, store: str | None, checkpoints: Sequence[Path]
) -> Iterator[list[Candidate]]:
    keys = (asked.identity.weights, asked.identity.adapter)
    if evidence is not None:
        yield evidence_of(evidence, keys)
    else:
        with store_of_models(
            store, keys, asked.now, trust=asked.trust, checkpoints=checkpoints
        ) as found:
            yield found


def _decide(asked: _Asked, found: Sequence[Candidate]) -> Admission:
    """Return the newest release that stands; else raise the gravest reason why none does."""
    identity, trust, now = asked.identity, asked.trust, asked.now
    refused: list[AssayError] = []
    releases = sorted(_releases(found), key=_released_at, reverse=True)
    if releases:
        _refuse_clock(_released_at(releases[0]), now)
    for one in found:
        signatures_of(one.bundle, trust, now)
    for one, release in releases:
        try:
            return _admitted(asked, one, release, found)
        except (GateError, IncompleteError, IntegrityError) as err:
            refused.append(err)
    if refused:
        # the newest release that does not stand says why; what was tampered with comes before all
        raise next((err for err in refused if isinstance(err, IntegrityError)), refused[0])
    _refuse_blocked(found)
    raise _nothing(identity, found)


def _releases(found: Sequence[Candidate]) -> Iterator[tuple[Candidate, Signed]]:
    for one in found:
        for gate in one.bundle.gates():
            for release in read_signed(gate, RELEASE):
                yield Candidate(one.bundle, gate, one.withdrawn, one.decided), release


def _released_at(item: tuple[Candidate, Signed]) -> datetime:
    return moment_of(item[1], "released_at", where="a release")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a release is held against."""

    identity: Identity
    trust: Trust
    now: datetime
    needs_approval: bool = False
    max_age_days: int | None = None


def _admitted(
    asked: _Asked, one: Candidate, release: Signed, found: Sequence[Candidate]
) -> Admission:
    identity, trust, now = asked.identity, asked.trust, asked.now
    gate = one.gate
    assert gate is not None  # releases lie in gates
    given = release.statement.predicate
    _refuse_another(identity, one, release)
    signers = release_signers(release, trust, one.bundle)
    name = f"{one.bundle.id}@{gate.id}"
    if not signers:
        do = "Its keys are not in the trust file, are revoked, or belong to who made the model."
        what, got = f"be signed by a key that {trust.place} trusts", Phrase("no such signature")
        raise IntegrityError(must(f"The release of {name}", what, got, do=do))
    missing = missing_release(signers, trust)
    if missing:
        raise IncompleteError(said_missing(missing, trust))
    _refuse_withdrawn(one, release, trust, name)
    refuse_unworthy(one.bundle, gate, has_accepted_warnings=given.get("accept_warnings") is True)
    approved = approvals_at(
        one.bundle, gate, trust, now, order=one.decided, max_age_days=asked.max_age_days
    )
    signed = signatures_of(one.bundle, trust, now)
    refuse_unsigned_gate(one.bundle, gate, trust, signed, approving_roles(approved, trust))
    if asked.needs_approval or trust.asks_decision:
        refuse_unapproved(one.bundle, gate, approved)
    _refuse_blocked(found, after=one)
    released_at = moment_of(release, "released_at", where="a release")
    refuse_expired(gate, now, given.get("valid_until"))
    return Admission(
        exit_code=EXIT_PASS,
        because=(f"{identity.name} is the model of {name}, released at {iso(released_at)}.",),
        identity=identity,
        now=iso(now),
        run=one.bundle.id,
        gate=gate.id,
        verdict=gate.verdict.verdict,
        released_at=iso(released_at),
        valid_until=gate.verdict.valid_until,
        signed_by=tuple(signer.user for signer in signers),
        approved=tuple(one.words.text for one in approved.standing),
        conditions=approved.conditions,
        approved_until=approved.expires,
    )


def _refuse_clock(released_at: datetime, now: datetime) -> None:
    """Refuse a clock by which the newest release is yet to come: what has expired may look live by it."""
    if released_at > now + SKEW:
        do = "Set the clock of this machine right."
        what, got = f"have been made by now, {iso(now)}", Phrase(iso(released_at))
        raise IncompleteError(must("The newest release of the model", what, got, do=do))


def _refuse_another(identity: Identity, one: Candidate, release: Signed) -> None:
    """Refuse a release whose statement is about another run, gate or model than those it lies beside."""
    given, statement = release.statement.predicate, release.statement
    assert one.gate is not None  # releases lie in gates
    expected = {
        "run_digest": one.bundle.digest,
        "gate_digest": one.gate.digest,
        "weights_digest": identity.weights,
        "adapter_digest": identity.adapter,
    }
    wrong = [name for name, value in expected.items() if given.get(name) != value]
    unnamed = [value for value in expected.values() if value and not statement.is_about(value)]
    if wrong or unnamed:
        what = "be about this run, gate and model"
        got = Phrase(f"another {', '.join(wrong) or 'subject'}")
        raise IntegrityError(must(f"The release in gates/{one.gate.id}", what, got))


def _refuse_withdrawn(one: Candidate, release: Signed, trust: Trust, name: str) -> None:
    assert one.gate is not None  # releases lie in gates
    if release.sha256 in one.withdrawn:
        raise _withdrawn(name, "The log of the store says so.")
    for item in read_signed(one.gate, WITHDRAWAL):
        if item.statement.predicate.get("release") != release.sha256:
            continue
        moment = moment_of(item, "withdrawn_at", where="a withdrawal")
        if signers_of(item.envelope, trust, moment):
            raise _withdrawn(name, f"Reason: {item.statement.predicate.get('reason')}")
        do = "Ask who wrote it; until that is known the model is not admitted."
        what, got = "be signed by a trusted key", Phrase("no such signature")
        raise IntegrityError(must(f"The withdrawal of {name}", what, got, do=do))


def _withdrawn(name: str, why: str) -> IncompleteError:
    return IncompleteError(
        must(f"The release of {name}", "stand", Phrase("a release that was withdrawn"), do=why)
    )


def _refuse_blocked(found: Sequence[Candidate], *, after: Candidate | None = None) -> None:
    """Refuse a model whose newest verdict, by the policy of its release where there is one, is blocked."""
    policy = after.gate.verdict.policy.id if after is not None and after.gate is not None else None
    gates = [
        (parse_moment(gate.verdict.now), gate.manifest.sequence or 0, one.bundle.id, gate)
        for one in found
        for gate in one.bundle.gates()
        if policy is None or gate.verdict.policy.id == policy
    ]
    if not gates:
        return
    _, _, run, newest = max(gates, key=lambda item: item[:3])
    if newest.verdict.verdict == "blocked":
        raise GateError(
            f"The newest verdict on this model must not be blocked, got {run}@{newest.id}: "
            f"{newest.verdict.because.text}",
            exit_code=EXIT_BLOCKED,
        )


def _nothing(identity: Identity, found: Sequence[Candidate]) -> IncompleteError:
    got = Phrase(f"{len(found)} run(s) of it, none released" if found else "no run of it")
    do = "Release it with: assay release RUN --key KEY --role ROLE" if found else ""
    what = f"be released (weights {identity.weights[:12]})"
    return IncompleteError(must(f"The model {identity.name}", what, got, do=do))
