"""What the train section can ask for, beside what test_training covers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.config.training import INTEGRATIONS, SCHEDULES, EarlyStoppingConfig, TrainConfig
from harness.errors import ContractError, ModelError
from harness.modelling.weights import weights_digest
from models._parameters import chosen_names
from models.text import MODALITY
from models.training.curve import early_stop
from models.training.lineage import handed_in
from models.training.loss import CrossEntropy, weights_of_classes
from models.training.options import read_options
from models.training.order import Order
from models.training.score import LOSS


def lineage_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "lineage.json").read_text())
    return content


def tensors(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    return dict(load_file(folder / "model.safetensors"))


def farthest(one: Path, other: Path) -> float:
    first, second = tensors(one), tensors(other)
    return max(float(np.abs(first[name] - second[name]).max()) for name in first)


# the loss


@pytest.mark.parametrize("weights", [None, (0.5, 2.0, 1.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_a_step_is_that_of_torch_however_it_is_cut(weights, smoothing) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(12, 3, generator=generator)
    label = torch.randint(0, 3, (12,), generator=generator)
    weight = None if weights is None else torch.tensor(weights)
    expected = torch.nn.CrossEntropyLoss(weight=weight, label_smoothing=smoothing)(logits, label)
    loss = CrossEntropy(weights, smoothing)
    cuts = [slice(0, 5), slice(5, 6), slice(6, 12)]
    total = loss.total([{"labels": label[cut]} for cut in cuts])
    parts = sum(loss(logits[cut], {"labels": label[cut]}, total) for cut in cuts)
    # 1e-6: float32, summed in another order
    torch.testing.assert_close(parts, expected, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(loss(logits, {"labels": label}, None), expected)


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    label = np.array([0] * 30 + [1] * 3 + [2] * 7)
    options = TrainConfig(class_weights="balanced")
    expected = compute_class_weight("balanced", classes=np.arange(3), y=label)
    np.testing.assert_allclose(weights_of_classes(options, label, "abc"), expected)
    assert weights_of_classes(options, label, "abcd")[3] == 1.0


def test_weights_come_from_train_alone_and_stand_in_the_lineage(ask, rows, tmp_path: Path) -> None:
    train = rows(60, name="train", seed=3, share=0.2)
    n_urgent = int(train.label.sum())
    validation = rows(30, name="validation", seed=4, share=0.9)
    output = MODALITY.train(
        ask(
            tmp_path,
            train=train,
            validation=validation,
            options={"class_weights": "balanced", "max_steps": 1},
        )
    )
    expected = {"normal": 60 / (2 * (60 - n_urgent)), "urgent": 60 / (2 * n_urgent)}
    assert lineage_of(output)["class_weights"] == pytest.approx(expected)


def test_a_heavier_class_is_decided_more_often(ask, tiny_bert: Path, tmp_path: Path) -> None:
    found = {}
    for weight in (0.02, 50.0):
        options = {"class_weights": {"urgent": weight}, "epochs": 1}
        one = ask(tmp_path, tiny_bert, f"model-{weight}", options=options)
        model = MODALITY.load(str(MODALITY.train(one)), task=one.task, device="cpu")
        logits = model.logits(model.prepare(one.validation.inputs))
        found[weight] = int(logits.argmax(1).sum())
    assert found[0.02] < found[50.0]


# steps


def test_passes_that_are_added_up_are_one_step(ask, tiny_bert: Path, tmp_path: Path) -> None:
    options = {
        "epochs": 1,
        "dropout": 0.0,
        "class_weights": {"urgent": 3.0},
        "label_smoothing": 0.1,
        "schedule": "constant",
        "warmup_share": 0.0,
    }
    # one step over all 64 rows: the order of rows does not matter then
    whole = ask(tmp_path, tiny_bert, "whole", options=options | {"batch_size": 64})
    cut = options | {"batch_size": 8, "gradient_accumulation": 8}
    parts = ask(tmp_path, tiny_bert, "parts", options=cut)
    one, other = MODALITY.train(whole), MODALITY.train(parts)
    assert lineage_of(one)["n_steps"] == lineage_of(other)["n_steps"] == 1
    first, second = (lineage_of(folder)["step_curve"][0] for folder in (one, other))
    # one step of AdamW moves each weight by the sign of its gradient, so the gradient is compared
    assert second["train_loss"] == pytest.approx(first["train_loss"], rel=1e-5)
    assert second["gradient_norm"] == pytest.approx(first["gradient_norm"], rel=1e-4)


def test_gradient_checkpointing_changes_no_number(ask, tiny_bert: Path, tmp_path: Path) -> None:
    options = {"max_steps": 4}
    one = MODALITY.train(ask(tmp_path, tiny_bert, "one", options=options))
    other = MODALITY.train(
        ask(tmp_path, tiny_bert, "other", options=options | {"gradient_checkpointing": True})
    )
    # dropout is drawn again with the same generator; the same operations in the same order
    assert farthest(one, other) == 0


def test_gradients_are_clipped_only_when_asked(ask, tiny_bert: Path, tmp_path: Path) -> None:
    options = {"max_steps": 2, "weight_decay": 0.0}
    found = [
        MODALITY.train(
            ask(tmp_path, tiny_bert, f"m{norm}", options=options | {"max_gradient_norm": norm})
        )
        for norm in (0.0, 1e9, 1e-12)
    ]
    assert farthest(found[0], found[1]) == 0
    assert farthest(found[0], found[2]) > 0


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_trains(ask, tmp_path: Path, schedule: str) -> None:
    output = MODALITY.train(ask(tmp_path, options={"schedule": schedule, "epochs": 2}))
    rates = [entry["learning_rate"] for entry in lineage_of(output)["step_curve"]]
    assert len(rates) == 16
    assert all(0 <= rate <= 5e-3 * (1 + 1e-9) for rate in rates)


def test_schedules_are_all_of_transformers_that_need_no_argument() -> None:
    from transformers import SchedulerType, get_scheduler

    free = set()
    for schedule in SchedulerType:
        optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
        try:
            get_scheduler(schedule, optimizer, num_warmup_steps=1, num_training_steps=10)
        except (TypeError, ValueError):
            continue
        free.add(schedule.value)
    assert free == set(SCHEDULES)


# an early end


def history(*losses: float) -> list[dict[str, Any]]:
    return [{"step": i + 1, "epoch": i + 1, LOSS: loss} for i, loss in enumerate(losses)]


@pytest.mark.parametrize("seed", range(20))
def test_early_stopping_ends_where_that_of_transformers_does(seed: int) -> None:
    from types import SimpleNamespace

    from transformers import EarlyStoppingCallback

    rng = np.random.default_rng(seed)
    losses = np.round(1 - np.linspace(0, 0.3, 12) + rng.normal(0, 0.1, 12), 2).tolist()
    patience, least = int(rng.integers(1, 4)), float(rng.choice([0.0, 0.05]))
    theirs = EarlyStoppingCallback(patience, least)
    args = SimpleNamespace(metric_for_best_model=LOSS, greater_is_better=False)
    state, control = SimpleNamespace(best_metric=None), SimpleNamespace(should_training_stop=False)
    rule = EarlyStoppingConfig(patience=patience, min_difference=least)
    for n, loss in enumerate(losses, start=1):
        theirs.on_evaluate(args, state, control, {LOSS: loss})
        best = state.best_metric
        state.best_metric = loss if best is None else min(best, loss)
        ours = early_stop(history(*losses[:n]), rule)
        assert (ours is not None) is control.should_training_stop
        if ours is not None:
            return


def test_training_ends_early_and_keeps_the_best_epoch(ask, tiny_bert: Path, tmp_path: Path) -> None:
    options = {"epochs": 9, "early_stopping": {"patience": 1, "min_difference": 5.0}}
    lines: list[str] = []
    lineage = lineage_of(
        MODALITY.train(ask(tmp_path, tiny_bert, options=options, report=lines.append))
    )
    assert lineage["n_steps"] == 16
    assert lineage["early_stop"]["step"] == 16
    assert "was not lower by more than 5 for 1 epochs" in lineage["early_stop"]["because"]
    assert lines[-1].endswith(lineage["early_stop"]["because"])
    best = min(lineage["curve"], key=lambda entry: entry["validation_loss"])
    assert lineage["chosen_step"] == best["step"]


class Killed(BaseException):
    pass


def kill_at(line: int) -> Callable[[str], None]:
    told: list[str] = []

    def report(text: str) -> None:
        told.append(text)
        if len(told) == line:
            raise Killed

    return report


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lora", {"method": "lora", "lora": {"dropout": 0.1}, "epochs": 3}),
        ("accumulation", {"gradient_accumulation": 3, "epochs": 3}),
        (
            "early-stopping",
            {"early_stopping": {"patience": 2, "min_difference": 9.0}, "epochs": 5},
        ),
        pytest.param(
            "plateau",
            {"schedule": "reduce_lr_on_plateau", "epochs": 3},
            marks=pytest.mark.slow,
        ),
        pytest.param("greedy", {"schedule": "greedy", "epochs": 3}, marks=pytest.mark.slow),
    ],
)
def test_a_killed_training_resumes_to_the_same_bytes(
    ask, tiny_bert: Path, tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    whole = MODALITY.train(ask(tmp_path, tiny_bert, "whole", options=options))
    one = ask(tmp_path, tiny_bert, "killed", options=options)
    with pytest.raises(Killed):
        MODALITY.train(replace(one, report=kill_at(3)))
    assert list(one.workspace.glob("checkpoint-*"))
    again = MODALITY.train(one)
    for path in whole.iterdir():
        if path.name != "lineage.json":
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name
    facts = ("curve", "step_curve", "n_steps", "chosen_step", "early_stop")
    assert [lineage_of(whole)[f] for f in facts] == [lineage_of(again)[f] for f in facts]


def test_a_kill_after_the_early_end_was_decided_trains_no_further(
    ask, tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import models.training.run as run

    options = {"early_stopping": {"patience": 1, "min_difference": 9.0}, "epochs": 5}
    whole = MODALITY.train(ask(tmp_path, tiny_bert, "whole", options=options))
    one = ask(tmp_path, tiny_bert, "killed", options=options)

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(run, "publish", killed)
        with pytest.raises(Killed):
            MODALITY.train(one)
    lines: list[str] = []
    again = MODALITY.train(replace(one, report=lines.append))
    assert lines == []
    assert farthest(whole, again) == 0
    assert lineage_of(whole)["early_stop"] == lineage_of(again)["early_stop"]


@pytest.mark.parametrize("change", [{"learning_rate": 1e-3}, {"method": "lora"}])
def test_a_changed_configuration_does_not_take_up_old_checkpoints(
    ask, tiny_bert: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    one = ask(tmp_path, tiny_bert)
    with pytest.raises(Killed):
        MODALITY.train(replace(one, report=kill_at(2)))
    lines: list[str] = []
    MODALITY.train(replace(one, options={**one.options, **change}, report=lines.append))
    assert "1 checkpoints belong to another training" in lines[0]
    assert len(lines) == 1 + 2


# the curve


def test_the_curve_holds_rate_norm_and_loss_of_every_epoch(ask, tmp_path: Path) -> None:
    lineage = lineage_of(MODALITY.train(ask(tmp_path)))
    steps = lineage["step_curve"]
    assert [entry["step"] for entry in steps] == list(range(1, 17))
    assert all(entry["gradient_norm"] > 0 for entry in steps)
    for number, entry in enumerate(lineage["curve"]):
        mean = np.mean([one["train_loss"] for one in steps[8 * number : 8 * number + 8]])
        assert entry["train_loss"] == pytest.approx(mean)
        assert entry["learning_rate"] == steps[8 * number + 7]["learning_rate"]
    assert lineage["early_stop"] is None


# integrations


def test_integrations_are_all_that_the_trainer_knows() -> None:
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    assert INTEGRATIONS.keys() == INTEGRATION_TO_CALLBACK.keys()


def test_tensorboard_writes_beside_the_model_and_changes_nothing_in_it(ask, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    plain = MODALITY.train(ask(tmp_path, options={"max_steps": 2}))
    lines: list[str] = []
    (tmp_path / "b").mkdir()
    options = {"max_steps": 2, "report_to": "tensorboard"}
    told = MODALITY.train(ask(tmp_path / "b", options=options, report=lines.append))
    logs = tmp_path / "b" / "model.logs"
    assert list(logs.rglob("events.out.tfevents.*"))
    assert lines[0] == f"TensorBoard: tensorboard --logdir {logs}"
    assert weights_digest(told) == weights_digest(plain)
    assert sorted(path.name for path in told.iterdir()) == sorted(p.name for p in plain.iterdir())
    first, second = lineage_of(plain), lineage_of(told)
    assert first["request_digest"] == second["request_digest"]
    assert "TENSORBOARD_LOGGING_DIR" not in os.environ


def test_an_integration_that_is_missing_says_what_to_install() -> None:
    with pytest.raises(ModelError) as caught:
        read_options(
            {"report_to": ["clearml", "neptune"], "class_weights": {"urgend": 2}}, ["urgent"]
        )
    missing = (
        "train.report_to must be installed, got {0}, which is not installed. Run: pip install {0}"
    )
    assert caught.value.problems == (
        "train.class_weights.urgend must name a class of the task, got 'urgend'. Did you mean 'urgent'?",
        missing.format("clearml"),
        missing.format("neptune"),
    )


def test_an_adapter_starts_with_a_larger_learning_rate() -> None:
    assert read_options({}, ()).learning_rate == 2e-5
    assert read_options({"method": "lora"}, ()).learning_rate == 2e-4
    assert read_options({"method": "lora", "learning_rate": 1e-3}, ()).learning_rate == 1e-3


# what a caller hands in


@dataclass(frozen=True)
class Weighted:
    """Cross entropy, each row with a weight of its own."""

    name: str = "weighted"
    digest: str = "1" * 64

    def __call__(self, logits: Any, label: Any, rows: Any, values: Any) -> Any:
        assert len(rows) == len(label)
        losses = torch.nn.functional.cross_entropy(logits, label, reduction="none")
        return (losses * values["weight"]).mean()


@dataclass(frozen=True)
class OnlyFirst:
    """The first rows in their order, each epoch alike."""

    n: int
    name: str = "only-first"

    @property
    def digest(self) -> str:
        return f"{self.n:064d}"

    def __len__(self) -> int:
        return self.n

    def order(self, epoch: int, *, lengths: Any, seed: int) -> list[int]:
        return list(range(self.n))


def test_rows_of_no_weight_teach_nothing(ask, tiny_bert: Path, tmp_path: Path) -> None:
    weight = np.ones(64, dtype=np.float32)
    weight[:40] = 0
    one = ask(tmp_path, tiny_bert, "one", objective=Weighted(), row_values={"weight": weight})
    train = replace(one.train, label=np.where(np.arange(64) < 40, 0, one.train.label))
    other = replace(one, train=train, output=tmp_path / "other", workspace=tmp_path / "other-work")
    first, second = MODALITY.train(one), MODALITY.train(other)
    assert farthest(first, second) == 0
    handed_in = lineage_of(first)["handed_in"]
    assert handed_in["objective"] == {"name": "weighted", "digest": "1" * 64}
    assert len(handed_in["row_values"]["weight"]) == 64


def test_an_objective_of_equal_weights_is_the_cross_entropy(
    ask, tiny_bert: Path, tmp_path: Path
) -> None:
    values = {"weight": np.ones(64, dtype=np.float32)}
    first = MODALITY.train(ask(tmp_path, tiny_bert, "one"))
    second = MODALITY.train(
        ask(tmp_path, tiny_bert, "two", objective=Weighted(), row_values=values)
    )
    # 1e-5: sums of eight rows in another order, over 16 steps
    assert farthest(first, second) < 1e-5


def test_an_objective_that_returns_no_scalar_is_refused(ask, tmp_path: Path) -> None:
    class Wrong(Weighted):
        def __call__(self, logits: Any, label: Any, rows: Any, values: Any) -> Any:
            return logits

    with pytest.raises(ContractError, match="weighted must return a scalar loss"):
        MODALITY.train(ask(tmp_path, objective=Wrong()))


def test_a_sampler_decides_which_rows_are_met(ask, rows, tiny_bert: Path, tmp_path: Path) -> None:
    one = ask(tmp_path, tiny_bert, "one", sampler=OnlyFirst(24))
    few = replace(one.train, inputs=one.train.inputs[:24], label=one.train.label[:24])
    first = MODALITY.train(one)
    second = MODALITY.train(
        replace(one, train=few, output=tmp_path / "two", workspace=tmp_path / "two-work")
    )
    assert lineage_of(first)["n_steps"] == 6
    assert lineage_of(first)["handed_in"]["sampler"]["name"] == "only-first"
    assert farthest(first, second) == 0


def test_a_sampler_that_leaves_the_rows_is_refused(ask, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"only-first must give 65 positions among 0\.\.63"):
        MODALITY.train(ask(tmp_path, sampler=OnlyFirst(65)))


@pytest.mark.parametrize(
    ("order", "got"),
    [([0.5] * 8, "0.5 among them"), ([-1] * 8, "-1 among them"), (["0"] * 8, "'0' among them")],
)
def test_a_position_is_a_whole_number_of_a_row(order: list[Any], got: str) -> None:
    class Given(OnlyFirst):
        def order(self, epoch: int, *, lengths: Any, seed: int) -> list[Any]:
            return order

    with pytest.raises(ContractError, match=f"must give 8 positions among 0..63 .* got {got}"):
        list(Order([3] * 64, 4, 0, Given(8)))
    order[:] = np.arange(8)
    assert list(Order([3] * 64, 4, 0, Given(8))) == list(range(8))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objective": lambda logits, label, rows, values: logits.mean()}, "objective must have a"),
        ({"objective": Weighted(digest=None)}, "objective must have a name, and a digest"),  # type: ignore[arg-type]
        ({"sampler": [0, 1]}, "sampler must have a name, and a digest"),
        ({"sampler": OnlyFirst(0)}, "sampler must have at least one row"),
        ({"trainable": lambda name: True}, "trainable must have a name, and a digest"),
    ],
)
def test_what_is_handed_in_says_what_it_is(
    ask, tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        MODALITY.train(ask(tmp_path, **given))


def test_one_pattern_stands_in_the_lineage_as_one(ask, tmp_path: Path) -> None:
    one = ask(tmp_path, trainable="classifier.*")
    assert handed_in(one)["trainable"] == ["classifier.*"]
    assert handed_in(one) == handed_in(replace(one, trainable=["classifier.*"]))


@pytest.mark.parametrize(
    "trainable",
    [
        ["classifier.*"],
        type(
            "Head",
            (),
            {
                "name": "head",
                "digest": "2" * 64,
                "__call__": lambda self, name: "classifier" in name,
            },
        )(),
    ],
)
def test_what_is_not_chosen_is_frozen(ask, tiny_bert: Path, tmp_path: Path, trainable) -> None:
    output = MODALITY.train(
        ask(tmp_path, tiny_bert, trainable=trainable, options={"best_checkpoint": False})
    )
    before, after = tensors(tiny_bert), tensors(output)
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert moved == {"classifier.weight", "classifier.bias"}
    assert lineage_of(output)["n_trained_parameters"] == 66


def test_a_choice_that_fits_nothing_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        chosen_names(["body.weight", "head.weight"], ["haed.weight", "x*", "body.*"])
    assert len(caught.value.problems) == 2
    assert "Did you mean 'head.weight'?" in caught.value.problems[0]


def test_what_excludes_each_other_is_refused_at_once(ask, tiny_bert: Path, tmp_path: Path) -> None:
    one = ask(
        tmp_path,
        tiny_bert,
        objective=Weighted(),
        row_values={"weight": np.ones(3)},
        trainable=["*"],
        options={"class_weights": "balanced", "label_smoothing": 0.1, "method": "lora"},
    )
    with pytest.raises(ModelError) as caught:
        MODALITY.train(one)
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"objective": Weighted(digest="3" * 64)},
        {"row_values": {"weight": np.full(64, 2.0, dtype=np.float32)}},
    ],
)
def test_another_object_is_another_training(ask, tmp_path: Path, change: dict[str, Any]) -> None:
    values = {"weight": np.ones(64, dtype=np.float32)}
    options = {"max_steps": 1}
    one = ask(tmp_path, objective=Weighted(), row_values=values, options=options)
    MODALITY.train(one)
    with pytest.raises(ModelError, match="must be new or empty"):
        MODALITY.train(replace(one, **change))
