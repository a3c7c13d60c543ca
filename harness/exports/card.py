"""Cards for notebooks: fragments of HTML without script, legible on light and on dark ground.

A card brings its own style, confined to itself, and takes the colour of words from the page around
it, because nobody tells a fragment which theme a notebook has.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.exports import _view as view
from harness.exports._beside import beside, standing_part
from harness.exports._card_style import card_style
from harness.exports._findings import findings_section
from harness.exports._front import ROWS_BESIDE, banner, not_tested, why
from harness.exports._measured import measured_blocks
from harness.exports._parts import bullets, code, facts
from harness.exports._style import drawings
from harness.records import Measurements, RunRecord, Verdict
from harness.wording.markup import Child, el
from harness.wording.messages import join_clauses, plural, t
from harness.wording.quantities import n_words
from harness.wording.text import NAME_LIMIT, one_line

_BYTES = 300_000


def render_run_card(run: RunRecord, measurements: Measurements) -> str:
    """Return a card of a run: what was measured, with intervals, and what was not.

    Args:
        run: The sealed run.
        measurements: What it measured.
    """
    return _card(
        el("p", t("card.run"), class_="eyebrow"),
        el("p", one_line(run.model.name, NAME_LIMIT), class_="title"),
        facts(_identity(run)),
        *_measured(measurements),
        el("h3", t("front.not-tested"), class_="part"),
        bullets(view.not_measured(run) or [t("card.all-measured")]),
        el("p", t("card.no-judgement"), class_="muted"),
        label=t("card.run"),
    )


def render_verdict_card(run: RunRecord, measurements: Measurements, verdict: Verdict) -> str:
    """Return a card of a verdict: why, with intervals and limits, and what was not tested.

    Args:
        run: The sealed run.
        measurements: What it measured.
        verdict: What the policy concluded.
    """
    verdict = view.dated(verdict)
    title = t("card.verdict", policy=view.policy_words(verdict))
    words = plural("card.findings", len(verdict.findings))
    return _card(
        el("p", title, class_="eyebrow"),
        el("p", one_line(run.model.name, NAME_LIMIT), class_="title"),
        banner(verdict),
        standing_part(run, verdict),
        why(run, verdict, measurements),
        *beside(measurements, verdict, ROWS_BESIDE),
        el("details", el("summary", words), findings_section(verdict)),
        el("h3", t("front.not-tested"), class_="part"),
        not_tested(run, verdict),
        label=title,
    )


def render_measurements_card(measurements: Measurements) -> str:
    """Return a card of measurements alone, each with interval, n, method and what it is blind to."""
    return _card(*_measured(measurements), label=t("section.measurements"))


def _card(*children: Child, label: str) -> str:
    style = el("style", card_style())
    return el(
        "div", style, drawings(), *children, class_="assay-card", role="group", aria_label=label
    )


def _measured(measurements: Measurements) -> Iterable[Child]:
    if not measurements.measurements:
        return [el("p", t("measured.none"))]
    return measured_blocks(measurements, (), n_bytes=_BYTES, is_short=True)


def _identity(run: RunRecord) -> list[tuple[str, Child]]:
    rows = [
        t("screen.rows", data=one_line(one.name, NAME_LIMIT), rows=n_words(one.n_rows))
        for one in run.datasets
    ]
    digest = run.model.weights_digest
    return [
        (t("card.id"), code(one_line(run.run_id, NAME_LIMIT))),
        (t("front.data"), join_clauses(rows)),
        (t("tested.digest"), digest and code(view.short(digest))),
        (t("card.suite"), one_line(run.suite, NAME_LIMIT)),
    ]
