import csv
import io
import json
import math
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.exports._groups import figure_block
from harness.figures import group_figures
from harness.figures.axis import axis_for
from harness.figures.families import read_families
from harness.figures.funnel import FROM_GROUPS
from harness.records import Message
from harness.stats import clopper_pearson, linear_estimate, undefined, wilson

GOLDEN = Path(__file__).parent / "golden" / "forest.svg"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert(1)</script>"&\u202e=1+1'


def figures(made, kind):
    return [
        one for part in group_figures(*made.nouns()) for one in part.figures if one.kind == kind
    ]


def shapes(figure, tag, kind):
    root = ElementTree.fromstring(figure.svg)
    return [one for one in root.iter(SVG + tag) if one.get("class") == kind]


def test_the_forest_plot_of_a_small_case_is_as_it_was(three):
    [figure] = figures(three, "forest")
    assert figure.svg == GOLDEN.read_text(encoding="utf-8")


def test_the_same_nouns_give_the_same_bytes(three):
    assert group_figures(*three.nouns()) == group_figures(*three.nouns())


def test_every_number_of_a_forest_plot_is_that_of_the_evidence(three, three_counts):
    [figure] = figures(three, "forest")
    rows = {row["group"]: row for row in json.loads(figure.json())["rows"]}
    for group, (x, n) in three_counts.items():
        estimate = wilson(x, n)
        assert (rows[group]["events"], rows[group]["n"]) == (x, n)
        assert rows[group]["value"] == x / n
        assert (rows[group]["low"], rows[group]["high"]) == (estimate.low, estimate.high)
    assert [row["group"] for row in json.loads(figure.json())["rows"]] == [
        "immigrants", "women", "gay people"
    ]  # fmt: skip  # a false positive rate: the highest is worst


def test_dots_and_bars_lie_where_the_values_are(three, three_counts):
    [figure] = figures(three, "forest")
    grid = [float(one.get("x1")) for one in shapes(figure, "line", "grid")]
    left, right = min(grid), max(grid)  # the axis is 0 to 1
    bars = shapes(figure, "line", "bar")
    order = ("immigrants", "women", "gay people")
    for bar, group in zip(bars, order, strict=True):
        estimate = wilson(*three_counts[group])
        ends = [(float(bar.get(end)) - left) / (right - left) for end in ("x1", "x2")]
        # places are rounded to a tenth of about 400
        assert ends == pytest.approx([estimate.low, estimate.high], abs=5e-4)


def test_the_band_begins_at_the_lowest_group_and_is_as_wide_as_the_tolerance(three):
    [figure] = figures(three, "forest")
    grid = [float(one.get("x1")) for one in shapes(figure, "line", "grid")]
    [band] = shapes(figure, "path", "band")
    x1, _, x2, _, _ = (float(x) for x in re.findall(r"[-\d.]+", band.get("d")))
    width = max(grid) - min(grid)
    assert [(x1 - min(grid)) / width, (x2 - min(grid)) / width] == pytest.approx(
        [77 / 178, 77 / 178 + 0.10], abs=5e-4
    )
    [caption] = [one for one in figure.captions if one.id == "forest.band-difference"]
    assert "43.3 %" in caption.text
    assert "one below it is not compared" in caption.text
    assert "rule EQUAL" in caption.text


def test_the_band_of_a_reference_lies_around_it_and_that_of_a_ratio_below_the_highest(
    made, three_counts
):
    made.rates("identity", three_counts)
    made.worst("identity", three_counts, limit=0.1, reference=2)
    [figure] = figures(made, "forest")
    assert any(one.id == "forest.band-reference" for one in figure.captions)
    made.findings.clear()
    made.worst("identity", three_counts, limit=0.8, kind="ratio")
    [figure] = figures(made, "forest")
    assert any(one.id == "forest.band-ratio" for one in figure.captions)


def test_without_a_rule_there_is_no_band(made, three_counts):
    made.rates("identity", three_counts).worst("identity", three_counts)
    [figure] = figures(made, "forest")
    assert not shapes(figure, "path", "band")


