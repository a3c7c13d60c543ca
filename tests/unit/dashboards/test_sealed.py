"""Files that the page verdict hands out."""

from dataclasses import replace

import pytest

from dashboards.access import LOCAL
from dashboards.parts.sealed import file_bytes
from dashboards.settings import Settings
from dashboards.source import Opened, open_verified
from harness.records import Verdict, from_json


@pytest.fixture
def opened(golden_runs, golden_run):
    bundle = open_verified(golden_runs / golden_run)

    def call(*roles, min_cell=10):
        who = replace(LOCAL, roles=frozenset(roles))
        return Opened(bundle, bundle.gate(), who, Settings(runs=golden_runs, min_cell=min_cell))

    return call


def test_who_may_see_all_gets_the_sealed_bytes(opened):
    found = opened("data-reader", min_cell=10_000)
    for name in ("report.html", "verdict.json"):
        assert file_bytes(found, name) == found.gate.read_bytes(name)


def test_who_may_not_gets_what_the_page_shows_and_not_the_sealed_bytes(opened):
    found = opened("viewer")
    first, *rest = found.gate.verdict.findings
    hidden = replace(first, value=None, low=None, high=None, n=None)
    shown = replace(found.gate.verdict, findings=(hidden, *rest))
    # the golden bundle has no groups: what small cells leave is put in place by hand
    found.__dict__["_shown"] = (found.bundle.measurements, shown)
    assert from_json(Verdict, file_bytes(found, "verdict.json"), where="download") == shown
    assert file_bytes(found, "report.html") != found.gate.read_bytes("report.html")
