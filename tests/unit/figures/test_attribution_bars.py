import re
from dataclasses import replace

import pytest

from harness.figures.attribution_bars import bar_drawing, bars_of
from harness.figures.explained import scale_of


@pytest.fixture
def insult(explanations):
    return explanations.insult()


def test_bars_come_strongest_first_and_end_in_an_account_that_adds_up(insult):
    bars = bars_of(insult, top=3)
    assert [bar.label for bar in bars] == [
        "idiot.", "Thank", "complete", "10 other words together", "2 special tokens",
        "not explained", "base value", "the lead",
    ]  # fmt: skip
    assert sum(bar.value for bar in bars[:-1]) == pytest.approx(insult.whole)
    assert bars[-1].value == insult.whole


def test_a_method_without_a_base_value_claims_no_account(insult):
    labels = [bar.label for bar in bars_of(replace(insult, blank=None), top=20)]
    assert "not explained" not in labels
    assert "base value" not in labels


def test_parts_are_named_by_position_where_the_text_is_left_out(insult):
    bars = bars_of(replace(insult, texts=()), top=2)
    assert [(bar.label, bar.where) for bar in bars[:2]] == [("word", "8"), ("word", "1")]
    assert "idiot" not in bar_drawing(replace(insult, texts=()), 3.4, top=4).svg


def test_equal_values_have_equal_bars_whatever_else_an_input_holds(explanations):
    one = explanations.explained("bad day", [1.0, 0.2])
    other = explanations.explained("bad worst", [1.0, 4.0])
    scale = scale_of([one, other])

    def widths(x):
        svg = bar_drawing(x, scale, top=2).svg
        return set(re.findall(r'd="M470 [\d.]+H([\d.]+)', svg))

    assert widths(one) & widths(other) == {"522"}


def test_a_bar_beyond_the_scale_is_cut_and_marked(explanations):
    one = explanations.explained("a b c d", [1.0, 1.0, 1.0, 1.0])
    assert "+3.00 »" in bar_drawing(one, 1.0, top=1).svg


def test_a_row_that_is_not_relied_on_has_grey_bars_only(explanations):
    svg = bar_drawing(explanations.insult(status="unconverged"), 3.4, top=5).svg
    body = svg.partition("</style>")[2]
    assert 'class="for"' not in body
    assert 'class="against"' not in body


def test_the_same_decision_gives_the_same_bytes_and_a_file_of_its_own(insult):
    first, second = (bar_drawing(insult, 3.4, top=5) for _ in range(2))
    assert first.svg == second.svg
    assert first.svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert 'role="img"' in first.svg
    assert "aria-label" in first.svg
    assert ".fig .against" in first.svg


def test_ranges_over_seeds_are_whiskers_and_a_range_over_zero_has_no_fill(insult):
    spread = tuple(replace(p, low=p.value - 0.5, high=p.value + 0.5) for p in insult.pieces)
    svg = bar_drawing(replace(insult, pieces=spread), 3.4, top=6).svg
    body = svg.partition("</style>")[2]
    assert body.count('class="reach"') == 6
    assert 'class="for unsure"' in body


def test_hostile_words_are_inert(explanations):
    one = explanations.explained('<img/src=x> "&\u202e', [1.0, 2.0])
    svg = bar_drawing(one, 2.0, top=2).svg
    assert "<img" not in svg
    assert "&lt;U+202E&gt;" in svg
