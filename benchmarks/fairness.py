"""Counting and deciding on groups: against Fairlearn's bootstrap, and at a million rows.

    python benchmarks/fairness.py                      all of it; Fairlearn on 20 of 1,000 replicates
    python benchmarks/fairness.py --fairlearn-boot 100 closer, and slower

1. 1,000 replicates of selection rate, TPR, FPR, accuracy and precision for 10,000 rows in 8 groups:
   ``MetricFrame(n_boot=...)``, scaled to 1,000 (it is linear in their number), over multinomial counts.
   Values by group must be equal to 1e-12.
2. 1,000,000 rows in 40 groups, counted and decided: from integer codes to the three-way outcome of TPR, FPR
   and accuracy differences.

``bootstrap`` has the signature that comparisons of counting engines ask for. CPU seconds, one thread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.stats import Grouping, Rate, count_cells, rate_of, replicate_cells, worst_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

REPLICATES = 1000
TARGET_RATIO, TARGET_CPU_MS = 10_000, 150


def bootstrap(  # noqa: PLR0917 - the signature of the engines that it is compared with
    label: IntArray,
    decision: IntArray,
    group: IntArray,
    n_groups: int,
    n_boot: int,
    quantiles: Sequence[float],
    seed: int,
) -> dict[str, FloatArray]:
    """Return what ``MetricFrame(n_boot=...)`` returns, from counts: for comparison, never for a decision.

    The percentile interval of a maximum is wrong by construction (it never covers 0); decisions use
    ``worst_difference``. Binary classes.

    Args:
        label: 0 or 1, shape [n].
        decision: 0 or 1, shape [n].
        group: Number of the group, shape [n].
        n_groups: g.
        n_boot: r.
        quantiles: Which quantiles, q of them.
        seed: Of the draws.

    Returns:
        ``point`` [g, 5], ``by_group`` [q, g, 5], ``group_min``, ``group_max``, ``difference``,
        ``ratio`` [q, 5], over selection rate, TPR, FPR, accuracy and PPV; NaN where undefined.
    """
    names = tuple(map(str, range(n_groups)))
    cells = count_cells(Grouping.exclusive(names, group), label, decision, n_classes=2)
    drawn = replicate_cells(cells, np.random.default_rng(seed), replicates=n_boot)
    values = _five(drawn)
    least, most = np.nanmin(values, axis=1), np.nanmax(values, axis=1)

    def q(array: FloatArray) -> FloatArray:
        found: FloatArray = np.nanquantile(array, quantiles, axis=0)
        return found

    return {
        "point": _five(cells.by_group),
        "by_group": q(values),
        "group_min": q(least),
        "group_max": q(most),
        "difference": q(most - least),
        "ratio": q(least / most),
    }


def _five(cells: IntArray) -> FloatArray:
    chosen: tuple[Rate, ...] = ("selection-rate", "tpr", "fpr", "accuracy", "ppv")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([np.divide(*rate_of(cells, rate, 1)) for rate in chosen], -1)


def drawn(n: int, n_groups: int, seed: int = 0) -> tuple[IntArray, IntArray, IntArray]:
    """Return labels, decisions and groups, shape [n]; groups have Zipf-like sizes."""
    rng = np.random.default_rng(seed)
    size = 1.0 / np.arange(1, n_groups + 1) ** 0.7
    group = rng.choice(n_groups, n, p=size / size.sum())
    base, tpr, fpr = (
        rng.uniform(low, high, n_groups) for low, high in ((0.2, 0.5), (0.7, 0.85), (0.08, 0.18))
    )
    label = (rng.random(n) < base[group]).astype(np.int64)
    decision = (rng.random(n) < np.where(label == 1, tpr[group], fpr[group])).astype(np.int64)
    return label, decision, group.astype(np.int64)


def fairlearn_frame(label: IntArray, decision: IntArray, group: IntArray, n_boot: int) -> Any:
    """Return Fairlearn's values by group, with its bootstrap where n_boot is above 0."""
    from fairlearn.metrics import (
        MetricFrame,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    chosen = {
        "selection_rate": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "accuracy": accuracy_score,
        "precision": precision_score,
    }
    extra = {"n_boot": n_boot, "ci_quantiles": [0.025, 0.975], "random_state": 0} if n_boot else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MetricFrame(
            metrics=chosen, y_true=label, y_pred=decision, sensitive_features=group, **extra
        )


def decided(label: IntArray, decision: IntArray, group: IntArray, n_groups: int) -> list[str]:
    """Count once and decide three rules at 0.10."""
    names = tuple(map(str, range(n_groups)))
    cells = count_cells(Grouping.exclusive(names, group), label, decision, n_classes=2)
    answers = []
    for rate in ("tpr", "fpr", "accuracy"):
        found = worst_difference(cells.rate(rate, 1))
        assert found.low is not None
        assert found.high is not None
        answers.append(
            "failed" if found.low > 0.1 else "passed" if found.high <= 0.1 else "inconclusive"
        )
    return answers


def cpu_ms(work: Callable[[], Any], *, repeats: int = 5) -> float:
    """Return the median CPU milliseconds of a call."""
    taken = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        taken.append(1e3 * (time.process_time() - begun))
    return statistics.median(taken)


def main() -> int:
    """Print a Markdown table; exit 1 where values differ or a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fairlearn-boot", type=int, default=20)
    args = parser.parse_args()
    rows = drawn(10_000, 8)
    ours = bootstrap(*rows, 8, REPLICATES, (0.025, 0.975), 0)
    frame = fairlearn_frame(*rows, 0)
    apart = float(np.abs(frame.by_group.to_numpy(float) - ours["point"]).max())
    counts = cpu_ms(lambda: bootstrap(*rows, 8, REPLICATES, (0.025, 0.975), 0))
    theirs = cpu_ms(lambda: fairlearn_frame(*rows, args.fairlearn_boot), repeats=1)
    scaled = theirs * REPLICATES / args.fairlearn_boot
    many = drawn(1_000_000, 40)
    decided(*many, 40)  # the first call imports scipy
    at_large = cpu_ms(lambda: decided(*many, 40))
    replicates = cpu_ms(lambda: bootstrap(*many, 40, REPLICATES, (0.025, 0.975), 0))
    print("| | CPU | target |\n|---|---|---|")
    print(
        f"| 10,000 rows, 8 groups: values by group, largest difference | {apart:.1e} | <= 1e-12 |"
    )
    print(f"| the same, {REPLICATES} replicates from counts | {counts:.1f} ms | |")
    print(
        f"| the same, `MetricFrame(n_boot={args.fairlearn_boot})` scaled to {REPLICATES} "
        f"| {scaled / 1e3:.0f} s | |"
    )
    print(f"| ratio | {scaled / counts:,.0f} | >= {TARGET_RATIO:,} |")
    print(
        f"| 1,000,000 rows, 40 groups: counted and three rules decided | {at_large:.0f} ms "
        f"| <= {TARGET_CPU_MS} ms |"
    )
    print(f"| the same, counted, and {REPLICATES} replicates | {replicates:.0f} ms | |")
    good = apart <= 1e-12 and scaled / counts >= TARGET_RATIO and at_large <= TARGET_CPU_MS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
