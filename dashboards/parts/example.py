"""One example: its text, its answer, what each word added, and what edits of it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import rows
from dashboards.parts.heat import heat, legend
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.source import Opened
from dashboards.wording import t
from harness.wording.quantities import quantity_of
from harness.wording.text import one_line

_ANSWERS = (
    ("robustness", "audits/robustness/edits.parquet"),
    ("attacks", "audits/robustness/attacks.parquet"),
    ("reasons", "audits/reason-codes/reasons.parquet"),
)


def example(opened: Opened, dataset: str, id: str, text: dict[str, Any] | None) -> None:
    """Show one example.

    Args:
        opened: The run.
        dataset: Its test set.
        id: Which one.
        text: Its row of the personal part; None where that must not be shown, or is not at hand.
    """
    answer = rows.scores_of(opened.bundle.path, dataset, id)
    if answer is None:
        st.warning(t("examples.unknown", id=md(id)))
        return
    with st.container(border=True, key="example"):
        st.header(t("examples.one", id=md(id)), anchor=False)
        left, right = st.columns([3, 2])
        with left:
            _text(opened, text)
        with right:
            _answer(opened, answer, text)
        _attributions(opened, dataset, id, text)
        _edits(opened, dataset, id)


def _text(opened: Opened, text: dict[str, Any] | None) -> None:
    if text is None:
        id = "examples.masked-one" if not opened.sees_all else "examples.no-text"
        st.info(t(id), icon=":material/visibility_off:")
        return
    for name in ("text", "pair"):
        if text.get(name):
            # code, without a language: the text as it is, characters that hide made visible
            st.code(one_lines(text[name]), language=None, wrap_lines=True, height="content")


def one_lines(text: str, limit: int = 20_000) -> str:
    """Return a text for a block of plain text, each line of it made visible."""
    lines = str(text)[:limit].split("\n")
    cut = f"\n… ({len(text):,})" if len(text) > limit else ""
    return "\n".join(one_line(line, limit) for line in lines) + cut


def _answer(opened: Opened, answer: dict[str, Any], text: dict[str, Any] | None) -> None:
    classes = opened.run.task.classes
    label = answer["label"]
    decided = classes[answer["decision"]]
    facts = [
        (t("examples.label"), classes[label] if label is not None else t("examples.no-label")),
        (t("examples.decision"), decided),
        (t("examples.truncated"), t("examples.yes" if answer["truncated"] else "examples.no")),
    ]
    for name, value in (text or {}).items():
        if name.startswith("group:") and value:
            facts.append((name.removeprefix("group:"), value))
    st.markdown("  \n".join(f"{md(name)}: **{md(value, 120)}**" for name, value in facts))
    scores = answer.get("scores")
    if scores:
        pairs = sorted(zip(classes, scores, strict=False), key=lambda one: -one[1])[:20]
        table(
            [
                {t("examples.class"): name, t("examples.score"): round(float(score), 6)}
                for name, score in pairs
            ],
            name="scores",
            key="example-scores",
            alt=t("examples.scores-alt", name=pairs[0][0], score=quantity_of(pairs[0][1], "share")),
        )


def _attributions(opened: Opened, dataset: str, id: str, text: dict[str, Any] | None) -> None:
    found = rows.attributions_of(opened.bundle.path, dataset, id)
    if not found:
        st.markdown(f":gray[{t('examples.no-attributions')}]")
        return
    names = [_method(Path(one["filename"])) for one in found]
    st.markdown(f"**{t('examples.attributions')}**")
    at = st.selectbox(
        t("examples.method"),
        range(len(found)),
        format_func=lambda i: names[i],
        key="example-method",
    )
    one = found[at]
    if one["status"] == "unconverged":
        st.warning(t("examples.unconverged"))
    sides = _sides(opened, one)
    parts = _parts(one, text)
    heat(
        parts, one["values"], label=t("examples.heat", n=len(parts)), key=f"heat-{id}-{at}"[:80],
        sides=sides,
    )  # fmt: skip
    st.markdown(md(legend(sides), 800))
    st.markdown(t("examples.believe", gap=f"{one['gap']:.3g}", status=md(one["status"])))


def _parts(one: dict[str, Any], text: dict[str, Any] | None) -> list[str]:
    """Return the words of each part where they may be seen, else positions."""
    starts, stops, which = one.get("start"), one.get("stop"), one.get("text_index")
    texts = [str((text or {}).get(name) or "") for name in ("text", "pair")]
    found = []
    for i in range(len(one["values"])):
        words = ""
        if text is not None and starts and stops and which and which[i] in (0, 1):
            words = texts[which[i]][starts[i] : stops[i]]
        found.append(words or str(i + 1))
    return found


def _sides(opened: Opened, one: dict[str, Any]) -> tuple[str, str]:
    classes = opened.run.task.classes
    target, other = one["target"], one["runner_up"]
    if not 0 <= target < len(classes):
        return t("examples.against"), t("examples.for")
    against = classes[other] if 0 <= other < len(classes) else ""
    return (
        t("examples.speaks-for", name=against) if against else t("examples.against"),
        t("examples.speaks-for", name=classes[target]),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _method(path: Path) -> str:
    import pyarrow.parquet as pq

    told = pq.read_schema(path).metadata or {}
    method = json.loads(told.get(b"method", b"{}"))
    seed = f", {t('compare.seed')} {method['seed']}" if method.get("seed") else ""
    return one_line(f"{method.get('id', '?')} · {method.get('baseline') or '–'}{seed}", 120)


def _edits(opened: Opened, dataset: str, id: str) -> None:
    """Show what audits asked about this example: decisions under edits, attacks, reasons; no text."""
    classes = opened.run.task.classes
    for name, file in _ANSWERS:
        found = rows.beside(opened.bundle.path, file, dataset, id)
        if not found:
            continue
        shown = [
            {
                key: classes[value]
                if key in ("decision", "edited_decision") and value is not None
                else value
                for key, value in row.items()
                if key not in ("dataset", "example_id") and not isinstance(value, list)
            }
            for row in found
        ]
        if not opened.sees_all:
            # a reason or an attack may quote the words of the row
            shown = [
                {k: v for k, v in row.items() if k not in ("reason", "edits")} for row in shown
            ]
        with st.expander(f"{t(f'examples.{name}')} ({len(shown)})"):
            table(shown, name=name, key=f"example-{name}", alt=t(f"examples.{name}"))
