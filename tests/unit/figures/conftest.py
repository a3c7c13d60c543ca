"""Measurements and findings of groups, built from counts as an audit builds them."""

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from harness.records import (
    ALL,
    DatasetRef,
    Finding,
    Measure,
    Measurement,
    Measurements,
    Message,
    slice_name,
)
from harness.stats import (
    GroupCounts,
    exact,
    undefined,
    wilson,
    worst_difference,
    worst_rate,
    worst_ratio,
)

TITLES = {
    "group-metrics.fpr": ("False positive rate by group", "share", "lower"),
    "group-metrics.selection-rate": ("Selection rate by group", "share", "higher"),
    "group-metrics.impact-ratio": ("Impact ratio", "ratio", "higher"),
    "group-metrics.fpr-difference": ("False positive rate difference", "difference", "lower"),
    "group-metrics.fpr-ratio": ("False positive rate ratio", "ratio", "higher"),
    "group-metrics.fpr-worst": ("Worst false positive rate", "share", "lower"),
}
MEASURES = tuple(
    Measure(key, title, unit, better, 0.0, 1.0, "{value}", "x", "y")
    for key, (title, unit, better) in TITLES.items()
)
PAIR = {"immigrants": (73, 106), "gay people": (77, 178)}
THREE = {**PAIR, "women": (40, 90)}


def data_of(*columns):
    return DatasetRef(
        name="test",
        file="test.csv",
        file_digest=None,
        content_digest="0" * 64,
        n_rows=1000,
        n_read=1000,
        roles={"groups": list(columns)},
    )


@dataclass
class Made:
    """Measurements of group columns, with the findings of rules about them."""

    measurements: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    columns: list = field(default_factory=list)

    def add(self, measure, where, estimate, **more):
        name = slice_name(where) if where else ALL
        self.measurements.append(Measurement(measure, "test", name, estimate, **more))
        return self

    def rates(self, column, counts, *, measure="group-metrics.fpr", rest=None):
        self.columns.append(column)
        total = sum(n for _, n in counts.values())
        for group, (x, n) in counts.items():
            where = {column: group, **(rest or {})}
            why = Message("groups.empty", "No row is in the group.")
            estimate = wilson(x, n) if n else undefined(why, unit="share")
            self.add(measure, where, estimate, share=n / max(total, 1))
        x = sum(x for x, _ in counts.values())
        return self.add(measure, rest or {}, wilson(x, total))

    def worst(self, column, counts, *, limit=None, outcome="failed", kind="difference", **more):
        tables = [
            counts_of(one, **more) for one in (counts if isinstance(counts, list) else [counts])
        ]
        function = {
            "difference": worst_difference,
            "ratio": worst_ratio,
            "worst": lambda t: worst_rate(t, better="lower"),
        }[kind]
        estimate = function(tables)
        measure = f"group-metrics.fpr-{kind}"
        self.add(measure, {column: "*"}, estimate)
        if limit is not None:
            self.findings.append(finding(self.measurements[-1], limit, outcome))
        return self

    def impact(self, column, counts):
        best = max(counts, key=lambda g: counts[g][0] / counts[g][1])
        total = sum(n for _, n in counts.values())
        for group, (x, n) in counts.items():
            pair = counts_of({group: (x, n), best: counts[best]})
            estimate = exact(1.0, n=n, unit="ratio") if group == best else worst_ratio(pair)
            self.add("group-metrics.impact-ratio", {column: group}, estimate, share=n / total)
        return self

    def nouns(self):
        measurements = Measurements(
            "modelassay/measurements/v1", MEASURES, tuple(self.measurements)
        )
        return measurements, self.findings, [data_of(*self.columns)]


def counts_of(counts, **more):
    x, n = (np.array(part) for part in zip(*counts.values(), strict=True))
    return GroupCounts(tuple(counts), x, n, **more)


def finding(m, limit, outcome):
    e = m.estimate
    return Finding(
        rule="EQUAL", title="No two groups too far apart", severity="block", basis="policy_choice",
        clauses=(), measure=m.measure, dataset=m.dataset, slice=m.slice, outcome=outcome,
        because=Message("gate.held", "It was held against its limit."), limit=f"at most {limit}",
        limit_value=limit, value=e.value, low=e.low, high=e.high, n=e.n, unit=e.unit,
        alpha_low=e.alpha_low, alpha_high=e.alpha_high,
    )  # fmt: skip


@pytest.fixture
def made():
    return Made()


@pytest.fixture
def three():
    """Three groups, their largest difference, and a rule of 0.10 that it failed."""
    return Made().rates("identity", THREE).worst("identity", THREE, limit=0.10)


@pytest.fixture
def pair_counts():
    return PAIR


@pytest.fixture
def three_counts():
    return THREE


@pytest.fixture
def table_of():
    return counts_of


@pytest.fixture(scope="session")
def samples_run():
    """A run record and a verdict to replace parts of."""
    place = Path(__file__).parents[1] / "exports" / "samples.py"
    spec = importlib.util.spec_from_file_location("figure_samples", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    run, _, verdict = module.blocked()
    return run, verdict
