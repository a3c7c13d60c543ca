import json
import shutil
from pathlib import Path

import pytest

from harness.cli import invoke

BUNDLE = Path(__file__).resolve().parents[2] / "golden" / "bundle"


@pytest.fixture
def golden_run(tmp_path):
    """A copy of the golden bundle, apart from what a test writes."""
    return Path(shutil.copytree(BUNDLE, tmp_path / "runs" / "20261123-184000-ab12cd"))


def gates(run):
    return sorted(path.name for path in (run / "gates").iterdir())


@pytest.mark.parametrize("option", ["--junit", "--sarif", "--metrics", "--summary"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_judged(
    golden_run, tmp_path, capsys, option
):
    blocker = tmp_path / "a-file"
    blocker.write_text("x")
    before = gates(golden_run)
    code = invoke(
        ["gate", str(golden_run), "--policy", "builtin/standard", option, str(blocker / "out")]
    )
    assert code == 3
    assert "out must be written to" in capsys.readouterr().err
    assert gates(golden_run) == before
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["a-file"]


def test_one_gate_writes_every_format_that_a_ci_job_reads(golden_run, tmp_path, capsys):
    places = {name: tmp_path / name for name in ("junit", "sarif", "metrics", "summary")}
    options = [word for name, path in places.items() for word in (f"--{name}", str(path))]
    code = invoke(
        [
            "gate",
            str(golden_run),
            "--policy",
            "builtin/standard",
            "--annotations",
            "--json",
            *options,
        ]
    )
    shown = capsys.readouterr()
    assert json.loads(shown.out)["exit_code"] == code
    assert any(line.startswith("::notice ") for line in shown.err.splitlines())
    (run,) = json.loads(places["sarif"].read_text())["runs"]
    assert run["invocations"][0]["exitCode"] == code
    assert places["metrics"].read_text().endswith("# EOF\n")
    assert places["summary"].read_text().startswith("## ")
    assert "<testsuites" in places["junit"].read_text()


def test_the_path_of_the_policy_stands_where_a_code_host_looks_for_it(
    golden_run, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "repository" / "policies"
    folder.mkdir(parents=True)
    policy = folder / "mine.policy.yaml"
    policy.write_bytes((next((golden_run / "gates").iterdir()) / "policy.yaml").read_bytes())
    monkeypatch.chdir(tmp_path / "repository")
    for ref in ("policies/mine.policy.yaml", str(policy)):
        invoke(["gate", str(golden_run), "--policy", ref, "--sarif", str(tmp_path / "s")])
        (run,) = json.loads((tmp_path / "s").read_text())["runs"]
        places = {
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for result in run["results"]
        }
        assert places == {"policies/mine.policy.yaml"}
    code = invoke(
        ["report", str(golden_run), "--format", "annotations", "--policy-path", "a/b.yaml"]
    )
    assert code == 0
    assert "file=a/b.yaml" in capsys.readouterr().out


def test_a_run_with_several_gates_shows_the_newest_and_names_the_others(golden_run, capsys):
    (first,) = gates(golden_run)
    invoke(["gate", str(golden_run), "--policy", "builtin/standard"])
    (second,) = set(gates(golden_run)) - {first}
    capsys.readouterr()
    assert invoke(["report", str(golden_run), "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert f"the newest, {second}, is shown. Others: RUN@{first}." in shown.err
    assert json.loads(shown.out)["policy"]["id"] == "modelassay.standard"
    assert invoke(["report", f"{golden_run}@{first}", "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert json.loads(shown.out)["policy"]["id"] == "golden"


def test_report_names_every_format_in_its_help(capsys):
    from harness.exports import EXPORTS

    invoke(["report", "--help"])
    words = "".join(capsys.readouterr().out.split())  # click breaks lines at hyphens too
    for form, export in EXPORTS.items():
        assert "".join(f"{form}: {export.reads_as}".split()) in words


def test_oscal_is_read_by_trestle_before_it_is_shown(golden_run, capsys):
    assert invoke(["report", str(golden_run), "--format", "oscal"]) == 0
    shown = capsys.readouterr()
    assert "read by compliance-trestle" in shown.err
    assert json.loads(shown.out)["assessment-results"]["metadata"]["oscal-version"] == "1.2.1"


def test_a_report_to_a_place_that_cannot_be_written_ends_in_3(golden_run, tmp_path, capsys):
    blocker = tmp_path / "a-file"
    blocker.write_text("x")
    code = invoke(["report", str(golden_run), "--format", "sarif", "--out", str(blocker / "s")])
    assert code == 3
    assert "must be written to" in capsys.readouterr().err
