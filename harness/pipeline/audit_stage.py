"""The audit stage: every chosen audit, each in its own context; a crash is recorded, never hidden."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.attribution_store import ATTRIBUTIONS
from harness.auditing import Audit, not_measured
from harness.errors import AssayError, IncompleteError, Interrupted
from harness.evidence import scratch
from harness.pipeline.allotting import Allotment, no_room
from harness.pipeline.budget import fewest
from harness.pipeline.samples import cut_rows
from harness.pipeline.work import Diary
from harness.predictions import Predictions
from harness.records import AuditRecord, Measurement, Message, to_json
from harness.redaction import redact_said
from harness.secrecy import n_keyed
from harness.trials import Prepared, has_attributed, make_context, run_audit

if TYPE_CHECKING:
    from harness.pipeline.caching import Shelf
    from harness.pipeline.costs import Sizes
    from harness.unwritten import Unwritten
    from harness.vault import Vault


def audit_stage(
    allotment: Allotment,
    predictions: dict[str, Predictions],
    bundle: Path,
    diary: Diary,
    *,
    vault: Vault | None = None,
    unwritten: Unwritten | None = None,
    shelf: Shelf | None = None,
) -> tuple[list[AuditRecord], list[Measurement]]:
    """Run the audits of the plan in the order of their ids.

    Args:
        allotment: The plan, its model, and which rows its budget leaves to each audit.
        predictions: Test set → predictions.
        bundle: Folder of the run.
        diary: Told of every stage.
        vault: Takes evidence in clear, where somebody asked for it.
        unwritten: Values that no audit may write: one that does ends in error, and what it wrote is removed.
        shelf: What earlier jobs measured; None where no cache was named.

    Returns:
        One record per audit, and every measurement; what could not be measured is among them with
        its reason.
    """
    # rows that a budget cuts by the clock, and evidence in clear, are of one run alone
    is_whole = allotment.budget is None and vault is None
    shelf = shelf if is_whole else None
    desk = _Desk(allotment, predictions, bundle, diary, vault, unwritten, shelf)
    records: list[AuditRecord] = []
    measurements: list[Measurement] = []
    for id, one in allotment.plan.audits.items():
        with diary.stage(f"audit {id}") as note:
            record, found = _one(desk, one)
            note.status = "error" if record.status == "error" else "done"
            if desk.is_reused(one):
                note.status = "reused"
            note.detail = record.because.text if record.because else f"{len(found)} measurements"
        records.append(record)
        measurements.extend(found)
    return records, measurements


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every audit of a run is given from."""

    allotment: Allotment
    predictions: dict[str, Predictions]
    bundle: Path
    diary: Diary
    vault: Vault | None
    unwritten: Unwritten | None
    shelf: Shelf | None

    def is_reused(self, one: Audit) -> bool:
        """Tell whether the measurements of an audit came from a cache."""
        stage = f"audit {one.id}"
        return self.shelf is not None and any(each.stage == stage for each in self.shelf.reused)

    def told(self, one: Audit, sizes: Sizes) -> Callable[[int], None]:
        """Show how far an audit is, of the calls that it declared."""
        known: list[int] = []

        def tell(n_asked: int) -> None:
            if not known:
                known.append(sum(self.allotment.costs.calls(one, sizes).values()))
            self.diary.reporter.step(n_asked, max(n_asked, *known))

        return tell

    def context(self, one: Audit, sizes: Sizes) -> Prepared:
        """Return the context of an audit, of all rows or of those that its budget leaves it."""
        plan = self.allotment.plan
        given = cut_rows(plan.inputs, self.predictions, sizes, seed=plan.loaded.config.seed)
        return make_context(
            one,
            task=plan.loaded.task,
            predictions=list(given.predictions.values()),
            rows=given.inputs.tests,
            train=given.inputs.train,
            validation=given.inputs.validation,
            model=self.allotment.model,
            options=plan.options[one.id],
            seed=plan.loaded.config.seed,
            folder=self.bundle,
            token_budget=plan.token_budget,
            trust_code=plan.loaded.config.trust_code,
            base=plan.loaded.base,
            on_asked=self.told(one, sizes),
            kept=scratch(self.bundle) / ATTRIBUTIONS,
            reference=self.allotment.origin.reference,
            lineage=self.allotment.origin.lineage,
            canaries=self.allotment.origin.canaries,
            confide=None if self.vault is None else self.vault.add,
        )


