"""What the terminal shows after a gate: one line for each finding, worst first, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._marks import Mark, mark_of, mark_of_verdict
from harness.records import ALL, Finding, Measurements, Message, RunRecord, Verdict
from harness.wording.language import said
from harness.wording.messages import enumerate_words, join_words, plural, t
from harness.wording.quantities import count, duration, of_finding
from harness.wording.text import NAME_LIMIT, cells, cut, fit, one_line, wrap

_OPEN_LINES = 12
_CLOSED_LINES = 8
_LINES_OF_A_RULE = 3
_SENTENCES = 4
_LINES_OF_A_SENTENCE = 5
_MIN_WIDTH = 60
_NEXT_INDENT = 8
_WIDEST = (30, 30, 34, 34)
_GAP = "  "
_STANDING = 8
_WAIVERS = 3
_NOT_TESTED = 3
_WORD_JOINER = "\u2060"


def render_screen(
    run: RunRecord,
    measurements: Measurements,
    verdict: Verdict,
    *,
    place: str,
    color: bool,
    width: int,
    seconds: float | None,
) -> str:
    """Return the screen, ending in a line break.

    Args:
        run: The sealed run.
        measurements: Say which groups a finding is about; nothing else of them is shown.
        verdict: What the policy concluded.
        place: Where the run lies, as the next command names it.
        color: Whether words are coloured; they are the same words without.
        width: Columns of the terminal.
        seconds: How long it took; None where that is not known.
    """
    width = max(width, _MIN_WIDTH)
    verdict = view.dated(verdict)
    place = one_line(place, 200)
    lines = [
        *_head(run, verdict, width),
        *_standing(run, verdict, width),
        *_findings(verdict, view.spoken(run, measurements, verdict), width, color=color),
        *_foot(run, verdict, width, place=place, seconds=seconds, color=color),
    ]
    return "".join(f"{_inert(line.rstrip())}\n" for line in lines)


def _inert(line: str) -> str:
    """Return a line that is no command to a CI server that reads what is printed."""
    if not line.lstrip().startswith("::") and "##[" not in line:
        return line
    return line.replace("::", f":{_WORD_JOINER}:").replace("##[", f"##{_WORD_JOINER}[")


def _head(run: RunRecord, verdict: Verdict, width: int) -> list[str]:
    digest = run.model.weights_digest
    name = one_line(run.model.name, NAME_LIMIT)
    model = t("screen.model-digest", model=name, digest=one_line(digest[:7])) if digest else name
    if digest and (adapter := run.model.adapter_digest):
        base = one_line(run.model.base or "", NAME_LIMIT)
        model = t(
            "screen.adapter",
            model=name,
            adapter=one_line(adapter[:7]),
            base=base,
            digest=one_line(digest[:7]),
        )
    policy = t("screen.policy", policy=view.policy_words(verdict))
    data = t("screen.data", data=view.data_words(run, verdict))
    flags = [f"[{words}]" for words in view.chips(run, verdict)]
    return _flow([model, policy, data, *flags], width)


def _standing(run: RunRecord, verdict: Verdict, width: int) -> Iterator[str]:
    """Say what limits the verdict, and what became of each waiver, those that need somebody first."""
    lines = standing.sentences(run, verdict)[:_STANDING]
    found = standing.waivers(verdict)
    urgent = [w for w in found if w.is_idle or w.is_ending]
    calm = [w for w in found if w not in urgent]
    shown = [*urgent[:_WAIVERS], *calm[:_WAIVERS]]
    lines += [f"{waiver.line} {waiver.remarks[0]}" for waiver in shown]
    if n_more := len(found) - len(shown):
        lines.append(plural("waiver.more", n_more))
    for words in lines:
        yield from _wrapped(words, width, indent=_GAP)


def _findings(
    verdict: Verdict, spoken: dict[view.Place, Message], width: int, *, color: bool
) -> Iterator[str]:
    if not verdict.findings:
        yield _GAP + t("screen.no-findings")
    signed = tuple(f for f in verdict.findings if f.is_of_evidence)
    if signed:
        measured = tuple(f for f in verdict.findings if not f.is_of_evidence)
        verdict = replace(verdict, findings=measured)
    yield from _listed(verdict, spoken, width, color=color)
    if signed:
        yield t("list.term", term=t("document.title"), words=t("document.note"))
        yield from _listed(replace(verdict, findings=signed), {}, width, color=color)


def _listed(
    verdict: Verdict, spoken: dict[view.Place, Message], width: int, *, color: bool
) -> Iterator[str]:
    lines, n_more = _open_lines(verdict, spoken)
    lines_closed = _closed_lines(verdict)
    columns = _columns([*lines, *lines_closed[:_CLOSED_LINES]])
    n_sentences = 0
    for line in lines:
        yield line.written(columns, width, color=color)
        if line.sentences and n_sentences < _SENTENCES:
            n_sentences += 1
            for sentence in line.sentences:
                yield from _wrapped(sentence, width)
    if n_more:
        yield _GAP + plural("screen.more", n_more)
    for line in lines_closed[:_CLOSED_LINES]:
        yield line.written(columns, width, color=color)
    if n_rest := sum(line.n for line in lines_closed[_CLOSED_LINES:]):
        yield _GAP + plural("screen.passed", n_rest)


def _open_lines(verdict: Verdict, spoken: dict[view.Place, Message]) -> tuple[list[_Line], int]:
    """Return lines for the worst findings, and how many findings have none.

    A rule has three lines at most, so that one rule with many slices hides no other.
    """
    kept: list[_Line] = []
    n_by_rule: dict[str, int] = {}
    n_more = 0
    for finding in view.still_open(verdict):
        n_by_rule[finding.rule] = n_by_rule.get(finding.rule, 0) + 1
        if n_by_rule[finding.rule] > _LINES_OF_A_RULE or len(kept) >= _OPEN_LINES:
            n_more += 1
        else:
            kept.append(_line(finding, spoken.get(view.place(finding))))
    return kept, n_more


def _closed_lines(verdict: Verdict) -> list[_Line]:
    """Return one line for each rule that passed or does not apply, its slices counted."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in view.closed(verdict):
        groups.setdefault((finding.rule, finding.outcome), []).append(finding)
    return [_line(found[0]) if len(found) == 1 else _group_line(found) for found in groups.values()]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the list: rule, outcome, value, limit, where; and how many findings it stands for."""

    cells: tuple[str, str, str, str, str]
    mark: Mark
    sentences: tuple[str, ...] = ()
    n: int = 1

    def written(self, columns: Sequence[int], width: int, *, color: bool) -> str:
        fitted = [fit(cell, w) for cell, w in zip(self.cells, columns, strict=False)]
        room = width - sum(columns) - len(_GAP) * 5
        # where it does not fit, the slice and its n take a line of their own: they are never cut
        is_beside = cells(self.cells[4]) <= room
        fitted.append(self.cells[4] if is_beside else "")
        line = cut((_GAP + _GAP.join(fitted)).rstrip(), width)
        # after cutting, so that a colour never counts as text
        line = _painted(line, fitted[1].rstrip(), self.mark, columns[0]) if color else line
        below = "" if is_beside else "\n" + cut(_GAP * 2 + self.cells[4], width)
        return line.rstrip() + below


def _line(finding: Finding, spoken: Message | None = None) -> _Line:
    words = [view.where(finding.slice, finding.dataset)] if finding.slice != ALL else []
    if finding.n is not None:
        words.append(f"n={count(finding.n)}")
    decides = view.effect(finding) in ("blocks", "leaves-incomplete")
    lines = [one_line(said(one)) for one in (spoken, finding.because) if one]
    if finding.clauses:
        clauses = enumerate_words([one_line(one, NAME_LIMIT) for one in finding.clauses[:6]])
        lines.append(t("screen.clauses", clauses=clauses))
    return _Line(
        (
            one_line(finding.rule, NAME_LIMIT),
            mark_of(finding).word.lower(),
            of_finding(finding).text,
            standing.limit_basis(finding),
            join_words(words),
        ),
        mark_of(finding),
        tuple(lines) if decides else (),
    )


def _group_line(found: list[Finding]) -> _Line:
    first = _line(found[0])
    rule, outcome, _, limit, _ = first.cells
    same = limit if all(standing.limit_basis(f) == limit for f in found) else ""
    slices = plural("screen.slices", len(found))
    return _Line((rule, outcome, slices, same, ""), first.mark, n=len(found))


def _columns(lines: Sequence[_Line]) -> list[int]:
    """Return the widths of rule, outcome, value and limit."""
    return [
        min(cap, max((cells(line.cells[i]) for line in lines), default=0))
        for i, cap in enumerate(_WIDEST)
    ]


def _painted(line: str, word: str, mark: Mark, rule_width: int) -> str:
    """Colour the outcome where it stands, behind the column of the rule."""
    start = len(line) - len(_after(line, len(_GAP) * 2 + rule_width))
    if not line.startswith(word, start):
        return line
    return f"{line[:start]}{_paint(word, mark)}{line[start + len(word) :]}"


def _after(line: str, width: int) -> str:
    """Return what stands behind the first columns of a line."""
    used = 0
    for i, c in enumerate(line):
        if used >= width and cells(c):
            return line[i:]
        used += cells(c)
    return ""


def _paint(text: str, mark: Mark) -> str:
    return f"\x1b[{mark.sgr}m{text}\x1b[0m"


def _wrapped(text: str, width: int, indent: str = _GAP * 2) -> Iterator[str]:
    lines = wrap(text, min(width, 100) - len(indent))
    if len(lines) > _LINES_OF_A_SENTENCE:
        last = " ".join(lines[_LINES_OF_A_SENTENCE - 1 :])
        lines[_LINES_OF_A_SENTENCE - 1] = cut(last, min(width, 100) - len(indent))
    yield from (indent + line for line in lines[:_LINES_OF_A_SENTENCE])


def _foot(
    run: RunRecord, verdict: Verdict, width: int, *, place: str, seconds: float | None, color: bool
) -> list[str]:
    head = t("screen.verdict", verdict=verdict.verdict, code=verdict.exit_code)
    parts = [head, view.counts_words(verdict)]
    unknown = view.not_tested(run, verdict)
    if unknown:
        parts.append(plural("screen.not-tested", len(unknown)))
    if seconds is not None:
        parts.append(duration(seconds))
    lines = _flow(parts, width)
    if color:
        word = _paint(verdict.verdict, mark_of_verdict(verdict.verdict))
        lines[0] = lines[0].replace(verdict.verdict, word, 1)
    steps = [t(f"screen.{step}", place=place) for step in ("open", "verify")]
    next_ = _flow(steps, width - _NEXT_INDENT)
    margins = [fit(t("screen.next"), _NEXT_INDENT), *[" " * _NEXT_INDENT] * len(next_)]
    return [
        *lines,
        *_unknown(unknown, width),
        *wrap(view.banner(verdict), width),
        t("screen.run", place=place),
        *(margin + line for margin, line in zip(margins, next_, strict=False)),
    ]


def _unknown(lines: list[str], width: int) -> Iterator[str]:
    """Say the worst of what was not tested."""
    for words in lines[:_NOT_TESTED]:
        yield cut(_GAP + words, width)
    if n_more := len(lines[_NOT_TESTED:]):
        yield _GAP + plural("screen.not-tested-more", n_more)


def _flow(parts: list[str], width: int) -> list[str]:
    """Set parts side by side, breaking the line between them where it would be too long."""
    lines: list[str] = []
    for part in parts:
        candidate = f"{lines[-1]}   {part}" if lines else part
        if lines and cells(candidate) <= width:
            lines[-1] = candidate
        else:
            lines.append(cut(part, width))
    return lines
