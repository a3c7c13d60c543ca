"""The HTML report: one file without script that a reviewer can read, print, file and check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.exports import _view as view
from harness.exports._attributions import attribution_rules, attributions_section
from harness.exports._beside import beside_section
from harness.exports._findings import findings_section
from harness.exports._front import ROWS_BESIDE, front_page
from harness.exports._groups import groups_section
from harness.exports._marks import mark_of_verdict
from harness.exports._measured import measured_section
from harness.exports._origin import origin_section, words_section
from harness.exports._style import drawings, style_sheet
from harness.records import Measurements, RunRecord, Verdict
from harness.wording.language import tag
from harness.wording.markup import Html, el
from harness.wording.messages import t
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.figures.explained import Held
    from harness.stats import Read

_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_SECTIONS = ("beside", "findings", "groups", "attributions", "measurements", "provenance", "words")


def render_html(
    run: RunRecord,
    measurements: Measurements,
    verdict: Verdict,
    *,
    read: Read | None = None,
    held: Held | None = None,
    is_short: bool = False,
) -> str:
    """Return the report as a self-contained page.

    No script, no request to anywhere, no row of the data; every value is escaped and invisible
    characters are shown. At most about 2 MB: what is left out is said, with the file that holds it.

    Args:
        run: The sealed run.
        measurements: What it measured, with the definitions of the measures.
        verdict: What the policy concluded.
        read: Loads evidence that lies in a file of the bundle; without it, pairs of groups over
            many clusters are not drawn.
        held: Decisions whose attributions are drawn, and rows whose attributions are not to be relied
            on; with texts only where somebody asked for them.
        is_short: Draw pairs of groups only where a rule about them is not met: what is drawn of all pairs
            takes longer than a gate may.
    """
    verdict = view.dated(verdict)
    groups = groups_section(run, measurements, verdict, read, is_short=is_short)
    rests_on = attributions_section(measurements, held)
    some = {
        "beside": beside_section(measurements, verdict, ROWS_BESIDE),
        "groups": groups,
        "attributions": rests_on,
    }
    page = el(
        "html",
        _head(run, verdict, rests_on is not None),
        _body(run, measurements, verdict, some),
        lang=tag(),
    )
    return f"<!doctype html>\n{page}\n"


def _head(run: RunRecord, verdict: Verdict, has_attributions: bool) -> Html:  # noqa: FBT001
    word = mark_of_verdict(verdict.verdict).word
    title = t("page.title", model=one_line(run.model.name, NAME_LIMIT), verdict=word)
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_CSP),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", style_sheet(), attribution_rules() if has_attributions else None),
    )


def _body(
    run: RunRecord, measurements: Measurements, verdict: Verdict, some: dict[str, Html | None]
) -> Html:
    names = [name for name in _SECTIONS if some.get(name, "") is not None]
    links = (el("a", t(f"section.{name}"), href=f"#{name}") for name in names)
    return el(
        "body",
        drawings(),
        el(
            "main",
            front_page(run, measurements, verdict),
            el("nav", *links, aria_label=t("nav.label")),
            some["beside"],
            findings_section(verdict),
            some["groups"],
            some["attributions"],
            measured_section(measurements, verdict),
            origin_section(run, verdict),
            words_section(),
            el("footer", t("footer", version=verdict.harness_version), class_="muted small"),
        ),
    )
