"""Which slices a rule is about, small slices, presence: what is absent never passes."""

from __future__ import annotations

import pytest

from harness.records import ALL, DatasetRef, Message, slice_name
from harness.stats import newcombe, undefined, wilson

GOOD = wilson(10, 200)
BAD = wilson(150, 200)
RULE = {"measure": "test.lower", "require": {"at_most": 0.5}}
EVERY = RULE | {"slices": {"by": "every"}}
BY_G = RULE | {"slices": {"by": [["g"]]}}
SMALL = RULE | {"slices": {"by": "every", "min_n": 30}}


def _outcomes(verdict):
    return {(f.dataset, f.slice): f.outcome for f in verdict.findings}


def _held(make, **slices):
    return [make.measurement("test.lower", given, name) for name, given in slices.items()]


def test_a_rule_without_slices_is_about_all_examples_only(make):
    verdict = make.gate([RULE], _held(make, **{ALL: GOOD, "g=a": BAD}))
    assert _outcomes(verdict) == {("test", ALL): "passed"}


def test_a_rule_without_slices_is_not_met_by_slices(make):
    verdict = make.gate([RULE], _held(make, **{"g=a": GOOD}))
    assert _outcomes(verdict) == {("test", ALL): "not-measured"}
    because = verdict.findings[0].because.text
    assert "such as g=a" in because
    assert "slices: {by: every}" in because


def test_every_judges_every_slice_and_not_all_examples(make):
    verdict = make.gate([EVERY], _held(make, **{ALL: BAD, "g=a": GOOD, "h=x": GOOD}))
    assert _outcomes(verdict) == {("test", "g=a"): "passed", ("test", "h=x"): "passed"}
    assert verdict.verdict == "pass"


def test_columns_judge_their_slices_only(make):
    verdict = make.gate([BY_G], _held(make, **{"g=a": GOOD, "h=x": BAD, "g=a,h=x": BAD}))
    assert _outcomes(verdict) == {("test", "g=a"): "passed"}


@pytest.mark.parametrize("rule", [EVERY, BY_G])
def test_a_rule_about_slices_is_not_met_by_all_examples(make, rule):
    verdict = make.gate([rule], _held(make, **{ALL: GOOD}))
    assert _outcomes(verdict) == {("test", ALL): "not-measured"}
    assert verdict.verdict == "incomplete"


def test_the_reason_of_the_audit_is_passed_on_when_it_measured_no_slice(make):
    why = Message(id="t.groups", text="The data names no groups.")
    verdict = make.gate([EVERY], _held(make, **{ALL: undefined(why, unit="share")}))
    assert verdict.findings[0].because == why


def test_a_slice_that_another_measure_knows_is_not_measured(make):
    held = [*_held(make, **{"g=a": GOOD}), make.measurement("other.rate", GOOD, "g=b")]
    for rule in (EVERY, BY_G):
        verdict = make.gate([rule], held)
        assert _outcomes(verdict) == {("test", "g=a"): "passed", ("test", "g=b"): "not-measured"}
    elsewhere = make.measurement("other.rate", GOOD, "g=b", dataset="second")
    assert make.gate([EVERY], [held[0], elsewhere]).verdict == "pass"


@pytest.mark.parametrize("name", ["g=%28missing%29", "g=%2A"])
def test_examples_without_a_group_are_judged_only_where_the_measure_has_them(make, name):
    held = [*_held(make, **{"g=a": GOOD}), make.measurement("other.rate", GOOD, name)]
    assert make.gate([EVERY], held).verdict == "pass"
    own = [*_held(make, **{"g=a": GOOD, name: BAD})]
    assert make.gate([EVERY], own).verdict == "blocked"


def test_a_declared_group_column_that_was_left_out_is_no_pass(make):
    record = make.run(groups=["g", "h"])
    verdict = make.gate([EVERY], _held(make, **{"g=a": GOOD}), record=record)
    assert _outcomes(verdict) == {("test", "g=a"): "passed", ("test", "h=*"): "inconclusive"}
    assert verdict.verdict == "incomplete"
    assert any("over h" in message.text for message in verdict.not_tested)


