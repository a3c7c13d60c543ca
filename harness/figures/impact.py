"""The impact-ratio table in the layout of New York City Local Law 144, from two measures of groups.

Category, number of examples, selection rate, impact ratio; categories that are left out with the reason,
and how many examples are in an unknown category. The law sets no limit, and neither does the table.

Source: 6 RCNY 5-301
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.figures.families import Family, Member
from harness.figures.figure import Figure, Value
from harness.figures.worst import read_worst
from harness.records import Estimate, Evidence, Message
from harness.wording.language import phrase, said
from harness.wording.messages import plural, t
from harness.wording.quantities import count, is_withheld, n_of, of_estimate, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

RATE, RATIO = "group-metrics.selection-rate", "group-metrics.impact-ratio"
_EXCLUDED = "groups.excluded"
_UNKNOWN = ("(missing)", "(unknown)")
_SMALL = 0.02

HEAD = (
    "category", "n", "share", "selected", "selection_rate", "rate_low", "rate_high", "impact_ratio",
    "ratio_low", "ratio_high", "note",
)  # fmt: skip
"""Columns of the numbers of an impact-ratio table."""


def impact_table(
    ratios: Family, families: Sequence[Family], *, title: str, key: str
) -> Figure | None:
    """Return the table of one column, or of the cells of several; None without selection rates.

    Args:
        ratios: Impact ratios by group.
        families: All by-group measures, the selection rates among them.
        title: Of the figure.
        key: Of the figure.
    """
    rates, is_measured = _rates(ratios, families)
    if rates is None:
        return None
    own = {member.name: member for member in ratios.members}
    lines = [(one, own[one.name]) for one in rates.members if one.is_group and one.name in own]
    lines.sort(key=lambda line: (-(line[0].estimate.value or 0.0), line[0].name))
    unknown = [one.estimate for one in rates.members if one.name in _UNKNOWN]
    is_hidden = any(map(is_withheld, unknown))
    n_unknown = 0 if is_hidden else sum(one.n for one in unknown)
    notes = [_note(rate, ratio) for rate, ratio in lines]
    rows = [_row(*line, note) for line, note in zip(lines, notes, strict=True)]
    shown = [_shown(*line, note) for line, note in zip(lines, notes, strict=True)]
    if n_unknown:
        rows.append((t("impact.unknown"), n_unknown, *[None] * (len(HEAD) - 2)))
        shown.append((t("impact.unknown"), count(n_unknown), "", "", "", ""))
    names = ("category", "count", "share", "rate", "ratio", "note")
    return Figure(
        kind="impact-ratio",
        key=key,
        title=title,
        captions=tuple(_captions(None if is_hidden else n_unknown, is_measured=is_measured)),
        head=HEAD,
        rows=tuple(rows),
        shown_head=tuple(t(f"impact.{name}") for name in names),
        shown=tuple(shown),
    )


def _rates(ratios: Family, families: Sequence[Family]) -> tuple[Family | None, bool]:
    """Return the selection rates that the ratios were formed from, and whether they were measured so.

    The ratios are about the favourable class, which need not be the one of interest whose selection rate
    was measured. Their evidence holds the counts; of two classes the rate of one tells that of the other.
    """
    same = [
        one
        for one in families
        if (one.key, one.dataset, one.columns) == (RATE, ratios.dataset, ratios.columns)
    ]
    counts = _counts(ratios)
    if not counts:
        return None, False
    for one in same:
        if _is_about(one, counts):
            return one, True
    turned = (replace(one, members=tuple(map(_turned, one.members)), overall=None) for one in same)
    return next((one for one in turned if _is_about(one, counts)), None), False


def _counts(ratios: Family) -> dict[str, tuple[int, int]]:
    """Return selected examples and examples of each group, from the evidence of the ratios."""
    found: dict[str, tuple[int, int]] = {}
    for member in ratios.members:
        worst = read_worst(member.estimate)
        for side in worst.table.sides if worst else ():
            if side.counts:
                found[side.name] = side.counts
    return found


def _is_about(rates: Family, counts: dict[str, tuple[int, int]]) -> bool:
    return all(one.name not in counts or one.counts == counts[one.name] for one in rates.members)


def _turned(member: Member) -> Member:
    """Return the rate of the other of two classes: the same interval, seen from the other side."""
    e, counts = member.estimate, member.counts
    if counts is None or e.value is None or e.low is None or e.high is None:
        return member
    other = replace(
        e,
        value=1 - e.value,
        low=1 - e.high,
        high=1 - e.low,
        alpha_low=e.alpha_high,
        alpha_high=e.alpha_low,
        evidence=Evidence(values={"successes": counts[1] - counts[0], "trials": counts[1]}),
    )
    return replace(member, measurement=replace(member.measurement, estimate=other))


def _note(rate: Member, ratio: Member) -> str:
    for message in (*rate.measurement.caveats, *ratio.measurement.caveats):
        if message.id == _EXCLUDED:
            return t(
                "impact.excluded", reason=one_line(phrase(str(message.params.get("reason", ""))))
            )
    why = ratio.estimate.why_undefined
    if why is not None:
        return one_line(said(why))
    share = ratio.measurement.share
    if share is not None and share < _SMALL:
        return t("impact.small")
    return t("impact.highest") if ratio.estimate.method == "exact" else ""


def _row(rate: Member, ratio: Member, note: str) -> tuple[Value, ...]:
    counts = rate.counts
    return (
        rate.name,
        None if is_withheld(rate.estimate) else rate.estimate.n,
        ratio.measurement.share,
        counts[0] if counts else None,
        *_numbers(rate.estimate),
        *_numbers(ratio.estimate),
        note or None,
    )


def _numbers(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high


def _shown(rate: Member, ratio: Member, note: str) -> tuple[str, ...]:
    share = ratio.measurement.share
    quotient = of_estimate(ratio.estimate)
    is_best = ratio.estimate.method == "exact"
    return (
        one_line(rate.name, NAME_LIMIT),
        n_of(rate.estimate),
        "" if share is None else quantity_of(share, "share"),
        of_estimate(rate.estimate).text,
        quotient.value if is_best else quotient.text,
        note,
    )


def _captions(n_unknown: int | None, *, is_measured: bool) -> Iterator[Message]:
    """Yield what stands below the table; nothing of the unknown ones where they are not shown."""
    yield Message("impact.caption", t("impact.caption"), {})
    if not is_measured:
        yield Message("impact.favourable", t("impact.favourable"), {})
    if n_unknown is None:
        return
    if n_unknown:
        yield Message("impact.n-unknown", plural("impact.n-unknown", n_unknown), {"n": n_unknown})
    else:
        yield Message("impact.none-unknown", t("impact.none-unknown"), {})
