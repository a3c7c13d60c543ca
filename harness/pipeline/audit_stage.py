"""The audit stage: every chosen audit, each in its own context; a crash is recorded, never hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.auditing import Audit, not_measured
from harness.errors import AssayError, Interrupted
from harness.pipeline.costs import Costs
from harness.pipeline.plan import RunPlan
from harness.pipeline.work import Diary
from harness.predictions import Predictions
from harness.records import AuditRecord, Measurement, Message
from harness.trials import make_context, run_audit

if TYPE_CHECKING:
    from harness.modelling import Model


def audit_stage(
    plan: RunPlan,
    predictions: dict[str, Predictions],
    model: Model | None,
    bundle: Path,
    diary: Diary,
) -> tuple[list[AuditRecord], list[Measurement]]:
    """Run the audits of the plan in the order of their ids.

    Returns:
        One record per audit, and every measurement; what could not be measured is among them with
        its reason.
    """
    desk = _Desk(plan, predictions, model, bundle, diary, Costs(plan, model))
    records: list[AuditRecord] = []
    measurements: list[Measurement] = []
    for id, one in plan.audits.items():
        with diary.stage(f"audit {id}") as note:
            record, found = _one(desk, one)
            note.status = "error" if record.status == "error" else "done"
            note.detail = record.because.text if record.because else f"{len(found)} measurements"
        records.append(record)
        measurements.extend(found)
    return records, measurements


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every audit of a run is given from."""

    plan: RunPlan
    predictions: dict[str, Predictions]
    model: Model | None
    bundle: Path
    diary: Diary
    costs: Costs

    def told(self, one: Audit) -> Callable[[int], None]:
        """Show how far an audit is, of the calls that it declared."""
        known: list[int] = []

        def tell(n_asked: int) -> None:
            if not known:
                known.append(sum(self.costs.calls(one).values()))
            self.diary.reporter.step(n_asked, max(n_asked, *known))

        return tell


def _one(desk: _Desk, one: Audit) -> tuple[AuditRecord, list[Measurement]]:
    plan = desk.plan
    options = plan.options[one.id]
    resolved = options.model_dump(mode="json") if options is not None else {}
    prepared = make_context(
        one,
        task=plan.loaded.task,
        predictions=list(desk.predictions.values()),
        rows=plan.inputs.tests,
        train=plan.inputs.train,
        validation=plan.inputs.validation,
        model=desk.model,
        options=options,
        seed=plan.loaded.config.seed,
        folder=desk.bundle,
        token_budget=plan.token_budget,
        trust_code=plan.loaded.config.trust_code,
        base=plan.loaded.base,
        on_asked=desk.told(one),
    )
    context, missing = prepared.context, prepared.reasons
    absent = [
        item for name, why in missing.items() for item in not_measured(one, why, dataset=name)
    ]
    record = AuditRecord(id=one.id, status="measured", options=resolved, version=one.version)
    if context is None:
        because = next(iter(missing.values()), Message.of("audit.no-data", "There is no test set."))
        return _replace(record, "not-measured", because), absent
    try:
        return record, [*run_audit(one, context), *absent]
    except (Interrupted, KeyboardInterrupt, MemoryError):
        raise
    except Exception as err:  # noqa: BLE001 - the stage boundary: a crash of one audit must not lose the others
        because = _crash(one, err)
        return _replace(record, "error", because), [
            item
            for name in desk.predictions
            for item in not_measured(one, because, dataset=name, method="error")
        ]


def _crash(one: Audit, err: Exception) -> Message:
    import traceback
    from pathlib import PurePath

    frame = traceback.extract_tb(err.__traceback__)[-1]
    # the text of an unknown exception may quote a row; ours never do
    detail = f": {err}" if isinstance(err, AssayError) else ""
    return Message.of(
        "audit.crashed",
        "Audit {audit} ended in {kind} at {file}:{line}{detail}",
        audit=one.id,
        kind=type(err).__name__,
        file=PurePath(frame.filename).name,
        line=frame.lineno or 0,
        detail=detail,
    )


def _replace(record: AuditRecord, status: str, because: Message) -> AuditRecord:
    from dataclasses import replace

    return replace(record, status=status, because=because)  # type: ignore[arg-type]