def test_a_limit_on_the_change_since_the_last_release_is_none_of_the_value(three):
    measured = three.measurements[-1]
    (given,) = three.findings
    change = replace(
        given, rule="NOT-WORSE", limit="drop at most 0.02", limit_value=0.02,
        value=0.01, low=-0.03, high=0.05,
    )  # fmt: skip
    three.findings[:] = [change]
    [figure] = figures(three, "forest")
    assert not shapes(figure, "path", "band")
    (whole,) = read_families(*three.nouns())[1]
    assert whole.finding is None
    assert whole.estimate == measured.estimate  # not with the interval of the change
    three.findings[:] = [change, given]  # worst first: the rule about the value is still found
    (whole,) = read_families(*three.nouns())[1]
    assert whole.finding is given
    [figure] = figures(three, "forest")
    assert shapes(figure, "path", "band")


def test_a_group_that_could_not_pass_is_hollow_and_one_that_was_not_measured_a_dash(made):
    counts = {"many": (300, 1000), "few": (12, 40), "none": (0, 0)}
    made.rates("identity", counts)
    made.worst("identity", counts, limit=0.1, is_complete=False)
    [figure] = figures(made, "forest")
    # n < 2 z^2 p (1 - p) / 0.1^2 = 114 at 0.3
    assert len(shapes(figure, "circle", "hollow")) == 1
    assert len(shapes(figure, "circle", "dot")) == 1
    assert [row[10] for row in figure.rows] == ["low", "enough", "none"]
    assert "–" in [one.text for one in shapes(figure, "text", None)]
    assert {"forest.hollow", "forest.dash"} <= {one.id for one in figure.captions}


def test_rows_without_a_group_stand_below_the_groups(made):
    made.rates("identity", {"a": (30, 100), "(missing)": (90, 100), "b": (40, 100)})
    [figure] = figures(made, "forest")
    assert [row[0] for row in figure.rows] == ["b", "a", "(missing)"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=8))  # fmt: skip
def test_the_axis_holds_zero_and_every_interval(counts):
    estimates = [clopper_pearson(x, n) for x, n in counts]
    axis = axis_for(estimates, [], "share")
    assert axis.low == 0.0
    assert all(axis.low <= e.low <= e.value <= e.high <= axis.high for e in estimates)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ({"a": 0.5, "b": -0.01}, ["0 pp", "60 pp"]),
        ({"a": -0.5, "b": 0.01}, ["-60 pp", "0 pp"]),
        ({"a": 0.5, "b": -0.4}, ["-50 pp", "0 pp", "60 pp"]),
    ],
)
def test_labels_of_the_axis_do_not_lie_on_each_other(made, values, labels):
    made.columns.append("identity")
    for group, value in values.items():
        off = np.resize([0.001, -0.001], 400)
        estimate = linear_estimate(value, off, unit="difference", range_low=-1, range_high=1)
        made.add("group-metrics.fpr", {"identity": group}, estimate)
    (forest,) = figures(made, "forest")
    texts = [one.text.replace("\xa0", " ") for one in shapes(forest, "text", "soft")]
    assert [one for one in texts if one.endswith(" pp")] == labels


def test_hostile_names_are_text_everywhere(made):
    counts = {HOSTILE: (30, 100), "b": (60, 100), "c": (40, 100)}
    made.rates(HOSTILE, counts).worst(HOSTILE, counts, limit=0.1).impact(HOSTILE, counts)
    made.rates(HOSTILE, counts, measure="group-metrics.selection-rate")
    found = [one for part in group_figures(*made.nouns()) for one in part.figures]
    assert {one.kind for one in found} == {"forest", "impact-ratio", "pairs"}
    for figure in found:
        page = str(figure_block(figure))
        assert "<script" not in page
        assert "\u202e" not in page
        assert "<U+202E>" in unescape(page)
        if figure.svg:
            ElementTree.fromstring(figure.svg)
            assert "<script" not in figure.svg
        cells = [cell for row in csv.reader(io.StringIO(figure.csv())) for cell in row]
        assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_a_formula_in_a_name_is_text_in_the_csv(made):
    made.rates("g", {"=1+1": (30, 100), "b": (60, 100)})
    [figure] = figures(made, "forest")
    assert "'=1+1" in figure.csv()


