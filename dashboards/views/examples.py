"""Page examples: the rows behind a number."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards import rows, source
from dashboards.parts.downloads import csv_bytes, json_bytes
from dashboards.parts.example import example
from dashboards.parts.filters import linked, put
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.shell import opened
from dashboards.source import Opened
from dashboards.viewing import log_view
from dashboards.wording import plural, t
from harness.files import sha256_bytes
from harness.records import slice_name
from harness.wording.text import clip, one_line, slice_words

_DOWNLOADED = 10_000
"""Rows of a download; more of them belong into the bundle's own files."""

_FILTERS = ("group", "label", "decision", "text", "errors", "sort", "range", "low", "high", "page")
_SNIPPET = 240
_SLOW_S = 1.0
_LEARNT = ("train", "validation")


def show() -> None:
    """Show the page."""
    found = opened()
    st.header(t("nav.examples"), anchor=False)
    sets = [one.name for one in found.run.datasets if one.name not in _LEARNT]
    if not sets or "predictions.parquet" not in found.bundle.manifest.files:
        st.info(t("examples.no-predictions"))
        return
    asked = _filters(found, sets)
    begun = time.monotonic()
    digest = _digest(found)
    places = rows.positions(str(found.bundle.path), digest, asked)
    n_pages = max(1, math.ceil(len(places) / rows.PAGE))
    if not len(places):
        _none(found, asked)
        return
    number = _page_number(n_pages, asked)
    page = rows.page_of(found.bundle.path, places, number)
    texts = _texts(found, asked, [one["example_id"] for one in page], number)
    took = time.monotonic() - begun
    words = plural("examples.found", len(places), page=f"{number:,}", pages=f"{n_pages:,}")
    st.markdown(words if took < _SLOW_S else f"{words} {t('examples.took', s=f'{took:.1f}')}")
    _table(found, page, texts)
    _download(found, asked, places)
    _picked(found, asked.dataset)


def _digest(found: Opened) -> str:
    """Return what the rows rest on: the run, and the personal part as it is now."""
    seal = found.bundle.path / "personal" / "MANIFEST.json"
    state = f"{seal.stat().st_mtime_ns}-{seal.stat().st_size}" if seal.is_file() else "none"
    return f"{found.bundle.digest}-{state}-{found.sees_all}"


def _filters(found: Opened, sets: Sequence[str]) -> rows.Asked:
    classes = found.run.task.classes
    has_text = found.sees_all and found.bundle.has_personal
    with st.container(key="filters", border=True):
        top = st.columns(4)
        with top[0]:
            dataset = st.selectbox(t("examples.dataset"), sets, **linked("dataset", sets, sets[0]))
        with top[1]:
            label = _class("label", classes)
        with top[2]:
            decision = _class("decision", classes)
        with top[3]:
            sorts = list(rows.SORTS)
            sort = st.selectbox(
                t("examples.sort"),
                sorts,
                format_func=lambda one: t(f"examples.sort-{one}"),
                **linked("sort", sorts, "row"),
            )
        low = st.columns(4)
        with low[0]:
            group = _group(found, dataset) if has_text else ""
        with low[1]:
            text = st.text_input(t("examples.contains"), disabled=not has_text, **_free("text"))
        with low[2]:
            span = st.slider(t("examples.range"), 0.0, 1.0, step=0.01, **_range())
        with low[3]:
            wrong = st.toggle(t("examples.wrong"), **_flag("errors"))
    asked_group = st.query_params.get("group")
    if not has_text:
        id = "examples.masked" if not found.sees_all else "examples.no-personal"
        more = t("examples.group-needs") if asked_group else ""
        st.markdown(f":gray-badge[:material/visibility_off: {t(id)}] {more}")
        if found.sees_all and found.settings.store is not None:
            place = source.place(found.settings)
            st.markdown(t("examples.with-personal"))
            command = f"assay submit {found.bundle.id} --store {place} --with-personal"
            st.code(command, language=None, wrap_lines=True)
    return rows.Asked(
        dataset=dataset,
        group=group,
        label=label,
        decision=decision,
        is_wrong=wrong,
        text=clip(text, 200) if has_text and text else "",
        low=span[0],
        high=span[1],
        sort=sort,
    )


def _class(name: str, classes: Sequence[str]) -> int | None:
    """Offer a class; the URL names it by its number, so that no name of a class stands there."""
    numbers = [str(i) for i in range(len(classes))]
    picked = st.selectbox(
        t(f"examples.{name}"),
        numbers,
        format_func=lambda i: one_line(classes[int(i)], 60),
        placeholder=t("examples.any"),
        **linked(name, numbers),
    )
    return int(picked) if picked is not None else None


def _group(found: Opened, dataset: str) -> str:
    names = rows.group_names(str(found.bundle.path), _digest(found), dataset)
    known = [slice_name({column: one}) for column, groups in names.items() for one in groups]
    asked = st.query_params.get("group")
    if asked and asked not in known:
        known = [asked, *known]  # of several columns, as a finding names it
    picked = st.selectbox(
        t("examples.group"),
        known,
        format_func=lambda one: slice_words(one, t("examples.any")),
        placeholder=t("examples.any"),
        **linked("group", known),
    )
    return picked or ""


def _free(name: str) -> dict[str, Any]:
    """Return key and callback of a text field that the URL names."""
    if name not in st.session_state:
        st.session_state[name] = st.query_params.get(name, "")

    def changed() -> None:
        put(name, st.session_state[name] or None)

    return {"key": name, "on_change": changed}


def _flag(name: str) -> dict[str, Any]:
    if name not in st.session_state:
        st.session_state[name] = st.query_params.get(name) == "1"

    def changed() -> None:
        put(name, "1" if st.session_state[name] else None)

    return {"key": name, "on_change": changed}


