"""The probe finds the speed of a model whose speed is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.keywords import KeywordModel
from harness.pipeline.speed import N_PROBED, Speed, probe


class Timed(KeywordModel):
    """Takes 2 ms for each row and 1 ms for each of its tokens; 40 s the first time."""

    def __init__(self) -> None:
        super().__init__({}, bias=(0.5, 0.0))
        self.now = 0.0
        self.lengths: list[int] = []
        self.is_cold = True

    def prepare(self, inputs: Sequence[Any]) -> Any:
        self.now += 0.003 * len(inputs)
        return super().prepare(inputs)

    def logits(self, items: Sequence[Any]) -> Any:
        self.lengths += [item.length for item in items]
        self.now += sum(0.002 + 0.001 * item.length for item in items)
        self.now += 40.0 if self.is_cold else 0.0
        self.is_cold = False
        return super().logits(items)


TEXTS = [" ".join(["word"] * length) for length in range(1, 101)]


def test_seconds_by_length_are_found_and_the_first_batch_does_not_count() -> None:
    model = Timed()
    speed = probe(model, TEXTS, token_budget=2000, clock=lambda: model.now)
    assert speed is not None
    assert speed.n_probed == N_PROBED
    assert speed.seconds_to_prepare == pytest.approx(0.003)
    assert {min(model.lengths), max(model.lengths)} == {1, 100}
    true = sum(0.002 + 0.001 * length for length in range(1, 101)) / 100
    assert speed.per_row(list(range(1, 101))) == pytest.approx(true, rel=0.05)
    assert speed.per_row([90]) == pytest.approx(0.092, rel=0.05)


def test_rows_that_are_asked_about_more_often_weigh_more() -> None:
    speed = Speed((10.0,), (0.01,), 0.0, 32)
    assert speed.per_row([10, 30]) == pytest.approx(0.2)
    assert speed.per_row([10, 30], [1, 3]) == pytest.approx(0.25)
    assert speed.per_row([10, 30], [0, 0]) == pytest.approx(0.2)
    assert speed.per_row([]) == 0.0
    assert speed.times(3.0).per_row([10]) == pytest.approx(0.3)


@pytest.mark.parametrize("n", [1, 2, 3, 31])
def test_fewer_rows_than_32_are_all_timed(n: int) -> None:
    model = Timed()
    speed = probe(model, TEXTS[:n], token_budget=2000, clock=lambda: model.now)
    assert speed is not None
    assert speed.n_probed == n


def test_no_rows_give_no_speed() -> None:
    assert probe(Timed(), [], token_budget=2000, clock=lambda: 0.0) is None


def test_a_clock_that_stands_still_does_not_hang_the_probe() -> None:
    model = Timed()
    speed = probe(model, TEXTS, token_budget=500, clock=lambda: 0.0)
    assert speed is not None
    assert speed.per_row([5]) == 0.0
    assert sum(model.lengths) < 4 * 4 * 2 * 500
