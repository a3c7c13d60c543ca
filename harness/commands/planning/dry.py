"""Audits without model calls, tried on part of the rows with decisions drawn at random."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.auditing import Audit
from harness.data import take
from harness.engines.prediction import decide, softmax64
from harness.errors import Interrupted
from harness.predictions import Predictions
from harness.trials import make_context, run_audit

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.pipeline.plan import RunPlan
    from harness.pipeline.speed import Clock

FEW, MORE = 250, 1000
"""Rows of the two timings that the time of all rows is drawn from, as a line."""


@dataclass(frozen=True, slots=True)
class Dry:
    """What an audit needed, drawn out to all rows.

    Attributes:
        seconds: Wall time, imports included.
        disk_bytes: What it wrote.
    """

    seconds: float
    disk_bytes: int


def dry_run(plan: RunPlan, one: Audit, clock: Clock) -> Dry | None:
    """Try an audit on 250 and on 1,000 rows and draw the line through both to all rows.

    Returns:
        None when the audit cannot be tried on made-up decisions.
    """
    n_all = max((each.n for each in plan.inputs.tests.values()), default=0)
    if n_all == 0:
        return Dry(0.0, 0)
    try:
        first = _timed(plan, one, min(FEW, n_all) / n_all, clock)
        few = _timed(plan, one, min(FEW, n_all) / n_all, clock)
        if n_all <= FEW:
            return first
        more = _timed(plan, one, min(MORE, n_all) / n_all, clock)
    except (Interrupted, KeyboardInterrupt, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - random decisions may be more than a foreign audit can bear
        return None
    beyond = (n_all - FEW) / (min(MORE, n_all) - FEW)
    return Dry(
        seconds=first.seconds + max(0.0, more.seconds - few.seconds) * beyond,
        disk_bytes=few.disk_bytes + round(max(0, more.disk_bytes - few.disk_bytes) * beyond),
    )


def _timed(plan: RunPlan, one: Audit, share: float, clock: Clock) -> Dry:
    rows = {name: _part(each, share) for name, each in plan.inputs.tests.items()}
    inputs = plan.inputs
    with tempfile.TemporaryDirectory(prefix="assay-plan-") as folder:
        started = clock()
        prepared = make_context(
            one,
            task=plan.loaded.task,
            predictions=[_guessed(each, len(plan.loaded.task.classes)) for each in rows.values()],
            rows=rows,
            train=None if inputs.train is None else _part(inputs.train, share),
            validation=None if inputs.validation is None else _part(inputs.validation, share),
            options=plan.options[one.id],
            seed=plan.loaded.config.seed,
            folder=Path(folder),
            trust_code=plan.loaded.config.trust_code,
            base=plan.loaded.base,
        )
        run_audit(one, prepared.context)
        took = clock() - started
        written = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return Dry(took, written)


def _part(dataset: Dataset, share: float) -> Dataset:
    n = max(min(dataset.n, 1), round(share * dataset.n))
    return take(dataset, np.linspace(0, dataset.n - 1, n).round().astype(np.int64))


def _guessed(dataset: Dataset, n_classes: int) -> Predictions:
    logits = np.random.default_rng(0).normal(size=(dataset.n, n_classes)).astype(np.float32)
    return Predictions(
        dataset=dataset.ref.name,
        example_id=dataset.example_id,
        decision=decide(logits),
        n_classes=n_classes,
        scores=softmax64(logits),
        logits=logits,
        label=dataset.label,
        groups=dataset.groups,
        group_plans=dataset.group_plans,
        controls=dataset.control,
        cluster=dataset.cluster,
    )