def _one(desk: _Desk, one: Audit) -> tuple[AuditRecord, list[Measurement]]:
    options = desk.allotment.plan.options[one.id]
    resolved = options.model_dump(mode="json") if options is not None else {}
    record = AuditRecord(id=one.id, status="measured", options=resolved, version=one.version)
    try:
        return _reused(desk, one, record) or _measured(desk, one, record)
    except (Interrupted, KeyboardInterrupt, MemoryError):
        raise
    except Exception as err:  # noqa: BLE001 - the stage boundary: a crash of one audit must not lose the others
        because = _crash(one, err)
        return replace(record, status="error", because=because), [
            item
            for name in desk.predictions
            for item in not_measured(one, because, dataset=name, method="error")
        ]


def _reused(
    desk: _Desk, one: Audit, record: AuditRecord
) -> tuple[AuditRecord, list[Measurement]] | None:
    """Return what an earlier job measured, its files put into place; None where there is nothing."""
    if desk.shelf is None:
        return None
    folder = desk.bundle / "audits" / one.id
    found = desk.shelf.take_audit(one, record.options, folder)
    if found is not None and desk.unwritten is not None:
        _refuse_values(desk.unwritten, one.id, folder, found[1])
    return found


def _measured(
    desk: _Desk, one: Audit, record: AuditRecord
) -> tuple[AuditRecord, list[Measurement]]:
    sizes = desk.allotment.sizes(one)
    empty = [name for name, n in sizes.items() if n == 0]
    if empty:
        least = fewest(desk.allotment.costs.asked(one))
        because = no_room({name: least[name] for name in empty})
        return replace(record, status="not-measured", because=because), [
            item for name in desk.predictions for item in not_measured(one, because, dataset=name)
        ]
    prepared = desk.context(one, sizes)
    context, missing = prepared.context, prepared.reasons
    absent = [
        item for name, why in missing.items() for item in not_measured(one, why, dataset=name)
    ]
    if context is None:
        because = next(iter(missing.values()), Message.of("audit.no-data", "There is no test set."))
        return replace(record, status="not-measured", because=because), absent
    n_before = n_keyed()
    found = [desk.allotment.with_caveats(item, sizes) for item in run_audit(one, context)]
    if desk.unwritten is not None:
        _refuse_values(desk.unwritten, one.id, context.folder, found)
    # keyed digests fit this run alone; what rests on attributions needs their blocks beside it
    if desk.shelf is not None and n_keyed() == n_before and not has_attributed(context):
        desk.shelf.keep_audit(one, record, [*found, *absent], context.folder)
    return record, [*found, *absent]


def _refuse_values(
    unwritten: Unwritten, id: str, folder: Path, found: Sequence[Measurement]
) -> None:
    """End an audit in error that wrote a personal value or a secret, and remove what it wrote."""
    try:
        unwritten.refuse_folder(folder)
        said = "\n".join(map(to_json, found))
        unwritten.refuse({f"measurements of {id}": said.encode("utf-8", "surrogatepass")})
    except IncompleteError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _crash(one: Audit, err: Exception) -> Message:
    import traceback
    from pathlib import PurePath

    frame = traceback.extract_tb(err.__traceback__)[-1]
    # the text of an unknown exception may quote a row; ours never do
    detail = f": {redact_said(str(err))}" if isinstance(err, AssayError) else ""
    return Message.of(
        "audit.crashed",
        "Audit {audit} ended in {kind} at {file}:{line}{detail}",
        audit=one.id,
        kind=type(err).__name__,
        file=PurePath(frame.filename).name,
        line=frame.lineno or 0,
        detail=detail,
    )
