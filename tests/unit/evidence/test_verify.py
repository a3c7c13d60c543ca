import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import IntegrityError, UsageError
from harness.evidence import add_gate, open_run, verify_run, write_manifest
from harness.evidence.manifest import build_manifest
from harness.files import sha256_file
from harness.records import to_json

MANIFESTS = ("MANIFEST.json", "personal/MANIFEST.json")


def files_of(run: Path) -> list[str]:
    return sorted(p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file())


def undetected(run: Path, name: str, positions, mask: int) -> list[int]:
    """Flip bits of one byte at a time; return the positions where nobody noticed."""
    raw = (run / name).read_bytes()
    missed = []
    for position in positions:
        changed = bytearray(raw)
        changed[position] ^= mask
        (run / name).write_bytes(changed)
        if verify_run(run).is_intact:
            missed.append(position)
    (run / name).write_bytes(raw)
    return missed


def reseal(run: Path) -> None:
    """What a forger does who knows the format: a new run manifest over whatever lies there."""
    old = open_run(run).manifest
    new = build_manifest(
        run,
        kind="run",
        id=old.id,
        without={"personal", "gates"},
        personal_manifest=old.personal_manifest,
    )
    write_manifest(run, new)


def edit(path: Path, change) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def reseal_gate(gate: Path) -> None:
    old = json.loads((gate / "MANIFEST.json").read_text())
    new = build_manifest(
        gate,
        kind="gate",
        id=old["id"],
        run_manifest=old["run_manifest"],
        sequence=old["sequence"],
    )
    write_manifest(gate, new)


def the_gate(run: Path) -> Path:
    return next((run / "gates").iterdir())


def test_a_whole_bundle_has_no_problem_and_counts_every_file(run):
    report = verify_run(run)
    assert report.problems == ()
    assert report.n_files == len(files_of(run))
    assert report.n_bytes == sum((run / name).stat().st_size for name in files_of(run))
    assert report.digest == sha256_file(run / "MANIFEST.json")
    assert report.gates == (the_gate(run).name,)


