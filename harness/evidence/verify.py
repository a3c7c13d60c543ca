"""Holding a bundle against its seals: every file, and what the documents say of each other.

What a seal can prove: nothing changed since it was written. Who wrote it, only a signature proves;
a run manifest is anchored by each gate that names its digest, a gate by its statements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from harness.errors import IntegrityError, Phrase, UsageError, must
from harness.evidence.believing import Signed
from harness.evidence.bundle import (
    LOCK,
    MEASUREMENTS,
    POLICY,
    RECORD,
    VERDICT,
    Bundle,
    digest_problem,
    gate_ids,
    sealed_bytes,
)
from harness.evidence.consistency import (
    input_problems,
    lock_problems,
    measurement_problems,
    record_problems,
    verdict_problems,
)
from harness.evidence.decided import Decision
from harness.evidence.erasures import Erasures, read_erasures, unfinished
from harness.evidence.holds import read_holds
from harness.evidence.manifest import (
    DOCUMENTS,
    ERASURES,
    GATES,
    HOLDS,
    MANIFEST,
    PERSONAL,
    STATEMENTS,
    UNFINISHED,
    Kind,
    Manifest,
    ManifestEntry,
    contents,
    not_plain,
    read_manifest,
)
from harness.evidence.own import own_files
from harness.evidence.statements import ENDINGS, Claim, read_claims
from harness.files import safe_join, sha256_bytes, sha256_file
from harness.records import Lock, Measurements, RunRecord, Verdict, from_json
from harness.signing import Trust

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``verify_run`` found.

    Attributes:
        path: Folder of the run.
        run_id, digest: As its manifest says; empty where that cannot be read.
        problems: What is not as it was sealed, one sentence each; empty when all is.
        notes: What the seals cannot tell, or what is allowed to be missing.
        n_files, n_bytes: What was digested.
        gates: Ids of the gates that were checked.
        erased: What was erased of the personal part, one sentence each.
        claims: Signed statements that are sound; whom to believe is another question.
        signed: Their signatures, held against a trust file; None where none was given.
        decisions: What was decided about its gates, and whether that is believed.
    """

    path: Path
    run_id: str
    digest: str
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    n_files: int
    n_bytes: int
    gates: tuple[str, ...]
    erased: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    signed: tuple[Signed, ...] | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def is_intact(self) -> bool:
        """True when everything is as it was sealed."""
        return not self.problems


