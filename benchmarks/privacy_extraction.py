"""What extraction costs: the overlap index, and exact probabilities beside drawing them."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from figure import Figure
from interleaved import median_and_range, quiet_libraries, take_turns

TOKENS = 1_000_000
INDEX_CPU_S = 3.0
TOKENS_PER_S = 500_000
PLANTED = 20
CHEAPER = 100
TARGETS = 64
GENERATIONS = 512


def overlap(repetitions: int, *, n_tokens: int = TOKENS) -> list[Figure]:
    """Index training tokens in documents of 1,000; look generations of 256 tokens up."""
    from harness.engines.overlap import OverlapIndex

    train, texts, planted = _planted(n_tokens)
    index = OverlapIndex(train, n=50)
    taken, outputs = take_turns(
        {
            "index": lambda: OverlapIndex(train, n=50).n_grams,
            "generations": lambda: index.hits(texts),
            "training texts": lambda: index.hits(train),
        },
        repetitions,
    )
    found = [k for k, one in enumerate(outputs["generations"]) if one.any()]
    cpu_s = {label: [one.cpu_s for one in runs] for label, runs in taken.items()}
    rates = {
        "generations": [len(texts) * 256 / one for one in cpu_s["generations"]],
        "training texts": [n_tokens / one for one in cpu_s["training texts"]],
    }
    is_exact = found == planted and all(one.all() for one in outputs["training texts"])
    same = f"{len(found)} of {len(planted)} planted texts found, {len(found) - len(planted)} others"
    return [
        Figure(
            f"index of the 50-grams of {n_tokens:,} tokens",
            f"{median_and_range(cpu_s['index'])} CPU s",
            f"<= {INDEX_CPU_S} s",
            statistics.median(cpu_s["index"]) <= INDEX_CPU_S,
        ),
        *(
            Figure(
                f"{label} looked up in it",
                f"{median_and_range([one / 1e6 for one in of_label])} M tokens/CPU s",
                f">= {TOKENS_PER_S / 1e6} M tokens/s",
                is_exact and statistics.median(of_label) >= TOKENS_PER_S,
                same if label == "generations" else "every 50-gram found",
            )
            for label, of_label in rates.items()
        ),
    ]


def extraction(
    repetitions: int, *, n_generations: int = GENERATIONS, steps: int = 150
) -> list[Figure]:
    """Score 64 values in one pass each, under top-k 50; draw one of them 512 times."""
    quiet_libraries()
    from harness.engines.generation import generate
    from harness.engines.scoring import score
    from harness.modelling import Decoding
    from harness.stats import clopper_pearson

    model, asked = _learnt(steps)
    decoding = Decoding(1.0, top_k=50)
    items = [one.item() for one in asked]

    def scored() -> Any:
        scores = score(model, items, token_budget=2048, decoding=decoding)
        return np.exp([one.log_probability.sum() for one in scores])

    chosen = int(np.argmin(np.abs(scored() - 0.5)))
    prompt, target = asked[chosen].prompt(), asked[chosen].target

    def drawn() -> int:
        made = generate(
            model,
            [prompt] * n_generations,
            token_budget=2048,
            decoding=decoding,
            max_new_tokens=len(target),
            seed=1,
        )
        return sum(np.array_equal(one.tokens, target) for one in made)

    taken, outputs = take_turns({"exact": scored, "drawn": drawn}, repetitions)
    exact, n = float(outputs["exact"][chosen]), outputs["drawn"]
    interval = clopper_pearson(n, n_generations, alpha_low=0.025, alpha_high=0.025)
    assert interval.low is not None  # Clopper and Pearson bound every share
    assert interval.high is not None
    is_inside = interval.low <= exact <= interval.high
    times = [
        two.cpu_s / (one.cpu_s / len(asked))
        for one, two in zip(taken["exact"], taken["drawn"], strict=True)
    ]
    return [
        Figure(
            f"probability of a value, one pass beside {n_generations} generations of "
            f"{len(target)} tokens, for each value",
            f"{median_and_range(times, 0)} times cheaper",
            f">= {CHEAPER} times",
            is_inside and statistics.median(times) >= CHEAPER,
            f"exact {exact:.4f}, drawn {n / n_generations:.4f} "
            f"(95 % {interval.low:.4f} to {interval.high:.4f})",
        )
    ]


def _learnt(steps: int) -> tuple[Any, Sequence[Any]]:
    """Return a tiny model that has read 16 of 32 rows, and their 64 values after 30 tokens each."""
    import torch
    import transformers

    from audits._extraction_planted import sentences
    from audits._extraction_targets import targets_of
    from audits._extraction_values import read_values
    from harness import registry
    from harness.data import Dataset
    from harness.detectors import default_detector
    from harness.records import TARGET, DatasetRef, Task
    from models.training.architecture import Architecture
    from models.training.byte_vocabulary import learn_byte_tokenizer

    rows = sentences(17, 32)
    shape = Architecture.of({"vocabulary": 400, "max_positions": 96}, is_language=True)
    tokenizer = learn_byte_tokenizer(shape, rows)
    torch.manual_seed(0)
    network = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=96,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    batch = tokenizer(rows[:16], return_tensors="pt", padding=True)
    labels = torch.where(batch["attention_mask"] == 1, batch["input_ids"], -100)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(steps):
        loss = network(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels
        ).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.3:
            break
    task = Task("text-generation", "causal-lm", (TARGET,))
    with tempfile.TemporaryDirectory() as folder:
        network.eval().save_pretrained(Path(folder) / "model")
        tokenizer.save_pretrained(Path(folder) / "model")
        model = registry.modality_for(task.kind).load(
            str(Path(folder) / "model"), task=task, device="cpu"
        )
    ref = DatasetRef("train", "memory", None, "", len(rows), len(rows), {"text": "text"})
    ids = np.array([f"e{k}" for k in range(len(rows))], dtype=object)
    train = Dataset(ref, ids, list(rows))
    values = read_values(train, default_detector(), ())
    found = [one.asked(model, 30) for one in targets_of(model, train, values)]
    return model, [one for one in found if one is not None][:TARGETS]


def _planted(n_tokens: int) -> tuple[Sequence[Any], Sequence[Any], list[int]]:
    """Return training texts, generations, and which of these share 50 tokens with training."""
    rng = np.random.default_rng(0)
    train = [rng.integers(0, 32_000, 1000) for _ in range(n_tokens // 1000)]
    texts = [rng.integers(0, 32_000, 256) for _ in range(n_tokens // 256)]
    planted = sorted(rng.choice(len(texts), PLANTED, replace=False).tolist())
    for k in planted:
        start, at = int(rng.integers(0, 950)), int(rng.integers(0, 206))
        texts[k][at : at + 50] = train[int(rng.integers(len(train)))][start : start + 50]
    return train, texts, planted


FIGURES = {"extraction": extraction, "overlap": overlap}
