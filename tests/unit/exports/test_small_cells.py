"""Small cells: nothing of a group of few rows leaves the house, in any format."""

from dataclasses import replace

import numpy as np
import pytest

from audits.group_error import group_error
from audits.representation import representation
from harness.exports import EXPORTS, least_cell, run_shown, without_small_cells
from harness.exports.small_cells import FEW, HIDDEN
from harness.predictions import Predictions
from harness.records import (
    DatasetRef,
    Evidence,
    GroupPlan,
    Measurement,
    Measurements,
    Message,
    Task,
    Verdict,
    from_json,
    slice_columns,
    slice_name,
    to_json,
)
from harness.stats import (
    farthest_of,
    linear_estimate,
    lowest_of,
    undefined,
    wilson,
    worst_linear_difference,
)
from harness.trials import make_context, run_audit

TASK = Task("text-classification", "text", ("no", "yes"))
SIZES = {"east": (400, 40), "west": (23, 9), "overseas": (7, 3), "": (70, 7)}
"""Group → rows, wrong decisions."""


def measured(tmp_path, sizes):
    """Measure errors and representation of groups of given sizes."""
    region = np.repeat(np.array(list(sizes), dtype=object), [n for n, _ in sizes.values()])
    wrong = np.concatenate([np.arange(n) < k for n, k in sizes.values()])
    label = np.arange(len(region)) % 2
    # the labels of the whole stay the same whatever a group holds
    predictions = Predictions(
        "test",
        np.array([f"e{i}" for i in range(len(region))], dtype=object),
        np.where(wrong, 1 - label, label),
        2,
        label=label,
        groups={"region": region},
        group_plans={"region": GroupPlan(values=("east", "west", "overseas"))},
    )
    found = []
    for one in (group_error, representation):
        prepared = make_context(one, task=TASK, predictions=[predictions], seed=0, folder=tmp_path)
        found += run_audit(one, prepared.context, reasons=prepared.reasons)
    measures = (*group_error.measures, *representation.measures)
    return Measurements("modelassay/measurements/v1", measures, tuple(found))


def sample(samples, measurements):
    """A run and a verdict with a finding for every slice that was measured."""
    n = max(m.estimate.n for m in measurements.measurements if m.slice == "all")
    dataset = DatasetRef("test", "rows.csv", None, "", n, n, {"groups": ["region"]})
    findings = [
        samples.finding(
            m,
            "inconclusive",
            n_needed=m.estimate.n + 11,
            because=Message.of(
                "gate.straddles",
                "{slice}: {value}, n = {n}.",
                slice=m.slice,
                value=m.estimate.value,
                n=m.estimate.n,
            ),
        )
        for m in measurements.measurements
        if m.measure.startswith("group-error") and "all" not in m.slice
    ]
    small = Message.of("gate.small", "The slice {slice} has n = {n}.", slice="region=overseas", n=7)
    verdict = samples.verdict_of(findings, "incomplete", "No answer.")
    return (
        samples.run_record(datasets=(dataset,)),
        measurements,
        replace(verdict, not_tested=(small,)),
    )


def by_slice(shown, measure):
    return {m.slice: m for m in shown.measurements if m.measure == measure}


# of data sets of the hub only, on all rows
@pytest.mark.parametrize("form", [form for form in EXPORTS if form != "eval-results"])
def test_no_format_tells_two_runs_apart_that_differ_in_small_cells_only(samples, tmp_path, form):
    texts = set()
    # rows and errors wander between the small group and the one that hides it
    for overseas, west in (((7, 3), (23, 9)), ((7, 5), (23, 7)), ((5, 2), (25, 10))):
        found = measured(tmp_path, SIZES | {"overseas": overseas, "west": west})
        run, measurements, verdict = sample(samples, found)
        shown = without_small_cells(run, measurements, verdict, 10)
        texts.add(EXPORTS[form].render(run, *shown))
        assert EXPORTS[form].render(run, measurements, verdict) not in texts
    assert len(texts) == 1


