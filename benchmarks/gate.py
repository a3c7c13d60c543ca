"""How much CPU the gate process takes: 200 rules over a sealed run, nothing near failing.

Prints user + system seconds of whole processes, median of five, beside a bare Python start.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RULE = """  - id: RULE-{i:03d}
    title: Rule number {i} of the benchmark
    severity: block
    measure: {measure}
    {slices}
    require: {{{limit}}}
    basis: policy_choice
    why: >
      The limit is far from every value, so that Holm has nothing to do.
"""
KINDS = (
    ("accuracy.accuracy", "decide_on: interval", "at_least: 0.05"),
    ("accuracy.macro-f1", "decide_on: interval", "at_least: 0.05"),
    ("group-error.error-rate", "slices: {by: every}", "at_most: 0.95"),
    ("group-error.difference-to-rest", "slices: {by: every}", "at_most: 0.95"),
)


def policy(n_rules: int) -> str:
    """Return a policy of n rules."""
    head = (
        "apiVersion: modelassay/v1\nkind: PolicyPack\n"
        "metadata: {id: bench.gate, version: 1.0.0, title: Benchmark, owners: [bench]}\nrules:\n"
    )
    return head + "".join(
        RULE.format(i=i, measure=KINDS[i % 4][0], slices=KINDS[i % 4][1], limit=KINDS[i % 4][2])
        for i in range(n_rules)
    )


def cpu_seconds(argv: list[str], folder: Path) -> float:
    """Return user + system seconds of one process."""
    before = os.times()
    subprocess.run(argv, cwd=folder, check=False, capture_output=True)
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def main() -> int:
    """Gate a copy of the run that is given as the argument; each time it has no other gate yet."""
    given = Path(sys.argv[1]).resolve()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a user has compiled modules
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = folder / given.name
        shutil.copytree(given, run, ignore=shutil.ignore_patterns("gates"))
        (folder / "bench.policy.yaml").write_text(policy(200), encoding="utf-8")
        gate = [
            sys.executable,
            "-P",
            "-c",
            "from harness.cli import main; main()",
            "gate",
            str(run),
        ]
        rows = {
            "python start": [sys.executable, "-P", "-c", "pass"],
            "assay --help": [*gate[:4], "--help"],
            "assay gate, 200 rules": [*gate, "--policy", "bench.policy.yaml"],
        }
        taken: dict[str, list[float]] = {label: [] for label in rows}
        for _ in range(6):
            for label, argv in rows.items():
                shutil.rmtree(run / "gates", ignore_errors=True)
                taken[label].append(cpu_seconds(argv, folder))
    for label, seconds in taken.items():
        kept = seconds[1:]  # the first fills the caches
        print(
            f"{label:<24} median {statistics.median(kept):.3f} s CPU   {min(kept):.3f} to {max(kept):.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
