"""Making a context for an audit, and running the audit in it."""

from __future__ import annotations

import atexit
import dataclasses
import itertools
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.auditing import Audit, AuditContext, Need, not_measured, rng_for
from harness.errors import ConfigError, ContractError, UsageError, must, raise_all
from harness.records import Measurement, Message
from harness.trials.answers import Answers, write_answers, write_replicates
from harness.trials.attributing import Attributor

if TYPE_CHECKING:
    from harness.canaries import Canary
    from harness.data import Dataset
    from harness.modelling import Model
    from harness.predictions import Predictions
    from harness.records import Task

TOKEN_BUDGET = 4096
"""Tokens of one batch where a caller names no other budget."""

_EACH_SET: tuple[Need, ...] = (
    "labels",
    "scores",
    "logits",
    "groups",
    "controls",
    "clusters",
    "rows",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one audit may be run on.

    Attributes:
        context: Holds the data sets that offer everything the audit needs; None when none does.
        reasons: Data set → why the audit cannot measure it.
    """

    context: AuditContext | None
    reasons: dict[str, Message] = field(default_factory=dict)


def make_context(
    audit: Audit,
    *,
    task: Task,
    predictions: Sequence[Predictions],
    seed: int,
    folder: Path,
    rows: Mapping[str, Dataset] | None = None,
    train: Dataset | None = None,
    validation: Dataset | None = None,
    model: Model | None = None,
    options: object = None,
    token_budget: int = TOKEN_BUDGET,
    trust_code: bool = False,
    base: Path | None = None,
    on_asked: Callable[[int], None] | None = None,
    kept: Path | None = None,
    reference: Callable[[], Model] | None = None,
    lineage: Mapping[str, Any] | None = None,
    canaries: Sequence[Canary] | None = None,
    confide: Callable[[str, Any], None] | None = None,
) -> Prepared:
    """Give an audit the data sets that offer what it needs, and a reason for each of the others.

    Args:
        audit: Whose context it is.
        task: What is decided.
        predictions: One for each data set, in order.
        seed: The run's seed; the audit's generator is seeded by it and by the audit's id.
        folder: Root of the bundle; the audit writes below ``audits/<id>/``.
        rows: Data set → rows, in the order of its predictions.
        train: Training rows where the run has them.
        validation: Validation rows where the run has them.
        model: The model; None where only predictions are stored.
        options: The audit's options: an instance, plain data, or None for the defaults.
        token_budget: Tokens of one batch.
        trust_code: Whether code that is not ours may run.
        base: Folder that paths in options are relative to.
        on_asked: Told how many inputs the audit has asked the model about so far.
        kept: Folder beside the bundle where attributions survive a kill.
        reference: Loads what the model was fine-tuned from, on the first call.
        lineage: What is recorded of the model's training.
        canaries: What was planted in its training, and what was held out.
        confide: Takes evidence in clear for an encrypted vault; None where nobody asked for one.

    Raises:
        ConfigError: If the options do not fit.
    """
    given = rows or {}
    reasons = {}
    others: dict[str, object] = {"train": train, "validation": validation, "base": reference}
    others |= {"canaries": canaries, "lineage": lineage}
    for one in predictions:
        if task.kind not in audit.tasks:
            reasons[one.dataset] = _wrong_task(audit, task)
            continue
        lacking = _lacking(
            audit.needs,
            one,
            has_rows=one.dataset in given and given[one.dataset].has_inputs,
            others=others,
            model=model,
        )
        if lacking:
            reasons[one.dataset] = lacking[0]
    settled = _settle(audit, options)
    offered = {one.dataset: one for one in predictions if one.dataset not in reasons}
    if not offered:
        return Prepared(None, reasons)
    context = AuditContext(
        audit_id=audit.id,
        task=task,
        options=settled,
        rng=rng_for(seed, audit.id),
        folder=folder / "audits" / audit.id,
        _allowed=audit.needs | audit.uses,
        _predictions=offered,
        _rows={name: given[name] for name in offered if name in given},
        _train=train,
        _validation=validation,
        _model=model,
        _ask=None if model is None else Answers(model, token_budget, on_asked),
        _run_seed=seed,
        _measures={measure.key: measure for measure in audit.measures},
        trust_code=trust_code,
        base=base,
        token_budget=token_budget,
        _reference=reference,
        _lineage=lineage,
        _canaries=canaries,
        _confide=confide,
    )
    if model is not None:
        context._attribute = Attributor(context, token_budget, kept)
    return Prepared(context, reasons)


def trial_context(
    audit: Audit,
    *,
    task: Task,
    predictions: Sequence[Predictions],
    seed: int,
    folder: Path | None = None,
    rows: Mapping[str, Dataset] | None = None,
    train: Dataset | None = None,
    validation: Dataset | None = None,
    model: Model | None = None,
    options: object = None,
    token_budget: int = TOKEN_BUDGET,
    trust_code: bool = False,
    base: Path | None = None,
    reference: Callable[[], Model] | None = None,
    lineage: Mapping[str, Any] | None = None,
    canaries: Sequence[Canary] | None = None,
) -> AuditContext:
    """Build a context outside a run: for planted defects, tests and notebooks.

    Args are those of ``make_context``; without a folder, one is made that is removed at exit.

    Raises:
        UsageError: If no data set offers what the audit needs.
    """
    prepared = make_context(
        audit,
        task=task,
        predictions=predictions,
        seed=seed,
        folder=folder or _scratch_folder(),
        rows=rows,
        train=train,
        validation=validation,
        model=model,
        options=options,
        token_budget=token_budget,
        trust_code=trust_code,
        base=base,
        reference=reference,
        lineage=lineage,
        canaries=canaries,
    )
    if prepared.context is None:
        raise UsageError(*(because.text for because in prepared.reasons.values()))
    return prepared.context


def run_audit(
    audit: Audit, context: AuditContext | None, *, reasons: Mapping[str, Message] | None = None
) -> list[Measurement]:
    """Run an audit and write its replicates and answers beside its artifacts.

    Args:
        audit: The audit.
        context: Its context; None when no data set offers what it needs.
        reasons: Data set → why it is not measured there; each gives one measurement without a
            value for every measure.

    Returns:
        Measurements in the order in which the audit yields them, then those without a value.

    Raises:
        ContractError: If the audit yields a measure it does not declare, or one key twice.
    """
    measured = [] if context is None else list(audit.run(context))
    raise_all(ContractError, _yield_problems(audit, measured))
    if context is not None:
        digest = write_replicates(context)
        measured = [_sealed(one, digest) for one in measured]
        write_answers(context)
    for dataset, because in (reasons or {}).items():
        measured += not_measured(audit, because, dataset=dataset)
    return measured


def _lacking(
    needs: frozenset[Need],
    one: Predictions,
    *,
    has_rows: bool,
    others: Mapping[str, object],
    model: Model | None,
) -> list[Message]:
    """Say what a data set, or the run, lacks of an audit's needs; the most basic lack first."""
    name = one.dataset
    if one.n == 0:
        return [_reason("examples", "data set {dataset} has no examples", dataset=name)]
    present: dict[Need, bool] = {
        "labels": one.label is not None,
        "scores": one.scores is not None,
        "logits": one.logits is not None,
        "groups": any((values != "").any() for values in one.groups.values()),
        "controls": any((values != "").any() for values in one.controls.values()),
        "clusters": one.cluster is not None,
        "rows": has_rows,
    }
    lacks = [*_model_lacks(needs, model)]
    lacks += [
        _reason(need, "data set {dataset} has no {what}", dataset=name, what=_WORDS[need])
        for need in _EACH_SET
        if need in needs and not present[need]
    ]
    lacks += [
        _reason(need, f"the run has no {_WORDS[need]}")
        for need, found in others.items()
        if need in needs and found is None
    ]
    if "model.logits" in needs and "rows" not in needs and not has_rows:
        lacks.append(_reason("rows", "data set {dataset} has no rows of text", dataset=name))
    return lacks


_WORDS: dict[str, str] = {
    "labels": "labels",
    "scores": "scores, only decisions",
    "logits": "logits",
    "groups": "group column with a value",
    "controls": "control feature with a value",
    "clusters": "clusters",
    "rows": "inputs, only predictions",
    "train": "training rows",
    "validation": "validation rows",
    "base": "reference model: what the model was fine-tuned from is not known, or not there",
    "canaries": "canaries: none were planted in the training of this model",
    "lineage": "lineage: the model was not trained here",
}


def _wrong_task(audit: Audit, task: Task) -> Message:
    return Message.of(
        "audit.other-task",
        "Not measured: the audit is about tasks of kind {kinds}, and this task is {kind}.",
        kinds=", ".join(sorted(audit.tasks)),
        kind=task.kind,
    )


def _model_lacks(needs: frozenset[Need], model: Model | None) -> list[Message]:
    asked = sorted(need for need in needs if need.startswith("model."))
    if asked and model is None:
        return [_reason("model", "the run has stored predictions only, and no model to ask")]
    return [
        _reason(
            need.replace(".", "-"),
            "the model {name} does not offer {capability}",
            name=model.ref.name,
            capability=capability,
        )
        for need in asked
        if model is not None
        and need != "model.items"  # every model turns inputs into items
        and (capability := need.removeprefix("model.")) not in model.capabilities
    ]


def _reason(lack: str, template: str, **params: str) -> Message:
    return Message.of(f"audit.needs-{lack}", f"Not measured: {template}.", **params)


def _settle(audit: Audit, options: object) -> Any:
    from pydantic import ValidationError

    if audit.options is None:
        if options:
            raise ConfigError(must(f"audits.{audit.id}", "have no options", options))
        return None
    if isinstance(options, audit.options):
        return options
    try:
        return audit.options.model_validate(options or {})
    except ValidationError as err:
        problems = [
            must(
                ".".join(("audits", audit.id, *map(str, item["loc"]))),
                f"be valid ({item['msg']})",
                item["input"],
            )
            for item in err.errors()
        ]
        raise ConfigError(*problems) from err


def _yield_problems(audit: Audit, measured: Sequence[Measurement]) -> list[str]:
    declared = {measure.key for measure in audit.measures}
    problems = [
        f"Audit {audit.id} yields {one.measure!r}, which it does not declare."
        for one in measured
        if one.measure not in declared
    ]
    seen: set[str] = set()
    for one in measured:
        if one.key in seen:
            problems.append(f"Audit {audit.id} must yield {one.key} once, got it twice.")
        seen.add(one.key)
    return problems


def _sealed(one: Measurement, digest: str | None) -> Measurement:
    evidence = one.estimate.evidence
    if (
        evidence is None
        or evidence.path is None
        or not evidence.path.endswith("replicates.parquet")
    ):
        return one
    sealed = dataclasses.replace(evidence, sha256=digest)
    return dataclasses.replace(one, estimate=dataclasses.replace(one.estimate, evidence=sealed))


@cache
def _scratch() -> tuple[Path, Callable[[], int]]:
    root = Path(tempfile.mkdtemp(prefix="assay-trial-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root, itertools.count().__next__


def _scratch_folder() -> Path:
    root, number = _scratch()
    return root / str(number())
