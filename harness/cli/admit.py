"""``assay admit``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import emit, json_option, say

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command(short_help="before deployment: is exactly this model released?")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--evidence", type=_FOLDER, help="A run with its release, or a folder of runs.")
@click.option("--store", metavar="URL", help="Look into this store. Default: ASSAY_STORE.")
@click.option(
    "--trust",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose signatures count. It comes with the deployment, never from the store.",
)
@click.option(
    "--base", type=_FOLDER, help="Where MODEL is an adapter: the model that it is put on."
)
@click.option("--require-approval", is_flag=True, help="An approval in the review must stand, too.")
@click.option(
    "--max-age-days",
    type=click.IntRange(1, 3650),
    metavar="N",
    help="With --require-approval: an approval of N days or more no longer counts.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="A checkpoint of the store's log that was kept elsewhere: the log must go on from it.",
)
@click.option("--now", help="Ask as of this moment (ISO 8601) instead of the clock.")
@json_option
def command(
    model: Path,
    evidence: Path | None,
    store: str | None,
    trust: Path,
    base: Path | None,
    require_approval: bool,
    max_age_days: int | None,
    checkpoints: tuple[Path, ...],
    now: str | None,
    as_json: bool,
) -> int:
    """Exit 0 only if MODEL, to the byte, stands released, signed by whom the trust file asks for.

    Everything else is no: 5 when something was changed, is signed by an untrusted key or is about another
    model; 3 when no release is found, it has expired or was withdrawn, the store cannot be reached, or the
    clock is before the release; 1 when the newest verdict on the model is blocked.

    Of what was withdrawn only the store knows for sure: a folder says no more than what lies in it. Each
    release leaves a signed checkpoint of the log in the store; a log that is shorter is exit 5, and so is
    one that does not go on from each --checkpoint.

    With --require-approval: 1 when the review rejected it, 3 when no approval stands.

    \b
    Example:  assay admit models/screen --store /srv/assay --trust trust.yaml
              assay admit models/screen --store /srv/assay --trust trust.yaml --require-approval --max-age-days 90
    """
    from dataclasses import asdict

    from harness.clock import parse_moment, utc_now
    from harness.commands.releases.admitting import admit
    from harness.errors import UsageError
    from harness.signing import read_trust
    from harness.wording.text import one_line

    if max_age_days is not None and not require_approval:
        raise UsageError("--max-age-days must stand beside --require-approval, got it alone.")
    if evidence is not None and store is not None:
        raise UsageError("Either --evidence or --store must be given, got both.")
    if evidence is not None and checkpoints:
        raise UsageError("--checkpoint is about the log of a store, got it beside --evidence.")
    found = admit(
        model,
        base=base,
        evidence=evidence,
        store=store,
        trust=read_trust(trust),
        now=parse_moment(now, "--now") if now else utc_now(),
        needs_approval=require_approval,
        max_age_days=max_age_days,
        checkpoints=checkpoints,
    )
    if as_json:
        head = {"schema_version": "modelassay/admission/v1", "admitted": found.exit_code == 0}
        emit({**head, **asdict(found)})
        return found.exit_code
    if found.exit_code:
        for line in found.because:
            say(line)
        click.echo("not admitted")
    else:
        until = f" until {found.valid_until}" if found.valid_until else ""
        click.echo(f"admitted{until}: {found.because[0]}")
        say(f"{found.verdict}; signed by {', '.join(found.signed_by)}.")
        if found.approved:
            end = f", until {found.approved_until}" if found.approved_until else ""
            say(f"approved, {one_line(', '.join(found.approved))}{end}.")
        for condition in found.conditions:
            say(f"condition: {one_line(condition)}")
        if found.identity.uncovered:
            names = ", ".join(found.identity.uncovered)
            say(f"{names}: no digest covers this. Load safetensors only, or remove it.")
    if now:
        say(f"Asked as of {found.now}, not by the clock of this machine.")
    return found.exit_code
