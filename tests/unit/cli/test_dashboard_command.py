"""``assay dashboard`` refuses before it starts anything."""

import socket

import pytest

from harness.commands.serving import Served, serve
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
