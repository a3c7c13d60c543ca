"""``assay store new`` and ``assay store list``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option, say
from harness.errors import EXIT_PASS


@click.group(short_help="where several machines keep runs, releases and the event log together")
def command() -> None:
    """A store is a folder or s3://bucket/prefix, with an event log as its index.

    For s3:// the index is a PostgreSQL database, named by ASSAY_INDEX or in the config.
    """


@command.command("new")
@click.argument("url")
@click.option(
    "--trust",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Put this trust file into it, for machines that have nothing else.",
)
@click.option(
    "--waivers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Put this waivers file into it.",
)
@json_option
def new(url: str, trust: Path | None, waivers: Path | None, as_json: bool) -> int:
    """Make a store at URL, once. One that is there is left as it is.

    \b
    Example:  assay store new /srv/assay --trust trust.yaml
    """
    from harness.commands.storing import make_store

    made = make_store(url, trust=trust, waivers=waivers)
    if as_json:
        emit({"store": made.shown, "id": made.id, "is_new": made.is_new, "files": list(made.files)})
    else:
        click.echo(f"{made.shown}  {'made' if made.is_new else 'is a store already'}")
        for name in made.files:
            say(f"{name} was put into it.")
    return EXIT_PASS


@command.command("list")
@click.argument("url", required=False)
@json_option
def listing(url: str | None, as_json: bool) -> int:
    """Show the runs of a store and where their review stands. Default: ASSAY_STORE.

    \b
    Example:  assay store list /srv/assay
    """
    from harness.commands.storing import list_store

    rows = list_store(url)
    if as_json:
        emit(rows)
        return EXIT_PASS
    for row in rows:
        is_told = row["state"] == "released" or not row["is_released"]
        stands = "" if is_told else " · released"
        click.echo(f"{row['run']}  {row['name']}  {row['state']}{stands}")
    if not rows:
        say("The store holds no runs yet. Bring one with: assay submit RUN --store URL")
    return EXIT_PASS
