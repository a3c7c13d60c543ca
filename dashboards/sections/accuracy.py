"""Accuracy and calibration: how often the model is right, and what its scores are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import rows
from dashboards.parts import marks, plots
from dashboards.parts.charts import BLUE, RULE, chart
from dashboards.parts.marks import Spec
from dashboards.parts.text import md
from dashboards.sections import common
from dashboards.source import Opened
from dashboards.wording import said, t
from harness.records import ALL, slice_columns
from harness.wording.language import phrase
from harness.wording.quantities import count, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

AUDITS = (
    "accuracy", "calibration", "perplexity", "generation-quality", "choice-scoring",
    "continuations", "refusal", "foreign-metrics",
)  # fmt: skip

HEADLINE = (
    "accuracy.balanced-accuracy", "accuracy.accuracy", "accuracy.macro-f1", "accuracy.auroc",
    "accuracy.gain-over-majority", "calibration.ece", "calibration.brier",
    "calibration.mean-overconfidence", "perplexity.bits-per-byte", "perplexity.perplexity",
)  # fmt: skip

_BASELINES = ("accuracy.majority-baseline", "accuracy.random-baseline")
_COMPARED = ("accuracy.accuracy", "accuracy.balanced-accuracy", *_BASELINES)
_BY_CLASS = ("accuracy.class-recall", "accuracy.class-precision", "accuracy.class-f1")
_MOST_CLASSES = 30
_PREDICTIONS = "predictions.parquet"


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return common.has_any(opened, AUDITS)


def show(opened: Opened) -> None:
    """Show the section."""
    common.headline(opened, HEADLINE)
    _beside_baselines(opened)
    _by_class(opened)
    _confusion(opened)
    _reliability(opened)
    common.all_values(opened, AUDITS, key="accuracy")


def _beside_baselines(opened: Opened) -> None:
    found = [m for m in opened.measurements.measurements if m.slice == ALL]
    found = [m for key in _COMPARED for m in found if m.measure == key]
    if not any(m.measure in _BASELINES for m in found):
        return
    labels = [common.title_of(opened, m.measure) for m in found]
    common.head(t("accuracy.baselines"))
    common.compared(
        opened, found, key="accuracy-baselines", title=t("accuracy.baselines-title"),
        labels=labels, controls=_BASELINES, is_titled=False,
    )  # fmt: skip
    for words in dict.fromkeys(said(note) for m in found for note in m.notes):
        st.markdown(md(words, 600))  # which class is meant, and whether another one does better


def _by_class(opened: Opened) -> None:
    found = [m for m in opened.measurements.measurements if m.measure in _BY_CLASS]
    keys = list(dict.fromkeys(m.measure for m in found))
    if not keys:
        return
    common.head(t("accuracy.by-class"))
    for column, key in zip(st.columns(len(keys)), keys, strict=True):
        names = {m.slice: slice_columns(m.slice).get("label", m.slice) for m in found}
        with column:
            common.by_slice(opened, key, key=f"accuracy-{key.partition('.')[2]}", names=names)


def _confusion(opened: Opened) -> None:
    """Show how often each class was decided where another was right: rows of the sealed predictions."""
    classes = opened.run.task.classes
    if not common.has_any(opened, ("accuracy",)) or not 2 <= len(classes) <= _MOST_CLASSES:
        return
    if _PREDICTIONS not in opened.bundle.manifest.files:
        return
    counts = rows.confusion(str(opened.bundle.path), opened.bundle.digest, len(classes))
    for dataset, table in counts.items():
        common.head(t("accuracy.confusion"))
        names = plots.unique(classes)
        drawn = list(_cells(table, names))
        worst = max((row for row in drawn if row["is_error"]), key=lambda row: row["n"])
        alt = t(
            "accuracy.confusion-alt", data=one_line(dataset, NAME_LIMIT),
            n=count(sum(map(sum, table))), label=worst["down"], decision=worst["across"],
            n_worst=count(worst["n"]),
        )  # fmt: skip
        drawing = plots.cells(drawn, (names, names), (t("accuracy.label"), t("accuracy.decision")))
        numbers = [
            {
                t("accuracy.label"): row["down"],
                t("accuracy.decision"): row["across"],
                t("figure.n"): row["n"],
                t("accuracy.of-label"): row["text"].partition("(")[2].rstrip(")"),
            }
            for row in drawn
        ]
        chart(drawing, numbers, name="confusion", key=f"confusion-{dataset}", alt=alt)
        st.markdown(t("accuracy.confusion-note"))


def _cells(table: Sequence[Sequence[int]], names: Sequence[str]) -> Any:
    for i, label in enumerate(names):
        n = sum(table[i])
        for j, decision in enumerate(names):
            share = table[i][j] / n if n else 0.0
            words = quantity_of(share, "share") if n else "–"
            yield {
                "down": label,
                "across": decision,
                "n": table[i][j],
                "weight": share,
                "text": f"{count(table[i][j])} ({words})",
                "mark": "",
                "is_error": i != j,
            }


def _reliability(opened: Opened) -> None:
    found = common.document(opened, "audits/calibration/reliability.json")
    listed = found.get("curves", []) if isinstance(found, dict) else []
    if not listed:
        return
    common.head(t("accuracy.reliability"))
    for start in range(0, len(listed), 2):
        pair = listed[start : start + 2]
        for number, (column, one) in enumerate(zip(st.columns(2), pair, strict=False), start):
            with column:
                reliability(one, key=f"reliability-{number}")


def reliability(one: Mapping[str, Any], *, key: str, name: str = "") -> None:
    """Show one reliability diagram: what share was right among rows with about the same score.

    Args:
        one: A curve of ``reliability.json``.
        key: Unique on the page.
        name: What the curve is about; empty for the whole data set.
    """
    bins = one["bins"]
    if not bins:
        return
    about = t("accuracy.reliability-of", score=one_line(phrase(one["score_of"]), NAME_LIMIT),
              data=one_line(name or one["dataset"], NAME_LIMIT))  # fmt: skip
    st.markdown(f"**{md(about)}**")
    unit = {"scale": {"domain": [0, 1]}, "axis": {"tickCount": 5}}
    x = marks.number("x", title=t("accuracy.mean-score"), **unit)

    def y(field: str) -> Spec:
        return marks.number(field, title=t("accuracy.share"), **unit)

    data = [{"x": row["mean_score"], **row} for row in bins]
    perfect = [{"x": 0, "share": 0}, {"x": 1, "share": 1}]
    spans = {"x": x, "y": y("share_low"), "y2": marks.end("share_high")}
    dots = {
        "x": x,
        "y": y("share"),
        "tooltip": [
            marks.number("mean_score", title=t("accuracy.mean-score"), format=".3f"),
            marks.number("share", title=t("accuracy.share"), format=".3f"),
            marks.number("n", title=t("figure.n")),
        ],
    }
    numbers = [
        {
            t("accuracy.mean-score"): f"{row['mean_score']:.3f}",
            t("accuracy.share"): quantity_of(row["share"], "share"),
            t("figure.interval"): f"[{100 * row['share_low']:.1f}, {100 * row['share_high']:.1f}]",
            t("figure.n"): row["n"],
        }
        for row in bins
    ]
    far = max(bins, key=lambda row: abs(row["share"] - row["mean_score"]))
    alt = t("accuracy.reliability-alt", about=about, n=len(bins), score=f"{far['mean_score']:.2f}",
             share=quantity_of(far["share"], "share"))  # fmt: skip
    layers = [
        marks.layer(perfect, "line", {"x": x, "y": y("share")}, color=RULE, strokeDash=[4, 4]),
        marks.layer(data, "rule", spans, color=RULE, strokeWidth=2),
        marks.layer(data, "point", dots, filled=True, size=80, opacity=1, color=BLUE),
    ]
    drawing = marks.drawing(layers, height=340)
    chart(drawing, numbers, name="reliability", key=key, alt=alt)
    level = f"{100 * (1 - float(one.get('alpha', 0.05))):.4g} %"
    st.markdown(md(t("accuracy.reliability-note", level=level), 600))
