"""A budget of minutes: what does not fit is measured on a sample that says so, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.config import load_config, with_budget
from harness.errors import ConfigError, UsageError
from harness.pipeline.budget import FEWEST_ROWS, Budget, fewest, largest

Run = Callable[..., Any]


def sizes_of(bundle: Any) -> dict[str, dict[str, int]]:
    section = bundle.record.config["budget"]
    return section["rows"] if section else {}


def measured(bundle: Any, measure: str) -> Any:
    return next(
        one
        for one in bundle.measurements.measurements
        if one.measure == measure and one.slice == "all"
    )


def evidence_of(bundle: Any) -> dict[str, bytes]:
    """Everything that a measurement rests on."""
    names = ["measurements.json", "predictions.parquet"]
    audits = sorted(bundle.path.glob("audits/*/*"))
    return {
        path.relative_to(bundle.path).as_posix(): path.read_bytes()
        for path in [*(bundle.path / name for name in names), *audits]
    }


def test_a_budget_that_suffices_changes_no_byte_of_the_evidence(toy: Any, run: Run) -> None:
    plain = run()
    toy.ask_for(budget="{minutes: 60}")
    rich = run()
    assert evidence_of(rich) == evidence_of(plain)
    assert sizes_of(plain) == {}
    assert sizes_of(rich) == {"predict": {"test": 600}, "occlusion": {"test": 600}}
    assert rich.record.is_sample is False


def test_test_sets_that_do_not_fit_are_sampled_before_they_are_predicted(
    toy: Any, run: Run, listener: Any
) -> None:
    toy.rows(3000)
    toy.ask_for(budget="{minutes: 0.3}")
    bundle = run(reporter=listener)
    n = sizes_of(bundle)["predict"]["test"]
    assert FEWEST_ROWS <= n < 3000
    assert pq.read_table(bundle.path / "predictions.parquet").num_rows == n
    assert bundle.record.is_sample
    (ref,) = bundle.record.datasets
    assert (ref.n_rows, ref.limit, ref.n_read) == (n, n, 3000)
    accuracy = measured(bundle, "accuracy.accuracy")
    assert accuracy.estimate.n == n
    (caveat,) = [one for one in accuracy.caveats if one.id == "audit.sampled"]
    assert (caveat.params["n"], caveat.params["n_all"]) == (n, 3000)
    assert f"budget: predict on {n:,} of 3,000 rows of test" in listener.notes


def test_an_audit_that_does_not_fit_is_measured_on_a_sample_and_says_so(
    toy: Any, run: Run, listener: Any
) -> None:
    toy.ask_for(budget="{minutes: 0.25, rows: {predict: {test: 600}}}")
    bundle = run(reporter=listener)
    n = sizes_of(bundle)["occlusion"]["test"]
    assert FEWEST_ROWS <= n < 600
    assert f"budget: audit occlusion on {n:,} of 600 rows of test" in listener.notes
    flips = measured(bundle, "occlusion.flip-rate")
    (caveat,) = [one for one in flips.caveats if one.id == "audit.sampled"]
    assert (caveat.params["n"], caveat.params["n_all"]) == (n, 600)
    assert f"{n} of 600 rows" in caveat.text
    assert measured(bundle, "accuracy.accuracy").caveats == ()
    assert bundle.record.is_sample is False
    asked = pq.read_table(bundle.path / "audits/occlusion/answers.parquet")[
        "example_id"
    ].to_pylist()
    assert len(set(asked)) <= n


def test_the_forecast_keeps_its_word_on_a_model_of_even_speed(toy: Any, run: Run) -> None:
    toy.rows(3000)
    for minutes in (0.3, 0.5):
        toy.ask_for(budget=f"{{minutes: {minutes}}}")
        started = toy.clock.now
        run()
        assert 0.6 * 60 * minutes < toy.clock.now - started < 1.1 * 60 * minutes


def test_no_more_rows_are_said_to_be_the_fewest_than_there_are(toy: Any, run: Run) -> None:
    toy.rows(150)
    toy.ask_for(budget="{minutes: 0.001}")
    status = {one.id: one for one in run().record.audits}
    assert "no room for 150 rows of test," in status["occlusion"].because.text


def test_what_does_not_fit_at_all_is_not_measured_and_the_reason_is_budget(
    toy: Any, run: Run
) -> None:
    toy.ask_for(budget="{minutes: 0.001}")
    bundle = run()
    assert sizes_of(bundle) == {"predict": {"test": FEWEST_ROWS}, "occlusion": {"test": 0}}
    status = {one.id: one for one in bundle.record.audits}
    assert status["occlusion"].status == "not-measured"
    assert status["occlusion"].because.id == "audit.budget"
    assert "Not measured: budget." in status["occlusion"].because.text
    assert f"no room for {FEWEST_ROWS} rows of test," in status["occlusion"].because.text
    assert status["accuracy"].status == status["group-error"].status == "measured"
    reliance = measured(bundle, "occlusion.single-token-reliance")
    assert not reliance.estimate.is_measured
    assert reliance.estimate.why_undefined.id == "audit.budget"


def test_a_rule_on_what_was_not_measured_for_budget_leaves_the_verdict_incomplete(
    toy: Any, run: Run
) -> None:
    from harness.pipeline.gating import gate
    from harness.policy import policy_of_rules

    toy.ask_for(budget="{minutes: 0.001}")
    rule = {"measure": "occlusion.flip-rate", "require": {"at_most": 0.9}}
    verdict = gate(run(), policy_of_rules([rule])).verdict
    assert verdict.verdict == "incomplete"
    assert verdict.findings[0].outcome == "not-measured"
    assert "budget" in verdict.findings[0].because.text


@pytest.mark.parametrize("minutes", [0.001, 0.2, 0.3])
def test_recorded_sizes_give_the_same_bytes_again_whatever_the_clock_says(
    toy: Any, run: Run, minutes: float
) -> None:
    toy.rows(2000)
    toy.ask_for(budget=f"{{minutes: {minutes}}}")
    first = run()
    toy.model.seconds_per_token *= 50
    toy.ask_for(budget=f"{{rows: {sizes_of(first)}}}")
    again = run()
    assert sizes_of(again) == sizes_of(first)
    assert evidence_of(again) == evidence_of(first)


@pytest.mark.slow
def test_a_resumed_run_keeps_the_sizes_that_it_chose(toy: Any, run: Run) -> None:
    toy.rows(3000)
    toy.ask_for(budget="{minutes: 0.4}")
    chosen = sizes_of(run(runs=toy.folder / "elsewhere"))["predict"]
    answer, n_left = toy.model.logits, [40]

    def dies(items: Sequence[Any]) -> Any:
        n_left[0] -= 1
        if n_left[0] < 0:
            raise KeyboardInterrupt
        return answer(items)

    toy.model.logits = dies
    with pytest.raises(KeyboardInterrupt):
        run()
    toy.model.logits = answer
    toy.model.seconds_per_token /= 100  # the machine is idle now
    resumed = run()
    assert sizes_of(resumed)["predict"] == chosen
    assert chosen["test"] < 3000


def test_training_counts_and_is_never_cut(toy: Any, run: Run) -> None:
    toy.ask_for(budget="{minutes: 0.1}", train=True)
    toy.seconds_per_step = 100.0
    bundle = run()
    assert toy.trained == [10]  # 360 rows in batches of 36
    sizes = sizes_of(bundle)
    assert (sizes["predict"], sizes["occlusion"]) == ({"test": FEWEST_ROWS}, {"test": 0})
    assert sizes["calibration"] == {"validation": 0}


def test_stored_predictions_need_no_budget(toy: Any, run: Run) -> None:
    header, *lines = (toy.folder / "rows.csv").read_text(encoding="utf-8").splitlines()
    scored = [f"{header},p", *(f"{line},0.7" for line in lines)]
    (toy.folder / "rows.csv").write_text("\n".join(scored) + "\n", encoding="utf-8")
    text = toy.config.read_text(encoding="utf-8")
    stored = text.replace("{base: ./toy}", "{predictions: {path: rows.csv, id: id, scores: [p]}}")
    toy.config.write_text(stored + "budget: {minutes: 0.0001}\n", encoding="utf-8")
    bundle = run()
    assert sizes_of(bundle) == {}
    assert measured(bundle, "accuracy.accuracy").estimate.n == 600


@pytest.mark.parametrize("minutes", ["0", "-3", ".nan", ".inf", "soon"])
def test_a_budget_must_be_a_finite_number_above_zero(toy: Any, minutes: str) -> None:
    toy.ask_for(budget=f"{{minutes: {minutes}}}")
    with pytest.raises(ConfigError, match=r"budget\.minutes must .*assay\.yaml:11"):
        load_config(toy.config)


def test_an_empty_budget_says_what_it_could_hold(toy: Any) -> None:
    toy.ask_for(budget="{}")
    with pytest.raises(ConfigError, match="minutes or rows"):
        load_config(toy.config)


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan"), float("inf")])
def test_the_option_asks_for_a_finite_number_above_zero(toy: Any, minutes: float) -> None:
    with pytest.raises(UsageError, match="--budget must be a number of minutes above 0, got"):
        with_budget(load_config(toy.config), minutes)


def test_the_option_beats_the_config_and_keeps_its_sizes(toy: Any) -> None:
    toy.ask_for(budget="{minutes: 5, rows: {predict: {test: 300}}}")
    section = with_budget(load_config(toy.config), 7).config.budget
    assert section is not None
    assert (section.minutes, section.rows) == (7.0, {"predict": {"test": 300}})
    assert with_budget(load_config(toy.config), None).config.budget.minutes == 5  # type: ignore[union-attr]


def test_every_mistake_in_recorded_sizes_is_reported_at_once(toy: Any, run: Run) -> None:
    toy.ask_for(
        budget="{rows: {predcit: {test: 3}, predict: {tets: 3, test: 0}, occlusion: {train: 3}}}"
    )
    with pytest.raises(ConfigError) as caught:
        run()
    text = str(caught.value)
    assert "Did you mean 'predict'?" in text
    assert "Did you mean 'test'?" in text
    assert "budget.rows.predict.test must be at least 1" in text
    assert "budget.rows.occlusion.train must name a data set of this run" in text
    assert len(caught.value.problems) == 4


def test_the_largest_sizes_that_fit_are_found_and_all_sets_are_cut_alike() -> None:
    whole = {"a": 10_000, "b": 1_000, "c": 50}
    sizes = largest(whole, lambda s: 0.01 * sum(s.values()), 60.0)
    assert sizes is not None
    assert 5900 <= sum(sizes.values()) <= 6000
    assert sizes["c"] == 50
    shares = [(sizes[name] - 200) / (whole[name] - 200) for name in "ab"]
    assert shares[0] == pytest.approx(shares[1], abs=0.01)
    assert largest(whole, lambda s: 0.01 * sum(s.values()), 1e9) == whole
    assert largest(whole, lambda s: 0.01 * sum(s.values()), 4.4) is None
    assert fewest(whole) == {"a": 200, "b": 200, "c": 50}


def test_time_spent_before_a_kill_counts() -> None:
    now = [100.0]
    budget = Budget(60.0, lambda: now[0], spent=20.0)
    now[0] = 110.0
    assert (budget.so_far, budget.left) == (30.0, 30.0)


def test_without_minutes_nothing_is_decided_by_the_clock() -> None:
    budget = Budget(None, lambda: 0.0, given={"occlusion": {"test": 300}})
    assert budget.settled("occlusion", {"test": 900}) == {"test": 300}
    assert budget.settled("predict", {"test": 900}) == {"test": 900}
    assert budget.settled("occlusion", {"test": 100}) == {"test": 100}
    assert np.isinf(budget.left)


def test_the_command_prints_the_size_of_a_sample(
    toy: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.cli import invoke

    monkeypatch.chdir(toy.folder)
    toy.ask_for(budget="{rows: {predict: {test: 250}}}")
    assert invoke(["audit", "assay.yaml", "--runs", str(Path("runs"))]) == 0
    assert "budget: predict on 250 of 600 rows of test" in capsys.readouterr().err
    assert invoke(["audit", "assay.yaml", "--budget", "-4"]) == 2
    assert "--budget must be a number of minutes above 0, got -4.0" in capsys.readouterr().err
