"""How long the areas of many overlapping groups take: 24 identities x 3 areas at 100,000 rows.

Contenders take turns on the same scores, labels and groups:

* areas: the 72 areas with DeLong's intervals, and the area of all rows, from one sort;
* audit: the whole audit ``group-ranking``: areas, differences with shared rows, gaps, the worst of all,
  the composite;
* scikit-learn: ``roc_auc_score`` on the same 73 subsets, which has no interval.

The areas must equal those of scikit-learn to 1e-12. Prints a Markdown table; needs no data and no network.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from interleaved import cost_lines, ratios, take_turns

if TYPE_CHECKING:
    from harness.predictions import Predictions

TARGET_CPU_S = 2.0


def drawn(n: int, n_groups: int, seed: int) -> tuple[Any, Any, Any]:
    """Return scores [n], labels [n] and membership [n, g]: 8 % of the rows on average name a group."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.3
    share = np.geomspace(0.08, 0.005, n_groups)
    is_in = rng.random((n, n_groups)) < share
    shift = is_in @ rng.normal(scale=0.3, size=n_groups)
    scores = 1 / (1 + np.exp(-(1.5 * label + shift + rng.normal(size=n) - 1)))
    return scores, label, is_in


def predictions_of(scores: Any, label: Any, is_in: Any) -> Predictions:
    """Return them as predictions with one column of overlapping groups."""
    from harness.predictions import Predictions
    from harness.records import GroupPlan
    from harness.records.groups import joined

    names = [f"identity-{k:02d}" for k in range(is_in.shape[1])]
    cells = [joined(names[k] for k in np.flatnonzero(row)) for row in is_in]
    return Predictions(
        "test",
        np.array([f"e{k}" for k in range(len(scores))], dtype=object),
        (scores >= 0.5).astype(np.int64),
        2,
        scores=np.stack([1 - scores, scores], axis=1),
        label=label.astype(np.int64),
        groups={"identity": np.array(cells, dtype=object)},
        group_plans={"identity": GroupPlan(values=tuple(names), is_list=True)},
    )


def subsets(label: Any, is_in: Any) -> list[tuple[Any, Any]]:
    """Return positive and negative rows of every area, those of all rows first."""
    found = [(label, ~label)]
    for inside in is_in.T:
        found += [
            (label & inside, ~label & inside),
            (label & ~inside, ~label & inside),
            (label & inside, ~label & ~inside),
        ]
    return found


def of_ours(scores: Any, label: Any, is_in: Any) -> list[float]:
    """Return every area, each computed with its interval."""
    from harness.stats import ScoreOrder

    order = ScoreOrder.of(scores)
    areas = [
        order.area(np.flatnonzero(one), np.flatnonzero(other))
        for one, other in subsets(label, is_in)
    ]
    return [area.value for area in areas]


def of_scikit_learn(scores: Any, label: Any, is_in: Any) -> list[float]:
    """Return every area, without an interval."""
    from sklearn.metrics import roc_auc_score

    found = []
    for one, other in subsets(label, is_in):
        rows = one | other
        found.append(float(roc_auc_score(label[rows], scores[rows])))
    return found


def of_audit(predictions: Predictions) -> int:
    """Run the whole audit; returns how many measurements it gave."""
    from audits.group_ranking import group_ranking
    from harness.records import Task
    from harness.trials import run_audit, trial_context

    task = Task("text-classification", "text", ("benign", "toxic"))
    context = trial_context(group_ranking, task=task, predictions=[predictions], seed=0)
    return len(run_audit(group_ranking, context))


def main(argv: list[str] | None = None) -> int:
    """Measure and print; exit 1 where an area differs or the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--groups", type=int, default=24)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args(argv)
    data = drawn(given.rows, given.groups, seed=0)
    predictions = predictions_of(*data)
    contenders = {
        "areas with intervals": lambda: of_ours(*data),
        "audit group-ranking": lambda: of_audit(predictions),
        "scikit-learn, no interval": lambda: of_scikit_learn(*data),
    }
    for work in contenders.values():
        work()  # imports and caches
    taken, outputs = take_turns(contenders, given.repetitions)
    ours, theirs = outputs["areas with intervals"], outputs["scikit-learn, no interval"]
    apart = max(abs(one - other) for one, other in zip(ours, theirs, strict=True))
    print("\n".join(cost_lines(taken)))
    ratio = statistics.median(
        ratios(taken["scikit-learn, no interval"], taken["areas with intervals"])
    )
    cpu_s = statistics.median(one.cpu_s for one in taken["areas with intervals"])
    print(
        f"\n{given.rows:,} rows, {given.groups} overlapping groups, {len(ours)} areas; largest distance to "
        f"scikit-learn {apart:.1e}; scikit-learn takes {ratio:.1f} times as much CPU without intervals; "
        f"target {TARGET_CPU_S} s, {'reached' if cpu_s <= TARGET_CPU_S else 'missed'}; "
        f"{outputs['audit group-ranking']} measurements of the audit; numpy {np.__version__}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    return 0 if apart <= 1e-12 and cpu_s <= TARGET_CPU_S else 1


if __name__ == "__main__":
    sys.exit(main())
