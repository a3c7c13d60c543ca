"""What is offered for a run, and why the rest is not; nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.commands.axes import axis_of
from harness.commands.mitigation.method import Against, Method
from harness.commands.mitigation.methods import METHODS
from harness.commands.mitigation.relearning import lacking, rows_changed
from harness.commands.mitigation.subject import LearntRowsGone, open_subject
from harness.commands.proving import open_verified
from harness.errors import UsageError, must, nearest
from harness.records import TEXT_GENERATION, slice_columns

if TYPE_CHECKING:
    from pathlib import Path

    from harness.commands.mitigation.subject import Subject
    from harness.evidence import Bundle
    from harness.records import Finding

_RATES = {
    "tpr": ("tpr", "equal-opportunity", "recall"),
    "fpr": ("fpr", "predictive-equality", "false-positive"),
    "selection-rate": ("selection", "demographic-parity", "impact-ratio", "conditional"),
    "error-rate": ("error", "accuracy"),
}
"""Constraint → words in the key of a measure that is about it."""


@dataclass(frozen=True, slots=True)
class Concern:
    """A finding about groups, or about leakage, that did not pass.

    Attributes:
        rule, outcome, measure, dataset: As in the finding.
        column: Sensitive feature; None for leakage.
        constraint: Constraint that it is about; None where none is.
        because: The finding's sentence.
        against: What remedies it calls for.
    """

    rule: str
    outcome: str
    measure: str
    dataset: str
    column: str | None
    constraint: str | None
    because: str
    against: Against = "differences"


@dataclass(frozen=True, slots=True)
class Offer:
    """One method for one run.

    Attributes:
        method: The method.
        why_not: Everything that is missing; empty when it is offered.
    """

    method: Method
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offers:
    """What ``assay mitigate RUN`` answers.

    Attributes:
        run, name, model: The run, and how it calls its model.
        kind: ``trained``, ``given`` or ``predictions``.
        groups: Sensitive feature → in which data sets it stands, and with how many values.
        concerns: Findings about groups or leakage that did not pass, of the newest gate.
        offers: Every method, in order.
    """

    run: str
    name: str
    model: str
    kind: str
    groups: dict[str, dict[str, int]]
    concerns: tuple[Concern, ...] = ()
    offers: tuple[Offer, ...] = field(default=())


def offers_of(ref: str, runs: Path, *, config: Path | None = None) -> Offers:
    """Return what is offered for a run, also where the rows that it learnt from are not there now.

    Raises:
        AssayError: If there is no such run, or it cannot be compared with anything.
    """
    try:
        return offers_for(open_subject(ref, runs, config=config))
    except LearntRowsGone as err:
        bundle, _ = open_verified(ref, runs)
        why = tuple(err.problems)
    record = bundle.record
    return Offers(
        run=record.run_id,
        name=record.name,
        model=record.model.name,
        kind=record.model.kind,
        groups={},
        concerns=concerns_of(bundle),
        offers=tuple(Offer(one, why) for one in METHODS.values()),
    )


def offers_for(subject: Subject) -> Offers:
    """Return what is offered for a run whose rows are at hand."""
    record = subject.record
    return Offers(
        run=record.run_id,
        name=record.name,
        model=record.model.name,
        kind=record.model.kind,
        groups=group_columns(subject),
        concerns=concerns_of(subject.bundle),
        offers=tuple(Offer(one, tuple(missing(one, subject))) for one in METHODS.values()),
    )


def group_columns(subject: Subject) -> dict[str, dict[str, int]]:
    """Return sensitive feature → data set → number of its values there."""
    found: dict[str, dict[str, int]] = {}
    for one in subject.inputs.all:
        for column, values in one.groups.items():
            named = {str(value) for value in values.tolist()} - {""}
            found.setdefault(column, {})[one.ref.name] = len(named)
    return found


def concerns_of(bundle: Bundle) -> tuple[Concern, ...]:
    """Return the findings about groups or leakage that did not pass in the newest gate."""
    gates = bundle.gates()
    if not gates:
        return ()
    found = [
        concern
        for one in gates[-1].verdict.findings
        if one.outcome in ("failed", "inconclusive") and (concern := _concern(one)) is not None
    ]
    return tuple(sorted(found, key=lambda one: one.outcome != "failed"))


def _concern(one: Finding) -> Concern | None:
    column, against = None, axis_of(one.measure)
    if against != "leakage":
        columns = slice_columns(one.slice) if one.dataset else {}
        column = next((each for each in columns if each != "class"), None)
        if column is None:
            return None
    return Concern(
        rule=one.rule,
        outcome=one.outcome,
        measure=one.measure,
        dataset=one.dataset,
        column=column,
        constraint=None if column is None else constraint_of(one.measure),
        because=one.because.text,
        against="leakage" if column is None else "differences",
    )


def constraint_of(measure: str) -> str | None:
    """Return the constraint that a measure is about, or None."""
    for constraint, words in _RATES.items():
        if any(word in measure for word in words):
            return constraint
    return None


def missing(method: Method, subject: Subject) -> list[str]:
    """Return everything that a method lacks here, one sentence each."""
    if method.against == "leakage":
        return lacking(method, subject.bundle.record)
    return _missing_for_groups(method, subject)


def _missing_for_groups(method: Method, subject: Subject) -> list[str]:
    data = subject.inputs
    groups = group_columns(subject)
    if subject.task.kind == TEXT_GENERATION:
        return ["It is for a task that decides; this one decides nothing."]
    problems = []
    if method.trains and subject.task.kind != "text-classification":
        problems.append("It trains a classifier; this is a language model.")
    if method.needs_model and not subject.has_model:
        problems.append("It needs a model; this run holds stored predictions only.")
    if method.is_binary and len(subject.task.classes) != 2:
        problems.append(f"It is for two classes; this task has {len(subject.task.classes)}.")
    if method.needs_train and data.train is None:
        problems.append("It needs training rows: data.train.")
    for name in ("train", "validation") if method.needs_train else ("validation",):
        rows = getattr(data, name)
        if rows is None and name == "validation":
            problems.append("It needs validation rows to choose by: data.validation.")
        elif rows is not None and rows.label is None:
            problems.append(f"It needs labels in data.{name}.")
        if rows is not None and not any(sets.get(name, 0) > 1 for sets in groups.values()):
            problems.append(f"It needs a group column with two values in data.{name}.groups.")
    if method.trains and subject.record.config["model"].get("adapter"):
        problems.append("It needs a whole model or a base; this run audited an adapter beside one.")
    changed = rows_changed(subject.record.config.get("train") or {})
    if method.trains and changed:
        problems.append(
            f"It says something of each training row; train.{changed} changes the rows."
        )
    if method.needs_last_layer and subject.has_model and subject.record.config["trust_code"]:
        problems.append("It needs a model whose code is known; this one brings its own.")
    return problems + (_not_storable(subject) if method.makes_predictions else [])


def _not_storable(subject: Subject) -> list[str]:
    """Return why decisions cannot be stored as a table for this run."""
    tests, problems = subject.inputs.tests, []
    if any("id" not in one.ref.roles for one in tests.values()):
        problems.append(
            "It needs an id column in the test set, which stored decisions are matched by."
        )
    refs = [ref for ref in subject.record.datasets if ref.name in tests]
    if any(ref.n_rows < tests[ref.name].n for ref in refs):
        problems.append("It needs a run on the whole test set; this one had a budget.")
    if len(tests) != 1:
        problems.append(f"It needs one test set; this run has {len(tests)}.")
    if subject.loaded.config.data.split is not None:
        problems.append("It needs a test set of its own in data.test, not a split of one file.")
    return problems


def pick_group(subject: Subject, wanted: str | None) -> str:
    """Return the sensitive feature to work on: the one that is named, or was found wanting.

    Raises:
        UsageError: If it does not exist, or none is named and there are several.
    """
    known = list(group_columns(subject))
    if wanted is not None:
        if wanted not in known:
            do = nearest(wanted, known).strip() or (
                f"It has {', '.join(known)}." if known else "Name one under groups of its tables."
            )
            raise UsageError(must("--group", "be a sensitive feature of the run", wanted, do=do))
        return wanted
    concerned = [one.column for one in concerns_of(subject.bundle) if one.column is not None]
    concerned = [one for one in concerned if one in known]
    if concerned:
        return concerned[0]
    if len(known) == 1:
        return known[0]
    got = f"none, and the run has {', '.join(known) or 'no sensitive feature'}"
    do = "Choose one with --group COLUMN." if known else "Name one under groups of its tables."
    raise UsageError(f"--group must be given, got {got}. {do}")


def pick_constraint(subject: Subject, wanted: str | None, column: str) -> str:
    """Return the constraint: the one that is named, or that of the worst finding on the column."""
    from harness.commands.mitigation.methods import check_constraint

    if wanted is not None:
        return check_constraint(wanted)
    for one in concerns_of(subject.bundle):
        if one.column == column and one.constraint is not None:
            return one.constraint
    return "error-rate"
