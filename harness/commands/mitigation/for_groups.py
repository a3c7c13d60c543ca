"""A method against a difference between groups: fitted, chosen on validation, audited, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.commands.mitigation.besides import besides, besides_shown, turns
from harness.commands.mitigation.comparing import Change, grown, levelling_down
from harness.commands.mitigation.comparison import Comparison, Order
from harness.commands.mitigation.desk import Desk, Fitted
from harness.commands.mitigation.finishing import finished, folder_for
from harness.commands.mitigation.fitting import fit
from harness.commands.mitigation.looks import warning
from harness.commands.mitigation.offers import pick_constraint, pick_group
from harness.commands.mitigation.rows import row_changes
from harness.commands.mitigation.storing import answered
from harness.commands.mitigation.subject import Subject, changed_config
from harness.commands.mitigation.teaching import Aim, Teaching, need_positive
from harness.errors import Phrase, UsageError, must
from harness.exports import least_cell
from harness.records import Message, Mitigation

if TYPE_CHECKING:
    from harness.commands.mitigation.method import Method, Value
    from harness.pipeline.reporting import Reporter


def by_groups(
    subject: Subject,
    method: Method,
    options: dict[str, tuple[Value, ...]],
    order: Order,
    *,
    argv: Sequence[str],
    reporter: Reporter,
) -> Comparison:
    """Make a difference between groups smaller.

    Raises:
        AssayError: If the run, its data or its model do not allow it.
    """
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
    done = finished(subject, loaded, mitigation, argv=argv, reporter=reporter)
    changes = row_changes(subject, done.bundle, aim.positive)
    least = least_cell(done.bundle.record)
    return Comparison(
        before=subject.bundle.id,
        before_digest=subject.bundle.digest,
        after=done.bundle.id,
        after_digest=done.bundle.digest,
        mitigation=mitigation,
        fitted=fitted,
        changes=tuple(changes),
        verdicts=done.verdicts,
        n_looks=done.n_looks,
        notes=(
            *_no_better(fitted),
            *_too_dear(fitted, aim),
            *_notes(subject, aim, method, changes, done.n_looks),
            *_other(n_other),
        ),
        positive=subject.task.classes[aim.positive],
        folder=desk.teaching.folder,
        run=done.path,
        exit_code=done.exit_code,
        least=least,
        besides=besides(subject.bundle, done.bundle),
        shown=besides_shown(subject.bundle, done.bundle, least),
        turns=turns(subject.bundle, done.bundle),
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
    what = {
        "aim": [aim.group, aim.constraint, aim.positive, aim.max_loss],
        "options": {name: list(values) for name, values in options.items()},
    }
    folder = folder_for(subject, method, what)
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
        return Message.of("mitigation.needs-group", text, method=method.id)
    text = "The group of the person is not needed to decide ({method})."
    return Message.of("mitigation.needs-no-group", text, method=method.id)
