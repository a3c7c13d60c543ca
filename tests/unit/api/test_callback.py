"""AssayCallback audits a Trainer's model and leaves the training as it is."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import transformers

from harness import AssayCallback
from harness.errors import GateError, MissingExtra, UsageError

TASK = ["benign", "toxic"]
ALWAYS = {"id": "ALWAYS", "title": "Met", "severity": "block", "basis": "policy_choice"}
MET = {"rules": [{**ALWAYS, "measure": "accuracy.accuracy", "require": {"at_least": 0.0}}]}
NOT_MET = {"rules": [{**ALWAYS, "measure": "accuracy.accuracy", "require": {"at_least": 1.0}}]}
CHEAP = {"skip": ["occlusion"], "groups": ["region"], "id": "key"}


class Rows(torch.utils.data.Dataset):
    """Tokenized rows; the text is gone, as the Trainer removes it."""

    def __init__(self, frame: pd.DataFrame, tokenizer: Any) -> None:
        self.encoded = tokenizer(frame["text"].tolist(), truncation=True, padding="max_length")
        self.labels = [TASK.index(one) for one in frame["label"]]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> dict[str, Any]:
        row = {name: torch.tensor(values[i]) for name, values in self.encoded.items()}
        return row | {"labels": self.labels[i]}


class Reporter(transformers.TrainerCallback):
    """What TensorBoard and the like are to a Trainer."""

    def __init__(self) -> None:
        self.said: list[dict[str, float]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self.said.append(dict(logs))


@pytest.fixture
def trainer(tiny_bert: Path, frame: pd.DataFrame, here: Path) -> Callable[..., Any]:
    """Build a Trainer of rows 0-39, evaluated on 40-59; audited rows are 60-119."""

    def build(*callbacks: Any, evaluated: slice = slice(40, 60), **settings: Any) -> Any:
        transformers.set_seed(3)
        network = transformers.AutoModelForSequenceClassification.from_pretrained(tiny_bert)
        network.config.hidden_dropout_prob = 0.1
        tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert)
        arguments = transformers.TrainingArguments(
            output_dir=str(here / "out"),
            num_train_epochs=2,
            per_device_train_batch_size=20,
            learning_rate=1e-3,
            eval_strategy="epoch",
            save_strategy=settings.pop("save_strategy", "no"),
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
            seed=3,
            **settings,
        )
        return transformers.Trainer(
            model=network,
            args=arguments,
            train_dataset=Rows(frame[:40], tokenizer),
            eval_dataset=Rows(frame[evaluated], tokenizer),
            processing_class=tokenizer,
            callbacks=list(callbacks),
        )

    return build


def weights(trainer: Any) -> dict[str, bytes]:
    return {name: one.numpy().tobytes() for name, one in trainer.model.state_dict().items()}


def test_training_gives_the_same_weights_with_and_without_the_callback(
    trainer: Callable[..., Any], frame: pd.DataFrame
) -> None:
    alone = trainer()
    assert any(
        isinstance(module, torch.nn.Dropout) and module.p > 0 for module in alone.model.modules()
    )
    alone.train()
    watch = AssayCallback(frame[60:], task=TASK, policy=MET, **CHEAP)
    watched = trainer(watch)
    watched.train()
    assert len(watch.audited) == 2
    assert weights(watched) == weights(alone)
    losses = [
        [entry["eval_loss"] for entry in one.state.log_history if "eval_loss" in entry]
        for one in (alone, watched)
    ]
    assert losses[0] == losses[1]


def test_measurements_stand_in_the_history_and_reach_the_reporters(
    trainer: Callable[..., Any], frame: pd.DataFrame
) -> None:
    reporter = Reporter()
    watch = AssayCallback(frame[60:], task=TASK, policy=MET, **CHEAP)
    made = trainer(reporter, watch)
    made.train()
    entries = [one for one in made.state.log_history if "assay/accuracy.accuracy" in one]
    assert [one["step"] for one in entries] == [2, 4]
    assert [one["epoch"] for one in entries] == [1.0, 2.0]
    table = watch.audited[-1].measurements.to_frame()
    row = table[(table["measure"] == "accuracy.accuracy") & (table["slice"] == "all")].iloc[0]
    last = entries[-1]
    assert last["assay/accuracy.accuracy"] == row["value"]
    assert last["assay/accuracy.accuracy.low"] == row["low"]
    assert last["assay/accuracy.accuracy.high"] == row["high"]
    assert last["assay/exit_code"] == 0.0
    assert all(isinstance(number, (int, float)) for number in last.values())
    said = [one for one in reporter.said if "assay/accuracy.accuracy" in one]
    assert [one["assay/accuracy.accuracy"] for one in said] == [
        one["assay/accuracy.accuracy"] for one in entries
    ]
    assert not (Path("runs/models") / watch.audited[0].record.model.name).exists()


def test_what_was_audited_is_the_model_of_that_step(
    trainer: Callable[..., Any], frame: pd.DataFrame
) -> None:
    watch = AssayCallback(frame[60:], task=TASK, keep_models=True, when="end", **CHEAP)
    made = trainer(watch)
    made.train()
    (run,) = watch.audited
    assert run.record.name == "training-step-4"
    kept = transformers.AutoModelForSequenceClassification.from_pretrained(
        Path("runs/models") / run.record.model.name
    )
    assert {name: one.numpy().tobytes() for name, one in kept.state_dict().items()} == weights(made)


def test_audits_happen_when_they_were_asked_for(
    trainer: Callable[..., Any], frame: pd.DataFrame
) -> None:
    asked: dict[Any, list[int]] = {"epoch": [2, 4], "end": [4], 1: [2, 4], 2: [4], 3: []}
    watching = {
        when: AssayCallback(frame[60:], task=TASK, when=when, name=f"when-{when}", **CHEAP)
        for when in asked
    }
    trainer(*watching.values()).train()
    for when, steps in asked.items():
        names = [run.record.name for run in watching[when].audited]
        assert names == [f"when-{when}-step-{step}" for step in steps]


@pytest.mark.slow
def test_the_chosen_model_is_audited_when_a_checkpoint_is_taken_back(
    trainer: Callable[..., Any], frame: pd.DataFrame
) -> None:
    watch = AssayCallback(frame[60:], task=TASK, keep_models=True, **CHEAP)
    made = trainer(watch, save_strategy="epoch", load_best_model_at_end=True)
    made.train()
    assert len(watch.audited) == 3
    assert made.state.best_model_checkpoint is not None
    best = watch.audited[0 if made.state.best_model_checkpoint.endswith("-2") else 1]
    assert watch.audited[2].record.model.weights_digest == best.record.model.weights_digest


class TestJudging:
    def test_a_blocked_verdict_is_noted_by_default(
        self, trainer: Callable[..., Any], frame: pd.DataFrame, caplog: pytest.LogCaptureFixture
    ) -> None:
        watch = AssayCallback(frame[60:], task=TASK, policy=NOT_MET, **CHEAP)
        made = trainer(watch)
        with caplog.at_level(logging.WARNING, logger="harness.callback"):
            made.train()
        assert [one.verdict for one in watch.verdicts] == ["blocked", "blocked"]
        assert made.state.global_step == 4
        assert caplog.messages[0].startswith("Step 2: ")
        assert made.state.log_history[-1].get("train_loss") is not None

    def test_a_blocked_verdict_stops_training(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        watch = AssayCallback(frame[60:], task=TASK, policy=NOT_MET, on_blocked="stop", **CHEAP)
        made = trainer(watch)
        made.train()
        assert made.state.global_step == 2

    @pytest.mark.parametrize("policy", ["blocked", "incomplete"])
    def test_what_is_no_pass_raises(
        self, policy: str, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        rule = {**NOT_MET["rules"][0]}
        if policy == "incomplete":
            rule["measure"] = "occlusion.flip-rate"  # skipped, so not measured
        watch = AssayCallback(
            frame[60:], task=TASK, policy={"rules": [rule]}, on_blocked="raise", **CHEAP
        )
        with pytest.raises(GateError, match="Step 2") as caught:
            trainer(watch).train()
        assert caught.value.exit_code == {"blocked": 1, "incomplete": 3}[policy]

    def test_training_that_ends_before_the_nth_evaluation_is_judged_all_the_same(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        watch = AssayCallback(
            frame[60:], task=TASK, when=3, policy=NOT_MET, on_blocked="raise", **CHEAP
        )
        with pytest.raises(GateError, match="Step 4"):
            trainer(watch).train()

    def test_training_without_an_audit_says_so(
        self, trainer: Callable[..., Any], frame: pd.DataFrame, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, logger="harness.callback"):
            trainer(AssayCallback(frame[60:], task=TASK, when=3, **CHEAP)).train()
        assert caplog.messages == ["Training ended before anything was audited (when=3)."]


class TestRowsOfTheTrainer:
    def test_audited_rows_that_choose_the_checkpoint_are_refused(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        watch = AssayCallback(frame[60:], task=TASK, **CHEAP)
        made = trainer(
            watch, evaluated=slice(60, 120), save_strategy="epoch", load_best_model_at_end=True
        )
        with pytest.raises(UsageError, match="60 of 60 rows of the evaluation set, which choose"):
            made.train()
        assert watch.audited == [] or made.state.best_metric is None

    def test_without_a_choice_the_same_rows_are_named(
        self, trainer: Callable[..., Any], frame: pd.DataFrame, caplog: pytest.LogCaptureFixture
    ) -> None:
        watch = AssayCallback(frame[60:], task=TASK, **CHEAP)
        with caplog.at_level(logging.WARNING, logger="harness.callback"):
            trainer(watch, evaluated=slice(55, 75)).train()
        assert caplog.messages == [
            "15 of 20 rows of the data set for evaluation stand among the audited ones."
        ]

    def test_audited_rows_that_are_trained_on_are_refused(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        watch = AssayCallback(frame[:40], task=TASK, **CHEAP)
        made = trainer(watch)
        with pytest.raises(UsageError, match="40 of 40 rows of the training set"):
            made.train()
        assert made.state.global_step == 0

    def test_rows_of_their_own_are_no_overlap(
        self, trainer: Callable[..., Any], frame: pd.DataFrame, caplog: pytest.LogCaptureFixture
    ) -> None:
        watch = AssayCallback(frame[60:], task=TASK, when="end", **CHEAP)
        with caplog.at_level(logging.INFO, logger="harness.callback"):
            trainer(watch, save_strategy="epoch", load_best_model_at_end=True).train()
        assert caplog.messages == []


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({"when": "step"}, "when must be 'epoch', 'end' or a number"),
            ({"when": 0}, "when must be"),
            ({"when": True}, "when must be"),
            ({"on_blocked": "halt", "policy": MET}, "on_blocked must be one of note, stop, raise"),
            ({"on_blocked": "stop"}, "policy must be given"),
            ({"groupes": ["region"]}, "Did you mean 'groups'"),
            ({"policy": "builtin/nope"}, "policy must be one that ships"),
        ],
    )
    def test_arguments_are_checked_at_once(
        self, arguments: dict[str, Any], says: str, frame: pd.DataFrame
    ) -> None:
        with pytest.raises(UsageError, match=says):
            AssayCallback(frame, task=TASK, **arguments)

    def test_data_that_cannot_be_used_stops_before_the_first_step(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        made = trainer(AssayCallback(frame[60:], task=TASK, text="comment"))
        with pytest.raises(UsageError, match=r"data\.test\.text must name a column"):
            made.train()
        assert made.state.global_step == 0

    def test_a_trainer_without_a_tokenizer_is_refused(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        made = trainer(AssayCallback(frame[60:], task=TASK))
        made.callback_handler.processing_class = None
        with pytest.raises(UsageError, match="tokenizer must be given"):
            made.train()

    def test_evaluations_cannot_be_counted_where_there_are_none(
        self, trainer: Callable[..., Any], frame: pd.DataFrame
    ) -> None:
        made = trainer(AssayCallback(frame[60:], task=TASK, when=1))
        made.args.eval_strategy = transformers.trainer_utils.IntervalStrategy.NO
        with pytest.raises(UsageError, match="when must be 'epoch' or 'end'"):
            made.train()
        assert made.state.global_step == 0

    def test_several_processes_cannot_be_stopped_by_one(self) -> None:
        from types import SimpleNamespace

        from harness.api.callback import _trainer_problems

        args = SimpleNamespace(world_size=2, metric_for_best_model="eval_assay/x", fsdp="full")
        assert len(_trainer_problems(args, "stop")) == 3
        args = SimpleNamespace(world_size=2, metric_for_best_model=None)
        assert _trainer_problems(args, "note") == []

    def test_without_transformers_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sys

        from harness.api.callback import callback_class

        monkeypatch.setitem(sys.modules, "transformers", None)
        with pytest.raises(MissingExtra, match="pip install"):
            callback_class.__wrapped__()


def test_the_class_is_a_callback_of_transformers_and_loads_late() -> None:
    import subprocess
    import sys

    assert issubclass(AssayCallback, transformers.TrainerCallback)
    probe = "import harness.api.callback, sys; print('transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_slices_are_logged_on_request(trainer: Callable[..., Any], frame: pd.DataFrame) -> None:
    watch = AssayCallback(frame[60:], task=TASK, when="end", has_slices=True, **CHEAP)
    made = trainer(watch)
    made.train()
    entry = next(one for one in made.state.log_history if "assay/accuracy.accuracy" in one)
    name = "assay/group-error.error-rate[region=north]"
    assert entry[f"{name}.low"] <= entry[name] <= entry[f"{name}.high"]
    assert not any(isinstance(one, float) and np.isnan(one) for one in entry.values())
