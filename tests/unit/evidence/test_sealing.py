import errno
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import IncompleteError, IntegrityError, UsageError
from harness.evidence import (
    add_gate,
    gate_id,
    list_runs,
    open_run,
    run_id,
    seal_run,
    verify_run,
)
from harness.files import sha256_bytes, sha256_file


class Killed(BaseException):
    """Stands for a kill: no handler for errors sees it."""


def nth(function, n, raises):
    """Let the first n calls through, then raise."""
    calls = []

    def patched(*args, **kwargs):
        calls.append(args)
        if len(calls) > n:
            raise raises
        return function(*args, **kwargs)

    patched.calls = calls
    return patched


def sealed_runs(runs: Path) -> list[Path]:
    return [p for p in runs.iterdir() if (p / "MANIFEST.json").exists()]


def test_the_id_says_when_and_what(golden):
    moment = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
    assert run_id(moment, golden.PLAN) == golden.RUN_ID


def test_sealing_moves_the_workspace_to_its_name_and_records_every_output(work, runs, golden):
    path = seal_run(work, runs, golden.record())
    assert path == runs / golden.RUN_ID
    assert not work.exists()
    outputs = open_run(path).record.outputs
    assert outputs == {
        name: sha256_file(path / name)
        for name in (
            "audits/accuracy/confusion.json",
            "audits/accuracy/replicates.parquet",
            "measurements.json",
            "predictions.parquet",
        )
    }
    assert verify_run(path).is_intact


def test_a_second_run_in_the_same_second_gets_a_number(work, runs, golden):
    (runs / golden.RUN_ID).mkdir()
    (runs / golden.RUN_ID / "x").touch()
    path = seal_run(work, runs, golden.record())
    assert path.name == f"{golden.RUN_ID}-2"
    assert open_run(path).record.run_id == path.name
    assert verify_run(path).is_intact


def test_a_name_that_is_taken_between_the_look_and_the_move_is_given_up(
    work, runs, golden, monkeypatch
):
    real = os.replace

    def race(src, dst):
        if Path(dst).name == golden.RUN_ID:
            Path(dst).mkdir()
            (Path(dst) / "x").touch()
        return real(src, dst)

    monkeypatch.setattr(os, "replace", race)
    path = seal_run(work, runs, golden.record())
    assert path.name == f"{golden.RUN_ID}-2"
    assert verify_run(path).is_intact


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_kill_at_any_step_of_sealing_leaves_no_run_and_can_be_resumed(
    work, runs, golden, monkeypatch, call
):
    real = getattr(os, call)
    step = 0
    while True:
        patched = nth(real, step, Killed())
        monkeypatch.setattr(os, call, patched)
        try:
            path = seal_run(work, runs, golden.record())
        except Killed:
            # the move is the last step but the flush of the folder that it happened in
            if call == "fsync" and not work.exists():
                path = runs / golden.RUN_ID
                break
            assert sealed_runs(runs) == []
            assert list_runs(runs) == []
            step += 1
            continue
        break
    monkeypatch.setattr(os, call, real)
    assert step >= 4
    assert verify_run(path).is_intact


_KILL = """
import os, sys
from pathlib import Path
import runpy
make = runpy.run_path(sys.argv[1])
from harness.evidence import seal_run
real, left = os.replace, [int(sys.argv[4])]
def replace(src, dst):
    if left[0] == 0:
        os._exit(9)
    left[0] -= 1
    return real(src, dst)
os.replace = replace
seal_run(Path(sys.argv[2]), Path(sys.argv[3]), make["record"]())
"""


@pytest.mark.parametrize("step", [1, 3])
def test_a_process_that_dies_while_sealing_leaves_no_run(work, runs, golden, step):
    make = Path(golden.__file__)
    command = [sys.executable, "-c", _KILL, str(make), str(work), str(runs), str(step)]
    done = subprocess.run(command, cwd=make.parents[2], check=False)
    assert done.returncode == 9
    assert sealed_runs(runs) == []
    assert verify_run(seal_run(work, runs, golden.record())).is_intact


@pytest.mark.parametrize("step", range(4))
def test_a_full_disk_while_sealing_is_an_incomplete_run_and_no_half_bundle(
    work, runs, golden, monkeypatch, step
):
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "replace", nth(os.replace, step, full))
    with pytest.raises(IncompleteError, match="full disk"):
        seal_run(work, runs, golden.record())
    monkeypatch.undo()
    assert sealed_runs(runs) == []
    assert not list(work.rglob("*.part"))
    assert verify_run(seal_run(work, runs, golden.record())).is_intact


