"""``harness.audit`` gives what ``assay audit`` gives, whatever it is handed."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest
import torch
import transformers

import harness
from harness.errors import IntegrityError, UsageError
from harness.evidence import verify_run
from harness.records import Task

TASK = ["benign", "toxic"]
COLUMNS = {"id": "key", "groups": ["region"], "suite": "quick", "seed": 7}
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: audit
seed: 7
task: {{kind: text-classification, labels: [benign, toxic]}}
data:
  test: {{path: rows.csv, text: text, label: label, id: key, groups: [region]}}
model: {model}
audits: {{suite: quick}}
"""


def bytes_of(run: harness.Run) -> tuple[bytes, bytes]:
    return run.read_bytes("measurements.json"), run.read_bytes("predictions.parquet")


@pytest.fixture
def by_command(here: Path, frame: pd.DataFrame) -> Callable[[str], harness.Run]:
    """Audit ``rows.csv`` by the command line; returns the sealed run."""

    def call(model: str) -> harness.Run:
        from harness.cli import invoke

        frame.to_csv("rows.csv", index=False)
        Path("assay.yaml").write_text(CONFIG.format(model=model), encoding="utf-8")
        assert invoke(["audit", "--runs", "by-command", "--quiet"]) == 0
        return harness.open_run("latest", runs="by-command")

    return call


def test_the_same_files_give_the_bytes_that_the_command_line_gives(
    by_command: Callable[[str], harness.Run], tiny_bert: Path
) -> None:
    command = by_command(f"{{base: {tiny_bert}}}")
    run = harness.audit(tiny_bert, "rows.csv", task=TASK, **COLUMNS)
    assert bytes_of(run) == bytes_of(command)
    assert run.record.argv == ("harness.audit",)
    assert run.record.datasets == command.record.datasets
    assert run.record.model == command.record.model
    assert run.exit_code == 0
    assert not verify_run(run.path).problems


def test_stored_scores_give_the_bytes_that_the_command_line_gives(
    by_command: Callable[[str], harness.Run], frame: pd.DataFrame, here: Path
) -> None:
    scores = np.random.default_rng(0).uniform(0, 1, len(frame))
    table = pd.DataFrame({"key": frame["key"], "benign": 1 - scores, "toxic": scores})
    table.to_csv("scores.csv", index=False)
    command = by_command("{predictions: {path: scores.csv, id: key, scores: [benign, toxic]}}")
    shuffled = table.sample(frac=1, random_state=1)
    for predictions in ("scores.csv", shuffled, table[["benign", "toxic"]].to_numpy(), scores):
        more = {} if predictions is not scores else {"decision": None}
        given = predictions if predictions is not scores else scores[:, None]
        run = harness.audit(given, "rows.csv", task=TASK, **COLUMNS, **more)
        assert bytes_of(run) == bytes_of(command)
        assert run.record.model.kind == "predictions"


@pytest.mark.parametrize(
    "decisions",
    [
        lambda ids: ids,
        lambda ids: ids.tolist(),
        lambda ids: [TASK[i] for i in ids],
        torch.tensor,
        pd.Series,
        lambda ids: pd.DataFrame({"decision": ids}),
    ],
    ids=["array", "list", "names", "tensor", "series", "frame"],
)
def test_decisions_come_as_ids_or_names_in_any_container(
    decisions: Callable[[Any], Any], frame: pd.DataFrame, here: Path
) -> None:
    ids = np.random.default_rng(0).integers(0, 2, len(frame))
    run = harness.audit(decisions(ids), frame, task=TASK, **COLUMNS)
    assert run.predictions()[0].decision.tolist() == ids.tolist()
    assert run.predictions()[0].scores is None


def test_rows_in_memory_give_the_measurements_and_ids_of_the_same_rows_in_a_file(
    by_command: Callable[[str], harness.Run],
    tiny_bert: Path,
    frame: pd.DataFrame,
    rows: list[dict[str, Any]],
) -> None:
    command = by_command(f"{{base: {tiny_bert}}}")
    for data in (frame, rows, datasets.Dataset.from_pandas(frame)):
        run = harness.audit(tiny_bert, data, task=TASK, **COLUMNS)
        assert bytes_of(run) == bytes_of(command)
        ref = run.record.datasets[0]
        assert ref.content_digest == command.record.datasets[0].content_digest
        assert ref.file_digest is None


