"""Evidence that was edited with everything that follows from it still contradicts the stored answers."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness import registry
from harness.commands.rederiving import KEPT, measure_again
from harness.evidence import (
    Wish,
    build_manifest,
    erase,
    open_run,
    recompute,
    seal_run,
    verify_run,
    write_manifest,
)
from harness.files import sha256_file, write_whole
from harness.predictions import Predictions, write_predictions
from harness.records import (
    AuditRecord,
    GroupPlan,
    Measurements,
    Message,
    from_json,
    joined,
    to_json,
)
from harness.signing import new_key
from harness.stats import reestimate, undefined
from harness.trials import make_context, run_audit

NOW = datetime(2026, 11, 27, tzinfo=UTC)
AUDITS = ("accuracy", "calibration", "group-error", "group-metrics")
N = 120


def predictions(*, has_clusters: bool) -> Predictions:
    rng = np.random.default_rng(5)
    label = rng.integers(0, 2, N)
    decision = np.where(rng.random(N) < 0.8, label, 1 - label)
    sure = rng.uniform(0.55, 0.95, N)
    scores = np.where(np.arange(2) == decision[:, None], sure[:, None], 1 - sure[:, None])
    team = np.array(["north", "south", "west", ""], dtype=object)[rng.integers(0, 4, N)]
    named = [joined(np.array(["a", "b"])[rng.random(2) < 0.6].tolist()) for _ in range(N)]
    return Predictions(
        dataset="test",
        example_id=np.array([f"e{i}" for i in range(N)], dtype=object),
        decision=decision,
        n_classes=2,
        scores=scores,
        label=label,
        groups={"team": team, "named": np.array(named, dtype=object)},
        group_plans={
            "team": GroupPlan(values=("north", "south", "west", "none-such"), reference="north"),
            "named": GroupPlan(is_list=True),
        },
        cluster=np.array([f"c{i // 4}" for i in range(N)], dtype=object) if has_clusters else None,
        truncated=np.zeros(N, dtype=bool),
    )


def build(runs: Path, golden, *, has_clusters: bool) -> Path:
    work = runs / ".partial" / ("c0ffee" if has_clusters else "facade")
    work.mkdir(parents=True)
    given = predictions(has_clusters=has_clusters)
    write_predictions(work / "predictions.parquet", [given])
    cells = [
        json.dumps(cell.strip("\x1f").split("\x1f") if cell.strip("\x1f") else [])
        for cell in given.groups["named"]
    ]
    table = {
        "dataset": ["test"] * N,
        "example_id": given.example_id.tolist(),
        "text": [f"text {i}" for i in range(N)],
        "group:team": given.groups["team"].tolist(),
        "group:named": cells,
    }
    if given.cluster is not None:
        table["cluster"] = given.cluster.tolist()
    (work / "personal").mkdir()
    pq.write_table(pa.table(table), work / "personal/rows.parquet")
    record = golden.record()
    measurements, records, measures = [], [], []
    for id in AUDITS:
        audit = registry.audits()[id]
        prepared = make_context(
            audit, task=record.task, predictions=[given], seed=record.seed, folder=work
        )
        measurements += run_audit(audit, prepared.context, reasons=prepared.reasons)
        options = prepared.context.options
        resolved = {} if options is None else options.model_dump(mode="json")
        records.append(
            AuditRecord(id=id, status="measured", options=resolved, version=audit.version)
        )
        measures += audit.measures
    noun = Measurements("modelassay/measurements/v1", tuple(measures), tuple(measurements))
    write_whole(work / "measurements.json", to_json(noun))
    roles = {"text": "text", "label": "label", "groups": ["team", "named"]}
    roles |= {"cluster": "cluster"} if has_clusters else {}
    plan = {
        "column": "team",
        "values": ["north", "south", "west", "none-such"],
        "reference": "north",
        "exclude": {},
        "separator": None,
    }
    record = replace(
        record,
        audits=tuple(records),
        datasets=(replace(record.datasets[0], roles=roles, n_rows=N),),
        config={"data": {"test": {"test": {"groups": [plan, "named"]}}}},
        packages={"numpy": np.__version__},
    )
    return seal_run(work, runs, record)


@pytest.fixture(scope="module")
def built(tmp_path_factory, golden):
    runs = tmp_path_factory.mktemp("built")
    return {kind: build(runs / str(kind), golden, has_clusters=kind) for kind in (False, True)}


@pytest.fixture(params=[False, True], ids=["rows", "clusters"])
def honest(request, tmp_path, built):
    return Path(shutil.copytree(built[request.param], tmp_path / "runs" / "run"))


def forged(run: Path, change) -> None:
    """Edit measurements and seal anew, as somebody does who knows the format."""
    old = open_run(run)
    noun = from_json(Measurements, (run / "measurements.json").read_bytes(), where="m")
    edited = replace(noun, measurements=tuple(change(one) for one in noun.measurements))
    write_whole(run / "measurements.json", to_json(edited))
    _seal_again(run, old)


def _seal_again(run, old, **changes):
    outputs = {**old.record.outputs, "measurements.json": sha256_file(run / "measurements.json")}
    record = replace(old.record, outputs=outputs, **changes)
    write_whole(run / "run.json", to_json(record))
    seal = build_manifest(
        run,
        kind="run",
        id=old.id,
        without={"personal", "gates"},
        personal_manifest=old.manifest.personal_manifest,
    )
    write_manifest(run, seal)


def test_an_honest_run_is_measured_again_to_the_same_numbers(honest):
    bundle = open_run(honest)
    found = measure_again(bundle)
    assert found.problems == ()
    measured = [one for one in bundle.measurements.measurements if one.estimate.is_measured]
    beyond = {key for id in AUDITS for key in registry.audits()[id].beyond or ()}
    assert found.n_from_evidence == sum(one.measure in beyond for one in measured)
    assert found.n_from_predictions == len(measured) - found.n_from_evidence
    assert found.n_from_predictions > 60


def better(one):
    """More successes, with the value and the interval that follow from them."""
    if one.key != "accuracy.accuracy@test[all]" or one.estimate.method != "wilson":
        return one
    values = dict(one.estimate.evidence.values)
    values["successes"] += 10
    evidence = replace(one.estimate.evidence, values=values)
    changed = replace(one.estimate, value=values["successes"] / values["trials"], evidence=evidence)
    return replace(
        one,
        estimate=replace(reestimate(changed, alpha_low=0.05, alpha_high=0.05), value=changed.value),
    )


def test_counts_that_were_edited_with_all_that_follows_are_found(tmp_path, built):
    run = Path(shutil.copytree(built[False], tmp_path / "run"))
    forged(run, better)
    assert verify_run(run).is_intact
    assert recompute(open_run(run)) == []  # every number follows from its evidence
    problems = measure_again(open_run(run)).problems
    assert any("value of accuracy.accuracy@test[all]" in one for one in problems)
    assert any("evidence of accuracy.accuracy@test[all]" in one for one in problems)


def test_a_group_that_was_taken_for_another_is_found(honest):
    def swap(one):
        names = {"team=north": "team=south", "team=south": "team=north"}
        if one.measure != "group-error.error-rate" or one.slice not in names:
            return one
        return replace(one, slice=names[one.slice])

    forged(honest, swap)
    assert verify_run(honest).is_intact
    found = measure_again(open_run(honest)).problems
    assert any("group-error.error-rate@test[team=north]" in one for one in found)


def test_a_bad_number_that_was_declared_unmeasured_is_found(honest):
    def hide(one):
        if one.key != "accuracy.balanced-accuracy@test[all]":
            return one
        return replace(one, estimate=undefined(Message.of("x", "Not measured."), unit="share"))

    forged(honest, hide)
    found = measure_again(open_run(honest)).problems
    assert any("balanced-accuracy" in one for one in found)


def test_a_measurement_that_was_left_out_is_found(honest):
    old = open_run(honest)
    noun = from_json(Measurements, (honest / "measurements.json").read_bytes(), where="m")
    kept = [one for one in noun.measurements if one.slice != "team=west"]
    write_whole(honest / "measurements.json", to_json(replace(noun, measurements=tuple(kept))))
    _seal_again(honest, old)
    assert verify_run(honest).is_intact
    found = measure_again(open_run(honest)).problems
    assert any("team=west" in one and "must stand as" in one for one in found)


def test_without_group_values_only_what_needs_none_is_measured_again(honest):
    whole = measure_again(open_run(honest))
    erase(honest, Wish("e7", "asked for", "legal", new_key(), NOW))
    part = measure_again(open_run(honest))
    assert part.problems == ()
    assert part.n_from_predictions < whole.n_from_predictions
    total = part.n_from_predictions + part.n_from_evidence
    assert total == whole.n_from_predictions + whole.n_from_evidence


def test_an_audit_of_another_version_is_left_to_its_evidence(honest):
    old = open_run(honest)
    _seal_again(honest, old, audits=tuple(replace(one, version="0") for one in old.record.audits))
    assert verify_run(honest).is_intact
    found = measure_again(open_run(honest))
    assert (found.problems, found.n_from_predictions) == ((), 0)


def test_the_audits_of_errors_by_group_and_of_calibration_need_no_more_than_a_run_keeps():
    known = registry.audits()
    for id in AUDITS:
        assert known[id].needs <= KEPT
        assert known[id].uses <= KEPT or known[id].beyond