def test_a_full_disk_while_writing_is_an_incomplete_run(work, runs, golden, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(Path, "write_bytes", nth(Path.write_bytes, 0, full))
    with pytest.raises(IncompleteError, match="full disk"):
        seal_run(work, runs, golden.record())
    assert sealed_runs(runs) == []


def test_a_file_that_changed_after_its_stage_is_not_sealed(work, runs, golden):
    record = replace(golden.record(), outputs={"predictions.parquet": "0" * 64})
    with pytest.raises(IntegrityError, match=r"predictions\.parquet must have the digest 0000"):
        seal_run(work, runs, record)
    assert sealed_runs(runs) == []


def test_a_workspace_without_measurements_is_not_sealed(work, runs, golden):
    (work / "measurements.json").unlink()
    with pytest.raises(IntegrityError, match=r"measurements\.json must be written"):
        seal_run(work, runs, golden.record())


def test_evidence_without_a_digest_is_not_sealed(work, runs, golden):
    from harness.records import to_json

    data = golden.measurements("x")
    (work / "measurements.json").write_text(to_json(data))
    with pytest.raises(IntegrityError, match=r"evidence of accuracy\.balanced-accuracy"):
        seal_run(work, runs, golden.record())


@pytest.mark.parametrize("name", ["link", "audits/link"])
def test_a_link_is_not_sealed(work, runs, golden, name):
    (work / name).symlink_to(work / "measurements.json")
    with pytest.raises(IntegrityError, match="must be a plain file"):
        seal_run(work, runs, golden.record())


@pytest.mark.skipif(os.name == "nt", reason="such names cannot exist there")
@pytest.mark.parametrize("name", ["a\\b", "a:b", "a\nb"])
def test_a_name_that_not_every_system_can_hold_is_not_sealed(work, runs, golden, name):
    (work / name).touch()
    with pytest.raises(IntegrityError, match="A path in"):
        seal_run(work, runs, golden.record())


def test_a_run_without_personal_data_needs_no_personal_part(work, runs, golden):
    for file in (work / "personal").iterdir():
        file.unlink()
    bundle = open_run(seal_run(work, runs, golden.record()))
    assert bundle.manifest.personal_manifest is None
    assert verify_run(bundle.path).is_intact


def test_the_gate_id_depends_on_what_the_judgement_depended_on_and_on_nothing_else(golden):
    verdict = golden.verdict("0" * 64)
    same = replace(verdict, exit_code=4, harness_version="9", findings=())
    others = [
        replace(verdict, run_digest="1" * 64),
        replace(verdict, policy=replace(verdict.policy, digest="1" * 64)),
        replace(verdict, waivers_digest="1" * 64),
        replace(verdict, baseline_run="r"),
        replace(verdict, now="2026-11-23T18:40:02Z"),
    ]
    assert gate_id(same) == gate_id(verdict)
    assert len({gate_id(one) for one in [verdict, *others]}) == 6
    assert len(gate_id(verdict)) == 12


def test_the_same_gate_again_is_the_gate_that_is_there(run, golden):
    bundle = open_run(run)
    before = sha256_file(bundle.gate().path / "MANIFEST.json")
    path = add_gate(bundle, golden.verdict(bundle.digest), golden.POLICY, {"new.md": b"x"})
    assert path == bundle.gate().path
    assert sha256_file(path / "MANIFEST.json") == before
    assert not (path / "new.md").exists()


def test_a_gate_is_never_overwritten_by_another_verdict(run, golden):
    bundle = open_run(run)
    other = replace(golden.verdict(bundle.digest), exit_code=4)
    with pytest.raises(UsageError, match="never overwritten"):
        add_gate(bundle, other, golden.POLICY, {})


def test_a_damaged_gate_is_not_taken_for_the_same(run, golden):
    bundle = open_run(run)
    (bundle.gate().path / "verdict.json").write_text("{}")
    with pytest.raises(IntegrityError):
        add_gate(bundle, golden.verdict(bundle.digest), golden.POLICY, {})


def test_a_verdict_about_another_run_or_policy_is_refused(run, golden):
    bundle = open_run(run)
    with pytest.raises(IntegrityError) as caught:
        add_gate(bundle, golden.verdict("0" * 64), b"other", {})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("name", ["../x.md", "verdict.json", "MANIFEST.json", "statements/a.json"])
def test_an_export_cannot_take_another_place(ungated, golden, name):
    bundle = open_run(ungated)
    with pytest.raises(UsageError, match="The name of an export"):
        add_gate(bundle, golden.verdict(bundle.digest), golden.POLICY, {name: b""})
    assert bundle.gate_ids() == ()


@pytest.mark.parametrize("error", [Killed(), OSError(errno.ENOSPC, "No space left on device")])
@pytest.mark.parametrize("step", range(6))
def test_a_gate_that_could_not_be_finished_is_no_gate(ungated, golden, monkeypatch, step, error):
    bundle = open_run(ungated)
    verdict = golden.verdict(bundle.digest)
    monkeypatch.setattr(os, "replace", nth(os.replace, step, error))
    expected = IncompleteError if isinstance(error, OSError) else Killed
    with pytest.raises(expected):
        add_gate(bundle, verdict, golden.POLICY, golden.exports())
    monkeypatch.undo()
    assert bundle.gate_ids() == ()
    assert verify_run(ungated).is_intact
    add_gate(bundle, verdict, golden.POLICY, golden.exports())
    assert verify_run(ungated).is_intact


def test_the_last_written_gate_is_the_newest_whatever_clock_it_was_given(run, golden):
    bundle = open_run(run)
    old = replace(golden.verdict(bundle.digest), now="2001-01-01T00:00:00Z", exit_code=4)
    path = add_gate(bundle, old, golden.POLICY, {})
    assert bundle.gate().path == path
    assert bundle.verdict().exit_code == 4
    assert [gate.manifest.sequence for gate in bundle.gates()] == [1, 2]


def test_threads_that_gate_at_once_all_get_their_gate(ungated, golden):
    bundle = open_run(ungated)
    verdicts = [
        replace(golden.verdict(bundle.digest), now=f"2026-11-23T18:40:{second:02d}Z")
        for second in (0, 1, 2, 0, 1, 2)
    ]
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda v=v: paths.append(add_gate(bundle, v, golden.POLICY, {})))
        for v in verdicts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 6
    assert len(set(paths)) == 3
    assert verify_run(ungated).is_intact


def test_the_policy_that_was_judged_by_lies_in_the_gate(run, golden):
    gate = open_run(run).gate()
    assert gate.read_bytes("policy.yaml") == golden.POLICY
    assert sha256_bytes(golden.POLICY) == gate.verdict.policy.digest
