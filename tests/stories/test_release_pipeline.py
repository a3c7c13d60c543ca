"""One machine audits and submits, others release and admit: with nothing in common but a store."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from harness.depot import find_address, open_index

Assay = Callable[..., tuple[int, str, str]]

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: screen
seed: 1
task: {kind: text-classification, labels: [benign, toxic], favourable: benign}
data:
  test: {path: rows.csv, id: id, text: text, label: label, groups: [region]}
model: {base: ./model}
audits: {suite: quick, skip: [SKIP]}
policy: {file: screen.policy.yaml}
device: cpu
system: {purpose: Sort messages, domain: service, authors: ["user:maker"], owner: "user:owner"}
"""
POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata:
  id: acme.screen
  version: 1.0.0
  title: What the screen must keep
  valid_for_days: 90
rules:
  - id: ACCURATE
    title: Some messages are decided as labelled
    severity: block
    measure: accuracy.accuracy
    require: {at_least: 0.05}
    basis: policy_choice
    why: Less would not be of use.
  - id: NO-WORSE
    title: Not much worse than the last release
    severity: block
    measure: accuracy.accuracy
    require: {drop_at_most: 0.10, versus: last_release, paired: true, first_release: not-applicable}
    basis: policy_choice
    why: A release must not make the work of readers harder.
"""


@pytest.fixture
def machine(story: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a machine: a folder with table, model, policy and config, and the variable ASSAY_STORE."""
    from harness import registry

    kept = {"accuracy"}
    skip = ", ".join(
        sorted(
            set(registry.select("quick", skip=[], named=[], kind="text-classification")[0]) - kept
        )
    )
    monkeypatch.setenv("ASSAY_STORE", str(story / "shared"))

    def made(name: str) -> Path:
        folder = story / name
        folder.mkdir()
        lines = (story / "rows.csv").read_text().splitlines(keepends=True)
        text = "".join(lines[:61]).replace(",routine,", ",benign,").replace(",urgent,", ",toxic,")
        (folder / "rows.csv").write_text(text)
        shutil.copytree(tiny_bert, folder / "model")
        (folder / "screen.policy.yaml").write_text(POLICY)
        (folder / "assay.yaml").write_text(CONFIG.replace("SKIP", skip))
        monkeypatch.chdir(folder)
        return folder

    return made


def trust_with(assay: Assay, tmp_path: Path) -> Path:
    trust = tmp_path / "trust.yaml"
    for name, role in (("ci", "ci"), ("anna", "release")):
        code, _, err = assay("keys", "new", name, "--role", role, "--trust", str(trust))
        assert code == 0, err
    text = trust.read_text() + "thresholds:\n  gate: {ci: 1}\n  release: {release: 1}\n"
    trust.write_text(text)
    assert set(yaml.safe_load(text)) >= {"keys", "thresholds"}
    return trust


def test_a_model_goes_from_one_machine_through_the_store_to_deployment(
    machine: Callable[[str], Path],
    story: Path,
    assay: Assay,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODELASSAY_KEYS", str(tmp_path_factory.mktemp("keys")))
    trust = trust_with(assay, story)

    # without its store nothing is judged
    first = machine("runner-a")
    assert assay("run")[0] == 3
    assert assay("store", "new", str(story / "shared"), "--trust", str(trust))[0] == 0

    # runner A: measure, judge, sign, submit
    code, out, err = assay("run", "--json")
    assert code == 0, out + err
    outcomes = {one["rule"]: one["outcome"] for one in json.loads(out)["findings"]}
    assert outcomes["NO-WORSE"] == "not-applicable"
    assert assay("sign", "latest", "--key", "ci", "--role", "ci")[0] == 0
    assert assay("submit", "latest")[0] == 0
    (run,) = (path.name for path in (first / "runs").iterdir() if path.name[0].isdigit())

    # deployment knows the model, and that nobody has released it
    assert assay("admit", "model", "--trust", str(trust))[0] == 3

    # a person releases what lies in the store, from a place that has nothing else
    elsewhere = story / "desk"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    code, out, err = assay("release", run, "--key", "anna", "--role", "release")
    assert code == 0, err
    assert "released: screen" in out

    # runner B has another model, and finds trust file and last release in the store
    second = machine("runner-b")
    config = json.loads((second / "model" / "config.json").read_text())
    (second / "model" / "config.json").write_text(json.dumps({**config, "note": "another"}))
    code, out, err = assay("run", "--json")
    assert code == 0, err
    assert "trust.yaml of the store" in err
    verdict = json.loads(out)
    assert verdict["baseline_run"] == run
    outcomes = {one["rule"]: one["outcome"] for one in verdict["findings"]}
    assert outcomes == {"ACCURATE": "passed", "NO-WORSE": "passed"}

    # deployment lets the first model through, and not the second
    monkeypatch.chdir(story)
    code, out, _ = assay("admit", "runner-a/model", "--trust", str(trust), "--json")
    found = json.loads(out)
    assert (code, found["run"]) == (0, run)
    assert found["valid_until"] is not None
    assert assay("admit", "runner-b/model", "--trust", str(trust))[0] == 3
    after = found["valid_until"]
    assert assay("admit", "runner-a/model", "--trust", str(trust), "--now", after)[0] == 3

    code, out, _ = assay("store", "list", "--json")
    assert [(row["run"], row["state"], row["is_released"]) for row in json.loads(out)] == [
        (run, "released", True)
    ]
    code, out, _ = assay("log", "verify")
    assert code == 0, out

    # a job that may only write the log cannot make the release forgotten
    with open_index(find_address(str(story / "shared"))) as log:
        released = next(one for one in log.events() if one.kind == "run-released")
        body = {key: released.body[key] for key in ("model", "run", "gate", "release")}
        log.append("release-withdrawn", released.subject, body=body, actor="mallory")
    monkeypatch.chdir(second)
    code, _, err = assay("gate", "latest")
    assert code == 5
    assert "withdrawal in event" in err
    assert assay("admit", "../runner-a/model", "--trust", str(trust))[0] == 3
