"""Exports: what people and machines read, made from the run, its measurements and its verdict.

Every renderer is a pure function from nouns to text; ``verdict.json`` is the only source, so no two
of them can disagree. Nothing here imports more than the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from harness.exports.card import (
    render_measurements_card,
    render_run_card,
    render_verdict_card,
)
from harness.exports.html_report import render_html
from harness.exports.junit import render_junit
from harness.exports.screen import render_screen
from harness.exports.small_cells import least_cell, without_small_cells
from harness.exports.summary import render_summary
from harness.records import Measurements, RunRecord, Verdict, to_json

if TYPE_CHECKING:
    from harness.stats import Read


class Renderer(Protocol):
    """Writes the text of one form; ``read`` loads evidence that lies in a file of the bundle."""

    def __call__(
        self,
        run: RunRecord,
        measurements: Measurements,
        verdict: Verdict,
        *,
        read: Read | None = None,
    ) -> str:
        """Return the text, ending in a line break."""
        ...


class Export(NamedTuple):
    """One form of the same verdict.

    Attributes:
        file_name: Name of the file in the folder of the gate.
        render: Writes its text.
    """

    file_name: str
    render: Renderer


def render_json(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the verdict as one JSON document with its schema version.

    Raises:
        ValueError: If a number is not finite.
    """
    del run, measurements, read
    return to_json(verdict)


EXPORTS: dict[str, Export] = {
    "html": Export("report.html", render_html),
    "md": Export("summary.md", render_summary),
    "junit": Export("junit.xml", render_junit),
    "json": Export("verdict.json", render_json),
}
"""Format → file name and renderer: the one table of the command line and of the pipeline."""

__all__ = [
    "EXPORTS",
    "Export",
    "least_cell",
    "render_html",
    "render_json",
    "render_junit",
    "render_measurements_card",
    "render_run_card",
    "render_screen",
    "render_summary",
    "render_verdict_card",
    "without_small_cells",
]
