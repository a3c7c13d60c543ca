"""The bridge to lm-evaluation-harness: its files as it writes them, and what else may stand in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import harness
from harness.config import load_config
from harness.data.lm_eval_samples import read_samples, samples_table
from harness.errors import AssayError, ConfigError, DataError, MissingExtra, ModelError
from harness.pipeline.inputs import load_inputs, predictions_digest, stored_predictions

CHOICES = (" red", " dark green", " blue")


def line(doc_id: int, *, target: object = 1, text: bool = True, **changes: Any) -> dict[str, Any]:
    """One document as ``lm_eval --log_samples`` writes it (0.4.13), but for hashes and metrics."""
    rng = np.random.default_rng(doc_id)
    numbers = (-rng.gamma(3.0, 4.0, size=3)).tolist()
    answers = [[str(one), "False"] if text else [one, False] for one in numbers]
    return {
        "doc_id": doc_id,
        "doc": {
            "uid": f"q{doc_id}",
            "question": "The sky is",
            "topic": "ab"[doc_id % 2],
            "more": [],
        },
        "target": str(target),
        "arguments": {
            f"gen_args_{k}": {"arg_0": "The sky is", "arg_1": one} for k, one in enumerate(CHOICES)
        },
        "resps": [[one] for one in answers],
        "filtered_resps": answers,
        "filter": "none",
        "metrics": ["acc"],
        "acc": 1.0,
    } | changes


def write(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    # out of order, as several processes leave them
    return write(tmp_path / "samples_colours.jsonl", [line(k) for k in (2, 0, 1, 3)])


def test_scores_are_the_softmax_of_the_log_likelihoods(samples: Path) -> None:
    found = read_samples(samples)
    assert [one.doc_id for one in found] == [0, 1, 2, 3]
    assert found[0].choices == CHOICES
    assert (found[0].prompt, found[0].target) == ("The sky is", 1)
    table = samples_table(found, id="uid")
    assert table.column("id") == ["q0", "q1", "q2", "q3"]
    for row, one in enumerate(found):
        weights = np.exp(one.log_likelihood)
        scores = [table.column(f"p{k}")[row] for k in range(3)]
        assert scores == pytest.approx((weights / weights.sum()).tolist(), rel=1e-12)


def test_log_likelihoods_can_be_divided_by_bytes(samples: Path) -> None:
    found = read_samples(samples)
    table = samples_table(found, normalise="bytes")
    weights = np.exp(found[0].log_likelihood / np.array([3, 10, 4]))
    scores = [table.column(f"p{k}")[0] for k in range(3)]
    assert scores == pytest.approx((weights / weights.sum()).tolist(), rel=1e-12)
    with pytest.raises(DataError, match=r"task\.normalise must be none or bytes"):
        samples_table(found, normalise="tokens")


def test_numbers_and_their_texts_are_read_alike(tmp_path: Path) -> None:
    first = read_samples(write(tmp_path / "a.jsonl", [line(0)]))
    second = read_samples(write(tmp_path / "b.jsonl", [line(0, text=False)]))
    assert first[0].log_likelihood.tolist() == second[0].log_likelihood.tolist()


def test_choices_without_a_prompt_that_a_task_adds_are_left_out(tmp_path: Path) -> None:
    """Tasks with mutual information ask for every choice a second time, after nothing."""
    one = line(0)
    prior = {f"gen_args_{k + 3}": {"arg_0": "", "arg_1": text} for k, text in enumerate(CHOICES)}
    both = line(
        0,
        arguments=one["arguments"] | prior,
        filtered_resps=[*one["filtered_resps"], *[["-9.0", "False"]] * 3],
    )
    found = read_samples(write(tmp_path / "s.jsonl", [both]))
    assert found[0].choices == CHOICES
    assert found[0].log_likelihood.shape == (3,)


GENERATION = {
    "doc_id": 0,
    "doc": {},
    "target": "4",
    "arguments": {"gen_args_0": {"arg_0": "2 + 2", "arg_1": {"until": ["\n"]}}},
    "filtered_resps": ["4"],
}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([GENERATION], "requests that are no prompts with choices on line 1 of s.jsonl"),
        ([{"a": 1}], "no doc_id, arguments and filtered_resps on line 1"),
        ([[1]], "no doc_id, arguments and filtered_resps on line 1"),
        (
            [line(0, filtered_resps=["x", "y", "z"])],
            "answers that are no log-likelihoods on line 1",
        ),
        ([line(0, filtered_resps=[["0.5", "x"]] * 3)], "answers that are no log-likelihoods"),
        ([line(0, filtered_resps=[["nan", "x"]] * 3)], "answers that are no log-likelihoods"),
        ([line(0, filtered_resps=[["-1", "x"]])], "not answers to several choices"),
        ([line(0) | {"doc_id": "0"}], "a doc_id that is no whole number"),
        ([line(0), line(1), line(0)], "documents a second time on line 3"),
        ([], "no line in s.jsonl"),
    ],
)
def test_what_is_no_sample_is_named_by_its_line_and_not_by_its_text(
    tmp_path: Path, lines: list[Any], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        read_samples(write(tmp_path / "s.jsonl", lines))


def test_a_broken_line_and_an_absent_file_are_refused(tmp_path: Path, samples: Path) -> None:
    samples.write_text(samples.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no JSON on line 5 of samples_colours\.jsonl"):
        read_samples(samples)
    with pytest.raises(DataError, match="must be a readable file"):
        read_samples(tmp_path / "absent.jsonl")


def test_documents_with_unequally_many_choices_are_refused(tmp_path: Path) -> None:
    short = line(1)
    short["arguments"] = dict(list(short["arguments"].items())[:2])
    short["filtered_resps"] = short["filtered_resps"][:2]
    with pytest.raises(DataError, match="equally many choices for each document, got from 2 to 3"):
        read_samples(write(tmp_path / "s.jsonl", [line(0), short]))


CONFIG = """\
apiVersion: modelassay/v1
kind: Run
name: stored
task: {kind: multiple-choice, labels: [a, b, c]}
data:
  test: {path: docs.jsonl, id: uid, text: question, choices: [c0, c1, c2], label: answer}
