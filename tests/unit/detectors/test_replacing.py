"""Made-up values are valid, nobody's where that can be had, and follow the generator."""

import numpy as np
import pytest

from harness.detectors import REPLACED, replacement
from harness.detectors.patterns import KINDS
from harness.errors import UsageError


def test_every_kind_of_the_patterns_can_be_made_up() -> None:
    assert KINDS <= REPLACED


@pytest.mark.parametrize("kind", sorted(REPLACED))
def test_the_same_generator_gives_the_same_value_and_another_another(kind: str) -> None:
    def drawn(seed: int) -> list[str]:
        rng = np.random.default_rng(seed)
        return [replacement(kind, rng) for _ in range(5)]

    assert drawn(4) == drawn(4)
    assert drawn(4) != drawn(5)
    assert len(set(drawn(4))) > 1


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'email'"):
        replacement("emial", np.random.default_rng(0))
