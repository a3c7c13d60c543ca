"""A finding as a bar: its interval on an axis that holds zero, and the limit that it was held against."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from dashboards.parts.charts import AMBER, BLUE, GREY, RULE, VERMILION
from dashboards.wording import t
from harness.exports.view import mark_of
from harness.figures.axis import Axis, axis_for, is_drawn
from harness.records import Estimate, Finding
from harness.wording.quantities import limit_words, of_finding, plain

_COLOURS = {"blue": BLUE, "vermilion": VERMILION, "amber": AMBER, "grey": GREY, "none": GREY}

_TOP, _HEIGHT = 14, 50
"""Pixels: room for the words of the limit above the bar, and all of it."""


def side(finding: Finding) -> str:
    """Return ``at-least`` or ``at-most``: on which side of its limit a finding passes; else nothing."""
    if finding.limit_value is None or not math.isfinite(finding.limit_value):
        return ""
    if finding.limit.startswith("at least"):
        return "at-least"
    if finding.limit.startswith("at most"):
        return "at-most"
    # "drop at most": the bound is below zero where higher is better
    return "at-least" if math.copysign(1, finding.limit_value) < 0 else "at-most"


def bullet(finding: Finding, *, key: str) -> None:
    """Show the bar of a finding; nothing where it has no whole interval or no limit."""
    estimate = _estimate(finding)
    if not side(finding) or not is_drawn(estimate) or estimate.value is None:
        return
    axis = axis_for([estimate], [finding.limit_value or 0.0], finding.unit)
    if axis is not None:
        st.altair_chart(_drawing(finding, axis), key=key, alt=_alt(finding))


def _alt(finding: Finding) -> str:
    """Return the bar as a sentence."""
    low, high, limit = finding.low or 0.0, finding.high or 0.0, finding.limit_value or 0.0
    id = "plot.below" if high < limit else "plot.above" if low > limit else "plot.across"
    value = of_finding(finding).text
    return t("verdict.bullet-alt", where=t(id), value=value, limit=limit_words(finding))


def _drawing(finding: Finding, axis: Axis) -> Any:
    import altair as alt

    scale = alt.Scale(domain=[axis.low, axis.high], nice=False, zero=False)
    colour = _COLOURS[mark_of(finding).tone]
    labels = {x: plain(x, axis.unit) for x in axis.ticks}
    words = " : ".join(
        f"abs(datum.value - {x}) < {_near(axis)} ? {_quoted(labels[x])}" for x in labels
    )
    x = alt.X(
        "from:Q", scale=scale, title=None,
        axis=alt.Axis(values=list(axis.ticks), labelExpr=f"{words} : ''", grid=False, domain=False, ticks=False),
    )  # fmt: skip
    limit = finding.limit_value or 0.0
    good = [limit, axis.high] if side(finding) == "at-least" else [axis.low, limit]
    y = alt.Y("row:N", axis=None, scale=alt.Scale(range=[_TOP, _HEIGHT]))
    band = alt.Chart(_rows(good[0], good[1])).mark_bar(color=BLUE, opacity=0.16, height=22)
    ends = alt.Chart(_rows(finding.low, finding.high)).mark_bar(
        color=colour, height=12, cornerRadius=2
    )
    zero = alt.Chart(_rows(0.0, 0.0)).mark_rule(color=RULE, opacity=0.7)
    bound = alt.Chart(_rows(limit, limit)).mark_rule(color=RULE, strokeWidth=3, strokeDash=[5, 3])
    point = alt.Chart(_rows(finding.value, finding.value)).mark_point(
        shape="diamond", size=130, filled=True, fill="white", stroke="#333333", strokeWidth=1.6, opacity=1
    )  # fmt: skip
    layers = [
        band.encode(x=x, x2="to:Q", y=y),
        zero.encode(x=x, y=alt.value(_TOP), y2=alt.value(_HEIGHT)),
        ends.encode(x=x, x2="to:Q", y=y),
        bound.encode(x=x, y=alt.value(_TOP), y2=alt.value(_HEIGHT)),
        point.encode(x=x, y=y),
        _limit_text(limit, axis).encode(x=x),
    ]
    return (
        alt.layer(*layers)
        .properties(height=_HEIGHT, width="container", autosize=alt.AutoSizeParams(type="fit-x"))
        .configure_view(stroke=None)
    )


def _limit_text(limit: float, axis: Axis) -> Any:
    import altair as alt

    shift = {"start": 5, "middle": 5, "end": -5}[axis.anchor(limit)]
    align = "right" if shift < 0 else "left"
    rows = alt.InlineData(
        values=[{"from": limit, "label": t("plot.limit", limit=plain(limit, axis.unit))}]
    )
    return alt.Chart(rows).mark_text(align=align, dx=shift, baseline="top", color=RULE, fontWeight=600).encode(
        text="label:N", y=alt.value(0)
    )  # fmt: skip


def _rows(low: float | None, high: float | None) -> Any:
    import altair as alt

    return alt.InlineData(values=[{"row": "", "from": low, "to": high}])


def _near(axis: Axis) -> float:
    return (axis.high - axis.low) / 1000


def _quoted(words: str) -> str:
    return "'" + words.replace("\\", "").replace("'", "") + "'"


def _estimate(finding: Finding) -> Estimate:
    return Estimate(
        value=finding.value, low=finding.low, high=finding.high, alpha_low=finding.alpha_low or 0.05,
        alpha_high=finding.alpha_high or 0.05, n=finding.n or 0, unit=finding.unit, method="", evidence=None,
    )  # fmt: skip
