"""``assay schema``."""

from __future__ import annotations

import click

from harness.cli.shared import emit, json_option
from harness.errors import EXIT_PASS


@click.command(short_help="JSON Schemas of the files that people write, for editors")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> int:
    """Print the JSON Schema of a KIND of file; without one, list the kinds.

    Editors check and complete a YAML file whose first line names its schema:
    # yaml-language-server: $schema=policy-pack.v1.schema.json

    \b
    Example:  assay schema policy-pack > policy-pack.v1.schema.json
    """
    from harness.commands.schemas import schema_names, schema_of, schema_text

    if kind is not None:
        click.echo(schema_text(schema_of(kind)), nl=False)
    elif as_json:
        emit(schema_names())
    else:
        for name in schema_names():
            click.echo(name)
    return EXIT_PASS
