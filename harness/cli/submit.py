"""``assay submit``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option, run_argument, runs_option, say
from harness.errors import EXIT_PASS


@click.command(short_help="bring a run into the store and open its review")
@run_argument
@click.option("--store", metavar="URL", help="Folder or s3://bucket/prefix. Default: ASSAY_STORE.")
@click.option(
    "--with-personal", is_flag=True, help="Also bring row text and group values (personal/)."
)
@click.option(
    "--key", metavar="KEY", help="Of who submits, who does not approve it then; see assay decide."
)
@runs_option
@json_option
def command(
    run: str, store: str | None, with_personal: bool, key: str | None, runs: Path, as_json: bool
) -> int:
    """Verify RUN, copy it with its gates and statements into the store, and open its review.

    Doing it again changes nothing; new gates, statements and documents are added, and nothing is ever
    overwritten. Exit 3 when the store cannot be reached or was never made (assay store new makes one),
    5 when the run does not verify or another one is there under its id.

    Nobody is authenticated on the command line but by a key: with --key the log says who submitted it, and
    that person does not approve it.

    \b
    Example:  assay submit latest --store /srv/assay --key anna
    """
    from harness.commands.submitting import submit
    from harness.signing import find_key

    signer = find_key(key) if key else None
    done = submit(run, runs, store, with_personal=with_personal, key=signer)
    if as_json:
        emit(
            {
                "schema_version": "modelassay/submission/v1",
                "run": done.run,
                "digest": done.digest,
                "place": done.place,
                "is_new": done.copied.is_new,
                "new_gates": list(done.copied.gates),
                "n_added": done.copied.n_added,
                "gate": done.gate,
                "state": done.state,
                "has_approver": done.has_approver,
            }
        )
        return EXIT_PASS
    click.echo(f"{done.place}  {done.state}")
    if done.is_nothing_new:
        say("It was there already; nothing was changed.")
    if not done.has_approver:
        say(
            "The run names neither authors nor owner of the model, so nobody can approve it. Write "
            "system.authors into its config and run again."
        )
    if done.gate is None:
        say("It was never gated, so there is nothing to review yet. Judge it: assay gate RUN")
    return EXIT_PASS
