"""``assay log checkpoint``, ``verify`` and ``show``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from harness.cli.shared import emit, json_option, say
from harness.errors import EXIT_INTEGRITY, EXIT_PASS

store_option: Callable[[Any], Any] = click.option(
    "--store", metavar="URL", help="Address of the event log. Default: ASSAY_STORE."
)
key_option: Callable[[Any], Any] = click.option(
    "--key",
    required=True,
    metavar="FILE",
    help="Private key to sign with: a file, or env:NAME for a variable that holds it.",
)
trust_option: Callable[[Any], Any] = click.option(
    "--trust",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Whose signatures count; without it they are not checked.",
)


@click.group(short_help="the event log: show it, sign how far it has come, verify it")
def command() -> None:
    """Who did what to which evidence, and that nothing of it was cut off or rewritten."""


@command.command("checkpoint")
@store_option
@key_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write. Default: checkpoint-<size>.dsse.json here.",
)
@json_option
def checkpoint(store: str | None, key: str, out: Path | None, as_json: bool) -> int:
    """Verify the log, and sign how many events it holds and the digest of the last.

    Keep the file where whoever can write the log cannot reach it: with another person, in a release, as
    a comment. Only against such a file can a missing end be found.

    \b
    Example:  assay log checkpoint --store events.db --key ci.key
    """
    from harness.clock import iso, utc_now
    from harness.commands.log_proof import read_log, save_checkpoint
    from harness.signing import find_key

    place = out or Path(f"checkpoint-{len(read_log(store))}.dsse.json")
    made = save_checkpoint(store, find_key(key), utc_now(), place)
    if as_json:
        emit({"file": str(place), "size": made.size, "root": made.root, "time": iso(made.time)})
    else:
        click.echo(f"{place}  {made.size:,} events, root {made.root}")
        say("Keep it where whoever can write the log cannot reach it.")
    return EXIT_PASS


@command.command("verify")
@store_option
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="A checkpoint that was kept elsewhere; may be repeated.",
)
@trust_option
@json_option
def verify(
    store: str | None, checkpoints: tuple[Path, ...], trust: Path | None, as_json: bool
) -> int:
    """Check every digest of the log, its times, and that it continues each checkpoint. Exit 0, or 5.

    \b
    Example:  assay log verify --store events.db --checkpoint checkpoint-40.dsse.json --trust trust.yaml
    """
    from harness.clock import utc_now
    from harness.commands.log_proof import prove_log
    from harness.signing import read_trust

    report = prove_log(store, checkpoints, read_trust(trust) if trust else None, utc_now())
    if as_json:
        emit(
            {
                "schema_version": "modelassay/log-verification/v1",
                "is_intact": not report.problems,
                **asdict(report),
            }
        )
    else:
        for problem in report.problems:
            click.echo(f"integrity  {problem}")
        for note in report.notes:
            click.echo(f"note       {note}")
        state = "does not verify" if report.problems else "verifies"
        click.echo(f"The log {state}: {report.n_events:,} events, head {report.head}.")
    return EXIT_INTEGRITY if report.problems else EXIT_PASS


@command.command("show")
@store_option
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True)
@json_option
def show(store: str | None, last: int, as_json: bool) -> int:
    """Print the last events, the newest at the end.

    \b
    Example:  assay log show --store events.db --last 5
    """
    from harness.commands.log_proof import read_log

    events = read_log(store)[-last:]
    if as_json:
        emit({"schema_version": "modelassay/log/v1", "events": [asdict(one) for one in events]})
    else:
        for one in events:
            words = " ".join(f"{name}={value}" for name, value in sorted(one.body.items()))
            line = f"{one.seq:>6}  {one.time}  {one.actor}  {one.kind}  {one.subject[:12]}  {words}"
            # whoever could write an event must not move the cursor of who reads it
            click.echo("".join(c if c.isprintable() else repr(c)[1:-1] for c in line))
    return EXIT_PASS
