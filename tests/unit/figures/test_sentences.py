from dataclasses import replace

import numpy as np
import pytest

from harness.exports import without_small_cells
from harness.figures import group_figures, sentences, worst_sentences
from harness.records import Evidence, Measurement, Message
from harness.stats import (
    GroupCounts,
    farthest_of,
    linear_estimate,
    lowest_of,
    reestimate,
    worst_difference,
    worst_linear_difference,
)
from harness.stats.worst_ends import MIN_CLUSTERS, MIN_EVENTS

PLACE = ("group-metrics.fpr-difference", "test", "identity=%2A")


def said(made, kind="difference"):
    found = worst_sentences(*made.nouns())
    return found[f"group-metrics.fpr-{kind}", "test", "identity=%2A"]


def test_the_worst_difference_names_both_groups_in_natural_frequencies(made, pair_counts):
    made.rates("identity", pair_counts).worst("identity", pair_counts, limit=0.10)
    message = said(made)
    # value .256095, low .132544, high .353045: golden values of the reference
    assert message.text == (
        "False positive rate by identity: 69 of 100 for immigrants (73 of 106), 43 of 100 for gay "
        "people (77 of 178). They are 26 percentage points apart; some two groups differ by at least "
        "13 percentage points (level 95 % over all pairs), no two groups by more than 35 percentage "
        "points (level 95 % for each pair). Design: 2 groups, rows counted as independent."
    )
    assert message.id == "worst.all.difference"
    assert message.params["first"] == "immigrants"
    assert message.params["second_events"] == "77"
    assert message.params["at_least"] == "13 percentage points"


def test_the_ratio_says_which_end_is_shown_and_which_is_bounded(made, pair_counts):
    made.rates("identity", pair_counts).worst("identity", pair_counts, limit=0.8, kind="ratio")
    text = said(made, "ratio").text
    assert "The lower is 0.63 of the higher" in text
    assert "ratio of at most 0.78" in text  # high .784736
    assert "no pair one below 0.52" in text  # low .521271


def test_the_worst_rate_names_one_group(made, three_counts):
    made.rates("identity", three_counts).worst("identity", three_counts, limit=0.5, kind="worst")
    text = said(made, "worst").text
    assert text.startswith("False positive rate by identity: 69 of 100 for immigrants (73 of 106).")
    assert "the highest true rate lies between" in text


def test_what_is_not_shown_and_what_is_not_bounded_is_said_in_words(made):
    counts = {"a": (10, 40), "b": (11, 40), "c": (0, 0)}
    made.rates("identity", counts).worst("identity", counts, limit=0.1, is_complete=False)
    text = said(made).text
    assert "that any two groups differ is not shown" in text
    assert "how far groups may differ, these data do not bound" in text
    assert text.endswith(
        "Design: 2 groups, rows counted as independent; 1 group too small to compare."
    )


def test_a_reference_group_is_one_of_the_two(made, three_counts):
    made.rates("identity", three_counts)
    made.worst("identity", three_counts, limit=0.1, reference=2)
    message = said(made)
    assert {message.params["first"], message.params["second"]} == {"immigrants", "women"}
    assert message.text.endswith("each compared with women.")


def test_clusters_are_the_design(made, three_counts):
    rng = np.random.default_rng(0)
    trials = rng.integers(2, 6, size=(30, 3))
    table = np.stack([rng.binomial(trials, 0.4), trials], -1)
    x, n = table.sum(axis=0).T
    made.rates(
        "identity", dict(zip(three_counts, zip(x.tolist(), n.tolist(), strict=True), strict=True))
    )
    counts = GroupCounts(tuple(three_counts), x, n, clusters=table)
    made.add(PLACE[0], {"identity": "*"}, worst_difference(counts))
    made.worst("identity", three_counts, limit=0.1)  # of another kind of rows, not asked here
    del made.measurements[-1]
    assert "3 groups, rows in 30 clusters." in said(made).text


