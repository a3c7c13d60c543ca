"""The dashboard without a browser: one run of a page at a time."""

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

    def call(page="inbox", *, runs=golden_runs, user=None, settings=None, **query):
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
