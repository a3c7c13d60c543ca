"""What the gate holds a run against: the last release, found and believed, or a run named by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

import harness
from harness.cli.root import assay
from harness.commands.collecting import Beside, collect
from harness.commands.comparing.release import baseline_bytes, baseline_of, release_for
from harness.commands.proving import prove
from harness.depot import (
    RELEASED,
    find_address,
    open_store,
    put_run,
    release_statement,
    signed_of,
)
from harness.errors import UsageError
from harness.evidence import open_run, verify_run
from harness.gate import Baseline, Given, given_of_files, judge
from harness.pipeline.gating import gate
from harness.policy import parse_policy
from harness.signing import PAYLOAD_TYPE, envelope_of, new_key, parse_trust, statement_bytes

NOW = datetime(2026, 11, 27, tzinfo=UTC)
POLICY = b"""apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: acme.mine, version: 1.0.0, title: No worse than before}
rules:
  - id: NO-WORSE
    title: Not worse than the last release
    severity: block
    measure: accuracy.balanced-accuracy
    require: {drop_at_most: 0.01, versus: last_release, paired: true, first_release: not-applicable}
    basis: policy_choice
    why: It was better before.
  - id: LOSS
    title: Log loss is not worse either
    severity: block
    measure: accuracy.log-loss
    require: {drop_at_most: 0.01, versus: last_release, paired: true}
    basis: policy_choice
    why: Lower is better here.
  - id: ECE
    title: Calibration is not worse
    severity: warn
    measure: calibration.ece
    require: {drop_at_most: 0.01, versus: last_release, paired: true}
    basis: policy_choice
    why: Nobody can pair it.
"""
PLAIN = (
    POLICY.split(b"  - id: NO-WORSE", maxsplit=1)[0]
    + b"""  - id: ACC
    title: Accuracy
    severity: block
    measure: accuracy.accuracy
    require: {at_least: 0.5}
    basis: policy_choice
    why: Less is of no use.