def test_clusters_are_the_design_of_another_statistic_too(made, three_counts):
    made.worst("identity", three_counts, limit=0.1)
    linear = worst_linear_difference(
        tuple(three_counts), [0.7, 0.8, 0.75], np.eye(3) * 1e-4, n=374, unit="difference", df=29
    )
    made.measurements[-1] = Measurement(*PLACE, linear)
    measurements, findings, datasets = made.nouns()
    assert said(made).text.endswith("Design: 3 groups, rows counted as independent.")
    clustered = [replace(one, roles={**one.roles, "cluster": "template"}) for one in datasets]
    text = worst_sentences(measurements, findings, clustered)[PLACE].text
    assert text.endswith("Design: 3 groups, rows in clusters.")


@pytest.mark.parametrize(
    ("n_clusters", "words"),
    [
        (MIN_CLUSTERS - 1, f"fewer than {MIN_CLUSTERS} clusters decide nothing"),
        (30, f"events, or non-events, in fewer than {MIN_EVENTS} clusters"),
    ],
)
def test_why_clusters_decide_nothing_is_said(made, three_counts, n_clusters, words):
    assert sentences._LEAST_CLUSTERS == MIN_CLUSTERS
    trials = np.full((n_clusters, 3), 4)
    events = trials * np.array([0, 1, 0])  # one group always, the others never
    x, n = events.sum(axis=0), trials.sum(axis=0)
    counts = dict(zip(three_counts, zip(x.tolist(), n.tolist(), strict=True), strict=True))
    table = GroupCounts(tuple(three_counts), x, n, clusters=np.stack([events, trials], -1))
    made.rates("identity", counts).worst("identity", three_counts, limit=0.1)
    made.measurements[-1] = Measurement(*PLACE, worst_difference(table))
    e = made.measurements[-1].estimate
    made.findings[-1] = replace(made.findings[-1], low=e.low, high=e.high)
    assert words in said(made).text


LOWEST = (
    "It lies at -20.0 percentage points; some lie at -15.7 percentage points or lower (level 95 % over all), "
    "none lower than -23.3 percentage points (level 95 % for each)."
)
FARTHEST = (
    "It is 20.0 percentage points off; some are at least 15.2 percentage points off (level 95 % over all), "
    "none more than 23.3 percentage points (level 95 % for each)."
)


@pytest.mark.parametrize(("function", "words"), [(lowest_of, LOWEST), (farthest_of, FARTHEST)])
def test_the_worst_of_several_estimates_names_the_group_that_the_audit_noted(made, function, words):
    off = np.resize([0.001, -0.001], 400)  # 2 percentage points of standard error
    parts = [
        linear_estimate(value, off, unit="difference", range_low=-1, range_high=1)
        for value in (0.0, -0.2, -0.1)
    ]
    worst = function(("men", "women", "others"), parts, n=1200)
    note = Message.of(
        "audit.worst", "In the column {column} it is {group}.", column="identity", group="women"
    )
    made.columns.append("identity")
    made.add(PLACE[0], {"identity": "*"}, worst, notes=(note,))
    m = made.measurements[0]
    made.worst("identity", {"men": (1, 40), "women": (2, 40)}, limit=0.1)
    del made.measurements[-1]  # of counts, not asked here
    e = m.estimate
    made.findings[0] = replace(
        made.findings[0], limit_value=-0.05, value=e.value, low=e.low, high=e.high
    )
    text = said(made).text
    assert (
        text == f"In the column identity it is women. {words} Design: rows counted as independent."
    )
    made.measurements[0] = replace(m, notes=())
    assert not worst_sentences(*made.nouns())


def test_shared_rows_are_the_design(made, table_of, pair_counts):
    joint = np.zeros((2, 2, 2), dtype=np.int64)
    joint[0, 0], joint[1, 1], joint[0, 1], joint[1, 0] = (73, 106), (77, 178), (9, 20), (9, 20)
    made.rates("identity", pair_counts).worst("identity", pair_counts, limit=0.1, joint=joint)
    assert "2 groups that overlap" in said(made).text


def test_of_several_classes_the_worst_is_named(made):
    one, two = {"a": (10, 100), "b": (12, 100)}, {"a": (10, 100), "b": (40, 100)}
    made.rates("identity", one, rest={"label": "x"}).rates("identity", two, rest={"label": "y"})
    made.worst("identity", [one, two], limit=0.1)
    text = said(made).text
    assert text.startswith("False positive rate (label y) by identity: 40 of 100 for b (40 of 100)")


