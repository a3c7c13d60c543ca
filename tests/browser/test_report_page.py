"""The HTML report in a real browser: nothing runs, nothing loads, nothing is cut."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.exports import render_html

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
PDFTOTEXT = shutil.which("pdftotext")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

needs_poppler = pytest.mark.skipif(PDFTOTEXT is None, reason="no pdftotext (poppler) here")


@pytest.fixture(scope="module")
def samples():
    path = Path(__file__).parents[1] / "unit" / "exports" / "samples.py"
    spec = importlib.util.spec_from_file_location("report_samples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def browse(tmp_path):
    """Run headless Chromium on a page; returns what it printed on stdout and stderr."""

    def run(html, *options):
        page = tmp_path / "report.html"
        page.write_text(html)
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-pdf-header-footer", "--hide-scrollbars", "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}", *options, page.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout, done.stderr

    return run


def measured(browse, html, width, statement):
    """Answer a question about the layout: a probe is added, and the page's policy lifted, here."""
    probed = re.sub(r"<meta http-equiv[^>]*>", "", html).replace(
        "</body>",
        f"<script>document.title = 'probe:' + ({statement})</script></body>",
    )
    stdout, _ = browse(probed, f"--window-size={width},900", "--dump-dom")
    return re.search(r"<title>probe:([^<]*)</title>", stdout)[1]


@pytest.mark.parametrize("index", [0, 1, 3, 4, 5, 7, 8])
def test_hostile_text_runs_and_loads_nothing(samples, browse, index):
    html = render_html(*samples.hostile(samples.HOSTILE[index]))
    stdout, stderr = browse(html, "--dump-dom")
    assert "<script" not in stdout
    assert "<img" not in stdout
    assert "CONSOLE" not in stderr  # a refused request or script would be named here


@pytest.mark.parametrize("name", ["blocked", "classes", "chinese", "warned"])
@pytest.mark.parametrize("width", [500, 1000])
def test_no_page_is_wider_than_its_window(samples, browse, name, width):
    html = render_html(*samples.SAMPLES[name]())
    excess = measured(
        browse, html, width,
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    )  # fmt: skip
    assert int(excess) <= 0


def test_a_token_of_a_megabyte_does_not_widen_the_page(samples, browse):
    html = render_html(*samples.hostile(samples.HOSTILE[-1]))
    excess = measured(
        browse, html, 1000,
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    )  # fmt: skip
    assert int(excess) <= 0


@needs_poppler
@pytest.mark.parametrize("name", ["pass", "incomplete", "warned"])
def test_the_first_page_of_paper_holds_everything_for_a_reviewer(samples, browse, tmp_path, name):
    first, second = printed(browse, tmp_path, render_html(*samples.SAMPLES[name]()))[:2]
    assert "What was not tested" in first
    assert "How to check this report" in first
    assert "assay verify" in first
    assert "All findings" in second


@needs_poppler
def test_folded_rows_are_printed(samples, browse, tmp_path):
    sample = samples.many_classes()
    text = re.sub(r"\s+", "", "".join(printed(browse, tmp_path, render_html(*sample))))
    for name in sample.run.task.classes:
        assert f"label={name}" in text


@needs_poppler
def test_the_head_of_a_long_table_is_repeated(samples, browse, tmp_path):
    pages = printed(browse, tmp_path, render_html(*samples.many_classes()))
    assert sum("Value and interval" in page for page in pages) >= 4


def printed(browse, tmp_path, html):
    """Return the text of each A4 page."""
    pdf = tmp_path / "report.pdf"
    browse(html, f"--print-to-pdf={pdf}")
    text = subprocess.run(
        [PDFTOTEXT, "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    return text.split("\f")
