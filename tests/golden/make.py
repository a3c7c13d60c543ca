"""Makes the golden bundle from fixed inputs: ``python tests/golden/make.py`` from the repository root.

No clock, no randomness, no model. The verdict is written by hand; a test holds the gate's
own against it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.evidence import add_gate, open_run, seal_run
from harness.files import sha256_bytes, sha256_file, whole_file, write_whole
from harness.predictions import Predictions, write_predictions
from harness.records import (
    AuditRecord,
    DatasetRef,
    Estimate,
    Evidence,
    Finding,
    Measure,
    Measurement,
    Measurements,
    Message,
    ModelRef,
    PolicyRef,
    Quarantined,
    RunRecord,
    Stage,
    Task,
    Verdict,
    to_json,
)

BUNDLE = Path(__file__).with_name("bundle")
RUN_ID = "20261123-184000-ab12cd"
NOW = "2026-11-23T18:40:01Z"
PLAN = "ab12cd" + "0" * 58
REPLICATES = "audits/accuracy/replicates.parquet"
N = 40
N_RIGHT = 37

POLICY = b"""apiVersion: modelassay/v1
kind: PolicyPack
metadata:
  id: golden
  version: 1.0.0
  title: Policy of the golden bundle
rules:
  - id: ACCURATE
    title: At least 75 of 100 are decided as labelled
    severity: block
    measure: accuracy.accuracy
    require: {at_least: 0.75}
    basis: policy_choice
    why: Less would not be of use.
  - id: ONE-WORD
    title: No single word decides more than 5 of 100 answers
    severity: warn
    measure: occlusion.single-token-reliance
    require: {at_most: 0.05}
    basis: policy_choice
    why: A word without meaning must not decide.