@dataclass(slots=True)
class _Findings:
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    sequences: list[int] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    n_files: int = 0
    n_bytes: int = 0

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Do what may find a problem; keep the problem, and go on."""
        try:
            return work()
        except IntegrityError as err:
            self.problems.extend(err.problems)
        except OSError as err:
            self.problems.append(f"A file must be readable, got {err}.")
        return None


def verify_run(path: Path, *, trust: Trust | None = None) -> VerifyReport:
    """Check every seal of a run and report any file outside all of them.

    Finds a changed byte, a missing, added or renamed file, a link, a path that leaves the bundle,
    a document that breaks its schema or contradicts another. ``gates/<id>/statements/*.dsse.json`` and
    ``documents/*.dsse.json`` are allowed beside the seals: a statement is verified by its own signature,
    and must be about this run and gate.

    Args:
        path: Folder of the run.
        trust: Whose signatures count; None believes tombstones of erased rows without asking who made
            them, and says so.

    Raises:
        UsageError: If there is no such folder.
    """
    if not path.is_dir():
        raise UsageError(must(str(path), "be the folder of a run", Phrase("no folder")))
    out = _Findings()
    found = contents(path)
    out.problems.extend(not_plain(name) for name in found.refused)
    sealed = out.attempt(lambda: _seal(out, path, kind="run"))
    checked: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    if sealed is not None:
        manifest, digest = sealed
        _check_files(out, path, manifest)
        _check_documents(out, path, manifest)
        _check_personal(out, path, manifest, _later(out, path, sealed, trust))
        checked = gate_ids(path)
        for name in checked:
            _check_gate(out, path / GATES / name, run=manifest.id, run_digest=digest)
        _check_sequence(out)
        _check_outside(out, path, found.files)
        claims = _check_statements(out, path, manifest, digest)
        _note_limits(
            out,
            path,
            manifest,
            n_gates=len(checked),
            n_claims=len(claims),
            is_trusting=trust is not None,
        )
    return VerifyReport(
        path=path,
        run_id=sealed[0].id if sealed else "",
        digest=sealed[1] if sealed else "",
        problems=tuple(dict.fromkeys(out.problems)),
        notes=tuple(out.notes),
        n_files=out.n_files,
        n_bytes=out.n_bytes,
        gates=checked,
        erased=tuple(out.erased),
        claims=claims,
    )


def _seal(out: _Findings, folder: Path, *, kind: Kind, prefix: str = "") -> tuple[Manifest, str]:
    out.covered.add(prefix + MANIFEST)
    manifest, digest = read_manifest(folder, kind=kind)
    out.n_files += 1
    out.n_bytes += (folder / MANIFEST).stat().st_size
    return manifest, digest


def _check_files(out: _Findings, folder: Path, manifest: Manifest, prefix: str = "") -> None:
    for name, entry in manifest.files.items():
        out.covered.add(prefix + name)
        out.attempt(partial(_check_file, out, folder, name, entry, prefix + name))
        if entry.contains_personal_data != (manifest.kind == "personal"):
            out.problems.append(
                f"{prefix}{name} must lie in {PERSONAL}/ exactly when it contains personal data."
            )


def _check_file(out: _Findings, folder: Path, name: str, entry: ManifestEntry, where: str) -> None:
    path = safe_join(folder, name)
    if path.is_symlink():
        return  # reported as a link
    if not path.is_file():
        found = Phrase("no such file")
        out.problems.append(must(where, f"have the digest {entry.sha256}", found))
        return
    digest, size = sha256_file(path), path.stat().st_size
    out.n_files += 1
    out.n_bytes += size
    if digest != entry.sha256:
        out.problems.append(digest_problem(where, entry.sha256, digest))
    elif size != entry.size_bytes:
        out.problems.append(
            must(f"size_bytes of {where} in {MANIFEST}", f"be {size}", entry.size_bytes)
        )


def _check_documents(out: _Findings, path: Path, manifest: Manifest) -> None:
    digests = {name: entry.sha256 for name, entry in manifest.files.items()}

    def record() -> None:
        noun = _document(path, manifest, RECORD, RunRecord)
        if noun is not None:
            out.problems.extend(record_problems(noun, run=manifest.id, digests=digests))
            _check_lock(out, path, manifest, noun)

    def measurements() -> None:
        noun = _document(path, manifest, MEASUREMENTS, Measurements)
        if noun is not None:
            out.problems.extend(measurement_problems(noun, digests))

    out.attempt(record)
    out.attempt(measurements)


def _check_lock(out: _Findings, path: Path, manifest: Manifest, record: RunRecord) -> None:
    if record.lock_digest is None and LOCK not in manifest.files:
        return  # of a time without locks
    lock = out.attempt(lambda: _document(path, manifest, LOCK, Lock))
    if lock is not None:
        out.problems.extend(lock_problems(record, lock, manifest.files[LOCK].sha256))


def _document(folder: Path, manifest: Manifest, name: str, kind: type[T]) -> T | None:
    if name not in manifest.files:
        raise IntegrityError(f"{name} must be named by {folder.name}/{MANIFEST}, got no such line.")
    path = safe_join(folder, name)
    raw = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    if sha256_bytes(raw) != manifest.files[name].sha256:
        return None  # reported already; what a changed file says is of no interest
    return from_json(kind, raw, where=name)


def _later(
    out: _Findings, path: Path, sealed: tuple[Manifest, str], trust: Trust | None
) -> Erasures:
    manifest, digest = sealed
    found = read_erasures(
        path,
        run=manifest.id,
        run_digest=digest,
        personal_manifest=manifest.personal_manifest,
        trust=trust,
    )
    held = read_holds(path, run=manifest.id, run_digest=digest, trust=trust)
    out.problems += [*found.problems, *held.problems]
    out.notes += held.said
    out.erased += found.said
    out.notes += found.said
    # what is wrong with one of them was said above
    out.covered |= {
        f"{of}/{file.name}" for of in (ERASURES, HOLDS) for file in own_files(path / of)
    }
    return found


def _check_personal(out: _Findings, path: Path, manifest: Manifest, erasures: Erasures) -> None:
    folder, expected = path / PERSONAL, erasures.personal_manifest
    if folder.is_symlink():
        return  # reported as a link
    if not folder.is_dir() or not contents(folder).files:
        if expected is not None:
            out.notes.append(
                "The personal part (row text, group values) is not present. It may be left out or "
                "erased; everything else can still be verified."
            )
        return
    if unfinished(path) or (erasures.chain and expected is None):
        out.problems.append(
            must(
                f"An erasure in {PERSONAL}/",
                "be finished",
                Phrase("one that was interrupted"),
                do=_AGAIN,
            )
        )
        out.covered |= {f"{PERSONAL}/{name}" for name in contents(folder).files}
        return
    sealed = out.attempt(lambda: _seal(out, folder, kind="personal", prefix=f"{PERSONAL}/"))
    if sealed is None:
        return
    personal, digest = sealed
    if digest != expected:
        out.problems.append(digest_problem(f"{PERSONAL}/{MANIFEST}", expected, digest))
    if personal.id != manifest.id:
        out.problems.append(must(f"{PERSONAL}/{MANIFEST}", f"be of run {manifest.id}", personal.id))
    _check_files(out, folder, personal, f"{PERSONAL}/")


_AGAIN = "Give the command that erased once more: assay erase RUN ..."


def _check_gate(out: _Findings, folder: Path, *, run: str, run_digest: str) -> None:
    prefix = f"{GATES}/{folder.name}/"
    if folder.is_symlink():
        return  # reported as a link
    sealed = out.attempt(lambda: _seal(out, folder, kind="gate", prefix=prefix))
    if sealed is None:
        return
    manifest = sealed[0]
    out.sequences.append(manifest.sequence or 0)
    if manifest.run_manifest != run_digest:
        out.problems.append(
            must(
                f"{MANIFEST} of the run",
                f"have the digest {manifest.run_manifest} that {prefix}{MANIFEST} names",
                Phrase(run_digest),
                do="The run was changed after it was judged, or the gate is another run's.",
            )
        )
    if manifest.id != folder.name:
        out.problems.append(must(f"{prefix}{MANIFEST}", f"be of {folder.name}", manifest.id))
    _check_files(out, folder, manifest, prefix)

    def verdict() -> None:
        noun = _document(folder, manifest, VERDICT, Verdict)
        if noun is None:
            return
        out.problems.extend(
            verdict_problems(noun, gate=folder.name, run=run, run_digest=run_digest)
        )
        policy = sha256_bytes(sealed_bytes(folder, manifest, POLICY))
        if policy != noun.policy.digest:
            out.problems.append(digest_problem(f"{prefix}{POLICY}", noun.policy.digest, policy))
        digests = {name: entry.sha256 for name, entry in manifest.files.items()}
        out.problems.extend(input_problems(noun, digests, prefix=prefix))

    out.attempt(verdict)


def _check_sequence(out: _Findings) -> None:
    # two gates may bear one number where two processes wrote at once; a gap means a gate is gone
    numbers = sorted(set(out.sequences))
    if numbers != list(range(1, len(numbers) + 1)):
        shown = Phrase(", ".join(str(number) for number in sorted(out.sequences)))
        out.problems.append(must("The gates of the run", "be numbered from 1 without a gap", shown))


def _check_outside(out: _Findings, path: Path, files: tuple[str, ...]) -> None:
    unfinished: set[str] = set()
    for name in files:
        if name in out.covered:
            continue
        steps = name.split("/")
        in_gate = len(steps) >= 3 and steps[0] == GATES
        in_statements = in_gate and len(steps) == 4 and steps[2] == STATEMENTS
        in_documents = len(steps) == 2 and steps[0] == DOCUMENTS
        if (in_statements or in_documents) and name.endswith(ENDINGS):
            out.statements.append(name)
        elif in_gate and _is_unfinished(steps[1]):
            unfinished.add(f"{GATES}/{steps[1]}")
        elif (in_statements or in_documents) and _is_unfinished(steps[-1]):
            # somebody may be signing at this very moment: the name it gets comes last
            out.notes.append(f"{name} is a statement that is not finished. It is not read.")
        else:
            found = Phrase(f"a file with the digest {sha256_file(path / name)}")
            out.problems.append(must(name, "be named by a seal or not be there", found))
    for name in sorted(unfinished):
        out.notes.append(f"{name} is a gate that was never finished. It is not read; remove it.")


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") and name.endswith(UNFINISHED)


def _check_statements(
    out: _Findings, path: Path, manifest: Manifest, digest: str
) -> tuple[Claim, ...]:
    if not out.statements:
        return ()
    claims, problems = read_claims(Bundle(path, manifest, digest), out.statements)
    out.problems.extend(problems)
    out.n_files += len(out.statements)
    out.n_bytes += sum((path / name).stat().st_size for name in out.statements)
    return tuple(claims)


def _note_limits(
    out: _Findings,
    path: Path,
    manifest: Manifest,
    *,
    n_gates: int,
    n_claims: int,
    is_trusting: bool,
) -> None:
    if n_claims:
        told = (
            "One that was taken away is missed only where the trust file asks for it."
            if is_trusting
            else "Whose keys they are, and whether one was taken away, only a trust file tells: assay verify "
            "RUN --trust FILE"
        )
        out.notes.append(f"{n_claims} signed statement(s): nothing in them was changed. {told}")
    elif n_gates == 0:
        out.notes.append(
            "Sealed but not signed, and without a gate: whoever rewrites files and MANIFEST.json "
            "together leaves no trace. Keep the digest of the run elsewhere."
        )
    else:
        out.notes.append(
            "Sealed but not signed: whoever rewrites all files and all manifests leaves no trace."
        )
    if path.resolve().name != manifest.id:
        out.notes.append(f"The folder is called {path.resolve().name}, the run {manifest.id}.")
