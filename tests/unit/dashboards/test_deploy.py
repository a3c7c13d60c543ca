"""What is shipped for running the dashboard reads, and names what there is."""

import re
import tomllib
from pathlib import Path

from click.testing import CliRunner

from harness.cli.dashboard import command
from harness.config.dashboard import load_dashboard

ROOT = Path(__file__).resolve().parents[3]


def test_the_example_of_the_settings_is_valid(monkeypatch):
    monkeypatch.setenv("ASSAY_CLIENT_SECRET", "client-secret-of-a-test")
    monkeypatch.setenv("ASSAY_COOKIE_SECRET", "cookie-secret-" + 32 * "x")
    config = load_dashboard(ROOT / "deploy" / "assay-dashboard.yaml").config
    assert config.login.roles["assay-approvers"] == ["approver"]


def test_image_and_unit_use_options_and_extras_that_exist():
    help_text = CliRunner().invoke(command, ["--help"]).output
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    unit = (ROOT / "deploy" / "assay-dashboard.service").read_text()
    for option in re.findall(r"--(?:config|host|port)\b", image + unit):
        assert option in help_text
    (named,) = re.findall(r"'\.\[([a-z0-9,]+)\]'", image)
    assert set(named.split(",")) <= set(extras)
    for folder in re.findall(r"^COPY (\w+) \w+$", image, re.MULTILINE):
        assert (ROOT / folder).is_dir()
    assert "USER assay" in image
    assert "torch" not in named


def test_the_unit_takes_an_ordinary_stop_for_no_failure():
    # ``assay dashboard`` ends with 128 + SIGTERM, which systemd would call failed
    assert "SuccessExitStatus=143" in (ROOT / "deploy" / "assay-dashboard.service").read_text()


def test_the_proxy_reads_under_the_nginx_of_long_lived_distributions():
    # ``http2 on`` came with 1.25.1; Debian 12 and Ubuntu 24.04 have an older one, which refuses the file
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    assert not re.search(r"^\s*http2\s", conf, re.MULTILINE)
