"""``assay init``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option


@click.command(
    short_help="look at a table, propose columns, write a commented assay.yaml and policy"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to write to.",
)
@click.option("--text", help="Column that holds the text.")
@click.option("--label", help="Column that holds the label.")
@click.option("--force", is_flag=True, help="Replace files that say something else.")
@json_option
def command(
    file: Path, out: Path, text: str | None, label: str | None, force: bool, as_json: bool
) -> None:
    """Look at FILE, propose what its columns are, and write assay.yaml, my.policy.yaml and its tests.

    FILE is CSV, TSV, JSON Lines or Parquet. Nothing is trained yet.

    \b
    Example:  assay init messages.csv && assay run && assay report latest --out report.html
    """
    from harness.commands.init.write import init

    written = init(file, out=out, text=text, label=label, is_forced=force)
    found = written.proposal
    if as_json:
        emit(
            {
                "schema_version": "modelassay/init/v1",
                "files": [str(path) for path in written.files],
                "text": found.text,
                "label": found.label or None,
                "completion": found.completion,
                "classes": list(found.classes),
                "groups": list(found.groups),
                "id": found.id,
                "cluster": found.cluster,
                "scores": list(found.scores),
                "decision": found.decision,
                "doubts": list(found.doubts),
            }
        )
        return
    classes = ", ".join(found.classes[:8]) + (
        f" and {len(found.classes) - 8} more" if len(found.classes) > 8 else ""
    )
    click.echo(f"{file.name}: {written.table.n_rows:,} rows looked at, {written.table.encoding}")
    for name, value in (
        ("text", found.text or "none: what reads texts is not measured"),
        *((("follows", found.completion),) if found.completion else ()),
        (
            "label",
            "none: nothing is decided"
            if found.is_written
            else f"{found.label} ({len(found.classes)} classes: {classes})",
        ),
        ("groups", ", ".join(found.groups) or "none: no group will be looked at"),
        ("id", found.id or "none: rows are named by their content"),
        ("cluster", found.cluster or "none: rows count as independent"),
        (
            "predictions",
            ", ".join(found.scores) or found.decision or "none: a model will be trained",
        ),
        ("not used", ", ".join(found.others) or "nothing"),
    ):
        click.echo(f"  {name:<12} {value}")
    for doubt in found.doubts:
        click.echo(f"  check        {doubt}")
    click.echo("wrote " + ", ".join(str(path) for path in written.files))
    config, policy = written.files[:2]
    where = "" if config == Path("assay.yaml") else f" {config}"
    click.echo(
        f"next  read {config}, then: assay run{where}, assay report latest --out report.html\n"
        f"      after you change a limit: assay policy test {policy}"
    )
