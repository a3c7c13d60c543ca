"""Membership: how well signals tell training rows from others, and the epsilon that guesses show."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.parts import plots
from dashboards.parts.charts import chart
from dashboards.parts.text import md
from dashboards.sections import common
from dashboards.source import Opened
from dashboards.wording import t
from harness.records import ALL
from harness.wording.text import NAME_LIMIT, one_line

_BLIND, _SIGNAL = "membership.blind-auc", "membership.auc-"


def show(opened: Opened) -> None:
    """Show what is stored of membership, and of the empirical epsilon."""
    if common.has_any(opened, ("membership",)):
        common.head(t("privacy.membership"))
        _areas(opened)
        _curves(opened)
    if common.has_any(opened, ("empirical-epsilon",)):
        common.head(t("privacy.epsilon"))
        keys = (
            "empirical-epsilon.shown",
            "empirical-epsilon.beyond-claim",
            "empirical-epsilon.right-guesses",
        )
        common.headline(opened, keys)


def _areas(opened: Opened) -> None:
    """Show the area under the curve of every signal beside the attack that never sees the model."""
    found = [
        m
        for m in common.measured(opened, ("membership",))
        if m.slice == ALL
        and m.estimate.value is not None
        and (m.measure.startswith(_SIGNAL) or m.measure == _BLIND)
        and m.estimate.unit == "probability"
    ]
    if not found:
        return
    found.sort(key=lambda m: (m.measure == _BLIND, -(m.estimate.value or 0.0)))
    labels = [
        t("privacy.blind") if m.measure == _BLIND else m.measure.removeprefix(_SIGNAL)
        for m in found
    ]
    common.compared(
        opened, found, key="membership-areas", title=t("privacy.areas"), labels=labels,
        controls=(_BLIND,),
    )  # fmt: skip
    st.markdown(t("privacy.areas-note"))


def _curves(opened: Opened) -> None:
    """Show the curves: true positives at each share of false alarms, both axes logarithmic."""
    stored = common.document(opened, "audits/membership/signals.json")
    if not isinstance(stored, dict):
        return
    for number, (dataset, signals) in enumerate(stored.items()):
        rows: list[dict[str, Any]] = [
            {"x": float(x), "y": float(y), "series": signal}
            for signal, one in signals.items()
            for x, y in one.get("curve", [])
            if x > 0 and y > 0
        ]
        if not rows:
            continue
        series = list(dict.fromkeys(row["series"] for row in rows))
        title = t("privacy.curve", data=one_line(dataset, NAME_LIMIT))
        st.markdown(f"**{md(title)}**")
        drawing = plots.curves(
            rows, x=t("privacy.false-alarms"), y=t("privacy.recognised"), series=series, log=True,
            diagonal=True, per_cent=(True, True), height=360,
        )  # fmt: skip
        numbers = [
            {
                t("privacy.signal"): row["series"],
                t("privacy.false-alarms"): f"{100 * row['x']:.1f} %",
                t("privacy.recognised"): f"{100 * row['y']:.1f} %",
            }
            for row in rows
        ]
        least = min(row["x"] for row in rows)
        at = max((row for row in rows if row["x"] == least), key=lambda row: row["y"])
        alt = t(
            "privacy.curve-alt", title=title, n=len(series), x=f"{100 * least:.1f} %",
            y=f"{100 * at['y']:.0f} %", signal=one_line(at["series"], NAME_LIMIT),
        )  # fmt: skip
        chart(drawing, numbers, name="membership", key=f"membership-{number}", alt=alt)
        st.markdown(t("privacy.curve-note"))
