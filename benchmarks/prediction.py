"""What predicting costs: our engine, the transformers pipeline, and a bare loop.

    python benchmarks/prediction.py MODEL TABLE [--text comment] [--rows 1000] [--max-tokens 256]

MODEL is the folder of an encoder (all-MiniLM-L6-v2 for the figures in RESULTS.md) or of a classifier of
two classes; an encoder gets a head with fixed random weights, because time does not depend on them.
Everybody uses the same network object in float32, one torch thread, and tokenizes for himself;
imports and loading are in nobody's time. The logits of all must agree within 1e-5, else exit 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from interleaved import (
    N_REPETITIONS,
    Taken,
    cost_lines,
    existing,
    machine_line,
    median_and_range,
    quiet_libraries,
    ratios,
    read_columns,
    take_turns,
)

TOLERANCE = 1e-5
N_WARM = 16

OURS = "ours"
OURS_SINGLE = "ours, one row a batch"
PIPELINE_32 = "pipeline, batch 32"
PIPELINE_1 = "pipeline, batch 1"
BARE = "bare loop, our batches"

FIGURES = (
    # title, dearer, cheaper, target
    ("pipeline at batch 32 / ours", PIPELINE_32, OURS, ">= 2.5 (floor 2.2)"),
    ("pipeline at batch 1 / ours", PIPELINE_1, OURS, ">= 1 (floor 0.95)"),
    ("pipeline at batch 1 / ours, one row a batch", PIPELINE_1, OURS_SINGLE, "none of its own"),
    ("ours / bare loop", OURS, BARE, "<= 1.05"),
)
Contender = Callable[[Sequence[str]], "np.ndarray"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all contenders share.

    Attributes:
        model: Our loaded classifier.
        network, tokenizer: The same network, and a tokenizer of the same files.
        max_tokens: Longest input.
        token_budget: Of our engine.
    """

    model: Any
    network: Any
    tokenizer: Any
    max_tokens: int
    token_budget: int


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    given = _arguments(argv)
    quiet_libraries()
    texts = read_columns(given.table, [given.text], given.rows)[0]
    with tempfile.TemporaryDirectory() as folder:
        setting = load(given.model, Path(folder), given.max_tokens, given.token_budget)
    contenders = {
        OURS: ours(setting, setting.token_budget),
        OURS_SINGLE: ours(setting, 1),
        PIPELINE_32: pipeline(setting, 32),
        PIPELINE_1: pipeline(setting, 1),
        BARE: bare_loop(setting, texts),
    }
    chosen = {label: contenders[label] for label in given.only or contenders}
    print(machine_line())
    print("\n".join(describe(setting, texts)), flush=True)
    for run in chosen.values():
        run(texts[:N_WARM])
    taken, outputs = take_turns(
        {label: _bound(run, texts) for label, run in chosen.items()}, given.repetitions
    )
    first, *others = outputs.values()
    largest = max((float(np.abs(first - other).max()) for other in others), default=0.0)
    print(
        f"largest difference of logits between contenders: {largest:.1e} "
        f"(allowed: {TOLERANCE:g}; logits spread over {np.ptp(first):.2f})"
    )
    if not largest <= TOLERANCE:
        print("The contenders do not compute the same, so their times say nothing.")
        return 1
    print("\n".join([*cost_lines(taken), "", *figure_lines(taken)]))
    return 0


