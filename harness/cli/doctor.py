"""``assay doctor``."""

from __future__ import annotations

import click

from harness.cli.shared import emit, json_option
from harness.errors import EXIT_PASS, EXIT_USAGE


@click.command(short_help="what is installed, and what is wrong with it")
@json_option
def command(as_json: bool) -> int:
    """Look at packages, plug-ins, devices and addresses. Exit 2 when something must be mended.

    \b
    Example:  assay doctor
    """
    from harness.commands.doctor import examine

    lines = examine()
    if as_json:
        emit([{"state": one.state, "about": one.about, "text": one.text} for one in lines])
    else:
        for one in lines:
            click.echo(f"{one.state:<8} {one.about:<12} {one.text}")
    return EXIT_USAGE if any(one.state == "problem" for one in lines) else EXIT_PASS
