"""One tiny sealed run, committed: today's reader reads it, today's writer writes it."""

import runpy
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.clock import parse_moment
from harness.evidence import open_run, recompute, verify_run

GOLDEN = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("make.py"))))
PARQUET = ("predictions.parquet", GOLDEN.REPLICATES, "personal/rows.parquet")


@pytest.fixture(scope="module")
def bundle():
    return open_run(GOLDEN.BUNDLE)


def test_it_verifies_and_says_what_no_seal_can_prove():
    report = verify_run(GOLDEN.BUNDLE)
    assert report.problems == ()
    assert report.run_id == GOLDEN.RUN_ID
    assert report.n_bytes < 100_000
    assert any("not signed" in note for note in report.notes)


def test_every_number_follows_from_its_evidence(bundle):
    assert recompute(bundle) == []


def test_the_record_reads_field_by_field(bundle):
    expected = replace(GOLDEN.record(), outputs=bundle.record.outputs)
    for name in expected.__slots__:
        assert getattr(bundle.record, name) == getattr(expected, name), name
    assert sorted(bundle.record.outputs) == [
        "audits/accuracy/confusion.json",
        GOLDEN.REPLICATES,
        "measurements.json",
        "predictions.parquet",
    ]


def test_the_measurements_read_field_by_field(bundle):
    expected = GOLDEN.measurements(bundle.record.outputs[GOLDEN.REPLICATES])
    assert bundle.measurements.measures == expected.measures
    for kept, one in zip(bundle.measurements.measurements, expected.measurements, strict=True):
        for name in one.__slots__:
            assert getattr(kept, name) == getattr(one, name), (one.key, name)


def test_the_verdict_reads_field_by_field(bundle):
    expected = GOLDEN.verdict(bundle.digest)
    for name in expected.__slots__:
        assert getattr(bundle.verdict(), name) == getattr(expected, name), name


def test_the_gate_of_today_comes_to_the_verdict_that_was_written_by_hand(bundle):
    from harness.gate import judge
    from harness.policy import parse_policy

    kept = bundle.gate()
    policy = parse_policy(kept.read_bytes("policy.yaml"), kept.verdict.policy.place)
    again = judge(
        policy,
        bundle.record,
        bundle.measurements,
        run_digest=bundle.digest,
        now=parse_moment(kept.verdict.now),
        read=bundle.read_replicates,
    )
    assert policy.ref == kept.verdict.policy
    assert (again.verdict, again.exit_code, again.counts) == (
        kept.verdict.verdict,
        kept.verdict.exit_code,
        kept.verdict.counts,
    )
    numbers = ("rule", "outcome", "value", "low", "high", "n", "limit_value", "place")
    for mine, theirs in zip(again.findings, kept.verdict.findings, strict=True):
        for name in numbers:
            assert getattr(mine, name) == getattr(theirs, name), (mine.rule, name)


def test_tables_read_to_the_last_bit(bundle):
    (kept,) = bundle.predictions()
    expected = GOLDEN.predictions()
    for name in ("example_id", "decision", "scores", "logits", "label", "truncated"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(expected, name), err_msg=name)
    evidence = bundle.measurements.measurements[1].estimate.evidence
    np.testing.assert_array_equal(bundle.read_replicates(evidence), GOLDEN.replicates())


def test_building_it_again_gives_the_same_bytes(tmp_path):
    # Parquet bytes carry the version of pyarrow; their content is compared below
    again = GOLDEN.build(tmp_path / "runs", parquet_from=GOLDEN.BUNDLE)
    for path in sorted(p for p in GOLDEN.BUNDLE.rglob("*") if p.is_file()):
        name = path.relative_to(GOLDEN.BUNDLE)
        assert (again / name).read_bytes() == path.read_bytes(), name
    assert len(list(again.rglob("*"))) == len(list(GOLDEN.BUNDLE.rglob("*")))


def test_todays_tables_have_the_content_of_the_committed_ones(tmp_path):
    (tmp_path / "personal").mkdir()
    GOLDEN.write_parquet(tmp_path)
    for name in PARQUET:
        assert pq.read_table(tmp_path / name).equals(
            pq.read_table(GOLDEN.BUNDLE / name), check_metadata=True
        ), name


def test_without_its_personal_part_it_verifies_all_the_same(tmp_path):
    copy = Path(shutil.copytree(GOLDEN.BUNDLE, tmp_path / "copy"))
    shutil.rmtree(copy / "personal")
    assert verify_run(copy).is_intact
    assert recompute(open_run(copy)) == []
