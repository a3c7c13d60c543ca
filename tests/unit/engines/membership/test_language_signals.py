"""Signals of language models, by hand."""

import zlib

import numpy as np
import pytest

from harness.engines.membership import (
    calibrated,
    error_zone,
    language_signals,
    least_likely,
    scored,
)
from harness.errors import ShapeError
from harness.modelling import TokenScores


def tokens(logs, greedy=None, mean=None, deviation=None, segment=None):
    n = len(logs)
    return TokenScores(
        log_probability=np.array(logs, dtype=float),
        is_greedy=np.array(greedy if greedy is not None else [False] * n),
        segment=np.array(segment if segment is not None else [1] * n),
        mean=None if mean is None else np.array(mean, dtype=float),
        deviation=None if deviation is None else np.array(deviation, dtype=float),
    )


def test_loss_and_reference_are_means_over_tokens():
    found = language_signals([tokens([-1, -3])], [tokens([-2, -6])], texts=["ab"])
    assert found["loss"] == [-2]
    assert found["reference"] == [2]
    assert found["zlib"] == pytest.approx([-4 / len(zlib.compress(b"ab"))])


def test_the_error_zone_looks_only_at_tokens_that_the_model_would_not_choose():
    own = tokens([-1, -1, -1, -9], greedy=[False, False, False, True])
    reference = tokens([-4, -2, 0, -1])
    # gained 3 and 1, lost 1; the greedy token's loss of 8 does not count
    assert error_zone(own, reference) == pytest.approx(4 / 5)


def test_a_text_without_an_error_is_most_like_a_member_and_one_without_a_change_in_the_middle():
    assert error_zone(tokens([-1], [True]), tokens([-9])) == 1
    assert error_zone(tokens([-1], [False]), tokens([-1])) == 0.5


def test_the_share_of_gains_orders_texts_as_gains_over_losses_do():
    rng = np.random.default_rng(0)
    pairs = [(tokens(-rng.random(9)), tokens(-rng.random(9))) for _ in range(50)]
    change = [own.log_probability - other.log_probability for own, other in pairs]
    ratio = [np.maximum(one, 0).sum() / np.maximum(-one, 0).sum() for one in change]
    found = [error_zone(*pair) for pair in pairs]
    np.testing.assert_array_equal(np.argsort(found), np.argsort(ratio))


def test_min_k_takes_the_lowest_fifth_and_at_least_one_token():
    assert least_likely(np.array([-5.0, -1, -9, -2, -3, -1, -1, -1, -1, -1])) == -7
    assert least_likely(np.array([-4.0, -2.0])) == -4
    assert np.isnan(least_likely(np.array([])))


def test_min_k_plus_standardises_over_the_vocabulary():
    one = tokens([-4, -1], mean=[-2, -1], deviation=[0.5, 0.0])
    found = language_signals([one], None, texts=["x"])
    assert found["min-k-plus"] == [-4]
    assert "min-k-plus" not in language_signals([tokens([-4])], None, texts=["x"])
    assert "reference" not in found


def test_only_one_candidate_of_a_row_counts():
    one = tokens([-1, -2, -3], segment=[1, 2, 2], mean=[0, 0, 0], deviation=[1, 1, 1])
    kept = scored([one], [2])[0]
    assert kept.log_probability.tolist() == [-2, -3]
    assert len(kept.mean) == len(kept.deviation) == len(kept.is_greedy) == 2


def test_a_text_without_tokens_has_no_signal():
    found = language_signals([tokens([], mean=[], deviation=[])], [tokens([])], texts=[""])
    assert all(np.isnan(values[0]) for values in found.values())
    assert len(found) == 6


def test_two_models_that_cut_texts_otherwise_are_refused():
    with pytest.raises(ShapeError, match="same tokens"):
        error_zone(tokens([-1]), tokens([-1, -2]))
    with pytest.raises(ShapeError, match="as many"):
        language_signals([tokens([-1])], [], texts=["x"])


def test_a_reference_that_speaks_of_the_same_has_the_slope_1_and_one_that_does_not_the_slope_0():
    rng = np.random.default_rng(0)
    is_other = np.arange(4000) >= 2000
    hard = rng.normal(size=4000)
    gain = 0.5 * ~is_other
    loss = hard + gain + 0.1 * rng.normal(size=4000)
    for reference, expected in ((hard, loss - hard), (rng.normal(size=4000), loss)):
        found = calibrated(loss, reference, is_other)
        assert np.corrcoef(found, expected)[0, 1] > 0.99
        assert found[is_other].mean() == pytest.approx(0, abs=1e-9)
    # the plain difference would be lost in what the other reference says of other things
    assert np.corrcoef(loss - rng.normal(size=4000), loss)[0, 1] < 0.8


def test_a_reference_that_says_the_same_of_everything_changes_nothing():
    loss = np.array([-1.0, -2.0, -4.0, np.nan])
    found = calibrated(loss, np.full(4, -3.0), np.array([False, True, True, True]))
    assert found[:3].tolist() == [2, 1, -1]
    assert np.isnan(found[3])
    assert np.isnan(calibrated(loss, loss, np.zeros(4, bool))).all()
