"""How an outcome and a verdict look: always a word and an icon, the colour only in addition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.records import Finding, Outcome, VerdictWord
from harness.wording.messages import t
from harness.wording.quantities import count
from harness.wording.text import one_line

Tone = Literal["blue", "vermilion", "amber", "grey", "none"]
Icon = Literal["tick", "barred", "triangle", "scales", "question", "clock", "dash"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The look of an outcome.

    Attributes:
        word: What it is called.
        icon: Name of the drawing in the HTML report.
        symbol: One character for Markdown.
        tone: Colour of fills and, in its darker form, of the word.
        sgr: Parameters of the terminal's colour sequence.
        is_outlined, is_dashed: Whether the word stands in a frame, and of which kind.
    """

    word: str
    icon: Icon
    symbol: str
    tone: Tone
    sgr: str
    is_outlined: bool = True
    is_dashed: bool = False


def mark_of(finding: Finding) -> Mark:
    """Return the mark of a finding's outcome; a warning that failed is not drawn as a failure."""
    outcome = finding.outcome
    if outcome == "failed" and finding.severity != "block":
        return Mark(t(f"outcome.failed-{finding.severity}"), "triangle", "△", "amber", "33")
    if outcome == "inconclusive" and finding.n_needed is not None:
        return _inconclusive(t("outcome.inconclusive-n", n=count(finding.n_needed)))
    if outcome == "waived":
        return _waived(finding)
    return mark_of_outcome(outcome)


def mark_of_outcome(outcome: Outcome) -> Mark:
    """Return the mark of an outcome by itself, as the glossary shows it."""
    word = t(f"outcome.{outcome}")
    if outcome == "passed":
        return Mark(word, "tick", "✓", "blue", "36", is_outlined=False)
    if outcome == "failed":
        return Mark(word, "barred", "⊘", "vermilion", "1;31")
    if outcome == "inconclusive":
        return _inconclusive(word)
    if outcome == "waived":
        return Mark(word, "clock", "◷", "amber", "33", is_dashed=True)
    if outcome == "not-applicable":
        return Mark(word, "dash", "–", "none", "2", is_outlined=False)
    return Mark(word, "question", "?", "grey", "1")


def mark_of_verdict(verdict: VerdictWord) -> Mark:
    """Return the mark of a verdict."""
    word = t(f"verdict.{verdict}")
    if verdict == "blocked":
        return Mark(word, "barred", "⊘", "vermilion", "1;31")
    if verdict == "incomplete":
        return Mark(word, "question", "?", "grey", "1")
    if verdict == "pass-with-warnings":
        return Mark(word, "triangle", "△", "amber", "33")
    return Mark(word, "tick", "✓", "blue", "36")


def _inconclusive(word: str) -> Mark:
    return Mark(word, "scales", "⚖", "amber", "33")


def _waived(finding: Finding) -> Mark:
    date = finding.because.params.get("expires")
    word = t("outcome.waived-until", date=one_line(date, 40)) if date else t("outcome.waived")
    return Mark(word, "clock", "◷", "amber", "33", is_dashed=True)
