"""``assay verify``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.log import trust_option
from harness.cli.shared import emit, json_option, run_argument, runs_option
from harness.errors import EXIT_INTEGRITY, EXIT_PASS


@click.command(short_help="recompute every digest of a run")
@run_argument
@click.option(
    "--recompute",
    is_flag=True,
    help="Also derive every estimate and verdict again from the evidence.",
)
@trust_option
@runs_option
@json_option
def command(run: str, recompute: bool, trust: Path | None, runs: Path, as_json: bool) -> int:
    """Check that RUN and its gates are what they say they are. Exit 0, or 5.

    \b
    Example:  assay verify latest --recompute
    """
    from harness.commands.proving import prove
    from harness.signing import read_trust

    trusted = read_trust(trust) if trust else None
    report = prove(run, runs, is_recomputed=recompute, trust=trusted)
    if as_json:
        emit(
            {
                "schema_version": "modelassay/verification/v1",
                "run": report.run_id,
                "digest": report.digest,
                "is_intact": report.is_intact,
                "problems": list(report.problems),
                "notes": list(report.notes),
                "n_files": report.n_files,
                "n_bytes": report.n_bytes,
                "gates": list(report.gates),
                "erased": list(report.erased),
            }
        )
    else:
        for problem in report.problems:
            click.echo(f"integrity  {problem}")
        for note in report.notes:
            click.echo(f"note       {note}")
        click.echo(f"digest     run {report.digest}")
        state = "does not verify" if report.problems else "verifies"
        click.echo(
            f"{report.path.name} {state}: {report.n_files} files, {report.n_bytes:,} bytes, "
            f"{len(report.gates)} gate(s)."
        )
    return EXIT_INTEGRITY if report.problems else EXIT_PASS
