"""Recall is counted by overlap, and the shipped table reaches what was aimed at."""

import pytest

from harness.detectors import Span, detector_recall, measured_recall


def test_overlap_of_half_counts_and_less_does_not() -> None:
    known = [[Span(0, 10, "card", "known")], [Span(5, 9, "card", "known")], []]
    found = [
        [Span(0, 5, "card", "d"), Span(20, 24, "card", "d")],
        [Span(8, 12, "card", "d")],
        [Span(0, 3, "phone", "d")],
    ]
    [one] = measured_recall(known, found, {"card": frozenset({"card"})})
    assert (one.n_known, one.n_found, one.n_spans, one.n_wrong) == (2, 1, 3, 1)
    assert one.share == 0.5


def test_kinds_without_known_spans_have_no_share() -> None:
    [one] = measured_recall([[]], [[Span(0, 3, "mac", "d")]], {"mac": frozenset({"mac"})})
    assert one.share is None


@pytest.mark.parametrize(
    ("kind", "least", "known"),
    [
        ("card", 125, 136),
        ("phone", 60, 92),
        ("iban", 21, 21),
        ("email", 49, 49),
        ("ssn", 16, 16),
        ("ip", 14, 14),
    ],
)
def test_the_shipped_table_reaches_its_targets(kind: str, least: int, known: int) -> None:
    table = detector_recall("patterns")
    assert table is not None
    one = table.by_kind[kind]
    assert one.n_known == known
    assert one.n_found >= least
    assert sum(each.n_wrong for each in table.by_kind.values()) <= 5
    presidio = detector_recall("presidio")
    assert presidio is not None
    assert one.n_found >= presidio.by_kind[kind].n_found


def test_a_detector_that_was_not_measured_has_no_table() -> None:
    assert detector_recall("nobody") is None
