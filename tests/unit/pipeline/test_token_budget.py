from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.pipeline.plan import RunPlan


@pytest.mark.parametrize(
    ("given", "device", "expected"),
    [(None, "cpu", 2048), (None, "NVIDIA L4", 8192), (None, "none", 8192), (64, "cpu", 64)],
)
def test_the_budget_is_the_config_s_or_suits_the_device(
    given: int | None, device: str, expected: int
) -> None:
    loaded = cast(Any, SimpleNamespace(config=SimpleNamespace(token_budget=given)))
    nothing = cast(Any, None)
    plan = RunPlan(loaded, nothing, {}, {}, nothing, device, {}, "", None)
    assert plan.token_budget == expected