@pytest.mark.parametrize(
    "task",
    [
        {0: "benign", 1: "toxic"},
        {"1": "toxic", "0": "benign"},
        ("benign", "toxic"),
        Task("text-classification", "text", ("benign", "toxic")),
    ],
    ids=["dict", "id2label", "tuple", "Task"],
)
def test_a_task_is_a_list_a_dict_or_a_task(task: Any, frame: pd.DataFrame, here: Path) -> None:
    run = harness.audit(np.zeros(len(frame), int), frame, task=task, favourable="benign")
    assert run.record.task == Task("text-classification", "text", ("benign", "toxic"), "benign")


def test_stored_predictions_need_no_text(frame: pd.DataFrame, here: Path) -> None:
    decisions = np.zeros(len(frame), int)
    bare = frame[["key", "label"]]
    run = harness.audit(decisions, bare, task=TASK, text=None, id="key")
    assert run.measurements.to_frame()["value"].notna().any()


@pytest.mark.slow
def test_several_test_sets_by_name_are_measured_each_and_train_is_compared(
    tiny_bert: Path, frame: pd.DataFrame, here: Path
) -> None:
    run = harness.audit(
        tiny_bert,
        {"first": frame[:60], "second": frame[60:].to_dict("records")},
        task=TASK,
        train=frame[50:70],
        **COLUMNS,
    )
    refs = {one.name: one for one in run.record.datasets}
    assert set(refs) == {"train", "first", "second"}
    assert refs["first"].n_duplicates_of_train == 10
    frame = run.measurements.to_frame()
    assert {"first", "second"} <= set(frame["dataset"]) <= {"first", "second", "train"}
    assert set(frame[frame["dataset"] == "train"]["measure"].str.split(".").str[0]) == {
        "data-quality"
    }