def _range() -> dict[str, Any]:
    if "range" not in st.session_state:
        ends = (_share("low", 0.0), _share("high", 1.0))
        st.session_state["range"] = (min(ends), max(ends))

    def changed() -> None:
        low, high = st.session_state["range"]
        put("low", f"{low:g}" if low > 0 else None)
        put("high", f"{high:g}" if high < 1 else None)

    return {"key": "range", "on_change": changed}


def _share(name: str, default: float) -> float:
    try:
        found = float(st.query_params.get(name, default))
    except ValueError:
        return default
    return found if 0 <= found <= 1 else default


def _none(found: Opened, asked: rows.Asked) -> None:
    # that words do not stand in the data is an answer from the data too
    what = f"search in {asked.dataset} that found nothing"
    if asked.text and not log_view(found, what, 0, about=_mark(asked)):
        st.error(t("examples.not-logged"))
        return
    st.info(t("examples.none"))
    if st.button(t("examples.clear")):
        for name in _FILTERS:
            st.session_state.pop(name, None)
            put(name, None)
        st.rerun()


def _page_number(n_pages: int, filtered: rows.Asked) -> int:
    before = st.session_state.get("filtered")
    if before not in (None, filtered):
        put("page", None)
    st.session_state["filtered"] = filtered
    if n_pages == 1:
        return 1
    asked = st.query_params.get("page", "1")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    # a key for each filter: the widget never holds a page of other rows
    key = f"page-{n_pages}-{_mark(filtered)}"

    def changed() -> None:
        number = st.session_state[key]
        put("page", str(number) if number > 1 else None)

    number = min(max(1, wanted), n_pages)
    return int(st.pagination(n_pages, default=number, key=key, on_change=changed))


def _texts(
    found: Opened, asked: rows.Asked, ids: list[str], number: int
) -> dict[str, dict[str, Any]]:
    """Return the texts of a page for those who may see them, after that was logged."""
    if not (found.sees_all and found.bundle.has_personal):
        return {}
    what = f"examples of {asked.dataset}, page {number}"
    if not log_view(found, what, len(ids), about=_mark(asked)):
        st.error(t("examples.not-logged"))
        return {}
    return rows.texts_of(found.bundle.path, asked.dataset, ids)


def _mark(asked: rows.Asked) -> str:
    """Return what tells one choice of rows from another, without the words that were looked for."""
    return sha256_bytes(repr(asked).encode())[:12]


def _table(found: Opened, page: Sequence[dict[str, Any]], texts: dict[str, dict[str, Any]]) -> None:
    shown = [_row(found, one, texts.get(one["example_id"])) for one in page]
    columns = {
        t("examples.text"): st.column_config.TextColumn(width="large"),
        t("examples.score"): st.column_config.NumberColumn(format="%.4f"),
    }
    at = table(
        shown,
        name="examples",
        key="rows",
        alt=t("examples.alt", n=len(shown)),
        columns=columns,
        height=420,
        is_picked=True,
    )
    if at is not None:
        put("example", str(page[at]["example_id"]))


def _row(found: Opened, one: dict[str, Any], text: dict[str, Any] | None) -> dict[str, Any]:
    classes = found.run.task.classes
    label, decided = one["label"], one["decision"]
    row: dict[str, Any] = {
        t("examples.id"): one["example_id"],
        t("examples.label"): classes[label] if label is not None else "",
        t("examples.decision"): classes[decided],
        t("examples.score"): None if one["score"] is None else round(one["score"], 4),
        t("examples.is-wrong"): "✗" if label is not None and label != decided else "",
    }
    if text is not None:
        row[t("examples.text")] = one_line(text.get("text") or "", _SNIPPET)
        for name, value in text.items():
            if name.startswith("group:"):
                row[name.removeprefix("group:")] = value or ""
    return row


def _download(found: Opened, asked: rows.Asked, places: Any) -> None:
    """Offer the rows that match, when they are asked for."""

    def made() -> list[dict[str, Any]]:
        page = rows.rows_at(found.bundle.path, places[:_DOWNLOADED])
        ids = [one["example_id"] for one in page]
        is_shown = found.sees_all and found.bundle.has_personal
        what = f"download of {asked.dataset}"
        if is_shown and not log_view(found, what, len(ids), about=_mark(asked)):
            is_shown = False
        texts = rows.texts_of(found.bundle.path, asked.dataset, ids) if is_shown else {}
        return [_row(found, one, texts.get(one["example_id"])) for one in page]

    n = min(len(places), _DOWNLOADED)
    with st.container(horizontal=True):
        for form, make, mime in (
            ("csv", csv_bytes, "text/csv"),
            ("json", json_bytes, "application/json"),
        ):
            st.download_button(
                t("examples.download", n=f"{n:,}", form=form.upper()),
                data=lambda make=make: make(made()),
                file_name=f"examples.{form}",
                mime=mime,
                key=f"download-{form}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def _picked(found: Opened, dataset: str) -> None:
    id = st.query_params.get("example")
    if not id:
        st.markdown(f":gray[{t('examples.pick')}]")
        return
    text = None
    is_there = rows.scores_of(found.bundle.path, dataset, id) is not None
    if is_there and found.sees_all and found.bundle.has_personal:
        if log_view(found, f"example {id} of {dataset}", 1):
            text = rows.texts_of(found.bundle.path, dataset, [id]).get(id)
        else:
            st.error(t("examples.not-logged"))
    example(found, dataset, id, text)
    st.markdown(f":gray[{md(t('examples.link'))}]")


show()