def test_every_figure_of_a_report_has_a_table_for_those_who_cannot_see_it(three, three_counts):
    [figure] = figures(three, "forest")
    page = str(figure_block(figure))
    assert 'role="img"' in page
    assert "<title>" in page
    assert "<desc>" in page
    table = page[page.index("<table") :]
    assert table.count('scope="row"') == len(three_counts)
    assert table.count('scope="col"') == len(figure.shown_head)
    assert "43.3" in table


def test_a_standalone_figure_asks_for_nothing_from_elsewhere(three):
    [figure] = figures(three, "forest")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", figure.svg)
    assert "url(" not in figure.svg
    assert "@import" not in figure.svg


def test_a_funnel_is_drawn_above_twenty_groups(made):
    counts = {f"g{k}": (20 + k, 100 + k) for k in range(FROM_GROUPS - 1)}
    made.rates("site", counts)
    assert figures(made, "funnel") == []
    made.measurements.clear()
    made.rates("site", counts | {"more": (1, 200)})
    assert len(figures(made, "funnel")) == 1


def test_a_group_lies_outside_the_funnel_exactly_when_its_interval_leaves_the_whole_out(made):
    counts = {f"g{k:02d}": (3 + 2 * k, 60 + 7 * k) for k in range(25)}
    made.rates("site", counts)
    [figure] = figures(made, "funnel")
    overall = sum(x for x, _ in counts.values()) / sum(n for _, n in counts.values())
    for name, x, n, *_, place in figure.rows:
        own = wilson(x, n, alpha_low=0.025, alpha_high=0.025)
        assert (place != "inside") == (not own.low <= overall <= own.high), name
    # twice the limits at a quarter of the examples
    first, last = figure.rows[0], figure.rows[-1]
    assert (last[5] - overall) / (first[5] - overall) == pytest.approx(
        math.sqrt(first[2] / last[2])
    )


def test_the_impact_table_has_the_columns_of_the_law(made):
    counts = {"a": (50, 100), "b": (40, 100), "c": (1, 3)}
    made.rates("sex", counts, measure="group-metrics.selection-rate").impact("sex", counts)
    made.add("group-metrics.selection-rate", {"sex": "(missing)"}, wilson(2, 7))
    [table] = figures(made, "impact-ratio")
    assert table.svg == ""
    assert table.shown_head[:2] == ("Category", "Number of examples")
    assert [row[0] for row in table.rows] == ["a", "b", "c", "Unknown category"]
    assert table.rows[1][4] == 0.4
    assert table.rows[1][7] == 0.8
    assert table.rows[2][10] == "Under 2 % of the data: may be left out with a justification"
    assert table.rows[3][1] == 7
    assert any(one.text.startswith("7 examples are in an unknown") for one in table.captions)


def test_the_impact_table_says_nothing_of_a_category_that_is_not_shown(made):
    counts = {"a": (50, 100), "b": (40, 100), "c": (1, 3)}
    made.rates("sex", counts, measure="group-metrics.selection-rate").impact("sex", counts)
    made.add("group-metrics.selection-rate", {"sex": "(missing)"}, wilson(2, 7))
    few = Message("export.fewer-than", "Not shown.", {"k": 10})
    for at, one in enumerate(made.measurements):
        if one.slice in ("sex=c", "sex=%28missing%29"):
            hidden = undefined(few, unit=one.estimate.unit)
            made.measurements[at] = replace(one, estimate=hidden, share=None)
    [table] = figures(made, "impact-ratio")
    assert [row[0] for row in table.rows] == ["a", "b", "c"]
    assert table.rows[2][1] is None
    assert table.shown[2][1] == "fewer than 10"
    assert not any("unknown category" in one.text for one in table.captions)


