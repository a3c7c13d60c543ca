"""The area under the ROC curve: scikit-learn's values, and ends where nothing can be resampled."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t
from sklearn.metrics import roc_auc_score

from harness.errors import ContractError, ShapeError
from harness.records import estimate_problems
from harness.stats import auc_influence, delong, linear_estimate, macro_delong, reestimate


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60))
def test_the_area_equals_scikit_learn_to_1e_12_with_ties(rows):
    scores, positive = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    estimate = delong(scores, positive)
    assert estimate_problems(estimate) == []
    if positive.all() or not positive.any():
        assert estimate.why_undefined.id == "stats.one-class"
    else:
        assert estimate.value == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
        assert 0 <= estimate.low < estimate.high <= 1


def test_the_mean_over_classes_equals_scikit_learn_to_1e_12():
    rng = np.random.default_rng(0)
    for classes in (3, 7):
        label = np.r_[np.arange(classes), rng.integers(0, classes, size=200)]
        scores = rng.dirichlet(np.ones(classes), size=len(label)).round(2)
        scores /= scores.sum(axis=1, keepdims=True)
        estimate = macro_delong(scores, label)
        wanted = roc_auc_score(label, scores, multi_class="ovr", average="macro")
        assert estimate.value == pytest.approx(wanted, abs=1e-12)
        assert estimate.low < wanted < estimate.high


def test_two_classes_are_the_binary_area():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, size=100)
    share = rng.random(100)
    macro = macro_delong(np.stack([1 - share, share], axis=1), label)
    assert macro.value == pytest.approx(delong(share, label == 1).value, abs=1e-12)


def test_classes_without_examples_are_left_out_of_the_mean():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 2], 30)
    scores = rng.dirichlet(np.ones(3), size=60)
    parts = [delong(scores[:, k], label == k).value for k in (0, 2)]
    assert macro_delong(scores, label).value == pytest.approx(np.mean(parts), abs=1e-12)


def test_a_monotone_transformation_changes_nothing():
    rng = np.random.default_rng(0)
    scores, positive = rng.normal(size=80), rng.random(80) < 0.4
    one, other = delong(scores, positive), delong(np.exp(scores), positive)
    assert (one.low, one.value, one.high) == (other.low, other.value, other.high)


def delong_error(scores, positive):
    """DeLong's standard error from all pairs, as the paper writes it."""
    pairs = scores[positive][:, None] - scores[~positive][None]
    placed = (pairs > 0) + 0.5 * (pairs == 0)
    rows, columns = placed.mean(axis=1), placed.mean(axis=0)
    return np.sqrt(rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns))


def drawn(n, *, seed=0, digits=1):
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.4
    return (rng.normal(size=n) + positive).round(digits), positive


def test_the_influence_of_examples_gives_the_variance_that_delong_wrote_down():
    for digits in (0, 1, 8):
        scores, positive = drawn(150, digits=digits)
        area, influence = auc_influence(scores, positive)
        assert area == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
        m, k = positive.sum(), (~positive).sum()
        parts = (influence[positive] ** 2).sum(), (influence[~positive] ** 2).sum()
        error = np.sqrt(parts[0] * m / (m - 1) + parts[1] * k / (k - 1))
        assert error == pytest.approx(delong_error(scores, positive), abs=1e-12)
        assert influence[positive].sum() == pytest.approx(0, abs=1e-12)
        assert influence[~positive].sum() == pytest.approx(0, abs=1e-12)


def test_the_influence_of_an_example_is_what_leaving_it_out_does():
    scores, positive = drawn(400, digits=8)
    area, influence = auc_influence(scores, positive)
    for row in (0, 7, 123):
        kept = np.arange(400) != row
        change = area - roc_auc_score(positive[kept], scores[kept])
        # to first order: the second is of size influence / n
        assert change == pytest.approx(influence[row], rel=0.02)


