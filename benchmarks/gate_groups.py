"""How much CPU the gate takes when Holm moves the failing end of 200 rules on groups.

A run is made from stored predictions: 20,000 rows in 8 groups that are treated very differently, with and
without clusters. 200 rules fail on it; Holm asks for 200 other error rates. Prints user + system seconds of
the whole process, median of five.
"""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from gate import cpu_seconds

TARGET_CPU_S = 2.0
RATES = ("selection-rate", "tpr", "fpr", "fnr", "accuracy")

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: holm
seed: 0
task: {{kind: text-classification, labels: [benign, toxic]}}
data:
  test: {{path: rows.csv, id: id, label: label, groups: [region, sex]{cluster}}}
model: {{predictions: {{path: rows.csv, id: id, scores: [p1]}}}}
audits: {{suite: quick, skip: [accuracy, calibration, data-quality, representation]}}
policy: {{file: holm.policy.yaml}}
"""
HEAD = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: bench.holm, version: 1.0.0, title: Benchmark, owners: [bench]}
rules:
"""
RULE = """  - id: RULE-{i:03d}
    title: Rule number {i} of the benchmark
    severity: block
    measure: group-metrics.{rate}-difference
    slices: {{by: [[{column}]]}}
    require: {{at_most: {limit}}}
    basis: policy_choice
"""


def write(folder: Path, *, clustered: bool) -> None:
    """Write data, config and policy."""
    rng = np.random.default_rng(0)
    n = 20_000
    region, sex = rng.integers(0, 8, n), rng.integers(0, 3, n)
    label = rng.integers(0, 2, n)
    score = np.clip(0.25 + 0.5 * label + 0.05 * region - 0.06 * sex + rng.normal(0, 0.2, n), 0, 1)
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "label", "region", "sex", "template", "p1"])
        for i in range(n):
            row = (i, label[i], f"r{region[i]}", f"s{sex[i]}", f"t{i % 500}", f"{score[i]:.4f}")
            out.writerow(row)
    cluster = ", cluster: template" if clustered else ""
    (folder / "assay.yaml").write_text(CONFIG.format(cluster=cluster), encoding="utf-8")
    rules = [
        RULE.format(
            i=i,
            rate=RATES[i % 5],
            column=("region", "sex")[i // 5 % 2],
            # the limits differ, so that Holm has many steps
            limit=f"{0.01 + 0.0004 * i:.4f}",
        )
        for i in range(200)
    ]
    (folder / "holm.policy.yaml").write_text(HEAD + "".join(rules), encoding="utf-8")


def main() -> int:
    """Measure both runs; exit 1 where the target is missed."""
    slowest = 0.0
    for clustered in (False, True):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, clustered=clustered)
            assay = str(Path(sys.executable).parent / "assay")
            audit = [assay, "audit", "assay.yaml", "--runs", "runs"]
            subprocess.run(audit, cwd=folder, check=True, capture_output=True)
            gate = [assay, "gate", "latest", "--policy", "holm.policy.yaml", "--runs", "runs"]
            taken = statistics.median(cpu_seconds(gate, folder) for _ in range(5))
            words = "500 clusters" if clustered else "independent rows"
            print(
                f"200 failing rules on groups, {words}: {taken:.2f} s CPU (target {TARGET_CPU_S})"
            )
            slowest = max(slowest, taken)
    return 0 if slowest <= TARGET_CPU_S else 1


if __name__ == "__main__":
    sys.exit(main())
