import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.figures.explained import Piece, scale_of, stretches_of, strongest
from harness.figures.heat import MOST_CHARACTERS, heat_map, legend
from harness.wording.text import visible


def plain(html):
    """What a reader sees of a heat map, without its signs."""
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.fixture
def insult(explanations):
    return explanations.insult()


def test_every_character_of_the_text_is_drawn_once(insult):
    assert plain(heat_map(insult, scale_of([insult]))) == insult.texts[0]


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=60),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
)
def test_no_text_and_no_overlap_of_parts_loses_or_doubles_a_character(explanations, text, cuts):
    one = explanations.explained("a", [1.0])
    pieces = tuple(
        Piece(i, (0, min(a, b, len(text)), min(max(a, b), len(text))), 1.0 - i)
        for i, (a, b) in enumerate(cuts)
    )
    runs = stretches_of(replace(one, texts=(text,), pieces=pieces), 0)
    assert "".join(text[run.start : run.stop] for run in runs) == text
    if text.strip():
        drawn = plain(heat_map(replace(one, texts=(text,), pieces=pieces), 1.0))
        assert drawn == visible(text)


def test_tokens_that_share_a_character_are_drawn_as_one_with_their_sum(explanations):
    one = explanations.explained("🙂", [1.0])
    shared = tuple(Piece(i, (0, 0, 1), 0.5) for i in range(4))
    assert [run.value for run in stretches_of(replace(one, pieces=shared), 0)] == [2.0]


def test_sign_is_told_by_class_and_not_by_colour_alone(insult):
    html = heat_map(insult, scale_of([insult]))
    assert '<span class="for s8" title="+3.40">idiot.</span>' in html
    assert '<span class="against s3" title="−1.10">Thank</span>' in html
    assert "<b>" not in html


def test_one_scale_makes_equal_values_equal_colours_in_two_texts(explanations):
    weak = explanations.explained("bad day", [0.4, 0.1])
    strong = explanations.explained("worst day", [4.0, 0.4])
    scale = scale_of([weak, strong])
    assert scale == 4.0
    assert "for s1" in heat_map(weak, scale)
    assert "s8" not in heat_map(weak, scale)


@pytest.mark.parametrize("status", ["unconverged", "nothing-to-attribute"])
def test_a_row_that_is_not_relied_on_has_no_colour_no_legend_and_no_say_in_the_scale(
    explanations, status
):
    bad = explanations.insult(status=status)
    html = heat_map(bad, 3.4)
    assert not re.search(r'class="(for|against|plain)', html)
    assert "heat off" in html
    assert legend(bad, 3.4) == ""
    assert scale_of([bad]) == 0.0


def test_hostile_text_is_inert_and_what_cannot_be_seen_is_written_out_in_isolation(explanations):
    text = "<script>x</script> \u202etxt \u200b \x1b[31m \ud800 \u2066"
    one = explanations.explained(text, [1.0] * len(text.split()))
    html = heat_map(one, 1.0)
    assert "<script" not in html
    assert not set(html) & set("\u202e\u200b\x1b\ud800\u2066")
    assert "<bdi>&lt;U+202E&gt;</bdi>" in html
    html.encode("utf-8")


def test_a_text_from_right_to_left_chooses_its_own_direction(explanations):
    html = heat_map(explanations.explained("هذا أحمق", [0.1, 2.0]), 2.0)
    assert 'dir="auto"' in html


def test_what_the_model_did_not_read_is_a_grey_block_that_says_how_much(explanations):
    text = "seen " + "unseen " * 400
    one = explanations.explained(text, [1.0], words=["seen"], unread=((0, 5, len(text)),))
    html = heat_map(one, 1.0)
    assert 'class="unread"' in html
    assert "2,800 characters that the model did not read" in html
    assert one.unread_share == pytest.approx(2800 / 2805)


def test_a_text_without_end_is_cut_and_says_so(explanations):
    words = ["word"] * 20_000
    one = explanations.explained(" ".join(words), [0.5] * len(words))
    html = heat_map(one, 0.5)
    assert len(html) < 3_000_000
    assert f"{len(one.texts[0]) - MOST_CHARACTERS:,} more characters are not drawn" in html


def test_an_unsettled_sign_is_framed_and_the_legend_says_why(explanations):
    one = explanations.insult()
    unsure = tuple(replace(p, low=p.value - 1, high=p.value + 1) for p in one.pieces)
    one = replace(one, pieces=unsure)
    assert 'class="for s8" title="+3.40"' in heat_map(one, 3.4)
    assert "unsure" in heat_map(one, 3.4)
    assert "its sign is not settled" in legend(one, 3.4)


def test_the_strongest_parts_come_by_size_then_by_position(insult):
    assert [piece.index for piece in strongest(insult, 3)] == [7, 0, 6]


def test_a_method_without_sign_is_drawn_in_grey(explanations):
    one = explanations.insult()
    one = replace(one, card=replace(one.card, method="gradient-norm"))
    html = heat_map(one, 3.4)
    assert "plain s8" in html
    assert 'class="for' not in html
    assert "this method has no sign" in legend(one, 3.4)
