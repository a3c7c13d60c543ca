"""The dashboard without a browser: one run of a page at a time."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest

import dashboards
from harness.evidence import list_runs

APP = Path(dashboards.__file__).with_name("app.py")
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bundle"


@pytest.fixture(scope="session")
def golden_runs(tmp_path_factory):
    """A folder of runs that holds the golden bundle, for tests that change nothing of it."""
    folder = tmp_path_factory.mktemp("dashboard-runs")
    shutil.copytree(GOLDEN, folder / "golden")
    run = list_runs(folder)[0]
    if run.path.name != run.id:
        run.path.rename(folder / run.id)
    return folder


@pytest.fixture
def golden_run(golden_runs):
    return list_runs(golden_runs)[0].id


@pytest.fixture
def show(monkeypatch, golden_runs):
    """Return a function that shows a page: ``show("verdict", run=ID, lang="zh", user={...})``."""

    def call(page="inbox", /, *, runs=golden_runs, user=None, settings=None, **query):
        handed = {"runs": str(runs), **(settings or {})}
        monkeypatch.setenv("MODELASSAY_DASHBOARD", json.dumps(handed))
        monkeypatch.delenv("ASSAY_STORE", raising=False)
        at = AppTest.from_file(APP, default_timeout=60)
        for name, value in query.items():
            at.query_params[name] = value
        if user is not None:
            at.user = user
        at.run()
        if page != "inbox":
            for name, value in query.items():
                at.query_params[name] = value
            at.switch_page(f"views/{page}.py").run()
        assert not at.exception
        return at

    return call


HOSTILE = (
    "<script>alert(1)</script>",
    "![x](http://evil.example/p.png)",
    "=HYPERLINK(1)",
    "a\u202eb\u200bc",
    "**bold** :red[x] $y$ www.evil.example me@evil.example",
    "天气很好，<img src=x onerror=alert(1)>",
)


@pytest.fixture(scope="session")
def hostile_runs(tmp_path_factory):
    """A folder with one run whose texts and groups are hostile, and the run's id."""
    import numpy as np

    import harness

    folder = tmp_path_factory.mktemp("hostile-runs")
    rng = np.random.default_rng(5)
    table = [
        {
            "id": f"h{i:03d}",
            "text": f"{HOSTILE[i % len(HOSTILE)]} {i}",
            "label": ["no", "yes"][int(rng.random() < 0.5)],
            "who": HOSTILE[i % 3],
        }
        for i in range(120)
    ]
    p = rng.uniform(0.02, 0.98, len(table))
    found = harness.audit(
        np.stack([1 - p, p], axis=1), table, task=["no", "yes"], groups=["who"], id="id",
        favourable="no", suite="quick", runs=folder, name="hostile",
        skip=["instrument-check", "data-quality", "representation", "group-calibration"],
    )  # fmt: skip
    harness.gate(found, policy="builtin/standard")
    return folder, found.path.name


@pytest.fixture
def viewer(tmp_path, monkeypatch):
    """Settings with login, and a user who is a viewer only."""
    import time

    monkeypatch.setenv("TEST_CLIENT", "client-secret-of-a-test")
    monkeypatch.setenv("TEST_COOKIE", "cookie-secret-" + 32 * "x")
    config = {
        "apiVersion": "modelassay/v1", "kind": "Dashboard",
        "login": {
            "redirect_uri": "http://localhost:8501/oauth2callback",
            "server_metadata_url": "https://id.example.org/x",
            "client_id": "assay", "client_secret": "${env:TEST_CLIENT}",
            "cookie_secret": "${env:TEST_COOKIE}", "roles": {"v": ["viewer"]},
        },
    }  # fmt: skip
    path = tmp_path / "d.yaml"
    path.write_text(json.dumps(config))
    user = {
        "is_logged_in": True, "iss": "i", "sub": "s", "iat": int(time.time()), "roles": ["v"],
    }  # fmt: skip
    return {"settings": {"config": str(path)}, "user": user}


@pytest.fixture(scope="session")
def every_section(tmp_path_factory):
    """A folder with one run that has something of every section of Measurements, and the run's id."""
    spec = importlib.util.spec_from_file_location(
        "every_section", Path(__file__).with_name("every_section.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("every-section")
    return folder, module.make(folder, GOLDEN.with_name("make.py")).name
