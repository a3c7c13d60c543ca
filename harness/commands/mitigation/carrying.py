"""``assay mitigate RUN --method M``: done, audited as a run of its own, compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.commands.mitigation.comparison import Comparison, Order
from harness.commands.mitigation.for_groups import by_groups
from harness.commands.mitigation.for_leakage import by_training, check_order
from harness.commands.mitigation.methods import find_method, read_options
from harness.commands.mitigation.offers import missing
from harness.commands.mitigation.subject import Subject, open_subject
from harness.errors import Phrase, UsageError, must

if TYPE_CHECKING:
    from harness.commands.mitigation.method import Method
    from harness.pipeline.reporting import Reporter


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
    check_order(method, order)
    subject = open_subject(ref, runs, config=config)
    _check_offered(method, subject)
    carry_out = by_training if method.against == "leakage" else by_groups
    return carry_out(subject, method, options, order, argv=argv, reporter=reporter)


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
