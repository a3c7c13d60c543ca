import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.errors import IntegrityError, UsageError
from harness.evidence import open_run
from harness.records import Evidence


def test_a_bundle_gives_back_the_nouns_that_were_sealed(run, golden):
    bundle = open_run(run)
    assert replace(bundle.record, outputs={}) == golden.record()
    digest = bundle.manifest.files[golden.REPLICATES].sha256
    assert bundle.measurements == golden.measurements(digest)
    assert bundle.verdict() == golden.verdict(bundle.digest)


def test_predictions_come_back_as_they_were(run, golden):
    (kept,) = open_run(run).predictions()
    assert kept.digest() == golden.predictions().digest()


def test_replicates_come_back_to_the_last_bit(run, golden):
    bundle = open_run(run)
    evidence = bundle.measurements.measurements[1].estimate.evidence
    array = bundle.read_replicates(evidence)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, golden.replicates())


def test_replicates_with_another_digest_or_column_are_refused(run):
    bundle = open_run(run)
    evidence = bundle.measurements.measurements[1].estimate.evidence
    for wrong in (
        replace(evidence, sha256="0" * 64),
        replace(evidence, column="r9"),
        replace(evidence, column=None),
        replace(evidence, path="audits/accuracy/none.parquet"),
        replace(evidence, path="../outside.parquet"),
        Evidence(values={"successes": 1}),
    ):
        with pytest.raises(IntegrityError):
            bundle.read_replicates(wrong)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("run.json", lambda b: b.record),
        ("measurements.json", lambda b: b.measurements),
        ("predictions.parquet", lambda b: b.predictions()),
        ("personal/quarantine.json", lambda b: b.read_bytes("personal/quarantine.json")),
        ("personal/MANIFEST.json", lambda b: b.read_bytes("personal/quarantine.json")),
    ],
)
def test_a_changed_file_is_never_read(run, name, read):
    raw = bytearray((run / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (run / name).write_bytes(raw)
    with pytest.raises(IntegrityError):
        read(open_run(run))


def test_a_file_outside_the_seal_is_never_read(run):
    (run / "extra.json").write_text("{}")
    with pytest.raises(IntegrityError, match="must be named by"):
        open_run(run).read_bytes("extra.json")


def test_a_personal_part_that_was_left_out_leaves_the_rest_readable(run):
    bundle = open_run(run)
    assert bundle.has_personal
    shutil.rmtree(run / "personal")
    assert not bundle.has_personal
    assert bundle.verdict().verdict == "pass-with-warnings"
    with pytest.raises(IntegrityError):
        bundle.read_bytes("personal/quarantine.json")


def test_a_gate_is_found_by_a_prefix_and_nothing_else(run):
    bundle = open_run(run)
    (id,) = bundle.gate_ids()
    assert bundle.gate(id[:3]).id == id
    with pytest.raises(UsageError, match=r"must name one gate, got none\. Its gates: "):
        bundle.gate("zzz")


def test_a_run_without_a_gate_says_how_to_make_one(ungated):
    with pytest.raises(UsageError, match="assay gate"):
        open_run(ungated).gate()


def test_reading_for_the_gate_loads_no_arrays():
    script = (
        "import sys; from pathlib import Path; from harness.evidence import open_run\n"
        "b = open_run(Path('tests/golden/bundle')); b.record, b.measurements, b.gates()\n"
        "print({'numpy', 'pyarrow', 'scipy', 'sqlalchemy', 'torch'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()"
