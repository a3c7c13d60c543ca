"""How fast evidence proves itself: verify of a large bundle beside sha256sum, and a long event log.

    python benchmarks/evidence.py [--gib 1] [--events 100000] [--repetitions 5]

Prints, for a bundle of random bytes, wall and CPU seconds of whole processes: ``assay verify`` and
``sha256sum`` over the same files, and ``openssl dgst -sha256`` where it is installed, interleaved; median
ratios with their range (above 1: verify is faster). Files are in the page cache for all of them. Then the
seconds that reading and verifying a log takes, with a checkpoint, inside one process.
"""

from __future__ import annotations

import argparse
import os
import resource
import runpy
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PIECE = 1 << 26  # 64 MiB


def big_run(runs: Path, n_bytes: int) -> Path:
    """Seal a run that holds so many random bytes in files of 64 MiB, and small ones beside them."""
    from harness.evidence import seal_run
    from harness.files import write_whole
    from harness.records import to_json

    golden = runpy.run_path(str(ROOT / "tests/golden/make.py"))
    work = runs / ".partial" / "b16b00"
    work.mkdir(parents=True)
    golden["write_parquet"](work)
    digest = golden["sha256_file"](work / golden["REPLICATES"])
    write_whole(work / "measurements.json", to_json(golden["measurements"](digest)))
    folder = work / "audits/large"
    folder.mkdir(parents=True)
    for number in range(max(1, n_bytes // PIECE)):
        (folder / f"answers-{number:03d}.bin").write_bytes(os.urandom(min(PIECE, n_bytes)))
    return seal_run(work, runs, golden["record"]())


def timed(argv: list[str], folder: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of one process that must succeed."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    after, end = os.times(), time.perf_counter()
    cpu = after.children_user + after.children_system
    return end - start, cpu - before.children_user - before.children_system


def compare(run: Path, repetitions: int) -> None:
    """Print how long verify takes beside tools that only digest."""
    files = sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())
    assay = shutil.which("assay", path=str(Path(sys.executable).parent)) or "assay"
    tools = {"assay verify": [assay, "verify", str(run)], "sha256sum": ["sha256sum", *files]}
    if shutil.which("openssl"):
        tools["openssl dgst"] = ["openssl", "dgst", "-sha256", *files]
    n_bytes = sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    print(f"{len(files)} files, {n_bytes:,} bytes, {repetitions} interleaved repetitions")
    for argv in tools.values():  # modules compiled, files in the cache
        timed(argv, run)
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in tools}
    for _ in range(repetitions):
        for name, argv in tools.items():
            seen[name].append(timed(argv, run))
    for name, pairs in seen.items():
        wall, cpu = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name:<14} wall {wall:6.3f} s  cpu {cpu:6.3f} s  {n_bytes / cpu / 1e6:7.0f} MB/s")
    for name in list(tools)[1:]:
        for kind, at in (("wall", 0), ("cpu", 1)):
            ratios = [
                theirs[at] / ours[at]
                for ours, theirs in zip(seen["assay verify"], seen[name], strict=True)
            ]
            low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
            print(f"speed of verify / {name}, {kind}: {middle:.2f} ({low:.2f} to {high:.2f})")


def small(run: Path, repetitions: int) -> None:
    """Print what verify of a run of a few kilobytes costs."""
    assay = shutil.which("assay", path=str(Path(sys.executable).parent)) or "assay"
    pairs = [timed([assay, "verify", str(run)], run) for _ in range(repetitions)]
    bare = [timed([sys.executable, "-c", "pass"], run) for _ in range(repetitions)]
    print(
        f"assay verify of a small run: wall {statistics.median(p[0] for p in pairs):.3f} s, "
        f"cpu {statistics.median(p[1] for p in pairs):.3f} s "
        f"(python alone: cpu {statistics.median(p[1] for p in bare):.3f} s)"
    )


def long_log(folder: Path, n: int, repetitions: int) -> None:
    """Print how long a log of n events takes to be read and verified against a checkpoint."""
    from sqlalchemy import text

    from harness.clock import utc_now
    from harness.files import sorted_json
    from harness.signing import new_key
    from harness.store import (
        GENESIS,
        Event,
        checkpoint_problems,
        clock_problems,
        open_log,
        read_checkpoint,
        sign_checkpoint,
        verify_chain,
    )
    from harness.store.log import _COLUMNS, _digest

    log = open_log(str(folder / "events.db"))
    previous, rows, events = GENESIS, [], []
    body = {"run": "20261123-184000-ab12cd", "gate": "968fd141980d", "verdict": "pass"}
    for seq in range(1, n + 1):
        event = Event(
            seq,
            "2026-11-23T18:40:00Z",
            "local",
            "run-gated",
            "a" * 64,
            body,
            f"k{seq}",
            previous,
            "",
        )
        event = replace(event, digest=_digest(event))
        previous = event.digest
        events.append(event)
        rows.append(asdict(event) | {"body": sorted_json(body).decode()})
    names = ", ".join(f":{name.strip()}" for name in _COLUMNS.split(","))
    with log._writing() as connection:
        connection.execute(text(f"INSERT INTO assay_events ({_COLUMNS}) VALUES ({names})"), rows)
    kept = read_checkpoint(sign_checkpoint(events, new_key(), utc_now()), name="kept")
    seconds = []
    for _ in range(repetitions):
        before = time.process_time()
        found = log.events()
        problems = verify_chain(found) + clock_problems(found, utc_now())
        problems += checkpoint_problems(found, kept)
        seconds.append(time.process_time() - before)
        if problems or len(found) != n:
            raise SystemExit(f"the log must verify, got {problems[:1]}")
    log.close()
    print(
        f"a log of {n:,} events read and verified: cpu {statistics.median(seconds):.2f} s "
        f"({min(seconds):.2f} to {max(seconds):.2f})"
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gib", type=float, default=1.0)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = big_run(folder / "runs", int(given.gib * (1 << 30)))
        compare(run, given.repetitions)
        shutil.rmtree(run)
        small(big_run(folder / "small", 1000), given.repetitions)
        long_log(folder, given.events, given.repetitions)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of a child process: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
