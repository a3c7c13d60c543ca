"""From attributions to reasons of single decisions: factors, ranks, and whether they hold.

Legend of shapes: k rows, p parts of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._reason_table import Matcher
    from harness.attributions import Attributions

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Factor:
    """What a reason is made of in one row.

    Attributes:
        key: What makes it the same factor in another attribution of the row.
        reason: Position in the table; None for a word that the table does not hold.
        parts: Its parts, ascending.
        contribution: What they add against the favourable class, in logits.
    """

    key: str
    reason: int | None
    parts: tuple[int, ...]
    contribution: float


@dataclass(frozen=True, slots=True)
class Naming:
    """Which factors of a decision are named.

    Attributes:
        n_reasons: So many at most.
        least_share: From this share of all that speaks against the favourable class.
    """

    n_reasons: int
    least_share: float


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision against the person concerned, with its reasons.

    Attributes:
        row: Position in the data set.
        factors: Every factor that speaks against the favourable class, the largest first.
        is_stable: Whether the first one is the same for both seeds and both methods.
        naming: Which factors are named.
        is_converged: Whether the attributions of every seed and method converged, or promise no sum.
    """

    row: int
    factors: tuple[Factor, ...]
    is_stable: bool
    naming: Naming
    is_converged: bool = True

    @property
    def named(self) -> tuple[Factor, ...]:
        """The first factors that hold a share worth naming."""
        least = self.naming.least_share * sum(one.contribution for one in self.factors)
        first = self.factors[: self.naming.n_reasons]
        return tuple(one for one in first if one.contribution >= least)

    @property
    def coverage(self) -> float:
        """Share of what speaks against the favourable class that the named factors hold."""
        total = sum(one.contribution for one in self.factors)
        return min(1.0, sum(one.contribution for one in self.named) / total)


def against(found: Attributions, index: int, favourable: int) -> FloatArray | None:
    """Return what each part adds against the favourable class, shape [p].

    Attributions are to the lead of one class over another; None where the favourable class is
    neither of the two, so that they do not speak of it.
    """
    if found.target[index] == favourable:
        return -found.of(index)
    return found.of(index) if found.runner_up[index] == favourable else None


def factors_of(
    values: FloatArray, words: Sequence[str], table: Matcher | None
) -> tuple[Factor, ...]:
    """Return the factors that speak against the favourable class, the largest first.

    Args:
        values: What each part adds against it, shape [p].
        words: Words of the row.
        table: Reasons; without one every word is a factor of its own.
    """
    reasons = [None] * len(words) if table is None else table.assign(words)
    parts: dict[str, list[int]] = {}
    held: dict[str, int | None] = {}
    for at, (reason, word) in enumerate(zip(reasons, words, strict=True)):
        key = f"word {at} {word.lower()}" if reason is None else f"reason {reason}"
        parts.setdefault(key, []).append(at)
        held[key] = reason
    found = [
        Factor(key, held[key], tuple(each), float(values[each].sum()))
        for key, each in parts.items()
    ]
    adverse = [one for one in found if one.contribution > 0]
    return tuple(sorted(adverse, key=lambda one: (-one.contribution, one.parts)))


def decide(
    rows: IntArray,
    words: Sequence[Sequence[str]],
    seeds: Sequence[Attributions],
    other: Attributions,
    *,
    favourable: int,
    table: Matcher | None,
    naming: Naming,
) -> list[Decision]:
    """Return the reasons of decisions whose attributions speak of the favourable class.

    Args:
        rows: Positions, shape [k].
        words: Words of the same rows.
        seeds: Attributions by the first method, one for each seed; reasons are ranked by their mean.
        other: Attributions by the second method.
        favourable: The favourable class.
        table: Reasons.
        naming: Which factors are named.
    """
    decisions = []
    for index, row in enumerate(rows.tolist()):
        each = [against(one, index, favourable) for one in (*seeds, other)]
        known = [one for one in each if one is not None]
        if len(known) < len(each) or not len(words[index]):
            continue
        mean = np.mean(known[:-1], axis=0)
        factors = factors_of(mean, words[index], table)
        firsts = {
            found[0].key if (found := factors_of(one, words[index], table)) else ""
            for one in (*known, mean)
        }
        is_stable = len(firsts) == 1 and bool(factors)
        is_converged = all(one.status[index] != "unconverged" for one in (*seeds, other))
        decisions.append(Decision(row, factors, is_stable, naming, is_converged))
    return decisions


def near_threshold(
    logits: FloatArray, decision: IntArray, favourable: int, *, limit: int
) -> IntArray:
    """Return favourable decisions just above the cutoff: those of the least favourable lead.

    Args:
        logits: Shape [n, c].
        decision: Class after threshold or argmax, shape [n].
        favourable: The favourable class.
        limit: Rows, at most.
    """
    rows = np.flatnonzero(decision == favourable)
    lead = favourable_lead(logits[rows], favourable)
    nearest: IntArray = rows[np.argsort(lead, kind="stable")[:limit]]
    return nearest


def favourable_lead(logits: FloatArray, favourable: int) -> FloatArray:
    """Return the logit of the favourable class minus the largest other one, shape [k]."""
    others = np.delete(logits, favourable, axis=1)
    lead: FloatArray = logits[:, favourable] - others.max(axis=1)
    return lead
