"""The decision record: one printed page that says who decided what about which digests.

One file without script and without a request to anywhere; every value is escaped. It repeats what the
statements say and proves nothing by itself: the command at its end does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._marks import mark_of, mark_of_verdict
from harness.exports._parts import bullets, code, facts, mark_label, part
from harness.exports._style import drawings, style_sheet
from harness.records import RunRecord, Verdict
from harness.wording.language import phrase, tag
from harness.wording.markup import Html, el, trusted
from harness.wording.messages import plural, t
from harness.wording.quantities import of_finding
from harness.wording.text import NAME_LIMIT, cut, one_line

_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_MOST = 4
"""Findings and things not tested that have room on one page; how many more there are is said."""

_WAIVERS = 3
_DECISIONS = 3
"""The last ones; two approvals are the most that a gate needs."""

_LINE, _CONDITION, _REASON = 108, 220, 220
"""Columns that have room on one page (a Chinese character takes two); report and statements hold all."""

_PRINT = trusted(
    "@page{size:A4;margin:12mm 14mm}main{max-width:48rem}.decision{break-inside:avoid}"
    ".decision{margin-bottom:.8rem}h1{margin-bottom:1rem}"
    "@media print{main{max-width:none;padding:0}body{font-size:7.8pt;line-height:1.25}h1{font-size:14pt;margin:0 0 4pt}"
    "h2{font-size:9.5pt;margin:0 0 2pt}.part{margin:5pt 0 0;padding:0}p,ul,li{margin:0 0 1pt}"
    ".decision{margin-bottom:3pt}}"
)


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, in plain words.

    Attributes:
        kind: What was decided, as it is spoken.
        by: Whose signature it bears, as it is spoken.
        at: When.
        rationale: Why.
        conditions: Under which it holds.
        expires: Last day; empty where it does not end.
        doubt: Why it is not believed; empty where it is.
        statement: SHA-256 of what was signed.
    """

    kind: str
    by: str
    at: str
    rationale: str
    conditions: Sequence[str]
    expires: str
    doubt: str
    statement: str


@dataclass(frozen=True, slots=True)
class Digests:
    """What the decisions are about.

    Attributes:
        run, gate, verdict, report: SHA-256 of the seal of the run, that of the gate, of ``verdict.json``
            and of ``report.html``; empty where there is none.
    """

    run: str
    gate: str
    verdict: str
    report: str


def render_decision_record(
    run: RunRecord,
    verdict: Verdict,
    digests: Digests,
    *,
    state: str,
    history: Sequence[Decided],
    place: str,
    approvals: str = "",
    is_single_person: bool = False,
) -> str:
    """Return the record as a page.

    Args:
        run: The sealed run.
        verdict: What the policy concluded.
        digests: What was decided about.
        state: Where the review stands, as it is spoken.
        history: Every decision about this gate, the first first.
        place: How a command names the run.
        approvals: How many of those that are needed count, as it is spoken.
        is_single_person: Whether one person may submit and approve; it is printed.
    """
    title = t("record.title", model=one_line(run.name, NAME_LIMIT))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_CSP),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", style_sheet(), _PRINT),
    )
    body = el(
        "body",
        drawings(),
        el(
            "main",
            el("h1", title),
            _about(run, verdict, digests, state, approvals),
            el("p", t("standing.single-person")) if is_single_person else None,
            _decisions(history),
            _open(verdict),
            _not_tested(run, verdict),
            part(
                t("record.check"),
                el("p", t("record.cut")) if any(map(_is_cut, history[-_DECISIONS:])) else None,
                el("p", t("record.check-do")),
                code(f"assay verify {place} --trust trust.yaml"),
            ),
        ),
    )
    return f"<!doctype html>\n{el('html', head, body, lang=tag())}\n"


