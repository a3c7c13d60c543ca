"""Slices that are too small to be judged."""

from __future__ import annotations

from harness.gate.facts import units_of
from harness.gate.selection import Pick
from harness.gate.sentences import readable_slice
from harness.policy import Rule
from harness.records import Message, Outcome


def small_ones(rule: Rule, chosen: list[Pick]) -> dict[str, tuple[Outcome, Message]]:
    """Return outcome and reason of the slices that are too small to judge.

    Where every slice over the same columns is too small, nothing was judged there: not measured.
    """
    slices = rule.slices
    if slices is None or slices.small == "judge":
        return {}
    reasons = {pick.slice: why for pick in chosen if (why := _why_small(rule, pick)) is not None}
    result: dict[str, tuple[Outcome, Message]] = {}
    for pick in chosen:
        if pick.slice not in reasons:
            continue
        alone = all(other.slice in reasons for other in chosen if other.columns == pick.columns)
        result[pick.slice] = ("not-measured" if alone else "not-applicable", reasons[pick.slice])
    return result


def _why_small(rule: Rule, pick: Pick) -> Message | None:
    slices, size = rule.slices, pick.size
    estimate = pick.estimate
    if slices is None or not pick.columns or size is None:
        return None
    # an estimate without a value says nothing about the slice's size, another measure may
    known = estimate is not None and estimate.is_measured
    n = units_of(estimate) if estimate is not None and known else size.n
    if slices.min_n is not None and 0 < n < slices.min_n:
        text = (
            "The slice {slice} has n = {n}, fewer than {least}; it is reported without judgement."
        )
        return Message.of(
            "gate.small", text, slice=readable_slice(pick.slice), n=n, least=slices.min_n
        )
    share = pick.measurement.share if pick.measurement is not None else None
    share = size.share if share is None else share
    if slices.min_share is not None and share is not None and 0 <= share < slices.min_share.approx:
        text = (
            "The slice {slice} holds {per_cent} % of the data set, less than {least} %; "
            "it is reported without judgement."
        )
        least = float(100 * slices.min_share.value)
        return Message.of(
            "gate.small-share",
            text,
            slice=readable_slice(pick.slice),
            per_cent=round(100 * share, 2),
            least=least,
        )
    return None
