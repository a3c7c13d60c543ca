"""A finding as a bar: its interval on an axis that holds zero, and the limit that it was held against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboards.parts import marks
from dashboards.parts.charts import AMBER, BLUE, GREY, RULE, VERMILION
from dashboards.parts.marks import Spec
from dashboards.wording import t
from harness.exports.view import is_of_change, mark_of
from harness.figures.axis import Axis, axis_for, is_drawn
from harness.records import Estimate, Finding, Measure
from harness.wording.quantities import limit_words, of_finding, plain

_COLOURS = {"blue": BLUE, "vermilion": VERMILION, "amber": AMBER, "grey": GREY, "none": GREY}

_TOP, _HEIGHT = 14, 50
"""Pixels: room for the words of the limit above the bar, and all of it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The limit of a finding on the axis of its value.

    Attributes:
        value: The limit, in the unit of the finding.
        is_floor: Whether values at or above it pass; else those at or below.
    """

    value: float
    is_floor: bool


def bound_of(finding: Finding, measures: Sequence[Measure]) -> Bound | None:
    """Return the limit as a bound on the value; None without one.

    A limit "drop at most 0.02" is judged on the difference to the last release: where higher is better
    it is a floor at -0.02.

    Args:
        finding: A finding.
        measures: Of the run; they say which direction is better.
    """
    limit = finding.limit_value
    if limit is None or not math.isfinite(limit):
        return None
    if finding.limit.startswith("at least"):
        return Bound(limit, is_floor=True)
    if finding.limit.startswith("at most"):
        return Bound(limit, is_floor=False)
    better = next((one.better for one in measures if one.key == finding.measure), None)
    # without a comparison the value is that of this run, and no difference
    if not is_of_change(finding) or better is None or finding.unit != "difference":
        return None
    return Bound(-limit, is_floor=True) if better == "higher" else Bound(limit, is_floor=False)


def bullet(finding: Finding, bound: Bound | None, *, key: str) -> None:
    """Show the bar of a finding; nothing where it has no whole interval or no limit."""
    estimate = _estimate(finding)
    if bound is None or not is_drawn(estimate) or estimate.value is None:
        return
    axis = axis_for([estimate], [bound.value], finding.unit)
    if axis is not None:
        drawing = _drawing(finding, bound, axis)
        st.vega_lite_chart(spec=drawing, key=key, alt=_alt(finding, bound))


def _alt(finding: Finding, bound: Bound) -> str:
    """Return the bar as a sentence."""
    low, high, limit = finding.low or 0.0, finding.high or 0.0, bound.value
    id = "plot.below" if high < limit else "plot.above" if low > limit else "plot.across"
    value = of_finding(finding).text
    return t("verdict.bullet-alt", where=t(id), value=value, limit=limit_words(finding))


def _drawing(finding: Finding, bound: Bound, axis: Axis) -> Spec:
    labels = {x: plain(x, axis.unit) for x in axis.ticks}
    words = " : ".join(
        f"abs(datum.value - {x}) < {_near(axis)} ? {_quoted(labels[x])}" for x in labels
    )
    x = marks.number(
        "from", title=None, scale={"domain": [axis.low, axis.high], "nice": False, "zero": False},
        axis={"values": list(axis.ticks), "labelExpr": f"{words} : ''", "grid": False, "domain": False,
              "ticks": False},
    )  # fmt: skip
    y = marks.name("row", axis=None, scale={"range": [_TOP, _HEIGHT]})
    across = {"x": x, "x2": marks.end("to"), "y": y}
    down = {"x": x, "y": marks.at(_TOP), "y2": marks.at(_HEIGHT)}
    limit = bound.value
    good = (limit, axis.high) if bound.is_floor else (axis.low, limit)
    layers = [
        marks.layer(_rows(*good), "bar", across, color=BLUE, opacity=0.16, height=22),
        marks.layer(_rows(0.0, 0.0), "rule", down, color=RULE, opacity=0.7),
        marks.layer(
            _rows(finding.low, finding.high), "bar", across,
            color=_COLOURS[mark_of(finding).tone], height=12, cornerRadius=2,
        ),
        marks.layer(
            _rows(limit, limit), "rule", down, color=RULE, strokeWidth=3, strokeDash=[5, 3]
        ),
        marks.layer(
            _rows(finding.value, finding.value), "point", {"x": x, "y": y}, shape="diamond", size=130,
            filled=True, fill="white", stroke="#333333", strokeWidth=1.6, opacity=1,
        ),
        _limit_text(limit, axis, x),
    ]  # fmt: skip
    return marks.drawing(
        layers, height=_HEIGHT, width="container", autosize={"type": "fit-x"},
        config={"view": {"stroke": None}},
    )  # fmt: skip


def _limit_text(limit: float, axis: Axis, x: Spec) -> Spec:
    shift = {"start": 5, "middle": 5, "end": -5}[axis.anchor(limit)]
    rows = [{"from": limit, "label": t("plot.limit", limit=plain(limit, axis.unit))}]
    return marks.layer(
        rows, "text", {"x": x, "y": marks.at(0), "text": marks.name("label")},
        align="right" if shift < 0 else "left", dx=shift, baseline="top", color=RULE, fontWeight=600,
    )  # fmt: skip


def _rows(low: float | None, high: float | None) -> list[Spec]:
    return [{"row": "", "from": low, "to": high}]


def _near(axis: Axis) -> float:
    return (axis.high - axis.low) / 1000


def _quoted(words: str) -> str:
    return "'" + words.replace("\\", "").replace("'", "") + "'"


def _estimate(finding: Finding) -> Estimate:
    return Estimate(
        value=finding.value, low=finding.low, high=finding.high, alpha_low=finding.alpha_low or 0.05,
        alpha_high=finding.alpha_high or 0.05, n=finding.n or 0, unit=finding.unit, method="", evidence=None,
    )  # fmt: skip