def test_the_interval_of_many_scores_is_that_of_delong_on_the_logit_scale():
    scores, positive = drawn(4000, digits=8)
    estimate, error = delong(scores, positive), delong_error(scores, positive)
    area = estimate.value
    step = 1.645 * error / (area * (1 - area))
    ends = [1 / (1 + np.exp(-(np.log(area / (1 - area)) + way * step))) for way in (-1, 1)]
    # half an example against each end moves it by about 0.5 / 1,600
    assert estimate.low == pytest.approx(ends[0], abs=0.0006)
    assert estimate.high == pytest.approx(ends[1], abs=0.0003)
    assert estimate.low < ends[0]
    assert estimate.high > ends[1]


def test_the_variance_over_clusters_is_that_of_obuchowski():
    scores, positive = drawn(300, digits=8)
    cluster = np.arange(300) // 6
    estimate = delong(scores, positive, cluster=cluster)
    pairs = (scores[positive][:, None] > scores[~positive][None]).astype(float)
    m, k, area = *pairs.shape, pairs.mean()
    total = 0.0
    for one in range(50):
        above, below = cluster[positive] == one, cluster[~positive] == one
        part = (pairs.mean(axis=1)[above] - area).sum() / m
        total += (part + (pairs.mean(axis=0)[below] - area).sum() / k) ** 2
    error = np.sqrt(total * 50 / 49)
    influence = auc_influence(scores, positive)[1]
    linear = linear_estimate(
        area, influence, unit="probability", range_low=0.0, range_high=1.0, cluster=cluster
    )
    assert linear.high - area == pytest.approx(t.ppf(0.95, 49) * error, abs=1e-12)
    values = estimate.evidence.values
    assert values["units"] == min(len(set(cluster[positive])), len(set(cluster[~positive])))
    # half an example more moves the variance a little
    for end in ("variance_low", "variance_high"):
        assert np.sqrt(values[end] / values["units"]) == pytest.approx(error, rel=0.1)


def test_rows_that_repeat_each_other_say_no_more_than_one_of_them():
    scores, positive = drawn(120, digits=8)
    one = delong(scores, positive)
    copied = np.repeat(np.arange(120), 5)
    naive = delong(scores[copied], positive[copied])
    clustered = delong(scores[copied], positive[copied], cluster=copied)
    assert naive.high - naive.low < 0.5 * (one.high - one.low)
    assert clustered.low == pytest.approx(one.low, abs=1e-9)
    assert clustered.high == pytest.approx(one.high, abs=1e-9)


def test_clusters_of_one_row_each_are_rows():
    scores, positive = drawn(120)
    one, other = delong(scores, positive), delong(scores, positive, cluster=np.arange(120))
    assert (one.low, one.value, one.high) == (other.low, other.value, other.high)


def test_fewer_than_10_clusters_with_positives_leave_the_ends_of_the_range():
    scores, positive = drawn(400)
    cluster = np.where(positive, np.arange(400) % 9, 9 + np.arange(400) % 30)
    estimate = delong(scores, positive, cluster=cluster)
    assert estimate.value == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert (estimate.low, estimate.high) == (0, 1)
    assert reestimate(estimate, alpha_low=0.4).low == 0
    perfect = delong(positive.astype(float), positive, cluster=cluster)
    assert (perfect.low, perfect.value, perfect.high) == (0, 1, 1)


def test_a_perfect_separation_of_clusters_is_bounded_by_their_disjoint_pairs():
    positive = np.arange(120) % 2 == 1
    cluster = np.arange(120) // 4  # 30 clusters, each of both kinds: 15 disjoint pairs
    estimate = delong(positive.astype(float), positive, cluster=cluster)
    assert estimate.low == pytest.approx(0.05 ** (1 / 15), abs=1e-12)


def test_two_areas_on_shared_rows_are_compared_by_their_common_influence():
    # the area of a subgroup's positives against the background's negatives, minus the area of all
    scores, positive = drawn(600, digits=8)
    used = positive ^ (np.arange(600) % 3 == 0)
    whole, of_all = auc_influence(scores, positive)
    part, of_used = auc_influence(scores[used], positive[used])
    difference = -of_all
    difference[used] += of_used
    estimate = linear_estimate(
        part - whole, difference, unit="difference", range_low=-1.0, range_high=1.0
    )
    left_out = []
    for row in range(600):
        kept = np.arange(600) != row
        areas = [roc_auc_score(positive[each], scores[each]) for each in (kept & used, kept)]
        left_out.append(areas[0] - areas[1])
    jackknife = np.sqrt(599 / 600 * ((np.array(left_out) - np.mean(left_out)) ** 2).sum())
    half = (estimate.high - estimate.low) / 2
    assert half / 1.6474 == pytest.approx(jackknife, rel=0.01)  # t(0.95; 599) = 1.6474


