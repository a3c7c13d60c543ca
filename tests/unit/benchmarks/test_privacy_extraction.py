from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.mark.slow
def test_the_exact_probability_is_measured_beside_drawing_it(
    script: Callable[[str], ModuleType],
) -> None:
    (figure,) = script("privacy_extraction").extraction(1, n_generations=8, steps=2)
    assert "times cheaper" in figure.measured
    assert "drawn 0.0000 (95 % 0.0000 to 0.3694)" in figure.same  # nothing learnt in two steps