@pytest.mark.parametrize("form", ["html", "md", "model-card"])
def test_why_an_audit_has_no_value_and_caveats_of_the_run_name_no_small_group(
    samples, tmp_path, form
):
    run, *rest = sample(samples, measured(tmp_path, SIZES))
    few = Message.of("x.few", "Group {group} has {n} rows.", group="overseas", n=7)
    other = Message.of("x.other", "The model gives no scores.")
    audit = replace(run.audits[0], status="not-measured", because=few)
    told = replace(run, audits=(audit, replace(audit, because=other)), caveats=(few, other))
    shown = run_shown(told, rest[0], 10)
    assert [one.because.id for one in shown.audits] == [FEW, "x.other"]
    assert [one.id for one in shown.caveats] == [FEW, "x.other"]
    assert run_shown(told, rest[0], 0) == told
    text = EXPORTS[form].render(shown, *without_small_cells(told, *rest, 10))
    assert few.text not in text
    assert few.text in EXPORTS[form].render(told, *rest)


@pytest.mark.parametrize(("form", "words"), [("html", "fewer than 10"), ("md", "fewer than 10")])
def test_readers_see_that_a_cell_is_not_shown_and_why(samples, tmp_path, form, words):
    run, *rest = sample(samples, measured(tmp_path, SIZES))
    text = EXPORTS[form].render(run, *without_small_cells(run, *rest, 10))
    assert words in text
    assert "Not shown: with it, a figure of fewer than 10 rows could be computed." in text
    assert words not in EXPORTS[form].render(run, *rest)


def test_a_small_group_and_the_next_smallest_are_hidden_and_the_others_are_not(samples, tmp_path):
    run, *rest = sample(samples, measured(tmp_path, SIZES))
    shown, verdict = without_small_cells(run, *rest, 10)
    rates = by_slice(shown, "group-error.error-rate")
    reasons = {
        slice_columns(name)["region"]: m.estimate.why_undefined and m.estimate.why_undefined.id
        for name, m in rates.items()
        if name != "all"
    }
    assert reasons == {"east": None, "west": HIDDEN, "overseas": FEW, "(missing)": None}
    assert rates["region=west"].share is None
    hidden = [one for one in verdict.findings if one.because.id in (FEW, HIDDEN)]
    assert {one.slice for one in hidden} == {"region=west", "region=overseas"}
    assert all(one.value is one.n is one.n_needed is None for one in hidden)
    assert [one.outcome for one in verdict.findings] == [one.outcome for one in rest[1].findings]
    assert verdict.not_tested[0].id == FEW
    assert from_json(Verdict, to_json(verdict), where="verdict.json") == verdict


def test_everything_is_shown_when_no_cell_is_small_or_the_limit_is_off(samples, tmp_path):
    run, *rest = sample(samples, measured(tmp_path, SIZES))
    assert without_small_cells(run, *rest, 0) == tuple(rest)
    large = {name: (10 * n, k) for name, (n, k) in SIZES.items()}
    run, measurements, verdict = sample(samples, measured(tmp_path, large))
    shown, _ = without_small_cells(run, measurements, verdict, 10)
    before = by_slice(measurements, "group-error.error-rate")
    assert {name: m.estimate for name, m in by_slice(shown, "group-error.error-rate").items()} == {
        name: m.estimate for name, m in before.items()
    }


def test_the_rows_without_a_value_are_hidden_under_both_of_their_names(samples, tmp_path):
    sizes = {"east": (400, 40), "west": (90, 9), "": (3, 1)}
    run, *rest = sample(samples, measured(tmp_path, sizes))
    shown, _ = without_small_cells(run, *rest, 10)
    missing = by_slice(shown, "representation.missing-share")["region=%2A"]
    assert missing.estimate.why_undefined.id == FEW
    # and where they are hidden because of another small group
    sizes = {"east": (400, 40), "west": (3, 1), "": (40, 3)}
    run, *rest = sample(samples, measured(tmp_path, sizes))
    shown, _ = without_small_cells(run, *rest, 10)
    missing = by_slice(shown, "representation.missing-share")["region=%2A"]
    assert missing.estimate.why_undefined.id == HIDDEN


