"""Means of stored points that a page draws: known answers."""

import pytest

from harness.figures.removal_curves import mean_curves


def test_a_mean_curve_joins_all_random_orders_and_keeps_them_last():
    points = [
        {"ranking": ranking, "n_taken": 1, "n_words": 10, "without": value, "kept": 1 - value}
        for ranking, value in (("random-0", 0.8), ("random-1", 0.6), ("occlusion", 0.2))
    ]
    first, control = mean_curves(points)
    assert (first.ranking, first.n, first.without) == ("occlusion", 1, 0.2)
    assert (control.ranking, control.n) == ("random", 2)
    assert control.without == pytest.approx(0.7)
    assert control.kept == pytest.approx(0.3)
    assert control.share == pytest.approx(0.1)


def test_steps_of_a_mean_curve_stand_in_order_of_the_share():
    points = [
        {"ranking": "occlusion", "n_taken": n, "n_words": 10, "without": n / 10, "kept": 0.5}
        for n in (9, 1, 5)
    ]
    assert [round(one.share, 1) for one in mean_curves(points)] == [0.1, 0.5, 0.9]
