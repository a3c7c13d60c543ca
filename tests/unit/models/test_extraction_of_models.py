"""Extraction on a tiny trained causal language model: what one pass says, and what the model writes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from audits._extraction_planted import sentences
from audits._extraction_targets import Reader, targets_of
from audits._extraction_values import read_values
from audits._language_items import Asked, prompt_item
from harness import registry
from harness.data import Dataset
from harness.detectors import default_detector
from harness.engines.generation import generate
from harness.engines.scoring import score
from harness.modelling import GREEDY, CanGenerate, Decoding
from harness.records import TARGET, DatasetRef, Prompting, Task
from harness.stats import clopper_pearson

TASK = Task("text-generation", "causal-lm", (TARGET,))
ROWS = sentences(17, 32)
PREFIX = 30


def rows() -> Dataset:
    example_id = np.array([f"e{k}" for k in range(len(ROWS))], dtype=object)
    ref = DatasetRef("train", "memory", None, "", len(ROWS), len(ROWS), {"text": "text"})
    return Dataset(ref, example_id, list(ROWS))


@pytest.fixture(scope="module")
def trained(tiny_models: Any, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A model that has read 16 of 32 rows long enough to know about half of their values."""
    torch.set_num_threads(1)
    folder = Path(tmp_path_factory.mktemp("extraction")) / "model"
    tiny_models.tiny_writer(folder, texts=ROWS, max_positions=96)
    network = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(ROWS[:16], return_tensors="pt", padding=True)
    labels = torch.where(batch["attention_mask"] == 1, batch["input_ids"], -100)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    network.train()
    for _ in range(120):
        loss = network(**batch, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.25:
            break
    network.eval().save_pretrained(folder)
    model = registry.modality_for(TASK.kind).load(str(folder), task=TASK, device="cpu")
    assert isinstance(model, Reader)
    return model


@pytest.fixture(scope="module")
def asked(trained: Reader) -> list[Asked]:
    train = rows()
    values = read_values(train, default_detector(), ())
    targets = targets_of(trained, train, values)
    found = [one.asked(trained, PREFIX) for one in targets]
    assert len(found) == len(values) == 64
    return [one for one in found if one is not None]


def test_the_tokens_of_a_value_are_the_ones_that_training_met(trained: Reader) -> None:
    train = rows()
    values = read_values(train, default_detector(), ())
    items = trained.prepare(train.inputs)
    for target in targets_of(trained, train, values):
        value = values[target.value]
        written = target.lead + value.written + target.tail
        assert trained.decode(target.tokens).strip() == written.strip()
        ids = items[value.places[0].row].arrays["input_ids"]
        met = np.concatenate([target.before, target.tokens])
        assert np.array_equal(ids[: len(met)], met)


def test_greedy_identity_is_what_the_model_writes_for_64_of_64_values(
    trained: Reader, asked: list[Asked]
) -> None:
    items = [one.item() for one in asked]
    argmax = [bool(one.is_greedy.all()) for one in score(trained, items, token_budget=2048)]
    made = generate(
        cast("CanGenerate", trained),
        [prompt_item(one.prefix) for one in asked],
        token_budget=2048,
        decoding=GREEDY,
        max_new_tokens=max(len(one.target) for one in asked),
        seed=0,
    )
    written = [
        np.array_equal(text.tokens[: len(one.target)], one.target)
        for one, text in zip(asked, made, strict=True)
    ]
    assert argmax == written
    assert 5 < sum(argmax) < 60


@pytest.mark.parametrize("decoding", [Decoding(1.0, top_k=20), Decoding(0.8, top_p=0.9)])
def test_the_exact_probability_lies_inside_the_interval_of_512_generations(
    trained: Reader, asked: list[Asked], decoding: Decoding
) -> None:
    """For the value nearest to one in two; an end errs in 0.1 %."""
    items = [one.item() for one in asked]
    scores = score(trained, items, token_budget=2048, decoding=decoding)
    chance = np.exp([one.log_probability.sum() for one in scores])
    chosen = int(np.argmin(np.abs(chance - 0.5)))
    assert 0.05 < chance[chosen] < 0.95
    one = asked[chosen]
    made = generate(
        cast("CanGenerate", trained),
        [prompt_item(one.prefix)] * 512,
        token_budget=2048,
        decoding=decoding,
        max_new_tokens=len(one.target),
        seed=1,
    )
    n = sum(np.array_equal(text.tokens, one.target) for text in made)
    interval = clopper_pearson(n, 512, alpha_low=0.001, alpha_high=0.001)
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low <= chance[chosen] <= interval.high
    assert math.isclose(chance[chosen], n / 512, abs_tol=0.1)


def test_values_that_were_learnt_are_likelier_than_values_of_rows_that_were_not(
    trained: Reader, asked: list[Asked]
) -> None:
    scores = score(trained, [one.item() for one in asked], token_budget=2048)
    logs = np.array([one.log_probability.sum() for one in scores])
    assert np.median(logs[:32]) > np.median(logs[32:]) + 5


@pytest.mark.parametrize("kind", ["prompted-classification", "multiple-choice"])
def test_values_are_found_in_the_prompts_of_tasks_that_decide(
    tiny_models: Any, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "model"
    tiny_models.tiny_writer(folder, texts=ROWS, max_positions=96)
    texts = (" yes", " no") if kind == "prompted-classification" else ()
    task = Task(kind, "causal-lm", ("yes", "no"), prompting=Prompting("Say: {text}\n", texts))
    model = registry.modality_for(kind).load(str(folder), task=task, device="cpu")
    assert isinstance(model, Reader)
    inputs: list[Any] = [
        one if kind == "prompted-classification" else (one, "yes", "no") for one in ROWS[:8]
    ]
    train = replace(rows(), inputs=inputs, example_id=rows().example_id[:8])
    values = read_values(train, default_detector(), ())
    found = targets_of(model, train, values, is_asked=True)
    assert len(found) == len(values) == 16
    for target in found:
        assert target.is_read_only
        written = target.lead + values[target.value].written + target.tail
        assert model.decode(target.tokens).strip() == written.strip()
        assert model.decode(target.before).startswith("Say")
