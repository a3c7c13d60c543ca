"""What the predictions of a run cost: time and memory, beside the times of its stages."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.records import Cost


@dataclass(slots=True)
class Meter:
    """Measures one piece of work.

    Attributes:
        wall_s, cpu_s: Time that passed, and processor time of this process.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure what happens until the block ends."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall_s, self.cpu_s = time.perf_counter() - wall, time.process_time() - cpu

    def cost(self, n_rows: int) -> Cost | None:
        """Return what so many rows cost; None where there was none."""
        if n_rows < 1:
            return None
        return Cost(
            n_rows=n_rows,
            wall_s=round(self.wall_s, 6),
            cpu_s=round(self.cpu_s, 6),
            peak_memory_bytes=peak_memory(),
            peak_device_bytes=_peak_device(),
        )


def peak_memory() -> int | None:
    """Return the most memory that this process held so far; None where the system does not say."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _peak_device() -> int | None:
    """Return the most memory that torch held on a GPU; None where it was not asked to."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.max_memory_allocated())
