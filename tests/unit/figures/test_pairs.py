import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from harness.figures import group_figures
from harness.records import Evidence, Measurement
from harness.stats import GroupCounts, pair_limits, worst_difference

GOLDEN = Path(__file__).parent / "golden" / "pairs.svg"
SVG = "{http://www.w3.org/2000/svg}"


def matrices(made, **more):
    parts = group_figures(*made.nouns(), **more)
    return [one for part in parts for one in part.figures if one.kind == "pairs"]


def drawn(figure, kind):
    root = ElementTree.fromstring(figure.svg)
    return [one for one in root.iter(SVG + "path") if one.get("class") == kind]


def test_the_matrix_of_a_small_case_is_as_it_was(three):
    [figure] = matrices(three)
    assert figure.svg == GOLDEN.read_text(encoding="utf-8")


def test_every_pair_has_its_two_limits_from_the_evidence(three):
    [figure] = matrices(three)
    estimate = three.measurements[-1].estimate
    limits = pair_limits(estimate)
    rows = json.loads(figure.json())["rows"]
    assert len(rows) == 3
    for row in rows:
        i, j = (limits.names.index(row[name]) for name in ("first", "second"))
        assert row["passing_limit"] == limits.passing[i, j]
        assert row["failing_limit"] == limits.failing[i, j]
        assert row["value"] == row["first_value"] - row["second_value"]
    assert max(row["passing_limit"] for row in rows) == estimate.high
    assert max(row["failing_limit"] for row in rows) == estimate.low


def test_cells_beyond_the_limit_are_outlined(three):
    [figure] = matrices(three)
    rows = json.loads(figure.json())["rows"]
    # each on its own side of the diagonal
    assert len(drawn(figure, "far")) == sum(row["failing_limit"] > 0.10 for row in rows) == 1
    assert len(drawn(figure, "open")) == sum(row["passing_limit"] > 0.10 for row in rows) == 3
    assert [row["place"] for row in rows] == ["open", "outside", "open"]


def test_a_ratio_is_beyond_its_limit_below_it(made, three_counts):
    made.rates("identity", three_counts)
    made.worst("identity", three_counts, limit=0.8, kind="ratio", outcome="inconclusive")
    [figure] = matrices(made)
    rows = json.loads(figure.json())["rows"]
    assert {row["place"] for row in rows} == {"open"}
    assert all(row["passing_limit"] < 0.8 <= row["failing_limit"] for row in rows)


def test_without_a_rule_nothing_is_outlined(made, three_counts):
    made.rates("identity", three_counts).worst("identity", three_counts)
    [figure] = matrices(made)
    assert not drawn(figure, "far")
    assert not drawn(figure, "open")


def test_pairs_that_are_not_compared_are_dashes(made, three_counts):
    counts = three_counts | {"none": (0, 0)}
    made.rates("identity", counts)
    made.worst("identity", counts, limit=0.1, reference=1, is_complete=False)
    [figure] = matrices(made)
    places = {(row[0], row[1]): row[7] for row in figure.rows}
    assert places["immigrants", "women"] == "not-compared"
    assert places["women", "gay people"] == "open"
    assert places["gay people", "none"] == "not-compared"
    assert figure.svg.count(">–<") == 2 * sum(one == "not-compared" for one in places.values())
    assert {"pairs.dash", "pairs.incomplete"} <= {one.id for one in figure.captions}


@pytest.mark.parametrize(("n_groups", "n_matrices"), [(2, 0), (3, 1), (12, 1), (13, 0)])
def test_two_groups_and_more_than_twelve_have_no_matrix(made, n_groups, n_matrices):
    counts = {f"g{k:02d}": (20 + k, 100) for k in range(n_groups)}
    made.rates("site", counts).worst("site", counts, limit=0.1)
    assert len(matrices(made)) == n_matrices


def test_a_cluster_table_in_the_bundle_needs_its_reader(made):
    rng = np.random.default_rng(0)
    trials = rng.integers(1, 3, size=(1500, 3))
    table = np.stack([rng.binomial(trials, 0.4), trials], -1)
    x, n = table.sum(axis=0).T
    kept = {}

    def keep(values, constants):
        kept["values"] = values
        return Evidence(
            values=constants, path="audits/a/table.parquet", sha256="0" * 64, column="c"
        )

    estimate = worst_difference(GroupCounts(("a", "b", "c"), x, n, clusters=table), keep=keep)
    made.rates("g", {name: (int(x[k]), int(n[k])) for k, name in enumerate("abc")})
    made.measurements.append(Measurement("group-metrics.fpr-difference", "test", "g=%2A", estimate))
    assert matrices(made) == []
    [figure] = matrices(made, read=lambda evidence: kept["values"])
    assert max(row[5] for row in figure.rows) == estimate.high
    assert max(row[6] for row in figure.rows) == estimate.low


def test_several_classes_show_the_worst_and_say_so(made):
    one = {"a": (10, 100), "b": (12, 100), "c": (11, 100)}
    two = one | {"b": (40, 100)}
    made.rates("g", one, rest={"label": "x"}).rates("g", two, rest={"label": "y"})
    made.worst("g", [one, two], limit=0.1)
    [figure] = matrices(made)
    assert figure.rows[1][2:4] == (0.4, 0.1)
    assert "pairs.one-of" in [caption.id for caption in figure.captions]


def test_suppressed_evidence_has_no_matrix(three):
    m = three.measurements[-1]
    three.measurements[-1] = replace(m, estimate=replace(m.estimate, evidence=None))
    assert matrices(three) == []


@pytest.mark.parametrize(
    ("outcome", "limit", "n"),
    [("failed", 0.1, 1), ("inconclusive", 0.1, 1), ("passed", 0.1, 0), (None, None, 0)],
)
def test_a_short_report_draws_pairs_only_where_a_rule_is_not_met(
    made, three_counts, outcome, limit, n
):
    made.rates("identity", three_counts)
    made.worst("identity", three_counts, limit=limit, outcome=outcome)
    assert len(matrices(made, is_short=True)) == n
    assert len(matrices(made)) == 1
