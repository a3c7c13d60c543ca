"""What a run is measured and judged by is fixed before its first prediction, and held against it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli.root import assay
from harness.config import load_config
from harness.errors import IntegrityError, UsageError
from harness.evidence import LOCK, open_run, verify_run, write_manifest
from harness.evidence.manifest import build_manifest
from harness.files import sha256_bytes
from harness.pipeline.locking import lock_of
from harness.pipeline.plan import yardstick_of
from harness.records import to_json

POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: acme.mine, version: 1.0.0, title: Mine}
rules:
  - id: ACC
    title: Accuracy
    severity: block
    measure: accuracy.accuracy
    require: {at_least: 0.5}
    basis: policy_choice
    why: Less is of no use.
"""


def lock_bytes(config: Path) -> bytes:
    return to_json(lock_of(yardstick_of(load_config(config)))).encode()


def swap(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def mine(toy: Any) -> Path:
    """A policy of one's own, which the config names."""
    path: Path = toy.folder / "mine.policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    with toy.config.open("a", encoding="utf-8") as stream:
        stream.write("policy: {file: mine.policy.yaml}\n")
    return path


@pytest.fixture
def lock(toy: Any, mine: Path) -> Path:
    path: Path = toy.folder / "before.json"
    path.write_bytes(lock_bytes(toy.config))
    return path


def test_a_run_fixes_its_own_lock_before_it_asks_the_model_and_says_the_digest(toy, run, listener):
    asked = []
    listener.note = lambda text: asked.append((text, toy.model.n_rows))
    bundle = run(reporter=listener)
    digest = sha256_bytes(bundle.read_bytes(LOCK))
    assert bundle.record.lock_digest == digest
    assert asked == [(f"lock {digest} (written by this run)", 0)]
    assert bundle.read_bytes(LOCK) == lock_bytes(toy.config)
    assert bundle.lock.policies[0].id == "modelassay.standard"
    assert verify_run(bundle.path).problems == ()


def test_a_lock_that_was_made_before_lies_in_the_run_to_the_byte(toy, run, lock):
    raw = lock.read_bytes().replace(b"\n", b"\r\n")  # whatever wrote it
    lock.write_bytes(raw)
    bundle = run(lock=lock)
    assert bundle.read_bytes(LOCK) == raw
    assert bundle.record.lock_digest == sha256_bytes(raw)
    assert verify_run(bundle.path).is_intact


def test_the_config_may_name_the_lock(toy, run, mine, lock):
    swap(toy.config, "file: mine.policy.yaml", "file: mine.policy.yaml, lock: before.json")
    bundle = run()
    assert bundle.record.lock_digest == sha256_bytes(lock.read_bytes())


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("rows.csv", "m0,", "m0000,", "Data set test must hold the rows that were locked"),
        ("assay.yaml", "seed: 3", "seed: 4", "seed must be 3, as locked, got 4"),
        ("assay.yaml", "suite: quick", "suite: standard", "audits.suite must be 'quick', as lock"),
        ("assay.yaml", "rows: 40", "rows: 41", "Options of audit occlusion must be those that"),
        ("assay.yaml", "skip: [faith", "skip: [occlusion, faith", "Audit occlusion must be there"),
        ("mine.policy.yaml", "0.5", "0.4", "Policy acme.mine 1.0.0 must be version 1.0.0 with the"),
        ("mine.policy.yaml", "id: acme.mine", "id: acme.other", "must be one that was locked (acme"),
        ("assay.yaml", "[no, yes]}", "[no, yes], favourable: yes}", "The task must be as locked"),
        ("assay.yaml", "device: cpu", "device: cpu\ndeclared: {accuracy.accuracy: 0.1}", "declared"),
        ("assay.yaml", "device: cpu", "device: cpu\nsystem: {domain: games}", "What system: says"),
        ("assay.yaml", "[region]", "[{column: region, reference: east}]", "the plans of groups,"),
    ],
)  # fmt: skip
def test_every_difference_from_the_lock_is_named_and_nothing_is_predicted(
    toy, run, lock, file, old, new, words
):
    swap(toy.folder / file, old, new)
    with pytest.raises(IntegrityError) as err:
        run(lock=lock)
    assert words in str(err.value)
    assert "assay policy lock CONFIG" in str(err.value)
    assert err.value.exit_code == 5
    assert toy.model.n_rows == 0


def test_all_differences_are_said_at_once(toy, run, lock):
    swap(toy.config, "seed: 3", "seed: 4")
    swap(toy.folder / "mine.policy.yaml", "0.5", "0.4")
    with pytest.raises(IntegrityError) as err:
        run(lock=lock)
    assert len(err.value.problems) == 3


def test_another_version_of_an_audit_is_a_difference(toy, run, lock):
    swap(lock, '"accuracy": "2"', '"accuracy": "1"')
    with pytest.raises(IntegrityError, match="Audit accuracy must have the locked version"):
        run(lock=lock)


def test_other_tests_of_the_policy_are_a_difference(toy, run, mine, lock):
    (toy.folder / "mine.policy_test.yaml").write_text("cases: []\n", encoding="utf-8")
    with pytest.raises(IntegrityError, match="tests must be as locked"):
        run(lock=lock)


def test_a_lock_that_is_not_there_is_misuse_and_one_that_is_none_breaks_integrity(toy, run, lock):
    with pytest.raises(UsageError, match="must be a readable file"):
        run(lock=toy.folder / "nowhere.json")
    lock.write_text("{}", encoding="utf-8")
    with pytest.raises(IntegrityError, match="must follow the schema Lock"):
        run(lock=lock)


