"""``assay verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.shared import emit, json_option, run_argument, runs_option
from harness.clock import iso
from harness.errors import EXIT_INTEGRITY, EXIT_PASS
from harness.wording.text import visible

if TYPE_CHECKING:
    from harness.evidence import VerifyReport


_SAYS = {
    "counts": "",
    "not-believed": "not believed: no trust file was given",
    "unknown-key": "not believed: the trust file names no such key or identity",
    "compromised": "not believed: the key is revoked as compromised",
    "superseded": "not believed: the key was revoked before",
    "not-yet-valid": "not believed: the key was not valid yet",
    "expired": "not believed: the key had expired",
    "not-checked": "not believed: Sigstore was not asked",
    "role-not-given": "not believed: the trust file does not give this role",
}


_OF_MODEL = "the files of the model: checked by --model DIR --model-key FILE"


@click.command(short_help="recompute every digest of a run")
@run_argument
@click.option(
    "--recompute",
    is_flag=True,
    help="Also derive every estimate and verdict again from the evidence.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose signatures count, and how many the gate must have.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="This folder must be the audited model; give adapter and base one by one.",
)
@click.option(
    "--model-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Public key of the OpenSSF model signature that --model must have.",
)
@click.option(
    "--sigstore-config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Of a private Sigstore; default: the root of the public one, as its library ships it.",
)
@click.option(
    "--write-verifier",
    "verifier",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one Python file that checks a bundle with cryptography alone, and the keys of --trust.",
)
@runs_option
@json_option
def command(
    run: str,
    recompute: bool,
    trust: Path | None,
    models: tuple[Path, ...],
    model_key: Path | None,
    sigstore_config: Path | None,
    verifier: Path | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Check that RUN and its gates are what they say they are. Exit 0, or 5.

    With --trust, every signature is held against that file, and the newest gate (or RUN@GATE) must have
    the signatures that it asks for. Without it nobody's signature is believed.

    \b
    Example:  assay verify latest --recompute
              assay verify latest --trust trust.yaml --model models/screen
              assay verify --write-verifier check.py --trust trust.yaml
    """
    from harness.commands.proving import Models, prove
    from harness.signing import read_trust

    believed = read_trust(trust) if trust is not None else None
    if verifier is not None:
        from harness.commands.verifier import write_verifier

        written = [str(one) for one in write_verifier(verifier, believed)]
        if as_json:
            emit({"schema_version": "modelassay/verifier/v1", "written": written})
        else:
            more = "".join(f" --trust {one}" for one in written[1:])
            click.echo(f"written: {', '.join(written)}. Use it with: python {verifier} RUN{more}")
        return EXIT_PASS
    report = prove(
        run,
        runs,
        is_recomputed=recompute,
        trust=believed,
        models=Models(models, model_key),
        sigstore=sigstore_config,
    )
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
                "trust": believed.digest if believed is not None else None,
                "signatures": _signatures(report),
                "decisions": _decisions(report),
            }
        )
    else:
        for problem in report.problems:
            click.echo(f"integrity  {_inert(problem)}")
        for note in report.notes:
            click.echo(f"note       {_inert(note)}")
        for line in _decision_lines(report):
            click.echo(_inert(line))
        for one in _signatures(report):
            if one["kind"] == "decision":
                continue  # whose decision it is was said above: a service only recorded it
            key = f"key {one['keyid'][:12]}" if one["keyid"] else "a Sigstore bundle"
            who = one["user"] or key
            role = f" as {one['role']}" if one["role"] else ""
            says = _OF_MODEL if one["kind"] == "model" else _SAYS[one["state"]]
            click.echo(f"signed     {one['file']}  by {who}{role}  {says}".rstrip())
        click.echo(f"digest     run {report.digest}")
        state = "does not verify" if report.problems else "verifies"
        click.echo(
            f"{report.path.name} {state}: {report.n_files} files, {report.n_bytes:,} bytes, "
            f"{len(report.gates)} gate(s)."
        )
    return EXIT_INTEGRITY if report.problems else EXIT_PASS


def _inert(text: str) -> str:
    """Return a line that holds names and words of others as one that moves no cursor and feigns no other."""
    return visible(text).replace("\n", " ⏎ ")


def _decision_lines(report: VerifyReport) -> list[str]:
    lines = []
    for one in report.decisions:
        ends = f", until {one.said.expires}" if one.said.expires else ""
        why = f"  not believed: {one.doubt.text}" if one.doubt else ""
        said = f"{one.said.kind}, {one.words.text}, {iso(one.said.decided_at)}{ends}"
        lines.append(f"decision   gates/{one.gate}  {said}{why}")
        lines += [f"           condition: {text}" for text in one.said.conditions]
    return lines


def _decisions(report: VerifyReport) -> list[dict[str, Any]]:
    return [
        {
            "file": one.place,
            "gate": one.gate,
            "kind": one.said.kind,
            "by": one.said.by,
            "words": one.words.text,
            "name": one.said.name,
            "issuer": one.said.issuer,
            "subject": one.said.subject,
            "decided_at": iso(one.said.decided_at),
            "rationale": one.said.rationale,
            "conditions": list(one.said.conditions),
            "expires": one.said.expires,
            "is_believed": one.doubt is None,
            "doubt": one.doubt.text if one.doubt else None,
        }
        for one in report.decisions
    ]


def _signatures(report: VerifyReport) -> list[dict[str, Any]]:
    if report.signed is not None:
        return [
            {
                "file": one.place,
                "kind": one.kind,
                "gate": one.gate,
                "role": one.role,
                "user": one.user,
                "keyid": one.keyid,
                "signed_at": one.signed_at,
                "state": one.state,
            }
            for one in report.signed
        ]
    return [
        {
            "file": one.place,
            "kind": one.kind,
            "gate": one.gate,
            "role": one.role,
            "user": None,
            "keyid": keyid,
            "signed_at": iso(one.signed_at) if one.signed_at else "",
            "state": "not-believed",
        }
        for one in report.claims
        for keyid in one.keyids
    ]
