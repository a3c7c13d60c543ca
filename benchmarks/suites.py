"""How long each suite takes on 5,000 short rows: prediction and audits, without training.

    python benchmarks/suites.py                      a small model of its own
    python benchmarks/suites.py --base ../minilm     a pretrained encoder, fine-tuned for a few steps

Rows are the made-up messages of `assay demo` (about 15 words). Prints wall and CPU seconds of every
stage, and what `assay plan` had said. Target: `quick` within five minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.auditing import SUITES

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: suites
seed: 0
task: {{kind: text-classification, labels: [routine, urgent]}}
data:
  train: {{path: train.csv, text: message, label: label, id: id, cluster: customer}}
  validation: {{share: 0.1}}
  test:
    {{path: test.csv, text: message, label: label, id: id, groups: [region, channel],
     cluster: customer}}
model: {model}
train: {{max_steps: {steps}, batch_size: 32, learning_rate: 1.0e-3, max_tokens: 64}}
audits: {{suite: {suite}}}
device: cpu
"""
START = "from harness.cli import main; main()"
SMALL = "{architecture: {type: bert, vocabulary: 2000, hidden_size: 64, layers: 2, heads: 2}}"


class Watch:
    """Remembers wall and CPU seconds of every stage."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []
        self._begun = ("", 0.0, 0.0)

    def stage(self, name: str) -> None:
        """Begin to time a stage."""
        self._begun = (name, time.perf_counter(), _cpu())

    def step(self, done: int, total: int) -> None:
        """Say nothing."""
        del done, total

    def note(self, text: str) -> None:
        """Say nothing."""
        del text

    def end(self, detail: str) -> None:
        """Keep what the stage took."""
        del detail
        name, wall, cpu = self._begun
        self.rows.append((name, time.perf_counter() - wall, _cpu() - cpu))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _write(folder: Path, n_rows: int) -> None:
    from harness.commands.demo.messages import make_tables

    tables = [make_tables(seed) for seed in range(-(-n_rows // 2400))]
    test = [
        (f"{seed}-{one.id}", one.text, one.label,
         one.region, one.channel, f"{seed}-{one.customer}")
        for seed, table in enumerate(tables)
        for one in table.test
    ]  # fmt: skip
    train = [
        (one.id, one.text, one.label, one.region, one.channel, one.customer)
        for one in tables[0].train_repaired
    ]
    for name, rows in (("test.csv", test[:n_rows]), ("train.csv", train)):
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["id", "message", "label", "region", "channel", "customer"])
            writer.writerows(rows)


def _forecast(config: Path, runs: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", START, "plan", str(config), "--runs", str(runs), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return {one["stage"]: one for one in found["stages"]}


def main() -> None:
    """Time the suites and print a table."""
    from harness.config import load_config
    from harness.pipeline.execute import measure, train_only

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--suites", nargs="*", default=list(SUITES))
    given = parser.parse_args()
    model = SMALL if given.base is None else f"{{base: {given.base.resolve()}, max_tokens: 64}}"
    threads = os.environ.get("OMP_NUM_THREADS", "as torch likes")
    now = datetime.now(UTC).date()
    print(f"{now}, {platform.machine()}, {os.cpu_count()} cores, threads: {threads}, {model}")
    print(f"{'suite':10} {'stage':24} {'calls':>8} {'wall s':>8} {'CPU s':>8} {'forecast s':>11}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write(folder, given.rows)
        for suite in given.suites:
            steps = 200 if given.base is None else 20
            (folder / "assay.yaml").write_text(
                CONFIG.format(model=model, suite=suite, steps=steps), encoding="utf-8"
            )
            loaded = load_config(folder / "assay.yaml")
            train_only(loaded, runs=folder / "runs", reporter=Watch())
            said = _forecast(folder / "assay.yaml", folder / "runs")
            watch = Watch()
            measure(loaded, runs=folder / "runs", argv=[], reporter=watch)
            rows = [row for row in watch.rows if row[0] != "train"]
            rows.append(("in all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
            for name, wall, cpu in rows:
                one = said.get(name, {})
                seconds = (
                    sum(each["seconds"] or 0.0 for each in said.values())
                    if name == "in all"
                    else one.get("seconds") or 0.0
                )
                calls = one.get("n_calls") or 0
                print(f"{suite:10} {name:24} {calls:8,} {wall:8.1f} {cpu:8.1f} {seconds:11.1f}")


if __name__ == "__main__":
    main()
