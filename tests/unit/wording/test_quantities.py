import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.records import Estimate, Finding, Message
from harness.wording import quantities as numbers


def shown(value, low, high, unit="share", limit=None):
    e = Estimate(value=value, low=low, high=high, n=100, unit=unit, method="wilson")
    return numbers.of_estimate(e, limit).text


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "limit", "expected"),
    [
        (0.143, 0.131, 0.155, "share", None, "14.3 % [13.1, 15.5]"),
        (0.143, 0.131, 0.155, "difference", None, "14.3 pp [13.1, 15.5]"),
        (-0.021, -0.04, -0.002, "difference", None, "-2.1 pp [-4.0, -0.2]"),
        # an interval 30 points wide bears no decimal
        (0.8412, 0.7031, 0.9349, "share", None, "84 % [70, 93]"),
        # nothing seen is not almost nothing seen, and nearly all is not all
        (0.0, 0.0, 0.0089, "share", None, "0.0 % [0.0, 0.9]"),
        (0.0, 0.0, 0.0002, "share", None, "0.00 % [0.00, 0.02]"),
        (0.9996, 0.9993, 0.9998, "share", None, "99.96 % [99.93, 99.98]"),
        # what failed must not look as if it touched its limit
        (0.75, 0.70, 0.7996, "share", 0.80, "75.00 % [70.00, 79.96]"),
        (0.912, 0.910, 0.914, "ratio", None, "0.912 [0.910, 0.914]"),
        (0.81, 0.61, 1.02, "ratio", None, "0.81 [0.61, 1.02]"),
        (1234567.0, 1200000.0, 1300000.0, "count", None, "1,234,567 [1,200,000, 1,300,000]"),
        (0.18741, 0.172, 0.204, "nats", None, "0.187 nats [0.172, 0.204]"),
        (None, None, None, "share", None, "not measured"),
        (None, 0.2, None, "share", None, "no value % [20.0, no upper bound]"),
        (math.nan, math.nan, 0.5, "share", None, "not a number [not a number, 50.0]"),
        (math.inf, 0.0, math.inf, "nats", None, "infinite [0, infinite]"),
    ],
)
def test_a_number_prints_with_its_unit_and_the_digits_that_it_bears(
    value, low, high, unit, limit, expected
):
    assert shown(value, low, high, unit, limit) == expected


@given(
    low=st.floats(0, 1),
    width=st.floats(1e-4, 1),
    where=st.floats(0, 1),
    limit=st.integers(0, 100).map(lambda i: i / 100),
)
def test_a_printed_end_lies_on_the_same_side_of_the_limit_as_the_end(low, width, where, limit):
    high = min(1.0, low + width)
    value = low + where * (high - low)
    # beyond the digits that are ever added, a difference no longer shows
    assume(all(x == limit or abs(x - limit) > 1e-6 for x in (low, high)))
    e = Estimate(value=value, low=low, high=high, n=9, unit="share", method="wilson")
    quantity = numbers.of_estimate(e, limit)
    for exact, text in ((low, quantity.low), (high, quantity.high)):
        printed = float(text)
        assert (printed > 100 * limit) == (exact > limit) or abs(exact - limit) < 1e-9
        assert (printed < 100 * limit) == (exact < limit) or abs(exact - limit) < 1e-9


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["share", "ratio", "count"]))
def test_every_float_prints(value, unit):
    assert shown(value, value, value, unit)
    assert numbers.plain(value, unit)
    assert numbers.per_100(value)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, "0"),
        (1.0, "100"),
        (0.143, "14"),
        (0.003, "0.3"),
        (0.0004, "0.04"),
        (0.997, "99.7"),
        (0.9996, "99.96"),
        (-0.052, "-5"),
    ],
)
def test_in_a_hundred_is_whole_but_never_none_or_all_unless_exact(share, expected):
    assert numbers.per_100(share) == expected


def a_finding(limit, limit_value, unit):
    return Finding(
        rule="R",
        title="T",
        severity="block",
        basis="law",
        clauses=(),
        measure="a.b",
        dataset="",
        slice="all",
        outcome="passed",
        because=Message("x", "x"),
        limit=limit,
        limit_value=limit_value,
        unit=unit,
    )


@pytest.mark.parametrize(
    ("limit", "limit_value", "unit", "expected"),
    [
        ("at most 0.10", 0.10, "share", "at most 10 %"),
        ("at most 0.125", 0.125, "difference", "at most 12.5 pp"),
        ("at least 0.80", 0.80, "ratio", "at least 0.80"),
        ("between 0.8 and 1.25", 0.8, "share", "between 0.8 and 1.25"),
        ("at least 0.07", 0.07, "share", "at least 7 %"),
        ("", None, "share", ""),
    ],
)
def test_a_limit_prints_in_the_unit_of_its_value(limit, limit_value, unit, expected):
    assert numbers.limit_words(a_finding(limit, limit_value, unit)) == expected


def test_the_level_names_each_end_where_they_differ():
    assert numbers.level_words(0.05, 0.05) == "one-sided 95 % each end"
    assert numbers.level_words(0.0125, 0.05) == "one-sided 98.75 % lower end, 95 % upper end"
    assert numbers.level_words(None, None) == ""


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "0.0 s"), (9.96, "10 s"), (42.3, "42 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_a_duration_reads_as_a_person_says_it(seconds, expected):
    assert numbers.duration(seconds) == expected


def test_an_interval_that_ends_at_the_smallest_number_prints():
    found = numbers.of_estimate(Estimate(0.0, 0.0, 5e-324, 9, "probability", "bca"))
    assert found.text
