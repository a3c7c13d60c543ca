"""``assay report``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import run_argument, runs_option


@click.command(short_help="show a verdict as html, md, junit or json")
@run_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "md", "junit", "json"]),
    default="html",
    show_default=True,
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout."
)
@click.option(
    "--min-cell",
    type=click.IntRange(min=0),
    metavar="K",
    help="Show no figure of a group that rests on fewer than K rows; 0 shows all. "
    "Without it report.min_cell of the config, 10 where that says nothing.",
)
@runs_option
def command(run: str, form: str, out: Path | None, min_cell: int | None, runs: Path) -> None:
    """Render the newest verdict of RUN, or of RUN@GATE, from the sealed evidence.

    What leaves the house shows no figures of very small groups, nor those that would give them away;
    the sealed evidence keeps them.

    \b
    Example:  assay report latest --format html --out report.html
    """
    from harness.commands.proving import open_verified
    from harness.exports import EXPORTS, least_cell, without_small_cells
    from harness.files import write_whole

    bundle, gate = open_verified(run, runs)
    record = bundle.record
    least = least_cell(record) if min_cell is None else min_cell
    shown = without_small_cells(record, bundle.measurements, bundle.verdict(gate), least)
    text = EXPORTS[form].render(record, *shown, read=bundle.read_replicates)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_whole(out, text)
        click.echo(out)