"""
)


@pytest.fixture
def policy():
    return parse_policy(POLICY, name="mine.policy.yaml")


@pytest.fixture(scope="session")
def _made(tmp_path_factory, rows, scores, seal):
    folder = tmp_path_factory.mktemp("release") / "runs"
    return [
        seal(folder, rows, scores(rows, seed=k, wrong=wrong))
        for k, wrong in ((1, 0.04), (2, 0.01), (3, 0.15))
    ]


@pytest.fixture
def runs(tmp_path, _made):
    """Three runs in the order in which they were made: good, better, worse."""
    folder = tmp_path / "runs"
    return folder, [open_run(shutil.copytree(one.path, folder / one.id)) for one in _made]


@pytest.fixture
def store(tmp_path):
    return find_address(str(tmp_path / "store"), environ={})


def release(store, run, policy, key):
    """Gate a run, sign its release, and log it in the store."""
    gated = run.gate(gate(run, policy, now=NOW).path.name)
    statement = release_statement(run, gated, now=NOW, has_accepted_warnings=True)
    envelope = envelope_of(PAYLOAD_TYPE, statement_bytes(statement), [key])
    signed = signed_of(envelope, where="release")
    path = gated.path / "statements" / signed.file_name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(envelope.to_bytes())
    with open_store(store, is_made=True) as opened:
        put_run(opened, run)
        body = {name: statement.predicate[name] for name in ("model", "run", "gate")}
        body["release"] = signed.sha256
        opened.append(RELEASED, gated.digest, body, actor="x", key=signed.sha256)


def outcomes(verdict):
    return {one.rule: one.outcome for one in verdict.findings}


def test_without_a_store_or_a_run_named_by_hand_there_is_no_comparison(runs, policy):
    given = collect(runs[1][2], policy, Beside())
    assert given.baseline is None
    assert (
        outcomes(gate(runs[1][2], policy, given=given, now=NOW).verdict)["LOSS"] == "not-measured"
    )


def test_a_store_without_a_release_says_that_nothing_was_released(runs, policy, store):
    with open_store(store, is_made=True):
        pass
    given = collect(runs[1][2], policy, Beside(store=store))
    assert given.baseline == Baseline(run_id=None, differences=())


def test_the_last_release_is_compared_on_the_same_rows_and_lies_in_the_gate(runs, policy, store):
    _, (first, second, third) = runs
    key = new_key()
    release(store, first, policy, key)
    release(store, second, policy, key)
    given = collect(third, policy, Beside(store=store))
    assert given.baseline.run_id == second.id
    assert {one.measure for one in given.baseline.differences} == {
        "accuracy.balanced-accuracy",
        "accuracy.log-loss",
        "calibration.ece",
    }
    gated = gate(third, policy, given=given, now=NOW)
    assert outcomes(gated.verdict) == {
        "NO-WORSE": "failed",
        "LOSS": "failed",
        "ECE": "not-measured",
    }
    assert gated.verdict.baseline_run == second.id
    sealed = (gated.path / "baseline.json").read_bytes()
    assert given_of_files({"baseline.json": sealed}, lock=None).baseline == given.baseline
    assert verify_run(third.path).is_intact
    assert "text number" not in sealed.decode()


def test_better_passes_whichever_direction_is_better(runs, policy, store):
    _, (_, second, third) = runs
    release(store, third, policy, new_key())
    given = collect(second, policy, Beside(store=store))
    assert outcomes(gate(second, policy, given=given, now=NOW).verdict) == {
        "NO-WORSE": "passed",
        "LOSS": "passed",
        "ECE": "not-measured",
    }


def test_a_released_run_that_is_judged_again_is_not_compared_with_itself(runs, policy, store):
    _, (first, second, _) = runs
    release(store, first, policy, new_key())
    release(store, second, policy, new_key())
    with open_store(store) as opened:
        given = {"ref": None, "runs": runs[0], "store": opened, "trust": None}
        assert release_for(second, **given).bundle.id == first.id
        assert release_for(first, **given).bundle.id == second.id


def test_a_policy_without_such_a_rule_takes_no_baseline_and_imports_nothing(runs, store):
    with open_store(store, is_made=True):
        pass
    given = collect(runs[1][0], parse_policy(PLAIN, name="plain"), Beside(store=store))
    assert given.files == {}


def test_equal_answers_pass_only_where_the_rows_show_it(runs, policy, rows, scores, seal):
    folder, (first, *_) = runs
    again = seal(folder, rows, scores(rows, seed=1, wrong=0.04))
    baseline = baseline_of(
        again, policy, release_for(again, ref=first.id, runs=folder, store=None, trust=None)
    )
    found = {one.measure: one.estimate for one in baseline.differences}
    assert found["accuracy.balanced-accuracy"].value == 0
    assert -0.01 < found["accuracy.balanced-accuracy"].low < 0


class TestBelief:
    """Whose release a baseline is."""

    @pytest.fixture
    def key(self):
        return new_key()

    @pytest.fixture
    def released(self, runs, policy, store, key):
        release(store, runs[1][0], policy, key)
        return open_run(runs[1][0].path)

    def asked(self, runs, trust, store=None, ref=None):
        return release_for(runs[1][2], ref=ref, runs=runs[0], store=store, trust=trust)

    def trust(self, shared_runs, key, roles, **thresholds):
        text = shared_runs.trust_text({"chen": (key, roles)}, **thresholds)
        return parse_trust(text.encode(), "trust.yaml")

    def test_a_run_named_by_hand_is_released_only_by_a_signature_that_counts(
        self, runs, released, key, shared_runs
    ):
        by = self.trust(shared_runs, key, ["release"])
        other = self.trust(shared_runs, new_key(), ["release"])
        assert self.asked(runs, by, ref=released.id).is_released
        assert not self.asked(runs, other, ref=released.id).is_released
        assert not self.asked(runs, None, ref=released.id).is_released
        assert not self.asked(runs, by, ref=runs[1][1].id).is_released

    def test_what_a_trust_file_asks_of_a_release_must_be_met(
        self, runs, released, key, store, shared_runs
    ):
        met = self.trust(shared_runs, key, ["compliance"], release={"compliance": 1})
        missed = self.trust(shared_runs, key, ["ci"], release={"compliance": 1})
        with open_store(store) as opened:
            assert self.asked(runs, met, store=opened).is_released
            assert not self.asked(runs, missed, store=opened).is_released

    def test_one_user_does_not_fill_two_roles(self, runs, released, key, store, shared_runs):
        roles, asked = ["compliance", "legal"], {"compliance": 1, "legal": 1}
        one = self.trust(shared_runs, key, roles, release=asked)
        with open_store(store) as opened:
            assert not self.asked(runs, one, store=opened).is_released

    def test_the_command_says_that_a_run_was_not_released_and_seals_it(self, runs, tmp_path):
        folder, (first, _, third) = runs
        path = tmp_path / "mine.policy.yaml"
        path.write_bytes(POLICY)
        asked = ["gate", third.id, "--runs", str(folder), "--policy", str(path), "--json"]
        shown = CliRunner().invoke(assay, [*asked, "--baseline", first.id], standalone_mode=False)
        assert shown.return_value == 1
        assert f"baseline {first.id}: nobody who is trusted" in shown.stderr
        verdict = json.loads(shown.stdout)
        assert verdict["baseline_run"] == first.id
        said = [one["text"] for one in verdict["not_tested"]]
        words = f"The run was compared with run {first.id}, which somebody named"
        assert any(words in one for one in said)
        sealed = json.loads((third.path / "gates").glob("*/baseline.json").__next__().read_bytes())
        assert sealed["is_released"] is False

    @pytest.mark.parametrize("form", ["run", "path", "text"])
    def test_python_seals_what_the_command_seals(self, form, runs, policy):
        first, _, third = runs[1]
        given = {"run": first, "path": first.path, "text": str(first.path)}[form]
        verdict = harness.gate(third, policy, baseline=given, now=NOW)
        assert verdict.verdict == "blocked"
        assert verdict.baseline_run == first.id
        sealed = (verdict.path / "baseline.json").read_bytes()
        unreleased = release_for(third, ref=first.id, runs=runs[0], store=None, trust=None)
        assert sealed == baseline_bytes(baseline_of(third, policy, unreleased))

    def test_in_python_a_baseline_that_is_no_run_is_refused(self, runs, policy):
        with pytest.raises(UsageError, match="baseline must be a run, a path or the id of a run"):
            harness.gate(runs[1][2], policy, baseline=3)

    def test_a_verdict_against_a_run_that_was_not_released_is_exploratory(
        self, runs, policy, released, key, shared_runs
    ):
        run = runs[1][2]
        locked = replace(run.lock.policies[0], digest=policy.ref.digest)
        lock = replace(run.lock, policies=(locked,))
        for trust, is_exploratory in (
            (self.trust(shared_runs, key, ["release"]), False),
            (None, True),
        ):
            baseline = baseline_of(run, policy, self.asked(runs, trust, ref=released.id))
            given = Given(lock=lock, baseline=baseline)
            verdict = judge(
                policy, run.record, run.measurements, run_digest=run.digest, now=NOW, given=given
            )
            assert verdict.is_exploratory is is_exploratory

    def test_a_damaged_baseline_breaks_integrity(self, runs, tmp_path):
        folder, (first, _, third) = runs
        path = tmp_path / "mine.policy.yaml"
        path.write_bytes(POLICY)
        with (first.path / "measurements.json").open("ab") as stream:
            stream.write(b" ")
        asked = ["gate", third.id, "--runs", str(folder), "--policy", str(path)]
        shown = CliRunner().invoke(assay, [*asked, "--baseline", first.id], standalone_mode=False)
        assert shown.exception.exit_code == 5

    def test_a_difference_that_does_not_follow_from_its_evidence_is_found_by_recomputing(
        self, runs, policy
    ):
        folder, (first, _, third) = runs
        released = release_for(third, ref=first.id, runs=folder, store=None, trust=None)
        honest = baseline_bytes(baseline_of(third, policy, released))
        forged = json.loads(honest)
        for one in forged["differences"]:
            if one["estimate"]["value"] is not None:
                one["estimate"] |= {"value": 0.0, "low": -0.001, "high": 0.001}
        for raw, is_right in ((honest, True), (json.dumps(forged).encode(), False)):
            given = given_of_files({"baseline.json": raw}, lock=third.lock)
            gated = gate(third, policy, given=given, now=NOW)
            report = prove(third.id, folder, is_recomputed=True)
            assert (gated.verdict.verdict == "blocked") is is_right
            assert report.is_intact is is_right
        assert "value of accuracy.balanced-accuracy@test[all] must be" in report.problems[0]
