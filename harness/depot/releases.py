"""Releases of a store: which run stands released under a model's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.clock import iso
from harness.depot.bundles import get_run
from harness.depot.signed import Signed, moment_of, read_signed, signers
from harness.depot.store import Store
from harness.errors import IntegrityError, Phrase, must
from harness.evidence import Bundle, Gate
from harness.signing import RELEASE, WITHDRAWAL, Statement, Subject, Trust

if TYPE_CHECKING:
    from harness.store import Event

RELEASED = "run-released"
WITHDRAWN = "release-withdrawn"


@dataclass(frozen=True, slots=True)
class LastRelease:
    """The release that a run is compared with.

    Attributes:
        run_id, gate: Of the released run, and the gate that it was released under.
        bundle: Verified: in the store itself, or a copy of it on this machine.
        statement: What was signed, see ``release_statement``.
        signed: Its envelope, for whoever asks whose signatures count.
    """

    run_id: str
    gate: str
    bundle: Bundle
    statement: Statement
    signed: Signed


def last_release(store: Store, model: str) -> LastRelease | None:
    """Return the release that stands under a name: the last that was not withdrawn.

    Whose signatures it bears is not asked here; see ``signers``.

    Args:
        store: An open store.
        model: Name of the model: ``name`` in ``assay.yaml``.

    Returns:
        None where nothing stands released under that name.

    Raises:
        IntegrityError: If the log, the run, or the statement is not what it was.
        IncompleteError: If the store cannot be reached, or the run is gone.
    """
    standing = standing_releases(store.events(), model)
    return release_of(store, standing[-1].body) if standing else None


def standing_releases(events: Sequence[Event], model: str | None = None) -> list[Event]:
    """Return the releases that were not withdrawn, in order; None asks for those of every model."""
    withdrawn = {one.body.get("release") for one in events if one.kind == WITHDRAWN}
    return [
        one
        for one in events
        if one.kind == RELEASED
        and model in (None, one.body.get("model"))
        and one.body.get("release") not in withdrawn
    ]


def refuse_unsigned_withdrawals(
    store: Store, events: Sequence[Event], model: str, trust: Trust
) -> None:
    """Refuse a log that says of a release that it was withdrawn where nobody who is trusted signed that.

    Whoever may write the log, as every job that submits, could otherwise make the last release forgotten.

    Raises:
        IntegrityError: If the statement of a withdrawal is missing, or no key that is trusted signed it.
        IncompleteError: If the store cannot be reached, or the run is gone.
    """
    for one in events:
        if one.kind != WITHDRAWN or one.body.get("model") != model:
            continue
        run, gate_id, payload = (str(one.body.get(key)) for key in ("run", "gate", "release"))
        gate = get_run(store, run).gate(gate_id)
        signed = [
            item
            for item in read_signed(gate, WITHDRAWAL)
            if item.statement.predicate.get("release") == payload
            and signers([(item, moment_of(item, "withdrawn_at", where="a withdrawal"))], trust)
        ]
        if not signed:
            what, got = f"be signed by a key that {trust.place} trusts", Phrase("no such statement")
            raise IntegrityError(must(f"The withdrawal in event {one.seq}", what, got))


def release_of(store: Store, body: Mapping[str, Any]) -> LastRelease:
    """Open the release that an event is about; see ``last_release``."""
    run, gate_id, payload = (str(body.get(key)) for key in ("run", "gate", "release"))
    bundle = get_run(store, run)
    gate = bundle.gate(gate_id)
    found = [one for one in read_signed(gate, RELEASE) if one.sha256 == payload]
    if not found:
        do = "It was taken out of the store."
        what, got = f"hold the statement of its release {payload[:12]}", Phrase("none")
        raise IntegrityError(must(f"gates/{gate.id} of {run}", what, got, do=do))
    if not is_about(found[0].statement, bundle, gate):
        what = "be about this run and gate"
        raise IntegrityError(must(f"The release {payload[:12]}", what, Phrase("another one")))
    return LastRelease(run, gate.id, bundle, found[0].statement, found[0])


def release_statement(
    bundle: Bundle, gate: Gate, *, now: datetime, has_accepted_warnings: bool
) -> Statement:
    """Return what is signed when a run is released under one of its gates.

    Args:
        bundle: The run.
        gate: The gate that its release rests on.
        now: When.
        has_accepted_warnings: Whether somebody took a pass with warnings.
    """
    model, verdict = bundle.record.model, gate.verdict
    subjects = [
        Subject(f"gates/{gate.id}/MANIFEST.json", gate.digest),
        Subject("MANIFEST.json", bundle.digest),
    ]
    digests = {"weights": model.weights_digest, "adapter": model.adapter_digest}
    subjects += [Subject(name, digest) for name, digest in digests.items() if digest]
    return Statement(
        subjects=tuple(subjects),
        predicate_type=RELEASE,
        predicate={
            "model": bundle.record.name,
            "run": bundle.id,
            "run_digest": bundle.digest,
            "gate": gate.id,
            "gate_digest": gate.digest,
            "weights_digest": model.weights_digest,
            "adapter_digest": model.adapter_digest,
            "verdict": verdict.verdict,
            "valid_until": verdict.valid_until,
            "released_at": iso(now),
            "accept_warnings": has_accepted_warnings,
        },
    )


def is_about(statement: Statement, bundle: Bundle, gate: Gate) -> bool:
    """Tell whether a release names the digests of a run and of one of its gates."""
    given = statement.predicate
    return (
        statement.is_about(gate.digest)
        and statement.is_about(bundle.digest)
        and given.get("gate_digest") == gate.digest
        and given.get("run_digest") == bundle.digest
    )
