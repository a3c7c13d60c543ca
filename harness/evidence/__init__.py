"""Bundles: sealed runs and their gates; written whole, found, read lazily, verified."""

from harness.evidence.bundle import LOCK, Bundle, Gate, open_run
from harness.evidence.consistency import gate_id
from harness.evidence.erasing import Wish, erase, finish_erasure
from harness.evidence.find import RunSummary, find_run, list_runs
from harness.evidence.holds import Hold, Holds, read_holds, refuse_held, write_hold
from harness.evidence.looks import Look, Looks, count_looks, look_of, looks_in
from harness.evidence.manifest import (
    Manifest,
    ManifestEntry,
    build_manifest,
    read_manifest,
    write_manifest,
)
from harness.evidence.partial import (
    StageState,
    file_digests,
    scratch,
    stage_done,
    stage_state,
    workspace,
)
from harness.evidence.recompute import derived_problems, recompute
from harness.evidence.sealing import add_gate, run_id, seal_run
from harness.evidence.tombstones import Tombstone
from harness.evidence.verify import VerifyReport, verify_run

__all__ = [
    "LOCK",
    "Bundle",
    "Gate",
    "Hold",
    "Holds",
    "Look",
    "Looks",
    "Manifest",
    "ManifestEntry",
    "RunSummary",
    "StageState",
    "Tombstone",
    "VerifyReport",
    "Wish",
    "add_gate",
    "build_manifest",
    "count_looks",
    "derived_problems",
    "erase",
    "file_digests",
    "find_run",
    "finish_erasure",
    "gate_id",
    "list_runs",
    "look_of",
    "looks_in",
    "open_run",
    "read_holds",
    "read_manifest",
    "recompute",
    "refuse_held",
    "run_id",
    "scratch",
    "seal_run",
    "stage_done",
    "stage_state",
    "verify_run",
    "workspace",
    "write_hold",
    "write_manifest",
]
