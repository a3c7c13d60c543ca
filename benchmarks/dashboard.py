"""The dashboard with 1,000 runs and a run of a million rows: seconds, megabytes sent, memory of the server.

Makes a store in a temporary folder (golden parts, sealed again under other ids), serves it with
``assay dashboard``, and looks at it with headless Chromium. Times are by the clock, from a click or an address
to the content: medians of repetitions, on whatever else the machine does.

    python benchmarks/dashboard.py [--runs 1000] [--rows 1000000] [--repeat 5]
"""

from __future__ import annotations

import argparse
import os
import runpy
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
SESSIONS = 8
BIG = "20261231-000000-ffffff"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--store", type=Path, help="Folder of an earlier run of this script")
    given = parser.parse_args()
    if given.store is not None:
        measure(given.store, BIG, given.repeat)
        return
    with tempfile.TemporaryDirectory() as folder:
        big = make_store(Path(folder), given.runs, given.rows)
        measure(Path(folder), big, given.repeat)


def make_store(folder: Path, n_runs: int, n_rows: int) -> str:
    """Make a store of small runs and one big one; returns the id of that."""
    from harness.commands.storing import make_store as make
    from harness.commands.submitting import submit_to
    from harness.depot import find_address, open_store

    shared = runpy.run_path(str(ROOT / "tests" / "helpers" / "shared_runs.py"))
    golden = shared["GOLDEN"]
    begun = time.monotonic()
    make(str(folder / "store"))
    address = find_address(str(folder / "store"))
    assert address is not None
    with open_store(address) as store:
        for i in range(n_runs - 1):
            id = f"2026{1 + i // 28 % 12:02d}{1 + i % 28:02d}-{i // 336:02d}0000-{i:06x}"
            name = f"model-{i % 40}"
            one = shared["seal"](folder / "runs", run_id=id, name=name)
            shared["gate"](one, ("pass", "blocked", "incomplete", "pass-with-warnings")[i % 4])
            submit_to(store, one)
        id = BIG
        big = seal_big(folder / "runs", golden, id, n_rows)
        shared["gate"](big, "blocked")
        submit_to(store, big, with_personal=True)
    print(f"made {n_runs:,} runs, one of {n_rows:,} rows, in {time.monotonic() - begun:.0f} s")
    return id


def seal_big(runs: Path, golden: Any, id: str, n: int) -> Any:
    """Seal a run whose predictions and texts are drawn."""
    import numpy as np
    import pyarrow as pa

    from harness.evidence import open_run, seal_run
    from harness.files import write_whole
    from harness.predictions import BLOCK, Predictions, write_blocks, write_predictions
    from harness.records import to_json

    rng = np.random.default_rng(7)
    work = runs / ".partial" / id
    work.mkdir(parents=True)
    golden.write_parquet(work)
    digest = golden.sha256_file(work / golden.REPLICATES)
    write_whole(work / "measurements.json", to_json(golden.measurements(digest)))
    write_whole(work / "personal/quarantine.json", "[]\n")
    ids = np.array([f"r{i:07d}" for i in range(n)], dtype=object)
    yes = rng.beta(0.7, 0.7, n)
    answers = Predictions(
        dataset="test",
        example_id=ids,
        decision=(yes > 0.5).astype(np.int64),
        n_classes=2,
        scores=np.stack([1 - yes, yes], axis=1),
        label=(rng.random(n) < yes).astype(np.int64),
    )
    (work / "predictions.parquet").unlink()
    write_predictions(work / "predictions.parquet", [answers])
    (work / "personal" / "rows.parquet").unlink()
    words = np.array(
        ["we", "pay", "water", "heating", "rent", "late", "smoke", "alarm", "call", "back", "soon"],
        dtype=object,
    )

    def block(first: int) -> pa.Table:
        stop = min(n, first + BLOCK)
        drawn = words[rng.integers(0, len(words), (stop - first, 12))]
        return pa.table(
            {
                "dataset": ["test"] * (stop - first),
                "example_id": ids[first:stop].tolist(),
                "text": [" ".join(row) for row in drawn.tolist()],
                "group:team": rng.choice(["north", "south"], stop - first).tolist(),
            }
        )

    write_blocks(work / "personal" / "rows.parquet", (block(i) for i in range(0, n, BLOCK)))
    record = replace(golden.record(), run_id=id, name="big")
    (data,) = record.datasets
    record = replace(record, datasets=(replace(data, n_rows=n, n_read=n),))
    return open_run(seal_run(work, runs, record))


