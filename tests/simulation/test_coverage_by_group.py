"""Largest difference of a metric between groups, variances from replicates: F1 at the tolerance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audits._by_group import ByGroup, Values
from audits._groups import GroupColumn
from harness.records import GroupPlan
from harness.stats import Grouping

pytestmark = pytest.mark.slow

TOLERANCE = 0.10
BASE, FPR = 0.4, 0.1


def f1(label: Any, decision: Any) -> float:
    hit = int((label & decision).sum())
    both = int(label.sum() + decision.sum())
    return 2 * hit / both if both else float("nan")


def expected(tpr: float) -> float:
    return 2 * BASE * tpr / (BASE + BASE * tpr + (1 - BASE) * FPR)


def tpr_of(target: float) -> float:
    """Solve the expected F1 for the true positive rate."""
    return target * (BASE + (1 - BASE) * FPR) / (BASE * (2 - target))


@pytest.mark.parametrize(("g", "n"), [(2, 150), (2, 600), (4, 300)])
def test_f1_at_the_tolerance_rarely_passes_or_fails(g: int, n: int) -> None:
    rng = np.random.default_rng(4)
    top = expected(0.85)
    rates = np.array([tpr_of(top - TOLERANCE)] + [0.85] * (g - 1))
    names = tuple(f"g{k}" for k in range(g))
    group = np.repeat(np.arange(g), n)
    nobody = np.zeros(len(group), np.bool_)
    column = GroupColumn("c", Grouping.exclusive(names, group), GroupPlan(), nobody, nobody, {})
    passed = failed = 0
    runs = 600
    for _ in range(runs):
        label = rng.random(len(group)) < BASE
        decision = rng.random(len(group)) < np.where(label, rates[group], FPR)
        values = Values(
            ask=lambda rows, a=label, b=decision: f1(a[rows], b[rows]),
            rng=rng,
            keep=lambda *_: None,  # type: ignore[arg-type, return-value]
            span=(0.0, 1.0),
            replicates=200,
            cluster=None,
            min_group=30,
        )
        found = {
            name: values.of(np.flatnonzero(group == k), name=name) for k, name in enumerate(names)
        }
        one, _ = ByGroup(values, column).worst(found)
        assert one.low is not None
        assert one.high is not None
        passed += one.high <= TOLERANCE
        failed += one.low > TOLERANCE
    # 200 draws add some noise to the variance, and F1 is not quite normal: 6 % as in exact sums elsewhere
    limit = 0.06 + 2 * (0.05 * 0.95 / runs) ** 0.5
    assert passed / runs <= limit
    assert failed / runs <= limit
