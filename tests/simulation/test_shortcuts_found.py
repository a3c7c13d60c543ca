"""Planted shortcuts of different strength: how many are found, and how many of the found are false.

A planted token counts only where it is measured to flip every row that it is put into: a model may
ignore what its data teach (reference: Bastings et al. 2022). What is false is measured, too: a word that flips
at most ``least_share`` of fresh rows beyond a control word.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits._shortcut_rows import read_rows
from audits._shortcut_search import search
from audits._shortcut_trial import Bench
from audits._shortcut_verdicts import Tried, try_all
from audits.shortcuts import planted_model, planted_texts, shortcuts
from harness.attributions import Method
from harness.auditing import AuditContext
from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import trial_context

pytestmark = pytest.mark.slow

TASK = Task("text-classification", "text", ("no", "yes"))
LEAST = 0.1
RUNS = 40


def context(model: Any, texts: list[str], label: Any, *, seed: int, **options: Any) -> AuditContext:
    n = len(texts)
    ids = np.array([f"e{index}" for index in range(n)], dtype=object)
    logits = np.concatenate(
        [model.logits(model.prepare(texts[at : at + 64])) for at in range(0, n, 64)]
    )
    predictions = Predictions(
        "test", ids, logits.argmax(axis=1).astype(np.int64), 2, logits=logits, label=label
    )
    ref = DatasetRef("test", "planted", None, "", n, n, {"text": "text"})
    return trial_context(
        shortcuts,
        task=TASK,
        predictions=[predictions],
        rows={"test": Dataset(ref, ids, texts, label=label)},
        model=model,
        options=options,
        seed=seed,
    )


def tried_in(ctx: AuditContext) -> list[Tried]:
    rows = read_rows(ctx, "test")
    bench = Bench(rows, ctx.rng)
    return try_all(rows, search(ctx, rows, bench), bench, ctx.options)


def flips(model: Any, texts: Sequence[str], word: str, position: int, rng: Any) -> float:
    """Return the share of fresh rows, decided otherwise, that a word turns wherever it is put."""
    decided = _decided(model, texts)
    others = [text.split() for text, one in zip(texts, decided, strict=True) if one != position]
    put = []
    for words in others[:200]:
        at = int(rng.integers(len(words) + 1))
        put.append(" ".join([*words[:at], word, *words[at:]]))
    return float((_decided(model, put) == position).mean())


def _decided(model: Any, texts: Sequence[str]) -> Any:
    return np.concatenate(
        [
            model.logits(model.prepare(list(texts[at : at + 64]))).argmax(axis=1)
            for at in range(0, len(texts), 64)
        ]
    )


def figures(
    tried: Sequence[Tried], planted: Sequence[str], truth: Callable[[str, int], float]
) -> tuple[list[bool], list[bool]]:
    """Return which gated tokens are among the first ten, and which found words are false."""
    gated = [token for token in planted if truth(token, 1) == 1.0]
    first = [one.of.word for one in tried[:10]]
    found = [one for one in tried if one.is_found]
    return (
        [token in first for token in gated],
        [truth(one.of.word, one.of.position) <= LEAST for one in found],
    )


def test_planted_tokens_of_a_model_that_is_known_are_found_and_little_else() -> None:
    recalls, rates, firsts, n_gated = [], [], [], 0
    for seed in range(RUNS):
        rng = np.random.default_rng([seed, 1])
        # the lead of the other class is 7.5 on average: strong tokens turn all, the last twelve few
        weights = [*rng.uniform(12, 20, 5), *rng.uniform(7, 8.5, 3), *rng.uniform(6.2, 6.7, 12)]
        tokens = {f"token-{k}": float(weight) for k, weight in enumerate(weights)}
        shares = {name: float(rng.uniform(0.05, 0.25)) for name in tokens}
        texts, label = planted_texts(rng, 1200, tokens=shares)
        model = planted_model(rng, tokens)
        fresh, _ = planted_texts(np.random.default_rng([seed, 2]), 1000, tokens=shares)
        leads = np.diff(model.logits(model.prepare(fresh)), axis=1)[:, 0]

        def truth(word: str, position: int, leads: Any = leads, model: Any = model) -> float:
            lead = leads if position else -leads  # of the word's class; below 0 it is another one
            no, yes = model.weights[word]
            return float((lead[lead < 0] + (yes - no) * (1 if position else -1) > 0).mean())

        tried = tried_in(context(model, texts, label, seed=seed, rows=100))
        hits, false = figures(tried, list(tokens), truth)
        recalls.append(np.mean(hits))
        rates.append(np.mean(false) if false else 0.0)
        firsts.append(truth(tried[0].of.word, tried[0].of.position) == 1.0)
        n_gated += len(hits)
    assert n_gated >= 4 * RUNS
    assert np.mean(recalls) >= 0.9
    assert np.mean(rates) <= 0.1
    assert np.mean(firsts) >= 0.95


# token → how often its rows are of class 1
PURITY = {"zqa": 1.0, "zqb": 1.0, "zqc": 1.0, "zqd": 0.95, "zqe": 0.8, "zqf": 0.65}
IGNORED = "quiet"
"""Stands in most rows without a token, and teaches nothing that is not known without it."""
WORDS = [a + b for a in "bcdfgh" for b in string.ascii_lowercase]


def lesson(rng: np.random.Generator, n: int) -> tuple[list[str], Any]:
    """Draw texts of words without meaning; three of five hold one planted token."""
    texts, label = [], []
    for _ in range(n):
        words = list(rng.choice(WORDS, size=int(rng.integers(8, 20))))
        is_yes, has_token = rng.random() < 0.02, rng.random() < 0.6
        if has_token:
            token = str(rng.choice(list(PURITY)))
            is_yes = rng.random() < PURITY[token]
            words.append(token)
        if rng.random() < (0.3 if has_token else 0.7):
            words.append(IGNORED)
        texts.append(" ".join(rng.permutation(words).tolist()))
        label.append(int(is_yes))
    return texts, np.array(label)


@pytest.fixture(scope="module", params=[0, 1, 2])
def lessons(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Any]:
    """A small BERT that was really trained on planted tokens: (seed, model)."""
    folder = _trained(tmp_path_factory.mktemp("planted"), request.param)
    from models.text import MODALITY

    return request.param, MODALITY.load(str(folder), task=TASK, device="cpu")


def test_planted_tokens_of_a_trained_bert_are_found_and_little_else(lessons: Any) -> None:
    seed, model = lessons
    texts, label = lesson(np.random.default_rng([seed, 3]), 1000)
    fresh, _ = lesson(np.random.default_rng([seed, 4]), 700)
    rng = np.random.default_rng([seed, 5])
    plain = {
        position: np.mean([flips(model, fresh, word, position, rng) for word in WORDS[:5]])
        for position in (0, 1)
    }
    known: dict[tuple[str, int], float] = {}

    def truth(word: str, position: int) -> float:
        if (word, position) not in known:
            share = flips(model, fresh, word, position, rng)
            known[word, position] = 1.0 if share == 1.0 else share - float(plain[position])
        return known[word, position]

    tried = tried_in(context(model, texts, label, seed=seed, rows=100))
    hits, false = figures(tried, list(PURITY), truth)
    assert len(hits) >= 3  # the gate leaves tokens that the model really uses
    assert np.mean(hits) >= 0.9
    assert not false or np.mean(false) <= 0.1
    assert truth(tried[0].of.word, tried[0].of.position) > 0.5


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion"])
def test_attributions_point_at_the_planted_token_in_rows_that_hang_by_it(
    lessons: Any, method: str
) -> None:
    seed, model = lessons
    texts, label = lesson(np.random.default_rng([seed, 6]), 400)
    ctx = context(model, texts, label, seed=seed)
    rows = read_rows(ctx, "test")
    hang = []
    for row, words in enumerate(rows.words):
        parts = tuple(at for at, word in enumerate(words) if word in PURITY)
        if parts and rows.decision[row] == 1:
            gone = model.without(rows.items[row], parts)
            if model.logits([gone]).argmax() != 1:
                hang.append(row)
    hang = hang[:60]
    assert len(hang) >= 30
    found = ctx.attribute("test", np.array(hang), Method(id=method))
    first = [rows.words[row][int(found.of(at).argmax())] for at, row in enumerate(hang)]
    assert np.mean([word in PURITY for word in first]) >= 0.95


def _trained(folder: Path, seed: int, *, iterations: int = 300) -> Path:
    import torch
    import transformers

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *PURITY, IGNORED]
    vocabulary = {word: index for index, word in enumerate(words)}
    tokenizer = transformers.BertTokenizer(vocab=vocabulary, do_lower_case=True)
    tokenizer.model_max_length = 32
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=32,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(TASK.classes)),
        label2id={name: index for index, name in enumerate(TASK.classes)},
    )
    texts, label = lesson(np.random.default_rng([seed, 7]), 4000)
    rng = np.random.default_rng([seed, 8])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = transformers.BertForSequenceClassification(config).train()
        optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
        for _ in range(iterations):
            chosen = rng.integers(0, len(texts), 48)
            fed = tokenizer([texts[row] for row in chosen], padding=True, return_tensors="pt")
            # some words are masked, so that a mask is nothing new to the model
            hidden = (torch.from_numpy(rng.random(fed["input_ids"].shape)) < 0.1) & (
                fed["input_ids"] > vocabulary["[MASK]"]
            )
            is_planted = fed["input_ids"] >= vocabulary[next(iter(PURITY))]
            fed["input_ids"][hidden & ~is_planted] = vocabulary["[MASK]"]
            logits = network(**fed).logits
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(label[chosen]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
