"""``assay retention plan``, ``apply``, ``hold`` and ``release-hold``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from harness.cli.log import key_option, trust_option
from harness.cli.shared import emit, json_option, runs_option, say
from harness.errors import EXIT_PASS

_role: Callable[[Any], Any] = click.option("--role", required=True, help="In which role you sign.")
_reason: Callable[[Any], Any] = click.option(
    "--reason", required=True, help="Why. It is signed and kept."
)
_store: Callable[[Any], Any] = click.option(
    "--store", metavar="URL", help="Event log that notes it. Default: ASSAY_STORE."
)
_now: Callable[[Any], Any] = click.option(
    "--now", "moment", metavar="DATE", help="Look at this moment instead of now."
)


@click.group(short_help="what may be erased when, legal holds, erasing what has had its time")
def command() -> None:
    """Keep evidence as long as it must be kept, and row text no longer."""


@command.command("plan")
@_now
@trust_option
@runs_option
@json_option
def plan(moment: str | None, trust: Path | None, runs: Path, as_json: bool) -> int:
    """Say of each run until when its parts must be kept, what may go, and what is on hold.

    \b
    Example:  assay retention plan --now 2027-06-01
    """
    from harness.clock import parse_moment, utc_now
    from harness.commands.retention import plan_retention
    from harness.signing import read_trust

    now = parse_moment(moment, "--now") if moment else utc_now()
    found = plan_retention(runs, now, read_trust(trust) if trust else None)
    if as_json:
        rows = [asdict(one) | {"may_go": one.may_go} for one in found]
        emit({"schema_version": "modelassay/retention/v1", "parts": rows})
        return EXIT_PASS
    for one in found:
        if one.problem is not None:
            state = f"cannot be read: {one.problem}"
        elif one.holds:
            state = f"on hold ({', '.join(one.holds)})"
        else:
            state = "may go" if one.is_due else "kept"
        until = one.until[:10] or "-"
        click.echo(f"{one.run}  {one.part:<8}  {one.retention:<7}  until {until}  {state}")
    n = sum(one.may_go and one.part == "personal" for one in found)
    click.echo(f"{n} personal part(s) may be erased now. Records are never removed by a command.")
    return EXIT_PASS


@command.command("apply")
@key_option
@_role
@click.option("--yes", is_flag=True, help="Do it; without it only what would be done is said.")
@_now
@trust_option
@_store
@runs_option
@json_option
def apply(
    key: str,
    role: str,
    yes: bool,
    moment: str | None,
    trust: Path | None,
    store: str | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Erase the personal parts whose time is over, never one on hold. Each leaves a signed tombstone.

    \b
    Example:  assay retention apply --key dpo --role legal --yes
    """
    from harness.clock import parse_moment, utc_now
    from harness.commands.retention import apply_retention, plan_retention
    from harness.signing import find_key, read_trust

    # a moment that is yet to come must not make anything old
    now = utc_now()
    due_at = min(parse_moment(moment, "--now"), now) if moment else now
    trusted, signer = (read_trust(trust) if trust else None), find_key(key)
    if not yes:
        due = [one for one in plan_retention(runs, due_at, trusted) if one.may_go]
        names = [one.run for one in due if one.part == "personal"]
        if as_json:
            emit({"schema_version": "modelassay/retention-applied/v1", "would_erase": names})
        else:
            for name in names:
                click.echo(f"would erase the personal part of {name}")
            say("Nothing was erased. Add --yes to do it.")
        return EXIT_PASS
    done = apply_retention(
        runs, signer, role=role, due_at=due_at, now=now, trust=trusted, store=store
    )
    if as_json:
        rows = [{"run": one.tombstone.run, "tombstone": one.tombstone.id} for one in done]
        emit({"schema_version": "modelassay/retention-applied/v1", "erased": rows})
    else:
        for one in done:
            click.echo(f"erased the personal part of {one.tombstone.run}: {one.tombstone.id}")
        click.echo(f"{len(done)} personal part(s) erased.")
    return EXIT_PASS


@command.command("hold")
@click.argument("run")
@_reason
@key_option
@_role
@_store
@runs_option
@json_option
def hold(
    run: str, reason: str, key: str, role: str, store: str | None, runs: Path, as_json: bool
) -> int:
    """Let nothing of RUN be erased until somebody of the same role ends the hold.

    \b
    Example:  assay retention hold latest --reason "case 9" --key counsel --role legal
    """
    from harness.clock import utc_now
    from harness.commands.retention import hold_run
    from harness.signing import find_key

    id = hold_run(run, runs, find_key(key), reason=reason, role=role, now=utc_now(), store=store)
    if as_json:
        emit({"schema_version": "modelassay/hold/v1", "hold": id})
    else:
        click.echo(f"on hold: {id}")
    return EXIT_PASS


@command.command("release-hold")
@click.argument("run")
@_reason
@key_option
@_role
@trust_option
@_store
@runs_option
@json_option
def release_hold(
    run: str,
    reason: str,
    key: str,
    role: str,
    trust: Path | None,
    store: str | None,
    runs: Path,
    as_json: bool,
) -> int:
    """End the holds that your role put on RUN.

    \b
    Example:  assay retention release-hold latest --reason "settled" --key counsel --role legal
    """
    from harness.clock import utc_now
    from harness.commands.retention import end_hold
    from harness.signing import find_key, read_trust

    trusted = read_trust(trust) if trust else None
    ids = end_hold(
        run,
        runs,
        find_key(key),
        reason=reason,
        role=role,
        now=utc_now(),
        trust=trusted,
        store=store,
    )
    if as_json:
        emit({"schema_version": "modelassay/hold/v1", "ended": ids})
    else:
        click.echo(f"ended: {', '.join(ids)}")
    return EXIT_PASS
