"""The area under the ROC curve: scikit-learn's values, and ends where nothing can be resampled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from harness.errors import ShapeError
from harness.records import Evidence, estimate_problems
from harness.stats import auroc_estimate, macro_auroc_estimate, reestimate


def auroc_of(scores, is_positive, **options):
    rng = np.random.default_rng(0)
    return auroc_estimate(scores, is_positive, **({"rng": rng, "keep": None} | options))


def macro_of(scores, label, **options):
    rng = np.random.default_rng(0)
    return macro_auroc_estimate(scores, label, **({"rng": rng, "keep": None} | options))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60))
def test_the_area_equals_scikit_learn_to_1e_12_with_ties(rows):
    scores, positive = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    estimate = auroc_of(scores, positive, replicates=200)
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
        estimate = macro_of(scores, label, replicates=200)
        wanted = roc_auc_score(label, scores, multi_class="ovr", average="macro")
        assert estimate.value == pytest.approx(wanted, abs=1e-12)
        assert estimate.low < wanted < estimate.high


def test_two_classes_are_the_binary_area():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, size=100)
    share = rng.random(100)
    macro = macro_of(np.stack([1 - share, share], axis=1), label)
    assert macro.value == pytest.approx(auroc_of(share, label == 1).value, abs=1e-12)


def test_classes_without_examples_are_left_out_of_the_mean():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 2], 30)
    scores = rng.dirichlet(np.ones(3), size=60)
    parts = [auroc_of(scores[:, k], label == k).value for k in (0, 2)]
    assert macro_of(scores, label).value == pytest.approx(np.mean(parts), abs=1e-12)


def test_a_monotone_transformation_changes_nothing():
    rng = np.random.default_rng(0)
    scores, positive = rng.normal(size=80), rng.random(80) < 0.4
    one, other = auroc_of(scores, positive), auroc_of(np.exp(scores), positive)
    assert (one.low, one.value, one.high) == (other.low, other.value, other.high)


def test_the_interval_of_many_scores_is_that_of_delong():
    rng = np.random.default_rng(0)
    positive = np.repeat([True, False], [800, 1200])
    scores = rng.normal(size=2000) + positive
    placement = (scores[positive][:, None] > scores[~positive][None]).astype(float)
    error = np.sqrt(placement.mean(1).var(ddof=1) / 800 + placement.mean(0).var(ddof=1) / 1200)
    estimate = auroc_of(scores, positive, replicates=4000)
    # half an example against each end and the noise of 4,000 replicates
    assert estimate.low == pytest.approx(estimate.value - 1.645 * error, abs=0.15 * error)
    assert estimate.high == pytest.approx(estimate.value + 1.645 * error, abs=0.15 * error)


def test_perfect_separation_is_bounded_by_its_disjoint_pairs():
    scores, positive = np.arange(50.0), np.arange(50) >= 30
    perfect, worst = auroc_of(scores, positive), auroc_of(-scores, positive)
    assert (perfect.value, perfect.high) == (1, 1)
    assert perfect.low == pytest.approx(0.05 ** (1 / 20), abs=1e-12)
    assert (worst.value, worst.low) == (0, 0)
    assert worst.high == pytest.approx(1 - 0.05 ** (1 / 20), abs=1e-12)
    one_pair = auroc_of([0.0, 1.0], [False, True])
    assert (one_pair.low, one_pair.high) == (pytest.approx(0.05), 1)
    label = np.repeat([0, 1, 2], [5, 9, 7])
    macro = macro_of(np.eye(3)[label], label)
    assert (macro.value, macro.low) == (1, pytest.approx(0.05 ** (1 / 5), abs=1e-12))


def test_equal_scores_are_not_certain_to_rank_like_chance():
    estimate = auroc_of(np.zeros(40), np.arange(40) < 15)
    assert estimate.value == 0.5
    assert estimate.low == pytest.approx(0.5 * 0.05 ** (1 / 14), abs=1e-12)
    assert estimate.high == pytest.approx(1 - 0.5 * 0.05 ** (1 / 14), abs=1e-12)
    alone = auroc_of(np.zeros(3), [True, False, False])
    assert (alone.low, alone.high) == (0, 1)


def test_a_single_positive_gives_a_wide_interval():
    rng = np.random.default_rng(0)
    estimate = auroc_of(np.r_[0.8, rng.random(200)], np.arange(201) < 1)
    assert estimate.high - estimate.low > 0.6


def test_what_cannot_be_ranked_gives_a_reason():
    for scores, positive, reason in (
        ([], [], "stats.no-examples"),
        ([0.1, 0.2], [True, True], "stats.one-class"),
        ([0.1, np.nan], [True, False], "stats.not-finite"),
    ):
        estimate = auroc_of(scores, positive)
        assert not estimate.is_measured
        assert estimate.why_undefined.id == reason
    assert macro_of(np.full((4, 2), 0.5), np.ones(4, dtype=int)).why_undefined is not None


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ShapeError, match=r"shape \[n\], got \[3\] and \[2\]"):
        auroc_of([0.1, 0.2, 0.3], [True, False])
    with pytest.raises(ShapeError):
        macro_of(np.zeros((3, 2)), np.zeros(2, dtype=int))


def test_areas_are_re_estimated_from_their_evidence():
    kept = []

    def keep(replicates, values):
        kept.append(replicates)
        return Evidence(values=dict(values), path="replicates.parquet", column="r0")

    rng = np.random.default_rng(0)
    estimate = auroc_of(rng.random(60), np.arange(60) < 20, keep=keep)
    assert reestimate(estimate, read=lambda evidence: kept[0]) == estimate
    perfect = auroc_of(np.arange(50.0), np.arange(50) >= 30)
    assert reestimate(perfect, alpha_low=0.001).low == pytest.approx(0.001 ** (1 / 20), abs=1e-12)
