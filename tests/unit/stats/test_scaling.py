"""Temperature: the minimum that an independent optimiser finds, or the reason why there is none."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from harness.errors import ShapeError
from harness.stats import bootstrap_difference, fit_temperature, temperature_estimate


def drawn(n, c, sureness, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, c)) * 2
    scores = np.exp(log_softmax(logits, axis=1))
    label = (scores.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return logits * sureness, label


def estimate(logits, label, **more):
    return temperature_estimate(
        logits, label, rng=np.random.default_rng(0), keep=None, replicates=400, **more
    )


@pytest.mark.parametrize(("c", "sureness"), [(2, 1.0), (2, 4.0), (7, 0.3), (77, 2.0)])
def test_the_temperature_is_the_one_that_an_optimiser_finds(c, sureness):
    logits, label = drawn(400, c, sureness)

    def loss(log_t):
        return -log_softmax(logits / np.exp(log_t), axis=1)[np.arange(400), label].mean()

    found = minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-10})
    # around its minimum a loss is flat: an optimiser that sees the loss knows the place to 1e-6
    assert fit_temperature(logits, label) == pytest.approx(np.exp(found.x), rel=1e-5)


def test_replicates_of_equal_weight_would_find_the_same_temperature():
    from harness.stats.scaling import _slopes

    logits, label = drawn(300, 4, 2.0)
    value = fit_temperature(logits, label)
    grid = np.geomspace(1 / (8 * value), 8 / value, 129)
    curve = _slopes(logits, label, grid).sum(axis=0)
    after = int((curve > 0).argmax())
    part = -curve[after - 1] / (curve[after] - curve[after - 1])
    log_root = np.log(grid[after - 1]) + part * np.log(grid[after] / grid[after - 1])
    assert np.exp(-log_root) == pytest.approx(value, rel=2e-3)


def test_the_interval_holds_the_temperature_that_was_planted():
    one = estimate(*drawn(1000, 3, 2.5))
    assert one.low < 2.5 < one.high
    assert one.unit == "temperature"
    assert one.n == 1000


def test_clusters_are_drawn_whole():
    logits, label = drawn(60, 2, 2.0)
    alone = estimate(logits, label)
    copied = estimate(np.repeat(logits, 20, axis=0), np.repeat(label, 20))
    whole = estimate(
        np.repeat(logits, 20, axis=0), np.repeat(label, 20), cluster=np.repeat(np.arange(60), 20)
    )
    assert copied.high - copied.low < 0.5 * (whole.high - whole.low)
    assert whole.high == pytest.approx(alone.high, rel=0.1)


@pytest.mark.parametrize(
    ("logits", "label", "reason"),
    [
        ([[0.0, 1.0], [1.0, 0.0]] * 20, [1, 0] * 20, "decided rightly"),
        ([[0.0, 1.0], [1.0, 0.0]] * 20, [0, 1] * 20, "say nothing about the labels"),
        ([[0.0, np.nan]] * 5, [0] * 5, "not finite"),
        (np.zeros((0, 2)), [], "no examples"),
        ([[0.0, 0.0]] * 5, [0, 1, 0, 1, 1], "say nothing about the labels"),
    ],
)
def test_without_a_best_temperature_there_is_a_reason(logits, label, reason):
    one = estimate(np.array(logits), np.array(label, dtype=int))
    assert one.value is None
    assert reason in one.why_undefined.text


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ShapeError, match="logits and label must have shapes"):
        estimate(np.zeros((3, 2)), np.zeros(4, dtype=int))


def difference(first, second, **more):
    options = {"unit": "nats", "range_low": -40.0, "range_high": 40.0}
    rng = np.random.default_rng(0)
    return bootstrap_difference(first, second, rng=rng, keep=None, **options | more)


def test_a_difference_of_means_is_as_uncertain_as_both_together():
    rng = np.random.default_rng(5)
    a, b = rng.normal(1, 1, size=400), rng.normal(0, 2, size=300)
    one = difference(a, b)
    assert one.value == pytest.approx(a.mean() - b.mean(), abs=1e-12)
    error = np.sqrt(a.var() / 400 + b.var() / 300)
    assert one.high - one.low == pytest.approx(2 * 1.645 * error, rel=0.1)
    assert one.n == 700


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ([], [1.0], "no examples"),
        ([1.0], [1.0, 2.0], "a single example"),
        ([1.0, np.inf], [1.0, 2.0], "not finite"),
        ([1.0, 1.0], [2.0, 2.0], "no spread"),
    ],
)
def test_a_difference_without_spread_has_a_reason(first, second, reason):
    one = difference(first, second)
    assert one.value is None
    assert reason in one.why_undefined.text
