"""``assay plan``: what a run would cost and what its data can decide, without running it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands.planning import as_data, plan_run, render
from harness.config import load_config, with_budget
from harness.errors import ConfigError, DataError, ModelError
from harness.pipeline.plan import make_plan
from harness.pipeline.reporting import Quiet

Run = Callable[..., Any]


@pytest.fixture
def plan(toy: Any) -> Callable[..., Any]:
    def go(budget: float | None = None) -> Any:
        loaded = with_budget(load_config(toy.config), budget)
        return plan_run(loaded, runs=toy.folder / "runs", reporter=Quiet(), clock=toy.clock)

    return go


def stage(report: Any, name: str) -> Any:
    return next(one for one in report.stages if one.stage == name)


def test_a_plan_writes_no_run_and_leaves_nothing_behind(
    toy: Any, plan: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan()  # what libraries cache when they are first imported is not ours
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = sorted(tmp_path.rglob("*"))
    plan()
    toy.ask_for(train=True)
    plan()
    left = [path for path in tmp_path.rglob("*") if "assay-trial-" not in path.name]
    assert sorted(left) == before
    assert not (tmp_path / "runs").exists()


def test_the_forecast_is_what_the_run_then_takes(
    toy: Any, plan: Callable[..., Any], run: Run, listener: Any
) -> None:
    report = plan()
    ends: dict[str, float] = {}
    listener.end = lambda detail: ends.setdefault(listener.name, toy.clock.now)
    started = toy.clock.now
    bundle = run(reporter=listener)
    predicted = stage(report, "predict")
    assert (predicted.n_rows, predicted.n_calls) == (600, 600)
    # the toy needs the same time for each padded token, and a batch is padded by 8 % at most
    assert predicted.seconds == pytest.approx(ends["predict"] - started, rel=0.1)
    asked = stage(report, "audit occlusion")
    took = ends["audit occlusion"] - ends["audit group-error"]
    assert asked.seconds == pytest.approx(took, rel=0.25)
    assert bundle.record.config["budget"] is None


def test_training_is_timed_on_a_few_steps_that_are_thrown_away(
    toy: Any, plan: Callable[..., Any]
) -> None:
    toy.ask_for(train=True)
    report = plan()
    assert toy.trained == [1, 1, 5]
    training = stage(report, "train")
    assert training.n_calls == 10  # 360 rows in batches of 36
    assert training.seconds == pytest.approx(0.7 + 0.5 + 10 * 0.5, abs=0.5)
    assert training.basis == "steps"
    assert any(note.id == "plan.untrained" for note in report.notes)
    assert all("runs" not in source for source in toy.loads)


def test_quick_steps_are_timed_longer(toy: Any, plan: Callable[..., Any]) -> None:
    toy.ask_for(train=True)
    toy.seconds_per_step = 0.01
    plan()
    assert toy.trained == [1, 1, 5, 33, 257]


def test_a_finished_training_is_taken_up_and_costs_nothing(
    toy: Any, plan: Callable[..., Any], run: Run
) -> None:
    toy.ask_for(train=True)
    run()
    toy.trained.clear()
    report = plan()
    assert toy.trained == []
    assert report.stages[0].stage == "predict"
    assert any(note.id == "plan.trained" for note in report.notes)


def test_a_plan_with_a_budget_names_the_sizes_that_a_run_would_choose(
    toy: Any, plan: Callable[..., Any], run: Run
) -> None:
    toy.rows(3000)
    toy.model.seconds_per_token *= 4  # so that the probe is a small part of the budget
    planned = plan(1.2)
    toy.ask_for(budget="{minutes: 1.2}")
    used = run().record.config["budget"]["rows"]
    predicted = stage(planned, "predict")
    assert predicted.n_of == 3000
    assert predicted.n_rows == pytest.approx(used["predict"]["test"], rel=0.2)
    assert "does not suffice for all rows: predict" in " ".join(render(planned, 100).split())
    assert "suffices for all rows" in render(plan(500), 100)


def test_stored_predictions_are_asked_no_model(toy: Any, plan: Callable[..., Any]) -> None:
    header, *lines = (toy.folder / "rows.csv").read_text(encoding="utf-8").splitlines()
    scored = [f"{header},p", *(f"{line},0.7" for line in lines)]
    (toy.folder / "rows.csv").write_text("\n".join(scored) + "\n", encoding="utf-8")
    text = toy.config.read_text(encoding="utf-8")
    stored = text.replace("{base: ./toy}", "{predictions: {path: rows.csv, id: id, scores: [p]}}")
    toy.config.write_text(stored, encoding="utf-8")
    report = plan()
    assert toy.loads == []
    assert toy.model.n_rows == 0
    assert stage(report, "audit occlusion").n_calls == 0
    assert any(note.id == "plan.no-model" for note in report.notes)
    (silent,) = [note for note in report.notes if note.id == "plan.needs-model"]
    assert silent.params["audits"] == "occlusion"
    (word,) = [one for one in report.decides if one.rule == "ONE-WORD"]
    assert (word.state, word.passes_at, word.chance) == ("not-known", None, None)


def test_few_rows_are_all_timed_and_it_is_said(toy: Any, plan: Callable[..., Any]) -> None:
    toy.rows(10)
    report = plan()
    (note,) = [one for one in report.notes if one.id == "plan.few-rows"]
    assert note.params["n"] == 10
    assert stage(report, "predict").seconds > 0


def test_an_empty_test_set_is_refused_like_in_a_run(toy: Any, plan: Callable[..., Any]) -> None:
    (toy.folder / "rows.csv").write_text("id,text,label,region\n", encoding="utf-8")
    with pytest.raises(DataError):
        plan()


def test_every_mistake_of_the_config_is_reported(toy: Any) -> None:
    text = toy.config.read_text(encoding="utf-8")
    broken = text.replace("seed: 3", "seed: -3").replace("quick", "quikc")
    toy.config.write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(toy.config)
    assert len(caught.value.problems) == 2


def test_a_model_that_cannot_be_loaded_is_named(
    toy: Any, plan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, **_: Any) -> None:
        raise ModelError(f"{source} must hold a model, got none.")

    monkeypatch.setattr(toy, "load", refuse)
    with pytest.raises(ModelError, match="must hold a model"):
        plan()


def test_groups_that_can_never_pass_are_named(toy: Any, plan: Callable[..., Any]) -> None:
    toy.rows(3000, regions={"east": 0.5, "west": 0.488, "isle": 0.012})
    report = plan()
    found = {one.slice: one for one in report.decides if one.rule == "GROUP-ERROR"}
    isle = found["region=isle"]
    n_isle = isle.n
    assert 30 <= n_isle < 60
    assert isle.passes_at is not None
    assert isle.chance < 0.6 < 0.99 < found["region=east"].chance
    toy.rows(400, regions={"east": 0.9, "isle": 0.1})
    text = (toy.folder / "own.policy.yaml").resolve()
    text.write_text(POLICY, encoding="utf-8")
    toy.config.write_text(
        toy.config.read_text(encoding="utf-8") + "policy: {file: own.policy.yaml}\n",
        encoding="utf-8",
    )
    report = plan()
    isle = next(one for one in report.decides if one.slice == "region=isle")
    assert (isle.state, isle.passes_at, isle.chance) == ("too-small-to-pass", None, 0.0)
    assert "Too few rows to ever pass, however good the model is: region = isle" in " ".join(
        render(report, 100).split()
    )


def test_how_many_rows_would_decide_is_never_cut_off(toy: Any, plan: Callable[..., Any]) -> None:
    toy.rows(400, regions={"east": 0.5, "an isle with a rather long name in the far west": 0.5})
    report = plan()
    few = [replace(one, state="inconclusive", n_needed=1254) for one in report.decides]
    screen = " ".join(render(replace(report, decides=tuple(few)), 80).split())
    assert screen.count("n = 1,254)") == len(few) > 1


POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: own, version: 1.0.0, title: Own}
rules:
  - id: TIGHT
    title: Hardly any error in a group
    severity: block
    measure: group-error.error-rate
    slices: {by: [[region]], min_n: 5}
    require: {at_most: 0.03}
    basis: policy_choice
"""


