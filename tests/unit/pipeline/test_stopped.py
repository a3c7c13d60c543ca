"""A process that was asked to stop stops: no catch of foreign faults takes the signal for one."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from audits._foreign import Loaded, Question
from harness.errors import Interrupted
from harness.registry import audits


def test_a_signal_while_audits_are_imported_is_no_fault_of_an_audit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = importlib.import_module

    def stopped(name: str, package: str | None = None) -> object:
        if name == "audits.accuracy":
            raise Interrupted("SIGTERM")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", stopped)
    with pytest.raises(Interrupted):
        audits()


def test_a_signal_while_a_foreign_metric_answers_is_no_fault_of_the_metric() -> None:
    class Metric:
        def _compute(self, **inputs: object) -> float:
            return 0.0

        def compute(self, **inputs: object) -> float:
            raise Interrupted("SIGTERM")

    one = Question(
        Loaded(Metric(), ""), {"predictions": [0], "references": [0]}, {}, result=None, seed=0
    )
    with pytest.raises(Interrupted):
        one(np.arange(1))
