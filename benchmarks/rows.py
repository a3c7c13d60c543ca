"""How much memory and CPU a predictions-only run over many rows takes: `assay audit`, `assay gate`.

Makes a table of short texts without ids, with two group columns, a cluster and stored scores,
runs both commands on it as a user would, and prints CPU seconds and peak memory of each process.

    python benchmarks/rows.py --rows 1000000 --format csv --format parquet
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

WORDS = [
    "account",
    "payment",
    "order",
    "parcel",
    "refund",
    "window",
    "ticket",
    "bicycle",
    "garden",
    "letter",
    "engine",
    "holiday",
    "music",
    "kitchen",
    "winter",
    "summer",
    "doctor",
    "market",
    "bridge",
    "river",
    "school",
    "number",
    "paper",
    "yellow",
    "silver",
    "quiet",
]
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: many-rows
seed: 0
task: {{kind: text-classification, labels: [refused, granted], favourable: granted}}
data:
  test: {{path: {file}, text: text, label: label, groups: [region, age], cluster: person}}
model: {{predictions: {{path: {file}, scores: [p_refused, p_granted]}}}}
audits: {{suite: {suite}}}
policy: {{pack: builtin/standard}}
"""
PIECE = 100_000
LIMIT_MIB = 2048


def columns(rng: np.random.Generator, start: int, n: int) -> dict[str, list[object]]:
    """Return n rows; texts hold their row's number, so that none stands twice."""
    picked = rng.integers(0, len(WORDS), size=(n, 8))
    label = rng.integers(0, 2, size=n)
    score = rng.beta(2, 5, size=n)
    score[label == 1] = 1 - score[label == 1]
    texts = [" ".join(WORDS[i] for i in row) + f" {start + k}" for k, row in enumerate(picked)]
    return {
        "text": texts,
        "label": [("refused", "granted")[i] for i in label],
        "region": [("north", "south", "east", "west")[i] for i in rng.integers(0, 4, size=n)],
        "age": [("young", "middle", "old")[i] for i in rng.integers(0, 3, size=n)],
        "person": [f"p{i}" for i in rng.integers(0, 400_000, size=n)],
        "p_refused": [round(float(1 - one), 6) for one in score],
        "p_granted": [round(float(one), 6) for one in score],
    }


def write(path: Path, n_rows: int) -> float:
    """Write the table in pieces; returns the mean length of a text."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    writer, n_chars = None, 0
    for start in range(0, n_rows, PIECE):
        piece = columns(rng, start, min(PIECE, n_rows - start))
        n_chars += sum(map(len, piece["text"]))  # type: ignore[arg-type]
        table = pa.table(piece)
        if writer is None:
            kind = pq.ParquetWriter if path.suffix == ".parquet" else pa_csv.CSVWriter
            writer = kind(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return n_chars / n_rows


def made_elsewhere(path: Path, n_rows: int) -> str:
    """Write the table in a process of its own: a child starts with the memory of its parent."""
    argv = [sys.executable, __file__, "--rows", str(n_rows), "--write", str(path)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def measured(argv: list[str], folder: Path) -> tuple[int, float, float, float]:
    """Run a command; returns exit code, CPU seconds, wall seconds, peak MiB of that process."""
    began = time.perf_counter()
    process = subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return process.returncode, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024


def main() -> int:
    """Run for each format; 1 when a peak lies above the limit, 2 when a command fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--format", action="append", choices=("csv", "parquet"))
    parser.add_argument("--suite", default="standard", choices=("quick", "standard", "deep"))
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write is not None:
        print(f"{write(given.write, given.rows):.0f}")
        return 0
    assay = [sys.executable, "-P", "-c", "from harness.cli import main; main()"]
    worst = 0.0
    for kind in given.format or ["csv", "parquet"]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            file = folder / f"rows.{kind}"
            length = made_elsewhere(file, given.rows)
            config = CONFIG.format(file=file.name, suite=given.suite)
            (folder / "assay.yaml").write_text(config, encoding="utf-8")
            print(
                f"{kind}: {given.rows:,} rows, texts of {length} characters, "
                f"{file.stat().st_size >> 20} MiB"
            )
            for words in (["audit", "--quiet"], ["gate", "latest"]):
                code, cpu, wall, peak = measured([*assay, *words], folder)
                print(f"  assay {words[0]:<6} {cpu:7.1f} s CPU {wall:7.1f} s {peak:7.0f} MiB")
                if code not in ((0,) if words[0] == "audit" else (0, 1, 3)):
                    print(f"assay {words[0]} must end well, got exit code {code}", file=sys.stderr)
                    return 2
                worst = max(worst, peak)
    print(f"peak {worst:.0f} MiB, limit {LIMIT_MIB} MiB")
    return int(worst > LIMIT_MIB)


if __name__ == "__main__":
    sys.exit(main())
