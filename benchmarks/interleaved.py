"""Contenders measured side by side: CPU seconds, interleaved, with the peak of memory.

Other work on the machine slows everybody; so contenders take turns, the order is turned round in
every second repetition, and what is reported is the median of the ratios of one repetition.
"""

from __future__ import annotations

import argparse
import csv
import gc
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

Work = Callable[[], Any]

N_REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class Taken:
    """What one repetition took: CPU seconds (user + system, all threads), peak resident bytes."""

    cpu_s: float
    peak_bytes: int


def quiet_libraries() -> None:
    """One thread everywhere, no bars, no network; call it before torch is imported."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def once(work: Work) -> tuple[Taken, Any]:
    """Measure one call; returns what it took and what it returned."""
    gc.collect()
    forget_peak()
    begun = time.process_time()
    output = work()
    return Taken(time.process_time() - begun, peak_bytes()), output


def take_turns(
    contenders: dict[str, Work],
    n_repetitions: int,
    *,
    measure: Callable[[Work], tuple[Taken, Any]] = once,
) -> tuple[dict[str, list[Taken]], dict[str, Any]]:
    """Run every contender once in each repetition.

    Args:
        contenders: Label → what is measured.
        n_repetitions: At least 1.
        measure: Runs a contender; returns what it took and what it returned.

    Returns:
        Label → one entry for each repetition; label → what the contender returned at last.
    """
    taken: dict[str, list[Taken]] = {label: [] for label in contenders}
    outputs: dict[str, Any] = {}
    for number in range(n_repetitions):
        order = list(contenders) if number % 2 == 0 else list(reversed(contenders))
        for label in order:
            one, outputs[label] = measure(contenders[label])
            taken[label].append(one)
        done = ", ".join(f"{label} {taken[label][-1].cpu_s:.2f}" for label in contenders)
        print(f"repetition {number + 1} of {n_repetitions}: {done}", file=sys.stderr)
    return taken, outputs


def ratios(above: Sequence[Taken], below: Sequence[Taken]) -> list[float]:
    """Return how many times more CPU ``above`` took, one ratio for each repetition."""
    return [one.cpu_s / two.cpu_s for one, two in zip(above, below, strict=True)]


def median_and_range(values: Sequence[float], digits: int = 2) -> str:
    """Return ``median (least to most)``."""
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def cost_lines(taken: dict[str, list[Taken]]) -> list[str]:
    """Return a Markdown table: CPU seconds and peak memory of each contender."""
    lines = ["| contender | CPU seconds | peak memory, MiB |", "|---|---|---|"]
    for label, runs in taken.items():
        peak = max(one.peak_bytes for one in runs) / 2**20
        lines.append(f"| {label} | {median_and_range([r.cpu_s for r in runs])} | {peak:.0f} |")
    return lines


def machine_line() -> str:
    """Return what a figure depends on beside the code."""
    import torch

    packages = ("torch", "transformers", "tokenizers", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{platform.machine()}, {os.cpu_count()} CPU cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {versions}, {torch.get_num_threads()} torch thread(s)"
    )


def existing(text: str) -> Path:
    """Return the path of a file or folder that is there; for ``argparse``."""
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"must be a file or folder that exists, got {text}")
    return path


def read_columns(table: Path, columns: Sequence[str], n_rows: int | None) -> list[list[str]]:
    """Return the values of some columns of a CSV file, one list for each column.

    Args:
        table: With a header.
        columns: Names in it; another name ends the program with a sentence.
        n_rows: First rows that are read; None for all.
    """
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        known = reader.fieldnames or []
        missing = [name for name in columns if name not in known]
        if missing:
            sys.exit(f"{table} must have a column {missing[0]!r}, got {', '.join(known)}.")
        rows = list(islice(reader, n_rows))
    if not rows:
        sys.exit(f"{table} must hold rows, got none.")
    return [[row[name] for row in rows] for name in columns]


def peak_bytes() -> int:
    """Return the most memory that was resident since the last ``once`` began (Linux), or ever."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def forget_peak() -> None:
    """Let ``peak_bytes`` begin anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return  # then the peak is that of the whole process