class TestLiveModels:
    @pytest.fixture
    def live(self, tiny_bert: Path) -> tuple[Any, Any]:
        network = transformers.BertForSequenceClassification.from_pretrained(tiny_bert)
        return network, transformers.AutoTokenizer.from_pretrained(tiny_bert)

    def test_a_live_model_is_measured_as_its_saved_copy_and_left_as_it_was(
        self, live: tuple[Any, Any], tiny_bert: Path, frame: pd.DataFrame, here: Path
    ) -> None:
        network, tokenizer = live
        network.train()
        network.bert.encoder.layer[0].eval()
        network.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        state = {
            "modes": [module.training for module in network.modules()],
            "grads": [weight.requires_grad for weight in network.parameters()],
            "config": copy.deepcopy(network.config.to_dict()),
            "weights": {name: one.clone() for name, one in network.state_dict().items()},
            "torch": torch.get_rng_state(),
            "numpy": np.random.get_state()[1].copy(),
        }
        run = harness.audit(network, frame, tokenizer=tokenizer, task=TASK, **COLUMNS)
        assert [module.training for module in network.modules()] == state["modes"]
        assert [weight.requires_grad for weight in network.parameters()] == state["grads"]
        assert network.config.to_dict() == state["config"]
        assert torch.equal(torch.get_rng_state(), state["torch"])
        assert (np.random.get_state()[1] == state["numpy"]).all()
        for name, one in network.state_dict().items():
            assert torch.equal(one, state["weights"][name])
        folder = here / "runs" / "models" / run.record.model.name
        assert (folder / "model.safetensors").is_file()
        assert run.record.model.weights_digest is not None
        given = harness.audit(tiny_bert, frame, task=TASK, **COLUMNS)
        assert bytes_of(run) == bytes_of(given)

    @pytest.mark.slow
    def test_equal_models_are_saved_once_and_a_damaged_copy_is_not_taken_for_one(
        self, live: tuple[Any, Any], frame: pd.DataFrame, here: Path
    ) -> None:
        first = harness.audit(live, frame, task=TASK, **COLUMNS)
        again = harness.audit(live, frame, task=TASK, **COLUMNS)
        assert [path.name for path in (here / "runs/models").iterdir()] == [first.record.model.name]
        assert again.record.model == first.record.model
        (here / "runs/models" / first.record.model.name / "config.json").write_text("{}")
        third = harness.audit(live, frame, task=TASK, **COLUMNS)
        assert third.record.model.name != first.record.model.name
        assert third.record.model.weights_digest == first.record.model.weights_digest

    def test_a_pipeline_is_audited_as_its_model(
        self, live: tuple[Any, Any], frame: pd.DataFrame, here: Path
    ) -> None:
        network, tokenizer = live
        pipeline = transformers.pipeline("text-classification", model=network, tokenizer=tokenizer)
        run = harness.audit(pipeline, frame, task=TASK, **COLUMNS)
        scores = run.predictions()[0].scores
        said = pipeline(frame["text"].tolist(), top_k=None)
        expected = [{one["label"]: one["score"] for one in row}["toxic"] for row in said]
        # the pipeline rounds nothing; both compute in float32 with other batches
        np.testing.assert_allclose(scores[:, 1], expected, atol=1e-5)

    @pytest.mark.parametrize("wrapper", ["compiled", "parallel"])
    def test_wrappers_are_looked_through(
        self, wrapper: str, live: tuple[Any, Any], frame: pd.DataFrame, here: Path
    ) -> None:
        network, tokenizer = live
        plain = harness.audit(live, frame, task=TASK, **COLUMNS)
        if wrapper == "parallel":
            wrapped: Any = torch.nn.DataParallel(network)
        else:
            wrapped = torch.nn.Module()  # what torch.compile returns looks like this from outside
            wrapped._orig_mod, wrapped.config = network, network.config
        run = harness.audit(wrapped, frame, tokenizer=tokenizer, task=TASK, **COLUMNS)
        assert run.record.model == plain.record.model

    # peft asks transformers by a name that will go
    @pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
    def test_an_adapter_is_merged_in_a_copy(
        self, live: tuple[Any, Any], frame: pd.DataFrame, here: Path
    ) -> None:
        import peft

        network, tokenizer = live
        plain = harness.audit((copy.deepcopy(network), tokenizer), frame, task=TASK, **COLUMNS)
        adapted = peft.get_peft_model(
            network,
            peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query"], init_lora_weights=False),
        )
        names = [name for name, _ in adapted.named_parameters()]
        run = harness.audit((adapted, tokenizer), frame, task=TASK, **COLUMNS)
        assert [name for name, _ in adapted.named_parameters()] == names
        with torch.inference_mode():
            adapted.eval()
            said = [
                adapted(**tokenizer(text, return_tensors="pt")).logits[0].numpy()
                for text in frame["text"][:5]
            ]
        # merging adds float32 products in another order
        np.testing.assert_allclose(run.predictions()[0].logits[:5], said, atol=1e-4)
        assert not np.allclose(plain.predictions()[0].logits[:5], said, atol=1e-2)

    @pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
    def test_an_adapter_in_a_folder_comes_with_its_base(
        self, live: tuple[Any, Any], tiny_bert: Path, frame: pd.DataFrame, here: Path
    ) -> None:
        import peft

        network, tokenizer = live
        config = peft.LoraConfig(
            task_type="SEQ_CLS", target_modules=["query"], init_lora_weights=False
        )
        adapted = peft.get_peft_model(network, config)
        adapted.save_pretrained(here / "adapter")
        tokenizer.save_pretrained(here / "adapter")
        run = harness.audit(tiny_bert, frame, adapter=here / "adapter", task=TASK, **COLUMNS)
        assert run.record.model.adapter_digest is not None
        merged = harness.audit((adapted, tokenizer), frame, task=TASK, **COLUMNS)
        # the same numbers in another order of float32 additions
        np.testing.assert_allclose(
            run.predictions()[0].logits, merged.predictions()[0].logits, atol=1e-4
        )

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda net: (net, None), "model must come with its tokenizer"),
            (lambda net: (net.bert, str), "must be exactly|sequence classifier"),
            (lambda net: (torch.nn.Linear(2, 2), str), "transformers sequence classifier"),
            (lambda net: (type("Mine", (type(net),), {})(net.config), str), "class of one's own"),
            (lambda net: (net, "a name"), "tokenizer must be a transformers tokenizer"),
        ],
        ids=["no tokenizer", "no head", "a layer", "own class", "no tokenizer object"],
    )
    def test_what_would_not_be_measured_as_it_is_is_refused(
        self,
        live: tuple[Any, Any],
        change: Callable[[Any], tuple[Any, Any]],
        says: str,
        frame: pd.DataFrame,
        here: Path,
    ) -> None:
        network, tokenizer = change(live[0])
        with pytest.raises(harness.errors.AssayError, match=says):
            harness.audit(network, frame, tokenizer=tokenizer, task=TASK)