def rate(n, where, **more):
    return Measurement("group-error.error-rate", "test", slice_name(where), wilson(0, n), **more)


def hidden_of(samples, measurements, columns=("sex", "race")):
    dataset = DatasetRef("test", "rows.csv", None, "", 500, 500, {"groups": list(columns)})
    run = samples.run_record(datasets=(dataset,))
    verdict = samples.verdict_of([], "pass", "Nothing.")
    found = Measurements("modelassay/measurements/v1", (), tuple(measurements))
    shown, _ = without_small_cells(run, found, verdict, 10)
    return {m.slice for m in shown.measurements if m.estimate.value is None}


def test_an_intersection_is_hidden_along_both_of_its_columns(samples):
    sizes = {("f", "a"): 4, ("f", "b"): 50, ("m", "a"): 60, ("m", "b"): 70}
    cells = [rate(n, {"sex": s, "race": r}) for (s, r), n in sizes.items()]
    assert hidden_of(samples, cells) == {
        slice_name({"sex": s, "race": r}) for s, r in sizes
    }  # any one of them would give away the others
    # parts of a hidden group are hidden with it
    whole = [rate(5, {"sex": "x"}), rate(300, {"sex": "f"}), rate(400, {"sex": "m"})]
    parts = [rate(n, {"sex": "f", "race": r}) for r, n in (("a", 100), ("b", 200))]
    assert slice_name({"sex": "f", "race": "a"}) in hidden_of(samples, [*whole, *parts])


def test_a_sentence_about_another_slice_than_a_hidden_intersection_is_shown(samples):
    sizes = {("f", "a"): 4, ("f", "b"): 50, ("m", "a"): 60, ("m", "b"): 70}
    say = [Message.of("x.y", "{slice}: {n}", slice=one, n=99) for one in ("race=a, sex=f", "sex=f")]
    cells = [rate(n, {"sex": s, "race": r}) for (s, r), n in sizes.items()]
    dataset = DatasetRef("test", "rows.csv", None, "", 184, 184, {"groups": ["sex", "race"]})
    whole = replace(rate(184, {"sex": "*"}), notes=tuple(say))
    shown, _ = without_small_cells(
        samples.run_record(datasets=(dataset,)),
        Measurements("modelassay/measurements/v1", (), (*cells, whole)),
        samples.verdict_of([], "pass", "Nothing."),
        10,
    )
    assert [one.id for one in shown.measurements[-1].notes] == [FEW, "x.y"]


def test_slices_of_classes_are_no_cells(samples):
    assert (
        hidden_of(samples, [rate(3, {"class": "toxic"}), rate(300, {"class": "benign"})]) == set()
    )


def test_figures_of_few_rows_in_a_large_group_are_hidden(samples):
    cells = [rate(5, {"sex": "f"}, share=0.5), rate(90, {"sex": "m"}, share=0.5)]
    assert hidden_of(samples, cells) == {"sex=f", "sex=m"}


def test_notes_that_name_a_hidden_group_with_numbers_are_hidden(samples):
    note = Message.of("x.worst", "{group}: {share}", group="x", share=0.25)
    kept = Message.of("x.kind", "{group} is smallest", group="x")
    limit = Message.of("x.limit", "{column} has more than {limit}", column="sex", limit=5)
    listed = Message.of("x.list", "{groups} in {column}", groups="f (300), x (5)", column="sex")
    few = Message.of("x.few", "{groups} in {column}", groups="f (3)", column="sex")
    fine = Message.of("x.fine", "{groups} in {column}", groups="f (300)", column="sex")
    whole = rate(500, {"sex": "*"}, notes=(note, kept, limit), caveats=(listed, fine, few))
    counts = Evidence(values={"groups": ["x", "f"], "trials": [[5, 300]]})
    estimate = replace(whole.estimate, evidence=counts)
    cells = [rate(5, {"sex": "x"}), rate(300, {"sex": "f"}), rate(200, {"sex": "m"})]
    dataset = DatasetRef("test", "rows.csv", None, "", 505, 505, {"groups": "sex"})
    shown, _ = without_small_cells(
        samples.run_record(datasets=(dataset,)),
        Measurements("modelassay/measurements/v1", (), (*cells, replace(whole, estimate=estimate))),
        samples.verdict_of([], "pass", "Nothing."),
        10,
    )
    last = shown.measurements[-1]
    assert [one.id for one in last.notes] == [FEW, "x.kind", "x.limit"]
    assert [one.id for one in last.caveats] == [FEW, "x.fine"]
    assert last.estimate.value == 0.0
    assert last.estimate.evidence is None


