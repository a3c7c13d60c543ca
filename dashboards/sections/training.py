"""Training: where the model comes from, and how the loss went down.

The lineage lies beside the model, not in the bundle; it is shown where it is the one whose digest the
sealed run names, and only then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.parts import plots
from dashboards.parts.charts import chart
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.sections import common
from dashboards.source import Opened
from dashboards.wording import t
from harness.errors import AssayError
from harness.files import safe_join, sha256_bytes
from harness.wording.quantities import count

_NAME = "lineage.json"
_MOST_BYTES = 20_000_000
_OPTIONS = (
    "epochs",
    "learning_rate",
    "batch_size",
    "schedule",
    "weight_decay",
    "lora",
    "precision",
)


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    model = opened.run.model
    return model.kind != "predictions" or opened.run.mitigation is not None


def show(opened: Opened) -> None:
    """Show the section."""
    common.head(t("training.model"))
    lineage = read_lineage(opened)
    rows = [
        {t("training.what"): name, t("figure.value"): value}
        for name, value in _facts(opened, lineage)
    ]
    table(rows, name="model", key="training-model", alt=t("training.model-alt", n=len(rows)))
    if lineage is None:
        if opened.run.model.lineage_digest:
            digest = opened.run.model.lineage_digest[:12]
            st.info(md(t("training.elsewhere", digest=digest), 600), icon=":material/help:")
        else:
            st.info(t("training.not-ours"), icon=":material/help:")
        return
    st.markdown(t("training.matches"))
    _curves(lineage)


def read_lineage(opened: Opened) -> dict[str, Any] | None:
    """Return the lineage of the model; None where no file here is the one that the run names."""
    model = opened.run.model
    if model.lineage_digest is None:
        return None
    try:
        path = safe_join(opened.bundle.path.parent / "models", f"{model.name}/{_NAME}")
        raw = Path(path).read_bytes() if Path(path).stat().st_size <= _MOST_BYTES else b""
    except (AssayError, OSError, ValueError):
        return None
    if sha256_bytes(raw) != model.lineage_digest:
        return None
    found = json.loads(raw)
    return found if isinstance(found, dict) else None


def _facts(opened: Opened, lineage: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    model = opened.run.model
    facts: list[tuple[str, Any]] = [
        (t("training.name"), model.name),
        (t("training.kind"), t(f"training.kind-{model.kind}")),
        (t("training.base"), model.base),
        (t("training.revision"), model.revision),
        (
            t("training.parameters"),
            None if model.n_parameters is None else count(model.n_parameters),
        ),
        (t("training.weights"), model.weights_digest),
        (t("training.lineage"), model.lineage_digest),
        (t("training.adapter"), model.adapter_digest),
        (t("training.claimed"), model.epsilon),
    ]
    mitigation = opened.run.mitigation
    if mitigation is not None:
        facts += [
            (t("training.mitigated"), mitigation.of_run),
            (t("training.method"), mitigation.method),
            (t("training.constraint"), mitigation.constraint),
        ]
    if lineage is not None:
        facts += _of_lineage(lineage)
    return [(name, str(value)) for name, value in facts if value not in (None, "", [], {})]


def _of_lineage(lineage: Mapping[str, Any]) -> list[tuple[str, Any]]:
    train = lineage.get("train") or {}
    private = lineage.get("private") or {}
    options = lineage.get("options") or {}
    facts: list[tuple[str, Any]] = [
        (
            t("training.trained"),
            f"{lineage.get('method')}, {count(lineage.get('n_trained_parameters'))}",
        ),
        (t("training.rows"), count(train.get("n_rows"))),
        (t("training.data-digest"), train.get("content_digest")),
        (
            t("training.steps"),
            f"{lineage.get('n_steps')} ({t('training.chosen')} {lineage.get('chosen_step')})",
        ),
        (t("training.seed"), lineage.get("seed")),
        (t("training.device"), f"{lineage.get('device')}, {lineage.get('precision')}"),
    ]
    facts += [(name, options.get(name)) for name in _OPTIONS]
    if private:
        facts.append((
            t("training.private"),
            t("training.private-of", epsilon=f"{private.get('epsilon', 0):.3g}",
              delta=f"{private.get('delta', 0):.2g}", accountant=private.get("accountant", "")),
        ))  # fmt: skip
    return facts


def _curves(lineage: Mapping[str, Any]) -> None:
    """Show the loss of training and validation over the steps, and the score on validation."""
    steps, ends = lineage.get("step_curve") or [], lineage.get("curve") or []
    rows = [
        *_points(steps, "train_loss", t("training.train-loss")),
        *_points(ends, "validation_loss", t("training.validation-loss")),
    ]
    _drawn(rows, t("training.loss"), key="loss", control=())
    names = {
        "validation_balanced_accuracy": t("training.balanced"),
        "validation_accuracy": t("training.accuracy"),
    }
    scores = [point for name, words in names.items() for point in _points(ends, name, words)]
    _drawn(scores, t("training.score"), key="score", control=())


def _points(curve: Any, name: str, words: str) -> list[dict[str, Any]]:
    return [
        {"x": point["step"], "y": float(point[name]), "series": words}
        for point in curve
        if isinstance(point, dict) and isinstance(point.get(name), int | float) and "step" in point
    ]


def _drawn(rows: list[dict[str, Any]], title: str, *, key: str, control: tuple[str, ...]) -> None:
    if not rows:
        return
    common.head(title)
    series = list(dict.fromkeys(row["series"] for row in rows))
    drawing = plots.curves(
        rows, x=t("training.step"), y=title, series=series, control=control,
        points=len(rows) < 80 * len(series) and len(rows) < 200,
    )  # fmt: skip
    lasts = [[row for row in rows if row["series"] == name][-1] for name in series]
    main = "; ".join(f"{row['series']} {row['y']:.4g} ({row['x']})" for row in lasts)
    numbers = [
        {t("training.curve"): row["series"], t("training.step"): row["x"], title: row["y"]}
        for row in rows
    ]
    chart(drawing, numbers, name=f"curve-{key}", key=f"training-{key}", alt=f"{title}. {main}")