def test_a_group_that_is_too_small_in_another_class_than_the_worst_is_said(made):
    one, two = {"a": (10, 100), "b": (0, 0)}, {"a": (10, 100), "b": (12, 100)}
    made.rates("identity", two, rest={"label": "y"})
    made.worst("identity", [one, two], limit=0.1, is_complete=False)
    assert said(made).text.endswith(
        "rows counted as independent; in 1 other class or rate a group is too small to compare."
    )


def test_a_weighted_mean_says_so(made, table_of):
    one, two = {"a": (10, 100), "b": (12, 100)}, {"a": (10, 100), "b": (40, 100)}
    made.rates("identity", two, rest={"label": "y"})
    mean = worst_difference([table_of(one), table_of(two)], weights=[1, 3])
    made.worst("identity", one, limit=0.1)
    made.measurements[-1] = Measurement(*PLACE, mean)
    text = said(made).text
    assert "mean over 2 classes weighted by their examples" in text
    assert "furthest apart are b (40 of 100) and a (10 of 100)" in text


def test_another_statistic_has_values_instead_of_counts(made, three_counts):
    made.worst("identity", three_counts, limit=0.1)
    linear = worst_linear_difference(
        tuple(three_counts), [0.7, 0.8, 0.75], np.eye(3) * 1e-4, n=374, unit="difference"
    )
    made.measurements[-1] = Measurement(*PLACE, linear)
    made.findings[0] = replace(made.findings[0], low=linear.low, high=linear.high)
    text = said(made).text
    assert "for gay people" in text
    assert "for immigrants" in text
    assert "10.0 percentage points apart" in text


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"groups": ["a", "b"]},
        {"groups": ["a", "b"], "successes": [[1]], "trials": [[2]]},
        {"groups": ["a", "b"], "successes": [[3, 1]], "trials": [[2, 2]]},
        {"groups": [1, 2], "successes": [[1, 1]], "trials": [[2, 2]]},
        {"groups": ["a", "b"], "successes": [1, 1], "trials": [2, 2]},
    ],
)
def test_damaged_evidence_gives_no_sentence_and_no_error(three, values):
    m = three.measurements[-1]
    three.measurements[-1] = replace(
        m, estimate=replace(m.estimate, evidence=Evidence(values=values))
    )
    assert worst_sentences(*three.nouns()) == {}


def test_a_measurement_that_no_rule_judged_has_no_sentence(made, three_counts):
    made.rates("identity", three_counts).worst("identity", three_counts)
    assert worst_sentences(*made.nouns()) == {}


def test_groups_that_are_alike_are_not_compared_by_name(made):
    counts = {"a": (0, 50), "b": (0, 80)}
    made.rates("identity", counts).worst("identity", counts, limit=0.1, outcome="passed")
    text = said(made).text
    assert text.startswith(
        "False positive rate by identity: 0 of 100 in each of 2 groups. In these data"
    )
    assert "no two groups by more than 5.8 percentage points" in text


def test_the_ends_are_those_that_were_judged_with_all_rules_together(made, three_counts):
    made.rates("identity", three_counts).worst("identity", three_counts, limit=0.10)
    judged = reestimate(made.measurements[-1].estimate, alpha_low=0.01)
    made.findings[0] = replace(made.findings[0], low=judged.low, alpha_low=0.01)
    message = said(made)
    assert message.params["level_shown"] == "level 99 %"
    assert "at least 7 percentage points (level 99 % over all pairs)" in message.text
    [pairs] = [one for one in group_figures(*made.nouns())[0].figures if one.kind == "pairs"]
    assert max(row[6] for row in pairs.rows) == judged.low


def test_what_leaves_the_house_keeps_the_sentence_where_no_group_is_small(
    made, samples_run, pair_counts
):
    made.rates("identity", pair_counts).worst("identity", pair_counts, limit=0.10)
    measurements, findings, datasets = made.nouns()
    run, verdict = samples_run
    run = replace(run, datasets=tuple(datasets))
    verdict = replace(verdict, findings=tuple(findings))
    shown, outside = without_small_cells(run, measurements, verdict, 10)
    assert PLACE in worst_sentences(shown, outside.findings, datasets)
    hidden, outside = without_small_cells(run, measurements, verdict, 120)  # 106 immigrants
    assert worst_sentences(hidden, outside.findings, datasets) == {}
