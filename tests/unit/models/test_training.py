from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import Dataset
from harness.engines.prediction import decide, predict
from harness.errors import DataError, IncompleteError, ModelError
from harness.modelling import TrainRequest
from harness.records import DatasetRef, Task
from models.text import MODALITY
from models.training.architecture import Architecture
from models.training.checkpoints import MARKER, newest_whole
from models.training.options import read_options
from models.training.order import epoch_order
from models.training.score import scores_of
from models.training.vocabulary import learn_tokenizer

TASK = Task("text-classification", "text", ("normal", "urgent"))
SHAPE = {"hidden_size": 32, "intermediate_size": 64, "vocabulary": 200, "max_positions": 32}
NEUTRAL = [
    "parcel",
    "order",
    "refund",
    "address",
    "invoice",
    "delivery",
    "account",
    "service",
    "question",
    "letter",
]
SIGNS = (["later", "thanks", "whenever"], ["now", "urgent", "quickly"])


def rows(n: int, *, name: str, seed: int, pairs: bool = False) -> Dataset:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    inputs: list[str | tuple[str, str]] = []
    for one in label:
        words = [*rng.choice(NEUTRAL, rng.integers(3, 9)), rng.choice(SIGNS[one])]
        rng.shuffle(words)
        text = " ".join(words)
        inputs.append((text, "a second text") if pairs else text)
    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, f"{seed:064d}", n, n, {}),
        example_id=np.array([f"{name}-{i}" for i in range(n)], dtype=object),
        inputs=inputs,
        label=label.astype(np.int64),
    )


TRAIN, VALIDATION = rows(240, name="train", seed=1), rows(48, name="validation", seed=2)


def request(folder: Path, name: str = "model", **changes: Any) -> TrainRequest:
    options = {"epochs": 3, "learning_rate": 5e-3, "batch_size": 16, "max_tokens": 32}
    given: dict[str, Any] = {
        "task": TASK,
        "train": TRAIN,
        "validation": VALIDATION,
        "output": folder / name,
        "workspace": folder / f"{name}-work",
        "seed": 0,
        "device": "cpu",
        "architecture": SHAPE,
        **changes,
    }
    given["options"] = options | dict(given.get("options", {}))
    return TrainRequest(**given)


def lineage_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "lineage.json").read_text())
    return content


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MODALITY.train(request(tmp_path_factory.mktemp("trained")))


# the finished folder


def test_an_easy_task_is_learnt(trained: Path) -> None:
    curve = lineage_of(trained)["curve"]
    assert [entry["epoch"] for entry in curve] == [1, 2, 3]
    assert curve[-1]["validation_loss"] < curve[0]["validation_loss"]
    assert curve[-1]["train_loss"] < curve[0]["train_loss"]
    assert curve[-1]["validation_accuracy"] >= 0.95


def test_the_folder_is_a_normal_model_that_can_be_audited(trained: Path) -> None:
    model = MODALITY.load(str(trained), task=TASK, device="cpu")
    assert model.ref.kind == "trained"
    assert model.ref.lineage_digest is not None
    assert model.max_tokens == 32
    assert sorted(path.name for path in trained.iterdir()) == [
        "config.json",
        "lineage.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    config = json.loads((trained / "config.json").read_text())
    assert config["id2label"] == {"0": "normal", "1": "urgent"}


def test_the_curve_says_what_the_prediction_engine_finds_on_validation(trained: Path) -> None:
    model = MODALITY.load(str(trained), task=TASK, device="cpu")
    logits = predict(model, model.prepare(VALIDATION.inputs), token_budget=512)
    lineage = lineage_of(trained)
    chosen = next(e for e in lineage["curve"] if e["step"] == lineage["chosen_step"])
    assert chosen["validation_accuracy"] == (decide(logits) == VALIDATION.label).mean()
    assert chosen["validation_loss"] == min(e["validation_loss"] for e in lineage["curve"])


def test_the_lineage_says_where_the_model_comes_from(trained: Path) -> None:
    lineage = lineage_of(trained)
    assert lineage["schema_version"] == "modelassay/lineage/v1"
    assert lineage["base"] is lineage["revision"] is None
    assert lineage["architecture"] == SHAPE
    assert lineage["options"]["epochs"] == 3
    assert lineage["options"]["weight_decay"] == 0.01
    assert (lineage["device"], lineage["precision"], lineage["seed"]) == ("cpu", "float32", 0)
    assert lineage["train"]["content_digest"] == TRAIN.ref.content_digest
    assert lineage["validation"]["n_rows"] == 48
    assert lineage["n_steps"] == 45
    assert list(lineage["weight_files"]) == ["model.safetensors"]
    assert lineage["packages"].keys() >= {"torch", "transformers", "tokenizers"}
    assert str(trained.parent) not in (trained / "lineage.json").read_text()


def test_files_that_were_changed_after_training_are_refused(trained: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained, tmp_path / "copy"))
    raw = bytearray((folder / "model.safetensors").read_bytes())
    raw[-1] ^= 1
    (folder / "model.safetensors").write_bytes(raw)
    with pytest.raises(ModelError, match="files were changed after training"):
        MODALITY.load(str(folder), task=TASK, device="cpu")
    (folder / "lineage.json").unlink()
    assert MODALITY.load(str(folder), task=TASK, device="cpu").ref.kind == "given"