def test_100_000_rows_take_one_sort():
    rng = np.random.default_rng(0)
    positive = rng.random(100_000) < 0.3
    scores = rng.normal(size=100_000) + positive
    delong(scores[:100], positive[:100])
    started = time.process_time()
    estimate = delong(scores, positive)
    spent = time.process_time() - started
    assert estimate.value == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert spent < 0.25  # 0.017 s on an idle core; ten times that is no longer one sort


def test_perfect_separation_is_bounded_by_its_disjoint_pairs():
    scores, positive = np.arange(50.0), np.arange(50) >= 30
    perfect, worst = delong(scores, positive), delong(-scores, positive)
    assert (perfect.value, perfect.high) == (1, 1)
    assert perfect.low == pytest.approx(0.05 ** (1 / 20), abs=1e-12)
    assert (worst.value, worst.low) == (0, 0)
    assert worst.high == pytest.approx(1 - 0.05 ** (1 / 20), abs=1e-12)
    one_pair = delong([0.0, 1.0], [False, True])
    assert (one_pair.low, one_pair.high) == (pytest.approx(0.05), 1)
    label = np.repeat([0, 1, 2], [5, 9, 7])
    macro = macro_delong(np.eye(3)[label], label)
    assert (macro.value, macro.low) == (1, pytest.approx(0.05 ** (1 / 5), abs=1e-12))


def test_equal_scores_are_not_certain_to_rank_like_chance():
    estimate = delong(np.zeros(40), np.arange(40) < 15)
    assert estimate.value == 0.5
    assert estimate.low == pytest.approx(0.5 * 0.05 ** (1 / 14), abs=1e-12)
    assert estimate.high == pytest.approx(1 - 0.5 * 0.05 ** (1 / 14), abs=1e-12)
    alone = delong(np.zeros(3), [True, False, False])
    assert (alone.low, alone.high) == (0, 1)


def test_a_single_positive_gives_a_wide_interval():
    rng = np.random.default_rng(0)
    estimate = delong(np.r_[0.8, rng.random(200)], np.arange(201) < 1)
    assert estimate.high - estimate.low > 0.6


def test_what_cannot_be_ranked_gives_a_reason():
    for scores, positive, reason in (
        ([], [], "stats.no-examples"),
        ([0.1, 0.2], [True, True], "stats.one-class"),
        ([0.1, np.nan], [True, False], "stats.not-finite"),
    ):
        estimate = delong(scores, positive)
        assert not estimate.is_measured
        assert estimate.why_undefined.id == reason
    assert macro_delong(np.full((4, 2), 0.5), np.ones(4, dtype=int)).why_undefined is not None


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ShapeError, match=r"shape \[n\], got \[3\] and \[2\]"):
        delong([0.1, 0.2, 0.3], [True, False])
    with pytest.raises(ShapeError):
        macro_delong(np.zeros((3, 2)), np.zeros(2, dtype=int))


def test_areas_are_re_estimated_from_their_evidence():
    scores, positive = drawn(60)
    estimate = delong(scores, positive)
    assert reestimate(estimate) == estimate
    moved = reestimate(estimate, alpha_low=0.01)
    assert moved.low == pytest.approx(delong(scores, positive, alpha_low=0.01).low, abs=1e-15)
    perfect = delong(np.arange(50.0), np.arange(50) >= 30)
    assert reestimate(perfect, alpha_low=0.001).low == pytest.approx(0.001 ** (1 / 20), abs=1e-12)


def test_influence_of_what_cannot_be_ranked_is_refused():
    with pytest.raises(ContractError, match="same class"):
        auc_influence([0.1, 0.2], [True, True])
    with pytest.raises(ShapeError, match="cluster must have one value"):
        delong([0.1, 0.2], [True, False], cluster=[1, 2, 3])
