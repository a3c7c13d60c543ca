"""``assay mitigate RUN --method M``: fitted, chosen, audited as a run of its own, compared."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.commands.judging import policy_of_run
from harness.commands.logbook import log_gated, log_sealed
from harness.commands.mitigation.comparing import Change, Sides, changes_of, grown, levelling_down
from harness.commands.mitigation.desk import Desk, Fitted
from harness.commands.mitigation.fitting import fit
from harness.commands.mitigation.looks import count_look, warning
from harness.commands.mitigation.methods import Method, Value, find_method, read_options
from harness.commands.mitigation.offers import missing, pick_constraint, pick_group
from harness.commands.mitigation.storing import answered
from harness.commands.mitigation.subject import Subject, changed_config, open_subject
from harness.commands.mitigation.teaching import Aim, Teaching, compared_rows, need_positive
from harness.errors import Phrase, PolicyError, UsageError, must
from harness.evidence import open_run
from harness.exports import least_cell
from harness.files import digest_of
from harness.pipeline.environment import package_versions
from harness.pipeline.execute import measure
from harness.pipeline.gating import gate
from harness.records import Message, Mitigation

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.evidence import Bundle
    from harness.pipeline.reporting import Reporter
    from harness.predictions import Predictions

FOLDER = "mitigations"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for.

    Attributes:
        method: Method id.
        group, constraint: None takes those of the worst finding.
        options: ``name=value``, each.
        acknowledgement: What they write to take the responsibility for decisions by group.
    """

    method: str
    group: str | None = None
    constraint: str | None = None
    options: tuple[str, ...] = ()
    acknowledgement: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A mitigated run beside the run that it comes from.

    Attributes:
        before, after: Run ids.
        before_digest, after_digest: SHA-256 of their seals.
        mitigation: As in the record of the mitigated run.
        fitted: What was tried and chosen, on validation.
        changes: Before and after on the test sets.
        verdicts: Verdicts of both runs under the same policy; None where it was not judged.
        n_looks: Models that were judged on these test rows so far.
        notes: Levelling down, looks, what is needed to decide.
        positive: Class that TPR, FPR and selection rate are about.
        folder: Where the mitigated model or its predictions lie, and this comparison.
        run: Folder of the mitigated run.
        exit_code: Of the audits: 0, or 3.
        least: Rows of the smallest group whose figures a page for others shows.
    """

    before: str
    before_digest: str
    after: str
    after_digest: str
    mitigation: Mitigation
    fitted: Fitted
    changes: tuple[Change, ...]
    verdicts: tuple[str | None, str | None]
    n_looks: int
    notes: tuple[Message, ...]
    positive: str
    folder: Path
    run: Path
    exit_code: int
    least: int


def mitigate(
    ref: str,
    runs: Path,
    order: Order,
    *,
    config: Path | None = None,
    argv: Sequence[str],
    reporter: Reporter,
) -> Comparison:
    """Mitigate a run.

    Args:
        ref: The run.
        runs: Where runs lie.
        order: What is asked for.
        config: The run's config, where the record does not lead to it.
        argv: The command, for the record.
        reporter: Told how far it is.

    Raises:
        AssayError: If the run, its data or its model do not allow it.
    """
    method = find_method(order.method)
    options = read_options(method, order.options)
    _check_acknowledged(method, order.acknowledgement)
    subject = open_subject(ref, runs, config=config)
    _check_offered(method, subject)
    aim = _aim(subject, order, options)
    desk = _desk(subject, method, aim, options, reporter)
    reporter.stage(f"fit {method.id}")
    fitted = fit(method, desk)
    chosen = fitted.candidates[fitted.chosen]
    reporter.end(f"chosen on validation: {chosen.name}")
    mitigation = _record(desk, method, fitted, order)
    section, n_other = fitted.model, 0
    if fitted.answer is not None:
        section, n_other = answered(subject, fitted, desk.teaching.folder)
    loaded = changed_config(subject, section, name=f"{subject.loaded.config.name}-{method.id}")
    sealed = measure(loaded, runs=runs, argv=argv, reporter=reporter, mitigation=mitigation)
    after = open_run(sealed.path)
    log_sealed(after, loaded.config.store)
    verdicts = _judged(subject.bundle, after, loaded.config.store)
    changes = _changes(subject, after, aim)
    n_looks = count_look(runs, subject.bundle, after)
    return Comparison(
        before=subject.bundle.id,
        before_digest=subject.bundle.digest,
        after=after.id,
        after_digest=after.digest,
        mitigation=mitigation,
        fitted=fitted,
        changes=tuple(changes),
        verdicts=verdicts,
        n_looks=n_looks,
        notes=(
            *_no_better(fitted),
            *_too_dear(fitted, aim),
            *_notes(subject, aim, method, changes, n_looks),
            *_other(n_other),
        ),
        positive=subject.task.classes[aim.positive],
        folder=desk.teaching.folder,
        run=sealed.path,
        exit_code=sealed.exit_code,
        least=least_cell(after.record),
    )


def _check_acknowledged(method: Method, text: str | None) -> None:
    if method.needs_group and not (text or "").strip():
        raise UsageError(
            f"{method.id} decides by the group of the person, which law may forbid (disparate "
            "treatment; Directive 2000/43/EC; Title VII 703(l)). A person must take the "
            "responsibility: give who and why with --acknowledge-group-thresholds TEXT; it is "
            "recorded. Nothing was done."
        )
    if text is not None and not method.needs_group:
        got = Phrase(f"it beside {method.id}, which needs no group to decide")
        raise UsageError(must("--acknowledge-group-thresholds", "be left out", got))


def _check_offered(method: Method, subject: Subject) -> None:
    lacks = missing(method, subject)
    if lacks:
        raise UsageError(
            f"{method.id} must be possible for run {subject.bundle.id}, got a run that lacks "
            f"something. {' '.join(lacks)} What is offered: assay mitigate {subject.bundle.id}"
        )


def _aim(subject: Subject, order: Order, options: dict[str, tuple[Value, ...]]) -> Aim:
    group = pick_group(subject, order.group)
    constraint = pick_constraint(subject, order.constraint, group)
    positive = options.get("positive")
    if positive is None and len(subject.task.classes) > 2 and constraint != "error-rate":
        got = Phrase(f"none, and the task has {', '.join(subject.task.classes)}")
        do = f"{constraint} is about one class."
        raise UsageError(must("--option positive=CLASS", "be given", got, do=do))
    return Aim(
        group=group,
        constraint=constraint,
        positive=need_positive(subject.task, None if positive is None else str(positive[0])),
        max_loss=float(options["max_loss"][0]),
    )


def _desk(
    subject: Subject,
    method: Method,
    aim: Aim,
    options: dict[str, tuple[Value, ...]],
    reporter: Reporter,
) -> Desk:
    identity = digest_of(
        {
            "run": subject.bundle.digest,
            "method": method.id,
            "aim": [aim.group, aim.constraint, aim.positive, aim.max_loss],
            "options": {name: list(values) for name, values in options.items()},
            "packages": package_versions(),
        }
    )
    name = subject.loaded.config.name.lower()
    slug = "".join(char if char.isalnum() else "-" for char in name)[:40]
    folder = subject.runs / FOLDER / f"{slug}-{method.id}-{identity[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    teaching = Teaching(
        task=subject.task,
        train=subject.inputs.train,
        validation=subject.inputs.validation,
        seed=subject.loaded.config.seed,
        folder=folder,
        report=reporter.note,
    )
    # what fits and chooses holds no test row at all
    blind = replace(subject, inputs=replace(subject.inputs, tests={}))
    return Desk(blind, teaching, aim, options)


def _record(desk: Desk, method: Method, fitted: Fitted, order: Order) -> Mitigation:
    given = {
        name: values[0] if len(values) == 1 else ",".join(map(str, values))
        for name, values in desk.options.items()
    }
    chosen = {f"chosen.{name}": value for name, value in fitted.facts.items()}
    return Mitigation(
        of_run=desk.subject.bundle.id,
        of_run_digest=desk.subject.bundle.digest,
        method=method.id,
        group=desk.aim.group,
        constraint=desk.aim.constraint,
        options={**given, **chosen},
        needs_group=method.needs_group,
        acknowledgement=order.acknowledgement,
    )


def _judged(before: Bundle, after: Bundle, store: str | None) -> tuple[str | None, str | None]:
    """Judge the mitigated run by the policy of the run that it comes from."""
    gates = before.gates()
    was = gates[-1].verdict.verdict if gates else None
    try:
        policy = policy_of_run(before)
    except PolicyError:
        return was, None
    gated = gate(after, policy)
    log_gated(gated.verdict, gated.path, store)
    return was, gated.verdict.verdict


def _changes(subject: Subject, after: Bundle, aim: Aim) -> list[Change]:
    before = {one.dataset: one for one in subject.bundle.predictions()}
    found: list[Change] = []
    for one in after.predictions():
        dataset = subject.inputs.tests[one.dataset]
        sides = _sides(dataset, before[one.dataset], one, aim)
        if sides is not None:
            found += changes_of(sides, _generator(subject, one.dataset))
    return found


def _sides(dataset: Dataset, before: Predictions, after: Predictions, aim: Aim) -> Sides | None:
    """Lay both answers beside the rows that both were asked about; None without labels."""
    if dataset.label is None:
        return None
    at = {one: index for index, one in enumerate(dataset.example_id.tolist())}
    first = {one: index for index, one in enumerate(before.example_id.tolist())}
    ids = [one for one in after.example_id.tolist() if one in first and one in at]
    where = np.array([at[one] for one in ids], dtype=np.int64)
    old = np.array([first[one] for one in ids], dtype=np.int64)
    ours = {one: index for index, one in enumerate(after.example_id.tolist())}
    new = np.array([ours[one] for one in ids], dtype=np.int64)
    return Sides(
        dataset=dataset.ref.name,
        label=dataset.label[where],
        before=before.decision[old],
        after=after.decision[new],
        n_classes=before.n_classes,
        positive=aim.positive,
        groups={
            column: {name: rows[where] for name, rows in compared_rows(dataset, column).items()}
            for column in dataset.groups
        },
        scores_before=None if before.scores is None else before.scores[old],
        scores_after=None if after.scores is None else after.scores[new],
        cluster=None if dataset.cluster is None else dataset.cluster[where],
    )


def _no_better(fitted: Fitted) -> list[Message]:
    """Say where validation gave no reason to take what was taken."""
    before, after = fitted.before.difference, fitted.candidates[fitted.chosen].difference
    if before is None or after is None:
        text = "Worst differences on validation cannot be said: fewer than two groups have enough rows."
        return [Message.of("mitigation.not-chosen", text)]
    if after < before:
        return []
    text = (
        "On validation the worst difference did not become smaller ({before:.3f} to {after:.3f})."
    )
    return [Message.of("mitigation.no-better", text, before=before, after=after)]


def _too_dear(fitted: Fitted, aim: Aim) -> list[Message]:
    """Say where even the candidate that was taken costs more than was allowed."""
    before = fitted.before.balanced_accuracy
    after = fitted.candidates[fitted.chosen].balanced_accuracy
    if after >= before - aim.max_loss - 1e-12:
        return []
    text = (
        "No candidate kept the balanced accuracy on validation within {max_loss:.3f}: {before:.3f} "
        "before, {after:.3f} by the best of them. A smaller difference at that price is no remedy."
    )
    return [
        Message.of("mitigation.too-dear", text, max_loss=aim.max_loss, before=before, after=after)
    ]


def _other(n: int) -> list[Message]:
    if n == 0:
        return []
    text = "{n} rows whose group is missing or was not there on validation are decided as before."
    return [Message.of("mitigation.no-group", text, n=n)]


def _generator(subject: Subject, dataset: str) -> np.random.Generator:
    raw = hashlib.sha256(f"mitigate\x00{dataset}".encode()).digest()
    return np.random.default_rng([subject.loaded.config.seed, *raw[:8]])


def _notes(
    subject: Subject, aim: Aim, method: Method, changes: Sequence[Change], n_looks: int
) -> list[Message]:
    favourable = subject.task.favourable
    is_favourable = favourable == subject.task.classes[aim.positive]
    better = {
        "tpr": True,
        "fpr": False,
        "error-rate": False,
        "selection-rate": None if favourable is None else is_favourable,
    }
    found = levelling_down(
        list(changes),
        column=aim.group,
        rate=aim.constraint,
        is_higher_better=better[aim.constraint],
    )
    looked = warning(n_looks)
    return [*found, *grown(list(changes)), *([looked] if looked else []), _at_inference(method)]


def _at_inference(method: Method) -> Message:
    if method.needs_group:
        text = "Each decision takes the group of the person: {method} cannot decide without it."
    else:
        text = "The group of the person is not needed to decide ({method})."
    return Message.of("mitigation.at-inference", text, method=method.id)