def load(source: Path, folder: Path, max_tokens: int, token_budget: int | None) -> Setting:
    """Load one classifier of two classes for everybody."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from harness.engines.prediction import default_budget
    from harness.records import Task
    from models.text import MODALITY

    torch.manual_seed(0)
    network = AutoModelForSequenceClassification.from_pretrained(source, num_labels=2)
    network.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    names = tuple(network.config.id2label[index] for index in range(2))
    model = MODALITY.load(
        str(folder),
        task=Task("text-classification", "text", names),
        device="cpu",
        max_tokens=max_tokens,
    )
    budget = token_budget or default_budget("cpu")
    return Setting(model, model.network, AutoTokenizer.from_pretrained(folder), max_tokens, budget)


def ours(setting: Setting, token_budget: int) -> Contender:
    """``prepare`` and ``predict``, as a run calls them."""
    from harness.engines.prediction import predict

    def run(texts: Sequence[str]) -> np.ndarray:
        return predict(setting.model, setting.model.prepare(texts), token_budget=token_budget)

    return run


def pipeline(setting: Setting, batch_size: int) -> Contender:
    """The text-classification pipeline over texts in the order of the file."""
    import transformers

    pipe = transformers.pipeline(
        "text-classification",
        model=setting.network,
        tokenizer=setting.tokenizer,
        device="cpu",
        batch_size=batch_size,
    )
    names = setting.network.config.id2label

    def run(texts: Sequence[str]) -> np.ndarray:
        answers = pipe(
            list(texts),
            top_k=None,
            function_to_apply="none",
            truncation=True,
            max_length=setting.max_tokens,
        )
        rows = [{one["label"]: one["score"] for one in answer} for answer in answers]
        return np.array([[row[names[index]] for index in range(2)] for row in rows], np.float32)

    return run


def bare_loop(setting: Setting, texts: Sequence[str]) -> Contender:
    """Tokenizer, the batches of our engine, forward, numpy: nothing else."""
    import torch

    from harness.engines.prediction import batches

    def planned(some: Sequence[str]) -> list[list[int]]:
        return batches(setting.model.prepare(some), setting.token_budget)

    plans = {len(some): planned(some) for some in (texts[:N_WARM], texts)}

    def run(some: Sequence[str]) -> np.ndarray:
        encoded = setting.tokenizer(list(some), truncation=True, max_length=setting.max_tokens)
        answers = np.empty((len(some), 2), dtype=np.float32)
        with torch.inference_mode():
            for batch in plans[len(some)]:
                rows = {name: [encoded[name][i] for i in batch] for name in encoded}
                padded = setting.tokenizer.pad(rows, return_tensors="pt")
                answers[batch] = setting.network(**padded).logits.numpy()
        return answers

    return run


def describe(setting: Setting, texts: Sequence[str]) -> list[str]:
    """Return lengths and padding of our batches."""
    from harness.engines.prediction import batches

    items = setting.model.prepare(texts)
    lengths = np.array([item.length for item in items])
    n_real = int(lengths.sum())
    cut = batches(items, setting.token_budget)
    n_padded = sum(int(lengths[batch].max()) * len(batch) for batch in cut)
    in_order = [lengths[start : start + 32] for start in range(0, len(lengths), 32)]
    n_in_order = sum(int(rows.max()) * len(rows) for rows in in_order)
    low, middle, high = np.percentile(lengths, [10, 50, 90])
    n_cut = sum(item.is_truncated for item in items)
    rows = (
        f"{len(texts)} texts, {n_real} tokens: mean {lengths.mean():.0f}, median {middle:.0f}, "
        f"10 % below {low:.0f}, 10 % above {high:.0f}, cut at {setting.max_tokens}: {n_cut}"
    )
    padding = (
        f"padded / real tokens: ours {n_padded / n_real:.3f} in {len(cut)} batches of at most "
        f"{setting.token_budget} tokens (target <= 1.08); file order, 32 rows a batch "
        f"{n_in_order / n_real:.3f}"
    )
    return [rows, padding]


def figure_lines(taken: dict[str, list[Taken]]) -> list[str]:
    """Return a Markdown table: each ratio beside its target."""
    lines = ["| CPU seconds, median ratio (range) | target | measured |", "|---|---|---|"]
    for title, above, below, target in FIGURES:
        if above in taken and below in taken:
            measured = median_and_range(ratios(taken[above], taken[below]), digits=3)
            lines.append(f"| {title} | {target} | {measured} |")
    return lines


def _bound(run: Contender, texts: Sequence[str]) -> Callable[[], object]:
    return lambda: run(texts)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=existing, help="folder of an encoder or a classifier")
    parser.add_argument("table", type=existing, help="CSV file")
    parser.add_argument("--text", default="comment", help="its column of texts")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--token-budget", type=int, help="of our engine; else its default")
    parser.add_argument("--repetitions", type=int, default=N_REPETITIONS)
    parser.add_argument(
        "--only", nargs="+", choices=[OURS, OURS_SINGLE, PIPELINE_32, PIPELINE_1, BARE]
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