# same inputs, same bytes


def test_the_same_request_gives_the_same_weights(trained: Path, tmp_path: Path) -> None:
    random.seed(99)
    np.random.seed(99)
    again = MODALITY.train(request(tmp_path))
    assert weights(again) == weights(trained)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes()
    first, second = lineage_of(trained), lineage_of(again)
    first.pop("clock")
    second.pop("clock")
    assert first == second


def test_another_seed_gives_other_weights(trained: Path, tmp_path: Path) -> None:
    assert weights(MODALITY.train(request(tmp_path, seed=1))) != weights(trained)


def test_training_leaves_generators_and_threads_as_they_were(tmp_path: Path) -> None:
    import torch

    random.seed(5)
    torch.manual_seed(5)
    states = random.getstate(), torch.get_rng_state(), torch.get_num_threads()
    MODALITY.train(request(tmp_path, options={"max_steps": 2}))
    assert random.getstate() == states[0]
    assert torch.equal(torch.get_rng_state(), states[1])
    assert torch.get_num_threads() == states[2]


@pytest.mark.slow
def test_a_vocabulary_does_not_depend_on_the_process() -> None:
    texts = [one for one in TRAIN.inputs if isinstance(one, str)] + ["你好，我的包裹 Ünïcode"]
    program = (
        "import json, sys\n"
        "from models.training.architecture import Architecture\n"
        "from models.training.vocabulary import learn_tokenizer\n"
        "tokenizer = learn_tokenizer(Architecture(vocabulary=120), json.load(sys.stdin))\n"
        "print(json.dumps(sorted(tokenizer.get_vocab().items())))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    here = sorted(learn_tokenizer(Architecture(vocabulary=120), texts).get_vocab().items())
    assert json.loads(other.stdout) == [list(pair) for pair in here]
    assert len(here) <= 120


def test_a_learnt_tokenizer_splits_chinese_and_folds_case() -> None:
    tokenizer = learn_tokenizer(Architecture(vocabulary=100), ["你好 Hello hello", "我好"])
    assert tokenizer.tokenize("你好HELLO") == ["你", "好", "hello"]
    assert tokenizer.tokenize("龘") == ["[UNK]"]


# resuming


class Killed(BaseException):
    pass


def kill_at(line: int) -> Callable[[str], None]:
    told = []

    def report(text: str) -> None:
        told.append(text)
        if len(told) == line:
            raise Killed

    return report


def killed(folder: Path, line: int, **changes: Any) -> TrainRequest:
    one = request(folder, **changes)
    with pytest.raises(Killed):
        MODALITY.train(replace(one, report=kill_at(line)))
    assert not one.output.exists()
    assert [path.name for path in folder.iterdir()] == ["model-work"]
    return one


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_killed_training_resumes_to_the_same_weights(
    trained: Path, tmp_path: Path, line: int
) -> None:
    one = killed(tmp_path, line)
    lines: list[str] = []
    again = MODALITY.train(replace(one, report=lines.append))
    assert len(lines) == 4 - line  # epochs that were kept are not trained again
    assert weights(again) == weights(trained)
    assert lineage_of(again)["curve"] == lineage_of(trained)["curve"]
    assert list(one.workspace.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["model.safetensors", "optimizer.pt", "trainer_state.json", MARKER]
)
def test_a_half_written_checkpoint_is_not_taken_for_whole(
    trained: Path, tmp_path: Path, name: str
) -> None:
    one = killed(tmp_path, 3)
    newest = one.workspace / "checkpoint-30"
    raw = (newest / name).read_bytes()
    (newest / name).write_bytes(raw[: len(raw) // 2])
    lines: list[str] = []
    again = MODALITY.train(replace(one, report=lines.append))
    assert len(lines) == 2  # epochs 2 and 3, from the checkpoint before
    assert weights(again) == weights(trained)


def test_checkpoints_of_another_request_are_not_taken_up(tmp_path: Path) -> None:
    one = killed(tmp_path, 3)
    lines: list[str] = []
    MODALITY.train(replace(one, seed=1, report=lines.append))
    assert "2 checkpoints belong to another training" in lines[0]
    assert "starts anew" in lines[0]
    assert len(lines) == 1 + 3


def test_a_checkpoint_whose_best_is_gone_is_not_taken_up(tmp_path: Path) -> None:
    one = killed(tmp_path, 3)
    marker = json.loads((one.workspace / "checkpoint-30" / MARKER).read_text())
    assert newest_whole(one.workspace, marker["key"]) == one.workspace / "checkpoint-30"
    moved = tmp_path / "moved"
    one.workspace.rename(moved)
    assert newest_whole(moved, marker["key"]) is None


def test_a_finished_training_is_not_repeated(trained: Path) -> None:
    lines: list[str] = []
    before = (trained / "lineage.json").read_bytes()
    MODALITY.train(replace(request(trained.parent), report=lines.append))
    assert lines == []
    assert (trained / "lineage.json").read_bytes() == before


def test_a_folder_with_something_else_in_it_is_not_overwritten(trained: Path) -> None:
    with pytest.raises(ModelError, match="must be new or empty"):
        MODALITY.train(request(trained.parent, seed=5))


# what is trained


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama"])
def test_a_base_gets_a_new_head_for_the_task(tiny_models, tmp_path: Path, family: str) -> None:
    base = tiny_models.tiny_classifier(
        tmp_path / "base", family=family, classes=("a", "b", "c"), has_pad=False
    )
    output = MODALITY.train(
        request(tmp_path, architecture=None, base=str(base), options={"epochs": 2})
    )
    lineage = lineage_of(output)
    model = MODALITY.load(str(output), task=TASK, device="cpu")
    assert lineage["is_new_head"] is True
    assert (lineage["base"], model.ref.base) == ("base", "base")
    assert len(lineage["base_digest"]) == 64
    logits = predict(model, model.prepare(VALIDATION.inputs), token_budget=512)
    accuracy = (decide(logits) == VALIDATION.label).mean()
    chosen = next(e for e in lineage["curve"] if e["step"] == lineage["chosen_step"])
    assert accuracy == chosen["validation_accuracy"]


def test_a_base_without_a_head_can_be_trained(tiny_bert: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    base = Path(shutil.copytree(tiny_bert, tmp_path / "base"))
    stored = load_file(base / "model.safetensors")
    body = {name: array for name, array in stored.items() if not name.startswith("classifier")}
    save_file(body, base / "model.safetensors", metadata={"format": "pt"})
    output = MODALITY.train(
        request(tmp_path, architecture=None, base=str(base), options={"epochs": 1})
    )
    assert lineage_of(output)["is_new_head"] is True


def test_weights_that_do_not_belong_to_their_configuration_are_refused(
    tiny_bert: Path, tmp_path: Path
) -> None:
    base = Path(shutil.copytree(tiny_bert, tmp_path / "base"))
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"hidden_size": 16}))
    with pytest.raises(ModelError, match="must fit its architecture"):
        MODALITY.train(request(tmp_path, architecture=None, base=str(base)))


def test_pairs_can_be_learnt(tmp_path: Path) -> None:
    train = rows(64, name="train", seed=1, pairs=True)
    validation = rows(16, name="validation", seed=2, pairs=True)
    options = {"epochs": 1, "label_smoothing": 0.1, "dropout": 0.0, "schedule": "cosine"}
    output = MODALITY.train(request(tmp_path, train=train, validation=validation, options=options))
    assert json.loads((output / "config.json").read_text())["hidden_dropout_prob"] == 0


@pytest.mark.parametrize(
    ("options", "n_steps"), [({"max_steps": 3}, 3), ({"epochs": 0.5}, 8), ({"epochs": 1.5}, 23)]
)
def test_training_may_end_within_an_epoch(tmp_path: Path, options, n_steps: int) -> None:
    lineage = lineage_of(MODALITY.train(request(tmp_path, options=options)))
    assert lineage["n_steps"] == n_steps
    assert lineage["curve"][-1]["step"] == n_steps


def test_the_last_checkpoint_is_kept_when_asked(tmp_path: Path) -> None:
    output = MODALITY.train(request(tmp_path, options={"best_checkpoint": False, "epochs": 2}))
    assert lineage_of(output)["chosen_step"] == 30


def test_a_training_without_finite_numbers_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    base = Path(shutil.copytree(tiny_bert, tmp_path / "base"))
    stored = load_file(base / "model.safetensors")
    stored["classifier.bias"][:] = np.nan
    save_file(stored, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"validation loss must be a finite.*learning_rate"):
        MODALITY.train(request(tmp_path, architecture=None, base=str(base)))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("basic_ios::clear: iostream error"), "full disk or a failed write"),
        (RuntimeError("[enforce fail at inline_container.cc:672]"), "full disk or a failed write"),
        (OSError(28, "No space left on device"), "full disk"),
        (RuntimeError("CUDA out of memory."), r"Lower train\.batch_size"),
        (MemoryError(), r"Lower train\.batch_size"),
    ],
)
def test_a_full_disk_or_memory_says_what_to_do(
    tmp_path: Path, error: Exception, message: str
) -> None:
    def report(text: str) -> None:
        raise error

    one = request(tmp_path, options={"max_steps": 1}, report=report)
    with pytest.raises(IncompleteError, match=message):
        MODALITY.train(one)
    assert not one.output.exists()


