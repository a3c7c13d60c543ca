from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


def test_a_small_table_is_ranked_as_scikit_learn_ranks_it(
    script: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--rows", "3000", "--groups", "3", "--repetitions", "1"]
    assert script("fairness_ranking").main(given) == 0
    printed = capsys.readouterr().out
    assert "3,000 rows, 3 overlapping groups, 10 areas" in printed
    assert "| audit group-ranking |" in printed