def test_one_changed_byte_is_found_in_every_file(run):
    for name in files_of(run):
        size = (run / name).stat().st_size
        positions = sorted({0, size - 1, *range(0, size, max(1, size // 12))})
        assert undetected(run, name, positions, 1) == [], name


@pytest.mark.parametrize("name", MANIFESTS)
def test_one_changed_byte_of_a_manifest_is_found_without_any_gate(ungated, name):
    size = (ungated / name).stat().st_size
    assert undetected(ungated, name, range(0, size, 5), 1) == []


@pytest.mark.slow
def test_every_byte_of_every_json_file_is_guarded(run):
    for name in files_of(run):
        if name.endswith(".json"):
            size = (run / name).stat().st_size
            assert undetected(run, name, range(size), 1) == [], name


@pytest.mark.slow
@pytest.mark.parametrize("name", MANIFESTS)
@pytest.mark.parametrize("mask", [1, 0x20])
def test_every_byte_of_a_manifest_is_guarded_without_any_gate(ungated, name, mask):
    size = (ungated / name).stat().st_size
    assert undetected(ungated, name, range(size), mask) == []


def test_a_changed_file_is_named_with_both_digests(run):
    expected = sha256_file(run / "measurements.json")
    (run / "measurements.json").write_bytes(b"{}\n")
    problem = verify_run(run).problems[0]
    assert "measurements.json" in problem
    assert expected in problem
    assert sha256_file(run / "measurements.json") in problem


def test_a_missing_file_is_found_whichever_it_is(run):
    for name in files_of(run):
        raw = (run / name).read_bytes()
        (run / name).unlink()
        problems = verify_run(run).problems
        assert problems, name
        assert any(Path(name).name in problem for problem in problems), name
        (run / name).write_bytes(raw)


@pytest.mark.parametrize(
    "place",
    [
        "extra.txt",
        "audits/accuracy/extra.json",
        "personal/extra.csv",
        "gates/extra.json",
        "gates/{gate}/extra.html",
        "gates/{gate}/statements/extra.exe",
        "gates/{gate}/statements/deep/extra.json",
        "statements/extra.json",
        ".hidden",
    ],
)
def test_an_added_file_is_found_wherever_it_lies(run, place):
    name = place.format(gate=the_gate(run).name)
    (run / name).parent.mkdir(parents=True, exist_ok=True)
    (run / name).write_bytes(b"x")
    (problem,) = verify_run(run).problems
    assert problem.startswith(f"{name} must be named by a seal")


def test_a_renamed_file_is_both_missing_and_added(run):
    (run / "predictions.parquet").rename(run / "predictions.old")
    problems = verify_run(run).problems
    assert len(problems) == 2
    assert "predictions.parquet" in problems[0]
    assert "predictions.old" in problems[1]


def test_what_lies_among_statements_and_is_none_is_found(run):
    folder = the_gate(run) / "statements"
    folder.mkdir()
    (folder / "approval.json").write_text("{}\n")
    (folder / "44136fa355b3.dsse.json").write_text("{}\n")
    report = verify_run(run)
    assert len(report.problems) == 2
    assert "approval.json must be named by a seal" in report.problems[0]
    assert "44136fa355b3.dsse.json must be" in report.problems[1]


def test_a_link_is_refused_even_when_it_leads_to_the_right_bytes(run, tmp_path):
    shutil.move(run / "run.json", tmp_path / "run.json")
    (run / "run.json").symlink_to(tmp_path / "run.json")
    assert any("run.json must be a plain file" in p for p in verify_run(run).problems)
    with pytest.raises(IntegrityError):
        _ = open_run(run).record


def test_a_linked_folder_is_refused(run, tmp_path):
    shutil.move(run / "audits", tmp_path / "audits")
    (run / "audits").symlink_to(tmp_path / "audits", target_is_directory=True)
    assert not verify_run(run).is_intact


def test_a_linked_gate_is_refused(run, tmp_path):
    gate = the_gate(run)
    shutil.move(gate, tmp_path / gate.name)
    gate.symlink_to(tmp_path / gate.name, target_is_directory=True)
    assert not verify_run(run).is_intact
    with pytest.raises(IntegrityError):
        open_run(run).gate()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_reported_and_not_waited_for(run):
    os.mkfifo(run / "pipe")
    assert any("pipe must be a plain file" in p for p in verify_run(run).problems)


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/hosts", "a/../../b", "a//b", "./a", "C:x"]
)
def test_a_manifest_cannot_name_a_path_outside_its_folder(ungated, name):
    def add(data):
        data["files"][name] = data["files"]["run.json"]

    edit(ungated / "MANIFEST.json", add)
    assert any("A path in" in problem for problem in verify_run(ungated).problems)
    with pytest.raises(IntegrityError):
        open_run(ungated)


def test_a_rewritten_run_manifest_is_caught_by_the_gate_that_names_it(run):
    edit(run / "measurements.json", lambda data: data["measurements"][0].update(share=0.5))
    edit(run / "run.json", lambda data: data.update(outputs={}))
    reseal(run)
    problems = verify_run(run).problems
    assert any(
        problem.startswith("MANIFEST.json of the run must have the digest") for problem in problems
    )
    with pytest.raises(IntegrityError, match="must name the run manifest"):
        open_run(run).gate()


def test_a_rewritten_run_manifest_without_a_gate_still_has_to_agree_with_the_record(ungated):
    edit(ungated / "measurements.json", lambda data: data["measurements"][0].update(share=0.5))
    reseal(ungated)
    (problem,) = verify_run(ungated).problems
    assert "that run.json names" in problem


def test_what_nobody_can_prove_without_a_signature_is_said(ungated):
    edit(ungated / "run.json", lambda data: data.update(name="other"))
    reseal(ungated)
    report = verify_run(ungated)
    assert report.is_intact
    assert any(note.startswith("Sealed but not signed") for note in report.notes)


def test_the_personal_part_may_be_left_out(run):
    shutil.rmtree(run / "personal")
    report = verify_run(run)
    assert report.is_intact
    assert any("personal part" in note and "not present" in note for note in report.notes)


def test_the_personal_part_may_not_be_altered(run):
    (run / "personal/quarantine.json").write_text("[]\n")
    seal = build_manifest(run / "personal", kind="personal", id=open_run(run).id, retention="logs")
    write_manifest(run / "personal", seal)
    (problem,) = verify_run(run).problems
    assert problem.startswith("personal/MANIFEST.json must have the digest")


def test_half_a_personal_part_is_a_missing_file(run):
    (run / "personal/rows.parquet").unlink()
    assert any("personal/rows.parquet" in problem for problem in verify_run(run).problems)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v.update(exit_code=1), "exit_code in"),
        (lambda v: v.update(verdict="pass", exit_code=3), "exit_code in"),
        (lambda v: v["counts"].update(passed=2), "counts in"),
        (lambda v: v["findings"][1].update(outcome="failed"), "must be blocked"),
        (lambda v: v.update(run_digest="0" * 64), "be about run"),
        (lambda v: v.update(now="2027-01-01T00:00:00Z"), "stand in gates/"),
        (lambda v: v["policy"].update(digest="0" * 64), "policy.yaml must have the digest"),
        (lambda v: v.update(surprise=1), "follow the schema Verdict"),
    ],
)
def test_a_verdict_that_contradicts_itself_is_found_though_its_seal_is_right(run, change, words):
    gate = the_gate(run)
    edit(gate / "verdict.json", change)
    reseal_gate(gate)
    assert any(words in problem for problem in verify_run(run).problems)


