"""``assay release``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.shared import emit, json_option, run_argument, runs_option, say
from harness.errors import EXIT_INCOMPLETE, EXIT_PASS

if TYPE_CHECKING:
    from harness.commands.releases.desk import Wanted


@click.command(short_help="let a run stand as what later runs are compared with")
@run_argument
@click.option("--store", metavar="URL", help="Where the release is recorded. Default: ASSAY_STORE.")
@click.option(
    "--key", required=True, metavar="KEY", help="A file, a name in the key folder, or env:VARIABLE."
)
@click.option("--role", required=True, metavar="ROLE", help="In which role, e.g. release.")
@click.option(
    "--trust",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose signatures count. Default: trust.yaml of the store.",
)
@click.option("--accept-warnings", is_flag=True, help="Take a pass with warnings.")
@click.option("--withdraw", is_flag=True, help="Take the release back; --reason says why.")
@click.option("--reason", metavar="TEXT", help="Why it is withdrawn.")
@click.option("--again", is_flag=True, help="Release what was withdrawn all the same.")
@click.option("--now", help="Release as of this moment (ISO 8601) instead of the clock.")
@runs_option
@json_option
def command(
    run: str,
    store: str | None,
    key: str,
    role: str,
    trust: Path | None,
    accept_warnings: bool,
    withdraw: bool,
    reason: str | None,
    again: bool,
    now: str | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Sign that RUN (its newest gate, or RUN@GATE) is released, here and in the store.

    Refused are blocked verdicts and runs that were withdrawn (exit 1; --again releases those all the
    same), incomplete, exploratory and expired verdicts and those of draft policies (3), warnings that
    nobody took (4), and keys that the trust file does not let sign (5). Until everybody has signed
    whom the trust file asks for, the release does not stand: exit 3.

    \b
    Example:  assay release latest --key anna --role release --store /srv/assay
              assay release latest --withdraw --reason "wrong labels" --key anna --role release
    """
    from harness.clock import parse_moment, utc_now
    from harness.commands.releases.desk import Wanted
    from harness.signing import find_key

    moment = parse_moment(now, "--now") if now else utc_now()
    wanted = Wanted(run, runs, store, find_key(key), role, trust, moment)
    if withdraw:
        return _withdraw(wanted, reason or "", as_json=as_json)
    return _release(wanted, accept_warnings=accept_warnings, is_again=again, as_json=as_json)


def _release(wanted: Wanted, *, accept_warnings: bool, is_again: bool, as_json: bool) -> int:
    from dataclasses import asdict

    from harness.commands.releases.releasing import release

    done = release(wanted, has_accepted_warnings=accept_warnings, is_again=is_again)
    code = EXIT_PASS if done.missing is None else EXIT_INCOMPLETE
    if as_json:
        stands = done.missing is None
        emit({"schema_version": "modelassay/release/v1", "stands": stands, **asdict(done)})
        return code
    until = f", until {done.valid_until}" if done.valid_until else ""
    state = "released" if done.missing is None else "signed, not released"
    click.echo(f"{done.run}@{done.gate}  {state}: {done.model}, {done.verdict}{until}")
    say(f"Signed by {', '.join(done.signed_by) or 'nobody who counts'}, by {done.trust}.")
    if done.checkpoint is not None:
        say(f"{done.checkpoint} of the store says how long its log is: keep a copy elsewhere.")
    if done.is_single_person:
        say(f"{done.trust} says single_person: one person may do everything.")
    if done.missing is not None:
        say(done.missing)
    elif not done.is_new:
        say("It stood released already; nothing was changed.")
    return code


def _withdraw(wanted: Wanted, reason: str, *, as_json: bool) -> int:
    from dataclasses import asdict

    from harness.commands.releases.withdrawing import withdraw

    done = withdraw(wanted, reason)
    if as_json:
        emit({"schema_version": "modelassay/withdrawal/v1", **asdict(done)})
    else:
        click.echo(f"{done.run}@{done.gate}  withdrawn: {done.model}")
        if not done.is_new:
            say("It was withdrawn before; nothing was changed.")
        for one in done.still_released:
            say(
                f"{one} still stands released, and the model is admitted by it. If it is not to be: "
                f"assay release {one} --withdraw --reason TEXT --key KEY --role ROLE"
            )
    return EXIT_PASS
