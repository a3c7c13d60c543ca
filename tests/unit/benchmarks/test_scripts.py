from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def arguments(tiny_bert: Path, table: Path, *more: str) -> list[str]:
    return [str(tiny_bert), str(table), "--rows", "24", "--repetitions", "1", *more]


def test_the_contenders_of_prediction_answer_alike_and_are_all_measured(
    script: Script, tiny_bert: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prediction = script("prediction")
    assert prediction.main(arguments(tiny_bert, table, "--max-tokens", "32")) == 0
    out = capsys.readouterr().out
    for title, _, _, target in prediction.FIGURES:
        assert f"| {title} | {target} | " in out
    assert "24 texts" in out
    assert "allowed: 1e-05" in out


def test_prediction_refuses_times_of_contenders_that_compute_something_else(
    script: Script,
    tiny_bert: Path,
    table: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prediction = script("prediction")
    honest = prediction.bare_loop

    def shifted(*given):
        run = honest(*given)
        return lambda texts: run(texts) + 0.001

    monkeypatch.setattr(prediction, "bare_loop", shifted)
    chosen = ("--max-tokens", "32", "--only", prediction.OURS, prediction.BARE)
    assert prediction.main(arguments(tiny_bert, table, *chosen)) == 1
    assert "their times say nothing" in capsys.readouterr().out


def test_all_ways_to_attribute_agree_and_are_measured(
    script: Script, tiny_bert: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attribution = script("attribution")
    given = arguments(tiny_bert, table, "--steps", "4", "--max-tokens", "32")
    assert attribution.main([*given[:2], "--rows", "5", *given[4:]]) == 0
    out = capsys.readouterr().out
    for title, _, _, target in attribution.FIGURES:
        assert f"| {title} | {target} | " in out
    assert "gradients a row: median" in out
    assert "peak memory with 10 rows" in out


def test_times_of_attributions_that_differ_are_refused(
    script: Script,
    tiny_bert: Path,
    table: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attribution = script("attribution")
    honest = attribution.ours

    def shifted(setting):
        return lambda: [values + 0.001 for values in honest(setting)()]

    monkeypatch.setattr(attribution, "ours", shifted)
    chosen = ("--max-tokens", "32", "--only", attribution.OURS, attribution.LOOP)
    small = ("--rows", "3", "--steps", "2", *chosen)
    assert attribution.main([str(tiny_bert), str(table), "--repetitions", "1", *small]) == 1
    assert "their times say nothing" in capsys.readouterr().out


def test_without_a_gpu_nothing_is_measured_on_one(
    script: Script,
    tiny_bert: Path,
    table: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    given = [str(tiny_bert), str(table), "--device", "cuda"]
    assert script("attribution").main(given) == 2
    assert "A GPU must be at hand" in capsys.readouterr().out


def test_a_training_and_the_bare_loop_lose_the_same_at_every_step(
    script: Script, tiny_bert: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = script("training")
    given = arguments(tiny_bert, table, "--steps", "3", "--batch-size", "8", "--max-tokens", "32")
    assert training.main([*given, "--dropout", "0.1"]) == 0
    out = capsys.readouterr().out
    assert "3 steps of 8 rows" in out
    assert "| models.training / bare loop | <= 1.05 | " in out


def test_a_language_model_and_its_bare_loop_lose_the_same_at_every_step(
    script: Script,
    tiny_models: ModuleType,
    table: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = tiny_models.tiny_writer(tmp_path / "writer")
    given = arguments(model, table, "--language", "--steps", "3", "--batch-size", "8")
    assert script("training").main([*given, "--max-tokens", "32"]) == 0
    assert "| models.training / bare loop | <= 1.05 | " in capsys.readouterr().out


def test_a_bare_loop_with_another_learning_rate_is_found_out(
    script: Script,
    tiny_bert: Path,
    table: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training = script("training")
    honest = training.bare_loop

    def faster(recording, given):
        given.learning_rate *= 2
        return honest(recording, given)

    monkeypatch.setattr(training, "bare_loop", faster)
    given = arguments(tiny_bert, table, "--steps", "3", "--batch-size", "8", "--max-tokens", "32")
    assert training.main(given) == 1
    assert "their times say nothing" in capsys.readouterr().out


def test_contenders_take_turns_and_the_order_is_turned_round(script: Script) -> None:
    interleaved = script("interleaved")
    called: list[str] = []
    contenders = {name: (lambda name=name: called.append(name)) for name in "ab"}
    taken, _ = interleaved.take_turns(contenders, 3)
    assert "".join(called) == "abbaab"
    assert {label: len(runs) for label, runs in taken.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_taken_within_one_repetition(script: Script) -> None:
    interleaved = script("interleaved")
    slow = [interleaved.Taken(cpu_s, 0) for cpu_s in (4.0, 8.0, 9.0)]
    fast = [interleaved.Taken(cpu_s, 0) for cpu_s in (2.0, 2.0, 3.0)]
    assert interleaved.ratios(slow, fast) == [2.0, 4.0, 3.0]
    assert interleaved.median_and_range([2.0, 4.0, 3.0], digits=1) == "3.0 (2.0 to 4.0)"


@pytest.mark.parametrize("name", ["attribution", "prediction", "training"])
def test_a_table_that_is_missing_or_lacks_the_column_ends_in_one_sentence(
    script: Script, name: str, tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = script(name).main
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path), str(tmp_path / "absent.csv")])
    assert caught.value.code == 2
    assert "must be a file or folder that exists" in capsys.readouterr().err
    with pytest.raises(SystemExit, match=r"must have a column 'body', got comment, toxic\."):
        main([str(tmp_path), str(table), "--text", "body"])