class TestMistakes:
    def problems(self, *args: Any, **more: Any) -> list[str]:
        with pytest.raises(harness.errors.AssayError) as caught:
            harness.audit(*args, **more)
        assert len(caught.traceback) == 2  # this call and the function that was called
        assert caught.value.__cause__ is None
        return list(caught.value.problems)

    def test_all_mistakes_come_at_once_and_name_their_argument(self, here: Path) -> None:
        found = self.problems(3, 4, task=5, seed=-1, suite="quik", options=[])
        assert [one.split(" ")[0] for one in found] == [
            "task", "data", "model", "options", "seed", "audits.suite",
        ]  # fmt: skip
        assert "(argument suite)" in found[-1]
        assert all(" must " in one and ", got " in one for one in found)

    def test_a_role_must_be_the_name_of_a_column(self, frame: pd.DataFrame, here: Path) -> None:
        found = self.problems(np.zeros(120, int), frame, task=TASK, groups=3, text=2, id=7)
        assert [one.partition(" ")[0] for one in found] == [
            "data.test.text", "data.test.id", "data.test.groups",
        ]  # fmt: skip
        assert "(argument id)" in found[1]

    def test_a_model_needs_a_text(self, frame: pd.DataFrame, tiny_bert: Path, here: Path) -> None:
        (found,) = self.problems(tiny_bert, frame, task=TASK, text=None)
        assert found.startswith("data.test.text must be given")

    def test_columns_that_are_not_there_are_named(self, frame: pd.DataFrame, here: Path) -> None:
        decisions = np.zeros(len(frame), int)
        found = self.problems(decisions, frame, task=TASK, text="txt", groups=["regon"])
        assert "data.test.text must name a column of DataFrame (memory), got 'txt'" in found[0]
        assert "Did you mean 'region'?" in found[1]

    def test_labels_outside_the_task_are_counted(self, frame: pd.DataFrame, here: Path) -> None:
        (found,) = self.problems(np.zeros(len(frame), int), frame, task=["kind", "rude"])
        assert "data.test.label must hold the task's classes (kind, rude)" in found

    @pytest.mark.parametrize(
        ("model", "says"),
        [
            (np.zeros(5, int), "one row for each of the 120 rows"),
            (np.full((120, 2), np.nan), "must be finite numbers"),
            (np.full((120, 2), 3.0), "must lie between 0 and 1"),
            (np.full((120, 3), 0.3), "one column for each class"),
            (np.zeros((2, 3, 4)), "one column for each class"),
            (np.zeros(0), "one column for each class"),
            (np.full(120, 0.7), "decision"),
            (np.full(120, 9), "decision"),
            ([[1], [1, 2]], "model must be"),
            (pd.DataFrame({"p": [0.1] * 120}), "scores= or decision="),
            ("missing.csv", "readable file"),
            ("no-such-folder/model", "folder or a model on the hub|reachable|hub id"),
            ({"a": 1}, "model must be"),
        ],
        ids=[
            "length", "nan", "logits", "classes", "three axes", "empty", "shares", "ids", "ragged",
            "columns", "file", "folder", "dict",
        ],
    )  # fmt: skip
    def test_predictions_that_do_not_fit_are_refused(
        self, model: Any, says: str, frame: pd.DataFrame, here: Path
    ) -> None:
        import re

        found = self.problems(model, frame, task=TASK)
        assert re.search(says, found[0]), found

    def test_an_unknown_option_names_the_audit(self, frame: pd.DataFrame, here: Path) -> None:
        decisions = np.zeros(len(frame), int)
        found = self.problems(
            decisions, frame, task=TASK, options={"group-error": {"min_grup": 3}, "nope": {}}
        )
        assert any("group-error.min_grup" in one for one in found)

    def test_a_test_set_cannot_be_called_train(self, frame: pd.DataFrame, here: Path) -> None:
        (found,) = self.problems(np.zeros(120, int), {"train": frame}, task=TASK)
        assert "a plain name of its own, got 'train'" in found

    def test_frames_below_are_kept_on_request(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ASSAY_TRACEBACK", "1")
        with pytest.raises(harness.errors.ConfigError) as caught:
            harness.audit(3, 4, task=5)
        assert len(caught.traceback) > 2

    def test_a_notebook_shows_the_sentences_alone(self) -> None:
        shown = harness.errors.DataError("one", "two")._render_traceback_()
        assert shown == ["DataError: one\ntwo"]


def test_measurements_as_a_frame_hold_what_the_file_holds(frame: pd.DataFrame, here: Path) -> None:
    run = harness.audit(np.zeros(len(frame), int), frame, task=TASK, **COLUMNS)
    table = run.measurements.to_frame()
    assert list(table.columns) == [
        "measure", "dataset", "slice", "value", "low", "high", "alpha_low", "alpha_high", "n",
        "unit", "method", "why_undefined", "share",
    ]  # fmt: skip
    sealed = json.loads(run.read_bytes("measurements.json"))["measurements"]
    assert len(table) == len(sealed)
    for row, one in zip(table.to_dict("records"), sealed, strict=True):
        for name in ("value", "low", "high", "n", "unit", "method"):
            expected = one["estimate"][name]
            assert pd.isna(row[name]) if expected is None else row[name] == expected
        assert pd.isna(row["value"]) != pd.isna(row["why_undefined"])
    assert not any(isinstance(cell, float) and np.isnan(cell) for cell in table.to_numpy().ravel())
    assert table["value"].isna().any()  # scores were not given, so some have no value


def test_a_frame_without_pandas_says_what_to_install(
    frame: pd.DataFrame, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    run = harness.audit(np.zeros(len(frame), int), frame, task=TASK)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(harness.errors.MissingExtra, match="pip install"):
        run.measurements.to_frame()


def test_a_budget_of_minutes_is_that_of_the_command_line(frame: pd.DataFrame, here: Path) -> None:
    ids = np.random.default_rng(0).integers(0, 2, len(frame))
    run = harness.audit(ids, frame, task=TASK, **COLUMNS, budget=5)
    assert run.record.config["budget"] == {"minutes": 5.0, "rows": {}}
    with pytest.raises(UsageError, match="budget must be a number of minutes above 0, got 0"):
        harness.audit(ids, frame, task=TASK, **COLUMNS, budget=0)


def test_a_call_writes_its_lock_and_may_be_held_against_an_earlier_one(
    frame: pd.DataFrame, here: Path
) -> None:
    ids = np.random.default_rng(0).integers(0, 2, len(frame))
    first = harness.audit(ids, frame, task=TASK, **COLUMNS)
    lock = first.path / "policy.lock.json"
    again = harness.audit(1 - ids, frame, task=TASK, lock=lock, **COLUMNS)
    assert again.record.lock_digest == first.record.lock_digest
    assert again.record.looks == {"test": 1}
    with pytest.raises(IntegrityError, match="must be 'quick', as locked"):
        harness.audit(ids, frame, task=TASK, lock=lock, **(COLUMNS | {"suite": "standard"}))