"""
"""The verdict over it is written by hand below, so that it is independent of the gate."""


def build(runs: Path, *, parquet_from: Path | None = None) -> Path:
    """Build the bundle below a folder and return it.

    Args:
        runs: Empty folder.
        parquet_from: A bundle whose Parquet files are taken as they are: their bytes depend on the
            version of pyarrow, everything else does not.
    """
    work = runs / ".partial" / PLAN
    work.mkdir(parents=True)
    write_parquet(work)
    if parquet_from is not None:
        for name in ("predictions.parquet", REPLICATES, "personal/rows.parquet"):
            shutil.copyfile(parquet_from / name, work / name)
    write_whole(work / "measurements.json", to_json(measurements(sha256_file(work / REPLICATES))))
    write_whole(work / "audits/accuracy/confusion.json", '{"matrix": [[18, 2], [1, 19]]}\n')
    write_whole(
        work / "personal/quarantine.json",
        '[{"dataset": "test", "line": 7, "reason": "empty-text"}]\n',
    )
    path = seal_run(work, runs, record())
    bundle = open_run(path)
    add_gate(bundle, verdict(bundle.digest), POLICY, exports())
    return path


def predictions() -> Predictions:
    """40 examples, two classes, 37 decided as labelled."""
    label = np.array([0] * 20 + [1] * 20)
    decision = label.copy()
    decision[[3, 11, 27]] = 1 - decision[[3, 11, 27]]
    sure = np.where(np.arange(N) % 4 == 0, 0.625, 0.875)
    scores = np.where(np.arange(2) == decision[:, None], sure[:, None], 1 - sure[:, None])
    return Predictions(
        dataset="test",
        example_id=np.array([f"e{i:03d}" for i in range(N)], dtype=object),
        decision=decision,
        n_classes=2,
        scores=scores,
        logits=np.log(scores).astype(np.float32),
        label=label,
        truncated=np.zeros(N, dtype=bool),
    )


def replicates() -> np.ndarray:
    """200 values of a balanced accuracy, shape [r], evenly spread from 0.85 to 0.99."""
    return 0.85 + 0.14 * np.arange(200) / 199


def write_parquet(work: Path) -> None:
    """Write the files whose bytes depend on pyarrow."""
    write_predictions(work / "predictions.parquet", [predictions()])
    with whole_file(work / REPLICATES) as part:
        pq.write_table(pa.table({"r0": replicates()}), part, compression="zstd")
    rows = {
        "dataset": ["test"] * N,
        "example_id": [f"e{i:03d}" for i in range(N)],
        "text": [f"message number {i}" for i in range(N)],
        "team": ["north" if i % 2 else "south" for i in range(N)],
    }
    with whole_file(work / "personal/rows.parquet") as part:
        pq.write_table(pa.table(rows), part, compression="zstd")


def measurements(replicates_digest: str) -> Measurements:
    """Counts, replicates, an undefined slice, and something that was not measured."""
    return Measurements(
        schema_version="modelassay/measurements/v1",
        measures=(
            _measure("accuracy.accuracy", "share", "higher"),
            _measure("accuracy.balanced-accuracy", "share", "higher"),
            _measure("group-error.error-rate", "share", "lower"),
            _measure("occlusion.single-token-reliance", "share", "lower"),
        ),
        measurements=(
            Measurement(
                measure="accuracy.accuracy",
                dataset="test",
                slice="all",
                # Wilson score interval of 37 of 40, one-sided error 0.05 at each end
                estimate=Estimate(
                    value=0.925,
                    low=0.8265198212630998,
                    high=0.9696297473882611,
                    n=N,
                    unit="share",
                    method="wilson",
                    evidence=Evidence(values={"successes": N_RIGHT, "trials": N}),
                ),
                share=1.0,
            ),
            Measurement(
                measure="accuracy.balanced-accuracy",
                dataset="test",
                slice="all",
                estimate=Estimate(
                    value=0.925,
                    # the tenth replicate from either end: 0.05 * (200 + 1), rounded down
                    low=float(replicates()[9]),
                    high=float(replicates()[-10]),
                    n=N,
                    unit="share",
                    method="percentile-bootstrap",
                    evidence=Evidence(
                        values={"value": 0.925, "range_low": 0.0, "range_high": 1.0},
                        path=REPLICATES,
                        sha256=replicates_digest,
                        column="r0",
                    ),
                ),
                share=1.0,
            ),
            Measurement(
                measure="group-error.error-rate",
                dataset="test",
                slice="team=west",
                estimate=_nothing(
                    Message.of("group-error.empty", "No example has {slice}.", slice="team=west")
                ),
                share=0.0,
            ),
            Measurement(
                measure="occlusion.single-token-reliance",
                dataset="test",
                slice="all",
                estimate=_nothing(
                    Message.of(
                        "audit.no-model", "The run has stored predictions only, and no model."
                    )
                ),
                caveats=(Message.of("golden.caveat", "Made by hand."),),
            ),
        ),
    )


def record() -> RunRecord:
    """A run over stored predictions."""
    return RunRecord(
        schema_version="modelassay/run/v1",
        run_id=RUN_ID,
        name="golden",
        plan_digest=PLAN,
        argv=("assay", "audit", "assay.yaml"),
        config={"name": "golden", "seed": 0},
        config_digest=sha256_bytes(b"golden"),
        task=Task(
            kind="text-classification",
            modality="text",
            classes=("benign", "urgent"),
            favourable="benign",
        ),
        datasets=(
            DatasetRef(
                name="test",
                file="test.csv",
                file_digest=sha256_bytes(b"test.csv"),
                content_digest=sha256_bytes(b"rows"),
                n_rows=N,
                n_read=N + 1,
                roles={"text": "text", "label": "label", "groups": ["team"]},
                quarantined=(Quarantined(reason="empty-text", n=1),),
            ),
        ),
        model=ModelRef(kind="predictions", name="scores.csv"),
        audits=(
            AuditRecord(id="accuracy", status="measured", options={}, version="1"),
            AuditRecord(id="group-error", status="measured", options={}, version="1"),
            AuditRecord(
                id="occlusion",
                status="not-measured",
                options={},
                version="1",
                because=Message.of(
                    "audit.no-model", "The run has stored predictions only, and no model."
                ),
            ),
        ),
        stages=(Stage(name="predict", status="done", started=NOW, ended=NOW),),
        packages={"numpy": "2.4.6"},
        python="3.11",
        platform="any",
        device="cpu",
        dtype="float32",
        seed=0,
        token_budget=4096,
        suite="standard",
        skipped=(),
        harness_version="0.1.0",
        system={"purpose": "Shows what a bundle holds."},
        declared={"accuracy.balanced-accuracy": 0.9},
    )


def verdict(run_digest: str) -> Verdict:
    """What the two rules of ``POLICY`` come to."""
    passed = Finding(
        rule="ACCURATE",
        title="At least 75 of 100 are decided as labelled",
        severity="block",
        basis="policy_choice",
        clauses=(),
        measure="accuracy.accuracy",
        dataset="test",
        slice="all",
        outcome="passed",
        because=Message.of(
            "gate.passed", "{low} is at least {limit}.", low=0.8265198212630998, limit=0.75
        ),
        limit="at least 0.75",
        limit_value=0.75,
        value=0.925,
        low=0.8265198212630998,
        high=0.9696297473882611,
        n=N,
        unit="share",
        alpha_low=0.05,
        alpha_high=0.05,
        why="Less would not be of use.",
        place="golden.policy.yaml:12",
    )
    open_one = Finding(
        rule="ONE-WORD",
        title="No single word decides more than 5 of 100 answers",
        severity="warn",
        basis="policy_choice",
        clauses=(),
        measure="occlusion.single-token-reliance",
        dataset="test",
        slice="all",
        outcome="not-measured",
        because=Message.of("audit.no-model", "The run has stored predictions only, and no model."),
        limit="at most 0.05",
        limit_value=0.05,
        n=0,
        unit="share",
        alpha_low=0.05,
        alpha_high=0.05,
        why="A word without meaning must not decide.",
        place="golden.policy.yaml:19",
    )
    return Verdict(
        schema_version="modelassay/verdict/v1",
        run_id=RUN_ID,
        run_digest=run_digest,
        policy=PolicyRef(
            id="golden",
            version="1.0.0",
            title="Policy of the golden bundle",
            digest=sha256_bytes(POLICY),
            place="golden.policy.yaml",
            status="stable",
        ),
        verdict="pass-with-warnings",
        exit_code=0,
        because=Message.of("gate.warnings", "{n} warning.", n=1),
        now=NOW,
        findings=(open_one, passed),
        counts={"not-measured": 1, "passed": 1},
        not_tested=(open_one.because,),
        harness_version="0.1.0",
    )


def exports() -> dict[str, bytes]:
    """Files that stand beside the verdict; their content is not read."""
    return {
        "report.html": b"<!doctype html><title>golden</title>\n",
        "junit.xml": b'<?xml version="1.0"?><testsuites/>\n',
        "summary.md": b"# golden\n",
    }


def _measure(key: str, unit: str, better: str) -> Measure:
    return Measure(
        key=key,
        title=key.partition(".")[2].replace("-", " ").capitalize(),
        unit=unit,
        better=better,  # type: ignore[arg-type]
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 examples, {per_100}.",
        blind_to="Everything else.",
        source="Made for the golden bundle.",
    )


def _nothing(why: Message) -> Estimate:
    return Estimate(
        value=None, low=None, high=None, n=0, unit="share", method="none", why_undefined=why
    )


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(dir=BUNDLE.parent) as folder:
        made = build(Path(folder) / "runs")
        shutil.rmtree(BUNDLE, ignore_errors=True)
        made.replace(BUNDLE)
    print(f"{BUNDLE.name}: {sum(f.stat().st_size for f in BUNDLE.rglob('*') if f.is_file())} bytes")
