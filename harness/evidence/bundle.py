"""Reading a sealed run: lazily, and every byte checked against the seal that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import IntegrityError, Phrase, UsageError, must
from harness.evidence.erasures import read_erasures
from harness.evidence.manifest import GATES, MANIFEST, Manifest, read_manifest
from harness.evidence.partial import PARTIAL
from harness.files import safe_join, sha256_bytes
from harness.records import Evidence, Lock, Measurements, RunRecord, Verdict, from_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.predictions import Predictions

RECORD = "run.json"
MEASUREMENTS = "measurements.json"
PREDICTIONS = "predictions.parquet"
VERDICT = "verdict.json"
POLICY = "policy.yaml"
LOCK = "policy.lock.json"


@dataclass(frozen=True, slots=True)
class Gate:
    """One sealed gating of a run.

    Attributes:
        path: Its folder.
        manifest, digest: Its seal, and the SHA-256 of that.
        verdict: What was concluded.
    """

    path: Path
    manifest: Manifest
    digest: str
    verdict: Verdict

    @property
    def id(self) -> str:
        """12 hex digits."""
        return self.manifest.id

    def read_bytes(self, name: str) -> bytes:
        """Return a sealed file of the gate, for example ``report.html``.

        Raises:
            IntegrityError: If the seal does not name it, or it is not what the seal says.
        """
        return sealed_bytes(self.path, self.manifest, name)


class Bundle:
    """A sealed run.

    Attributes:
        path: Its folder.
        manifest: Its seal.
        digest: SHA-256 of ``MANIFEST.json``, by which the run is known everywhere.
    """

    def __init__(self, path: Path, manifest: Manifest, digest: str) -> None:
        self.path = path
        self.manifest = manifest
        self.digest = digest
        self._last_read: tuple[str, bytes] | None = None

    @property
    def id(self) -> str:
        """Run id; the folder may have been given another name since."""
        return self.manifest.id

    @cached_property
    def record(self) -> RunRecord:
        """What was run, on what, by what."""
        return from_json(RunRecord, self.read_bytes(RECORD), where=RECORD)

    @cached_property
    def measurements(self) -> Measurements:
        """What was measured."""
        return from_json(Measurements, self.read_bytes(MEASUREMENTS), where=MEASUREMENTS)

    @cached_property
    def lock(self) -> Lock | None:
        """What was fixed before the run; None for runs of a time without locks."""
        if self.record.lock_digest is None:
            return None
        return from_json(Lock, self.read_bytes(LOCK), where=LOCK)

    @property
    def has_personal(self) -> bool:
        """Whether row text and group values are at hand."""
        return (self.path / "personal" / MANIFEST).is_file()

    def read_bytes(self, name: str) -> bytes:
        """Return a sealed file.

        Args:
            name: Path below the bundle, with ``/``. What lies in ``personal/`` is checked against
                that part's own seal.

        Raises:
            IntegrityError: If no seal names it, or it is not what the seal says.
        """
        if not name.startswith("personal/"):
            return sealed_bytes(self.path, self.manifest, name)
        folder = self.path / "personal"
        seal, digest = read_manifest(folder, kind="personal")
        erased = read_erasures(
            self.path,
            run=self.id,
            run_digest=self.digest,
            personal_manifest=self.manifest.personal_manifest,
        )
        if digest != erased.personal_manifest:
            raise IntegrityError(
                digest_problem(f"personal/{MANIFEST}", erased.personal_manifest, digest)
            )
        return sealed_bytes(folder, seal, name.removeprefix("personal/"))

    def read_replicates(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return the resampling replicates that an estimate points to, shape [r].

        Raises:
            IntegrityError: If the file or the column is missing or not what the digest says.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        if evidence.path is None or evidence.column is None or evidence.sha256 is None:
            raise IntegrityError("Replicates must be given as file, digest and column, got less.")
        raw = self._kept(evidence.path)
        if sha256_bytes(raw) != evidence.sha256:
            raise IntegrityError(digest_problem(evidence.path, evidence.sha256, sha256_bytes(raw)))
        try:
            table = pq.read_table(pa.BufferReader(raw), columns=[evidence.column])
            # columns of one file differ in length; the shorter ones are padded with nulls
            column = table[evidence.column].combine_chunks().drop_null()
            array: NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
        except (pa.ArrowException, KeyError, OSError) as err:
            raise IntegrityError(
                f"{evidence.path} must be a Parquet file with the column {evidence.column!r}, "
                "got a file that cannot be read so."
            ) from err
        return array.astype("float64")

    def predictions(self) -> list[Predictions]:
        """Return the predictions of all data sets, without group values and clusters.

        Raises:
            IntegrityError: If the file, or the content of a data set, is not what its digest says.
        """
        from harness.predictions import read_predictions

        self.read_bytes(PREDICTIONS)
        return read_predictions(self.path / PREDICTIONS)

    def gate_ids(self) -> tuple[str, ...]:
        """Return the ids of all gates by name, without opening them."""
        return gate_ids(self.path)

    def gates(self) -> tuple[Gate, ...]:
        """Return all gates, the last written last.

        Raises:
            IntegrityError: If one of them is damaged.
        """
        found = [self._open_gate(name) for name in self.gate_ids()]
        # numbers are equal only where two processes wrote at once; their order is then arbitrary
        return tuple(sorted(found, key=lambda g: (g.manifest.sequence or 0, g.verdict.now, g.id)))

    def gate(self, id: str | None = None) -> Gate:
        """Return one gate.

        Args:
            id: Gate id, or a prefix that only one gate has; None for the last written.

        Raises:
            UsageError: If there is no such gate.
            IntegrityError: If it is damaged.
        """
        if id is not None:
            return self._open_gate(match_gate(self.gate_ids(), id, run=self.path.name))
        found = self.gates()
        if not found:
            raise UsageError(
                f"{self.path.name} must have been gated, got a run without a gate. "
                f"Judge it with: assay gate {self.path.name} --policy FILE"
            )
        return found[-1]

    def verdict(self, gate: str | None = None) -> Verdict:
        """Return the verdict of one gate; None for the last written."""
        return self.gate(gate).verdict

    def _kept(self, name: str) -> bytes:
        # Holm re-estimates many ends from one file in a row: digest it once
        if self._last_read is None or self._last_read[0] != name:
            self._last_read = (name, self.read_bytes(name))
        return self._last_read[1]

    def _open_gate(self, name: str) -> Gate:
        folder = self.path / GATES / name
        if folder.is_symlink():
            raise IntegrityError(f"gates/{name} must be a folder, got a link.")
        manifest, digest = read_manifest(folder, kind="gate")
        if manifest.id != name:
            raise IntegrityError(must(f"gates/{name}/{MANIFEST}", f"be of {name}", manifest.id))
        if manifest.run_manifest != self.digest:
            raise IntegrityError(
                must(
                    f"gates/{name}/{MANIFEST}",
                    f"name the run manifest {self.digest}",
                    manifest.run_manifest,
                    do="The run was changed after it was judged, or the gate is another run's.",
                )
            )
        where = f"gates/{name}/{VERDICT}"
        verdict = from_json(Verdict, sealed_bytes(folder, manifest, VERDICT), where=where)
        return Gate(path=folder, manifest=manifest, digest=digest, verdict=verdict)


def open_run(path: Path) -> Bundle:
    """Open a sealed run; nothing but its seal is read yet.

    Raises:
        UsageError: If the folder is missing or was never sealed.
        IntegrityError: If its seal is damaged or was taken away.
    """
    if has_lost_its_seal(path):
        got = Phrase("a folder with a record and no seal")
        raise IntegrityError(must(path.name, f"hold {MANIFEST}", got))
    if not (path / MANIFEST).exists():
        raise UsageError(
            must(
                str(path),
                "be a sealed run",
                Phrase(f"a folder without {MANIFEST}" if path.is_dir() else "no folder"),
                do="Unfinished runs are resumed by the command that began them.",
            )
        )
    manifest, digest = read_manifest(path, kind="run")
    return Bundle(path, manifest, digest)


def has_lost_its_seal(path: Path) -> bool:
    """Tell whether a folder was sealed once and its manifest is gone; unfinished work is not."""
    is_unfinished = path.parent.name == PARTIAL
    has_record = (path / RECORD).is_file()
    return has_record and not is_unfinished and not (path / MANIFEST).exists()


def sealed_bytes(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Return a file of a folder after comparing it with the folder's seal.

    Raises:
        IntegrityError: If the seal does not name it, or it is not what the seal says.
    """
    entry = manifest.files.get(name)
    if entry is None:
        raise IntegrityError(f"{name} must be named by {folder.name}/{MANIFEST}, got no such line.")
    path = safe_join(folder, name)
    if path.is_symlink() or not path.is_file():
        raise IntegrityError(must(f"{folder.name}/{name}", "be a file", Phrase("none or a link")))
    raw = path.read_bytes()
    if sha256_bytes(raw) != entry.sha256:
        raise IntegrityError(
            digest_problem(f"{folder.name}/{name}", entry.sha256, sha256_bytes(raw))
        )
    return raw


def digest_problem(name: str, expected: str | None, found: str) -> str:
    """Say that a file is not what its digest says."""
    return must(name, f"have the digest {expected}", Phrase(found), do="It was changed.")


def gate_ids(path: Path) -> tuple[str, ...]:
    """Return the names of the gate folders of a run; unfinished ones are left out."""
    folder = path / GATES
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.is_dir() and not entry.name.startswith(".")
        )
    )


def match_gate(known: Sequence[str], prefix: str, *, run: str) -> str:
    """Return the one gate id that starts with a prefix.

    Raises:
        UsageError: If none does, or more than one.
    """
    matches = [name for name in known if name.startswith(prefix)]
    if prefix in matches:
        return prefix
    if len(matches) != 1:
        got = f"{len(matches)} gates: {', '.join(matches)}" if matches else "none"
        listed = f" Its gates: {', '.join(known) or 'none'}." if not matches else ""
        raise UsageError(f"{run}@{prefix} must name one gate, got {got}.{listed}")
    return matches[0]