model:
  predictions: {path: samples_colours.jsonl, format: lm-eval, id: uid}
audits: {suite: quick}
policy: {pack: builtin/standard}
"""


@pytest.fixture
def config(tmp_path: Path, samples: Path) -> Path:
    docs = [
        {
            "uid": f"q{k}",
            "question": "The sky is",
            "c0": "red",
            "c1": "dark green",
            "c2": "blue",
            "answer": 1,
        }
        for k in (3, 1, 0, 2)
    ]
    write(tmp_path / "docs.jsonl", docs)
    path = tmp_path / "assay.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_a_config_reads_samples_as_stored_predictions(config: Path, samples: Path) -> None:
    loaded = load_config(config)
    found = stored_predictions(loaded, load_inputs(loaded))["test"]
    assert found.example_id.tolist() == ["q3", "q1", "q0", "q2"]
    by_doc = {one.doc_id: int(one.log_likelihood.argmax()) for one in read_samples(samples)}
    assert found.decision.tolist() == [by_doc[k] for k in (3, 1, 0, 2)]
    assert found.scores is not None
    assert found.scores.sum(axis=1) == pytest.approx(1.0)
    before = predictions_digest(loaded)
    samples.write_text(samples.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert predictions_digest(loaded) != before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: uid}\naudits", "id: name}\naudits", "must name a field of every document, 'name'"),
        (
            "format: lm-eval",
            "format: lm_eval",
            "model.predictions.format must be 'table' or 'lm-eval'",
        ),
        (
            "format: lm-eval",
            "format: lm-eval, decision: x",
            "decision must not be given with format",
        ),
        ("format: lm-eval, ", "", "scores or decision"),
        ("labels: [a, b, c]", "labels: [a, b]", "must name 2 columns, one for each label"),
    ],
)
def test_mistakes_in_the_config_are_named(config: Path, old: str, new: str, says: str) -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")

    def read() -> object:
        loaded = load_config(config)
        return stored_predictions(loaded, load_inputs(loaded))

    with pytest.raises((ConfigError, DataError), match=says):
        read()


def test_samples_become_rows_and_a_config_that_runs(samples: Path, tmp_path: Path) -> None:
    config = harness.bridge_lm_eval(samples, tmp_path / "bridge", id="uid")
    loaded = load_config(config)
    inputs = load_inputs(loaded)
    assert inputs.tests["test"].inputs[0] == ("The sky is", *CHOICES)
    found = stored_predictions(loaded, inputs)["test"]
    assert found.n == 4
    row = json.loads(
        (tmp_path / "bridge" / "rows.jsonl").read_text(encoding="utf-8").splitlines()[0]
    )
    assert row["topic"] == "a"  # plain fields are kept, lists are not
    assert "more" not in row


def test_samples_that_do_not_say_what_is_right_are_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [line(0), line(1, target="the blue one")])
    with pytest.raises(
        DataError, match=r"right choice .* none on 1 lines of s\.jsonl, first line 2"
    ):
        harness.bridge_lm_eval(path, tmp_path / "out")


def test_without_the_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    with pytest.raises(MissingExtra, match=r"pip install 'modelassay\[audit,lm-eval\]'"):
        harness.run_lm_eval("arc_easy", "model", tmp_path)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], dict[str, Any]]:
    """Stand-ins with the two names of lm-evaluation-harness that the bridge calls."""

    def install(answer: Any) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        class TaskManager:
            all_tasks = ("colours",)

            def __init__(self, include_path: str | None = None) -> None:
                seen["include_path"] = include_path

        def simple_evaluate(**given: Any) -> Any:
            seen.update(given)
            return answer

        package, tasks = ModuleType("lm_eval"), ModuleType("lm_eval.tasks")
        package.simple_evaluate = simple_evaluate  # type: ignore[attr-defined]
        tasks.TaskManager = TaskManager  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "lm_eval", package)
        monkeypatch.setitem(sys.modules, "lm_eval.tasks", tasks)
        return seen

    return install


def in_memory(doc_id: int) -> dict[str, Any]:
    """A sample as ``simple_evaluate`` returns it: requests as tuples, numbers as numbers."""
    one = line(doc_id, text=False)
    one["arguments"] = [("The sky is", choice) for choice in CHOICES]
    return one


def test_a_task_is_run_on_a_folder_and_an_adapter_and_its_samples_can_be_read(
    package: Callable[[Any], dict[str, Any]], tmp_path: Path
) -> None:
    seen = package({"samples": {"colours": [in_memory(k) for k in range(3)]}})
    path = harness.run_lm_eval(
        "colours", "model", tmp_path / "out", adapter="adapter", limit=3, tasks="tasks"
    )
    assert seen["model_args"] == {"pretrained": "model", "peft": "adapter"}
    assert (seen["tasks"], seen["limit"], seen["log_samples"]) == (["colours"], 3, True)
    assert seen["include_path"] == "tasks"
    found = read_samples(path)
    assert [one.doc_id for one in found] == [0, 1, 2]
    assert (
        found[0].log_likelihood.tolist()
        == read_samples(write(tmp_path / "same.jsonl", [line(0)]))[0].log_likelihood.tolist()
    )
    assert harness.bridge_lm_eval(path, tmp_path / "bridge").is_file()


@pytest.mark.parametrize("answer", [None, {}, {"samples": {"others": []}}])
def test_a_task_that_logs_nothing_is_refused(
    package: Callable[[Any], dict[str, Any]], tmp_path: Path, answer: Any
) -> None:
    package(answer)
    with pytest.raises(ModelError, match="one task that logs samples, got 'colours'"):
        harness.run_lm_eval("colours", "model", tmp_path)


def test_an_unknown_task_is_refused(
    package: Callable[[Any], dict[str, Any]], tmp_path: Path
) -> None:
    package(None)
    with pytest.raises(AssayError, match="must be a task of lm-evaluation-harness, got 'colour'"):
        harness.run_lm_eval("colour", "model", tmp_path)
