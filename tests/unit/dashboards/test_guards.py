"""What stands before every answer: headers, names, and a log without what was asked for."""

import base64
import hashlib
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import dashboards
from dashboards.guards import POLICY, HostGuard, RequestLog, SecurityHeaders
from dashboards.logs import JsonLines


def call(app, path="/", host="127.0.0.1:8501", query=b""):
    """Ask an ASGI app without a server."""
    import asyncio

    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": query, "headers": [(b"host", host.encode())], "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], {key.decode(): value.decode() for key, value in sent[0]["headers"]}


@pytest.fixture
def app():
    async def hello(_request):
        return PlainTextResponse("hello")

    guards = [
        Middleware(RequestLog),
        Middleware(HostGuard, hosts=("assay.example.org",)),
        Middleware(SecurityHeaders),
    ]
    return Starlette(routes=[Route("/", hello), Route("/readyz", hello)], middleware=guards)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8501", 200),
        ("localhost", 200),
        ("[::1]:8501", 200),
        ("[::1]", 200),
        ("ASSAY.example.org", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8501", 421),
        ("", 421),
    ],
)
def test_a_request_under_a_foreign_name_is_refused(app, host, status):
    assert call(app, host=host)[0] == status


def test_probes_are_answered_under_any_name(app):
    assert call(app, "/readyz", host="10.1.2.3:8501")[0] == 200


def test_every_answer_carries_the_policy_also_a_refusal(app):
    for host in ("localhost", "evil.example"):
        headers = call(app, host=host)[1]
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("is_https", "n"), [(True, 1), (False, 0)])
def test_a_cookie_goes_by_https_alone_where_people_log_in_by_https(is_https, n):
    async def hello(_request):
        answer = PlainTextResponse("hello")
        answer.set_cookie("login", "x", httponly=True)
        return answer

    guards = [Middleware(SecurityHeaders, is_https=is_https)]
    headers = call(Starlette(routes=[Route("/", hello)], middleware=guards))[1]
    assert headers["set-cookie"].count("; Secure") == n


def test_the_policy_lets_nothing_foreign_in():
    assert "http" not in POLICY
    assert "*" not in POLICY
    assert "'unsafe-eval'" not in POLICY
    assert "'unsafe-inline'" not in POLICY.partition("style-src")[0]


def test_the_digest_of_the_policy_is_that_of_the_script_that_is_served():
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    assert [f"'sha256-{one}'" for one in digests] == re.findall(r"'sha256-[^']*'", POLICY)


def test_settings_of_another_app_in_the_working_directory_open_nothing(tmp_path, monkeypatch):
    from streamlit import config

    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        "[server]\nenableCORS = false\nenableXsrfProtection = false\nenableStaticServing = true\n"
        "[browser]\ngatherUsageStats = true\n"
    )
    monkeypatch.chdir(tmp_path)
    script = Path(dashboards.__file__).with_name("serve.py")
    monkeypatch.setattr(config, "_main_script_path", str(script))
    try:
        config.get_config_options(force_reparse=True)
        assert config.get_option("server.enableCORS")
        assert config.get_option("server.enableXsrfProtection")
        assert not config.get_option("server.enableStaticServing")
        assert not config.get_option("browser.gatherUsageStats")
    finally:
        monkeypatch.undo()
        config.get_config_options(force_reparse=True)


def test_no_page_elsewhere_makes_the_server_ask_the_internet_for_its_address():
    code = """
import dashboards.serve
from streamlit import net_util
from streamlit.web.server.server_util import is_url_from_allowed_origins
asked = []
net_util._make_blocking_http_get = lambda url, timeout: asked.append(url)
assert not is_url_from_allowed_origins("https://evil.example")
assert asked == []
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr


def test_the_log_of_requests_holds_no_query(app, caplog):
    log = logging.getLogger("modelassay.dashboard")
    log.addHandler(caplog.handler)
    log.setLevel(logging.INFO)
    try:
        call(app, query=b"text=somebody")
    finally:
        log.removeHandler(caplog.handler)
    line = JsonLines().format(caplog.records[0])
    assert json.loads(line)["path"] == "/"
    assert "somebody" not in line


def test_a_logged_error_names_frames_and_no_values():
    try:
        raise ValueError("text of a row")
    except ValueError as err:
        record = logging.LogRecord(
            "modelassay.dashboard", logging.ERROR, __file__, 1, "page failed", (),
            (type(err), err, err.__traceback__),
        )  # fmt: skip
    line = JsonLines().format(record)
    assert json.loads(line)["error"] == "ValueError"
    assert "text of a row" not in line
