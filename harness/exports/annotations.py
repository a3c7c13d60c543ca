"""Annotations of a GitHub job: at most ten workflow commands, worst first, at lines of the policy.

Source: GitHub Actions, workflow commands; of one step ten of each level are shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._data import name, place_of
from harness.exports._marks import mark_of, mark_of_verdict
from harness.records import Finding, Measurements, RunRecord, Verdict
from harness.wording.messages import plural, t
from harness.wording.text import one_line

if TYPE_CHECKING:
    from harness.stats import Read

MOST = 10
_Level = Literal["error", "warning", "notice"]


def render_annotations(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return at most ten lines; the last says what else there is, and what was not measured.

    Args:
        run: The sealed run.
        measurements: Not needed; taken so that every export is called alike.
        verdict: What the policy concluded.
        read: Not needed.
    """
    del measurements, read
    verdict = view.dated(verdict)
    said = [*_of_verdict(verdict), *_of_findings(verdict), *_of_waivers(verdict)]
    shown, n_more = said[: MOST - 1], len(said[MOST - 1 :])
    last = _last(run, verdict, n_more)
    return "".join(f"{line}\n" for line in [*shown, last])


def _of_verdict(verdict: Verdict) -> Iterator[str]:
    found = view.unexplained(verdict)
    if found is not None:
        title = t("alert.verdict", verdict=verdict.verdict, code=verdict.exit_code)
        yield _command("error", verdict.policy.place, None, title, found[1])


def _of_findings(verdict: Verdict) -> Iterator[str]:
    levels: dict[str, _Level] = {
        "blocks": "error",
        "leaves-incomplete": "error",
        "warns": "warning",
        "none": "notice",
    }
    for finding in view.still_open(verdict):
        file, line = place_of(finding, verdict)
        title = t("alert.title", rule=name(finding.rule), outcome=mark_of(finding).word)
        yield _command(levels[view.effect(finding)], file, line, title, _message(finding))


def _message(finding: Finding) -> str:
    limit = standing.limit_basis(finding)
    because, title = one_line(finding.because.text), one_line(finding.title)
    return t("alert.with-limit", title=title, because=because, limit=limit)


def _of_waivers(verdict: Verdict) -> Iterator[str]:
    for waiver in standing.waivers(verdict):
        if waiver.is_ending or waiver.is_idle:
            text = f"{waiver.line} {' '.join(waiver.remarks)}"
            yield _command("warning", verdict.policy.place, None, waiver.id, text)


def _last(run: RunRecord, verdict: Verdict, n_more: int) -> str:
    mark = mark_of_verdict(verdict.verdict).word
    said = [plural("alert.more", n_more)] if n_more else []
    said += [view.banner(verdict), *standing.all_sentences(run, verdict)]
    title = t("alert.verdict", verdict=mark, code=verdict.exit_code)
    return _command("notice", verdict.policy.place, None, title, " ".join(said))


def _command(level: _Level, file: str, line: int | None, title: str, text: str) -> str:
    """Return a workflow command; what would end a property or the line is escaped."""
    pairs = {"file": name(file)} | ({"line": str(line)} if line is not None else {})
    pairs["title"] = title
    properties = ",".join(f"{key}={_property(value)}" for key, value in pairs.items())
    return f"::{level} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
