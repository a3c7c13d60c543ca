"""What was won and what was lost, in sentences: leakage first, then utility and fairness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.records import ALL, Message
from harness.wording.quantities import of_estimate
from harness.wording.text import slice_words

if TYPE_CHECKING:
    from harness.commands.mitigation.besides import Beside
    from harness.commands.mitigation.comparing import Change
    from harness.commands.mitigation.offers import Concern
    from harness.records import Estimate

_PAIRED = {
    "accuracy": ("accuracy", True),
    "balanced-accuracy": ("balanced accuracy", True),
    "bits-per-byte": ("surprise in bits per byte", False),
    "mean-exposure": ("mean exposure of planted secrets in bits", False),
    "membership-area": ("chance to tell a training row from a test row by its loss", False),
}
"""Measure of a change in pairs → what it is called, and whether higher is better."""

_MOST_LEAKS, _MOST_OTHERS = 5, 3
"""Sentences about measures that no rule had called for, at most; everything stands in the table."""


def trade_notes(
    besides: Sequence[Beside], changes: Sequence[Change], concerns: Sequence[Concern]
) -> list[Message]:
    """Return what was won and lost, as far as it is beyond chance, and what stayed open.

    Args:
        besides: Every measure of both runs.
        changes: What changed on the same rows.
        concerns: Findings that did not pass before; their measures come first.
    """
    named = {one.measure for one in concerns if one.against == "leakage"}
    leaks = [one for one in besides if one.axis == "leakage" and one.way in ("better", "worse")]
    called = [one for one in besides if one.measure in named and one.slice == ALL]
    found = [_open(one) if one.way not in ("better", "worse") else _beside(one) for one in called]
    others = [one for one in leaks if one not in called]
    others.sort(key=lambda one: (one.measure not in named, one.slice != ALL))
    found += [*map(_beside, others[:_MOST_LEAKS]), *_more(others[_MOST_LEAKS:], "leakage")]
    paired = [_change(one) for one in changes if one.measure in _PAIRED and _is_told(one)]
    lost = [one for one in besides if one.axis in ("utility", "fairness") and one.way == "worse"]
    found += [*paired, *map(_beside, lost[:_MOST_OTHERS])]
    found += _more(lost[_MOST_OTHERS:], "utility or differences between groups")
    return found or [_nothing()]


def _is_told(one: Change) -> bool:
    return one.slice == ALL or one.measure == "mean-exposure"


def _more(rest: Sequence[Beside], about: str) -> list[Message]:
    if not rest:
        return []
    n_worse = sum(one.way == "worse" for one in rest)
    text = "{n} more measures of {about} changed beyond chance, {n_worse} of them for the worse."
    return [Message.of("mitigation.more", text, n=len(rest), about=about, n_worse=n_worse)]


def _beside(one: Beside) -> Message:
    word = "Won" if one.way == "better" else "Lost"
    return Message.of(
        f"mitigation.{word.lower()}",
        "{word}: {title} ({measure}{where}) went from {before} to {after}.",
        word=word,
        title=one.title,
        measure=one.measure,
        where="".join(_where(one)),
        before=_words(one.before),
        after=_words(one.after),
    )


_OPEN = {
    "same": ("unchanged", "Unchanged: {title} ({measure}{where}), {after}."),
    "not known": (
        "unknown-change",
        "Not known: {title} ({measure}{where}) was {before} before and is {after}.",
    ),
    "not decided": (
        "undecided",
        "Not decided: {title} ({measure}{where}) went from {before} to {after}; that can be chance.",
    ),
}


def _open(one: Beside) -> Message:
    id, text = _OPEN[one.way]
    return Message.of(
        f"mitigation.{id}",
        text,
        title=one.title,
        measure=one.measure,
        where="".join(_where(one)),
        before=_words(one.before),
        after=_words(one.after),
    )


def _change(one: Change) -> Message:
    title, is_higher_better = _PAIRED[one.measure]
    low, high = one.estimate.low, one.estimate.high
    before, after = one.before, one.after
    if low is None or high is None or before is None or after is None:
        text = "Not known: the {title} on {where}."
        return Message.of("mitigation.unknown", text, title=title, where=_rows_of(one))
    word = "Unchanged as far as can be told"
    if low > 0 or high < 0:
        word = "Won" if (low > 0) is is_higher_better else "Lost"
    return Message.of(
        "mitigation.in-pairs",
        "{word}: {title} on {where} went from {before:.3f} to {after:.3f} (in pairs; 90 % interval of the "
        "change {low:+.3f} to {high:+.3f}).",
        word=word,
        title=title,
        where=_rows_of(one),
        before=before,
        after=after,
        low=low,
        high=high,
    )


def _rows_of(one: Change) -> str:
    return one.dataset if one.slice == ALL else f"{one.dataset}, {slice_words(one.slice, 'all')}"


def _where(one: Beside) -> Iterator[str]:
    if one.slice != ALL:
        yield f", {slice_words(one.slice, 'all')}"
    yield f", {one.dataset}"


def _words(estimate: Estimate | None) -> str:
    return "not measured" if estimate is None else of_estimate(estimate).text


def _nothing() -> Message:
    text = "No measure changed by more than chance."
    return Message.of("mitigation.nothing-changed", text)