def test_declared_groups_do_not_bind_measures_that_are_sliced_otherwise(make):
    record = make.run(groups=["g"])
    assert make.gate([EVERY], _held(make, **{"label=yes": GOOD}), record=record).verdict == "pass"


def test_a_column_of_which_nothing_was_measured_leaves_the_rule_open(make):
    rule = RULE | {"slices": {"by": [["g"], ["h"]]}}
    verdict = make.gate([rule], _held(make, **{"g=a": GOOD}))
    assert _outcomes(verdict)["test", "h=*"] == "inconclusive"
    assert verdict.verdict == "incomplete"


@pytest.mark.parametrize("name", ["", "g", "=a", "g=a,g=b", "h=x,g=a", "g=a b", "ALL"])
def test_a_malformed_slice_is_an_error(make, name):
    held = _held(make, **{"g=a": GOOD, name: BAD})
    outcomes = _outcomes(make.gate([EVERY], held))
    assert outcomes == {("test", "g=a"): "passed", ("test", name): "error"}


def test_every_data_set_that_carries_the_measure_is_judged(make):
    held = [
        make.measurement("test.lower", GOOD, dataset="first"),
        make.measurement("test.lower", BAD, dataset="second"),
    ]
    verdict = make.gate([RULE | {"multiplicity": "none"}], held)
    assert _outcomes(verdict) == {("first", ALL): "passed", ("second", ALL): "failed"}


def test_named_data_sets_are_judged_and_missed_when_they_lack_the_measure(make):
    held = [
        make.measurement("test.lower", GOOD, dataset="first"),
        make.measurement("test.lower", BAD, dataset="second"),
    ]
    verdict = make.gate([RULE | {"datasets": ["first", "third"]}], held)
    assert _outcomes(verdict) == {("first", ALL): "passed", ("third", ALL): "not-measured"}


def test_a_small_slice_is_reported_and_listed_without_judgement(make):
    verdict = make.gate([SMALL], _held(make, **{"g=a": GOOD, "g=b": wilson(4, 29)}))
    assert _outcomes(verdict) == {("test", "g=a"): "passed", ("test", "g=b"): "not-applicable"}
    assert verdict.verdict == "pass"
    small = next(f for f in verdict.findings if f.slice == "g=b")
    assert (small.value, small.n) == (4 / 29, 29)
    assert [m.id for m in verdict.not_tested] == ["gate.small-slices"]


def test_a_small_slice_is_named_as_people_write_it(make):
    name = slice_name({"地区": "东区"})
    verdict = make.gate([SMALL], _held(make, **{name: wilson(4, 29)}))
    (finding,) = verdict.findings
    assert (finding.slice, finding.because.params["slice"]) == (name, "地区=东区")
    assert finding.because.text.startswith("The slice 地区=东区 has n = 29")


def test_a_small_slice_whose_whole_interval_misses_the_limit_is_no_excuse(make):
    verdict = make.gate([SMALL], _held(make, **{"g=a": GOOD, "g=b": wilson(29, 29)}))
    assert _outcomes(verdict)["test", "g=b"] == "failed"
    assert verdict.verdict == "blocked"


def test_a_slice_of_the_least_size_is_judged(make):
    held = _held(make, **{"g=a": GOOD, "g=b": wilson(30, 30)})
    assert make.gate([SMALL], held).verdict == "blocked"


def test_when_all_slices_of_a_column_are_small_they_are_not_measured(make):
    held = _held(make, **{"g=a": wilson(1, 20), "g=b": wilson(1, 20), "h=x": GOOD})
    verdict = make.gate([SMALL], held)
    assert set(_outcomes(verdict).values()) == {"not-measured", "passed"}
    assert verdict.verdict == "incomplete"


def test_small_judge_judges_them_all(make):
    rule = RULE | {"slices": {"by": "every", "min_n": 30, "small": "judge"}}
    assert make.gate([rule], _held(make, **{"g=a": GOOD, "g=b": wilson(29, 29)})).verdict == (
        "blocked"
    )