def test_what_a_killed_call_left_beside_the_output_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".model.123.part").mkdir()
    MODALITY.train(request(tmp_path, options={"max_steps": 1}))
    assert not (tmp_path / ".model.123.part").exists()


def test_training_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    MODALITY.train(request(tmp_path, options={"max_steps": 2}))
    assert capfd.readouterr() == ("", "")


# what cannot be trained


def test_every_wrong_option_is_reported_at_once() -> None:
    with pytest.raises(ModelError) as caught:
        read_options(
            {"epochs": 0, "batch_size": 1.5, "learnig_rate": 1, "precision": "fp32"}, TASK.classes
        )
    assert len(caught.value.problems) == 4
    assert "Did you mean 'learning_rate'?" in str(caught.value)
    assert "train.epochs must be greater than 0, got 0." in caught.value.problems


def test_a_wrong_architecture_is_refused() -> None:
    with pytest.raises(ModelError, match=r"architecture\.hidden_size must be a multiple"):
        Architecture.of({"hidden_size": 30, "heads": 4})
    with pytest.raises(ModelError, match=r"architecture\.type must be one of bert, got 'gpt'"):
        Architecture.of({"type": "gpt"})


def test_base_and_architecture_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="got both"):
        MODALITY.train(request(tmp_path, base="x"))
    with pytest.raises(ModelError, match="got neither"):
        MODALITY.train(request(tmp_path, architecture=None))


