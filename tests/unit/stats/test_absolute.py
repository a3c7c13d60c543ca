"""Sums of absolute values: noise is taken out, and the ends stand on either side of the truth."""

import numpy as np
import pytest

from harness.errors import ShapeError
from harness.stats import NoisyParts, absolute_sum_estimates


def estimates(values, errors, *, units=1000, seed=0, **more):
    values, errors = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    parts = NoisyParts(values, np.diag(errors**2), units, units)
    options = {"rng": np.random.default_rng(seed), "keep": None, "unit": "share"} | more
    return absolute_sum_estimates(parts, **options)


def test_parts_that_are_far_from_zero_need_no_correction():
    corrected, plain = estimates([0.2, -0.1], [0.004, 0.004])
    assert corrected.value == pytest.approx(0.3, abs=1e-12)
    assert plain.value == pytest.approx(0.3, abs=1e-12)
    # the sum of two normal parts: 1.645 standard errors on either side, to the noise of 2,000 draws
    half = 1.645 * 0.004 * np.sqrt(2)
    assert corrected.low == pytest.approx(0.3 - half, abs=0.0008)
    assert corrected.high == pytest.approx(0.3 + half, abs=0.0008)


def test_the_correction_is_the_mean_of_sign_from_one_half_times_size_from_the_other():
    rng = np.random.default_rng(1)
    values, errors = np.array([0.03, -0.01, 0.0]), np.array([0.02, 0.02, 0.01])
    shift = rng.normal(size=(400_000, 3)) * errors
    halves = np.sign(values + shift) * (values - shift)
    corrected, _ = estimates(values, errors)
    expected = max(0.0, halves.sum(axis=1).mean())
    # 400,000 draws leave a standard error of 0.00005
    assert corrected.value == pytest.approx(expected, abs=0.0003)


def test_pure_noise_is_about_nothing_and_its_low_end_is_zero():
    rng = np.random.default_rng(2)
    corrected, plain = estimates(rng.normal(size=15) * 0.01, np.full(15, 0.01))
    assert plain.value > 0.08
    assert corrected.value < 0.04
    assert corrected.low == 0.0
    assert corrected.high > plain.value


def test_both_estimates_hold_their_value_between_their_ends():
    rng = np.random.default_rng(3)
    for _ in range(50):
        for one in estimates(rng.normal(size=5) * 0.05, rng.random(5) * 0.05, seed=4):
            assert 0 <= one.low <= one.value <= one.high <= 1
            assert one.low < one.high


def test_few_units_widen_the_interval():
    few, many = (estimates([0.2], [0.05], units=units)[0] for units in (6, 1000))
    assert few.high > many.high
    assert few.low < many.low


def test_no_examples_and_one_unit_give_a_reason_or_the_whole_range():
    for one in estimates([], [], units=0):
        assert one.why_undefined is not None
    one, _ = estimates([0.2], [0.05], units=1)
    assert (one.low, one.high) == (0.0, 1.0)


def test_a_covariance_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="covariance must have shapes"):
        NoisyParts(np.zeros(2), np.zeros((3, 3)), 5, 5)
