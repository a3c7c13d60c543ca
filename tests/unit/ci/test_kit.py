"""The kit for CI servers: valid by their schemas, pinned, and fail closed whatever a step does."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
KIT = ROOT / "ci"
WORKFLOWS = [KIT / "github" / "workflow.yml", KIT / "github" / "comment-workflow.yml"]
ACTION = KIT / "github" / "action.yml"
GITLAB = KIT / "gitlab" / "modelassay.gitlab-ci.yml"
PUBLISH = KIT / "github" / "publish.py"


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (ACTION, "github-actions"),
        *((path, "github-workflows") for path in WORKFLOWS),
        (GITLAB, "gitlab-ci"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_each_file_is_valid_by_the_schema_of_its_server(path: Path, schema: str) -> None:
    more = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    command = ["-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *more, str(path)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_foreign_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    assert used
    for one in used:
        assert re.search(r"@([0-9a-f]{40}|COMMIT)$", one), one


def test_no_setting_is_pasted_into_a_command() -> None:
    for step in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), step["name"]


def test_a_job_may_write_only_where_it_says_so() -> None:
    for path in WORKFLOWS:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert data["permissions"] in ({}, {"contents": "read"})
        for job in data["jobs"].values():
            allowed = {"pull-requests", "security-events"}
            assert {k for k, v in job["permissions"].items() if v == "write"} <= allowed


def test_the_hooks_name_commands_that_exist() -> None:
    from harness.cli.root import assay

    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        program, group, name = hook["entry"].split()
        assert program == "assay"
        assert name in assay.get_command(None, group).commands  # type: ignore[arg-type, union-attr]
        re.compile(hook["files"])


FAKE = """#!{python}
import json, os, pathlib, sys
said = sys.argv[1:]
with open(os.environ["CALLS"], "a") as log:
    log.write(json.dumps(said) + "\\n")
plan = json.loads(os.environ["PLAN"])
name = " ".join(said[:2]) if said[0] == "policy" else said[0]
code = plan.get(name, 0)
if name == "run" and code in (0, 1, 3, 4) and not plan.get("silent"):
    print(json.dumps({{"run_id": "20261127-000000-abcdef", "exit_code": plan.get("said", code)}}))
if "--out" in said and code == 0:
    pathlib.Path(said[said.index("--out") + 1]).write_text("written")
sys.exit(code)
"""


@pytest.fixture
def gate(tmp_path: Path) -> Any:
    """Run gate.sh with an ``assay`` that ends as the plan says."""
    program = tmp_path / "bin" / "assay"
    program.parent.mkdir()
    program.write_text(FAKE.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)

    def run(plan: dict[str, Any], **settings: str) -> tuple[int, list[list[str]]]:
        calls = tmp_path / "calls"
        calls.unlink(missing_ok=True)
        env = {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PLAN": json.dumps(plan),
            "CALLS": str(calls),
            **settings,
        }
        command = ["bash", str(KIT / "gate.sh")]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)
        said = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        return done.returncode, [json.loads(line) for line in said]

    return run


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 70, 130, 143])
def test_the_job_ends_as_the_run_does(gate: Any, code: int) -> None:
    assert gate({"run": code})[0] == code


@pytest.mark.parametrize("step", ["report", "sign", "submit"])
def test_a_pass_that_cannot_be_shown_signed_or_submitted_is_no_pass(gate: Any, step: str) -> None:
    settings = {"ASSAY_SIGNING_KEY": "key", "ASSAY_STORE": "store"}
    assert gate({step: 5}, **settings)[0] == 3
    assert gate({step: 5, "run": 1}, **settings)[0] == 1


@pytest.mark.parametrize("step", ["policy lint", "policy test", "policy lock"])
def test_nothing_runs_when_the_policy_is_not_sound(gate: Any, step: str) -> None:
    code, calls = gate({step: 2}, ASSAY_POLICIES="my.policy.yaml")
    assert code == 2
    assert not any(call[0] == "run" for call in calls)


def test_a_verdict_that_is_missing_or_says_something_else_is_incomplete(gate: Any) -> None:
    assert gate({"silent": True})[0] == 3
    code, calls = gate({"run": 0, "said": 1})
    assert code == 3
    assert not any(call[0] in ("report", "sign", "submit") for call in calls)


def test_failures_are_signed_like_passes_and_the_key_never_stands_in_a_command(gate: Any) -> None:
    code, calls = gate({"run": 1}, ASSAY_SIGNING_KEY="very secret", ASSAY_ROLE="ci")
    assert code == 1
    assert [call for call in calls if call[0] == "sign"]
    assert "very secret" not in json.dumps(calls)


def test_all_steps_have_one_store(gate: Any) -> None:
    _, calls = gate({}, ASSAY_STORE="folder")
    for step in ("run", "submit"):
        (call,) = [call for call in calls if call[0] == step]
        assert call[call.index("--store") + 1] == "folder"


def test_a_published_lock_is_used_and_a_policy_with_a_blank_is_one_policy(gate: Any) -> None:
    _, calls = gate({}, ASSAY_LOCK="published.lock.json", ASSAY_POLICIES="a b.policy.yaml\n\n")
    assert ["policy", "lint", "a b.policy.yaml"] in calls
    assert not any(call[:2] == ["policy", "lock"] for call in calls)
    (run,) = [call for call in calls if call[0] == "run"]
    assert run[run.index("--lock") + 1] == "published.lock.json"


class _GitHub(HTTPServer):
    """Answers like the few parts of the API that the kit asks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.uploads: list[dict[str, Any]] = []
        self.refuses = False


