"""``assay dashboard``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import runs_option


@click.command(short_help="the reviewers' pages in a browser: read the evidence, decide, sign")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings and login. Default: assay-dashboard.yaml here, where there is one.",
)
@runs_option
@click.option(
    "--store", metavar="URL", help="Store to review. Default: that of the config, ASSAY_STORE."
)
@click.option("--key", metavar="KEY", help="Key that signs decisions: a file, a name or env:NAME.")
@click.option(
    "--trust",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose signatures count. Default: trust.yaml of the store.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8501, show_default=True)
def command(
    config: Path | None,
    runs: Path,
    store: str | None,
    key: str | None,
    trust: Path | None,
    host: str,
    port: int,
) -> int:
    """Open the reviewers' pages on this machine, or for those who log in.

    Without login in the config it is for one person, says on every page that nobody is authenticated,
    and listens on this machine only. It loads no model and sends nothing anywhere. Ctrl-C ends it.

    \b
    Example:  assay dashboard --store /srv/assay --key env:ASSAY_SERVICE_KEY
    """
    from harness.commands.serving import Served, serve

    return serve(Served(runs, config, store, key, trust, host, port))
