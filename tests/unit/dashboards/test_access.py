"""Who sees what: nothing before login, nothing without a role, and an old login counts no longer."""

import time

import pytest

from dashboards import access
from dashboards.access import RIGHTS, Person
from dashboards.settings import Settings
from harness.clock import parse_moment

CONFIG = """
apiVersion: modelassay/v1
kind: Dashboard
login:
  redirect_uri: http://localhost:8501/oauth2callback
  server_metadata_url: https://id.example.org/.well-known/openid-configuration
  client_id: assay
  client_secret: ${env:TEST_CLIENT_SECRET}
  cookie_secret: ${env:TEST_COOKIE_SECRET}
  claim: groups
  session_minutes: 60
  roles: {readers: [viewer], leads: [viewer, approver]}
"""
PAGES = ("inbox", "verdict", "requirements", "measurements", "examples", "compare", "decision")


@pytest.fixture
def login(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_CLIENT_SECRET", "a-client-secret-of-a-test")
    monkeypatch.setenv("TEST_COOKIE_SECRET", "a-cookie-secret-of-a-test-0123456789")
    path = tmp_path / "assay-dashboard.yaml"
    path.write_text(CONFIG)
    return {"config": str(path)}


def user(**claims):
    base = {
        "is_logged_in": True,
        "iss": "https://id.example.org",
        "sub": "u1",
        "name": "Mo Okafor",
        "iat": int(time.time()),
        "groups": ["readers"],
    }
    return base | claims


def words(at):
    kinds = (at.markdown, at.header, at.info, at.warning, at.error, at.code, at.text)
    return " ".join(str(one.value) for kind in kinds for one in kind)


@pytest.mark.parametrize("page", PAGES)
def test_signed_out_a_deep_link_shows_nothing_of_a_run(show, login, golden_run, page):
    said = words(show(page, settings=login, run=golden_run))
    assert "Log in" in said
    assert "open the link again" in said
    assert golden_run not in said.replace("\\", "")


@pytest.mark.parametrize(
    "claims",
    [
        {"is_logged_in": False},
        {"iat": int(time.time()) - 3601},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"sub": None},
        {"iss": None},
        {"iat": "soon"},
    ],
)
def test_an_identity_that_is_old_or_says_too_little_is_not_logged_in(
    show, login, golden_run, claims
):
    at = show("verdict", settings=login, user=user(**claims), run=golden_run)
    assert at.header[0].value == "Log in"


def test_a_name_that_nobody_sees_is_none(show, login, golden_run):
    claims = {"name": " \u200b ", "email": "mo@acme.test"}
    at = show("verdict", settings=login, user=user(**claims), run=golden_run)
    assert "mo@acme.test" in words(at).replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize("groups", [[], ["others"], None, {"readers": 1}, "READERS", 7])
def test_without_a_mapped_role_nothing_is_shown(show, login, golden_run, groups):
    at = show("verdict", settings=login, user=user(groups=groups), run=golden_run)
    assert at.header[0].value == "No role"


def test_a_mapped_role_opens_the_page_and_names_the_person(show, login, golden_run):
    said = words(show("verdict", settings=login, user=user(), run=golden_run)).replace("\\", "")
    assert "Mo Okafor" in said
    assert golden_run in said
    assert "nobody is authenticated" not in said


def test_no_role_of_an_admin_approves():
    assert "approve" not in RIGHTS["admin"]
    assert "data" not in RIGHTS["admin"]


def test_a_decision_asks_for_a_login_of_the_last_minutes():
    given = Settings(runs=None, decide_minutes=15)
    at = parse_moment("2026-11-27T10:00:00Z")
    someone = Person("i", "s", "n", frozenset(), at)
    assert not someone.must_log_in_again(given, parse_moment("2026-11-27T10:15:00Z"))
    assert someone.must_log_in_again(given, parse_moment("2026-11-27T10:15:01Z"))
    assert Person("i", "s", "n", frozenset()).must_log_in_again(given, at)


def test_a_login_that_was_ended_in_one_tab_counts_in_no_other(show, login, golden_run, monkeypatch):
    # an open tab keeps the identity that it began with; only the server can end it
    monkeypatch.setattr(access, "_ended", {})
    monkeypatch.setattr(access.st, "logout", lambda: None)
    now = int(time.time())
    first = show("verdict", settings=login, user=user(iat=now - 60), run=golden_run)
    other = show("verdict", settings=login, user=user(iat=now - 90), run=golden_run)
    stranger = show("verdict", settings=login, user=user(sub="u2", iat=now - 90), run=golden_run)
    (button,) = [one for one in first.button if one.label == "Log out"]
    button.click().run()
    assert first.run().header[0].value == "Log in"
    assert other.run().header[0].value == "Log in"
    assert "Log in" not in words(stranger.run())
    again = show("verdict", settings=login, user=user(iat=now, auth_time=now - 120), run=golden_run)
    assert golden_run in words(again).replace("\\", "")


@pytest.mark.parametrize(("age", "provider"), [(None, "main"), (3601, "fresh")])
def test_who_was_logged_in_too_long_is_asked_by_the_provider_itself(
    show, login, golden_run, monkeypatch, age, provider
):
    # a provider that still knows the person tells the same old time of login again
    asked = []
    monkeypatch.setattr(access.st, "login", asked.append)
    who = user(is_logged_in=False) if age is None else user(auth_time=int(time.time()) - age)
    at = show("verdict", settings=login, user=who, run=golden_run)
    at.button[0].click().run()
    assert asked == [provider]
