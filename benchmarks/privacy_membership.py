"""What the statistics of membership cost: areas beside a bootstrap, RMIA beside its matrix."""

from __future__ import annotations

import statistics

import numpy as np
from figure import Figure
from interleaved import median_and_range, take_turns

AREA_GAIN = 1_000
BOOTSTRAPS = 1_000
ROWS = 1_000
WITHIN = 0.05
RMIA_GAIN = 100
RATIOS = 8_000
_INNER = 200
"""Short work is repeated within a turn, so that the clock can see it."""


def delong(repetitions: int, *, n: int = ROWS, bootstraps: int = BOOTSTRAPS) -> list[Figure]:
    """Compare the standard error of an area by DeLong with that of a bootstrap of both sides."""
    from sklearn.metrics import roc_auc_score

    from harness.stats import delong as area

    rng = np.random.default_rng(0)
    is_member = np.arange(2 * n) < n
    signal = rng.normal(size=2 * n) + 0.6 * is_member

    def by_bootstrap() -> float:
        draw, found = np.random.default_rng(1), []
        for _ in range(bootstraps):
            rows = np.concatenate([draw.integers(0, n, n), n + draw.integers(0, n, n)])
            found.append(roc_auc_score(is_member[rows], signal[rows]))
        return float(np.std(found))

    def closed() -> float:
        for _ in range(_INNER):
            found = area(signal, is_member)
        assert found.low is not None
        assert found.high is not None
        return (found.high - found.low) / 2 / 1.6448536269514722

    def by_ranks() -> float:
        draw, found, place = np.random.default_rng(1), [], np.empty(2 * n)
        for _ in range(bootstraps):
            rows = np.concatenate([draw.integers(0, n, n), n + draw.integers(0, n, n)])
            place[np.argsort(signal[rows])] = np.arange(1, 2 * n + 1)
            found.append((place[:n].sum() - n * (n + 1) / 2) / n / n)
        return float(np.std(found))

    taken, outputs = take_turns(
        {"bootstrap": by_bootstrap, "ranks": by_ranks, "DeLong": closed}, repetitions
    )
    lean = [
        _INNER * slow.cpu_s / fast.cpu_s
        for slow, fast in zip(taken["ranks"], taken["DeLong"], strict=True)
    ]
    ratios = [
        _INNER * slow.cpu_s / fast.cpu_s
        for slow, fast in zip(taken["bootstrap"], taken["DeLong"], strict=True)
    ]
    apart = outputs["DeLong"] / outputs["bootstrap"] - 1
    ms = [1000 * one.cpu_s / _INNER for one in taken["DeLong"]]
    return [
        Figure(
            f"an area and its interval beside {bootstraps:,} bootstraps, {n:,}/{n:,} rows",
            f"{median_and_range(ratios)} times faster, {median_and_range(ms)} ms",
            f">= {AREA_GAIN:,} times",
            statistics.median(ratios) >= AREA_GAIN,
            f"scikit-learn's area each time; by bare ranks, which miscount ties: {median_and_range(lean)}",
        ),
        Figure(
            "its standard error",
            f"{outputs['DeLong']:.4f} against {outputs['bootstrap']:.4f}",
            f"within {WITHIN:.0%}",
            abs(apart) <= WITHIN,
        ),
    ]


def rmia(repetitions: int, *, n: int = RATIOS) -> list[Figure]:
    """Compare the sorted form with the matrix of all comparisons, ties among them."""
    from harness.stats import rmia as sorted_form

    rng = np.random.default_rng(0)
    x, others = (np.round(rng.lognormal(size=n), 3) + 0.001 for _ in range(2))
    taken, outputs = take_turns(
        {
            "matrix": lambda: (x[:, None] / others > 1.1).mean(axis=1),
            "sorted": lambda: [sorted_form(x, others, gamma=1.1) for _ in range(20)][-1],
        },
        repetitions,
    )
    ratios = [
        20 * slow.cpu_s / fast.cpu_s
        for slow, fast in zip(taken["matrix"], taken["sorted"], strict=True)
    ]
    is_equal = bool(np.array_equal(outputs["matrix"], outputs["sorted"]))
    return [
        Figure(
            f"RMIA without a matrix, {n:,} x {n:,}",
            f"{median_and_range(ratios)} times faster",
            f">= {RMIA_GAIN} times, equal",
            is_equal and statistics.median(ratios) >= RMIA_GAIN,
            "equal to the matrix" if is_equal else "not equal to the matrix",
        )
    ]


FIGURES = {"delong": delong, "rmia": rmia}