def test_what_is_said_to_pass_and_to_fail_is_what_the_gate_says(
    toy: Any, plan: Callable[..., Any]
) -> None:
    from harness.gate.facts import Facts
    from harness.gate.gating import findings_of
    from harness.policy import policy_of_rules
    from harness.records import Measurement
    from harness.stats import newcombe

    one = next(each for each in plan().decides if each.slice == "region=east")
    n_rest = 600 - one.n
    wrong = round(0.1 * n_rest)
    rule = {
        "measure": one.measure,
        "require": {"at_most": 0.1},
        "slices": {"by": [["region"]]},
    }

    def outcome(k: int) -> str:
        estimate = newcombe(k, one.n, wrong, n_rest)
        item = Measurement(one.measure, "test", one.slice, estimate)
        facts = Facts(fields={}, measurements=(item,))
        return findings_of(policy_of_rules([rule]), facts)[0].outcome

    last = round((one.passes_at + wrong / n_rest) * one.n)
    assert [outcome(last), outcome(last + 1)] == ["passed", "inconclusive"]
    failing = round((one.fails_at + wrong / n_rest) * one.n)
    assert outcome(failing) == "failed"


def test_the_chance_is_that_of_the_binomial_distribution(
    toy: Any, plan: Callable[..., Any]
) -> None:
    from scipy.stats import binom

    one = next(each for each in plan().decides if each.slice == "region=east")
    n_rest = 600 - one.n
    last = round((one.passes_at + round(0.1 * n_rest) / n_rest) * one.n)
    expected = round(0.1 * one.n) / one.n
    assert one.chance == pytest.approx(binom.cdf(last, one.n, expected), abs=1e-12)


