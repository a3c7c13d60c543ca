"""How much memory a run will take: what this process took when it filled one batch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.engines.prediction import predict

if TYPE_CHECKING:
    from harness.modelling import Model
    from harness.pipeline.speed import Speed

LONGEST_S = 20.0
"""A batch that would take longer is filled in part only, and the rest is added in proportion."""

BYTES_PER_ANSWER = 300
"""Memory of one stored answer: its key, its question and its logits, without the logits themselves."""


def peak_bytes() -> int | None:
    """Return the most memory that this process has held, device memory included where torch knows.

    None on systems that do not say.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        peak += int(torch.cuda.max_memory_allocated())
    return peak


def fill_a_batch(
    model: Model, inputs: Sequence[str | tuple[str, ...]], *, token_budget: int, speed: Speed
) -> int | None:
    """Answer one full batch of the longest row, and return the memory that it took at most."""
    before = peak_bytes()
    if before is None or not inputs:
        return before
    longest = max(model.prepare(inputs), key=lambda item: item.length)
    n_full = max(1, token_budget // max(1, longest.length))
    seconds = n_full * speed.per_row([longest.length])
    n_rows = max(1, int(n_full * min(1.0, LONGEST_S / max(seconds, 1e-9))))
    copies = [
        replace(longest, key=longest.key + number.to_bytes(4, "big")) for number in range(n_rows)
    ]
    predict(model, copies, token_budget=token_budget)
    after = peak_bytes() or before
    return before + (after - before) * n_full // n_rows
