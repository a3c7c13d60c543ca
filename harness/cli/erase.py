"""``assay erase``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.log import key_option, trust_option
from harness.cli.shared import emit, json_option, runs_option, say
from harness.errors import EXIT_PASS


@click.command(short_help="an example, or all row text, out of a sealed run; leaves a tombstone")
@click.argument("run")
@click.option("--example", metavar="ID", help="Id of the example.")
@click.option("--all", "is_all", is_flag=True, help="The whole personal part.")
@click.option(
    "--reason", default="asked for", show_default=True, help="Why. Signed, kept for ever."
)
@key_option
@click.option("--role", required=True, help="In which role you sign.")
@trust_option
@click.option("--store", metavar="URL", help="Event log that notes it. Default: ASSAY_STORE.")
@runs_option
@json_option
def command(
    run: str,
    example: str | None,
    is_all: bool,
    reason: str,
    key: str,
    role: str,
    trust: Path | None,
    store: str | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Erase row text and group values from RUN and leave a signed tombstone.

    The run still verifies, and verify says what was erased. Id, label and scores of the example stay in
    predictions.parquet: the numbers of the run rest on them. Copies of the run elsewhere are not reached.

    \b
    Example:  assay erase latest --example 4711 --reason "request of 2026-11-20" --key dpo --role legal
    """
    from harness.clock import iso, utc_now
    from harness.commands.erasing import erase_from
    from harness.errors import Phrase, UsageError, must
    from harness.evidence import Wish
    from harness.signing import find_key, read_trust

    if (example is None) != is_all:
        got = Phrase("both" if is_all else "neither")
        raise UsageError(must("What is erased", "be one of --example ID and --all", got))
    wish = Wish(example, reason, role, find_key(key), utc_now())
    trusted = read_trust(trust) if trust else None
    done = erase_from(run, runs, wish, trust=trusted, store=store)
    one = done.tombstone
    if as_json:
        emit(
            {
                "schema_version": "modelassay/erasure/v1",
                "run": one.run,
                "tombstone": one.id,
                "is_new": done.is_new,
                "n_rows": one.n_rows,
                "files": sorted(one.files),
                "erased_at": iso(one.erased_at),
                "keys_destroyed": list(done.keys),
            }
        )
        return EXIT_PASS
    what = "The personal part" if one.new is None else f"{one.n_rows} row(s)"
    when = "now" if done.is_new else f"before, on {iso(one.erased_at)}"
    click.echo(
        f"{what} of {one.run} erased {when}: {', '.join(sorted(one.files))}; tombstone {one.id}"
    )
    for name in done.keys:
        click.echo(f"key destroyed: {name}")
    say(
        "Id, label and scores stay in predictions.parquet. Copies elsewhere are not reached; from a store the "
        "rows go when the run is submitted again: assay submit RUN"
    )
    return EXIT_PASS
