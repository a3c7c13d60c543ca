"""Measurements and findings as pandas tables; what is missing is NA, never NaN and never 0."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.errors import MissingExtra

if TYPE_CHECKING:
    import pandas as pd

    from harness.records import Finding, Measurement, Measurements, Verdict

_WHERE = (("measure", "string"), ("dataset", "string"), ("slice", "string"))
_ENDS = ("value", "low", "high", "alpha_low", "alpha_high")
_NUMBERS = (*((name, "Float64") for name in _ENDS), ("n", "Int64"))
_MEASURED = (
    *_WHERE,
    *_NUMBERS,
    ("unit", "string"),
    ("method", "string"),
    ("why_undefined", "string"),
    ("share", "Float64"),
)
_FOUND = (
    ("rule", "string"),
    ("severity", "string"),
    ("outcome", "string"),
    *_WHERE,
    ("limit", "string"),
    *_NUMBERS,
    ("n_needed", "Int64"),
    ("unit", "string"),
    ("because", "string"),
)


def measurement_frame(measurements: Measurements) -> pd.DataFrame:
    """Return one row for each measurement, in the order of the sealed file.

    Columns: measure, dataset, slice, value, low, high, alpha_low, alpha_high (one-sided error of
    each end), n, unit, method, why_undefined (set exactly where value is NA), share (of the data
    set's examples in the slice).

    Raises:
        MissingExtra: If pandas is not installed.
    """
    return frame_of(_MEASURED, [_measured(one) for one in measurements.measurements])


def finding_frame(verdict: Verdict) -> pd.DataFrame:
    """Return one row for each finding, worst first.

    Columns: rule, severity, outcome, measure, dataset, slice, limit, value, low, high, alpha_low,
    alpha_high, n, n_needed (examples that would decide it), unit, because.

    Raises:
        MissingExtra: If pandas is not installed.
    """
    return frame_of(_FOUND, [_found(one) for one in verdict.findings])


def _measured(one: Measurement) -> dict[str, Any]:
    why = one.estimate.why_undefined
    own = {name: getattr(one, name) for name in ("measure", "dataset", "slice", "share")}
    return own | _numbers(one.estimate, "method") | {"why_undefined": why.text if why else None}


def _found(one: Finding) -> dict[str, Any]:
    names = ("rule", "severity", "outcome", "measure", "dataset", "slice", "limit", "n_needed")
    own = {name: getattr(one, name) or None for name in names}
    return own | _numbers(one) | {"because": one.because.text}


def _numbers(one: Any, *more: str) -> dict[str, Any]:
    names = (*_ENDS, "n", "unit", *more)
    return {name: None if (found := getattr(one, name)) == "" else found for name in names}


def frame_of(columns: Sequence[tuple[str, str]], rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table of columns of the given nullable types.

    Raises:
        MissingExtra: If pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError as err:
        raise MissingExtra(
            "A data frame needs the package 'pandas', which is not installed. "
            "Run: pip install 'modelassay[audit]'"
        ) from err
    return pandas.DataFrame(
        {name: pandas.array([row[name] for row in rows], dtype=kind) for name, kind in columns}
    )
