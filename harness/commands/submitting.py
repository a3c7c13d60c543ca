"""``assay submit``: a verified run goes into the store, and its review is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands.proving import open_verified
from harness.commands.storing import named
from harness.depot import Copied, Store, StoreAddress, open_store, put_run
from harness.depot.actors import LOCAL, Actor, owner_of
from harness.depot.decisions import trust_of
from harness.depot.facts import gate_facts, note_gate
from harness.depot.review import GATE_SUBMITTED, OPENED, SUBMITTED, State, state_of
from harness.errors import AssayError, Phrase, UsageError, must
from harness.evidence import Bundle, Gate, look_of
from harness.evidence.foureyes import makers_of
from harness.pipeline.ledger import look_body
from harness.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission came to.

    Attributes:
        run, digest: Which run.
        place: Where it lies now.
        copied: What was new.
        state: Where its review stands.
        gate: The newest gate, which is to be reviewed; None where the run was never gated.
        has_approver: False where the run says neither who made the model nor who owns it: then nobody can
            be told from them, and nobody approves it, unless the trust file lets one person do all.
    """

    run: str
    digest: str
    place: str
    copied: Copied
    state: State
    gate: str | None
    has_approver: bool = True

    @property
    def is_nothing_new(self) -> bool:
        """True when everything was there already."""
        return not (self.copied.is_new or self.copied.gates or self.copied.n_added)


def submit(
    ref: str,
    runs: Path,
    store: StoreAddress | str | None,
    *,
    with_personal: bool = False,
    key: SigningKey | None = None,
) -> Submitted:
    """Verify a run, copy it into a store and open its review. Again gives the same.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``.
        runs: Where runs lie.
        store: Where to; None takes ``ASSAY_STORE``.
        with_personal: Also copy row text and group values.
        key: Of who submits, who does not approve it then; None where nobody says who it is.

    Raises:
        IntegrityError: If the run does not verify, another one is there under its id, or the trust file of
            the store does not name the key.
        UsageError: If a key is given and the store has no trust file.
        IncompleteError: If the store cannot be reached or is full, or none was made there.
    """
    bundle, _ = open_verified(ref, runs)
    with open_store(named(store)) as opened:
        who = _submitter(opened, key)
        return submit_to(opened, bundle, with_personal=with_personal, actor=who)


def submit_to(
    store: Store, bundle: Bundle, *, with_personal: bool = False, actor: Actor = LOCAL
) -> Submitted:
    """Copy a verified run into an open store and log it; see ``submit``."""
    # an index that is not its own takes nothing
    known = frozenset(one.key for one in store.events())
    copied = put_run(store, bundle, with_personal=with_personal)
    gates = bundle.gates()
    if actor.is_authenticated:
        store.tables.put_person(actor.id, actor.name)
    if f"{SUBMITTED}:{bundle.digest}" not in known:  # who was first submitted it
        _log_run(store, bundle, actor.id)
    for gate in gates:
        note_gate(store, bundle, gate)
        # an older Modelassay said less of a gate; what it said stays as it was
        if f"{GATE_SUBMITTED}:{gate.digest}" not in known:
            _log_gate(store, bundle, gate, actor.id)
    newest = gates[-1] if gates else None
    if newest is not None and f"{OPENED}:{newest.digest}" not in known:
        body = {"run": bundle.id, "gate": newest.id}
        store.append(OPENED, newest.digest, body, actor=actor.id, key=f"{OPENED}:{newest.digest}")
    return Submitted(
        run=bundle.id,
        digest=bundle.digest,
        place=f"{store.place.shown}/bundles/{bundle.id}",
        copied=copied,
        state=state_of(store.events(), bundle.id),
        gate=newest.id if newest else None,
        has_approver=bool(makers_of(bundle)) or _is_single_person(store),
    )


def _is_single_person(store: Store) -> bool:
    try:
        trust = trust_of(store)
    except AssayError:  # whoever decides is told what is wrong with it
        return False
    return trust is not None and trust.is_single_person


def _submitter(store: Store, key: SigningKey | None) -> Actor:
    if key is None:
        return LOCAL
    trust = trust_of(store)
    if trust is None:
        do = "Put trust.yaml into the store, or leave --key out."
        what = "hold a trust file that says whose key it is"
        raise UsageError(must(f"The store {store.place.shown}", what, Phrase("none"), do=do))
    return owner_of(key, trust, store.now())


def _log_run(store: Store, bundle: Bundle, actor: str) -> None:
    model = bundle.record.model
    body = {
        "run": bundle.id,
        "name": bundle.record.name,
        "weights_digest": model.weights_digest,
        "adapter_digest": model.adapter_digest,
        **look_body(look_of(bundle.record)),
    }
    store.append(SUBMITTED, bundle.digest, body, actor=actor, key=f"{SUBMITTED}:{bundle.digest}")


def _log_gate(store: Store, bundle: Bundle, gate: Gate, actor: str) -> None:
    key = f"{GATE_SUBMITTED}:{gate.digest}"
    store.append(GATE_SUBMITTED, gate.digest, gate_facts(bundle, gate), actor=actor, key=key)
