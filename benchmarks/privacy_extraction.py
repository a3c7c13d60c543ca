"""What extraction costs: the overlap index."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from figure import Figure
from interleaved import median_and_range, take_turns

TOKENS = 1_000_000
INDEX_CPU_S = 3.0
TOKENS_PER_S = 500_000
PLANTED = 20


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


FIGURES = {"overlap": overlap}
