"""``assay submit``: a verified run goes into the store, and its review is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.commands.logbook import ACTOR
from harness.commands.proving import open_verified
from harness.commands.storing import named
from harness.depot import Copied, Store, StoreAddress, open_store, put_run
from harness.depot.facts import gate_facts, note_gate
from harness.depot.review import GATE_SUBMITTED, OPENED, SUBMITTED, State, state_of
from harness.evidence import Bundle, Gate


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submission came to.

    Attributes:
        run, digest: Which run.
        place: Where it lies now.
        copied: What was new.
        state: Where its review stands.
        gate: The newest gate, which is to be reviewed; None where the run was never gated.
    """

    run: str
    digest: str
    place: str
    copied: Copied
    state: State
    gate: str | None

    @property
    def is_nothing_new(self) -> bool:
        """True when everything was there already."""
        return not (self.copied.is_new or self.copied.gates or self.copied.n_added)


def submit(
    ref: str, runs: Path, store: StoreAddress | str | None, *, with_personal: bool = False
) -> Submitted:
    """Verify a run, copy it into a store and open its review. Again gives the same.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``.
        runs: Where runs lie.
        store: Where to; None takes ``ASSAY_STORE``.
        with_personal: Also copy row text and group values.

    Raises:
        IntegrityError: If the run does not verify, or another one is there under its id.
        IncompleteError: If the store cannot be reached or is full, or none was made there.
    """
    bundle, _ = open_verified(ref, runs)
    with open_store(named(store)) as opened:
        return submit_to(opened, bundle, with_personal=with_personal)


def submit_to(store: Store, bundle: Bundle, *, with_personal: bool = False) -> Submitted:
    """Copy a verified run into an open store and log it; see ``submit``."""
    # an index that is not its own takes nothing
    known = frozenset(one.key for one in store.events())
    copied = put_run(store, bundle, with_personal=with_personal)
    gates = bundle.gates()
    _log_run(store, bundle)
    for gate in gates:
        note_gate(store, bundle, gate)
        # an older Modelassay said less of a gate; what it said stays as it was
        if f"{GATE_SUBMITTED}:{gate.digest}" not in known:
            _log_gate(store, bundle, gate)
    newest = gates[-1] if gates else None
    if newest is not None:
        body = {"run": bundle.id, "gate": newest.id}
        store.append(OPENED, newest.digest, body, actor=ACTOR, key=f"{OPENED}:{newest.digest}")
    return Submitted(
        run=bundle.id,
        digest=bundle.digest,
        place=f"{store.place.shown}/bundles/{bundle.id}",
        copied=copied,
        state=state_of(store.events(), bundle.id),
        gate=newest.id if newest else None,
    )


def _log_run(store: Store, bundle: Bundle) -> None:
    model = bundle.record.model
    body = {
        "run": bundle.id,
        "name": bundle.record.name,
        "weights_digest": model.weights_digest,
        "adapter_digest": model.adapter_digest,
    }
    store.append(SUBMITTED, bundle.digest, body, actor=ACTOR, key=f"{SUBMITTED}:{bundle.digest}")


def _log_gate(store: Store, bundle: Bundle, gate: Gate) -> None:
    key = f"{GATE_SUBMITTED}:{gate.digest}"
    store.append(GATE_SUBMITTED, gate.digest, gate_facts(bundle, gate), actor=ACTOR, key=key)
