"""``assay-dashboard.yaml``: strict, every mistake at once, secrets only from the environment."""

import pytest

from harness.config.dashboard import load_dashboard
from harness.errors import ConfigError

LOGIN = {
    "redirect_uri": "https://assay.example.org/oauth2callback",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
    "client_id": "assay",
    "client_secret": "${env:CLIENT}",
    "cookie_secret": "${env:COOKIE}",
    "roles": "{leads: [approver]}",
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setenv("CLIENT", "client-secret")
    monkeypatch.setenv("COOKIE", "cookie-secret-0123456789-0123456789")

    def call(top="", **login):
        lines = [
            "apiVersion: modelassay/v1",
            "kind: Dashboard",
            top or "hosts: [assay.example.org]",
        ]
        if login or not top:
            lines.append("login:")
            lines += [f"  {k}: {v}" for k, v in (LOGIN | login).items() if v is not None]
        path = tmp_path / "assay-dashboard.yaml"
        path.write_text("\n".join(lines))
        return path

    return call


def test_secrets_reach_the_login_and_a_decision_asks_the_provider_again(write):
    auth = load_dashboard(write()).secrets()["auth"]
    assert auth["cookie_secret"] == "cookie-secret-0123456789-0123456789"
    assert auth["main"]["client_secret"] == "client-secret"
    assert auth["fresh"]["client_kwargs"]["prompt"] == "login"


@pytest.mark.parametrize(
    ("login", "what"),
    [
        ({"client_secret": "in-the-file"}, "login.client_secret must come from the environment"),
        ({"cookie_secret": "${env:NOT_THERE}"}, "environment variable NOT_THERE, got none"),
        (
            {"redirect_uri": "http://assay.example.org/oauth2callback"},
            "must be an https:// address",
        ),
        ({"redirect_uri": "https://assay.example.org/"}, "must end in /oauth2callback"),
        ({"roles": "{leads: [aprover]}"}, "login.roles.leads"),
        ({"roles": "{}"}, "hold at least 1"),
        ({"client_id": None}, "login.client_id must be given"),
        ({"sesion_minutes": "5"}, "Did you mean 'session_minutes'?"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(write, login, what):
    with pytest.raises(ConfigError) as caught:
        load_dashboard(write(**login))
    assert what in str(caught.value)
    assert "assay-dashboard.yaml:" in str(caught.value)
    assert "in-the-file" not in str(caught.value)


def test_a_short_cookie_secret_is_refused_and_not_shown(write, monkeypatch):
    monkeypatch.setenv("COOKIE", "too-short-secret")
    with pytest.raises(ConfigError) as caught:
        load_dashboard(write())
    from harness.redaction import redact

    assert "cookie_secret" in str(caught.value)
    assert "too-short-secret" not in redact(str(caught.value))


def test_without_login_nobody_is_asked(write):
    assert load_dashboard(write(top="language: zh")).secrets() == {}


@pytest.mark.parametrize(
    "host", ["https://assay.example.org", "assay.example.org:8443", "*", "a/b", "", "*.example.org"]
)
def test_a_host_under_which_nothing_would_be_answered_is_refused(write, host):
    with pytest.raises(ConfigError, match="hosts: must be names such as"):
        load_dashboard(write(top=f"hosts: ['{host}']"))


def test_a_login_that_comes_back_under_an_unknown_name_is_refused(write):
    with pytest.raises(ConfigError, match=r"got 'id2.example.org' .*Write hosts: \[id2"):
        load_dashboard(write(redirect_uri="https://id2.example.org/oauth2callback"))


def test_nobody_is_told_to_write_a_secret_into_the_file(write, monkeypatch):
    monkeypatch.delenv("CLIENT")
    with pytest.raises(ConfigError) as caught:
        load_dashboard(write())
    assert "Set it." in str(caught.value)
    assert "write the value" not in str(caught.value)
