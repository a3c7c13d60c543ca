"""Holm's correction: many blocking slices, one chance of one in twenty that any fails by accident.

Source: Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
of Statistics 6(2), 65-70.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.gate.deciding import by_interval, failing_end_at
from harness.gate.facts import Facts
from harness.gate.holding import Draft
from harness.gate.sentences import level, shown, where
from harness.records import Message


def corrected(drafts: Sequence[Draft], facts: Facts) -> list[Draft]:
    """Take back the failures that chance alone could explain among so many slices.

    The family holds every blocking (rule, slice) whose interval was held against a limit and whose
    rule does not say ``multiplicity: none``; m is their number. With k failures confirmed, the
    failing end of each other candidate is re-estimated at alpha / (m - k); those that still miss
    the limit are confirmed, until a round confirms none. Passing is never corrected. A candidate
    that is not confirmed, or whose interval cannot be moved for want of evidence, is inconclusive.

    Confirming all that pass a round at once gives what Holm's one-at-a-time descent gives: the
    smallest p-value goes first, and its confirmation only eases the demand on the others.
    """
    if facts.is_corrected:
        return list(drafts)
    family = [
        position
        for position, draft in enumerate(drafts)
        if draft.is_tested and draft.rule.severity == "block" and draft.rule.multiplicity == "holm"
    ]
    waiting = [position for position in family if drafts[position].outcome == "failed"]
    result = list(drafts)
    n_confirmed = 0
    while waiting:
        divisor = len(family) - n_confirmed
        tried = {position: _at(drafts[position], divisor, facts) for position in waiting}
        confirmed = [position for position in waiting if tried[position].outcome == "failed"]
        for position in confirmed:
            result[position] = tried[position]
        waiting = [position for position in waiting if position not in confirmed]
        n_confirmed += len(confirmed)
        if not confirmed:
            for position in waiting:
                result[position] = tried[position]
            break
    return result


def _at(draft: Draft, divisor: int, facts: Facts) -> Draft:
    """Hold a failed draft against its limit again, its failing end at alpha / divisor."""
    if divisor == 1:
        return draft
    estimate, bound = draft.estimate, draft.bound
    assert estimate is not None
    assert bound is not None
    alpha = draft.rule.alpha / divisor
    moved = failing_end_at(estimate, bound, alpha, facts.read)
    if moved is None:
        return draft._replace(outcome="inconclusive", because=_not_possible(draft, divisor))
    if by_interval(moved, bound) == "failed":
        return draft._replace(estimate=moved, because=_confirmed(draft, alpha, divisor))
    ends = shown(moved, bound.limit)
    because = Message.of(
        "gate.taken-back",
        "{measure} is {value} (n = {n}) on {where}. Taken alone it misses the limit of {limit}; "
        "with {pairs} blocking slices and rules judged together its interval, from {low} to {high} "
        "(failing end at level {level}), contains the limit, so chance is not ruled out.",
        measure=draft.rule.measure,
        value=ends.value,
        n=moved.n,
        where=where(draft.dataset, draft.slice),
        limit=ends.limit,
        pairs=divisor,
        low=ends.low,
        high=ends.high,
        level=level(alpha),
    )
    return draft._replace(outcome="inconclusive", estimate=moved, because=because)


def _confirmed(draft: Draft, alpha: float, divisor: int) -> Message:
    text = "{before} It still does at level {level}, which {pairs} blocking slices and rules judged together ask for."
    return Message.of(
        f"{draft.because.id}-corrected",
        text,
        before=draft.because.text,
        level=level(alpha),
        pairs=divisor,
    )


def _not_possible(draft: Draft, divisor: int) -> Message:
    return Message.of(
        "gate.correction-not-possible",
        "Taken alone {measure} on {where} misses its limit; with {pairs} blocking slices and rules "
        "judged together a wider interval is needed, which the stored evidence does not allow to "
        "compute.",
        measure=draft.rule.measure,
        where=where(draft.dataset, draft.slice),
        pairs=divisor,
    )
