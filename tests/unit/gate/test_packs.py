"""A gate holds every pack that its policy extends, and is judged again from them alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.files import sha256_bytes

BUNDLE = Path(__file__).parents[2] / "golden" / "bundle"
HEAD = "apiVersion: modelassay/v1\nkind: PolicyPack\n"
BASE = f"""{HEAD}metadata: {{id: acme.base, version: 1.0.0, title: Base}}
parameters: {{floor: {{value: 0.5, may_only: rise}}}}
rules:
  - id: ACC
    title: Accuracy
    severity: warn
    measure: accuracy.accuracy
    require: {{at_least: $floor}}
    basis: policy_choice
"""
PACK = f"pack-{sha256_bytes(BASE.encode())[:12]}.yaml"
MOMENT = "2026-11-27T08:00:00Z"


@pytest.fixture
def judged(tmp_path: Path, monkeypatch, capsys):
    """Judge a copy of the golden run by a policy that extends another; return exit code, verdict, gate."""

    def judge(more: str, base: str = BASE):
        run = tmp_path / "run"
        if not run.exists():
            shutil.copytree(BUNDLE, run)
        (tmp_path / "base.policy.yaml").write_text(base)
        pin = f'{{ref: base.policy.yaml@1.0, digest: "sha256:{sha256_bytes(base.encode())}"}}'
        meta = "metadata: {id: acme.child, version: 1.0.0, title: Child}\n"
        child = tmp_path / "child.policy.yaml"
        child.write_text(f"{HEAD}{meta}extends:\n  - {pin}\n{more}")
        monkeypatch.chdir(tmp_path)
        code = invoke(["gate", str(run), "--policy", str(child), "--now", MOMENT, "--json"])
        verdict = json.loads(capsys.readouterr().out)
        gates = [path for path in (run / "gates").iterdir() if (path / PACK).exists()]
        return code, verdict, gates[0] if gates else None

    return judge


def test_the_gate_holds_the_pack_and_names_it(judged):
    code, verdict, gate = judged("")
    assert code == 0
    assert (gate / PACK).read_text() == BASE
    assert verdict["inputs"] == {PACK: sha256_bytes(BASE.encode())}
    assert verdict["policy"]["extends"] == {"acme.base 1.0.0": sha256_bytes(BASE.encode())}
    assert verdict["findings"][0]["place"] == "base.policy.yaml:10"


def test_a_moved_parameter_and_a_raised_severity_decide_and_say_where(judged):
    code, verdict, _ = judged("parameters: {floor: {value: 0.999}}\nseverities: {ACC: block}\n")
    (finding,) = verdict["findings"]
    assert (code, finding["outcome"], finding["severity"]) == (1, "failed", "block")
    assert (finding["limit"], finding["place"]) == ("at least 0.999", "child.policy.yaml:6")


def test_it_is_judged_again_after_the_files_of_its_packs_are_gone(judged, tmp_path, capsys):
    judged("parameters: {floor: {value: 0.6}}\n")
    for path in tmp_path.glob("*.policy.yaml"):
        path.unlink()
    assert invoke(["verify", str(tmp_path / "run"), "--recompute"]) == 0


def test_a_pack_that_was_loosened_in_the_gate_is_found(judged, tmp_path, capsys):
    _, _, gate = judged("")
    (gate / PACK).write_text(BASE.replace("0.5", "0.1"))
    assert invoke(["verify", str(tmp_path / "run")]) == 5
    assert PACK in capsys.readouterr().out


def test_conditions_of_a_pack_keep_its_rules_from_other_systems(judged):
    only = BASE.replace(
        "parameters:", "applies_when: {all: [{field: task.kind, equals: ranking}]}\nparameters:"
    )
    code, verdict, _ = judged("", base=only)
    assert (code, verdict["findings"][0]["outcome"]) == (3, "not-applicable")


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("status", "stable"),
        ("extends", None),
        ("title", "Another one"),
    ],
)
def test_a_verdict_that_calls_its_draft_stable_does_not_follow(judged, tmp_path, name, forged):
    from dataclasses import replace

    from harness.commands.proving import judge_again
    from harness.evidence import open_run, recompute

    judged("", base=BASE.replace("title: Base", "title: Base, status: draft"))
    bundle = open_run(tmp_path / "run")
    assert recompute(bundle, judge=judge_again) == []

    def other(bundle, gate):
        verdict = judge_again(bundle, gate)
        return replace(verdict, policy=replace(verdict.policy, **{name: forged}))

    problems = recompute(bundle, judge=other)
    assert any(problem.startswith("policy of gates/") for problem in problems)


def _sealed_again(gate: Path) -> None:
    from harness.evidence.manifest import MANIFEST, build_manifest, write_manifest

    seal = json.loads((gate / MANIFEST).read_text())
    (gate / MANIFEST).unlink()
    same = {name: seal[name] for name in ("kind", "id", "run_manifest", "sequence")}
    write_manifest(gate, build_manifest(gate, **same))


@pytest.mark.parametrize("is_pinned_too", [False, True])
def test_a_loosened_pack_is_found_after_everything_was_sealed_again(
    judged, tmp_path, capsys, is_pinned_too
):
    _, _, gate = judged("")
    loose = BASE.replace("0.5", "0.1")
    (gate / PACK).write_text(loose)
    if is_pinned_too:
        old, new = sha256_bytes(BASE.encode()), sha256_bytes(loose.encode())
        policy = gate / "policy.yaml"
        policy.write_text(policy.read_text().replace(old, new))
        (gate / PACK).rename(gate / f"pack-{new[:12]}.yaml")
    _sealed_again(gate)
    assert invoke(["verify", str(tmp_path / "run")]) == 5  # without judging again
    assert ("policy.yaml" if is_pinned_too else PACK) in capsys.readouterr().out
