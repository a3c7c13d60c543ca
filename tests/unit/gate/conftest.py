"""Runs, measures and measurements built from a few numbers, and the gate around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from harness.gate import judge
from harness.policy import Policy, policy_of_rules
from harness.records import (
    ALL,
    DatasetRef,
    Estimate,
    Measure,
    Measurement,
    Measurements,
    Message,
    ModelRef,
    RunRecord,
    Task,
)

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)

DIRECTIONS = {"higher": "test.higher", "lower": "test.lower"}


def measure(key: str, better: str = "higher", unit: str = "share", *, low: float = 0.0) -> Measure:
    return Measure(key, key, unit, better, low, 1.0, "{value}", "much", "here")


CATALOGUE = (
    measure("test.higher"),
    measure("test.lower", "lower"),
    measure("test.gap", "lower", "difference", low=-1.0),
    measure("other.rate", "lower"),
)


def estimate(
    value: float | None, low: float | None, high: float | None, *, n: int = 200, **changes: Any
) -> Estimate:
    why = Message(id="t.none", text="There was nothing to count.") if value is None else None
    given: dict[str, Any] = {"unit": "share", "method": "wilson", "why_undefined": why}
    return Estimate(value=value, low=low, high=high, n=n, **{**given, **changes})


def measurement(
    key: str, given: Estimate, slice: str = ALL, *, dataset: str = "test", share: float | None = 0.5
) -> Measurement:
    return Measurement(key, dataset, slice, given, share=share)


def run(groups: Sequence[str] = (), **changes: Any) -> RunRecord:
    roles: dict[str, str | list[str]] = {"text": "text", "label": "label"}
    if groups:
        roles["groups"] = list(groups)
    record = RunRecord(
        schema_version="modelassay/run/v1",
        run_id="20261123-184000-abcdef",
        name="t",
        plan_digest="0" * 64,
        argv=("assay", "run"),
        config={},
        config_digest="0" * 64,
        task=Task("text-classification", "text", ("no", "yes"), "yes"),
        datasets=(DatasetRef("test", "test.csv", None, "0" * 64, 1000, 1000, roles),),
        model=ModelRef("predictions", "scores.csv"),
        audits=(),
        stages=(),
        packages={},
        python="3.11",
        platform="any",
        device="cpu",
        dtype="float32",
        seed=0,
        token_budget=4096,
        suite="standard",
        skipped=(),
        harness_version="0",
    )
    return replace(record, **changes)


def gate(
    rules: Sequence[Mapping[str, Any]],
    measurements: Sequence[Measurement],
    *,
    record: RunRecord | None = None,
    catalogue: Sequence[Measure] = CATALOGUE,
    policy: Policy | None = None,
    **options: Any,
):
    measured = Measurements(
        "modelassay/measurements/v1", measures=tuple(catalogue), measurements=tuple(measurements)
    )
    policy = policy or policy_of_rules(rules)
    return judge(policy, record or run(), measured, run_digest="1" * 64, **{"now": NOW, **options})


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """``estimate``, ``measurement``, ``measure``, ``run`` and ``gate``."""
    return SimpleNamespace(
        estimate=estimate,
        measurement=measurement,
        measure=measure,
        run=run,
        gate=gate,
        catalogue=CATALOGUE,
        now=NOW,
    )


@pytest.fixture
def only(make: SimpleNamespace) -> Callable[..., Any]:
    """Judge one rule on one measurement and return its only finding."""

    def find(rule: Mapping[str, Any], given: Estimate, **options: Any) -> Any:
        verdict = make.gate([rule], [make.measurement(rule["measure"], given)], **options)
        (finding,) = verdict.findings
        return finding

    return find
