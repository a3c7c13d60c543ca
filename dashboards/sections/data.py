"""Data: what the rows are like, whether test rows stood in training, and rows with doubtful labels."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.tables import table
from dashboards.sections import common
from dashboards.source import Opened
from dashboards.wording import t
from harness.wording.quantities import count

AUDITS = ("data-quality", "generalisation", "mislabelled")

HEADLINE = (
    "generalisation.accuracy-difference", "generalisation.duplicates-of-train",
    "generalisation.accuracy-without-duplicates", "data-quality.contradictory-share",
    "data-quality.quarantined-share", "data-quality.truncated-share", "mislabelled.suspect-share",
    "data-quality.label-shift", "data-quality.text-shift",
)  # fmt: skip

_SUSPECTS = 200


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return common.has_any(opened, AUDITS) or bool(opened.run.datasets)


def show(opened: Opened) -> None:
    """Show the section."""
    _datasets(opened)
    common.headline(opened, HEADLINE)
    _suspects(opened)
    common.all_values(opened, AUDITS, key="data")


def _datasets(opened: Opened) -> None:
    common.head(t("data.sets"))
    rows = [
        {
            t("common.data"): one.name,
            t("data.rows"): count(one.n_rows),
            t("data.quarantined"): count(sum(reason.n for reason in one.quarantined)),
            t("data.licence"): one.licence or "–",
            t("data.digest"): one.content_digest[:12],
        }
        for one in opened.run.datasets
    ]
    table(rows, name="data-sets", key="data-sets", alt=t("data.sets-alt", n=len(rows)))


def _suspects(opened: Opened) -> None:
    """Show rows whose label may be wrong, by id, for those who may see rows."""
    if not common.has_any(opened, ("mislabelled",)):
        return
    common.head(t("data.suspects"))
    if not opened.sees_all:
        common.need_data()
        return
    columns = (
        "example_id",
        "rank",
        "label",
        "decision",
        "near_label",
        "near_disagreement",
        "is_suspect",
    )
    file = "audits/mislabelled/suspects.parquet"
    found = common.rows_of(opened, file, columns, ("is_suspect", "=", True))
    if not found:
        st.markdown(t("data.no-suspects"))
        return
    rows = [
        {
            t("data.example"): row["example_id"],
            t("data.rank"): row["rank"],
            t("decisions.label"): row["label"],
            t("decisions.decided"): row["decision"],
            t("data.near-label"): row["near_label"],
            t("data.near"): row["near_disagreement"],
        }
        for row in sorted(found, key=lambda row: row["rank"])[:_SUSPECTS]
    ]
    table(rows, name="suspects", key="suspects", alt=t("data.suspects-alt", n=len(rows)))
