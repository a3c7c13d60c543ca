"""``assay dashboard``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import runs_option


@click.command(short_help="the reviewers' pages in a browser")
@runs_option
@click.option("--store", metavar="URL", help="Store to review. Default: ASSAY_STORE.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
def command(runs: Path, store: str | None, port: int) -> int:
    """Open the reviewers' pages: read the evidence, decide, sign.

    \b
    Example:  assay dashboard --store /srv/assay
    """
    from harness.commands.serving import serve

    return serve(runs, store, port)