@pytest.mark.parametrize("function", [worst_linear_difference, lowest_of, farthest_of])
@pytest.mark.parametrize("is_in_a_file", [False, True])
@pytest.mark.parametrize("worst", ["x", "m"])
def test_a_worst_value_of_a_hidden_group_is_hidden(samples, function, worst, is_in_a_file):
    names = ["f", "m", "x"]
    values = [-0.3 if name == worst else 0.01 * k for k, name in enumerate(names)]
    if function is worst_linear_difference:
        names, values = ["f", "m", "x", "y"], [0.0, 0.2 if worst == "m" else 0.02, 0.1, -0.1]
        values[2] = -0.3 if worst == "x" else 0.05
        estimate = function(names, values, np.eye(4) * 1e-4, n=900, unit="difference")
    else:
        off = np.resize([0.001, -0.001], 400)
        parts = [
            linear_estimate(one, off, unit="difference", range_low=-1, range_high=1)
            for one in values
        ]
        estimate = function([f"{name} (bpsn)" for name in names], parts, n=900)
    values = estimate.evidence.values
    if is_in_a_file:
        values = {k: v for k, v in values.items() if k not in ("covariance", "parts")}
    estimate = replace(estimate, evidence=Evidence(values=values))
    cells = [rate(n, {"sex": g}) for g, n in {"x": 5, "y": 8, "f": 300, "m": 200}.items()]
    whole = Measurement("group-error.error-rate", "test", "sex=%2A", estimate)
    is_hidden = worst == "x" or (is_in_a_file and function is not worst_linear_difference)
    is_hidden |= function is worst_linear_difference  # its other end is the group y
    hidden = hidden_of(samples, [*cells, whole])
    assert hidden == {"sex=x", "sex=y"} | ({"sex=%2A"} if is_hidden else set())


def test_names_of_a_later_data_set_are_hidden_too(samples):
    estimate = replace(
        wilson(5, 500),
        evidence=Evidence(
            values={"groups": ["a", "f"], "successes": [[1, 4]], "trials": [[50, 450]]}
        ),
    )
    sizes = {"one": {"a": 50, "b": 5, "c": 6, "f": 450}, "two": {"x": 5, "y": 6, "f": 450}}
    found, datasets = [], []
    for name, groups in sizes.items():
        datasets.append(DatasetRef(name, "rows.csv", None, "", 500, 500, {"groups": "sex"}))
        found += [replace(rate(n, {"sex": g}), dataset=name) for g, n in groups.items()]
        note = Message.of("x.worst", "{group}: {share}", group="x", share=0.25)
        whole = Measurement("group-error.error-rate", name, "sex=%2A", estimate, notes=(note,))
        found.append(whole)
    shown, _ = without_small_cells(
        samples.run_record(datasets=tuple(datasets)),
        Measurements("modelassay/measurements/v1", (), tuple(found)),
        samples.verdict_of([], "pass", "Nothing."),
        10,
    )
    assert [one.id for one in shown.measurements[-1].notes] == [FEW]


def test_a_damaged_slice_name_hides_nothing_and_breaks_nothing(samples):
    broken = Measurement("m.x", "test", "no slice", undefined(Message("a.b", "c"), unit="share"))
    assert hidden_of(samples, [broken]) == {"no slice"}


def test_the_limit_is_that_of_the_config_or_ten(samples):
    assert least_cell(samples.run_record()) == 10
    assert least_cell(samples.run_record(config={"report": {"min_cell": 3}})) == 3
