"""The table of all findings, worst first; long tails of what passed are folded, never dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.exports import _view as view
from harness.exports._marks import mark_of
from harness.exports._parts import mark_label, num, section
from harness.records import Finding, Verdict
from harness.wording.language import phrase, said
from harness.wording.markup import Html, el, join, within
from harness.wording.messages import plural, t
from harness.wording.quantities import count, level_words, limit_words, n_of, of_finding
from harness.wording.text import NAME_LIMIT, one_line

_FOLD_FROM = 40
_BYTES = 800_000


def findings_section(verdict: Verdict) -> Html:
    """Return the section with every finding, or as many as a report can carry, and says so."""
    title = t("section.findings")
    findings = view.ordered(verdict.findings)
    if not findings:
        return section(title, "findings", el("p", t("findings.none")))
    usual = _usual_level(findings)
    rows = within(_rows(findings, usual), _BYTES)
    n_open = len(view.still_open(verdict))
    n_folds = len(rows) if len(rows) - n_open <= _FOLD_FROM else n_open
    left_out = None
    if len(rows) < len(findings):
        words = t("findings.left-out", shown=count(len(rows)), n=count(len(findings)))
        left_out = el("p", words)
    return section(
        title, "findings", _table(rows[:n_folds], usual), _folded(rows[n_folds:], usual), left_out
    )


def _table(rows: Sequence[Html], usual: str) -> Html:
    if not rows:
        return Html("")
    caption = t("findings.caption", level=usual) if usual else t("findings.caption-plain")
    names = ("outcome", "rule", "value", "limit")
    head = el("tr", *(el("th", t(f"findings.column-{n}"), scope="col", class_=n) for n in names))
    return el(
        "table",
        el("caption", caption),
        el("thead", head),
        el("tbody", *rows),
        class_="findings",
    )


def _folded(rows: Sequence[Html], usual: str) -> Html | None:
    if not rows:
        return None
    summary = el("summary", plural("findings.rest", len(rows)))
    return el("details", summary, _table(rows, usual))


def _rows(findings: Sequence[Finding], usual: str) -> Iterator[Html]:
    before = ("", "")
    for finding in findings:
        kind = (finding.rule, finding.outcome)
        yield _row(finding, usual, is_first=kind != before)
        before = kind


def _row(finding: Finding, usual: str, *, is_first: bool) -> Html:
    return el(
        "tr",
        el("td", mark_label(mark_of(finding))),
        el("td", *(_rule(finding) if is_first else _same_rule(finding))),
        el("td", *_value(finding, usual)),
        el("td", *_limit(finding)),
    )


def _limit(finding: Finding) -> Iterator[Html]:
    words = limit_words(finding) if finding.limit else ""
    asked = t("fact.to-sign") if finding.is_of_evidence else t("fact.no-limit")
    yield el("div", num(words)) if words else el("div", asked)
    yield el("div", t(f"basis.{finding.basis}"), class_="under")


def _rule(finding: Finding) -> list[Html]:
    parts = (
        one_line(finding.rule, NAME_LIMIT),
        t(f"severity.{finding.severity}"),
        *(one_line(clause, NAME_LIMIT) for clause in finding.clauses),
    )
    lines = [
        el("div", phrase(finding.title), class_="rule"),
        el("div", view.where(finding.slice, finding.dataset)),
    ]
    if finding.outcome != "passed":
        lines.append(el("div", said(finding.because)))
    return [*lines, el("div", join((el("span", part) for part in parts), " · "), class_="under")]


def _same_rule(finding: Finding) -> list[Html]:
    """Return what differs from the row above, which names the same rule."""
    place = view.where(finding.slice, finding.dataset)
    rule = el("span", one_line(finding.rule, NAME_LIMIT), class_="under")
    lines = [el("div", f"{place} ", rule)]
    return lines if finding.outcome == "passed" else [*lines, el("div", said(finding.because))]


def _value(finding: Finding, usual: str) -> list[Html]:
    quantity = of_finding(finding)
    lines = [
        el("div", num(quantity.value), " " if quantity.interval else "", num(quantity.interval))
    ]
    if finding.n is not None:
        lines.append(el("div", num(t("findings.n", n=n_of(finding))), class_="under"))
    level = level_words(finding.alpha_low, finding.alpha_high)
    if quantity.interval and level != usual:
        lines.append(el("div", level, class_="under"))
    return lines


def _usual_level(findings: Sequence[Finding]) -> str:
    levels = Counter(
        level_words(f.alpha_low, f.alpha_high) for f in findings if of_finding(f).interval
    )
    levels.pop("", None)
    return levels.most_common(1)[0][0] if levels else ""
