"""Writing the exports of a gate where a CI job wants them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import AssayError, raise_all
from harness.evidence import Bundle
from harness.exports import (
    EXPORTS,
    dangling_references,
    least_cell,
    placed,
    run_shown,
    without_small_cells,
)
from harness.files import check_place, disk_errors, write_whole
from harness.records import Verdict

APPENDED = "md"
"""The job summary is a file that other steps write to as well."""


def check_places(paths: Iterable[Path]) -> None:
    """Refuse places that cannot be written before anything is judged.

    Raises:
        IncompleteError: If one of them cannot be written.
    """
    for path in paths:
        check_place(path)


def write_exports(
    bundle: Bundle,
    verdict: Verdict,
    places: Mapping[str, Path],
    *,
    policy_path: str | None,
    has_annotations: bool,
) -> str:
    """Write each form to its place, and return the annotations where they are wanted.

    What is written here is read outside of the bundle, so it shows no small cells, like `assay report`.

    Args:
        bundle: The run.
        verdict: What the policy concluded.
        places: Form of ``EXPORTS`` → file.
        policy_path: The policy as it was named on the command line.
        has_annotations: Whether annotations are wanted.

    Raises:
        IncompleteError: If a place cannot be written.
    """
    if not places and not has_annotations:
        return ""
    record = bundle.record
    seen = placed(verdict, _below_here(policy_path))
    least = least_cell(record)
    shown = without_small_cells(record, bundle.measurements, seen, least)
    record = run_shown(record, bundle.measurements, least)
    # all are rendered before the first is written
    texts = {form: EXPORTS[form].render(record, *shown) for form in places}
    for form, path in places.items():
        if form == APPENDED:
            with disk_errors(path), path.open("a", encoding="utf-8") as stream:
                stream.write(texts[form] + "\n")
        else:
            write_whole(path, texts[form])
    return EXPORTS["annotations"].render(record, *shown) if has_annotations else ""


def check_oscal(text: str) -> str:
    """Look for references without an end, and let compliance-trestle read the text where it is installed.

    Args:
        text: Assessment results as they were rendered.

    Returns:
        One sentence on what was checked.

    Raises:
        AssayError: If the document is not one; this is our fault and not the user's.
    """
    from importlib.util import find_spec

    problems = dangling_references(json.loads(text))
    raise_all(AssayError, [f"The OSCAL document points nowhere: {one}." for one in problems])
    if find_spec("trestle") is None:
        return "OSCAL: references were checked; for the schema run pip install 'modelassay[oscal]' first."
    from trestle.oscal.assessment_results import Model

    Model.model_validate_json(text)
    return "OSCAL: read by compliance-trestle, references checked."


def _below_here(path: str | None) -> str | None:
    """Return a path relative to where the command runs, as code hosts want it, where it lies below."""
    if path is None or not Path(path).is_absolute():
        return path
    here = Path.cwd()
    return Path(path).relative_to(here).as_posix() if Path(path).is_relative_to(here) else path
