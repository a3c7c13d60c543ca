"""Measuring the exposures of many canaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from harness.auditing import AuditContext
from harness.canaries import Canary
from harness.engines.exposure import Exposure, ExposureSettings, exposure_of, framer_for


def chosen(canaries: Sequence[Canary], per_level: int | None) -> list[Canary]:
    """Return the canaries that are measured: the first ones of each level, families in turn."""
    if per_level is None:
        return list(canaries)
    taken: dict[int, int] = defaultdict(int)
    found = []
    for canary in canaries:
        if taken[canary.n_planted] < per_level:
            taken[canary.n_planted] += 1
            found.append(canary)
    return found


def exposures_of(ctx: AuditContext, canaries: Sequence[Canary]) -> list[Exposure]:
    """Measure each canary; one draws by itself, whatever stands beside it.

    Each is charged as what it was reckoned at, or more where it took more: a secret that is known
    by heart takes hardly any of its draws to the end.
    """
    if not canaries:
        return []
    options = ctx.options
    settings = ExposureSettings(draws=options.draws, cap=options.search_cap)
    framer = framer_for(ctx.likelihoods_of, is_pair=is_pair(ctx), prompting=ctx.task.prompting)
    base = int(ctx.rng.integers(2**63))
    found = []
    for canary in canaries:
        rng = np.random.default_rng([base, canary.index])
        one = exposure_of(framer, canary, settings=settings, rng=rng)
        ctx.charge(max(options.draws, one.n_asked // max(1, len(canary.secret))))
        found.append(one)
    return found


def is_pair(ctx: AuditContext) -> bool:
    """Return whether rows have a prompt and a completion."""
    return any(isinstance(one, tuple) for one in ctx.rows(ctx.datasets[0]).inputs)