def _about(run: RunRecord, verdict: Verdict, digests: Digests, state: str, approvals: str) -> Html:
    model = run.model
    return facts(
        [
            (t("record.state"), el("strong", state)),
            (t("record.approvals"), approvals),
            (t("record.verdict"), mark_label(mark_of_verdict(verdict.verdict))),
            (t("record.model"), one_line(run.model.name, NAME_LIMIT)),
            (t("record.policy"), view.policy_words(verdict)),
            (t("record.judged"), verdict.now),
            (t("record.run"), run.run_id),
            (t("record.run-digest"), code(digests.run)),
            (t("record.gate-digest"), code(digests.gate)),
            (t("record.verdict-digest"), code(digests.verdict)),
            (t("record.report-digest"), code(digests.report) if digests.report else None),
            (t("record.policy-digest"), code(verdict.policy.digest)),
            (t("record.weights"), code(model.weights_digest) if model.weights_digest else None),
            (t("record.adapter"), code(model.adapter_digest) if model.adapter_digest else None),
        ]
    )


def _decisions(history: Sequence[Decided]) -> Html:
    if not history:
        return part(t("record.decisions"), el("p", t("record.none")))
    n_earlier = len(history) - _DECISIONS
    lines = [_decision(one) for one in history[-_DECISIONS:]]
    if n_earlier > 0:
        lines.insert(0, el("p", plural("record.earlier", n_earlier)))
    return part(t("record.decisions"), *lines)


def _decision(one: Decided) -> Html:
    lines = [el("p", el("strong", one.kind), f" · {one.by} · {one.at}")]
    if one.doubt:
        lines.append(el("p", t("record.doubt", why=one.doubt)))
    if one.rationale:
        lines.append(el("p", _fitted(one.rationale, _REASON)))
    if one.conditions:
        lines.append(bullets(_fitted(text, _CONDITION) for text in one.conditions))
    ends = f"{t('record.expires', day=one.expires)} " if one.expires else ""
    lines.append(el("p", ends, el("span", code(one.statement), class_="muted small")))
    return el("div", *lines, class_="decision")


def _is_cut(one: Decided) -> bool:
    return _fitted(one.rationale, _REASON).endswith("…") or any(
        _fitted(text, _CONDITION).endswith("…") for text in one.conditions
    )


def _fitted(text: str, columns: int) -> str:
    return cut(one_line(text, columns + 1), columns)


def _open(verdict: Verdict) -> Html:
    found = view.still_open(view.dated(verdict))  # what was waived has not passed either
    lines = [
        " · ".join(
            (
                mark_of(one).word,
                _fitted(phrase(one_line(one.title)), _LINE // 2),
                view.where(one.slice, one.dataset),
                of_finding(one).text,
            )
        )
        for one in found[:_MOST]
    ]
    if len(found) > _MOST:
        lines.append(plural("record.more", len(found) - _MOST))
    return part(
        t("record.open"),
        bullets(lines) if lines else el("p", t("record.nothing-open")),
        _waivers(verdict),
    )


def _waivers(verdict: Verdict) -> Html | None:
    """Return whose word each waiver in force is: who approved the gate has accepted it too."""
    used = {one.waiver for one in verdict.findings if one.outcome == "waived"}
    found = [one for one in standing.waivers(verdict) if one.id in used]
    lines = [
        _fitted(
            t(
                "record.waiver",
                id=one.id,
                rule=one.rule,
                owner=one.owner,
                approved=one.approved,
                expires=one.expires,
                remarks=" ".join(one.remarks),
            ),
            2 * _LINE,
        )
        for one in found[:_WAIVERS]
    ]
    if len(found) > _WAIVERS:
        lines.append(plural("record.more", len(found) - _WAIVERS))
    return bullets(lines) if lines else None


def _not_tested(run: RunRecord, verdict: Verdict) -> Html:
    found = [_fitted(text, _LINE) for text in view.not_tested(run, verdict)]
    lines = found[:_MOST]
    if len(found) > _MOST:
        lines.append(plural("record.more", len(found) - _MOST))
    return part(
        t("record.not-tested"), bullets(lines) if lines else el("p", t("record.all-tested"))
    )
