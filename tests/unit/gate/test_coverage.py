"""Nothing falls through: each rule ends in exactly one outcome for each slice, and silence is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gate import Baseline, Given
from harness.gate.verdicts import worst
from harness.records import ALL, COUNTED_OUTCOMES, AuditRecord, Message
from harness.stats import undefined, wilson

WHY = Message(id="t.none", text="There was nothing to count.")
MEASURES = ("test.higher", "test.lower", "other.rate")
SLICES = (ALL, "g=a", "g=b", "h=x", "h=y", "g=a,h=x", "g=b,h=y")
COLUMNS = {name: () if name == ALL else tuple(p[0] for p in name.split(",")) for name in SLICES}
COMBINATIONS = (("g",), ("h",), ("g", "h"))

estimates = st.one_of(
    st.integers(0, 40).map(lambda x: wilson(x, 40)),
    st.just(undefined(WHY, unit="share")),
)
keys = st.tuples(
    st.sampled_from(MEASURES), st.sampled_from(("test", "more")), st.sampled_from(SLICES)
)
held = st.dictionaries(keys, estimates, max_size=14)
requires = st.sampled_from(
    [
        {"at_least": 0.5},
        {"at_most": 0.5},
        {"drop_at_most": 0.1, "versus": "last_release", "paired": True},
        {"present_for": [list(one) for one in COMBINATIONS[:2]]},
    ]
)
sliced = st.one_of(
    st.none(),
    st.just({"by": "every"}),
    st.lists(st.sampled_from(COMBINATIONS), min_size=1, max_size=3, unique=True).map(
        lambda found: {"by": [list(one) for one in found]}
    ),
)


@st.composite
def rules(draw):
    measure = draw(st.sampled_from((*MEASURES, "test.hihger", "broken.rate", "evidence")))
    rule = {"severity": draw(st.sampled_from(("block", "warn", "info")))}
    if measure == "evidence":
        return rule | {"evidence": {"document": "risk-file"}, "title": "A file"}
    rule |= {"measure": measure, "require": draw(requires)}
    given_slices = draw(sliced)
    if given_slices and "present_for" not in rule["require"]:
        rule["slices"] = given_slices
    if draw(st.booleans()):
        rule["datasets"] = draw(
            st.lists(st.sampled_from(("test", "more", "none")), min_size=1, unique=True)
        )
    return rule


policies = st.lists(rules(), min_size=1, max_size=5)
BROKEN = (AuditRecord("broken", "error", {}, "1", Message("x", "It broke.")),)


def _verdict(make, rules, measured, baseline):
    found = [make.measurement(key, one, name, dataset=where) for (key, where, name), one in measured.items()]  # fmt: skip
    record = make.run(groups=["g", "h"], audits=BROKEN)
    (one,) = record.datasets
    record = replace(record, datasets=(one, replace(one, name="more")))
    return make.gate(rules, found, record=record, given=Given(baseline=baseline))


@settings(max_examples=100, deadline=None)
@given(rules=policies, measured=held, run_id=st.sampled_from((None, "r")))
def test_every_rule_ends_in_exactly_one_outcome_for_each_slice(make, rules, measured, run_id):
    verdict = _verdict(make, rules, measured, Baseline(run_id, ()))
    counted = Counter((one.rule, one.dataset, one.slice) for one in verdict.findings)
    assert set(counted.values()) == {1}
    assert {one.rule for one in verdict.findings} == {f"RULE-{n + 1}" for n in range(len(rules))}
    assert all(one.because.text and one.outcome in COUNTED_OUTCOMES for one in verdict.findings)
    ranks = [COUNTED_OUTCOMES.index(one.outcome) for one in verdict.findings]
    assert ranks == sorted(ranks)


@settings(max_examples=100, deadline=None)
@given(measured=held, by=sliced.filter(bool), limit=st.sampled_from(("at_least", "at_most")))
def test_every_slice_that_any_measurement_knows_of_is_judged_or_said(make, measured, by, limit):
    rule = {"measure": "test.higher", "require": {limit: 0.5}, "slices": by}
    verdict = _verdict(make, [rule], measured, None)
    found = {(one.dataset, one.slice) for one in verdict.findings}
    own = {(where, COLUMNS[name]) for key, where, name in measured if key == "test.higher"}
    declared = {("g",), ("h",)}
    for _, where, name in measured:
        columns = COLUMNS[name]
        mine = {one for place, one in own if place == where and one}
        asked = {tuple(one) for one in by["by"]} if by["by"] != "every" else (
            mine | declared if mine & declared else mine
        )  # fmt: skip
        if columns in asked and mine & asked:
            assert (where, name) in found, (where, name)
    # a data set in which the measure has none of what is asked for is said as a whole
    for where in {place for place, _ in own}:
        assert any(place == where for place, _ in found)


@settings(max_examples=100, deadline=None)
@given(rules=policies, measured=held)
def test_what_was_not_tested_names_every_rule_without_an_answer_worst_first(make, rules, measured):
    verdict = _verdict(make, rules, measured, None)
    outcomes: dict[str, list[str]] = {}
    for one in verdict.findings:
        outcomes.setdefault(one.rule, []).append(one.outcome)
    severity = {f"RULE-{n + 1}": rule["severity"] for n, rule in enumerate(rules)}
    said = [one for one in verdict.not_tested if one.id == "gate.rule-not-tested"]
    named = {one.params["rule"] for one in said}
    silent = {rule for rule, found in outcomes.items() if {"error", "not-measured"} & set(found)}
    assert silent <= named
    order = [("block", "warn", "info").index(severity[one.params["rule"]]) for one in said]
    assert order == sorted(order)
    block = [worst(found) for rule, found in outcomes.items() if severity[rule] == "block"]
    if {"error", "not-measured", "inconclusive"} & set(block):
        assert verdict.verdict in ("blocked", "incomplete")


def test_missing_evidence_under_warn_warns(make):
    held = [make.measurement("test.lower", wilson(1, 200))]
    rules = [
        {"measure": "test.lower", "require": {"at_most": 0.5}},
        {"measure": "other.rate", "require": {"at_most": 0.5}, "severity": "warn"},
        {"evidence": {"document": "risk-file"}, "title": "A file", "severity": "warn"},
    ]
    verdict = make.gate(rules, held)
    assert (verdict.verdict, verdict.counts) == (
        "pass-with-warnings",
        {"not-measured": 2, "passed": 1},
    )


def test_one_group_of_two_is_not_every_group(make):
    rule = {"measure": "test.higher", "require": {"present_for": [["g"]]}}
    held = [
        make.measurement("test.higher", wilson(10, 20), "g=a"),
        make.measurement("other.rate", wilson(10, 20), "g=a"),
        make.measurement("other.rate", wilson(10, 20), "g=b"),
    ]
    verdict = make.gate([rule], held)
    assert {one.slice: one.outcome for one in verdict.findings} == {
        "g=a": "passed",
        "g=b": "not-measured",
    }
