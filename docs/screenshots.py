"""Take the pictures of the dashboard that the README shows: `make screenshots`.

Runs the demo, brings both runs into a store, opens the pages in headless Chromium, and writes
`docs/images/dashboard-*.png`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parent / "images"
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PAGES = (
    ("inbox", "", "light", 640),
    ("verdict", "verdict", "light", 900),
    ("measurements", "measurements", "light", 900),
    ("examples", "examples", "dark", 900),
)
"""Name, page, colours and height of each picture."""


def main() -> None:
    """Take all pictures, from a demo run or from one that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, help="Folder of `assay demo --out`; else it is run.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        demo = given.demo or Path(folder) / "demo"
        if given.demo is None:
            assay("demo", "--out", demo)
        # the place of a store stands on its pages
        store = Path(tempfile.gettempdir()) / "review" / "store"
        shutil.rmtree(store.parent, ignore_errors=True)
        assay("store", "new", store)
        runs = sorted(path for path in (demo / "runs").iterdir() if (path / "run.json").is_file())
        for run in runs:
            assay("submit", run.name, "--runs", demo / "runs", "--store", store, "--with-personal")
        IMAGES.mkdir(exist_ok=True)
        pictures(store, runs[0].name)
        shutil.rmtree(store.parent)


def assay(*words: object) -> None:
    """Run a command."""
    argv = [sys.executable, "-P", "-m", "harness.cli", *map(str, words)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"assay {words[0]} ended with {done.returncode}: {done.stderr[-500:]}")


def pictures(store: Path, run: str) -> None:
    """Serve the store and take a picture of each page."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    argv = [sys.executable, "-P", "-m", "harness.cli", "dashboard", "--port", str(port)]
    environ = {name: value for name, value in os.environ.items() if name != "ASSAY_STORE"}
    server = subprocess.Popen([*argv, "--store", str(store)], env=environ)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/_stcore/health")
        with sync_playwright() as p:
            options = ["--no-sandbox", "--disable-dev-shm-usage"]
            browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=options)
            for name, page, scheme, height in PAGES:
                address = f"{url}/{page}?run={run}" if page else f"{url}/"
                picture(browser, address, IMAGES / f"dashboard-{name}.png", scheme, height)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def picture(browser: Any, address: str, path: Path, scheme: str, height: int) -> None:
    """Take one picture, once everything is drawn."""
    size = {"width": 1280, "height": height}
    page = browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce"
    ).new_page()
    page.goto(address)
    page.wait_for_selector('[data-testid="stMain"] :is(h1, h2)', timeout=120_000)
    page.wait_for_selector(READY, timeout=120_000)
    page.wait_for_timeout(2_500)  # charts draw after the script has ended
    page.screenshot(path=path)
    page.context.close()
    print(path.name)


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} did not answer")


if __name__ == "__main__":
    main()
