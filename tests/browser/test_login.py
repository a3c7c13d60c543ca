"""Logging in at a provider, in a real browser: nothing before, the mapped roles after."""

import shutil
from pathlib import Path

import pytest

from harness.evidence import list_runs

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def runs(tmp_path):
    shutil.copytree(ROOT / "golden" / "bundle", tmp_path / "runs" / "golden")
    one = list_runs(tmp_path / "runs")[0]
    one.path.rename(one.path.with_name(one.id))
    return tmp_path / "runs"


def test_a_deep_link_first_login_then_the_page_then_logout(
    provider, free_port, served, tab, settled, runs, write_config
):
    run = list_runs(runs)[0].id
    port = free_port()
    config = write_config(
        {
            "apiVersion": "modelassay/v1",
            "kind": "Dashboard",
            "login": {
                "redirect_uri": f"http://localhost:{port}/oauth2callback",
                "server_metadata_url": f"{provider.url}/.well-known/openid-configuration",
                "client_id": "assay",
                "client_secret": "${env:TEST_CLIENT}",
                "cookie_secret": "${env:TEST_COOKIE}",
                "claim": "groups",
                "roles": {"leads": ["viewer"]},
            },
        }
    )
    env = {"TEST_CLIENT": "client-secret-of-a-test", "TEST_COOKIE": "cookie-secret-" + 32 * "x"}
    provider.claims = {"sub": "u1", "name": "Mo Okafor", "groups": ["leads"]}
    with served("--config", config, "--runs", runs, port=port, env=env) as url:
        page, watched = tab()
        page.goto(f"{url}/verdict?run={run}")
        settled(page)
        assert run not in page.content()
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("text=Mo Okafor", timeout=60_000)
        page.goto(f"{url}/verdict?run={run}")
        page.wait_for_selector(f"text={run}", timeout=60_000)
        page.get_by_role("button", name="Log out").click()
        page.wait_for_selector(
            "text=This dashboard shows nothing before you log in", timeout=60_000
        )
        assert run not in page.content()

        provider.claims = {"sub": "u2", "name": "Someone Else", "groups": ["others"]}
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("text=No role", timeout=60_000)
        page.goto(f"{url}/verdict?run={run}")
        settled(page)
        assert run not in page.content()
        watched.must_be_clean()
