"""What attributions cost: our engine beside Captum, adaptive convergence, memory, and the scorecard.

    python benchmarks/attribution.py MODEL TABLE [--text comment] [--rows 200] [--max-tokens 256]

MODEL is the folder of a classifier of two classes, or of an encoder (it gets a head with fixed random
weights; then the convergence figures say little). Integrated gradients with 16 Gauss-Legendre nodes, mask
baseline, the lead of the decided class, float32, one torch thread; everybody uses the same network and
computes the completeness gap too. All values must agree within 1e-5, else exit 1. ``--device cuda`` measures
wall-clock seconds on a GPU beside the row loop; where there is none, the script says so and exits 2.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
    once,
    quiet_libraries,
    ratios,
    read_columns,
    take_turns,
)
from prediction import load

TOLERANCE = 1e-5
CAPTUM_BATCH = 16
MORE = 2

OURS = "ours"
ARRIVAL = f"Captum, batch {CAPTUM_BATCH}, arrival order"
SORTED = f"Captum, batch {CAPTUM_BATCH}, sorted by length"
LOOP = "Captum, row loop"

FIGURES = (
    # title, dearer, cheaper, target
    ("Captum batched in arrival order / ours", ARRIVAL, OURS, ">= 2.5 (floor 2.2)"),
    ("Captum row loop / ours", LOOP, OURS, ">= 1.15 (floor 1.05)"),
    ("Captum batched by length / ours", SORTED, OURS, "none of its own"),
)

Values = list[np.ndarray]
"""Values of the tokens of each row, special tokens included."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all contenders share.

    Attributes:
        model: Our loaded classifier.
        items: Prepared rows.
        logits: Of the rows, shape [n, 2]: the prediction store.
        steps: Nodes of the fixed rule.
        token_budget: Of our engine.
    """

    model: Any
    items: list[Any]
    logits: np.ndarray
    steps: int
    token_budget: int


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    given = _arguments(argv)
    quiet_libraries()
    import torch

    if given.device != "cpu" and not torch.cuda.is_available():
        print(f"A GPU must be at hand for --device {given.device}, got none. Nothing was measured.")
        return 2
    texts = read_columns(given.table, [given.text], MORE * given.rows)[0]
    with tempfile.TemporaryDirectory() as folder:
        many = prepare(given, Path(folder), texts)
    setting = first_rows(many, given.rows)
    print(machine_line())
    print(length_line(setting), flush=True)
    contenders = {
        OURS: ours(setting),
        ARRIVAL: captum_batches(setting, CAPTUM_BATCH),
        SORTED: captum_batches(setting, CAPTUM_BATCH, is_sorted=True),
        LOOP: captum_batches(setting, 1),
    }
    chosen = {label: contenders[label] for label in given.only or contenders}
    counted = {label: Counted(setting.model.network, run) for label, run in chosen.items()}
    measure = once if given.device == "cpu" else wall_clock
    taken, outputs = take_turns(dict(counted), given.repetitions, measure=measure)
    print("\n".join(padding_lines(setting, counted)), flush=True)
    largest = largest_difference(list(outputs.values()))
    print(f"largest difference of values between contenders: {largest:.1e} (allowed {TOLERANCE:g})")
    if not largest <= TOLERANCE:
        print("The contenders do not compute the same, so their times say nothing.")
        return 1
    print("\n".join([*cost_lines(taken), "", *figure_lines(taken), ""]), flush=True)
    print("\n".join(convergence_lines(setting)), flush=True)
    print("\n".join(memory_lines(many, given.rows)), flush=True)
    return 0


def prepare(given: argparse.Namespace, folder: Path, texts: Sequence[str]) -> Setting:
    """Load the model and answer every row once, as a run has done before it attributes."""
    from harness.engines.prediction import predict

    loaded = load(given.model, folder, given.max_tokens, given.token_budget)
    if given.device != "cpu":
        loaded.network.to(given.device)
        loaded.model.device = given.device
    items = loaded.model.prepare(texts)
    logits = predict(loaded.model, items, token_budget=loaded.token_budget)
    return Setting(loaded.model, items, logits, given.steps, loaded.token_budget)


def first_rows(setting: Setting, n: int) -> Setting:
    """Return the setting with its first rows only."""
    return replace(setting, items=setting.items[:n], logits=setting.logits[:n])


def ours(setting: Setting) -> Callable[[], Values]:
    """Our engine with a fixed rule, values of tokens."""

    def run() -> Values:
        found = attribute_rows(setting, steps=setting.steps, unit="token")
        return [found.of(i) for i in range(found.n)]

    return run


def attribute_rows(setting: Setting, **fields: Any) -> Any:
    """Return integrated gradients of the rows by our engine."""
    from harness.attributions import Method
    from harness.engines.attribution import attribute

    return attribute(
        setting.model,
        setting.items,
        method=Method(**fields),
        logits=setting.logits,
        token_budget=setting.token_budget,
    )


def captum_batches(setting: Setting, size: int, *, is_sorted: bool = False) -> Callable[[], Values]:
    """``LayerIntegratedGradients`` on the embedding layer, with its convergence delta."""
    import captum.attr
    import torch

    network, model = setting.model.network, setting.model
    top = np.sort(np.argsort(-setting.logits, axis=1, kind="stable")[:, :2], axis=1)
    decided = torch.from_numpy(np.argmax(setting.logits, axis=1))
    other = torch.from_numpy(top.sum(axis=1)) - decided
    lengths = [item.length for item in setting.items]
    order = np.argsort(lengths, kind="stable") if is_sorted else np.arange(len(lengths))
    groups = [order[start : start + size].tolist() for start in range(0, len(order), size)]

    def lead(ids: Any, mask: Any, segments: Any, won: Any, lost: Any) -> Any:
        answer = network(input_ids=ids, attention_mask=mask, token_type_ids=segments).logits
        return (answer.gather(1, won[:, None]) - answer.gather(1, lost[:, None]))[:, 0]

    engine = captum.attr.LayerIntegratedGradients(lead, network.get_input_embeddings())

    def run() -> Values:
        values: Values = [np.zeros(0)] * len(lengths)
        for group in groups:
            rows = [setting.items[i] for i in group]
            fed = _rectangles([row.arrays for row in rows], network.device)
            blank = _rectangles([model.filled(row, "mask").arrays for row in rows], network.device)
            found, _ = engine.attribute(
                fed["input_ids"],
                baselines=blank["input_ids"],
                additional_forward_args=(
                    fed["attention_mask"],
                    fed["token_type_ids"],
                    decided[group].to(network.device),
                    other[group].to(network.device),
                ),
                n_steps=setting.steps,
                internal_batch_size=None if size == 1 else 4 * size,
                return_convergence_delta=True,
            )
            table = found.detach().sum(-1).double().cpu().numpy()
            for position, i in enumerate(group):
                values[i] = table[position, : lengths[i]]
        return values

    return run


def _rectangles(rows: Sequence[Any], device: Any) -> dict[str, Any]:
    import torch

    from models._padding import pad

    padded = pad(rows, side="right", fill={})
    return {name: torch.from_numpy(values).to(device) for name, values in padded.items()}


def largest_difference(outputs: Sequence[Values]) -> float:
    """Return the largest distance between the first contender and each other one."""
    first, *others = outputs
    return max(
        (
            float(np.abs(a - b).max(initial=0))
            for one in others
            for a, b in zip(first, one, strict=True)
        ),
        default=0.0,
    )


class Counted:
    """A contender whose calls of the network, and padded tokens, are counted."""

    def __init__(self, network: Any, run: Callable[[], Values]) -> None:
        self._network = network
        self._run = run
        self.n_calls = 0
        self.n_tokens = 0

    def __call__(self) -> Values:
        """Run the contender and count what it sends through the network."""
        self.n_calls = self.n_tokens = 0
        handle = self._network.register_forward_pre_hook(self._count, with_kwargs=True)
        try:
            return self._run()
        finally:
            handle.remove()

    def _count(self, module: Any, args: Any, kwargs: Any) -> None:
        given = kwargs.get("inputs_embeds")
        shape = (given if given is not None else kwargs["input_ids"]).shape
        self.n_calls += 1
        self.n_tokens += int(shape[0] * shape[1])


def padding_lines(setting: Setting, contenders: dict[str, Counted]) -> list[str]:
    """Return calls and padded tokens of each contender; f(x) is nobody's need but Captum's."""
    n_real = sum(item.length for item in setting.items) * (setting.steps + 1)
    lines = [
        "| contender | calls | padded tokens | padded / (real tokens x (steps + 1)) |",
        "|---|---|---|---|",
    ]
    for label, one in contenders.items():
        share = one.n_tokens / n_real
        lines.append(f"| {label} | {one.n_calls:,} | {one.n_tokens:,} | {share:.3f} |")
    return [*lines, "target for ours: <= 1.10", ""]


def length_line(setting: Setting) -> str:
    """Return how many rows of which lengths are explained."""
    lengths = np.array([item.length for item in setting.items])
    low, middle, high = np.percentile(lengths, [10, 50, 90])
    return (
        f"{len(lengths)} rows, {lengths.sum():,} tokens: mean {lengths.mean():.0f}, median {middle:.0f}, "
        f"10 % below {low:.0f}, 10 % above {high:.0f}; {setting.steps} steps"
    )


def figure_lines(taken: dict[str, list[Taken]]) -> list[str]:
    """Return a Markdown table: each ratio beside its target."""
    lines = ["| median ratio (range) | target | measured |", "|---|---|---|"]
    for title, above, below, target in FIGURES:
        if above in taken and below in taken:
            measured = median_and_range(ratios(taken[above], taken[below]), digits=3)
            lines.append(f"| {title} | {target} | {measured} |")
    return lines


def convergence_lines(setting: Setting) -> list[str]:
    """Return what adaptive nodes cost, and how many rows they suffice for."""
    begun = time.process_time()
    found = attribute_rows(setting, steps=0)
    cpu_s = time.process_time() - begun
    counts = {name: int((found.status == name).sum()) for name in sorted(set(found.status))}
    explained = found.status != "nothing-to-attribute"
    share = (
        float((found.status[explained] == "converged").mean()) if explained.any() else float("nan")
    )
    return [
        f"adaptive nodes: {counts}, {cpu_s:.1f} CPU seconds",
        f"converged among rows with something to attribute: {share:.3f} (target >= 0.95)",
        (
            f"gradients a row: median {statistics.median(found.n_gradients.tolist()):g}, mean "
            f"{found.n_gradients.mean():.1f}, most {found.n_gradients.max()} (target: median <= 20)"
        ),
        "",
    ]


def memory_lines(many: Setting, n_rows: int) -> list[str]:
    """Return the peak of memory for a half of the rows, and for up to twice as many."""
    lines = []
    for n in (max(1, n_rows // MORE), len(many.items)):
        taken, _ = once(ours(first_rows(many, n)))
        lines.append(f"peak memory with {n} rows: {taken.peak_bytes / 2**20:.0f} MiB")
    return lines


def wall_clock(work: Callable[[], Any]) -> tuple[Taken, Any]:
    """Measure one call on a GPU by the clock on the wall."""
    import torch

    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    begun = time.perf_counter()
    output = work()
    torch.cuda.synchronize()
    return Taken(time.perf_counter() - begun, torch.cuda.max_memory_allocated()), output


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=existing, help="folder of an encoder or a classifier")
    parser.add_argument("table", type=existing, help="CSV file")
    parser.add_argument("--text", default="comment", help="its column of texts")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--token-budget", type=int, help="of our engine; else its default")
    parser.add_argument("--repetitions", type=int, default=N_REPETITIONS)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--only", nargs="+", choices=[OURS, ARRIVAL, SORTED, LOOP])
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