def test_a_small_share_is_not_judged_and_an_unknown_share_is(make):
    rule = RULE | {"slices": {"by": "every", "min_share": 0.02}}
    for share, expected in {0.019: "pass", 0.02: "blocked", None: "blocked"}.items():
        held = [
            make.measurement("test.lower", GOOD, "g=a"),
            make.measurement("test.lower", BAD, "g=b", share=share),
        ]
        assert make.gate([rule], held).verdict == expected, share


def test_a_slice_without_a_value_is_not_small_on_its_own_word(make):
    why = Message(id="t.none", text="There was nothing to count.")
    empty = undefined(why, unit="share", n=0)
    held = _held(make, **{"g=a": GOOD, "g=b": empty})
    assert make.gate([SMALL], held).verdict == "incomplete"
    held.append(make.measurement("other.rate", GOOD, "g=b"))
    assert make.gate([SMALL], held).verdict == "incomplete"
    held[-1] = make.measurement("other.rate", wilson(1, 12), "g=b")
    assert make.gate([SMALL], held).verdict == "pass"


def test_the_size_of_a_difference_is_that_of_the_group(make):
    rule = {"measure": "test.gap", "require": {"at_most": 0.5}, "slices": SMALL["slices"]}
    held = [
        make.measurement("test.gap", newcombe(16, 29, 0, 971), "g=b"),
        make.measurement("test.gap", newcombe(0, 971, 16, 29), "g=a"),
    ]
    assert _outcomes(make.gate([rule], held)) == {
        ("test", "g=a"): "passed",
        ("test", "g=b"): "not-applicable",
    }


def test_a_broken_number_in_a_small_slice_is_an_error_all_the_same(make):
    broken = make.estimate(float("nan"), 0.1, 0.2, n=10)
    verdict = make.gate([SMALL], _held(make, **{"g=a": GOOD, "g=b": broken}))
    assert verdict.verdict == "incomplete"


PRESENT = {"measure": "test.lower", "require": {"present_for": [["g"], ["g", "h"]]}}


def test_presence_asks_for_every_known_category_of_the_data(make):
    held = [
        *_held(make, **{"g=a": BAD, "g=a,h=x": BAD}),
        make.measurement("other.rate", GOOD, "g=b"),
    ]
    outcomes = _outcomes(make.gate([PRESENT], held))
    assert outcomes == {
        ("test", "g=a"): "passed",
        ("test", "g=a,h=x"): "passed",
        ("test", "g=b"): "not-measured",
        ("test", "g=b,h=*"): "not-measured",
    }


def test_presence_is_met_when_everything_known_is_measured(make):
    slices = ("g=a", "g=b", "g=a,h=x", "g=b,h=y")
    verdict = make.gate([PRESENT], _held(make, **dict.fromkeys(slices, BAD)))
    assert set(_outcomes(verdict)) == {("test", name) for name in slices}
    assert verdict.verdict == "pass"


def test_a_slice_without_a_value_is_not_present(make):
    why = Message(id="t.none", text="There was nothing to count.")
    held = _held(make, **{"g=a": BAD, "g=b": undefined(why, unit="share", n=3)})
    rule = {"measure": "test.lower", "require": {"present_for": "every"}}
    assert _outcomes(make.gate([rule], held))["test", "g=b"] == "not-measured"


def test_presence_of_every_slice_is_not_met_by_none(make):
    rule = {"measure": "test.lower", "require": {"present_for": "every"}}
    assert make.gate([rule], _held(make, **{ALL: GOOD})).verdict == "incomplete"


def test_groups_of_any_data_set_keep_a_rule_about_groups_alive(make):
    rule = EVERY | {"applies_when": {"all": [{"field": "data.has_groups", "equals": True}]}}
    held = [make.measurement("other.rate", GOOD), *_held(make, **{ALL: GOOD})]
    other = {"measure": "other.rate", "require": {"at_most": 0.5}}
    assert make.gate([rule, other], held).verdict == "pass"
    train = DatasetRef("train", "t.csv", None, "0", 9, 9, {"groups": "g"})
    record = make.run(datasets=(*make.run().datasets, train))
    assert make.gate([rule, other], held, record=record).verdict == "incomplete"
