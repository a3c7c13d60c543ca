"""How much CPU the gate takes: 200 rules, nothing near failing.

Prints user + system seconds of whole processes over a sealed run, median of five, beside a bare Python
start; and how long it takes to judge 720 measurements after they are loaded, best and median of 30.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
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


def loaded(n_sliced: int) -> Callable[[], int]:
    """Return what judges 200 rules over 720 measurements, 60 measures for all rows and 11 groups.

    Args:
        n_sliced: How many of the rules judge every group; the others judge all rows.
    """
    from harness.gate.gating import facts_of, findings_of
    from harness.policy import policy_of_rules
    from harness.records import (
        DatasetRef,
        Measure,
        Measurement,
        Measurements,
        ModelRef,
        RunRecord,
        Task,
    )
    from harness.stats import wilson

    names = [f"bench.rate-{k}" for k in range(60)]
    measures = tuple(Measure(name, name, "share", "lower", 0.0, 1.0, "", "", "") for name in names)
    held = [
        Measurement(name, "test", part, wilson(20 + k, 500), share=0.1)
        for name in names
        for k, part in enumerate(("all", *(f"g={group}" for group in range(11))))
    ]
    rules = [
        {
            "measure": names[k % 60],
            "require": {"at_most": 0.5},
            **({"slices": {"by": [["g"]], "min_n": 30}} if k < n_sliced else {}),
        }
        for k in range(200)
    ]
    run = RunRecord(
        schema_version="modelassay/run/v1", run_id="bench", name="bench", plan_digest="", argv=(),
        config={}, config_digest="", task=Task("text-classification", "text", ("no", "yes")),
        datasets=(DatasetRef("test", "", None, "", 5000, 5000, {"groups": ["g"]}),),
        model=ModelRef("predictions", ""), audits=(), stages=(), packages={}, python="", platform="",
        device="", dtype="", seed=0, token_budget=0, suite="", skipped=(), harness_version="",
    )  # fmt: skip
    policy, measured = policy_of_rules(rules), Measurements("", measures, tuple(held))
    return lambda: len(findings_of(policy, facts_of(run, measured)))


def judging() -> None:
    """Print how long judging takes after loading."""
    for n_sliced in (0, 60):
        work = loaded(n_sliced)
        seconds = []
        for _ in range(30):
            start = time.process_time()
            n_findings = work()
            seconds.append(time.process_time() - start)
        best, middle = 1000 * min(seconds), 1000 * statistics.median(seconds)
        print(
            f"200 rules, 720 measurements, {n_findings} findings: {best:.1f} ms CPU, median {middle:.1f}"
        )


def main() -> int:
    """Gate a copy of the run that is given as the argument; each time it has no other gate yet."""
    judging()
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
