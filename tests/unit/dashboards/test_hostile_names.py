"""Names that people gave to models, runs, rules and uses are shown as text and nothing else."""

import json
import shutil
from dataclasses import replace

import pytest

from dashboards.parts.text import bold
from harness.evidence import add_gate, open_run, verify_run, write_manifest
from harness.evidence.manifest import read_manifest
from harness.files import sha256_file

NAME = "![i](http://evil.test/x.png) <b>b</b> www.evil.test :red[x] \u202egnp"
PAGES = ("inbox", "verdict", "requirements")


@pytest.fixture(scope="session")
def hostile(golden_runs, tmp_path_factory):
    """A folder with one sealed run whose every name is hostile, and the run's id."""
    folder = tmp_path_factory.mktemp("hostile")
    run = next(golden_runs.iterdir()).name
    path = folder / run
    shutil.copytree(golden_runs / run, path)
    old = open_run(path).gate()
    policy = old.read_bytes("policy.yaml")
    shutil.rmtree(path / "gates")
    record = json.loads((path / "run.json").read_text())
    record["name"] = record["model"]["name"] = NAME
    record["system"] |= {"purpose": NAME, "owner": NAME}
    (path / "run.json").write_text(json.dumps(record))
    seal, _ = read_manifest(path, kind="run")
    raw = (path / "run.json").stat().st_size
    entry = replace(seal.files["run.json"], sha256=sha256_file(path / "run.json"), size_bytes=raw)
    digest = write_manifest(path, replace(seal, files={**seal.files, "run.json": entry}))
    findings = tuple(
        replace(one, title=NAME, why=NAME, fix=NAME, clauses=("acme/own-1",))
        for one in old.verdict.findings
    )
    verdict = replace(old.verdict, run_digest=digest, findings=findings)
    add_gate(open_run(path), verdict, policy, {})
    return folder, run


def sinks(at):
    kinds = (at.markdown, at.header, at.title, at.info, at.warning, at.error)
    labels = [one.label for one in (*at.button, *at.expander, *at.selectbox)]
    return [*labels, *(one.value for kind in kinds for one in kind)]


@pytest.mark.parametrize("page", PAGES)
def test_no_name_becomes_an_image_a_link_a_colour_or_hidden(show, hostile, page):
    at = show(page, runs=hostile[0], run=hostile[1])
    shown = [text for text in sinks(at) if "evil" in text]
    assert shown
    for text in shown:
        assert "![i](" not in text
        assert "://" not in text
        assert "www." not in text
        assert ":red[x]" not in text
        assert "\u202e" not in text


def test_a_flipped_byte_shows_that_and_nothing_else(show, golden_runs, golden_run, tmp_path):
    shutil.copytree(golden_runs / golden_run, tmp_path / golden_run)
    path = tmp_path / golden_run / "measurements.json"
    path.write_bytes(path.read_bytes()[:-2] + b" \n")
    assert verify_run(path.parent).problems
    for page in ("verdict", "requirements"):
        at = show(page, runs=tmp_path, run=golden_run)
        assert at.header[0].value == "This evidence was changed after it was sealed"
        assert not at.title
        assert not at.dataframe


def test_spaces_at_its_ends_do_not_undo_bold():
    assert bold(" a*b ") == "**a\\*b**"
    assert bold(" ") == ""
