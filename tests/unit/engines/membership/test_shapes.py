"""What is shown of signals never shows a row."""

import numpy as np

from harness.engines.membership import rough_curve, rough_histogram

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=2000) + 0.5 * (np.arange(2000) < 1000)
MEMBER = np.arange(2000) < 1000


def test_small_cells_are_suppressed_and_never_alone():
    found = rough_histogram(SIGNAL, MEMBER)
    for side, n in (("members", 1000), ("others", 1000)):
        cells = found[side]
        assert all(cell is None or cell >= 10 for cell in cells)
        # a single gap could be worked out from the sum
        assert cells.count(None) != 1
        assert sum(cell or 0 for cell in cells) <= n


def test_a_single_gap_takes_the_next_smallest_cell_with_it():
    signal = np.concatenate([np.zeros(100), np.ones(100), [9.0] * 5, np.arange(100) / 100 * 3])
    found = rough_histogram(signal, np.ones(305, dtype=bool))
    assert found["members"].count(None) != 1


def test_no_edge_is_the_signal_of_a_row():
    assert not set(rough_histogram(SIGNAL, MEMBER)["edges"]) & set(SIGNAL.tolist())
    assert max(rough_histogram(SIGNAL, MEMBER)["edges"]) < SIGNAL.max()


def test_signals_that_do_not_vary_or_are_few_have_no_histogram():
    assert rough_histogram(np.zeros(100), np.arange(100) < 50)["edges"] == []
    assert rough_histogram(np.arange(15.0), np.arange(15) < 5)["edges"] == []


def test_a_curve_is_rounded_and_begins_where_ten_rows_stand_above():
    found = rough_curve(SIGNAL, MEMBER)
    assert found[0][0] == 0.01
    assert all(round(rate, 2) == rate for _, rate in found)
    assert found == sorted(found)
