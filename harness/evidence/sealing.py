"""Writing a sealed run and its gates: whole, or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from harness.errors import IncompleteError, IntegrityError, UsageError, must, raise_all
from harness.evidence.bundle import (
    MEASUREMENTS,
    POLICY,
    RECORD,
    VERDICT,
    Bundle,
    digest_problem,
    gate_ids,
)
from harness.evidence.consistency import gate_id, measurement_problems
from harness.evidence.manifest import (
    GATES,
    MANIFEST,
    PERSONAL,
    UNFINISHED,
    build_manifest,
    contents,
    read_manifest,
    write_manifest,
)
from harness.files import disk_errors, sha256_bytes, write_whole
from harness.records import Measurements, RunRecord, Verdict, from_json, to_json
from harness.unwritten import Unwritten, remember, remembered

_EXPORT = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)+")


def run_id(moment: datetime, plan_digest: str) -> str:
    """Return the id of a run, e.g. ``20261123-184000-ab12cd``.

    Args:
        moment: When it is sealed, UTC.
        plan_digest: 64 hex digits.
    """
    return f"{moment:%Y%m%d-%H%M%S}-{plan_digest[:6]}"


def seal_run(
    workspace: Path, runs: Path, record: RunRecord, *, unwritten: Unwritten | None = None
) -> Path:
    """Seal what the stages wrote and move it to its final name in one step.

    ``run.json`` is written here, with the digest of every output; ``MANIFEST.json`` comes last. A
    kill before the move leaves the workspace as it was, to be sealed again.

    Args:
        workspace: Folder with ``measurements.json`` and all else that the run holds, on the same
            file system as ``runs``. It is gone afterwards.
        runs: Where sealed runs lie.
        record: Its ``run_id`` is the wanted name; where that is taken, ``-2``, ``-3``, ... follows.
            Digests that it names already must be those of the files.
        unwritten: Values that no file outside ``personal/`` may hold, nor any file of a gate that this
            process adds later.

    Returns:
        The sealed folder.

    Raises:
        IntegrityError: If the workspace holds a link, has no readable measurements, or holds a file
            other than the stage that wrote it says.
        IncompleteError: If the disk is full or the place cannot be written, or a file holds one of
            the unwritten values.
    """
    with disk_errors(runs / record.run_id):
        _remove_old_seal(workspace)
        outputs = _outputs(workspace, record)
        for number in range(1, 1000):
            name = record.run_id if number == 1 else f"{record.run_id}-{number}"
            if (runs / name).exists():
                continue
            write_whole(workspace / RECORD, to_json(replace(record, run_id=name, outputs=outputs)))
            if unwritten is not None:
                unwritten.refuse_folder(workspace, without=(PERSONAL,))
                remember(name, unwritten)
            _write_seal(workspace, name)
            if _moved(workspace, runs / name):
                return runs / name
    raise IncompleteError(f"{record.run_id} must be a free name in {runs}, got 999 runs of it.")


def add_gate(
    bundle: Bundle,
    verdict: Verdict,
    policy_raw: bytes,
    exports: Mapping[str, bytes],
    *,
    inputs: Mapping[str, bytes] | None = None,
) -> Path:
    """Add a gate to a sealed run, whole or not at all.

    The same judgement again gives the gate that is there; its exports stay as they were.

    Args:
        bundle: The run that was judged.
        verdict: The conclusion.
        policy_raw: The policy file as it was read.
        exports: File name → bytes, e.g. ``report.html``.
        inputs: What else was judged by, file name → bytes, e.g. ``waivers.yaml``; digests of all but the
            waivers stand in the verdict.

    Returns:
        ``gates/<id>/`` of the bundle.

    Raises:
        IntegrityError: If the verdict is about another run or another policy.
        UsageError: If a gate of the same inputs and clock holds another verdict, or an export has
            a name that cannot be used.
        IncompleteError: If the disk is full or the place cannot be written, or a file holds a value
            that the run must not write, as far as this process knows them.
    """
    files = _gate_files(bundle, verdict, policy_raw, {**exports, **_checked(verdict, inputs or {})})
    remembered(bundle.id).refuse(files, said=policy_raw)
    name = gate_id(verdict)
    final = bundle.path / GATES / name
    if final.exists():
        return _same_gate(bundle, final, files)
    with disk_errors(final):
        final.parent.mkdir(exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=UNFINISHED, dir=final.parent))
        try:
            part.chmod(0o755)  # mkdtemp makes it private; evidence is read by others
            for file, raw in files.items():
                write_whole(part / file, raw)
            manifest = build_manifest(
                part, kind="gate", id=name, run_manifest=bundle.digest, sequence=_next(bundle)
            )
            write_manifest(part, manifest)
            _flush_tree(part)
            if not _moved(part, final):  # another process was faster
                return _same_gate(bundle, final, files)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return final


def _remove_old_seal(workspace: Path) -> None:
    # first, so that a seal never stands beside files that it does not describe
    for name in (MANIFEST, f"{PERSONAL}/{MANIFEST}", RECORD):
        (workspace / name).unlink(missing_ok=True)


def _outputs(workspace: Path, record: RunRecord) -> dict[str, str]:
    where = workspace / MEASUREMENTS
    if not where.is_file():
        raise IntegrityError(f"{MEASUREMENTS} must be written before a run is sealed.")
    measurements = from_json(Measurements, where.read_bytes(), where=MEASUREMENTS)
    found = build_manifest(workspace, kind="run", id="", without={PERSONAL}).files
    outputs = {name: entry.sha256 for name, entry in found.items()}
    problems = [
        must(name, f"have the digest {digest}, as its stage says", outputs.get(name))
        for name, digest in record.outputs.items()
        if not name.startswith(f"{PERSONAL}/") and outputs.get(name) != digest
    ]
    raise_all(IntegrityError, problems + measurement_problems(measurements, outputs))
    return outputs


def _write_seal(workspace: Path, run_id: str) -> None:
    personal: str | None = None
    if (workspace / PERSONAL).is_dir() and contents(workspace / PERSONAL).files:
        seal = build_manifest(workspace / PERSONAL, kind="personal", id=run_id, retention="logs")
        personal = write_manifest(workspace / PERSONAL, seal)
    run = build_manifest(
        workspace, kind="run", id=run_id, without={PERSONAL}, personal_manifest=personal
    )
    write_manifest(workspace, run)
    _flush_tree(workspace)


def _moved(folder: Path, final: Path) -> bool:
    """Rename a folder; False when the name was taken meanwhile."""
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.replace(final)
    except OSError as err:
        # Windows says "access denied" for a folder that exists
        if final.exists() and err.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES):
            return False
        raise
    _flush_folder(final.parent)
    return True


def _gate_files(
    bundle: Bundle, verdict: Verdict, policy_raw: bytes, exports: Mapping[str, bytes]
) -> dict[str, bytes]:
    problems = []
    if verdict.run_digest != bundle.digest or verdict.run_id != bundle.id:
        problems.append(
            must("A verdict", f"be about run {bundle.id} {bundle.digest}", verdict.run_digest)
        )
    if verdict.policy.digest != sha256_bytes(policy_raw):
        problems.append(
            digest_problem("The policy file", verdict.policy.digest, sha256_bytes(policy_raw))
        )
    raise_all(IntegrityError, problems)
    reserved = {VERDICT, POLICY, MANIFEST.lower()}
    bad = [name for name in exports if not _EXPORT.fullmatch(name) or name in reserved]
    raise_all(
        UsageError,
        [must("The name of an export", "be lower-case, with an ending, not taken", n) for n in bad],
    )
    return {VERDICT: to_json(verdict).encode(), POLICY: policy_raw, **exports}


def _checked(verdict: Verdict, inputs: Mapping[str, bytes]) -> Mapping[str, bytes]:
    named = dict(verdict.inputs or {})
    if verdict.waivers_digest is not None:
        named["waivers.yaml"] = verdict.waivers_digest
    found = {name: sha256_bytes(raw) for name, raw in inputs.items()}
    if named != found:
        what = "be handed in with exactly the files that it was judged by"
        raise IntegrityError(must("A verdict", what, sorted(found)))
    return inputs


def _same_gate(bundle: Bundle, final: Path, files: Mapping[str, bytes]) -> Path:
    kept = bundle.gate(final.name)
    if any(kept.read_bytes(name) != files[name] for name in (VERDICT, POLICY)):
        raise UsageError(
            f"gates/{final.name} must hold this verdict already, got another one for the same run, "
            "policy, waivers, baseline and clock. A gate is never overwritten: judge again with "
            "another --now."
        )
    return final


def _next(bundle: Bundle) -> int:
    numbers = [
        read_manifest(bundle.path / GATES / name, kind="gate")[0].sequence or 0
        for name in gate_ids(bundle.path)
    ]
    return 1 + max(numbers, default=0)


def _flush_tree(folder: Path) -> None:
    for name in contents(folder).files:
        with (folder / name).open("rb") as stream:
            # Windows flushes only what is open for writing; there whole_file has done it already
            if os.name != "nt":
                os.fsync(stream.fileno())
    for parent, _, _ in os.walk(folder, topdown=False):
        _flush_folder(Path(parent))


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
