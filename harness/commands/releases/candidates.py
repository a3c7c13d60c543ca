"""Runs of one model, found in a folder of evidence or in a store; every one verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.clock import iso, parse_moment
from harness.commands.releases.approvals import logged_decisions
from harness.commands.releases.checkpoints import refuse_cut_log
from harness.commands.storing import named
from harness.depot import WITHDRAWN, get_run, open_store
from harness.depot.review import SUBMITTED
from harness.errors import IncompleteError, IntegrityError, Phrase, UsageError, must, raise_all
from harness.evidence import Bundle, Gate, open_run, verify_run
from harness.gate import SKEW
from harness.signing import Trust

Keys = tuple[str, str | None]
"""Digests of weights and adapter."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A verified run of the model.

    Attributes:
        bundle: The run.
        gate: The gate that is looked at; None for the run as a whole.
        withdrawn: Digests of releases that the log of the store says were withdrawn.
        decided: Digests of the decisions in that log, in its order; None where no log is at hand.
    """

    bundle: Bundle
    gate: Gate | None = None
    withdrawn: frozenset[str] = field(default_factory=frozenset)
    decided: tuple[str, ...] | None = None


def evidence_of(folder: Path, keys: Keys) -> list[Candidate]:
    """Return the runs of a model in a folder: the run that it is, or those that lie in it.

    Raises:
        UsageError: If there is no such folder.
        IntegrityError: If the evidence is one run of another model, or a run is not as it was sealed.
    """
    if not folder.is_dir():
        raise UsageError(must("--evidence", "be a folder with runs", str(folder)))
    paths = _runs_in(folder)
    # only the seal of the record is asked of runs of other models
    own = [path for path in paths if _keys(open_run(path)) == keys]
    found = [_verified(path) for path in own]
    if paths == [folder] and not found:
        do = (
            "It may be the evidence of another version: every change of a file makes another model."
        )
        what = f"be about this model (weights {keys[0][:12]})"
        got = Phrase(f"a run of {str(_verified(folder).record.model.weights_digest)[:12]}")
        raise IntegrityError(must(f"The run {folder.name}", what, got, do=do))
    return [Candidate(one) for one in found]


@contextmanager
def store_of_models(
    store: str | None,
    keys: Keys,
    now: datetime,
    *,
    trust: Trust,
    checkpoints: Sequence[Path] = (),
) -> Iterator[list[Candidate]]:
    """Return the runs of a model in a store.

    Args:
        store: Address; None takes ``ASSAY_STORE``.
        keys: Digests of the model.
        now: The clock.
        trust: Whose checkpoints of the log count.
        checkpoints: Files that were kept elsewhere, from which the log must go on.

    Raises:
        IncompleteError: If the store cannot be reached, or its last event is yet to come by this clock.
        IntegrityError: If log or run are not what they were.
    """
    with open_store(named(store)) as opened:
        events = opened.events()
        last = parse_moment(events[-1].time)
        if last > now + SKEW:
            do = "Set the clock of this machine right."
            what, got = f"be over by now, {iso(now)}", Phrase(events[-1].time)
            raise IncompleteError(must("The last event of the store", what, got, do=do))
        refuse_cut_log(opened, events, trust, checkpoints)
        withdrawn = frozenset(
            str(one.body.get("release")) for one in events if one.kind == WITHDRAWN
        )
        runs = [
            str(one.body.get("run"))
            for one in events
            if one.kind == SUBMITTED
            and (one.body.get("weights_digest"), one.body.get("adapter_digest")) == keys
        ]
        bundles = [get_run(opened, run) for run in dict.fromkeys(runs)]
        decided = logged_decisions(events)
        yield [Candidate(one, None, withdrawn, decided) for one in bundles if _keys(one) == keys]


def _runs_in(folder: Path) -> list[Path]:
    if (folder / "MANIFEST.json").is_file() or (folder / "run.json").is_file():
        return [folder]
    roots = [folder, folder / "bundles"]
    return sorted(
        path
        for root in roots
        if root.is_dir()
        for path in root.iterdir()
        if not path.name.startswith(".") and (path / "MANIFEST.json").is_file()
    )


def _verified(path: Path) -> Bundle:
    raise_all(IntegrityError, verify_run(path).problems)
    return open_run(path)


def _keys(bundle: Bundle) -> Keys | None:
    model = bundle.record.model
    return None if model.weights_digest is None else (model.weights_digest, model.adapter_digest)
