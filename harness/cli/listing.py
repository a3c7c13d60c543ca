"""``assay list``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option, runs_option


@click.command(short_help="audits, measures, models, policies, runs, looks")
@click.argument(
    "what", type=click.Choice(["audits", "measures", "models", "policies", "runs", "looks"])
)
@runs_option
@json_option
def command(what: str, runs: Path, as_json: bool) -> None:
    """Show what there is; looks: how often each test set was looked at, by how many models.

    Looks are counted over the event log that ASSAY_STORE names, else over the folder of runs.

    \b
    Example:  assay list measures
    """
    from harness.commands.catalogue import listing

    rows = listing(what, runs)
    if as_json:
        emit(rows)
        return
    for row in rows:
        name, *rest = row.values()
        click.echo(f"{name}")
        for text in rest:
            if text:
                click.echo(f"    {text}")
