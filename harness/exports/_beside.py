"""Parts of the HTML report about what stands beside the findings: waivers, documents, the last release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._parts import bullets, code, num, part, section, table
from harness.records import Measurements, RunRecord, Verdict
from harness.records.releasable import is_baseline_unreleased
from harness.wording.language import phrase
from harness.wording.markup import Child, Html, el
from harness.wording.messages import plural, t
from harness.wording.text import NAME_LIMIT, one_line

_MOST = 300
NOT_TESTED = "not-tested"
"""Anchor of the list of what was not tested."""


def standing_part(run: RunRecord, verdict: Verdict, *, is_linked: bool = False) -> Html | None:
    """Return what limits the verdict as a list; nothing where nothing does.

    Args:
        run: The sealed run.
        verdict: What the policy concluded.
        is_linked: Whether the page has the list of what was not tested, to which a link then leads.
    """
    lines: list[Child] = [*standing.sentences(run, verdict)]
    if (left_out := standing.not_tested_words(run, verdict)) is not None:
        # first: on a telephone the end of a long list lies below the first screen
        lines.insert(0, el("a", left_out, href=f"#{NOT_TESTED}") if is_linked else left_out)
    return (
        el("div", part(t("standing.title"), bullets(lines)), class_="standing") if lines else None
    )


def beside(measurements: Measurements, verdict: Verdict, most: int) -> Iterator[Html]:
    """Yield the parts that there is something to say for, each with so many rows at most.

    Args:
        measurements: What this run measured, to stand beside the last release.
        verdict: What the policy concluded.
        most: Rows of a table.
    """
    tables = (
        ("change", "", _changes(measurements, verdict)),
        ("waiver", "", _waivers(verdict)),
        ("document", t("document.note"), _documents(verdict)),
    )
    for kind, note, (head, rows) in tables:
        if rows:
            n_more = len(rows[most:])
            key = f"{kind}.more" if most >= _MOST else "beside.more"
            is_named = kind == "change" and is_baseline_unreleased(verdict)
            title = t("change.title-baseline") if is_named else t(f"{kind}.title")
            yield part(
                title,
                el("p", note, class_="muted") if note else None,
                table(
                    head,
                    [_labelled(head, row) for row in rows[:most]],
                    label=title,
                    kind="beside",
                ),
                el("p", plural(key, n_more), class_="muted small") if n_more else None,
            )


def beside_section(measurements: Measurements, verdict: Verdict, shown: int) -> Html | None:
    """Return the section with all of it, where the first page could not hold everything."""
    whole = [
        rows
        for _, rows in (_changes(measurements, verdict), _waivers(verdict), _documents(verdict))
    ]
    if all(len(rows) <= shown for rows in whole):
        return None
    title = "section.beside-baseline" if is_baseline_unreleased(verdict) else "section.beside"
    return section(t(title), "beside", *beside(measurements, verdict, _MOST))


def _labelled(head: Sequence[str], row: list[Child]) -> list[Child]:
    """Return the cells of a row with their column's name, which narrow screens show."""
    first, *rest = row
    named = zip(head[1:], rest, strict=True)
    return [
        first,
        *(el("div", el("span", f"{name}: ", class_="label"), cell) for name, cell in named),
    ]


_Table = tuple[Sequence[str], list[list[Child]]]


def _changes(measurements: Measurements, verdict: Verdict) -> _Table:
    head = [t("findings.column-rule"), *standing.change_columns(verdict)]
    rows: list[list[Child]] = [
        [
            _under(one.finding.rule, view.where(one.finding.slice, one.finding.dataset)),
            num(one.old),
            num(one.new),
            num(one.difference),
        ]
        for one in standing.changes(measurements, verdict)
    ]
    return head, rows


def _waivers(verdict: Verdict) -> _Table:
    columns = ("id", "state", "value", "owner", "approved", "expires")
    rows: list[list[Child]] = [
        [
            _under(one.id, one.rule),
            el(
                "span",
                el("div", one.state, class_="rule"),
                *(el("div", words) for words in one.remarks),
            ),
            one.value,
            one.owner,
            one.approved,
            one.expires,
        ]
        for one in standing.waivers(verdict)
    ]
    return [t(f"waiver.{column}") for column in columns], rows


def _documents(verdict: Verdict) -> _Table:
    columns = ("rule", "document", "signed", "when", "expires", "sample")
    rows: list[list[Child]] = [
        [
            _under(phrase(one.finding.title), standing.rule_basis(one.finding)),
            el("span", el("div", one.outcome, class_="rule"), el("div", one.name)),
            one.signed,
            one.when,
            one.expires,
            num(one.sample),
        ]
        for one in standing.documents(verdict)
    ]
    return [t(f"document.{column}") for column in columns], rows


def _under(first: str, second: str) -> Html:
    return el(
        "span",
        one_line(first, NAME_LIMIT),
        el("div", code(one_line(second, NAME_LIMIT)), class_="under"),
    )
