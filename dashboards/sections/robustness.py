"""Robustness: what edits change, and what an attack changes beside random edits."""

from __future__ import annotations

from dashboards.sections import common
from dashboards.source import Opened
from dashboards.wording import t
from harness.records import ALL, slice_columns

AUDITS = ("robustness",)

HEADLINE = (
    "robustness.flip-rate", "robustness.worst-edit-flip-rate", "robustness.attack-success-rate",
    "robustness.random-attack-success-rate", "robustness.attack-gain",
)  # fmt: skip

_ATTACKS = ("robustness.attack-success-rate", "robustness.random-attack-success-rate")


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return common.has_any(opened, AUDITS)


def show(opened: Opened) -> None:
    """Show the section."""
    common.headline(opened, HEADLINE)
    _edits(opened)
    _attacks(opened)
    common.all_values(opened, AUDITS, key="robustness")


def _edits(opened: Opened) -> None:
    """Show every edit: how many decisions change, and how far the score moves; the worst first."""
    keys = ("robustness.flip-rate", "robustness.score-change")
    for number, key in enumerate(keys):
        found = [m for m in opened.measurements.measurements if m.measure == key and m.slice != ALL]
        found.sort(key=lambda m: -(m.estimate.value or 0.0))
        if not found:
            continue
        if number == 0:
            common.head(t("robustness.edits"))
        names = {m.slice: slice_columns(m.slice).get("edit", m.slice) for m in found}
        title = common.title_of(opened, key)
        common.compared(opened, found, key=f"robustness-{number}", title=title, names=names)


def _attacks(opened: Opened) -> None:
    found = [m for m in opened.measurements.measurements if m.measure in _ATTACKS]
    if not found:
        return
    found.sort(key=lambda m: (m.dataset, m.slice != ALL, m.slice, _ATTACKS.index(m.measure)))
    names = {
        key: t(f"robustness.{word}")
        for key, word in zip(_ATTACKS, ("ranked", "random"), strict=True)
    }
    labels = [f"{names[m.measure]}: {common.about(m)}" for m in found]
    common.head(t("robustness.attacks"))
    common.compared(
        opened, found, key="robustness-attacks", title=t("robustness.attacks-title"), labels=labels,
        controls=_ATTACKS[1:],
    )  # fmt: skip
