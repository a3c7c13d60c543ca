"""The Markdown summary of a CI job: worst first, at most 60 kB, without text of data or model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from harness.exports import _view as view
from harness.exports._marks import mark_of, mark_of_verdict
from harness.records import Finding, Measurements, Message, RunRecord, Verdict
from harness.wording.messages import plural, t
from harness.wording.quantities import limit_words, n_of, of_finding
from harness.wording.text import NAME_LIMIT, markdown, markdown_code

if TYPE_CHECKING:
    from harness.stats import Read

MAX_BYTES = 60_000
_FOR_FINDINGS = 36_000
_FOR_NOT_TESTED = 18_000


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
    spoken = view.spoken(run, measurements, verdict)
    mark = mark_of_verdict(verdict.verdict)
    blocks = [
        f"## {mark.symbol} {mark.word}",
        markdown(view.banner(verdict)),
        _table(_facts(run, verdict)),
        t("summary.counts", counts=view.counts_words(verdict)),
        *_open_findings(verdict, spoken),
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
        yield ["", markdown(", ".join(flags))]


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
    blocks = [f"### {t('summary.open')}", _table([columns, *rows])]
    if n_more := len(findings) - len(rows):
        blocks.append(plural("summary.left-out", n_more))
    return blocks


def _row(finding: Finding, spoken: Message | None) -> list[str]:
    mark = mark_of(finding)
    title = markdown(finding.title, 160)
    said = f" {markdown(spoken.text)}" if spoken else ""
    return [
        f"{mark.symbol} {markdown(mark.word)}",
        f"**{title}** {markdown(finding.because.text, 300)}{said}",
        markdown(view.where(finding.slice, finding.dataset), 2 * NAME_LIMIT),
        markdown(of_finding(finding).text),
        markdown(n_of(finding)),
        markdown(limit_words(finding), NAME_LIMIT),
    ]


def _not_tested(run: RunRecord, verdict: Verdict) -> list[str]:
    said = view.not_tested(run, verdict) or [t("not-tested.none")]
    rows = _fitting(([f"- {markdown(words)}"] for words in said), _FOR_NOT_TESTED)
    lines = [row[0] for row in rows]
    if n_more := len(said) - len(rows):
        lines.append("- " + plural("not-tested.more", n_more))
    return [f"### {t('front.not-tested')}", "\n".join(lines), markdown(t("not-tested.always"))]


def _table(rows: Iterable[list[str]]) -> str:
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
