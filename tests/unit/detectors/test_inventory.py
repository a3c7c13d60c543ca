"""Known values are found wherever they stand, and their time does not grow with their number."""

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.detectors import Inventory, replacement

KNOWN = {
    "email": ["bob.li@gmail.com"],
    "card": ["4539 1488 0343 6467"],
    "person": ["王小明", "Ann Lee"],
    "phone": ["+44 20 7946 0958"],
    "ip": ["10.2.3.4"],
}


def found(text: str) -> list[tuple[str, str]]:
    [spans] = Inventory(KNOWN).find([text])
    return [(one.kind, text[one.start : one.stop]) for one in spans]


def test_values_are_found_in_any_case_width_and_grouping() -> None:
    assert found("to BOB.LI@GMAIL.COM and ｂｏｂ.li@gmail.com") == [
        ("email", "BOB.LI@GMAIL.COM"),
        ("email", "ｂｏｂ.li@gmail.com"),
    ]
    assert found("4539-1488-0343-6467") == [("card", "4539-1488-0343-6467")]
    assert found("x4539148803436467") == [("card", "4539148803436467")]
    assert found("患者王小明住院") == [("person", "王小明")]
    assert found("442079460958") == [("phone", "442079460958")]


def test_a_value_inside_a_longer_run_of_digits_is_found_too() -> None:
    assert found("004539148803436467001") == [("card", "4539148803436467")]


def test_another_value_that_begins_alike_is_not_it() -> None:
    assert found("bob.li@gmail.company") == []
    assert found("Ann Leeds") == []
    assert found("10.2.3.45") == []


def test_offsets_lead_back_over_invisible_signs() -> None:
    assert found("王\u200b小明 10.2.3.4") == [("person", "王\u200b小明"), ("ip", "10.2.3.4")]


@given(st.integers(0, 10_000), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_equal_to_a_plain_search_for_every_value(seed: int, before: str, behind: str) -> None:
    rng = np.random.default_rng(seed)
    values = [replacement("email", rng) for _ in range(5)]
    inventory = Inventory({"email": values})
    text = f"{before} {values[3]} {behind}"
    [spans] = inventory.find([text])
    assert values[3] in [text[one.start : one.stop] for one in spans]


def test_a_hundred_thousand_values_cost_what_ten_do() -> None:
    rng = np.random.default_rng(0)
    many = Inventory({"email": [replacement("email", rng) for _ in range(20_000)]})
    few = Inventory({"email": [replacement("email", rng) for _ in range(10)]})
    text = ["the order was sent to the office and nobody answered " * 400]

    def taken(inventory: Inventory) -> float:
        start = time.process_time()
        for _ in range(5):
            inventory.find(text)
        return time.process_time() - start

    few.find(text)
    # equal in theory; 4 leaves room for a busy machine and a colder cache
    assert taken(many) < 4 * taken(few) + 0.05


def test_values_that_begin_alike_cost_no_more() -> None:
    alike = Inventory({"phone": [f"+44 20 7946 {k:04d}" for k in range(10_000)]})
    text = ["ring +44 20 7946 0012 or 44 boxes, 44 more " * 200]
    alike.find(text[:1])
    start = time.process_time()
    [spans] = alike.find(text)
    assert len(spans) == 200
    # 0.02 s; a comparison with each of the values that begin with 44 would take seconds
    assert time.process_time() - start < 1.0
