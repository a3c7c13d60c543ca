"""``assay data screen`` and ``assay data scrub``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.shared import emit, json_option, runs_option, say

if TYPE_CHECKING:
    from harness.commands.cleaning import Screening

_text_option = click.option(
    "--text",
    "columns",
    multiple=True,
    metavar="COLUMN",
    help="Read this column; may be repeated. Default: all.",
)
_detector_option = click.option(
    "--detector",
    default="patterns",
    show_default=True,
    metavar="NAME",
    help="Also lists, presidio, tokens:MODEL, spacy:PIPELINE, gliner:MODEL, a plug-in, or several joined by +.",
)
_encoding_option = click.option(
    "--encoding", metavar="NAME", help="Of a text format, where it is not seen."
)


@click.group(short_help="training data before it is learnt: what it holds, and a clean copy")
def command() -> None:
    """Look at training data, and clean it, before a model learns it."""


@command.command("screen")
@click.argument(
    "path", metavar="FILE|CONFIG", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@_text_option
@_detector_option
@_encoding_option
@json_option
def screen(
    path: Path, columns: tuple[str, ...], detector: str, encoding: str | None, as_json: bool
) -> None:
    """Count personal values, secrets and repeats in a table, or in the data sets of an assay.yaml.

    Nothing that is found is shown: kinds and counts, with what the detector found of values that are
    known. A bare number is read with the name of its column.

    \b
    Example:  assay data screen train.csv
    Example:  assay data screen assay.yaml --detector patterns+lists
    """
    from harness.commands.cleaning import screen_path

    found = screen_path(path, columns=columns, detector=detector, encoding=encoding)
    if as_json:
        emit(
            {
                "schema_version": "modelassay/screen/v1",
                "tables": [one.as_data() for one in found],
            }
        )
        return
    for one in found:
        _show(one)


@command.command("scrub")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The copy; must not exist.",
)
@_text_option
@_detector_option
@click.option(
    "--method",
    type=click.Choice(["replace", "mask"]),
    default="replace",
    show_default=True,
    help="By made-up values of the kind, or by its name and a number.",
)
@click.option(
    "--drop-repeats",
    "repeats",
    type=click.Choice(["none", "exact", "near"]),
    default="none",
    show_default=True,
    help="Rows to leave out.",
)
@_encoding_option
@click.option("--seed", type=int, default=0, help="Of made-up values.")
@json_option
def scrub(
    file: Path,
    out: Path,
    columns: tuple[str, ...],
    detector: str,
    method: str,
    repeats: str,
    encoding: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Write a copy of FILE without the personal values and secrets that are found, and a report.

    The same value is replaced by the same other one throughout, so that rows keep belonging together.
    The report OUT.report.json holds counts, no value. Nothing is overwritten.

    \b
    Example:  assay data scrub train.csv -o train.clean.csv --drop-repeats near
    """
    from harness.commands.cleaning import scrub_file

    done = scrub_file(
        file,
        out,
        columns=columns,
        detector=detector,
        method=method,
        repeats=repeats,
        encoding=encoding,
        seed=seed,
    )
    if as_json:
        emit(done.data)
        return
    _show_scrub(done.data)
    say(f"{done.out} and {done.report.name} are written.")


@command.command("vault")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--reason", required=True, help="Why it is opened; noted beside it with time and user."
)
def vault(file: Path, reason: str) -> None:
    """Decrypt the evidence that a run kept in a vault, and print it as JSON.

    \b
    Example:  assay data vault vaults/1f2e3d4c5b6a7988.vault --reason "incident 12" > evidence.json
    """
    from harness.clock import utc_now
    from harness.vault import open_vault

    emit(open_vault(file, reason=reason, now=utc_now()))


@command.command("forget")
@click.argument("run", metavar="RUN")
@runs_option
@json_option
def forget(run: str, runs: Path, as_json: bool) -> None:
    """Destroy the keys of RUN: its keyed digests and its vault tell nobody anything any more.

    The bundle stays as it was sealed. This cannot be undone.

    \b
    Example:  assay data forget latest
    """
    from harness.commands.cleaning import forget_run

    destroyed = forget_run(run, runs)
    if as_json:
        emit({"schema_version": "modelassay/forget/v1", "destroyed": destroyed})
    elif destroyed:
        click.echo("\n".join(f"{key} is destroyed" for key in destroyed))
    else:
        click.echo("This run has no key.")


def _show(one: Screening) -> None:
    data = one.as_data()
    click.echo(
        f"{data['name']}: {data['n_rows']:,} rows; {data['n_personal_rows']:,} hold a personal value or a "
        f"secret, {data['n_secret_rows']:,} a password, token or key"
    )
    if data["kinds"]:
        click.echo(
            f"  {'kind':<12} {'values':>8} {'different':>9} {'in several rows':>15} {'rows':>8}  "
            f"{'rows per 1,000 (90 %)':<22} known values found"
        )
    for kind in data["kinds"]:
        low, high = kind["rows_per_1000_low"], kind["rows_per_1000_high"]
        between = f"{kind['rows_per_1000']:.1f} ({low:.1f} to {high:.1f})"
        click.echo(
            f"  {kind['kind']:<12} {kind['n_values']:>8,} {kind['n_different']:>9,} "
            f"{kind['n_repeated']:>15,} {kind['n_rows']:>8,}  {between:<22} {_known(kind)}"
        )
    compared = data["n_compared_rows"]
    of = "" if compared == data["n_rows"] else f" among {compared:,} that were compared"
    click.echo(
        f"  repeats: {data['n_repeated_rows']:,} rows stand earlier, {data['n_near_repeated_rows']:,} nearly"
        f"{of}; the most frequent text makes {data['most_copies']:,} rows"
    )
    click.echo(
        f"  looked for by {data['detector']}: {', '.join(data['kinds_looked_for'])}; other kinds may be there"
    )


def _show_scrub(data: dict[str, Any]) -> None:
    source, copy = data["source"], data["copy"]
    click.echo(
        f"{source['name']}: {source['n_rows']:,} rows; {copy['n_rows']:,} in {copy['name']}, "
        f"{data['dropped']['n_rows']:,} repeats left out, {data['n_changed_rows']:,} rows changed"
    )
    for kind in data["kinds"]:
        click.echo(
            f"  {kind['kind']:<12} {kind['n_different']:>8,} different, replaced {kind['n_replaced']:,} times; "
            f"known values found: {_known(kind)}"
        )
    if data["columns_not_read"]:
        click.echo(
            f"  columns that were not read stay as they are: {', '.join(data['columns_not_read'])}"
        )
    click.echo(
        "  what the detector misses is still there: names and addresses unless one looks for them"
    )


def _known(kind: dict[str, Any]) -> str:
    return f"{kind['n_known_found']} of {kind['n_known']}" if kind["n_known"] else "not measured"
