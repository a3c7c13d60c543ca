"""The Markdown summary of a CI job: worst first, at most 60 kB, without text of data or model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._marks import mark_of, mark_of_verdict
from harness.records import Finding, Measurements, Message, RunRecord, Verdict
from harness.wording.language import phrase, said
from harness.wording.messages import join_words, plural, t
from harness.wording.quantities import n_of, of_finding
from harness.wording.text import NAME_LIMIT, markdown, markdown_code

if TYPE_CHECKING:
    from harness.stats import Read

MAX_BYTES = 60_000
_FOR_STANDING = 5_000
_FOR_FINDINGS = 24_000
_FOR_CHANGES = 4_000
_FOR_WAIVERS = 8_000
_FOR_DOCUMENTS = 5_000
_FOR_NOT_TESTED = 10_000


def render_summary(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the summary.

    Notes and caveats of measurements may name words of the data; they are not shown here.

    Args:
        run: The sealed run.
        measurements: Say which groups a finding is about; nothing else of them is shown.
        verdict: What the policy concluded.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    verdict = view.dated(verdict)
    spoken = view.spoken(run, measurements, verdict)
    mark = mark_of_verdict(verdict.verdict)
    blocks = [
        f"## {mark.symbol} {mark.word}",
        markdown(view.banner(verdict)),
        markdown_table(_facts(run, verdict)),
        *_standing(run, verdict),
        t("summary.counts", counts=view.counts_words(verdict)),
        *_open_findings(verdict, spoken),
        *_changes(measurements, verdict),
        *_waivers(verdict),
        *_documents(verdict),
        *_not_tested(run, verdict),
        f"### {t('front.check')}",
        markdown_code(t("check.verify", run=run.run_id)),
        markdown(
            t(
                "check.agree",
                run_digest=view.short(verdict.run_digest),
                policy_digest=view.short(verdict.policy.digest),
            )
        ),
    ]
    return "\n\n".join(blocks) + "\n"


def _facts(run: RunRecord, verdict: Verdict) -> Iterator[list[str]]:
    yield [t("summary.model"), markdown(run.model.name, NAME_LIMIT)]
    yield [t("summary.policy"), markdown(view.policy_words(verdict))]
    yield [t("summary.data"), markdown(view.data_words(run, verdict))]
    yield [t("summary.run"), markdown_code(run.run_id, NAME_LIMIT)]
    yield [t("summary.exit"), str(verdict.exit_code)]
    if flags := view.chips(run, verdict):
        yield ["", markdown(join_words(flags))]


def _standing(run: RunRecord, verdict: Verdict) -> list[str]:
    lines = _lines(standing.all_sentences(run, verdict), _FOR_STANDING)
    return ["\n".join(lines)] if lines else []


def _open_findings(verdict: Verdict, spoken: dict[view.Place, Message]) -> list[str]:
    findings = view.still_open(verdict)
    if not findings:
        return []
    columns = [
        t("findings.column-outcome"),
        t("findings.column-rule"),
        t("summary.where"),
        t("fact.value"),
        t("fact.n"),
        t("fact.limit"),
    ]
    rows = _fitting((_row(f, spoken.get(view.place(f))) for f in findings), _FOR_FINDINGS)
    blocks = [f"### {t('summary.open')}", markdown_table([columns, *rows])]
    if n_more := len(findings) - len(rows):
        blocks.append(plural("summary.left-out", n_more))
    return blocks


def _row(finding: Finding, spoken: Message | None) -> list[str]:
    mark = mark_of(finding)
    title = markdown(phrase(finding.title), 160)
    also = f" {markdown(said(spoken))}" if spoken else ""
    ids = join_words(markdown(one, NAME_LIMIT) for one in (finding.rule, *finding.clauses[:6]))
    return [
        f"{mark.symbol} {markdown(mark.word)}",
        f"**{title}** {markdown(said(finding.because), 300)}{also} *{ids}*",
        markdown(view.where(finding.slice, finding.dataset), 2 * NAME_LIMIT),
        markdown(of_finding(finding).text),
        markdown(n_of(finding)),
        markdown(standing.limit_basis(finding), 2 * NAME_LIMIT),
    ]


def _changes(measurements: Measurements, verdict: Verdict) -> list[str]:
    head = standing.change_columns(verdict)
    rows = [
        [
            markdown(one.finding.rule, NAME_LIMIT),
            markdown(view.where(one.finding.slice, one.finding.dataset), 2 * NAME_LIMIT),
            *(markdown(number) for number in (one.old, one.new, one.difference)),
        ]
        for one in standing.changes(measurements, verdict)
    ]
    return _block("change", [t("findings.column-rule"), t("summary.where"), *head], rows)


def _waivers(verdict: Verdict) -> list[str]:
    columns = ("state", "id", "rule", "value", "owner", "approved", "expires")
    rows = [
        [
            f"**{markdown(one.state)}**",
            f"{markdown(one.id)} {markdown(' '.join(one.remarks), 300)}",
            *(markdown(cell, 200) for cell in (one.rule, one.value, one.owner, one.approved)),
            markdown(one.expires),
        ]
        for one in standing.waivers(verdict)
    ]
    return _block("waiver", [t(f"waiver.{column}") for column in columns], rows)


def _documents(verdict: Verdict) -> list[str]:
    columns = ("rule", "document", "signed", "when", "expires", "sample")
    rows = [
        [
            f"{markdown(one.outcome)}",
            standing.rule_basis(one.finding, markdown(one.finding.rule, NAME_LIMIT)),
            *(
                markdown(cell, 200)
                for cell in (one.name, one.signed, one.when, one.expires, one.sample)
            ),
        ]
        for one in standing.documents(verdict)
    ]
    head = [t("findings.column-outcome"), *(t(f"document.{column}") for column in columns)]
    found = _block("document", head, rows)
    return [*found[:1], t("document.note"), *found[1:]] if found else []


_ROOM = {"change": _FOR_CHANGES, "waiver": _FOR_WAIVERS, "document": _FOR_DOCUMENTS}


def _block(
    kind: Literal["change", "waiver", "document"], head: list[str], rows: list[list[str]]
) -> list[str]:
    """Return a heading and a table, cut to its share of the summary; nothing for no rows."""
    if not rows:
        return []
    kept = _fitting(rows, _ROOM[kind])
    blocks = [f"### {t(f'{kind}.title')}", markdown_table([head, *kept])]
    if n_more := len(rows) - len(kept):
        blocks.append(plural(f"{kind}.more", n_more))
    return blocks


def _not_tested(run: RunRecord, verdict: Verdict) -> list[str]:
    open_ = view.not_tested(run, verdict) or [t("not-tested.none")]
    lines = _lines(open_, _FOR_NOT_TESTED)
    if n_more := len(open_) - len(lines):
        lines.append("- " + plural("not-tested.more", n_more))
    n = len(view.not_tested(run, verdict))
    title = t("summary.not-tested", title=t("front.not-tested"), n=n)
    return [f"### {title}", "\n".join(lines), markdown(t("not-tested.always"))]


def _lines(sentences: Iterable[str], n_bytes: int) -> list[str]:
    """Return list items, as many as fit."""
    return [row[0] for row in _fitting(([f"- {markdown(words)}"] for words in sentences), n_bytes)]


def markdown_table(rows: Iterable[list[str]]) -> str:
    """Return a table; GitHub needs a head, so the first row is one."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _fitting(rows: Iterable[list[str]], n_bytes: int) -> list[list[str]]:
    kept = []
    for row in rows:
        n_bytes -= sum(len(cell.encode()) + 3 for cell in row) + 2
        if n_bytes < 0:
            break
        kept.append(row)
    return kept
