"""A declared threshold decides; scores stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.engines.prediction import decide_at
from harness.errors import ConfigError


def test_the_class_is_decided_from_its_threshold_on() -> None:
    scores = np.array([[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    assert decide_at(scores, 0.4, position=1).tolist() == [0, 1, 1]
    assert decide_at(scores, 0.65, position=0).tolist() == [0, 1, 1]


def test_a_run_decides_by_the_threshold_that_its_config_declares(
    toy: Any, run: Callable[..., Any]
) -> None:
    text = toy.config.read_text(encoding="utf-8")
    declared = "model: {base: ./toy, threshold: {label: 'yes', at: 0.9}}"
    toy.config.write_text(text.replace("model: {base: ./toy}", declared), encoding="utf-8")
    bundle = run()
    one = bundle.predictions()[0]
    assert ((one.scores[:, 1] >= 0.9) == (one.decision == 1)).all()
    assert (one.scores.argmax(axis=1) != one.decision).any()
    assert "run.threshold" in [caveat.id for caveat in bundle.record.caveats]


@pytest.mark.parametrize(
    ("threshold", "match"),
    [
        ("{label: maybe, at: 0.5}", "model.threshold.label must be one of the task's labels"),
        ("{label: 'yes', at: 1.5}", "model.threshold.at"),
        ("{label: 'yes'}", "model.threshold.at"),
    ],
)
def test_a_threshold_that_cannot_be_is_refused_at_its_place(
    toy: Any, run: Callable[..., Any], threshold: str, match: str
) -> None:
    text = toy.config.read_text(encoding="utf-8")
    declared = f"model: {{base: ./toy, threshold: {threshold}}}"
    toy.config.write_text(text.replace("model: {base: ./toy}", declared), encoding="utf-8")
    with pytest.raises(ConfigError, match=match):
        run()
