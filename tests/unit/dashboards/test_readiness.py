"""``/readyz``: what a load balancer is told, and that asking holds up nobody else."""

import asyncio
import sqlite3
import threading

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboards import readiness as asked
from dashboards.settings import Settings
from harness.depot import find_address


@pytest.fixture
def store(tmp_path, shared_runs):
    """Settings of a store with one run, and its folder."""
    from harness.commands.storing import make_store
    from harness.commands.submitting import submit_to
    from harness.depot import open_store

    make_store(str(tmp_path / "store"))
    address = find_address(str(tmp_path / "store"))
    one = shared_runs.seal(tmp_path / "runs")
    shared_runs.gate(one)
    with open_store(address) as opened:
        submit_to(opened, one)
    return Settings(runs=tmp_path, store=address), tmp_path / "store"


async def status(app, path):
    """Ask an ASGI app without a server; return the status of the answer."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [], "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"]


def test_a_store_that_can_be_read_is_ready(store):
    assert asked.readiness(store[0]) == asked.Readiness(True)


def test_a_store_whose_index_is_away_is_not_ready(store):
    given, folder = store
    (folder / "index.db").rename(folder / "elsewhere.db")
    assert asked.readiness(given) == asked.Readiness(False, "store")


def test_a_database_that_lacks_a_table_is_an_answer_and_no_error(store):
    given, folder = store
    with sqlite3.connect(folder / "index.db") as one:
        one.execute("DROP TABLE assay_head")
    assert asked.readiness(given) == asked.Readiness(False, "store")


def test_a_newest_run_that_was_changed_is_not_ready(store):
    given, folder = store
    (path,) = folder.glob("bundles/*/measurements.json")
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    assert asked.readiness(given) == asked.Readiness(False, "newest run")


def test_a_slow_store_holds_up_no_other_answer(monkeypatch):
    monkeypatch.delenv("MODELASSAY_DASHBOARD", raising=False)
    go_on = threading.Event()

    def slow(_given):
        return asked.Readiness(go_on.wait(20), "store")

    async def hello(_request):
        go_on.set()  # it can be reached while the store is still being asked
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/readyz", asked.ready), Route("/", hello)])

    async def both():
        waiting = asyncio.create_task(status(app, "/readyz"))
        await asyncio.sleep(0.2)
        await status(app, "/")
        return await waiting

    monkeypatch.setattr(asked, "readiness", slow)
    assert asyncio.run(both()) == 200
