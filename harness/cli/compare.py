"""``assay compare``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option, runs_option, terminal_width


@click.command(short_help="runs side by side, differences paired over the same rows")
@click.argument("refs", metavar="RUN [RUN ...]", nargs=-1, required=True)
@click.option(
    "--baseline", metavar="RUN", help="Run that the others are compared with. Default: the first."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "md", "html", "json"]),
    default="text",
    show_default=True,
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write an HTML page here."
)
@click.option("--all", "is_whole", is_flag=True, help="Show every measure on the terminal.")
@click.option(
    "--min-cell",
    type=click.IntRange(min=0),
    metavar="K",
    help="Show no figure of a group that rests on fewer than K rows; 0 shows all. "
    "Without it report.min_cell of the configs, 10 where they say nothing.",
)
@runs_option
@json_option
def command(
    refs: tuple[str, ...],
    baseline: str | None,
    form: str,
    html: Path | None,
    is_whole: bool,
    min_cell: int | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Compare runs with one of them: quality, groups, leakage, cost, and whose decisions changed.

    Differences are paired over the same rows and have intervals; better and worse are said with all
    measures taken together. What is about other rows is not comparable, and is named. Nothing is judged:
    exit 0, or 5 when a run is damaged.

    \b
    Example:  assay compare 20261101 latest
    Example:  assay compare latest 20261101 20261115 --baseline 20261101 --html compared.html
    """
    from harness.commands.comparing.screen import FORMATS, comparison_data, render_screen
    from harness.commands.comparing.table import compare
    from harness.files import disk_errors, write_whole

    found = compare(refs, runs, baseline=baseline, least=min_cell)
    if html is not None:
        with disk_errors(html):
            write_whole(html, FORMATS["html"](found))
    if as_json:
        emit(comparison_data(found))
    elif form == "text":
        click.echo(render_screen(found, terminal_width(), is_whole=is_whole), nl=False)
    else:
        click.echo(FORMATS[form](found), nl=False)
    return 0
