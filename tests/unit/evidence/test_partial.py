import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import IncompleteError, UsageError
from harness.evidence import (
    file_digests,
    list_runs,
    scratch,
    seal_run,
    stage_done,
    stage_state,
    workspace,
)
from harness.files import sha256_file, write_whole

PLAN = "ab12cd" + "0" * 58
ROOT = Path(__file__).parents[3]


def test_a_workspace_lies_below_partial_and_is_no_run(runs):
    with workspace(runs, PLAN) as work:
        assert work == runs / ".partial" / PLAN
        write_whole(work / "MANIFEST.json", "{}")
    assert list_runs(runs) == []


def test_what_an_earlier_process_left_is_there_again(runs):
    with workspace(runs, PLAN) as work:
        write_whole(work / "a.txt", "x")
    with workspace(runs, PLAN) as work:
        assert (work / "a.txt").read_text() == "x"


def test_what_a_kill_left_half_written_is_removed(runs):
    with workspace(runs, PLAN) as work:
        (work / "audits").mkdir()
        (work / "audits/.a.json.4711.part").write_text("{")
    with workspace(runs, PLAN) as work:
        assert list(work.rglob("*.part")) == []


def test_a_second_holder_is_refused_with_the_lock_named(runs):
    with (
        workspace(runs, PLAN),
        pytest.raises(UsageError, match=rf"one process at a time.*{PLAN}\.lock"),
        workspace(runs, PLAN),
    ):
        pass


def test_a_second_process_is_refused_at_once_and_let_in_afterwards(runs):
    script = (
        "import sys; from pathlib import Path\n"
        "from harness.errors import UsageError; from harness.evidence import workspace\n"
        "try:\n"
        "    with workspace(Path(sys.argv[1]), sys.argv[2]): sys.exit(0)\n"
        "except UsageError: sys.exit(2)\n"
    )
    command = [sys.executable, "-c", script, str(runs), PLAN]
    with workspace(runs, PLAN):
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == 2
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_another_plan_is_not_held_up(runs):
    with workspace(runs, PLAN), workspace(runs, "f" * 64) as other:
        assert other.is_dir()


def test_a_lock_is_given_back_after_an_error(runs):
    with pytest.raises(KeyError), workspace(runs, PLAN):
        raise KeyError
    with workspace(runs, PLAN):
        pass


@pytest.mark.parametrize("plan", ["", "../../etc", "ABC", "g" * 64])
def test_a_plan_digest_cannot_be_a_path(runs, plan):
    with pytest.raises(UsageError, match="hex digits"), workspace(runs, plan):
        pass


def test_a_done_stage_is_known_again_with_its_facts(runs):
    with workspace(runs, PLAN) as work:
        write_whole(work / "predictions.parquet", b"x")
        stage_done(work, "predict", file_digests(work), facts={"n": 3})
    with workspace(runs, PLAN) as work:
        state = stage_state(work, "predict")
        assert state.outputs == {"predictions.parquet": sha256_file(work / "predictions.parquet")}
        assert state.facts == {"n": 3}
        assert stage_state(work, "audit-accuracy") is None


def test_outputs_in_scratch_are_guarded_too(runs):
    with workspace(runs, PLAN) as work:
        write_whole(scratch(work) / "shard-0.npy", b"x")
        digests = file_digests(scratch(work))
        stage_done(work, "predict", {f"scratch/{name}": d for name, d in digests.items()})
        assert stage_state(work, "predict") is not None
        (scratch(work) / "shard-0.npy").write_bytes(b"y")
        assert stage_state(work, "predict") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda work: (work / "a.txt").write_text("y"),
        lambda work: (work / "a.txt").unlink(),
        lambda work: work.with_name(f"{PLAN}.stages").joinpath("predict.json").write_text("{"),
        lambda work: work.with_name(f"{PLAN}.stages").joinpath("predict.json").write_text("[]"),
        lambda work: forge(work.with_name(f"{PLAN}.stages") / "predict.json"),
    ],
)
def test_a_damaged_stage_is_done_again_and_never_trusted(runs, damage):
    with workspace(runs, PLAN) as work:
        write_whole(work / "a.txt", "x")
        stage_done(work, "predict", file_digests(work))
        assert stage_state(work, "predict") is not None
        damage(work)
        assert stage_state(work, "predict") is None


def forge(path: Path) -> None:
    path.write_text(path.read_text().replace("a.txt", "b.txt"))


def test_digests_of_a_part_of_a_folder_carry_its_name(tmp_path):
    write_whole(tmp_path / "audits/accuracy/x.json", "{}")
    write_whole(tmp_path / "other.json", "{}")
    assert list(file_digests(tmp_path, tmp_path / "audits")) == ["audits/accuracy/x.json"]


def test_sealing_clears_what_stood_beside_the_workspace(work, runs, golden):
    with workspace(runs, golden.PLAN) as held:
        assert held == work
        stage_done(held, "predict", file_digests(held))
        write_whole(scratch(held) / "checkpoint", b"x")
        path = seal_run(held, runs, golden.record())
    assert path.is_dir()
    assert [p.name for p in (runs / ".partial").iterdir()] == [f"{golden.PLAN}.lock"]


def test_the_same_plan_can_be_run_again_after_it_was_sealed(work, runs, golden):
    with workspace(runs, golden.PLAN) as held:
        seal_run(held, runs, golden.record())
    with workspace(runs, golden.PLAN) as held:
        assert list(held.iterdir()) == []


def test_a_full_disk_is_said_in_the_one_grammar(runs, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with workspace(runs, PLAN) as work:
        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(IncompleteError, match="full disk"):
            stage_done(work, "predict", {})
        monkeypatch.undo()
        assert stage_state(work, "predict") is None
