"""Bundles as earlier days wrote them: every one is still read, verified, derived and judged again."""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.commands.collecting import Beside
from harness.commands.judging import judge_run
from harness.commands.proving import judge_again, prove
from harness.errors import IntegrityError
from harness.evidence import open_run, recompute, verify_run
from harness.records import READERS, Verdict, from_json, to_json
from harness.signing import read_trust

FROZEN = Path(__file__).with_name("frozen")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
DAYS = sorted(path.name for path in FROZEN.iterdir() if path.is_dir())


@pytest.fixture(params=DAYS)
def frozen(request):
    return FROZEN / request.param


def test_it_verifies(frozen):
    report = verify_run(frozen)
    assert report.problems == ()
    assert report.gates == open_run(frozen).gate_ids()


@pytest.mark.parametrize("file", sorted(FROZEN.glob("*.trust.yaml")), ids=lambda one: one.name)
def test_its_signatures_tombstones_and_holds_still_count(file):
    run = FROZEN / file.name.removesuffix(".trust.yaml")
    report = prove(str(run), FROZEN, is_recomputed=True, trust=read_trust(file), now=NOW)
    assert report.problems == ()
    assert report.erased
    assert {one.state for one in report.signed} == {"counts"}


def test_every_number_and_verdict_of_it_follows_from_its_evidence(frozen):
    assert recompute(open_run(frozen), judge=judge_again) == []


def test_it_is_gated_again_today_and_both_gates_verify(frozen, tmp_path):
    copy = Path(shutil.copytree(frozen, tmp_path / "run"))
    before = open_run(copy).verdict()
    bundle, gated = judge_run(
        str(copy), tmp_path, None, beside=Beside(), now=NOW, fail_on_warn=False
    )
    assert (gated.verdict.verdict, gated.verdict.counts) == (before.verdict, before.counts)
    assert len(bundle.gate_ids()) == 2
    report = verify_run(copy)
    assert report.problems == ()


def test_every_version_that_lies_in_a_frozen_bundle_has_its_reader():
    found = {
        json.loads(path.read_text(encoding="utf-8")).get("schema_version")
        for path in FROZEN.rglob("*.json")
        if '"schema_version"' in path.read_text(encoding="utf-8")
    }
    assert found
    assert found <= set(READERS)


def test_every_noun_that_is_written_has_its_reader_and_no_version_is_skipped():
    root = Path(__file__).parents[2] / "harness"
    written = {
        name
        for path in root.rglob("*.py")
        for name in re.findall(
            r'schema_version: Literal\["([^"]+)"\]', path.read_text(encoding="utf-8")
        )
    }
    assert written <= set(READERS)
    for name in READERS:
        family, _, number = name.rpartition("/v")
        assert {f"{family}/v{n}" for n in range(1, int(number) + 1)} <= set(READERS), name


def test_a_document_of_a_newer_modelassay_says_so_and_proves_nothing():
    text = to_json(open_run(FROZEN / DAYS[0]).verdict())
    newer = text.replace("modelassay/verdict/v1", "modelassay/verdict/v2")
    with pytest.raises(IntegrityError, match="written by a newer Modelassay") as caught:
        from_json(Verdict, newer, where="verdict.json")
    assert caught.value.exit_code == 5
    unknown = text.replace("modelassay/verdict/v1", "modelassay/other/v2")
    with pytest.raises(IntegrityError, match="follow the schema Verdict"):
        from_json(Verdict, unknown, where="verdict.json")


def test_an_older_version_is_lifted_step_by_step_to_that_of_today(monkeypatch):
    from harness.records import versions

    verdict = open_run(FROZEN / DAYS[0]).verdict()
    old = json.loads(to_json(verdict)) | {"schema_version": "modelassay/verdict/v0"}
    old["conclusion"] = old.pop("verdict")

    def lift(data):
        rest = {name: value for name, value in data.items() if name != "conclusion"}
        return rest | {"verdict": data["conclusion"], "schema_version": "modelassay/verdict/v1"}

    monkeypatch.setattr(versions, "READERS", {**versions.READERS, "modelassay/verdict/v0": lift})
    assert from_json(Verdict, json.dumps(old), where="verdict.json") == verdict
