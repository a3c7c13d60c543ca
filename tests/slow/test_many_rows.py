"""Many rows are audited in little memory: the benchmark's own script, on a fifth of its rows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "rows.py"

# 1,000,000 rows may take 2 GiB; imports and one block of replicates take 250 MiB of it at any size
LIMIT_MIB = 250 + (2048 - 250) // 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_fifth_of_a_million_rows_takes_less_than_its_share_of_2_gib(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--rows", "200000", "--format", kind],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    peaks = [int(one) for one in re.findall(r"(\d+) MiB$", done.stdout, re.MULTILINE)]
    assert max(peaks[1:-1]) < LIMIT_MIB, done.stdout
