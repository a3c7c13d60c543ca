"""A sealed run with one of everything that may lie in it: statements, a document, a tombstone, a hold."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from harness.clock import parse_moment
from harness.commands.signing import Signer, document_claim, sign_document, sign_gate
from harness.evidence import Wish, erase, open_run, write_hold
from harness.signing import SigningKey, Trust, new_key, parse_trust

NOW = parse_moment("2026-11-24T12:00:00Z")


class Full:
    """The bundle, its keys, and a trust file that believes them.

    Attributes:
        path: Folder of the run.
        keys: Word → key.
        trust: Believes ``ci`` and ``anna``, and asks for one signature of each.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.keys: dict[str, SigningKey] = {name: new_key() for name in ("ci", "anna")}
        lines = "".join(
            f"  - {{user: 'user:{name}', roles: [{name}], "
            f"public_key: {base64.b64encode(key.public_der).decode()}}}\n"
            for name, key in self.keys.items()
        )
        self.trust_text = (
            f"apiVersion: modelassay/v1\nkind: Trust\nkeys:\n{lines}"
            "thresholds: {gate: {ci: 1, anna: 1}}\n"
        )
        self.trust: Trust = parse_trust(self.trust_text.encode(), "trust.yaml")
        paper = folder / "impact.md"
        paper.write_text("# Impact assessment\n")
        signer = Signer(self.keys["anna"], "anna", NOW)
        sign_document(str(path), path.parent, signer, document_claim(paper, "impact-assessment"))
        for name, key in self.keys.items():
            sign_gate(str(path), path.parent, Signer(key, name, NOW))
        bundle = open_run(path)
        erase(path, Wish("e007", "request 17", "anna", self.keys["anna"], NOW))
        write_hold(
            path,
            self.keys["anna"],
            run=bundle.id,
            run_digest=bundle.digest,
            reason="case 9",
            role="anna",
            now=NOW,
        )


def files_of(run: Path) -> list[str]:
    """Return the files of a run, sorted."""
    return sorted(one.relative_to(run).as_posix() for one in run.rglob("*") if one.is_file())


def flips(
    run: Path, *, every: int, names: Sequence[str] | None = None
) -> Iterator[tuple[str, int]]:
    """Yield file and position with one bit of one byte flipped there; each is put back afterwards."""
    for name in files_of(run) if names is None else names:
        raw = (run / name).read_bytes()
        for at in range(0, len(raw), every):
            changed = bytearray(raw)
            changed[at] ^= 1 << at % 8
            (run / name).write_bytes(bytes(changed))
            yield name, at
        (run / name).write_bytes(raw)


def damages(run: Path) -> Iterator[str]:
    """Yield what was done to a run: whole files and names instead of single bytes; all is undone."""
    spare = run.with_name("spare")
    shutil.copytree(run, spare, symlinks=True)

    def again() -> None:
        shutil.rmtree(run)
        shutil.copytree(spare, run, symlinks=True)

    names = files_of(run)
    for name in names:
        path, raw = run / name, (run / name).read_bytes()
        # nothing names these: only who asks for one can miss it
        if not name.startswith(("holds/", "documents/")) and "/test-result-" not in name:
            path.unlink()
            yield f"{name} removed"
        path.write_bytes(raw[:-1])
        yield f"{name} truncated"
        path.write_bytes(raw + b"\n")
        yield f"{name} extended"
        path.write_bytes(raw + raw)
        yield f"{name} doubled"
        path.write_bytes(b"")
        yield f"{name} emptied"
        path.unlink()
        path.with_name("x" + path.name).write_bytes(raw)
        yield f"{name} renamed"
        again()
    for one, other in pairwise(names):
        first, second = (run / one).read_bytes(), (run / other).read_bytes()
        (run / one).write_bytes(second)
        (run / other).write_bytes(first)
        yield f"{one} and {other} swapped"
        again()
    shutil.rmtree(spare)