def test_rows_without_labels_or_with_foreign_labels_are_refused(tmp_path: Path) -> None:
    train = replace(TRAIN, label=None)
    validation = replace(VALIDATION, label=VALIDATION.label + 1)
    with pytest.raises(DataError) as caught:
        MODALITY.train(request(tmp_path, train=train, validation=validation))
    assert caught.value.problems == (
        "data.train must hold labelled rows, got rows without labels.",
        "Labels of data.validation must lie in 0..1, got 2.",
    )


def test_half_precision_that_a_cpu_cannot_train_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"train\.precision must be possible on cpu"):
        MODALITY.train(request(tmp_path, options={"precision": "float16"}))


# order and figures


@given(st.lists(st.integers(1, 60), max_size=300), st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_holds_every_row_once(lengths: list[int], size: int, epoch: int) -> None:
    order = epoch_order(lengths, size, (0, epoch))
    assert sorted(order) == list(range(len(lengths)))
    assert order == epoch_order(lengths, size, (0, epoch))


def test_epochs_differ_and_batches_hold_similar_lengths() -> None:
    lengths = np.random.default_rng(0).integers(1, 100, 2000).tolist()
    first, second = (epoch_order(lengths, 16, (0, epoch)) for epoch in (0, 1))
    assert first != second
    batches = [[lengths[i] for i in first[start : start + 16]] for start in range(0, 2000, 16)]
    padded = sum(max(batch) * len(batch) for batch in batches)
    assert padded < 1.15 * sum(lengths)


def test_validation_figures_equal_scikit_learn() -> None:
    from types import SimpleNamespace

    from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss

    from harness.engines.prediction import softmax64

    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 3)).astype(np.float32)
    label = rng.choice([0, 1, 2], 200, p=[0.7, 0.2, 0.1])
    got = scores_of(SimpleNamespace(predictions=logits, label_ids=label))
    expected = {
        "cross_entropy_nats": log_loss(label, softmax64(logits)),
        "accuracy": accuracy_score(label, logits.argmax(1)),
        "balanced_accuracy": balanced_accuracy_score(label, logits.argmax(1)),
    }
    assert got == pytest.approx(expected, rel=1e-12)
