"""Builds a small sealed run that has something of every section of the page Measurements.

Nothing is trained: shares are counted, everything else is given as an exact value.
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.attribution_store import Placed, write_shard
from harness.attributions import Attributions, Method
from harness.evidence import add_gate, open_run, seal_run
from harness.files import sha256_bytes, sha256_file, write_whole
from harness.records import AuditRecord, Measurement, Message, ModelRef, to_json
from harness.stats import exact, wilson

RUN = "20261124-090000-ab12cd"
WORDS = ("refund", "now", "please")
SECRET_WORD = "zq7secretword"

_SHARES = {
    "accuracy.accuracy": ("all",),
    "accuracy.class-recall": ("label=benign", "label=urgent"),
    "accuracy.majority-baseline": ("all",),
    "attribution.converged-share": ("all",),
    "attribution-stability.edit-overlap": ("all", "edit=typo-swap"),
    "faithfulness.decision-flip": ("method=occlusion", "method=random"),
    "shortcuts.insertion-flip-rate": ("all",),
    "reason-codes.stable-share": ("all",),
    "extraction.extractable-share": ("all", "kind=email"),
    "robustness.flip-rate": ("all", "edit=typo-swap", "edit=synonyms"),
    "robustness.attack-success-rate": ("all",),
    "robustness.random-attack-success-rate": ("all",),
    "data-quality.contradictory-share": ("all",),
    "house-audit.odd-share": ("all",),
}
_EXACT = {
    "membership.auc-loss": ("all",),
    "membership.blind-auc": ("all",),
    "memorisation.median-exposure": ("planted=0", "planted=4"),
    "empirical-epsilon.shown": ("all",),
    "training-data-privacy.density": ("kind=email",),
}


def make(runs: Path, golden: Path) -> Path:
    """Build the run below a folder and return it.

    Args:
        runs: Folder of runs.
        golden: ``tests/golden/make.py``, whose rows and predictions are used.
    """
    spec = importlib.util.spec_from_file_location("golden_make", golden)
    assert spec is not None
    assert spec.loader is not None
    base = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(base)
    work = runs / ".partial" / base.PLAN
    work.mkdir(parents=True)
    base.write_parquet(work)
    write_whole(work / "personal/quarantine.json", "[]\n")
    _write_files(work)
    _write_attributions(work)
    write_whole(work / "measurements.json", to_json(_measurements(base, work)))
    lineage = _lineage(runs)
    audits = tuple(
        AuditRecord(id=one, status="measured", options={"method_seed": 3}, version="1")
        for one in dict.fromkeys(key.partition(".")[0] for key in (*_SHARES, *_EXACT))
    )
    why = Message.of("audit.crashed", "The audit stopped: [odd](http://evil.test).")
    record = replace(
        base.record(),
        run_id=RUN,
        model=ModelRef(kind="trained", name="tiny", lineage_digest=lineage),
        audits=(*audits, AuditRecord("occlusion", "error", {}, "1", why)),
        skipped=("perplexity",),
    )
    path = seal_run(work, runs, record)
    bundle = open_run(path)
    verdict = base.verdict(bundle.digest)
    doubt = replace(
        verdict.findings[1], rule="STABLE", measure="attribution-stability.edit-overlap",
        title="Edits leave the words in place", outcome="failed", limit="at least 0.9",
        limit_value=0.9, severity="warn",
    )  # fmt: skip
    add_gate(bundle, replace(verdict, run_id=RUN, findings=(doubt,), counts={"failed": 1}, not_tested=()),
             base.POLICY, base.exports())  # fmt: skip
    return path


def _measurements(base, work):
    measurements = base.measurements(sha256_file(work / base.REPLICATES))
    found = [
        Measurement(measure=key, dataset="test", slice=one, estimate=wilson(9, 40), share=1.0)
        for key, slices in _SHARES.items()
        for one in slices
    ]
    found += [
        Measurement(
            measure=key, dataset="test", slice=one, estimate=exact(0.6, n=40, unit=_unit(key))
        )
        for key, slices in _EXACT.items()
        for one in slices
    ]
    nothing = Message.of("audit.nothing", "Nothing could be measured.")
    found.append(
        Measurement(
            measure="plausibility.token-f1", dataset="test", slice="all", estimate=base._nothing(nothing)
        )
    )  # fmt: skip
    units = {**dict.fromkeys(_SHARES, "share"), **{key: _unit(key) for key in _EXACT}}
    units["plausibility.token-f1"] = "share"
    defined = tuple(base._measure(key, unit, "lower") for key, unit in units.items())
    return replace(measurements, measures=defined, measurements=tuple(found))


def _unit(key: str) -> str:
    return "bits" if key.startswith("memorisation") else "probability"


def _table(work: Path, name: str, rows: list[dict]) -> None:
    path = work / "audits" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def _write_files(work: Path) -> None:
    bins = [
        {"score_low": s, "score_high": s, "n": 20, "mean_score": s, "share": s / 2,
         "share_low": 0.1, "share_high": 0.9}
        for s in (0.2, 0.8)
    ]  # fmt: skip
    curve = {"dataset": "test", "score_of": "urgent", "alpha": 0.05, "bins": bins}
    write_whole(work / "audits/calibration/reliability.json", json.dumps({"curves": [curve]}))
    signals = {"test": {"loss": {"curve": [[0.01, 0.2], [0.1, 0.6]]}}}
    write_whole(work / "audits/membership/signals.json", json.dumps(signals))
    _table(work, "faithfulness/curves.parquet", [
        {"ranking": ranking, "n_taken": n, "n_words": 10, "without": 0.9 - n / 20, "kept": n / 10}
        for ranking in ("occlusion", "random-0") for n in (1, 5)
    ])  # fmt: skip
    _table(work, "shortcuts/words.parquet", [
        {"word": 0, "name": SECRET_WORD, "verdict": "used-and-in-data", "class": "urgent", "n_flips": 9,
         "n_inserted": 10, "n_control_flips": 0, "flip_rate_low": 0.6, "flip_rate_high": 0.99,
         "n_rows": 12, "q_value": 0.001, "is_found": True},
    ])  # fmt: skip
    _table(work, "reason-codes/reasons.parquet", [
        {"reason": reason, "verdict": "stable", "is_protected": False} for reason in ["late"] * 12 + ["rare"]
    ])  # fmt: skip
    _table(work, "memorisation/exposures.parquet", [
        {"planted": n, "family": "number", "bits": 2.0 * n, "low": 1.0 * n, "high": 3.0 * n, "method": "exact"}
        for n in (0, 4)
    ])  # fmt: skip
    _table(work, "extraction/leaked.parquet", [
        {"kind": "email", "mask": "EMAIL#<21c>", "digest": "d", "documents": 16, "queries": 10,
         "is_known_to_base": False},
    ] * 12)  # fmt: skip
    _table(work, "extraction/probabilities.parquet", [
        {"model": model, "prefix": 50, "kind": "email", "power_of_ten": -3, "n_values": 4}
        for model in ("own", "base")
    ])  # fmt: skip


def _write_attributions(work: Path) -> None:
    """Write the attributions of two rows: three words each."""
    k, p = 2, len(WORDS)
    found = Attributions(
        method=Method(id="integrated-gradients"),
        starts=np.array([0, p, 2 * p]),
        values=np.array([1.0, -0.5, 0.1, 0.2, 0.3, 0.4]),
        target=np.ones(k, dtype=np.int64),
        runner_up=np.zeros(k, dtype=np.int64),
        whole=np.full(k, 1.0),
        blank=np.full(k, 0.4),
        gap=np.zeros(k),
        status=np.array(["converged"] * k, dtype=object),
        top_overlap=np.ones(k),
        n_gradients=np.full(k, 32),
        n_forwards=np.full(k, 4),
    )
    spans = np.array([[0, 0, 7], [0, 8, 14], [0, 15, 16]] * k)
    ids = np.array(["e000", "e001"], dtype=object)
    placed = Placed("test", ids, np.arange(k), np.zeros(k, dtype=bool), found, spans)
    path = work / "attributions" / ("a" * 12) / "test" / "shard-00000-aa.parquet"
    path.parent.mkdir(parents=True)
    write_shard(path, "key", placed)


def _lineage(runs: Path) -> str:
    lineage = {
        "method": "full", "n_trained_parameters": 10, "seed": 0, "n_steps": 2, "chosen_step": 2,
        "train": {"n_rows": 100, "content_digest": "c" * 64},
        "curve": [{"step": 2, "train_loss": 0.5, "validation_loss": 0.6, "validation_accuracy": 0.9}],
        "step_curve": [{"step": 1, "train_loss": 0.9}, {"step": 2, "train_loss": 0.5}],
    }  # fmt: skip
    raw = json.dumps(lineage).encode()
    path = runs / "models" / "tiny" / "lineage.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(raw)
    return sha256_bytes(raw)