def measure(folder: Path, big: str, repeat: int) -> None:
    """Serve the store and print what was measured."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    argv = [sys.executable, "-P", "-m", "harness.cli", "dashboard", "--port", str(port)]
    argv += ["--store", str(folder / "store")]
    log = (folder / "server.log").open("w")
    server = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/_stcore/health")
        with sync_playwright() as p:
            options = ["--no-sandbox", "--disable-dev-shm-usage"]
            browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=options)
            report(browser, url, big, repeat, server.pid)
            browser.close()
    finally:
        server.terminate()
        server.wait()
        log.close()


def report(browser: Any, url: str, big: str, repeat: int, pid: int) -> None:
    """Look at the pages and print a line for each figure."""
    pages = {
        "Inbox, 1,000 runs": f"{url}/",
        "Verdict": f"{url}/verdict?run={big}",
        "Examples, a million rows": f"{url}/examples?run={big}",
        "Examples, by surprise": f"{url}/examples?run={big}&sort=loss",
        "Examples, text and errors": f"{url}/examples?run={big}&text=smoke&errors=1",
    }
    for name, address in pages.items():
        cold = first_content(browser, address)
        warm = [first_content(browser, address) for _ in range(repeat)]
        print(f"{name}: first content cold {cold:.2f} s, warm {spread(warm)} s")
    page = opened(browser, f"{url}/examples?run={big}&sort=loss")
    sent: list[int] = []
    page.on("websocket", lambda _: None)
    times, sizes = turn_pages(page, sent, repeat)
    print(f"next page of 100 of a million rows: {spread(times)} s, {spread(sizes)} MB sent")
    page.context.close()
    kept = [opened(browser, address) for address in (list(pages.values()) * 2)[:SESSIONS]]
    print(f"server with {len(kept)} open sessions: {memory_mb(pid):.0f} MB")
    for one in kept:
        one.context.close()


def opened(browser: Any, address: str) -> Any:
    """Open a page in a session of its own, and wait for its content."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    received: list[int] = []
    page.received = received

    def watch(socket: Any) -> None:
        socket.on("framereceived", lambda data: received.append(len(data)))

    page.on("websocket", watch)
    page.goto(address)
    content(page)
    return page


def content(page: Any) -> None:
    """Wait for the first content of a page and for the end of its script."""
    page.wait_for_selector('[data-testid="stMain"] :is(h1, h2)', timeout=120_000)
    page.wait_for_selector(READY, timeout=120_000)


def first_content(browser: Any, address: str) -> float:
    """Return the seconds from the address until all of the page is there and its script has ended."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    begun = time.monotonic()
    page.goto(address)
    content(page)
    took = time.monotonic() - begun
    page.context.close()
    return took


def turn_pages(page: Any, sent: list[int], repeat: int) -> tuple[list[float], list[float]]:
    """Return seconds and megabytes for each of some next pages."""
    times, sizes = [], []
    for number in range(2, repeat + 2):
        page.received.clear()
        begun = time.monotonic()
        page.get_by_role("button", name="Next").first.click()
        page.wait_for_selector(f"text=page {number:,} of", timeout=60_000)
        page.wait_for_selector(READY, timeout=60_000)
        times.append(time.monotonic() - begun)
        sizes.append(sum(page.received) / 1e6)
    del sent
    return times, sizes


def spread(values: list[float]) -> str:
    """Return median and range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, without the command that started them."""
    import psutil

    found = psutil.Process(pid).children(recursive=True)
    return sum(one.memory_info().rss for one in found) / 1e6


def wait_for(url: str, still: Callable[[], bool] = lambda: True) -> None:
    """Wait until a server answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            assert still()
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} did not answer")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
