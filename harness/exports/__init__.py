"""Exports: what people and machines read, made from the run, its measurements and its verdict.

Every renderer is a pure function from nouns to text; ``verdict.json`` is the only source, so no two
of them can disagree. Nothing here imports more than the standard library. The forms that a gate does
not write are imported when they are asked for.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from harness.exports.card import (
    render_measurements_card,
    render_run_card,
    render_verdict_card,
)
from harness.exports.html_report import render_html
from harness.exports.junit import render_junit
from harness.exports.screen import render_screen
from harness.exports.small_cells import least_cell, run_shown, without_small_cells
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
        reads_as: What it is for, in a few words.
    """

    file_name: str
    render: Renderer
    reads_as: str


def render_json(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return the verdict as one JSON document with its schema version.

    Raises:
        ValueError: If a number is not finite.
    """
    del run, measurements, read
    return to_json(verdict)


def _later(module: str, function: str) -> Renderer:
    """Return a renderer whose module is imported when it is called."""

    def render(
        run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
    ) -> str:
        found = getattr(import_module(f"harness.exports.{module}"), function)
        return cast("Renderer", found)(run, measurements, verdict, read=read)

    return render


def placed(verdict: Verdict, path: str | None) -> Verdict:
    """Return a verdict whose findings point at the policy where it lies in a repository.

    A verdict knows the name of the policy's file only. Packs that it extends keep theirs.

    Args:
        verdict: What the policy concluded.
        path: Where the policy lies, relative to the root of the repository; None changes nothing.
    """
    if path is None or path.startswith("builtin/"):
        return verdict
    own, path = verdict.policy.place, path.removeprefix("./")
    findings = tuple(
        replace(finding, place=path + finding.place.removeprefix(own))
        if finding.place.rpartition(":")[0] == own
        else finding
        for finding in verdict.findings
    )
    return replace(verdict, findings=findings, policy=replace(verdict.policy, place=path))


def dangling_references(document: object) -> list[str]:
    """Return every reference of an OSCAL document to a uuid that it does not define."""
    from harness.exports.oscal import dangling_references as found

    return found(document)


EXPORTS: dict[str, Export] = {
    "html": Export("report.html", render_html, "the report of a reviewer"),
    "md": Export("summary.md", render_summary, "job summary of a CI run"),
    "junit": Export("junit.xml", render_junit, "JUnit XML of CI servers"),
    "json": Export("verdict.json", render_json, "the verdict itself"),
    "sarif": Export(
        "results.sarif", _later("sarif", "render_sarif"), "SARIF 2.1.0 with every finding"
    ),
    "sarif-alerts": Export(
        "alerts.sarif",
        _later("sarif", "render_sarif_alerts"),
        "SARIF of what did not pass, for GitHub code scanning",
    ),
    "annotations": Export(
        "annotations.txt",
        _later("annotations", "render_annotations"),
        "workflow commands of GitHub, ten at most",
    ),
    "metrics": Export(
        "metrics.txt", _later("openmetrics", "render_metrics"), "OpenMetrics for GitLab"
    ),
    "oscal": Export("oscal-ar.json", _later("oscal", "render_oscal"), "OSCAL assessment results"),
    "cyclonedx": Export(
        "bom.cdx.json", _later("cyclonedx", "render_cyclonedx"), "CycloneDX ML-BOM"
    ),
    "model-card": Export(
        "README.md", _later("model_card", "render_model_card"), "Hugging Face model card"
    ),
    "eval-results": Export(
        "eval-results.yaml",
        _later("model_card", "render_eval_results"),
        "entries for .eval_results of the hub, of data sets of the hub",
    ),
    "gate-input": Export(
        "gate-input.json",
        _later("gate_input", "render_gate_input"),
        "flat facts for OPA; see docs/opa/release.rego",
    ),
    "coverage": Export(
        "coverage.json",
        _later("coverage", "render_coverage"),
        "every rule, data set and slice with its outcome",
    ),
    "coverage-csv": Export(
        "coverage.csv", _later("coverage", "render_coverage_csv"), "the same as a table"
    ),
}
"""Format → file name and renderer: the one table of the command line and of the pipeline."""

__all__ = [
    "EXPORTS",
    "Export",
    "dangling_references",
    "least_cell",
    "placed",
    "render_html",
    "render_json",
    "render_junit",
    "render_measurements_card",
    "render_run_card",
    "render_screen",
    "render_summary",
    "render_verdict_card",
    "run_shown",
    "without_small_cells",
]
