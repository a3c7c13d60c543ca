"""``assay migrate``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option, say
from harness.errors import EXIT_PASS


@click.command(short_help="upgrade a file of an earlier version, and show what changes")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--write", "is_written", is_flag=True, help="Write the file; without it only show.")
@json_option
def command(file: Path, is_written: bool, as_json: bool) -> int:
    """Lead FILE (assay.yaml, a policy, its tests, waivers, trust.yaml) to the format of today.

    Shows a unified diff and keeps comments. Writes nothing without --write, and nothing that could not be
    read afterwards.

    \b
    Example:  assay migrate assay.yaml --write
    """
    from harness.commands.migrations import migrate
    from harness.files import write_whole

    found = migrate(file.read_bytes(), file.name)
    is_written = is_written and bool(found.steps)
    if is_written:
        write_whole(file, found.new.encode())
    if as_json:
        emit(
            {
                "schema_version": "modelassay/migrate/v1",
                "file": found.name,
                "kind": found.kind,
                "from": found.before,
                "to": found.after,
                "steps": list(found.steps),
                "diff": found.diff,
                "written": is_written,
            }
        )
        return EXIT_PASS
    if not found.steps:
        say(
            f"{found.name} is a {found.kind} of {found.after}, as this version writes it. Nothing to do."
        )
        return EXIT_PASS
    click.echo(found.diff, nl=False)
    for step in found.steps:
        say(f"* {step}")
    say(_ending(found.kind, is_written=is_written))
    return EXIT_PASS


def _ending(kind: str, *, is_written: bool) -> str:
    if not is_written:
        return "Nothing was written. Write it with --write."
    if kind == "PolicyPack":
        return "Written. Its digest is another one: packs that extend it and locks still name the old one."
    return "Written."
