"""Weights, thresholds, choices and paired changes against formulas written down again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

from harness.commands.mitigation.choosing import Scored, best
from harness.commands.mitigation.comparing import (
    Change,
    Sides,
    calibration_error,
    changes_of,
    grown,
    levelling_down,
)
from harness.commands.mitigation.paired import change, draw_cells, share, spread_of
from harness.commands.mitigation.teaching import Aim, cells_of, difference_on
from harness.commands.mitigation.threshold import MOST, choose_threshold, thresholds
from harness.commands.mitigation.weights import (
    BalancedSampler,
    WeightedLoss,
    balanced_weights,
    independent_weights,
)
from harness.records import Estimate

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1, max_size=60)


@given(ROWS)
@settings(deadline=None)  # the first example imports scikit-learn
def test_independent_weights_are_expected_over_observed_counts(rows: list[tuple[str, int]]) -> None:
    groups = np.array([group for group, _ in rows], dtype=object)
    label = np.array([one for _, one in rows])
    n = len(rows)
    expected = [
        sum(g == group for g, _ in rows)
        * sum(y == one for _, y in rows)
        / (n * rows.count((group, one)))
        for group, one in rows
    ]
    expected = np.array(expected) / np.mean(expected)
    np.testing.assert_allclose(independent_weights(groups, label), expected, rtol=1e-12)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_under_independent_weights_group_and_label_are_independent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.choice(np.array(["a", "b"], dtype=object), 80)
    label = (rng.random(80) < np.where(groups == "a", 0.8, 0.3)).astype(np.int64)
    label[:4], groups[:4] = [0, 1, 0, 1], ["a", "a", "b", "b"]  # every cell occurs
    weight = independent_weights(groups, label)
    shares = [np.average(label[groups == g], weights=weight[groups == g]) for g in "ab"]
    np.testing.assert_allclose(shares, [label.mean(), label.mean()], rtol=1e-12)


@given(ROWS)
@settings(deadline=None)  # the first example imports scikit-learn
def test_balanced_weights_are_those_of_scikit_learn(rows: list[tuple[str, int]]) -> None:
    groups = np.array([group for group, _ in rows], dtype=object)
    cell, _ = cells_of(groups, np.array([one for _, one in rows]))
    np.testing.assert_allclose(
        balanced_weights(cell), compute_sample_weight("balanced", cell), rtol=1e-12
    )


def test_rows_without_a_group_weigh_one() -> None:
    groups = np.array(["", "a", "b", "b"], dtype=object)
    label = np.array([0, 0, 0, 1])
    assert independent_weights(groups, label)[0] == 1
    cell, names = cells_of(groups, label)
    assert cell.tolist() == [-1, 0, 1, 2]
    assert names == ["a, class 0", "b, class 0", "b, class 1"]
    assert balanced_weights(cell)[0] == 1


def test_the_weighted_loss_is_the_mean_of_weight_times_cross_entropy() -> None:
    import torch

    logits = torch.tensor([[0.0, 1.0], [2.0, 0.0]], requires_grad=True)
    values = {"weight": torch.tensor([0.5, 2.0])}
    loss = WeightedLoss()(logits, torch.tensor([1, 1]), torch.arange(2), values)
    by_hand = (0.5 * np.log(1 + np.exp(-1)) + 2.0 * np.log(1 + np.exp(2))) / 2
    assert loss.item() == pytest.approx(by_hand, rel=1e-6)  # float32


def test_the_sampler_draws_cells_equally_often() -> None:
    cell = np.array([0] * 900 + [1] * 90 + [2] * 10)
    drawn = BalancedSampler(cell).order(0, lengths=[], seed=3)
    counts = np.bincount(cell[list(drawn)])
    # 1,000 draws of a third each: 5 standard errors are 75
    assert abs(counts - 1000 / 3).max() < 75
    assert list(BalancedSampler(cell).order(0, lengths=[], seed=3)) == list(drawn)
    assert list(BalancedSampler(cell).order(1, lengths=[], seed=3)) != list(drawn)
    assert BalancedSampler(cell).digest != BalancedSampler(cell[::-1]).digest


def test_a_difference_is_not_bought_with_accuracy() -> None:
    was = Scored("was", 0.3, 0.80)
    nobody, dear, good = Scored("n", 0.0, 0.5), Scored("d", 0.1, 0.70), Scored("g", 0.2, 0.79)
    assert best(was, [nobody, dear, good], max_loss=0.02) == 2
    assert best(was, [nobody, dear, good], max_loss=0.15) == 1
    assert best(was, [nobody, dear], max_loss=0.02) == 1  # none keeps it: the most accurate


def test_thresholds_stand_between_scores_and_are_few() -> None:
    np.testing.assert_allclose(thresholds(np.array([0.2, 0.2, 0.6])), [0.4])
    assert len(thresholds(np.linspace(0, 1, 5000))) < MOST


def test_a_threshold_takes_away_a_planted_difference() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(np.array(["a", "b"], dtype=object), 2000)
    label = (rng.random(2000) < 0.5).astype(np.int64)
    # benign rows of a score up to 0.65, everything toxic above 0.7
    toxic = np.where(label == 1, 0.7, 0.0) + rng.random(2000) * 0.3
    toxic = np.where((label == 0) & (groups == "a"), toxic + 0.35, toxic)
    scores = np.stack([1 - toxic, toxic], axis=1)
    aim = Aim("origin", "fpr", 1)
    before = (toxic >= 0.5).astype(np.int64)
    at, was, now, n_tried = choose_threshold(
        aim, scores=scores, groups={g: groups == g for g in "ab"}, label=label, before=before
    )
    assert was.difference is not None
    assert was.difference > 0.3
    assert now.difference == 0
    assert 0.65 <= at <= 0.7
    assert n_tried > 10


def test_a_group_with_few_rows_takes_no_part_in_choosing() -> None:
    where = np.array(["a"] * 10 + ["b"] * 10 + ["c"] * 2)
    groups = {g: where == g for g in "abc"}
    decision = np.array([0] * 20 + [1] * 2)
    label = np.zeros(22, dtype=np.int64)
    assert difference_on(Aim("g", "fpr", 1), groups, decision, label) == 0
    assert difference_on(Aim("g", "tpr", 1), groups, decision, label) is None


# paired changes


def sides(n: int = 400, *, seed: int = 0, flip: float = 0.2, **changes: object) -> Sides:
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < 0.5).astype(np.int64)
    before = np.where(rng.random(n) < 0.8, label, 1 - label)
    is_a = rng.random(n) < 0.5
    after = np.where(rng.random(n) < flip, 1 - before, before)
    given: dict[str, object] = {
        "dataset": "test",
        "label": label,
        "before": before,
        "after": after,
        "n_classes": 2,
        "positive": 1,
        "groups": {"g": {"a": is_a, "b": ~is_a}},
    }
    return Sides(**{**given, **changes})  # type: ignore[arg-type]


def test_every_rate_before_and_after_equals_fairlearn() -> None:
    from fairlearn.metrics import (
        MetricFrame,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    given = sides()
    found = {(one.measure, one.slice): one for one in changes_of(given, np.random.default_rng(0))}
    column = np.where(given.groups["g"]["a"], "a", "b")
    for name, metric in (
        ("tpr", true_positive_rate),
        ("fpr", false_positive_rate),
        ("selection-rate", selection_rate),
        ("error-rate", lambda y, d: 1 - accuracy_score(y, d)),
    ):
        for decision, side in ((given.before, "before"), (given.after, "after")):
            frame = MetricFrame(
                metrics=metric, y_true=given.label, y_pred=decision, sensitive_features=column
            )
            for group in "ab":
                change = found[name, f"g={group}"]
                assert getattr(change, side) == pytest.approx(frame.by_group[group], abs=1e-12)
            worst = found[f"{name}-difference", "g=%2A"]
            assert getattr(worst, side) == pytest.approx(frame.difference(), abs=1e-12)
    balanced = found["balanced-accuracy", "all"]
    assert balanced.after == pytest.approx(balanced_accuracy_score(given.label, given.after))
    assert found["accuracy", "all"].before == pytest.approx(
        accuracy_score(given.label, given.before)
    )


def test_a_model_that_changed_nothing_changes_nothing_but_is_not_certain_of_it() -> None:
    given = sides(flip=0.0)
    for one in changes_of(given, np.random.default_rng(0)):
        assert one.estimate.value == 0, one.measure
        assert one.estimate.low is not None
        assert one.estimate.high is not None
        assert one.estimate.low < 0 < one.estimate.high


def test_pairing_is_far_more_precise_than_two_separate_samples() -> None:
    given = sides(2000, flip=0.02)
    found = {one.measure: one for one in changes_of(given, np.random.default_rng(0))}
    one = found["accuracy"].estimate
    assert one.low is not None
    assert one.high is not None
    apart = 2 * 1.645 * np.sqrt(2 * 0.8 * 0.2 / 2000)
    assert one.high - one.low < apart / 2


def test_fewer_than_ten_clusters_give_a_reason_and_no_interval() -> None:
    given = sides(cluster=np.array([f"c{row % 9}" for row in range(400)], dtype=object))
    for one in changes_of(given, np.random.default_rng(0)):
        why = one.estimate.why_undefined
        is_whole_range = (one.estimate.low, one.estimate.high) == (-1, 1)
        assert is_whole_range or (why is not None and why.id == "mitigation.few-clusters")
        assert one.before is not None


def test_clusters_that_move_together_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    cluster = np.repeat([f"c{index}" for index in range(40)], 25).astype(object)
    moved = np.repeat(rng.random(40) < 0.3, 25)
    given = sides(1000)
    after = np.where(moved, 1, given.before)
    rows = sides(1000, after=after)
    together = sides(1000, after=after, cluster=cluster)
    wide, narrow = (
        next(
            one.estimate
            for one in changes_of(each, np.random.default_rng(0))
            if one.measure == "selection-rate" and one.slice == "g=a"
        )
        for each in (together, rows)
    )
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)  # type: ignore[operator]


def test_overlapping_groups_count_in_both() -> None:
    given = sides()
    everyone = np.ones(400, dtype=np.bool_)
    overlapping = sides(groups={"g": {"a": given.groups["g"]["a"], "all": everyone}})
    found = {
        (one.measure, one.slice): one for one in changes_of(overlapping, np.random.default_rng(0))
    }
    worst = found["fpr-difference", "g=%2A"]
    rates = [found["fpr", f"g={name}"].before for name in ("a", "all")]
    assert worst.before == pytest.approx(abs(rates[0] - rates[1]))  # type: ignore[operator]


@pytest.mark.slow
def test_the_interval_of_a_paired_change_covers_it() -> None:
    """1,000 samples of 2 x 150 rows: a 90 % interval covers 88 to 93 of 100 (3 standard errors)."""
    rng = np.random.default_rng(7)
    inside, runs = 0, 1000
    for _ in range(runs):
        stratum = rng.integers(0, 2, 300)
        before = rng.random(300) < np.where(stratum == 0, 0.6, 0.3)
        after = np.where(rng.random(300) < 0.3, rng.random(300) < 0.3, before)
        cells = draw_cells(stratum * 4 + before * 2 + after, 8, cluster=None, rng=rng)
        at = np.arange(8)
        figures = [
            spread_of([share(hit, at // 4 == g) for g in (0, 1)])
            for hit in (at // 2 % 2 == 1, at % 2 == 1)
        ]
        one = change(cells, figures[0], figures[1], n=300)
        truth = abs((0.6 - 0.3) * 0.7) - 0.3
        assert one.low is not None
        assert one.high is not None
        inside += one.low <= truth <= one.high
    assert 0.87 <= inside / runs <= 0.93


def test_the_calibration_error_is_that_of_a_table_by_hand() -> None:
    # 15 bins of 20 rows: in half of them 10 of 20 are right at 0.6, in the others all at 0.9
    scores = np.repeat([0.6, 0.9], [140, 160])
    is_right = np.concatenate([np.arange(140) % 2 == 0, np.ones(160, dtype=bool)])
    assert calibration_error(scores, is_right) == pytest.approx(0.1)


# levelling down


def moved(group: str, before: float, after: float) -> Change:
    step = after - before
    estimate = Estimate(step, step - 0.01, step + 0.01, 200, "difference", "percentile-bootstrap")
    return Change("fpr", "test", f"g={group}", before, after, 200, estimate)


def test_levelling_down_is_flagged_and_only_then() -> None:
    def flags(*changes: Change) -> list[str]:
        found = levelling_down(list(changes), column="g", rate="fpr", is_higher_better=False)
        return [one.text for one in found]

    down = flags(moved("a", 0.4, 0.4), moved("b", 0.1, 0.3))
    assert len(down) == 1
    assert "best-off group (g=b) went from 0.100 to 0.300" in down[0]
    assert not flags(moved("a", 0.4, 0.2), moved("b", 0.1, 0.12))
    assert not flags(moved("a", 0.4, 0.3), moved("b", 0.1, 0.1))
    assert not flags(moved("a", 0.4, 0.3))
    assert not levelling_down([], column="g", rate="selection-rate", is_higher_better=None)


def test_a_largest_difference_that_grew_for_certain_is_said() -> None:
    tpr = replace(moved("*", 0.0, 0.9), measure="tpr-difference", slice="g=%2A")
    within_chance = replace(moved("*", 0.1, 0.105), measure="fpr-difference", slice="g=%2A")
    of_a_group = moved("a", 0.1, 0.3)
    [message] = grown([tpr, within_chance, of_a_group])
    assert message.text == (
        "On test the tpr-difference (all groups of g) grew from 0.000 to 0.900 (90 % interval of the "
        "change +0.890 to +0.910)."
    )


def test_a_damaged_count_of_looks_is_an_error_and_never_a_fresh_start(tmp_path: Path) -> None:
    from harness.commands.mitigation.looks import _read
    from harness.errors import IntegrityError

    (tmp_path / "marker.json").write_text("{", encoding="utf-8")
    with pytest.raises(IntegrityError, match="count looks"):
        _read(tmp_path / "marker.json")


@pytest.mark.parametrize(("n_changed", "is_known"), [(0, False), (4, False), (5, True), (20, True)])
def test_changes_in_few_clusters_have_no_interval(n_changed: int, is_known: bool) -> None:
    before = np.tile([0, 1, 1, 1], 100)
    cluster = np.repeat(np.arange(40), 10)
    after = before.copy()
    after[np.arange(n_changed) * 10 + 1] = 0  # one row in each of so many clusters
    cells = draw_cells(before * 2 + after, 4, cluster=cluster, rng=np.random.default_rng(0))
    at = np.arange(4)
    everything = np.ones(4, np.bool_)
    found = change(cells, share(at // 2 == 1, everything), share(at % 2 == 1, everything), n=400)
    assert (found.value is not None) == is_known
    if not is_known:
        assert found.why_undefined is not None
        assert found.why_undefined.id == "mitigation.few-changes"