def test_a_declared_accuracy_stands_in_for_the_error_rate(
    toy: Any, plan: Callable[..., Any]
) -> None:
    text = toy.config.read_text(encoding="utf-8")
    toy.config.write_text(text + "declared: {accuracy.accuracy: 0.97}\n", encoding="utf-8")
    assert plan().error_rate == pytest.approx(0.03)


def test_the_command_prints_tables_that_fit_and_json_that_parses(
    toy: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.cli import invoke

    monkeypatch.chdir(toy.folder)
    monkeypatch.setenv("COLUMNS", "90")
    assert invoke(["plan", "assay.yaml", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 90
    assert "audit occlusion" in out
    assert invoke(["plan", "assay.yaml", "--json", "--budget", "1"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema_version"] == "modelassay/plan/v1"
    assert [one["stage"] for one in data["stages"]][:1] == ["predict"]
    assert data["total"]["seconds"] > 0
    toy.config.write_text("kind: Run\n", encoding="utf-8")
    assert invoke(["plan", "assay.yaml"]) == 2


def test_text_from_data_cannot_act_in_the_terminal(toy: Any, plan: Callable[..., Any]) -> None:
    toy.rows(400, regions={"ea\x1b[31mst": 0.5, "west": 0.5})
    screen = render(plan(), 100)
    assert "\x1b" not in screen
    assert json.loads(json.dumps(as_data(plan())))


REAL = """apiVersion: modelassay/v1
kind: Run
name: real
task: {kind: text-classification, labels: [benign, toxic]}
data:
  test: {path: real.csv, text: text, label: label}
MODEL
device: cpu
audits: {suite: quick}
"""
NEW = """  train: {path: real.csv, text: text, label: label}
  validation: {share: 0.2}
model: {architecture: {type: bert, hidden_size: 16, layers: 1, intermediate_size: 32}}
train: {epochs: 2, batch_size: 8}"""


@pytest.fixture
def real(tmp_path: Path) -> Callable[[str], Any]:
    """Plan a config with a real network on 120 rows."""
    lines = [f"row {row} of a small table,{'toxic' if row % 3 else 'benign'}" for row in range(120)]
    (tmp_path / "real.csv").write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")

    def go(model: str) -> Any:
        path = tmp_path / "real.yaml"
        path.write_text(REAL.replace("MODEL", model), encoding="utf-8")
        return plan_run(
            load_config(path), runs=tmp_path / "runs", reporter=Quiet(), clock=time.perf_counter
        )

    return go


def test_a_network_is_timed_and_its_memory_is_known(
    real: Callable[[str], Any], tiny_bert: Path
) -> None:
    report = real(f"model: {{base: {tiny_bert}}}")
    predicted, asked = stage(report, "predict"), stage(report, "audit occlusion")
    assert 0 < predicted.seconds < 60
    assert predicted.memory_bytes > 50 * 2**20
    assert asked.n_calls > 0
    assert asked.seconds > 0
    assert stage(report, "audit accuracy").seconds > 0
    (facts,) = report.data
    assert facts.tokens is not None


@pytest.mark.slow
def test_a_network_that_is_still_to_be_trained_is_timed_untrained(
    real: Callable[[str], Any], tmp_path: Path
) -> None:
    report = real(NEW)
    training = stage(report, "train")
    assert training.n_calls == 24  # 96 rows in batches of 8, twice
    assert training.seconds > 0
    assert training.disk_bytes > 0
    assert any(note.id == "plan.untrained" for note in report.notes)
    assert not (tmp_path / "runs").exists()


GROUP_POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: own.groups, version: 1.0.0, title: Own, owners: [me]}
rules:
  - id: EQUAL-OPPORTUNITY
    title: Found as often in every region
    severity: block
    measure: group-metrics.tpr-difference
    slices: {by: every}
    require: {at_most: 0.10}
    basis: policy_choice
"""


def test_a_plan_says_how_many_positives_a_comparison_of_groups_is_short_of(
    toy: Any, plan: Callable[..., Any]
) -> None:
    toy.rows(3000, regions={"east": 0.9, "isle": 0.1})
    (toy.folder / "own.policy.yaml").resolve().write_text(GROUP_POLICY, encoding="utf-8")
    toy.config.write_text(
        toy.config.read_text(encoding="utf-8") + "policy: {file: own.policy.yaml}\n",
        encoding="utf-8",
    )
    report = plan()
    (one,) = report.compares
    assert (one.rule, one.slice, one.n_groups, one.what) == (
        "EQUAL-OPPORTUNITY",
        "region=%2A",
        2,
        "positives",
    )
    assert one.smallest[0] == "isle"
    assert one.n_each == pytest.approx(172, rel=0.05)  # two groups, rate 0.1 from either end
    assert one.n_more == one.n_each - one.smallest[1] > 0
    assert 0 < one.chance < 0.9
    screen = " ".join(render(report, 120).split())
    assert f"isle ({one.smallest[1]})" in screen
    assert f"{one.n_each} positives" in screen


def test_a_plan_says_that_a_comparison_of_groups_without_slices_has_no_answer(
    toy: Any, plan: Callable[..., Any]
) -> None:
    unsliced = GROUP_POLICY.replace("    slices: {by: every}\n", "")
    (toy.folder / "own.policy.yaml").resolve().write_text(unsliced, encoding="utf-8")
    toy.config.write_text(
        toy.config.read_text(encoding="utf-8") + "policy: {file: own.policy.yaml}\n",
        encoding="utf-8",
    )
    report = plan()
    assert not report.compares
    (note,) = [one for one in report.notes if one.id == "plan.no-slices"]
    assert "EQUAL-OPPORTUNITY" in note.text


def test_what_a_plan_does_not_know_is_not_called_never(toy: Any, plan: Callable[..., Any]) -> None:
    report = plan()
    unknown = replace(report.decides[0], passes_at=None, fails_at=None, state="not-known")
    (row,) = [
        line
        for line in render(replace(report, decides=(unknown,)), 200).splitlines()
        if "not known yet" in line
    ]
    assert "never" not in row


def test_a_policy_file_is_relative_to_a_config_that_is_named_from_elsewhere(
    toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toy.folder / "own.policy.yaml").resolve().write_text(GROUP_POLICY, encoding="utf-8")
    toy.config.write_text(
        toy.config.read_text(encoding="utf-8") + "policy: {file: own.policy.yaml}\n",
        encoding="utf-8",
    )
    config = toy.config.resolve()
    monkeypatch.chdir(config.parent.parent)
    plan = make_plan(load_config(config.relative_to(config.parent.parent)))
    assert "EQUAL-OPPORTUNITY" in [rule.id for rule in plan.policy.rules]
