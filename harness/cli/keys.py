"""``assay keys``: new, list, revoke."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from harness.cli.shared import emit, json_option, say
from harness.errors import EXIT_PASS

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(short_help="make, list and revoke keys that sign")
def command() -> None:
    """Ed25519 keys that sign verdicts, documents and waivers.

    A private key lies in the key folder of its owner and nowhere else. The public half stands in
    trust.yaml, which says whose key it is and in which roles it counts.
    """


@command.command("new")
@click.argument("name")
@click.option("--user", metavar="user:x", help="Whose key it is. Default: user:NAME.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="A role in which it counts.")
@click.option("--trust", type=_FILE, help="Append the key here; the file is made when missing.")
@json_option
def new(
    name: str, user: str | None, roles: tuple[str, ...], trust: Path | None, as_json: bool
) -> int:
    """Draw a key and keep its private half in the key folder as NAME.pem.

    The folder is $MODELASSAY_KEYS, else ~/.config/modelassay/keys. A key that is there is never
    overwritten.

    \b
    Example:  assay keys new ci --user service:ci --role ci --trust trust.yaml
    """
    from harness.commands.keys import make_key

    made = make_key(name, user=user, roles=roles, trust=trust)
    if as_json:
        emit(
            {
                "schema_version": "modelassay/key/v1",
                "keyid": made.key.keyid,
                "path": str(made.path),
                "trust": str(trust) if trust else None,
                "block": made.block,
            }
        )
        return EXIT_PASS
    click.echo(made.key.keyid)
    say(f"The private key lies in {made.path} (mode 0600). Nobody else needs it.")
    say(f"Entered into {trust}:" if trust else "For keys: of trust.yaml:")
    click.echo(made.block, nl=False)
    return EXIT_PASS


@command.command("list")
@click.option(
    "--trust", type=_FILE, help="Also list the keys of this file, and what they count for."
)
@json_option
def list_(trust: Path | None, as_json: bool) -> int:
    """List the private keys of the key folder, and the keys that a trust file names.

    \b
    Example:  assay keys list --trust trust.yaml
    """
    from harness.clock import utc_now
    from harness.commands.keys import list_keys, unreachable_thresholds
    from harness.secrecy import key_folder
    from harness.signing import read_trust

    now = utc_now()
    found = list_keys(trust, now)
    unmet = unreachable_thresholds(read_trust(trust), now) if trust is not None else []
    if as_json:
        emit(
            {
                "schema_version": "modelassay/keys/v1",
                "keys": [asdict(one) for one in found],
                "problems": unmet,
            }
        )
        return EXIT_PASS
    if not found:
        say(f"No key in {key_folder()}. Make one with: assay keys new NAME")
    for sentence in unmet:
        say(sentence)
    for one in found:
        who = f"{one.user} ({', '.join(one.roles)})" if one.user else "-"
        click.echo(
            f"{one.keyid[:16] or '-':<16}  {one.state:<20}  {who}  {', '.join(one.names)}".rstrip()
        )
    return EXIT_PASS


@command.command("revoke")
@click.argument("key")
@click.option("--trust", type=_FILE, required=True, help="The file in which it is revoked.")
@click.option(
    "--reason",
    type=click.Choice(["compromised", "superseded"]),
    required=True,
    help="compromised: nothing that it signed counts; superseded: what it signed before counts.",
)
@click.option("--at", metavar="DATE", help="From this day on, UTC. Default: today.")
@json_option
def revoke(
    key: str,
    trust: Path,
    reason: Literal["compromised", "superseded"],
    at: str | None,
    as_json: bool,
) -> int:
    """Revoke KEY (a key id, its first 8 digits, or a name in the key folder) in a trust file.

    The file is edited as text: comments and order stay.

    \b
    Example:  assay keys revoke ci --trust trust.yaml --reason superseded
    """
    from harness.clock import iso, utc_now
    from harness.commands.keys import revoke_key

    done = revoke_key(key, trust, reason=reason, at=at or f"{utc_now():%Y-%m-%d}")
    day = iso(done.revoked_at)[:10] if done.revoked_at else ""
    if as_json:
        emit(
            {
                "schema_version": "modelassay/revocation/v1",
                "keyid": done.keyid,
                "user": done.user,
                "reason": done.revoked_for,
                "at": day,
            }
        )
    else:
        what = "Nothing" if reason == "compromised" else f"Nothing signed from {day} on"
        click.echo(f"{done.keyid} of {done.user} is revoked as {reason}. {what} by it counts.")
    return EXIT_PASS
