"""The ledger: how often the rows of a test set were looked at before this run.

Counted over sealed runs, each once: those that lie in the folder of runs, and those of the store's event log
where there is one, sealed with it or submitted later. Whoever throws runs away, or runs elsewhere, leaves no
trace in a folder; a store keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.depot import StoreAddress, find_address, open_index
from harness.evidence import Look, count_looks, looks_in
from harness.records import Message

if TYPE_CHECKING:
    from harness.pipeline.plan import RunPlan

_LOOKED = ("run-sealed", "run-submitted")
"""Events that tell of a sealed run; one that was measured without the store is first told of when it comes."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the ledger says of the test sets of a run.

    Attributes:
        looks: Test set → sealed runs that looked at it before.
        said: What a reader must know of it.
    """

    looks: dict[str, int]
    said: tuple[Message, ...]


def ledger_of(plan: RunPlan, runs: Path, store: StoreAddress | str | None = None) -> Ledger:
    """Return how often the test sets of a plan were looked at.

    Args:
        plan: Its test sets as they were read, before a budget cut them.
        runs: Where sealed runs lie.
        store: Store or event log; None takes that of the config, else ``ASSAY_STORE``.

    Raises:
        AssayError: If a store is named and cannot be read.
    """
    address = find_address(store, plan.loaded.config.store, base=plan.loaded.base)
    looks = all_looks(runs, address)
    counted = {
        name: count_looks(looks, one.ref.content_digest) for name, one in plan.inputs.tests.items()
    }
    said = tuple(
        Message.of(
            "run.looked-at",
            "Test set {dataset} was looked at before: runs {n_runs}, models {n_models}. What was chosen "
            "after a look leans towards these rows, so that figures on them promise more than new rows "
            "will hold.",
            dataset=name,
            n_runs=one.n_runs,
            n_models=one.n_models,
        )
        for name, one in counted.items()
        if one.n_runs
    )
    return Ledger({name: one.n_runs for name, one in counted.items()}, said)


def all_looks(runs: Path, store: StoreAddress | str | None = None) -> list[Look]:
    """Return every look that is known; see the module.

    Raises:
        AssayError: If a store is named and cannot be read.
    """
    address = find_address(store)
    return [*looks_in(runs), *(() if address is None else _of_store(address))]


def look_body(look: Look) -> dict[str, Any]:
    """Return what an event says of a look; ``all_looks`` reads it again."""
    return {"tests": dict(look.tests), "model": look.model}


def _of_store(address: StoreAddress) -> list[Look]:
    with open_index(address) as log:
        sealed = [event for event in log.events() if event.kind in _LOOKED]
    # by the digest of the seal: two machines may give two runs of one second the same id
    return [
        Look(event.subject, str(event.body.get("model")), event.body["tests"])
        for event in sealed
        if isinstance(event.body.get("tests"), dict)
    ]
