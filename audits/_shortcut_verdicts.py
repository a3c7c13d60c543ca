"""From trials to what is said of each word: exact tests, false discoveries, ranks, sentences, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._meaning import weight_of
from audits._shortcut_trial import Bench, Insertions, Maskings
from harness.records import Estimate
from harness.stats import (
    binomial_tail,
    clopper_pearson,
    false_discovery_values,
    paired_difference,
    wilson,
)

if TYPE_CHECKING:
    from audits._shortcut_rows import Rows
    from audits._shortcut_search import Candidate, Search

FEW = 40
"""Below this many rows an interval is Clopper-Pearson, which never covers too rarely."""

LEAST = 10
"""Rows that a trial needs; with fewer nothing is said of the word."""

NAMED_FROM = 10
"""A word that stands in this many rows is vocabulary, and may be named."""

LONGEST_NAME = 40

SHOWN = 10
"""Words of each kind that notes hold; the table holds all."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What trials showed of one candidate.

    Attributes:
        of: The candidate.
        looked: Insertions on the searched half, by which the strongest word is chosen.
        held: Insertions on the held-out half, by which everything is claimed.
        masked: Maskings on the held-out half.
        p_value: Exact, of "at most ``least_share`` of rows flip with the word alone"; None where
            there were too few rows.
        q_value: Least rate of false discoveries at which the word is one; None with the p-value.
        is_found: Whether it is one.
        rank: Attribution mass over all rows, times how little the word means.
    """

    of: Candidate
    looked: Insertions
    held: Insertions
    masked: Maskings
    p_value: float | None
    q_value: float | None
    is_found: bool
    rank: float


def try_all(rows: Rows, found: Search, bench: Bench, options: Any) -> list[Tried]:
    """Try every candidate and say which ones decide by themselves; the most telling first."""
    looked = [
        bench.insert(one, searched=True, most=options.rows_to_search, stage="search")
        for one in found.candidates
    ]
    best = _strongest(looked)
    held = [
        bench.insert(
            one,
            searched=False,
            most=options.held_out_rows if number == best else options.rows_per_word,
            stage="held-out",
        )
        for number, one in enumerate(found.candidates)
    ]
    masked = [bench.mask(one, most=options.rows_per_word // 2) for one in found.candidates]
    p_values = [_p_value(one, options.least_share) for one in held]
    q_values = _q_values(p_values)
    tried = [
        Tried(
            of=one,
            looked=looked[at],
            held=held[at],
            masked=masked[at],
            p_value=p_values[at],
            q_value=q,
            is_found=q is not None and q <= options.false_discoveries,
            rank=_rank(one, masked[at], rows),
        )
        for at, (one, q) in enumerate(zip(found.candidates, q_values, strict=True))
    ]
    return sorted(tried, key=lambda one: (not one.is_found, -one.rank, one.of.number))


def strongest(tried: Sequence[Tried]) -> Tried | None:
    """Return the candidate that flips most on the searched half; None where none could be tried."""
    ordered = sorted(tried, key=lambda one: one.of.number)
    best = _strongest([one.looked for one in ordered])
    return None if best is None else ordered[best]


def share(successes: int, trials: int) -> Estimate:
    """Return a share of independent rows."""
    return clopper_pearson(successes, trials) if trials < FEW else wilson(successes, trials)


def flip_rate(one: Insertions) -> Estimate:
    """Return the share of rows whose decision becomes the word's class."""
    return share(int(one.flips.sum()), len(one.flips))


def effect(one: Insertions) -> Estimate:
    """Return that share minus the share with a control word in the same places."""
    return paired_difference(one.flips, one.control_flips)


def score_change(one: Insertions) -> Estimate:
    """Return the mean change of the class's score against the control word."""
    return paired_difference(one.score, one.control_score)


def _strongest(looked: Sequence[Insertions]) -> int | None:
    # a few rows flip or do not; how far their scores move tells words of equal flips apart
    ranks = [
        (one.n_beyond / len(one.row) + float((one.score - one.control_score).mean()), -number)
        for number, one in enumerate(looked)
        if len(one.row)
    ]
    return -max(ranks)[1] if ranks else None


def _p_value(one: Insertions, least_share: float) -> float | None:
    if len(one.row) < LEAST:
        return None
    return float(binomial_tail(one.n_beyond, len(one.row), least_share))


def _q_values(p_values: Sequence[float | None]) -> list[float | None]:
    known = [p for p in p_values if p is not None]
    values = iter(false_discovery_values(known).tolist())
    return [None if p is None else next(values) for p in p_values]


def _rank(one: Candidate, masked: Maskings, rows: Rows) -> float:
    mass = one.push.mean_mass if one.push is not None else 0.0
    if (one.push is None or one.push.n < 3) and len(masked.drop):
        mass = float(np.abs(masked.drop).mean())
    return mass * one.n_rows / max(1, rows.n) * weight_of(one.kind)
