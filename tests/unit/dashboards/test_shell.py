"""What stands around every page."""

import pytest

PAGES = ("verdict", "requirements", "measurements", "examples", "compare", "decision")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_run_model_policy_and_digest(show, golden_run, page):
    text = " ".join(one.value for one in show(page, run=golden_run).markdown)
    assert golden_run.replace("-", "\\-") in text
    assert "Digest" in text


def test_without_any_run_the_page_says_how_to_make_one(show, tmp_path):
    at = show("verdict", runs=tmp_path)
    assert at.header[0].value == "No audits yet"
    assert "assay demo" in [one.value for one in at.code]


def test_a_run_that_is_not_here_is_said_to_be_not_here(show):
    assert show("verdict", run="20990101-000000-000000").header[0].value == "This run is not here"


def test_the_url_pins_the_gate_too(show, golden_run):
    assert show("verdict", run=golden_run).query_params["gate"]


def test_the_local_mode_says_that_nobody_is_authenticated(show, golden_run):
    assert "nobody is authenticated" in show("verdict", run=golden_run).markdown[0].value


def test_a_byte_that_is_flipped_while_the_server_runs_is_seen_at_the_next_view(
    show, golden_runs, golden_run, tmp_path, monkeypatch
):
    import shutil

    from dashboards import shell

    told = []
    monkeypatch.setattr(shell._log, "error", lambda what, extra: told.append((what, extra)))
    folder = tmp_path / "runs"
    shutil.copytree(golden_runs, folder)
    at = show("verdict", runs=folder, run=golden_run)
    assert at.header[0].value != "This evidence was changed after it was sealed"
    path = folder / golden_run / "measurements.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    at.query_params["run"] = golden_run
    at.run()
    assert at.header[0].value == "This evidence was changed after it was sealed"
    assert len(at.header) == 1
    assert told[0] == ("evidence changed", {"facts": {"run": golden_run, "problems": 1}})