@pytest.mark.parametrize(
    ("outcome", "severity", "verdict", "code"),
    [
        ("inconclusive", "block", "pass-with-warnings", 0),
        ("not-measured", "block", "pass", 0),
        ("waived", "block", "pass", 0),
        ("passed", "block", "blocked", 1),
    ],
)
def test_a_verdict_better_or_worse_than_its_findings_is_found(
    run, golden, outcome, severity, verdict, code
):
    def change(data):
        data["findings"] = [data["findings"][0] | {"outcome": outcome, "severity": severity}]
        data["counts"] = {outcome: 1}
        data.update(verdict=verdict, exit_code=code)

    gate = the_gate(run)
    edit(gate / "verdict.json", change)
    reseal_gate(gate)
    assert len(verify_run(run).problems) == 1


def test_a_gate_of_another_run_is_found(run, golden, tmp_path):
    def change(data):
        data["run_manifest"] = "0" * 64

    edit(the_gate(run) / "MANIFEST.json", change)
    assert any("another run's" in problem for problem in verify_run(run).problems)


def test_a_gate_under_another_name_is_found(run):
    the_gate(run).rename(run / "gates" / "0123456789ab")
    assert not verify_run(run).is_intact
    with pytest.raises(IntegrityError):
        open_run(run).gate("0123")


def test_a_gate_that_was_taken_away_leaves_a_gap(run, golden):
    bundle = open_run(run)
    first = the_gate(run)
    later = replace(golden.verdict(bundle.digest), now="2026-11-24T00:00:00Z")
    add_gate(bundle, later, golden.POLICY, {})
    shutil.rmtree(first)
    (problem,) = verify_run(run).problems
    assert "without a gap" in problem


def test_a_record_that_breaks_its_schema_is_found_though_its_seal_is_right(ungated):
    edit(ungated / "run.json", lambda data: data.pop("seed"))
    reseal(ungated)
    (problem,) = verify_run(ungated).problems
    assert "follow the schema RunRecord" in problem
    assert "seed" in problem


def test_evidence_that_is_not_in_the_bundle_is_found(ungated, golden):
    path = ungated / "measurements.json"
    path.write_text(to_json(golden.measurements("0" * 64)))
    edit(ungated / "run.json", lambda data: data.update(outputs={}))
    reseal(ungated)
    (problem,) = verify_run(ungated).problems
    assert problem.startswith("The evidence of accuracy.balanced-accuracy@test[all]")


def test_an_unfinished_gate_is_named_and_not_read(run):
    (run / "gates/.0123456789ab.x.part").mkdir()
    (run / "gates/.0123456789ab.x.part/verdict.json").write_text("{")
    report = verify_run(run)
    assert report.is_intact
    assert any(".0123456789ab.x.part" in note for note in report.notes)
    assert open_run(run).gate_ids() == report.gates


def test_a_folder_without_a_seal_is_no_run(tmp_path):
    (problem,) = verify_run(tmp_path).problems
    assert "MANIFEST.json must be a file" in problem
    with pytest.raises(UsageError):
        verify_run(tmp_path / "nothing")
    with pytest.raises(UsageError, match="must be a sealed run"):
        open_run(tmp_path)
