"""A remedy against leakage: the run's own training with one change, audited again, compared.

Nothing is chosen: what a training gave away is measured on its own rows and canaries, and a choice
by that would need others. So one training is one remedy, and a second one is a second look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.commands.mitigation.besides import besides, besides_shown, turns
from harness.commands.mitigation.comparing import grown
from harness.commands.mitigation.comparison import Comparison
from harness.commands.mitigation.exposures import exposure_changes
from harness.commands.mitigation.finishing import finished, folder_for
from harness.commands.mitigation.looks import warning
from harness.commands.mitigation.offers import concerns_of
from harness.commands.mitigation.relearning import changed_training, need_packages
from harness.commands.mitigation.rows import membership_changes, row_changes
from harness.commands.mitigation.subject import open_subject, retrained_config
from harness.commands.mitigation.teaching import CONSTRAINTS, need_positive
from harness.commands.mitigation.trade import trade_notes
from harness.errors import Phrase, UsageError, must, raise_all
from harness.exports import least_cell
from harness.records import Message, Mitigation

if TYPE_CHECKING:
    from harness.commands.mitigation.comparison import Order
    from harness.commands.mitigation.method import Method, Value
    from harness.commands.mitigation.subject import Subject
    from harness.config import LoadedConfig
    from harness.pipeline.reporting import Reporter


def check_order(method: Method, order: Order) -> None:
    """Refuse what a remedy against leakage does not take, and one whose packages are missing.

    Raises:
        UsageError: If a group or a constraint is named.
        MissingExtra: With the line that installs them.
    """
    if method.against != "leakage":
        return
    got = Phrase(f"it beside {method.id}, which works on no group")
    given = {"--group": order.group, "--constraint": order.constraint}
    problems = [must(name, "be left out", got) for name, one in given.items() if one is not None]
    raise_all(UsageError, problems)
    need_packages(method)


def by_training(
    subject: Subject,
    method: Method,
    options: dict[str, tuple[Value, ...]],
    order: Order,
    *,
    argv: Sequence[str],
    reporter: Reporter,
) -> Comparison:
    """Train again with one change, and compare.

    Raises:
        AssayError: If the run, its data or its model do not allow it.
    """
    positive = _positive(subject, options)
    train = _plain(subject.record.config["train"])
    changed = changed_training(method, train, options)
    loaded = retrained_config(subject, changed, name=f"{subject.loaded.config.name}-{method.id}")
    difference = _difference(train, loaded)
    if not difference:
        got = Phrase("what the run did already")
        raise UsageError(must(f"--method {method.id}", "change the training of the run", got))
    mitigation = _record(subject, method, options, difference)
    folder = folder_for(subject, method, {"train": changed})
    done = finished(subject, loaded, mitigation, argv=argv, reporter=reporter)
    rates = CONSTRAINTS if len(subject.task.classes) == 2 else ("error-rate",)
    changes = row_changes(subject, done.bundle, positive, rates)
    reporter.stage("compare")
    again = open_subject(str(done.path), subject.runs, base=subject.loaded.base)
    changes += membership_changes(subject, again)
    changes += exposure_changes(subject.bundle, done.bundle, "train")
    reporter.end("training rows told from test rows, by both models")
    least = least_cell(done.bundle.record)
    beside = besides(subject.bundle, done.bundle)
    shown = besides_shown(subject.bundle, done.bundle, least)
    concerns = concerns_of(subject.bundle)
    others = (*grown(changes), *_looked(done.n_looks), *_promised(method, options))
    return Comparison(
        before=subject.bundle.id,
        before_digest=subject.bundle.digest,
        after=done.bundle.id,
        after_digest=done.bundle.digest,
        mitigation=mitigation,
        fitted=None,
        changes=tuple(changes),
        verdicts=done.verdicts,
        n_looks=done.n_looks,
        notes=(*trade_notes(beside, changes, concerns), *others),
        positive=None if positive is None else subject.task.classes[positive],
        folder=folder,
        run=done.path,
        exit_code=done.exit_code,
        least=least,
        besides=beside,
        shown=shown,
        turns=turns(subject.bundle, done.bundle),
        shown_notes=(*trade_notes(shown, changes, concerns), *others),
    )


def _positive(subject: Subject, options: Mapping[str, tuple[Value, ...]]) -> int | None:
    """Return the class that rates are about; None where the task decides nothing."""
    given = options.get("positive")
    if subject.task.is_deciding:
        return need_positive(subject.task, None if given is None else str(given[0]))
    if given is not None:
        got = Phrase("it for a task that decides nothing")
        raise UsageError(must("--option positive", "be left out", got))
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return value


def _difference(train: Mapping[str, Any], loaded: LoadedConfig) -> dict[str, Any]:
    """Return what a changed config trains otherwise, defaults written out: key → value."""
    assert loaded.config.train is not None  # what was changed is a section
    changed = _plain(loaded.config.train.model_dump(mode="json"))
    keys = dict.fromkeys([*train, *changed])
    return {key: changed.get(key) for key in keys if train.get(key) != changed.get(key)}


def _record(
    subject: Subject,
    method: Method,
    options: Mapping[str, tuple[Value, ...]],
    train: dict[str, Any],
) -> Mitigation:
    concerns = [one for one in concerns_of(subject.bundle) if one.against == "leakage"]
    return Mitigation(
        of_run=subject.bundle.id,
        of_run_digest=subject.bundle.digest,
        method=method.id,
        options={name: values[0] for name, values in options.items()},
        measure=concerns[0].measure if concerns else None,
        train=train,
    )


def _looked(n_looks: int) -> list[Message]:
    looked = warning(n_looks)
    return [looked] if looked else []


def _promised(method: Method, options: Mapping[str, tuple[Value, ...]]) -> list[Message]:
    """Say what a remedy does not promise."""
    found = []
    if "deduplicate" in method.steps:
        text = "Rows that say the same in other words are no duplicates, and are learnt as often as before."
        found.append(Message.of("mitigation.of-deduplication", text))
    if "scrub" in method.steps:
        text = (
            "Only what the detectors find was replaced: names, and values that are written in words, may "
            "stand there still. Scrubbed values can sometimes be guessed back from their context."
        )
        found.append(Message.of("mitigation.of-scrubbing", text))
    if "private-training" in method.steps:
        text = (
            "Private training bounds what one row can change (epsilon {epsilon:g}). What stands in many "
            "rows is learnt all the same; a person with k rows has k times epsilon."
        )
        epsilon = float(options["epsilon"][0])
        found.append(Message.of("mitigation.of-private-training", text, epsilon=epsilon))
    return found
