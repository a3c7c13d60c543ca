"""Everything that no other section shows, such as what audits of a plug-in measured."""

from __future__ import annotations

from dashboards.parts.text import md
from dashboards.sections import (
    accuracy,
    common,
    data,
    explanations,
    fairness,
    privacy,
    robustness,
)
from dashboards.source import Opened

_SHOWN = frozenset(
    audit
    for section in (accuracy, data, explanations, fairness, privacy, robustness)
    for audit in section.AUDITS
)


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return bool(_audits(opened))


def show(opened: Opened) -> None:
    """Show the section: a table for each audit."""
    for audit in _audits(opened):
        common.head(md(audit))
        found = common.measured(opened, (audit,))
        common.values(opened, found, name=f"measurements-{len(found)}", key=f"others-{audit}")


def _audits(opened: Opened) -> list[str]:
    found = dict.fromkeys(common.audit_of(m.measure) for m in opened.measurements.measurements)
    return [audit for audit in found if audit not in _SHOWN]