def test_an_excluded_category_keeps_count_and_rate_and_says_why(made):
    counts = {"a": (50, 100), "b": (40, 100), "trans": (1, 3)}
    made.rates("sex", counts, measure="group-metrics.selection-rate").impact("sex", counts)
    why = Message("groups.excluded", "Left out: memo 12", {"reason": "memo 12"})
    at = next(k for k, m in enumerate(made.measurements) if m.slice == "sex=trans")
    made.measurements[at] = replace(made.measurements[at], caveats=(why,))
    [table] = figures(made, "impact-ratio")
    [row] = [row for row in table.rows if row[0] == "trans"]
    assert row[1] == 3
    assert row[10] == "Left out of the comparison: memo 12"


def test_cells_of_two_columns_stand_after_the_columns(made):
    made.rates("sex", {"a": (50, 100), "b": (40, 100)})
    made.columns.append("age")
    for sex in "ab":
        for age in ("young", "old"):
            made.add("group-metrics.fpr", {"sex": sex, "age": age}, wilson(20, 50))
    parts = group_figures(*made.nouns())
    assert [part.columns for part in parts] == [("sex",), ("age", "sex")]
    assert "young × a" in [row[0] for row in parts[1].figures[0].rows]


def test_what_was_suppressed_is_not_drawn(three):
    hidden = Message("export.fewer-than", "Not shown: it rests on fewer than 10 rows.", {"k": 10})
    at = next(k for k, m in enumerate(three.measurements) if m.slice == "identity=women")
    three.measurements[at] = replace(
        three.measurements[at], estimate=undefined(hidden, unit="share"), share=None
    )
    three.measurements[-1] = replace(
        three.measurements[-1], estimate=replace(three.measurements[-1].estimate, evidence=None)
    )
    [figure] = figures(three, "forest")
    assert "40 of 90" not in figure.svg
    assert "44.4" not in figure.svg
    assert "90" not in figure.csv()
    assert "Not shown" in figure.csv()


def test_a_number_that_is_not_finite_is_neither_drawn_nor_written(three):
    m = three.measurements[0]
    three.measurements[0] = replace(m, estimate=replace(m.estimate, value=math.nan, low=math.nan))
    [figure] = figures(three, "forest")
    json.loads(figure.json())
    assert "nan" not in figure.svg


def test_rates_of_the_favourable_class_come_from_the_counts_behind_the_ratios(made):
    taken = {"a": (50, 100), "b": (40, 100)}  # for the class of interest
    spared = {group: (n - x, n) for group, (x, n) in taken.items()}
    made.rates("sex", taken, measure="group-metrics.selection-rate").impact("sex", spared)
    [table] = figures(made, "impact-ratio")
    assert [(row[0], row[3], row[4]) for row in table.rows] == [("b", 60, 0.6), ("a", 50, 0.5)]
    assert table.rows[1][7] == pytest.approx(5 / 6)
    own = wilson(60, 100)  # the interval of the other class, seen from the other side
    assert table.rows[0][5:7] == pytest.approx((own.low, own.high))
    assert "impact.favourable" in [caption.id for caption in table.captions]


def test_every_ratio_of_the_table_is_the_quotient_of_its_rates(made):
    counts = {"a": (50, 100), "b": (40, 100), "c": (11, 60)}
    made.rates("sex", counts, measure="group-metrics.selection-rate").impact("sex", counts)
    [table] = figures(made, "impact-ratio")
    best = max(row[4] for row in table.rows)
    assert [row[7] for row in table.rows] == pytest.approx([row[4] / best for row in table.rows])
    assert "impact.favourable" not in [caption.id for caption in table.captions]


def test_the_column_with_the_worst_finding_comes_first(made, three_counts):
    made.rates("age", three_counts).worst("age", three_counts, limit=0.9, outcome="passed")
    made.rates("sex", three_counts).worst("sex", three_counts, limit=0.1)
    made.findings.reverse()  # findings are handed over worst first
    assert [part.columns for part in group_figures(*made.nouns())] == [("sex",), ("age",)]