def test_a_budget_cuts_rows_and_breaks_no_lock(toy, run, mine, lock):
    with toy.config.open("a", encoding="utf-8") as stream:
        stream.write("budget: {rows: {predict: {test: 200}}}\n")
    bundle = run(lock=lock)
    used = bundle.record.datasets[0]
    assert used.n_rows == 200
    assert bundle.record.cut == {"test": bundle.lock.datasets["test"]}
    assert used.content_digest != bundle.lock.datasets["test"]
    assert verify_run(bundle.path).problems == ()


class _Killed(BaseException):
    """As a kill would."""


def _kill(toy: Any, run: Any, **more: Any) -> None:
    real = toy.model.logits

    def logits(items: Any) -> Any:
        if toy.model.n_rows > 100:
            raise _Killed
        return real(items)

    toy.model.logits = logits
    with pytest.raises(_Killed):
        run(**more)
    toy.model.logits = real


def test_a_run_that_goes_on_keeps_the_lock_that_it_began_with(toy, run, mine):
    _kill(toy, run)
    before = lock_bytes(toy.config)
    assert run().record.lock_digest == sha256_bytes(before)


def test_a_policy_that_was_changed_after_the_first_predictions_is_refused(toy, run, mine):
    _kill(toy, run)
    swap(mine, "0.5", "0.4")
    with pytest.raises(IntegrityError, match="to begin anew") as err:
        run()
    assert "Policy acme.mine 1.0.0 must be version 1.0.0" in str(err.value)
    (scratch,) = (toy.folder / "runs" / ".partial").glob("*.scratch")
    shutil.rmtree(scratch)
    assert verify_run(run().path).is_intact


def test_a_lock_that_was_made_after_the_first_predictions_is_refused(toy, run, mine, lock):
    _kill(toy, run)
    lock.write_bytes(lock.read_bytes() + b"\n")
    with pytest.raises(IntegrityError, match="its first predictions were made before"):
        run(lock=lock)


def _reseal(run: Path) -> None:
    old = open_run(run).manifest
    new = build_manifest(
        run, kind="run", id=old.id, without={"personal"}, personal_manifest=old.personal_manifest
    )
    write_manifest(run, new)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("seed", 9, "seed of run.json must be those of policy.lock.json, got 3 for 9"),
        ("suite", "deep", "suite of run.json"),
        ("datasets", {"test": "0" * 64}, "datasets of run.json must be those"),
        ("audits", {}, "audits of run.json must be those of policy.lock.json, got others: acc"),
        ("options", {}, "options of run.json must be those"),
    ],
)
def test_a_lock_that_says_other_than_the_run_is_found_though_its_digests_are_right(
    toy, run, key, value, words
):
    path = run().path
    data = json.loads((path / LOCK).read_text(encoding="utf-8")) | {key: value}
    (path / LOCK).write_text(json.dumps(data), encoding="utf-8")
    record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    record["lock_digest"] = record["outputs"][LOCK] = sha256_bytes((path / LOCK).read_bytes())
    (path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    _reseal(path)
    assert [one for one in verify_run(path).problems if words in one]


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_a_record_that_disowns_its_lock_is_found(toy, run, digest):
    path = run().path
    record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    (path / "run.json").write_text(json.dumps(record | {"lock_digest": digest}), encoding="utf-8")
    _reseal(path)
    assert "lock_digest in run.json must be" in verify_run(path).problems[0]


def test_a_lock_that_was_taken_out_of_the_run_is_missed(toy, run):
    path = run().path
    (path / LOCK).unlink()
    record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    del record["outputs"][LOCK]
    (path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    _reseal(path)
    assert f"{LOCK} must be named by {path.name}/MANIFEST.json" in verify_run(path).problems[0]


def _predictions_only(folder: Path) -> Path:
    config = folder / "stored.yaml"
    config.write_text(
        """apiVersion: modelassay/v1
kind: Run
name: stored
task: {kind: text-classification, labels: [no, yes]}
data: {test: {path: rows.csv, id: id, text: text, label: label}}
model: {predictions: {path: not-made-yet.csv, id: id, decision: d}}
audits: {suite: quick}
""",
        encoding="utf-8",
    )
    return config


def test_the_command_locks_a_run_whose_predictions_are_not_made_yet(toy, mine):
    config, out = _predictions_only(toy.folder), toy.folder / "locks" / "one.json"
    asked = ["policy", "lock", str(config), "-o", str(out), "--policy", str(mine)]
    shown = CliRunner().invoke(assay, asked, standalone_mode=False)
    assert shown.exception is None
    assert shown.stdout.strip() == sha256_bytes(out.read_bytes())
    assert [one["id"] for one in json.loads(out.read_bytes())["policies"]] == [
        "modelassay.standard",
        "acme.mine",
    ]
    said = CliRunner().invoke(assay, [*asked, "--json"], standalone_mode=False)
    assert json.loads(said.stdout)["digest"] == shown.stdout.strip()


def test_a_gate_by_another_policy_does_not_become_the_policy_of_the_run(toy, run, mine, tmp_path):
    bundle = run()
    other = tmp_path / "other.policy.yaml"
    other.write_text(POLICY.replace("acme.mine", "acme.other").replace("0.5", "0.1"))
    for more in (["--policy", str(mine)], ["--policy", str(other)], []):
        done = CliRunner().invoke(assay, ["gate", str(bundle.path), *more, "--json"])
        assert done.exit_code in (0, 1, 3), done.output
    said = json.loads(done.stdout)
    assert said["policy"]["id"] == "acme.mine"
    assert said["is_exploratory"] is False
