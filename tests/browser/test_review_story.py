"""A whole review in the browser: submitted elsewhere, changes asked for, a second run signed, then tampered with."""

import os
import subprocess
import sys

import pytest

from harness.signing import new_key

pytestmark = pytest.mark.slow
FIRST, SECOND = "20260401-000000-aaaaaa", "20260402-000000-bbbbbb"


@pytest.fixture
def place(tmp_path, shared_runs):
    """A folder where runs are made, and a store elsewhere that believes the service."""
    key = new_key()
    (tmp_path / "service.pem").write_bytes(key.pem())
    (tmp_path / "service.pem").chmod(0o600)
    trust = tmp_path / "trust.yaml"
    trust.write_text(shared_runs.trust_text({"service": (key, ["service"])}))
    assay(tmp_path, "store", "new", "store", "--trust", "trust.yaml")
    return tmp_path


def assay(folder, *words):
    argv = [sys.executable, "-P", "-m", "harness.cli", *words]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("ASSAY_")}
    done = subprocess.run(
        argv, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def settings(provider, port):
    return {
        "apiVersion": "modelassay/v1",
        "kind": "Dashboard",
        "store": "store",
        "key": "service.pem",
        "login": {
            "redirect_uri": f"http://localhost:{port}/oauth2callback",
            "server_metadata_url": f"{provider.url}/.well-known/openid-configuration",
            "client_id": "assay",
            "client_secret": "${env:TEST_CLIENT}",
            "cookie_secret": "${env:TEST_COOKIE}",
            "claim": "groups",
            "roles": {"reviewers": ["reviewer", "data-reader"], "leads": ["approver"]},
        },
    }


def log_in(provider, page, url, settled, **claims):
    provider.claims = claims
    page.goto(url)
    settled(page)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector(f"text={claims['name']}", timeout=60_000)
    settled(page)


def settle_on(page, url, settled, text):
    page.goto(url)
    settled(page)
    page.wait_for_selector(f"text={text}", timeout=60_000)


def decide(page, what, why, button):
    page.get_by_text(what, exact=True).first.click()
    page.get_by_label("Why").fill(why)
    page.get_by_label("Why").press("Tab")
    page.wait_for_timeout(1_000)  # the draft is kept
    for box in page.get_by_role("checkbox").all():
        if not box.is_checked():
            box.check(force=True)
            page.wait_for_timeout(500)
    page.get_by_role("button", name=button).click()


def submit(place, shared_runs, run):
    made = shared_runs.seal(
        place / "runs", run_id=run, system={"owner": "user:olga", "authors": ["user:ada"]}
    )
    shared_runs.gate(made)
    assay(place, "submit", run, "--store", "store")


def test_the_story_of_a_review(
    provider, free_port, served, tab, settled, place, shared_runs, write_config
):
    port = free_port()
    config = write_config(settings(provider, port))
    env = {"TEST_CLIENT": "client-secret-of-a-test", "TEST_COOKIE": "cookie-secret-" + 32 * "x"}
    submit(place, shared_runs, FIRST)
    with served("--config", config, port=port, env=env) as url:
        reviewer, watched = tab()
        log_in(provider, reviewer, url, settled, sub="r1", name="Mo Okafor", groups=["reviewers"])
        assert FIRST in reviewer.inner_text("body")  # the run is in the inbox
        settle_on(reviewer, f"{url}/decision?run={FIRST}", settled, "Awaiting review")
        decide(
            reviewer, "Request changes", "The second language was not measured.", "Request changes"
        )
        reviewer.wait_for_selector("text=recorded by the service for Mo Okafor", timeout=60_000)
        assert reviewer.get_by_text("Changes requested").count()

        submit(place, shared_runs, SECOND)
        lead, watched_too = tab()
        log_in(provider, lead, url, settled, sub="l1", name="Li Na", groups=["leads"])
        assert SECOND in lead.inner_text("body")
        settle_on(lead, f"{url}/decision?run={SECOND}", settled, "Awaiting review")
        decide(lead, "Approve", "The harms were weighed and are acceptable.", "Sign approval")
        lead.wait_for_selector("text=recorded by the service for Li Na", timeout=60_000)

        said = assay(place, "verify", f"store/bundles/{SECOND}", "--trust", "trust.yaml")
        assert "recorded by the service for Li Na" in said

        sealed = place / "store" / "bundles" / SECOND / "measurements.json"
        sealed.write_bytes(sealed.read_bytes().replace(b"0", b"1", 1))
        settle_on(lead, f"{url}/verdict?run={SECOND}", settled, "This evidence was changed")
        assert "Pass" not in lead.inner_text("[data-testid=stMain]")
        watched.must_be_clean()
        watched_too.must_be_clean()
