"""``assay sign``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.shared import emit, json_option, run_argument, runs_option, say
from harness.errors import EXIT_PASS, UsageError

if TYPE_CHECKING:
    from harness.commands.signing import Done, Signer

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="sign a verdict, a document or a waiver")
@run_argument
@click.option("--key", metavar="KEY", help="A file, a name in the key folder, or env:VARIABLE.")
@click.option(
    "--role", metavar="ROLE", help="In which role, e.g. ci, compliance, model-risk, legal."
)
@click.option("--trust", type=_FILE, help="Refuse a key or a role that this file does not give.")
@click.option("--evidence", type=_FILE, help="Sign for this document; it stays where it is.")
@click.option("--document", metavar="ID", help="What the policy calls it.")
@click.option("--expires", metavar="DATE", help="Last day on which the document counts, UTC.")
@click.option(
    "--sample-n", type=click.IntRange(min=1), metavar="N", help="Items that people judged."
)
@click.option(
    "--sample-accepted", type=click.IntRange(min=0), metavar="K", help="How many they accepted."
)
@click.option("--waiver", metavar="ID", help="Approve this waiver instead of signing a run.")
@click.option("--waivers", type=_FILE, help="The file that holds it; the approval is added to it.")
@click.option("--sigstore", is_flag=True, help="Sign without a key, by the identity of the CI job.")
@click.option(
    "--sigstore-config", type=_FILE, help="Of a private Sigstore; default: the public one."
)
@click.option(
    "--model-signing",
    is_flag=True,
    help="Sign the files of the model (OpenSSF); KEY is then a file on the curve P-256.",
)
@click.option(
    "--model", type=click.Path(path_type=Path, file_okay=False), help="Folder of the audited model."
)
@runs_option
@json_option
def command(
    run: str,
    key: str | None,
    role: str | None,
    trust: Path | None,
    evidence: Path | None,
    document: str | None,
    expires: str | None,
    sample_n: int | None,
    sample_accepted: int | None,
    waiver: str | None,
    waivers: Path | None,
    sigstore: bool,
    sigstore_config: Path | None,
    model_signing: bool,
    model: Path | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Sign the newest gate of RUN, or RUN@GATE, whatever its verdict: blocked is signed like pass.

    The run is verified first. Each signer adds a statement of his own; signing twice adds nothing.

    \b
    Example:  assay sign latest --key ci --role ci
              assay sign latest --key env:COMPLIANCE_KEY --role compliance --trust trust.yaml
              assay sign latest --evidence risk.pdf --document risk-file --key anna --role legal
              assay sign latest --sigstore --role ci --trust trust.yaml
              assay sign --waiver W-14 --waivers waivers.yaml --key anna --role compliance
    """
    from harness.commands.signing import approve_waiver, document_claim, sign_document, sign_gate

    _check_options(waiver, waivers, evidence, document, (expires, sample_n, sample_accepted))
    if sigstore or model_signing:
        if sigstore == model_signing or waiver is not None or evidence is not None:
            raise UsageError("--sigstore and --model-signing each stand alone, got another beside.")
        if sigstore:
            done = _keyless(run, runs, role, trust, sigstore_config)
        else:
            done = _of_model(run, runs, model, key)
        _show(done, as_json=as_json)
        return EXIT_PASS
    signer = _signer(key, role, trust)
    if waiver is not None and waivers is not None:
        done = approve_waiver(waiver, waivers, signer)
    elif evidence is not None and document is not None:
        claim = document_claim(
            evidence, document, expires=expires, n=sample_n, n_accepted=sample_accepted
        )
        done = sign_document(run, runs, signer, claim)
    else:
        done = sign_gate(run, runs, signer)
    _show(done, as_json=as_json)
    return EXIT_PASS


def _check_options(
    waiver: str | None,
    waivers: Path | None,
    evidence: Path | None,
    document: str | None,
    of_document: tuple[object, ...],
) -> None:
    pairs = (
        ("--waiver", waiver, "--waivers", waivers),
        ("--evidence", evidence, "--document", document),
    )
    for one, value, other, second in pairs:
        if (value is None) != (second is None):
            raise UsageError(f"{one} and {other} must be given together, got one of them.")
    if waiver is not None and evidence is not None:
        raise UsageError("--waiver and --evidence must be signed one by one, got both.")
    if evidence is None and any(one is not None for one in of_document):
        raise UsageError(
            "--expires and --sample-... say something of a document. Add --evidence FILE."
        )


def _signer(key: str | None, role: str | None, trust: Path | None) -> Signer:
    from harness.clock import utc_now
    from harness.commands.signing import Signer
    from harness.signing import find_key, read_trust
    from harness.signing.keyfolder import is_open_to_others

    if key is None or role is None:
        missing = "--key" if key is None else "--role"
        raise UsageError(f"{missing} must be given: who signs, and in which role.")
    found = find_key(key)
    if is_open_to_others(key):
        say(f"The key {key} may be read by other users of this machine: chmod 600 its file.")
    return Signer(found, role, utc_now(), read_trust(trust) if trust is not None else None)


def _keyless(
    run: str, runs: Path, role: str | None, trust: Path | None, config: Path | None
) -> Done:
    from harness.clock import utc_now
    from harness.commands.keyless import sign_keyless
    from harness.signing import read_trust

    if role is None:
        raise UsageError("--role must be given: in which role it is signed.")
    return sign_keyless(
        run,
        runs,
        role=role,
        moment=utc_now(),
        trust=read_trust(trust) if trust is not None else None,
        config=config,
    )


def _of_model(run: str, runs: Path, model: Path | None, key: str | None) -> Done:
    from harness.commands.model_signing import sign_model

    if model is None or key is None:
        missing = "--model" if model is None else "--key"
        raise UsageError(f"{missing} must be given with --model-signing.")
    return sign_model(run, runs, model=model, key=Path(key))


def _show(done: Done, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "schema_version": "modelassay/signature/v1",
                "about": done.about,
                "is_new": done.is_new,
                "keyid": done.keyid,
                "role": done.role,
                "user": done.user,
                "files": [str(one) for one in done.files],
            }
        )
        return
    by = done.user or (f"key {done.keyid[:12]}" if done.keyid else "")
    who = " as ".join(one for one in (by, done.role) if one)
    word = "signed" if done.is_new else "was signed before"
    click.echo(f"{word}  {done.about}" + (f"  by {who}" if who else ""))
    for file in done.files:
        click.echo(f"        {file}")
    if done.user is None and done.role:
        say("Whose key it is, nobody checked: give --trust FILE, and verify with it.")
