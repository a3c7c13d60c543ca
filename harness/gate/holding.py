"""Hold an estimate against a bound, and say what came out."""

from __future__ import annotations

from typing import NamedTuple

from harness.gate import deciding
from harness.gate.deciding import Bound
from harness.gate.facts import Facts, units_of
from harness.gate.sentences import level, shown, where
from harness.policy import Rule
from harness.records import DocumentRef, Estimate, Message, Outcome

_RIGHT_AND_WRONG = {"at_least": ("at or above", "below"), "at_most": ("at or below", "above")}
_ENDS = {"point": "value", "lower": "lower end", "upper": "upper end"}


class Draft(NamedTuple):
    """A finding before multiplicity is accounted for; a tuple, since there are many and they change.

    Attributes:
        estimate: The estimate as it was judged; None when there was none.
        bound: What it was held against; None where the rule has no limit.
        is_tested: Whether an interval was held against the limit, so that chance can fail it.
        documents: For rules of kind ``evidence``: what met it.
        waiver, waived_outcome: Id of the waiver in force, and the outcome that it covers.
    """

    rule: Rule
    dataset: str
    slice: str
    outcome: Outcome
    because: Message
    estimate: Estimate | None = None
    bound: Bound | None = None
    n_needed: int | None = None
    is_tested: bool = False
    documents: tuple[DocumentRef, ...] | None = None
    waiver: str | None = None
    waived_outcome: Outcome | None = None


def hold(draft: Draft, facts: Facts) -> Draft:
    """Hold an estimate without faults against its bound."""
    rule, estimate, bound = draft.rule, draft.estimate, draft.bound
    assert estimate is not None
    assert bound is not None
    n = units_of(estimate)
    if rule.n_at_least is not None and n < rule.n_at_least:
        text = "{measure} on {where} rests on n = {n}; the rule needs {needed} before it judges."
        because = message("gate.too-few", text, draft, n=n, needed=rule.n_at_least)
        return draft._replace(outcome="inconclusive", because=because, n_needed=rule.n_at_least)
    if rule.decide_on == "point":
        return _by_number(draft, estimate, bound)
    judged = estimate if facts.is_corrected else deciding.at_level(estimate, rule.alpha, facts.read)
    if judged is None:
        text = (
            "The policy asks for an interval of {measure} on {where} at level {level}, "
            "which the stored evidence does not allow to compute."
        )
        because = message("gate.level-not-possible", text, draft, level=level(rule.alpha))
        return draft._replace(outcome="inconclusive", because=because)
    if judged is not estimate:
        draft = draft._replace(estimate=judged)
    if rule.decide_on != "interval":
        return _by_number(draft, judged, bound)
    return _by_interval(draft, judged, bound)


def _by_interval(draft: Draft, estimate: Estimate, bound: Bound) -> Draft:
    outcome = deciding.by_interval(estimate, bound)
    if outcome == "inconclusive":
        if estimate.why_undefined is not None:
            return _without_value(draft, estimate.why_undefined)
        needed = deciding.n_needed(estimate, bound)
        more = f" About {needed} examples would decide it." if needed is not None else ""
        text = (
            "{measure} is {value} (n = {n}) on {where}. The interval from {low} to {high} "
            "(level {level} at each end) contains the limit of {limit}, so the data does not decide."
            "{more}"
        )
        because = _numbers("gate.straddles", text, draft, more=more)
        return draft._replace(outcome=outcome, because=because, n_needed=needed, is_tested=True)
    text = (
        "{measure} is {value} (n = {n}) on {where}. The interval from {low} to {high} "
        "(level {level} at each end) lies wholly {side} the limit of {limit}."
    )
    side = _RIGHT_AND_WRONG[bound.side][0 if outcome == "passed" else 1]
    because = _numbers(f"gate.{outcome}", text, draft, side=side)
    # said in full: this happens more often than all else together, and ``_replace`` takes its time
    return Draft(
        draft.rule, draft.dataset, draft.slice, outcome, because, estimate, bound, None, True
    )


def _without_value(draft: Draft, why: Message) -> Draft:
    """Say why there is no value: an interval over all that is possible explains nothing."""
    text = (
        "{measure} has no value (n = {n}) on {where}. {why} The interval from {low} to {high} "
        "(level {level} at each end) contains the limit of {limit}, so the data does not decide."
    )
    because = _numbers("gate.straddles-without-value", text, draft, why=why.text)
    return draft._replace(outcome="inconclusive", because=because, is_tested=True)


def _by_number(draft: Draft, estimate: Estimate, bound: Bound) -> Draft:
    decide_on = draft.rule.decide_on
    if decide_on == "point" and deciding.counts_disagree(estimate):
        text = "The counts of {measure} on {where} give another share than its value."
        return draft._replace(outcome="error", because=message("gate.counts", text, draft))
    outcome = deciding.by_number(estimate, bound, decide_on)
    ends = shown(estimate, bound.limit)
    if outcome == "not-measured":
        text = "{measure} on {where} has no {end}, by which the rule decides."
        because = message("gate.no-end", text, draft, end=_ENDS[decide_on])
        return draft._replace(outcome=outcome, because=because)
    number = {"point": ends.value, "lower": ends.low, "upper": ends.high}[decide_on]
    text = (
        "{measure} on {where} (n = {n}): the {end}, {number}, {meets} the limit, "
        "{bound} {limit}. The rule decides by it alone."
    )
    because = _numbers(
        f"gate.{decide_on}-{outcome}",
        text,
        draft,
        end=_ENDS[decide_on],
        number=number,
        meets="meets" if outcome == "passed" else "does not meet",
        bound=bound.side.replace("_", " "),
    )
    return draft._replace(outcome=outcome, because=because)


def message(id: str, text: str, draft: Draft, **params: str | int | float | None) -> Message:
    """Build a message about a draft; ``{measure}`` and ``{where}`` are filled in."""
    about = {"measure": _measure(draft), "where": where(draft.dataset, draft.slice)}
    return Message.of(id, text, **about, **params)


def _numbers(id: str, text: str, draft: Draft, **more: str | int) -> Message:
    estimate, bound = draft.estimate, draft.bound
    assert estimate is not None
    assert bound is not None
    ends = shown(estimate, bound.limit)
    params: dict[str, str | int | float | None] = {
        "measure": _measure(draft),
        "where": where(draft.dataset, draft.slice),
        "value": ends.value if estimate.value is not None else "without a value",
        "low": ends.low,
        "high": ends.high,
        "limit": ends.limit,
        "n": estimate.n,
        "unit": estimate.unit,
        "level": level(max(estimate.alpha_low, estimate.alpha_high)),
    }
    params |= more
    return Message(id, text.format_map(params), params)


def _measure(draft: Draft) -> str:
    if draft.rule.kind == "drop_at_most":
        return f"The change of {draft.rule.measure} since the last release"
    return draft.rule.measure
