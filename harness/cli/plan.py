"""``assay plan``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from harness.cli.shared import (
    budget_option,
    config_argument,
    emit,
    json_option,
    reporter,
    runs_option,
    terminal_width,
)


@click.command(short_help="before: what can this data decide, how long, how much memory")
@config_argument
@runs_option
@budget_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@json_option
def command(config: Path, runs: Path, budget: float | None, quiet: bool, as_json: bool) -> None:
    """Say what CONFIG would cost and what its data can decide. Nothing is run and nothing is kept.

    Every mistake in the config is reported, as `assay run` would. The model is timed on 32 rows; a
    training on a few steps that are thrown away; audits without model calls on part of the rows.

    \b
    Example:  assay plan assay.yaml --budget 30
    """
    from harness.commands.planning import as_data, plan_run, render
    from harness.config import load_config, with_budget

    loaded = with_budget(load_config(config), budget)
    report = plan_run(
        loaded, runs=runs, reporter=reporter(quiet=quiet or as_json), clock=time.perf_counter
    )
    if as_json:
        emit(as_data(report))
    else:
        click.echo(render(report, terminal_width()), nl=False)
