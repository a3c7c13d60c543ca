from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness.data import Dataset
from harness.errors import DataError, ModelError
from harness.modelling import TrainRequest
from harness.records import TARGET, TEXT_GENERATION, DatasetRef, Prompting, Task
from models._guards import quiet_peft
from models.causal_lm import MODALITY
from models.training import train
from models.training.architecture import Architecture
from models.training.byte_vocabulary import learn_byte_tokenizer
from models.training.language_start import kept_nothing
from models.training.passages import Pack, Passage, arrays_of, packed, rows_of, windows
from models.training.start import Start
from models.training.token_loss import TokenLoss, token_losses
from models.training.writing import sequences

TASK = Task(TEXT_GENERATION, "causal-lm", (TARGET,))
SHAPE = {"hidden_size": 16, "intermediate_size": 32, "vocabulary": 300, "max_positions": 32}
WHO = ("the parcel", "an order", "my letter", "this invoice")
WHAT = ("came late", "was lost", "arrived", "is here", "never came")


def texts(n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [f"{rng.choice(WHO)} {rng.choice(WHAT)} on day {rng.integers(9)}." for _ in range(n)]


def dataset(inputs: Sequence[Any], name: str) -> Dataset:
    n = len(inputs)
    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, "0" * 64, n, n, {}),
        example_id=np.array([f"{name}-{i}" for i in range(n)], dtype=object),
        inputs=list(inputs),
    )


def asked(folder: Path, base: Path | None = None, name: str = "model", **changes: Any) -> Any:
    options = {"epochs": 2, "learning_rate": 5e-3, "batch_size": 8, "max_tokens": 32}
    wanted: dict[str, Any] = {
        "task": TASK,
        "train": dataset(texts(48, 1), "train"),
        "validation": dataset(texts(12, 2), "validation"),
        "output": folder / name,
        "workspace": folder / f"{name}-work",
        "seed": 0,
        "device": "cpu",
        "base": None if base is None else str(base),
        "architecture": SHAPE if base is None else None,
        **changes,
    }
    wanted["options"] = options | dict(wanted.get("options", {}))
    return TrainRequest(**wanted)


def lineage_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "lineage.json").read_text())
    return content


