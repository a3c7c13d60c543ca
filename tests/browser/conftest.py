"""A dashboard that is really served, and a browser that reports whatever goes wrong in it."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def served():
    """Return a context manager: ``with served(runs=..., store=..., config=...) as url``."""

    @contextmanager
    def serve(*options, port=None, env=None, log=subprocess.DEVNULL):
        port = port or free_port()
        argv = [sys.executable, "-P", "-m", "harness.cli", "dashboard", "--port", str(port)]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("ASSAY_")}
        environ |= {"OMP_NUM_THREADS": "1", **(env or {})}
        server = subprocess.Popen([*argv, *map(str, options)], env=environ, stderr=log, stdout=log)
        try:
            url = f"http://localhost:{port}"
            until_it_answers(f"{url}/_stcore/health", server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)

    return serve


def until_it_answers(url, server):
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            assert server.poll() is None, "the server ended by itself"
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} did not answer")


@dataclass
class Watched:
    """What a page did that it must not do."""

    foreign: list = field(default_factory=list)
    dialogs: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    def must_be_clean(self):
        assert not self.foreign
        assert not self.dialogs
        assert not self.errors


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        options = ["--no-sandbox", "--disable-dev-shm-usage"]  # as root, in a container
        browser = p.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium):
    """Return a function that opens a tab: ``page, watched = tab(width=420, scheme="dark")``."""
    contexts = []

    def open_tab(width=1400, height=900, scheme="light", locale="en-US"):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale=locale,
        )
        contexts.append(context)
        page, watched = context.new_page(), Watched()
        ours = ("http://localhost:", "http://127.0.0.1:", "ws://localhost:", "data:", "blob:")
        page.on(
            "request",
            lambda r: None if r.url.startswith(ours) else watched.foreign.append(r.url),
        )
        page.on("dialog", lambda d: (watched.dialogs.append(d.message), d.dismiss()))
        page.on("pageerror", lambda e: watched.errors.append(str(e)))
        return page, watched

    yield open_tab
    for context in contexts:
        context.close()


def settled(page):
    """Wait until the script of the page has run."""
    page.wait_for_selector('[data-testid="stMain"] :is(h1, h2)', timeout=60_000)
    page.wait_for_selector(READY, timeout=60_000)


@pytest.fixture(name="settled")
def settled_fixture():
    return settled


@pytest.fixture
def write_config(tmp_path):
    def write(data, name="assay-dashboard.yaml"):
        path = tmp_path / name
        path.write_text(json.dumps(data))  # JSON is YAML
        return path

    return write


@pytest.fixture(name="free_port")
def free_port_fixture():
    return free_port


@pytest.fixture(scope="session")
def provider():
    """An identity provider on this machine; ``provider.claims`` is who logs in next."""
    path = Path(__file__).resolve().parents[1] / "helpers" / "identity_provider.py"
    spec = importlib.util.spec_from_file_location("identity_provider", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.identity_provider() as found:
        yield found
