"""``assay mitigate``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.shared import (
    emit,
    json_option,
    need_extra,
    reporter,
    run_argument,
    runs_option,
    terminal_width,
)


@click.command(
    short_help="what can be done about differences between groups or leakage; does it, compares"
)
@run_argument
@runs_option
@click.option("--method", metavar="METHOD", help="Without it, methods are listed; nothing is run.")
@click.option(
    "--group", metavar="COLUMN", help="Sensitive feature; else that of the worst finding."
)
@click.option(
    "--constraint",
    metavar="RATE",
    help="tpr, fpr, selection-rate or error-rate; else that of the worst finding.",
)
@click.option("--option", "options", multiple=True, metavar="K=V", help="Option of the method.")
@click.option(
    "--acknowledge-group-thresholds",
    "acknowledgement",
    metavar="TEXT",
    help="Who answers for decisions by group, and why it is lawful; recorded.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The run's config, where its files are not found from here.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@json_option
def command(
    run: str,
    runs: Path,
    method: str | None,
    group: str | None,
    constraint: str | None,
    options: tuple[str, ...],
    acknowledgement: str | None,
    config: Path | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Make differences between groups, or leakage of training rows, of RUN smaller, and show what that costs.

    Without --method, what is offered is listed, the gentlest first. A method against differences is
    fitted on train and chosen on validation; one against leakage trains the model of RUN again with
    one change: duplicates left out, personal data replaced, or private. Either is audited on the
    sealed test set as a run of its own, judged by the same policy, and compared row by row with RUN.
    Exit 0 when audited and compared, 3 after an error in an audit; the verdict stands in the new run.

    \b
    Example:  assay mitigate latest
    Example:  assay mitigate latest --method threshold --group religion --constraint fpr
    Example:  assay mitigate latest --method deduplicate+private-training --option epsilon=3
    """
    from harness.commands.mitigation import (
        Order,
        comparison_data,
        mitigate,
        offers_data,
        offers_of,
        render_comparison,
        render_offers,
        write_comparison,
    )

    if method is None:
        offers = offers_of(run, runs, config=config)
        if as_json:
            emit(offers_data(offers))
        else:
            click.echo(render_offers(offers, terminal_width()), nl=False)
        return 0
    need_extra("sklearn", "audit", "assay mitigate")
    found = mitigate(
        run,
        runs,
        Order(method, group, constraint, options, acknowledgement),
        config=config,
        argv=["assay", *sys.argv[1:]],
        reporter=reporter(quiet=quiet or as_json),
    )
    write_comparison(found)
    if as_json:
        emit(comparison_data(found))
    else:
        click.echo(render_comparison(found, terminal_width()), nl=False)
    return found.exit_code
