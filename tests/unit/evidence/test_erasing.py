"""What is erased is gone, says so under a signature, and the rest of the run still proves itself."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.errors import IntegrityError, UsageError
from harness.evidence import (
    Wish,
    erase,
    erasing,
    finish_erasure,
    open_run,
    read_holds,
    recompute,
    verify_run,
    write_hold,
)
from harness.signing import new_key, parse_trust, read_envelope

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
DPO = new_key()
STRANGER = new_key()


def wish(example, key=DPO, reason="request 17", role="legal"):
    return Wish(example, reason, role, key, NOON)


def trust_in(*keys, roles="[legal]"):
    import base64

    lines = "".join(
        f"  - {{user: 'user:p{n}', roles: {roles}, "
        f"public_key: {base64.b64encode(key.public_der).decode()}}}\n"
        for n, key in enumerate(keys)
    )
    text = f"apiVersion: modelassay/v1\nkind: Trust\nkeys:\n{lines}"
    return parse_trust(text.encode(), "trust.yaml")


def rows_of(run):
    return pq.read_table(run / "personal/rows.parquet").to_pylist()


def tombstones_of(run):
    return sorted((run / "erasures").iterdir())


def test_an_erased_row_is_gone_and_the_run_verifies_and_says_so(run):
    before = rows_of(run)
    tombstone, is_new = erase(run, wish("e007"))
    assert is_new
    assert tombstone.n_rows == 1
    assert rows_of(run) == [row for row in before if row["example_id"] != "e007"]
    report = verify_run(run)
    assert report.problems == ()
    (said,) = report.erased
    assert "One example (1 row) was erased on 2026-11-27T12:00:00Z as legal" in said
    assert "by unverified signature" in said
    assert recompute(open_run(run)) == []


def test_nothing_of_the_row_stands_in_the_bundle_but_its_numbers(run):
    erase(run, wish("e007"))
    for path in sorted(run.rglob("*")):
        if path.is_file() and path.name != "predictions.parquet":
            raw = path.read_bytes()
            assert b"message number 7" not in raw, path
            assert b"e007" not in raw, path
    (file,) = tombstones_of(run)
    assert b"e007" not in read_envelope(file.read_bytes(), where="t").payload
    kept = open_run(run).predictions()[0]
    assert "e007" in kept.example_id.tolist()


def test_a_trusted_signature_is_named_and_an_unknown_one_is_a_problem(run):
    erase(run, wish("e007"))
    assert "by user:p0 as legal" in verify_run(run, trust=trust_in(DPO)).erased[0]
    for trust in (trust_in(STRANGER), trust_in(DPO, roles="[ci]")):
        report = verify_run(run, trust=trust)
        assert any("signed by a key of role legal" in one for one in report.problems)


def test_erasures_follow_each_other_and_the_same_one_again_changes_nothing(run):
    first, _ = erase(run, wish("e007"))
    erase(run, wish("e008"))
    again, is_new = erase(run, wish("e007", reason="once more"))
    assert (again.id, is_new) == (first.id, False)
    assert len(rows_of(run)) == 38
    assert len(tombstones_of(run)) == 2
    assert len(verify_run(run).erased) == 2
    assert verify_run(run).is_intact


def test_the_whole_part_can_be_erased_after_one_example(run):
    erase(run, wish("e007"))
    erase(run, wish(None))
    assert not (run / "personal").exists()
    report = verify_run(run)
    assert report.problems == ()
    assert "The personal part was erased" in report.erased[1]
    with pytest.raises(UsageError, match="hold a personal part"):
        erase(run, wish("e009"))


@pytest.mark.parametrize("name", ["personal/rows.parquet", "personal/quarantine.json"])
def test_any_other_change_of_the_personal_part_is_still_found(run, name):
    erase(run, wish("e007"))
    raw = bytearray((run / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (run / name).write_bytes(bytes(raw))
    assert not verify_run(run).is_intact
    with pytest.raises(IntegrityError):
        open_run(run).read_bytes(name)


def test_what_was_erased_cannot_be_put_back(run, tmp_path):
    old = Path(shutil.copytree(run / "personal", tmp_path / "old"))
    erase(run, wish("e007"))
    shutil.rmtree(run / "personal")
    shutil.copytree(old, run / "personal")
    assert any("personal/MANIFEST.json" in one for one in verify_run(run).problems)
    erase_all_again = open_run(run)
    with pytest.raises(IntegrityError):
        erase_all_again.read_bytes("personal/rows.parquet")


def test_without_its_tombstone_an_erasure_is_a_change(run):
    erase(run, wish("e007"))
    erase(run, wish("e008"))
    first, second = tombstones_of(run)
    raw = first.read_bytes()
    first.unlink()
    assert not verify_run(run).is_intact
    first.write_bytes(raw)
    second.unlink()
    assert not verify_run(run).is_intact


def test_a_tombstone_of_another_run_or_a_second_end_is_found(run, golden, tmp_path):
    other = golden.build(tmp_path / "other")
    erase(other, wish("e001"))
    shutil.copytree(other / "erasures", run / "erasures")
    # the same run made twice has the same digests: this one is a fork once another row is erased here
    assert not verify_run(run).is_intact
    shutil.rmtree(run / "erasures")
    erase(run, wish("e007"))
    shutil.copy(tombstones_of(other)[0], run / "erasures")
    assert any("a fork or gap" in one for one in verify_run(run).problems)


def test_every_byte_of_a_tombstone_counts_even_without_a_trust_file(run):
    erase(run, wish("e007"))
    (file,) = tombstones_of(run)
    raw = file.read_bytes()
    missed = []
    bundle = open_run(run)
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 7
        file.write_bytes(bytes(changed))
        found = erasing.read_erasures(
            run,
            run=bundle.id,
            run_digest=bundle.digest,
            personal_manifest=bundle.manifest.personal_manifest,
        )
        if not found.problems:
            missed.append(at)
    assert missed == []


@pytest.mark.parametrize("steps", range(1, 9))
@pytest.mark.parametrize("example", ["e007", None])
def test_a_kill_at_any_step_is_finished_by_the_same_command(run, monkeypatch, steps, example):
    """Every call that changes the disk is counted; the process dies before the given one."""
    left = [steps]

    class Killed(BaseException):
        pass

    def dying(work):
        def call(*args, **kwargs):
            if left[0] <= 1:
                raise Killed
            left[0] -= 1
            return work(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for name in ("write_whole", "write_manifest", "take_out", "_remove"):
            patch.setattr(erasing, name, dying(getattr(erasing, name)))
        patch.setattr(Path, "rename", dying(Path.rename))
        try:
            erase(run, wish(example))
            was_killed = False
        except Killed:
            was_killed = True
    has_tombstone = (run / "erasures").is_dir() and bool(tombstones_of(run))
    if was_killed:
        # before the tombstone nothing is erased; after it the state is whole or reported
        report = verify_run(run)
        assert not report.is_intact or not has_tombstone
    finish_erasure(run)
    assert verify_run(run).is_intact
    erase(run, wish(example))
    assert verify_run(run).is_intact
    assert len(tombstones_of(run)) == 1
    assert not list(run.rglob(".erasing*"))
    if example:
        assert len(rows_of(run)) == 39
    else:
        assert not (run / "personal").exists()


def test_a_kill_while_files_take_their_place_is_reported_and_finished(run, monkeypatch):
    with monkeypatch.context() as patch:

        def killed(*args):
            raise KeyboardInterrupt

        patch.setattr(erasing, "_replace", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(run, wish("e007"))
    (problem,) = verify_run(run).problems
    assert "An erasure in personal/ must be finished" in problem
    assert finish_erasure(run) is not None
    assert verify_run(run).is_intact


def test_what_was_staged_and_changed_meanwhile_does_not_take_a_place(run, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_replace", lambda *args: None)
        erase(run, wish("e007"))
    (staged,) = run.glob("personal/.erasing-*")
    (staged / "rows.parquet").write_bytes(b"something else")
    with pytest.raises(IntegrityError):
        finish_erasure(run)


def test_an_unknown_example_and_a_reason_that_holds_the_row_are_refused(run):
    with pytest.raises(UsageError, match="be the id of an example"):
        erase(run, wish("nobody"))
    with pytest.raises(UsageError, match="hold nothing of what is erased"):
        erase(run, wish("e007", reason="he wrote: message number 7"))
    assert verify_run(run).is_intact
    assert not (run / "erasures").exists()


def test_sentences_that_quote_the_row_go_with_it(work, runs, golden):
    from harness.evidence import seal_run

    quoted = {
        "test": [
            {"line": 3, "reason": "duplicate-id", "detail": "id 'e007' stands in line 2"},
            {"line": 4, "reason": "duplicate-id", "detail": "id 'e0071' stands in line 3"},
            {"line": 5, "reason": "label", "detail": "message number 7"},
        ]
    }
    (work / "personal/quarantine.json").write_text(json.dumps(quoted))
    run = seal_run(work, runs, golden.record())
    erase(run, wish("e007"))
    found = json.loads((run / "personal/quarantine.json").read_text())["test"]
    assert [one["detail"] for one in found] == [
        "[erased]",
        "id 'e0071' stands in line 3",
        "[erased]",
    ]
    assert verify_run(run).is_intact


def test_a_file_that_cannot_be_searched_is_not_passed_over(work, runs, golden):
    from harness.evidence import seal_run

    (work / "personal/notes.txt").write_text("e007 is Jane")
    run = seal_run(work, runs, golden.record())
    with pytest.raises(UsageError, match="--all"):
        erase(run, wish("e007"))
    erase(run, wish(None))
    assert verify_run(run).is_intact


# --- holds ---------------------------------------------------------------------------------------


def hold(run, key=DPO, ends=None, role="legal"):
    bundle = open_run(run)
    return write_hold(
        run,
        key,
        run=bundle.id,
        run_digest=bundle.digest,
        reason="case 9",
        role=role,
        now=NOON,
        ends=ends,
    )


def active(run, trust=None):
    bundle = open_run(run)
    return [
        one.id
        for one in read_holds(run, run=bundle.id, run_digest=bundle.digest, trust=trust).active
    ]


def test_a_hold_stands_until_somebody_of_its_role_ends_it(run):
    id = hold(run)
    assert active(run) == [id]
    hold(run, key=STRANGER, ends=id)
    assert active(run) == [id]  # another key, and no trust file that knows it
    assert active(run, trust_in(DPO)) == [id]
    assert active(run, trust_in(DPO, STRANGER)) == []
    hold(run, ends=id)
    assert active(run) == []
    assert verify_run(run).is_intact


def test_a_hold_of_one_role_is_not_ended_in_another(run):
    id = hold(run)
    hold(run, ends=id, role="ci")
    assert active(run) == [id]
    assert active(run, trust_in(DPO, roles="[ci, legal]")) == [id]


def test_a_changed_hold_and_the_end_of_none_are_found(run):
    id = hold(run)
    (file,) = (run / "holds").iterdir()
    raw = file.read_bytes()
    for at in range(0, len(raw), 5):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 7
        file.write_bytes(bytes(changed))
        bundle = open_run(run)
        assert read_holds(run, run=bundle.id, run_digest=bundle.digest).problems, at
    file.write_bytes(raw)
    assert active(run) == [id]
    hold(run, ends="0" * 12)
    assert any("end a hold that is there" in one for one in verify_run(run).problems)