def weights(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.safetensors")))


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    (path,) = folder.glob("*.safetensors")
    return load_file(path)


@pytest.fixture(scope="module")
def writer(tiny_models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bases") / "llama"
    return tiny_models.tiny_writer(folder, texts=texts(40, 0))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new model, learnt from plain texts; do not write to it."""
    return train(asked(tmp_path_factory.mktemp("trained"), options={"epochs": 4}))


# the finished folder


def test_texts_are_learnt_from_scratch(trained: Path) -> None:
    curve = lineage_of(trained)["curve"]
    assert len(curve) == 4
    assert curve[-1]["validation_loss"] < curve[0]["validation_loss"] - 0.3
    assert curve[-1]["train_loss"] < curve[0]["train_loss"]


def test_the_curve_is_what_transformers_computes_from_the_folder(trained: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(trained)
    tokenizer = AutoTokenizer.from_pretrained(trained)
    total, count = 0.0, 0
    for text in texts(12, 2):
        ids = torch.tensor([[*tokenizer(text)["input_ids"], tokenizer.eos_token_id]])
        with torch.inference_mode():
            loss = network(input_ids=ids, labels=ids).loss
        total += float(loss) * (ids.shape[1] - 1)
        count += ids.shape[1] - 1
    lineage = lineage_of(trained)
    chosen = next(one for one in lineage["curve"] if one["step"] == lineage["chosen_step"])
    # 1e-5: float32 sums of other batches
    assert chosen["validation_loss"] == pytest.approx(total / count, abs=1e-5)


def test_the_lineage_counts_texts_and_tokens(trained: Path) -> None:
    lineage = lineage_of(trained)
    assert lineage["task"]["kind"] == TEXT_GENERATION
    assert lineage["architecture"] == SHAPE
    found = lineage["texts"]
    assert (found["n_texts"], found["n_passages"], found["n_cut"]) == (48, 48, 0)
    tokenizer = AutoTokenizer.from_pretrained(trained)
    assert found["n_targets"] == sum(len(tokenizer(text)["input_ids"]) for text in texts(48, 1))


def test_a_vocabulary_of_bytes_knows_every_text_and_ends_it(trained: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(trained)
    strange = "Grüße, 你好 \U0001f600\x00\n\ttabs  two"
    ids = tokenizer(strange)["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert tokenizer.decode(ids, skip_special_tokens=True) == strange
    assert len({tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id}) == 3


def test_a_vocabulary_of_bytes_does_not_depend_on_the_process() -> None:
    shape = Architecture.of(SHAPE | {"vocabulary": 400}, is_language=True)
    here = learn_byte_tokenizer(shape, texts(60, 3)).backend_tokenizer.to_str()
    code = (
        "import hashlib, json, sys\n"
        "from models.training.architecture import Architecture\n"
        "from models.training.byte_vocabulary import learn_byte_tokenizer\n"
        "shape, texts = json.loads(sys.stdin.read())\n"
        "shape = Architecture.of(shape, is_language=True)\n"
        "print(learn_byte_tokenizer(shape, texts).backend_tokenizer.to_str())\n"
    )
    given_in = json.dumps([SHAPE | {"vocabulary": 400}, texts(60, 3)])
    there = subprocess.run(
        [sys.executable, "-c", code],
        input=given_in,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "RAYON_NUM_THREADS": "3"},
    )
    assert json.loads(there.stdout) == json.loads(here)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_both_new_architectures_learn(tmp_path: Path, family: str) -> None:
    folder = train(asked(tmp_path, architecture=SHAPE | {"type": family}))
    assert json.loads((folder / "config.json").read_text())["model_type"] == family
    curve = lineage_of(folder)["curve"]
    assert curve[-1]["validation_loss"] < curve[0]["validation_loss"]


# what is learnt of a row


def batch_of(passages: Sequence[Passage], **changes: Any) -> dict[str, Any]:
    how: dict[str, Any] = {"pad": 0, "is_per_sequence": False} | changes
    made = arrays_of(rows_of([Pack((one,)) for one in passages]), **how)
    return {name: torch.from_numpy(one) for name, one in made.items()}


def passage(n: int, n_read: int, seed: int = 0) -> Passage:
    ids = np.random.default_rng(seed).integers(5, 60, n)
    return Passage(ids, np.arange(n) >= max(1, n_read))


def test_only_completions_are_learnt_as_transformers_does_it(writer: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(writer)
    rows = [passage(9, 4, 1), passage(14, 10, 2)]
    batch = batch_of(rows)
    labels = torch.full(batch["input_ids"].shape, -100)
    for i, one in enumerate(rows):
        labels[i, : one.length] = torch.from_numpy(np.where(one.is_target, one.ids, -100))
    fed = {name: batch[name] for name in ("input_ids", "attention_mask")}
    expected = network(**fed, labels=labels).loss
    found = TokenLoss()(network(**fed).logits, batch, None)
    torch.testing.assert_close(found, expected)


def test_a_loss_per_sequence_is_the_mean_of_the_means(writer: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(writer)
    rows = [passage(6, 0, 1), passage(20, 3, 2), passage(9, 8, 3)]
    batch = batch_of(rows, is_per_sequence=True)
    logits = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    means = []
    for one in rows:
        ids = torch.from_numpy(one.ids)[None]
        labels = torch.where(torch.from_numpy(one.is_target)[None], ids, -100)
        means.append(network(input_ids=ids, labels=labels).loss)
    torch.testing.assert_close(TokenLoss()(logits, batch, None), torch.stack(means).mean())


@pytest.mark.parametrize("is_per_sequence", [False, True])
def test_the_loss_of_a_step_does_not_depend_on_its_passes(is_per_sequence: bool) -> None:
    rows = [passage(n, 0, n) for n in (4, 30, 7, 11)]
    whole = batch_of(rows, is_per_sequence=is_per_sequence)
    logits = torch.randn(*whole["input_ids"].shape, 60, generator=torch.manual_seed(0))
    loss = TokenLoss()
    parts = [{name: one[cut] for name, one in whole.items()} for cut in (slice(0, 1), slice(1, 4))]
    total = loss.total(parts)
    cut = loss(logits[:1], parts[0], total) + loss(logits[1:], parts[1], total)
    torch.testing.assert_close(cut, loss(logits, whole, None))


def test_passes_that_are_added_up_are_one_step(writer: Path, tmp_path: Path) -> None:
    few = dataset(texts(16, 1), "train")  # one step an epoch, so that both see the same rows
    cut = {"batch_size": 4, "gradient_accumulation": 4}
    one = train(asked(tmp_path, writer, "one", train=few, options={"batch_size": 16}))
    two = train(asked(tmp_path, writer, "two", train=few, options=cut))
    for name, weight in tensors(one).items():
        # 1e-5: float32, and Adam divides by small numbers
        torch.testing.assert_close(tensors(two)[name], weight, atol=1e-5, rtol=0)


def test_prompts_are_read_and_not_learnt(writer: Path, tmp_path: Path) -> None:
    pairs = [(text[:10], text[10:]) for text in texts(32, 1)]
    folder = train(asked(tmp_path, writer, train=dataset(pairs, "train")))
    plain = train(asked(tmp_path, writer, "plain", train=dataset(texts(32, 1), "train")))
    assert lineage_of(folder)["texts"]["n_targets"] < lineage_of(plain)["texts"]["n_targets"]


CHAT = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant] "


def learnt(tokenizer: Any, task: Task, inputs: Sequence[Any], label: Any = None) -> list[Any]:
    """Return what stands before what is learnt of each row, and what is learnt, as texts."""
    rows = replace(dataset(inputs, "train"), label=label)
    found = []
    for one in sequences(Start(None, tokenizer, 64, is_new_head=False), task, rows):
        read, target = one.ids[~one.is_target], one.ids[one.is_target]
        found.append((tokenizer.decode(read, skip_special_tokens=True), tokenizer.decode(target)))
    return found


def test_the_right_answer_is_learnt_after_its_prompt(trained: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(trained)
    ask = Prompting(template="{text} Late?", completions=(" no", " yes"))
    prompted = Task("prompted-classification", "causal-lm", ("no", "yes"), prompting=ask)
    rows = ["It came.", "It was lost."]
    assert learnt(tokenizer, prompted, rows, np.array([0, 1])) == [
        ("It came. Late?", " no"),
        ("It was lost. Late?", " yes"),
    ]
    choosing = Task("multiple-choice", "causal-lm", ("a", "b"))
    rows = [("It came", "in time", "not"), ("It was", "here", "lost")]
    assert learnt(tokenizer, choosing, rows, np.array([0, 1])) == [
        ("It came", " in time"),
        ("It was", " lost"),
    ]


def test_a_chat_is_learnt_in_the_words_of_its_template(trained: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(trained)
    chat = replace(TASK, prompting=Prompting(is_chat=True))
    with pytest.raises(ModelError, match="have a chat template"):
        learnt(tokenizer, chat, [("Where is it?", "Here.")])
    tokenizer.chat_template = CHAT
    (found,) = learnt(tokenizer, chat, [("Where is it?", "Here.")])
    assert found == ("[user] Where is it?\n[assistant] ", "Here.")


def test_a_trained_classifier_by_prompt_decides_as_it_was_taught(tmp_path: Path) -> None:
    ask = Prompting(template="{text} Late?", completions=(" no", " yes"))
    task = Task("prompted-classification", "causal-lm", ("no", "yes"), prompting=ask)
    rows = texts(60, 5)
    label = np.array(["late" in one or "lost" in one for one in rows], dtype=np.int64)
    train_rows = replace(dataset(rows, "train"), label=label)
    held_out = replace(dataset(rows[:12], "validation"), label=label[:12])
    options = {"epochs": 12, "learning_rate": 1e-2}
    request = asked(tmp_path, task=task, train=train_rows, validation=held_out, options=options)
    model = MODALITY.load(str(MODALITY.train(request)), task=task, device="cpu")
    logits = model.logits(model.prepare(rows))
    assert (logits.argmax(1) == label).mean() >= 0.95
    with pytest.raises(DataError, match=r"data.train must say which answer is right"):
        MODALITY.train(replace(request, train=dataset(rows, "train"), output=tmp_path / "other"))


def test_what_is_learnt_is_what_is_scored(trained: Path) -> None:
    model = MODALITY.load(str(trained), task=TASK, device="cpu")
    tokenizer = AutoTokenizer.from_pretrained(trained)
    rows = [*texts(5, 2), "你好 \U0001f600", ("a prompt ", "and its end")]
    start = Start(None, tokenizer, 64, is_new_head=False)
    for one, item in zip(
        sequences(start, TASK, dataset(rows, "train")), model.prepare(rows), strict=True
    ):
        assert one.ids.tolist() == item.arrays["input_ids"].tolist()
        assert one.is_target.tolist() == (item.arrays["segment"] > 0).tolist()


# windows


@given(st.integers(1, 60), st.integers(0, 50), st.integers(4, 20))
def test_every_token_is_a_target_in_one_window(n: int, n_read: int, room: int) -> None:
    whole = Passage(np.arange(n), np.arange(n) >= max(1, n_read))
    found = windows(whole, room)
    learnt = [int(one) for part in found for one in part.ids[part.is_target]]
    assert sorted(learnt) == list(range(max(1, n_read), n))
    assert all(part.length <= room and not part.is_target[0] for part in found)


def test_a_prompt_gives_way_to_its_completion() -> None:
    (found,) = windows(Passage(np.arange(30), np.arange(30) >= 24), 10)
    assert found.ids.tolist() == list(range(20, 30))
    assert found.is_target.tolist() == [False] * 4 + [True] * 6


def test_long_texts_are_cut_and_that_is_said(writer: Path, tmp_path: Path) -> None:
    said: list[str] = []
    long = [" ".join(texts(16, seed)) for seed in range(8)]
    folder = train(asked(tmp_path, writer, train=dataset(long, "train"), report=said.append))
    found = lineage_of(folder)["texts"]
    assert found["n_cut"] == 8
    assert found["n_passages"] > 8
    assert "8 of 8 training texts are longer than 32 tokens" in said[0]


# packs


@given(st.lists(st.integers(1, 16), min_size=1, max_size=60), st.integers(0, 3))
def test_packs_hold_every_passage_once_and_never_too_much(lengths: list[int], seed: int) -> None:
    passages = [passage(n, 0, i) for i, n in enumerate(lengths)]
    packs = packed(passages, 16, seed)
    assert all(pack.length <= 16 for pack in packs)
    inside = [id(one) for pack in packs for one in pack.passages]
    assert sorted(inside) == sorted(map(id, passages))
    assert len(packs) <= 2 * -(-sum(lengths) // 16)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_text_in_a_pack_has_the_loss_that_it_has_alone(
    tiny_models, tmp_path: Path, family: str, attention: str
) -> None:
    folder = tiny_models.tiny_writer(tmp_path, family=family)
    network = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=attention)
    first, second, third = passage(7, 0, 1), passage(12, 5, 2), passage(9, 0, 3)
    rows = rows_of([Pack((first, second)), Pack((third,))])
    made = arrays_of(rows, pad=0, is_per_sequence=False)
    batch = {name: torch.from_numpy(one) for name, one in made.items()}
    fed = {name: batch[name] for name in ("input_ids", "position_ids")} | kept_nothing(network)
    losses = token_losses(network(**fed).logits, batch["labels"])
    places = [(0, 0, first), (0, 7, second), (1, 0, third)]
    for row, at, one in places:
        alone = batch_of([one])
        logits = network(input_ids=alone["input_ids"]).logits
        expected = token_losses(logits, alone["labels"])[0]
        # 1e-5 nats: float32 attention over another number of places
        torch.testing.assert_close(losses[row, at : at + one.length], expected, atol=1e-5, rtol=0)


def test_packed_training_learns_the_same_tokens_in_fewer_sequences(
    writer: Path, tmp_path: Path
) -> None:
    plain = train(asked(tmp_path, writer, "plain", options={"max_tokens": 64}))
    folder = train(asked(tmp_path, writer, options={"packing": True, "max_tokens": 64}))
    ours, others = (lineage_of(one)["texts"] for one in (folder, plain))
    assert ours["n_targets"] == others["n_targets"]
    assert ours["n_sequences"] < others["n_sequences"] == others["n_texts"]
    curve = lineage_of(folder)["curve"]
    assert curve[-1]["validation_loss"] < curve[0]["validation_loss"]


def test_packing_is_refused_where_texts_would_see_each_other(writer: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer as Known
    from transformers import MambaConfig, MambaForCausalLM

    tokenizer = Known.from_pretrained(writer)
    network = MambaForCausalLM(
        MambaConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, state_size=4)
    )
    base = tmp_path / "mamba"
    network.save_pretrained(base)
    tokenizer.save_pretrained(base)
    with pytest.raises(ModelError, match=r"train.packing must be false, got true for mamba"):
        train(asked(tmp_path, base, options={"packing": True}))


# adapters, resuming, precision


def test_an_adapter_leaves_the_base_as_it_is(writer: Path, tmp_path: Path) -> None:
    import peft

    folder = train(asked(tmp_path, writer, options={"method": "lora"}))
    lineage = lineage_of(folder)
    assert lineage["n_trained_parameters"] < lineage["n_parameters"] / 5
    assert all("lora_" in name for name in tensors(folder))
    network = AutoModelForCausalLM.from_pretrained(writer)
    ids = torch.tensor([[5, 6, 7, 8]])
    before = network(input_ids=ids).logits
    with quiet_peft():
        adapted = peft.PeftModel.from_pretrained(network, folder)
    assert not torch.equal(adapted(input_ids=ids).logits, before)


class Killed(BaseException):
    pass


def kill_at(line: int) -> Callable[[str], None]:
    told: list[str] = []

    def report(text: str) -> None:
        told.append(text)
        if len(told) == line:
            raise Killed

    return report


@pytest.mark.parametrize("options", [{"packing": True}, {"method": "lora"}])
def test_a_killed_training_resumes_to_the_same_bytes(
    writer: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    whole = train(asked(tmp_path, writer, "whole", options=options))
    one = asked(tmp_path, writer, options=options)
    with pytest.raises(Killed):
        train(replace(one, report=kill_at(2)))
    assert list(one.workspace.glob("checkpoint-*"))
    assert weights(train(one)) == weights(whole)


def test_training_ends_early_and_keeps_the_best_epoch(writer: Path, tmp_path: Path) -> None:
    options = {"epochs": 9, "learning_rate": 0.1, "early_stopping": {"patience": 2}}
    lineage = lineage_of(train(asked(tmp_path, writer, options=options)))
    losses = {one["step"]: one["validation_loss"] for one in lineage["curve"]}
    assert lineage["early_stop"]["step"] == lineage["n_steps"] == max(losses)
    assert len(losses) < 9
    assert losses[lineage["chosen_step"]] == min(losses.values())


def test_gradient_checkpointing_changes_no_number(writer: Path, tmp_path: Path) -> None:
    plain = train(asked(tmp_path, writer, "plain"))
    saved = train(asked(tmp_path, writer, "saved", options={"gradient_checkpointing": True}))
    for name, weight in tensors(plain).items():
        # 1e-6: the same operations, computed twice
        torch.testing.assert_close(tensors(saved)[name], weight, atol=1e-6, rtol=0)


def test_half_precision_computes_the_same_but_for_its_rounding(
    writer: Path, tmp_path: Path
) -> None:
    losses = []
    for precision in ("float32", "bfloat16"):
        options = {"precision": precision, "max_steps": 1, "learning_rate": 1e-6}
        folder = train(asked(tmp_path, writer, precision, options=options))
        assert all(one.dtype == torch.float32 for one in tensors(folder).values())
        losses.append(lineage_of(folder)["curve"][-1]["validation_loss"])
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)  # eight bits of mantissa


def test_a_tokenizer_without_padding_is_given_one(tiny_models, tmp_path: Path) -> None:
    base = tiny_models.tiny_writer(tmp_path / "base", family="gpt2", has_pad=False)
    folder = train(asked(tmp_path, base, options={"epochs": 1}))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id


# what is refused


def test_a_base_that_reads_in_both_directions_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="be a causal language model, got bert"):
        train(asked(tmp_path, tiny_bert))


def test_a_base_without_its_output_head_is_refused(writer: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    base = tmp_path / "headless"
    base.mkdir()
    for path in writer.iterdir():
        (base / path.name).write_bytes(path.read_bytes())
    kept = {name: one for name, one in tensors(writer).items() if "lm_head" not in name}
    save_file(kept, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"must be complete, got 1 missing .*lm_head"):
        train(asked(tmp_path, base))


def test_options_of_other_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"train.class_weights must be absent: it belongs to class"
    ):
        train(asked(tmp_path, options={"class_weights": "balanced"}))
    classify = Task("text-classification", "text", ("a", "b"))
    with pytest.raises(ModelError) as refused:
        train(asked(tmp_path, task=classify, options={"packing": True, "loss": "per-sequence"}))
    assert len(refused.value.problems) == 2


def test_no_rows_and_small_vocabularies_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data.train must hold rows"):
        train(asked(tmp_path, train=dataset([], "train")))
    with pytest.raises(ModelError, match="be at least 259: every byte is a token"):
        train(asked(tmp_path, architecture=SHAPE | {"vocabulary": 100}))
    with pytest.raises(ModelError, match=r"architecture.type must be one of llama, gpt2"):
        train(asked(tmp_path, architecture=SHAPE | {"type": "bert"}))
