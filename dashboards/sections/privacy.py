"""Privacy: what training rows hold, what the model remembers of them, and what gives a row away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards.parts import marks, plots
from dashboards.parts.charts import GREY, RULE, VERMILION, chart
from dashboards.parts.marks import Spec
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.sections import common, membership
from dashboards.source import Opened
from dashboards.wording import t
from harness.records import ALL, slice_columns
from harness.wording.text import NAME_LIMIT, one_line

AUDITS = (
    "training-data-privacy", "memorisation", "extraction", "membership", "empirical-epsilon",
    "attribute-inference", "pii-sensitivity",
)  # fmt: skip

HEADLINE = (
    "extraction.extractable-beyond-base", "memorisation.beyond-chance", "membership.auc-minus-blind",
    "membership.tpr-at-one-in-100", "empirical-epsilon.shown", "empirical-epsilon.beyond-claim",
    "attribute-inference.beyond-imputation", "pii-sensitivity.beyond-control",
    "training-data-privacy.personal-share", "training-data-privacy.secret-share",
    "training-data-privacy.repeated-share",
)  # fmt: skip

_EXTRACTED = (
    "extraction.extractable-share", "extraction.greedy-share", "extraction.untargeted-recall",
    "extraction.discoverable-share", "extraction.near-verbatim-share",
)  # fmt: skip
_MASKS = 200


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return common.has_any(opened, AUDITS)


def show(opened: Opened) -> None:
    """Show the section."""
    common.headline(opened, HEADLINE)
    _data(opened)
    _exposure(opened)
    _extraction(opened)
    membership.show(opened)
    _sensitivity(opened)
    common.all_values(opened, AUDITS, key="privacy")


def _data(opened: Opened) -> None:
    """Show how many personal values of each kind the training rows hold."""
    key = "training-data-privacy.density"
    found = [m for m in opened.measurements.measurements if m.measure == key and m.slice != ALL]
    if found:
        common.head(t("privacy.data"))
        names = {m.slice: slice_columns(m.slice).get("kind", m.slice) for m in found}
        title = common.title_of(opened, key)
        common.compared(
            opened, found, key="privacy-density", title=title, names=names, is_titled=False
        )


def _exposure(opened: Opened) -> None:
    """Show the exposure of every planted secret over how often it was planted."""
    rows = common.rows_of(opened, "audits/memorisation/exposures.parquet")
    if not rows:
        return
    common.head(t("privacy.exposure"))
    order = [str(n) for n in sorted({row["planted"] for row in rows})]
    numbers = [
        {
            t("privacy.times"): row["planted"],
            t("privacy.family"): row["family"],
            t("privacy.bits"): round(row["bits"], 2),
            t("figure.interval"): f"[{row['low']:.2f}, {row['high']:.2f}]",
            t("privacy.method"): row["method"],
        }
        for row in rows
    ]
    tops = [max(r["bits"] for r in rows if str(r["planted"]) == one) for one in order]
    main = "; ".join(f"{n}: {top:.1f}" for n, top in zip(order, tops, strict=True))
    drawing = _exposure_drawing(rows, order)
    chart(
        drawing, numbers, name="exposure", key="exposure", alt=t("privacy.exposure-alt", main=main)
    )
    st.markdown(t("privacy.exposure-note"))
    for key in ("memorisation.median-exposure", "memorisation.highest-exposure"):
        found = [m for m in opened.measurements.measurements if m.measure == key]
        slices = [m.slice for m in found if m.slice.startswith("planted=")]
        names = {s: t("privacy.planted-times", n=s.partition("=")[2]) for s in slices}
        names |= {"planted=0": t("privacy.control")}
        common.by_slice(opened, key, key=key.replace(".", "-"), names=names, only=slices)


def _exposure_drawing(rows: Sequence[dict[str, Any]], order: Sequence[str]) -> Spec:
    data = [
        {
            "x": str(row["planted"]),
            "bits": row["bits"],
            "low": row["low"],
            "high": row["high"],
            "kind": t("privacy.control") if row["planted"] == 0 else t("privacy.planted"),
        }
        for row in rows
    ]
    words = [t("privacy.control"), t("privacy.planted")]
    x = marks.name("x", sort=order, title=t("privacy.times"), axis={"labelAngle": 0})
    top = 1.06 * max(max(row["bits"], row["high"]) for row in data)
    # dots of one level lie beside each other: the place within a level says nothing
    offset = marks.name("place", sort=None)
    levels: Counter[str] = Counter()
    for row in data:
        levels[row["x"]] += 1
        row["place"] = levels[row["x"]]

    def y(field: str) -> Spec:
        return marks.number(field, title=t("privacy.bits"), scale={"domain": [0, top]})

    legend = {"orient": "bottom", "title": None}
    spans = {"x": x, "xOffset": offset, "y": y("low"), "y2": marks.end("high")}
    dots = {
        "x": x,
        "xOffset": offset,
        "y": y("bits"),
        "color": marks.name(
            "kind", scale={"domain": words, "range": [GREY, VERMILION]}, legend=legend
        ),
        "shape": marks.name(
            "kind", scale={"domain": words, "range": ["square", "circle"]}, legend=legend
        ),
    }
    layers = [
        marks.layer(data, "rule", spans, color=RULE),
        marks.layer(data, "point", dots, filled=True, size=45, opacity=1),
    ]
    return marks.drawing(layers, height=320)


def _extraction(opened: Opened) -> None:
    if not common.has_any(opened, ("extraction",)):
        return
    common.head(t("privacy.extraction"))
    for number, key in enumerate(_EXTRACTED):
        found = [m for m in opened.measurements.measurements if m.measure == key]
        if any(m.estimate.value is not None for m in found):
            common.by_slice(opened, key, key=f"extraction-{number}")
    _probabilities(opened)
    _leaked(opened)


def _probabilities(opened: Opened) -> None:
    """Show how likely the model finds personal values, beside the model before fine-tuning."""
    rows = common.rows_of(opened, "audits/extraction/probabilities.parquet")
    if not rows:
        return
    powers: Counter[tuple[str, int]] = Counter()
    for row in rows:
        powers[str(row["model"]), int(row["power_of_ten"])] += int(row["n_values"])
    models = list(dict.fromkeys(model for model, _ in powers))
    names = {
        model: t(f"privacy.model-{model}") if model in ("own", "base") else model
        for model in models
    }
    data = [
        {"x": f"1e{power}", "n": n, "series": names[model]}
        for (model, power), n in sorted(powers.items(), key=lambda item: item[0][1])
    ]
    drawing = plots.bars(
        data, x=t("privacy.probability"), y=t("privacy.values"), series=list(names.values())
    )
    numbers = [
        {
            t("privacy.model"): row["series"],
            t("privacy.probability"): row["x"],
            t("privacy.values"): row["n"],
        }
        for row in data
    ]
    top = max((power for model, power in powers if model == models[0]), default=0)
    alt = t("privacy.probability-alt", model=names[models[0]], top=f"1e{top}")
    st.markdown(f"**{t('privacy.probabilities')}**")
    chart(drawing, numbers, name="probabilities", key="probabilities", alt=alt)


def _leaked(opened: Opened) -> None:
    """Show values that were drawn out: masked, counted by kind; one by one for those who may see data."""
    rows = common.rows_of(opened, "audits/extraction/leaked.parquet")
    if not rows:
        return
    st.markdown(f"**{t('privacy.leaked')}**")
    kinds: Counter[tuple[str, bool]] = Counter(
        (row["kind"], row["is_known_to_base"]) for row in rows
    )
    counted = [
        {
            t("privacy.kind"): one_line(kind, NAME_LIMIT),
            t("privacy.known"): t("explanations.yes") if known else t("privacy.no"),
            t("privacy.values"): n,
        }
        for (kind, known), n in kinds.most_common()
        if opened.sees_all or n >= opened.settings.min_cell
    ]
    alt = t("privacy.leaked-alt", n=len(rows))
    if counted:
        table(counted, name="leaked-kinds", key="leaked-kinds", alt=alt)
    if not opened.sees_all:
        common.need_data()
        return
    masked = [
        {
            t("privacy.kind"): row["kind"],
            t("privacy.mask"): row["mask"],
            t("privacy.documents"): row["documents"],
            t("privacy.queries"): row["queries"],
            t("privacy.known"): t("explanations.yes")
            if row["is_known_to_base"]
            else t("privacy.no"),
        }
        for row in rows[:_MASKS]
    ]
    with st.expander(t("privacy.masked")):
        st.markdown(md(t("privacy.masked-note"), 600))
        table(masked, name="leaked", key="leaked", alt=alt)


def _sensitivity(opened: Opened) -> None:
    keys = ("pii-sensitivity.flip-rate", "pii-sensitivity.control-flip-rate")
    found: list[Any] = [
        m for key in keys for m in opened.measurements.measurements
        if m.measure == key and m.slice == ALL
    ]  # fmt: skip
    if not any(m.estimate.value is not None for m in found):
        return
    common.head(t("privacy.sensitivity"))
    labels = [common.title_of(opened, m.measure) for m in found]
    title = t("privacy.sensitivity-title")
    common.compared(
        opened, found, key="pii-sensitivity", title=title, labels=labels, controls=keys[1:]
    )
