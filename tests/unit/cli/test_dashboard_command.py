"""``assay dashboard`` refuses before it starts anything."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.commands import serving
from harness.commands.serving import Served, _until_the_end, serve
from harness.errors import ConfigError, UsageError

pytest.importorskip("streamlit")


def test_without_login_it_listens_on_this_machine_only(tmp_path):
    with pytest.raises(UsageError, match="--host must be this machine where nobody logs in"):
        serve(Served(tmp_path, host="0.0.0.0"))


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        with pytest.raises(UsageError, match="--port must be free"):
            serve(Served(tmp_path, port=one.getsockname()[1]))


def test_a_config_that_is_not_valid_starts_nothing(tmp_path):
    path = tmp_path / "d.yaml"
    path.write_text("apiVersion: modelassay/v1\nkind: Dashbord\n")
    with pytest.raises(ConfigError, match="kind"):
        serve(Served(tmp_path, config=path))


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("key: env:NO_SUCH_KEY", r"key \(d.yaml:3\): .*NO_SUCH_KEY must hold a private key"),
        ("key: nobody", r"key \(d.yaml:3\): the key must name a private key, got 'nobody'"),
        ("trust: nowhere.yaml", r"trust \(d.yaml:3\): .*nowhere.yaml must be a readable file"),
    ],
)
def test_a_key_or_trust_file_of_the_config_is_read_before_anybody_decides(tmp_path, setting, what):
    path = tmp_path / "d.yaml"
    path.write_text(f"apiVersion: modelassay/v1\nkind: Dashboard\n{setting}\n")
    with pytest.raises(ConfigError, match=what):
        serve(Served(tmp_path, config=path))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_server_whose_command_was_killed_ends_too():
    parent = (
        "import subprocess, sys, time\n"
        "from harness.commands.serving import _tied\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "print(subprocess.Popen(sleep, preexec_fn=_tied()).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        server = int(command.stdout.readline())
        os.kill(server, 0)  # it is there
        command.kill()
    for _ in range(100):
        if not _is_there(server):
            return
        time.sleep(0.05)
    os.kill(server, signal.SIGKILL)
    pytest.fail("the server lives on without the command that ends it")


def _is_there(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # one that nobody waits for has ended as well


def test_a_signal_to_end_ends_the_server_with_its_own_code():
    # 141 would say that a reader of its output went away
    server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with server:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert _until_the_end(server) == 128 + signal.SIGTERM


class _StartedError(Exception):
    """Carries how the server would have been started."""


@pytest.mark.parametrize(("host", "is_hidden"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_listening_everywhere_asks_nobody_for_the_address_of_this_machine(
    tmp_path, monkeypatch, host, is_hidden
):
    def started(argv, **_):
        raise _StartedError(argv)

    path = tmp_path / "d.yaml"
    path.write_text(
        "apiVersion: modelassay/v1\nkind: Dashboard\nlogin:\n"
        "  redirect_uri: http://localhost:8501/oauth2callback\n"
        "  server_metadata_url: https://id.example.org/x\n  client_id: assay\n"
        "  client_secret: ${env:TEST_CLIENT}\n  cookie_secret: ${env:TEST_COOKIE}\n"
        "  roles: {v: [viewer]}\n"
    )
    monkeypatch.setenv("TEST_CLIENT", "client-secret-of-a-test")
    monkeypatch.setenv("TEST_COOKIE", "cookie-secret-" + 32 * "x")
    monkeypatch.setattr(serving.subprocess, "Popen", started)
    with pytest.raises(_StartedError) as caught:
        serve(Served(tmp_path, config=path, host=host, port=0))
    assert ("--logger.hideWelcomeMessage" in caught.value.args[0]) is is_hidden
