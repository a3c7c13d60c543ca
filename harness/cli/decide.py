"""``assay decide``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.shared import emit, json_option, run_argument, runs_option, say
from harness.errors import EXIT_PASS, Phrase, UsageError, must

if TYPE_CHECKING:
    from harness.commands.deciding import Outcome

_KINDS = ("approve", "reject", "request-changes", "start", "withdraw")


@click.command(short_help="approve or reject a run in review, or ask for changes")
@run_argument
@click.option("--approve", is_flag=True, help="It may be released.")
@click.option("--reject", is_flag=True, help="It may not.")
@click.option("--request-changes", is_flag=True, help="Not like this.")
@click.option("--start", is_flag=True, help="Say that the review has begun.")
@click.option("--withdraw", is_flag=True, help="Take one's own approval back.")
@click.option("--rationale", metavar="TEXT", help="Why, at least 20 characters; it is signed.")
@click.option("--condition", "conditions", multiple=True, metavar="TEXT", help="Approve only so.")
@click.option("--expires", metavar="DATE", help="Last day of the approval, UTC.")
@click.option(
    "--accept", "accepted", multiple=True, metavar="RULE", help="Take this waiver or warning."
)
@click.option("--key", metavar="KEY", help="A file, a name in the key folder, or env:VARIABLE.")
@click.option("--store", metavar="URL", help="Where the review is. Default: ASSAY_STORE.")
@click.option(
    "--idempotency-key", metavar="WORD", help="Again with the same word: the same decision."
)
@runs_option
@json_option
def command(
    run: str,
    rationale: str | None,
    conditions: tuple[str, ...],
    expires: str | None,
    accepted: tuple[str, ...],
    key: str | None,
    store: str | None,
    idempotency_key: str | None,
    runs: Path,
    as_json: bool,
    **kinds: bool,
) -> int:
    """Decide about RUN (its newest gate, or RUN@GATE) in the store, signed with one's own key.

    The key must stand in trust.yaml of the store with the role approver, or reviewer for all but
    --approve and --withdraw. Every reason against is told at once. Nobody approves a verdict that is
    blocked (exit 1) or incomplete (3), or what he made, owns or submitted (2). Exit 5 when the log of the
    store or the run is not what it was: then nothing is recorded.

    \b
    Example:  assay decide latest --approve --rationale "Tested on our own mails" --key anna
              assay decide latest --approve --condition "English only" --expires 2027-06-30 ...
    """
    from harness.commands.deciding import Asked, decide_here
    from harness.depot.decisions import Wish
    from harness.signing import find_key

    chosen = [one for one in _KINDS if kinds[one.replace("-", "_")]]
    if len(chosen) != 1:
        shown = ", ".join(f"--{one}" for one in _KINDS)
        got = " and ".join(f"--{one}" for one in chosen) or "none"
        raise UsageError(must("A decision", f"be one of {shown}", Phrase(got)))
    kind = chosen[0]
    wish = Wish(kind, rationale or "", conditions, expires, accepted)  # type: ignore[arg-type]
    signer = find_key(key) if key else None
    done = decide_here(Asked(run, runs, store, wish, signer, idempotency_key))
    if as_json:
        emit(_data(done))
        return EXIT_PASS
    click.echo(f"{done.run}@{done.gate}  {done.stands.state.replace('_', ' ')}")
    if done.decided.words is not None:
        say(f"{kind}, {done.decided.words.text}: {done.decided.file}")
    n = done.stands.n_needed - len(done.stands.approvals)
    if kind == "approve" and n > 0:
        say(f"{n} more must approve; {done.stands.n_needed} are needed.")
    if not done.decided.is_new:
        say("It was recorded already; nothing was changed.")
    if done.stands.is_single_person:
        say("trust.yaml of the store says single_person: one person may do everything.")
    return EXIT_PASS


def _data(done: Outcome) -> dict[str, object]:
    stands = done.stands
    return {
        "schema_version": "modelassay/decided/v1",
        "run": done.run,
        "gate": done.gate,
        "verdict": done.verdict,
        "kind": done.decided.kind,
        "file": done.decided.file,
        "event": done.decided.event.digest,
        "is_new": done.decided.is_new,
        "state": stands.state,
        "n_approvals": len(stands.approvals),
        "n_needed": stands.n_needed,
        "conditions": list(stands.conditions),
        "expires": stands.expires,
        "is_single_person": stands.is_single_person,
    }
