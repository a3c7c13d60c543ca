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
@runs_option
def command(run: str, form: str, out: Path | None, runs: Path) -> None:
    """Render the newest verdict of RUN, or of RUN@GATE, from the sealed evidence.

    \b
    Example:  assay report latest --format html --out report.html
    """
    from harness.commands.proving import open_verified
    from harness.exports import EXPORTS
    from harness.files import write_whole

    bundle, gate = open_verified(run, runs)
    text = EXPORTS[form].render(bundle.record, bundle.measurements, bundle.verdict(gate))
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_whole(out, text)
        click.echo(out)