class _Handler(BaseHTTPRequestHandler):
    server: _GitHub

    def do_GET(self) -> None:
        page = int(re.search(r"page=(\d+)$", self.path)[1])  # type: ignore[index]
        found = self.server.comments if "/comments" in self.path else self.server.pulls
        self._answer(found[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        body = self._body()
        if self.path.endswith("/sarifs"):
            self.server.uploads.append(body)
        else:
            user = {"login": "github-actions[bot]"}
            self.server.comments.append({"id": len(self.server.comments), "user": user, **body})
        self._answer({})

    def do_PATCH(self) -> None:
        self.server.comments[int(self.path.rpartition("/")[2])] |= self._body()
        self._answer({})

    def _body(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return read

    def _answer(self, data: Any) -> None:
        raw = json.dumps(data).encode()
        self.send_response(403 if self.server.refuses else 200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def github() -> Iterator[_GitHub]:
    server = _GitHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def publish(github: _GitHub, tmp_path: Path) -> Any:
    def call(what: str, text: str | None, event: dict[str, Any]) -> tuple[int, str]:
        file = tmp_path / "given"
        if text is not None:
            file.write_text(text, encoding="utf-8")
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        env = {
            "PATH": os.environ["PATH"],
            "GITHUB_TOKEN": "secret-token",
            "GITHUB_API_URL": f"http://127.0.0.1:{github.server_port}",
            "GITHUB_REPOSITORY": "us/model",
            "GITHUB_SHA": "a" * 40,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        }
        command = [sys.executable, "-I", str(PUBLISH), what, str(file)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert "secret-token" not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    return call


OURS = {"pull_request": {"number": 7}}
FORK = {
    "workflow_run": {
        "head_repository": {"owner": {"login": "stranger"}},
        "head_branch": "patch",
        "head_sha": "b" * 40,
    }
}


def test_one_comment_is_kept_up_to_date_and_others_are_left_alone(
    publish: Any, github: _GitHub
) -> None:
    quoting = "<!-- modelassay:gate -->\nlook what the bot says"
    github.comments += [
        {"id": n, "user": {"login": "somebody"}, "body": quoting} for n in range(101)
    ]
    assert publish("comment", "blocked", OURS)[0] == 0
    assert publish("comment", "pass", OURS)[0] == 0
    assert len(github.comments) == 102
    assert github.comments[-1]["body"].endswith("pass")
    assert all(one["body"] == quoting for one in github.comments[:-1])


def test_a_job_without_a_pull_request_comments_nowhere(publish: Any, github: _GitHub) -> None:
    assert publish("comment", "pass", {"push": {}})[0] == 0
    assert github.comments == []


def test_a_long_summary_is_cut_at_a_line(publish: Any, github: _GitHub) -> None:
    publish("comment", "a line of the summary\n" * 5000, OURS)
    assert len(github.comments[0]["body"]) < 65_536


def test_a_missing_summary_says_that_there_is_no_verdict(publish: Any, github: _GitHub) -> None:
    assert publish("comment", None, OURS)[0] == 0
    assert "no verdict" in github.comments[0]["body"]


def test_a_link_in_place_of_the_summary_is_not_read(
    publish: Any, github: _GitHub, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of this machine", encoding="utf-8")
    (tmp_path / "given").symlink_to(tmp_path / "secret")
    publish("comment", None, OURS)
    assert "of this machine" not in github.comments[0]["body"]


def test_a_fork_is_found_by_its_commit_and_its_text_calls_nobody(
    publish: Any, github: _GitHub
) -> None:
    github.pulls += [
        {"number": 3, "head": {"sha": "c" * 40}},
        {"number": 4, "head": {"sha": "b" * 40}},
    ]
    code, said = publish("comment", "pass, says @everybody", FORK)
    assert (code, "pull request 4" in said) == (0, True)
    body = github.comments[0]["body"]
    assert "From a fork: unsigned" in body
    assert "@everybody" not in body


def test_code_scanning_gets_the_file_to_the_byte(publish: Any, github: _GitHub) -> None:
    assert publish("sarif", '{"version": "2.1.0"}', OURS)[0] == 0
    (upload,) = github.uploads
    assert gzip.decompress(base64.b64decode(upload["sarif"])) == b'{"version": "2.1.0"}'
    assert (upload["commit_sha"], upload["ref"]) == ("a" * 40, "refs/heads/main")


def test_a_refusal_is_said_and_no_pass(publish: Any, github: _GitHub) -> None:
    github.refuses = True
    code, said = publish("comment", "pass", OURS)
    assert (code, "403" in said) == (3, True)
