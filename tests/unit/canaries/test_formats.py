"""Formats of secrets: what they hold, how large they are, and that draws are uniform."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.canaries import FAMILIES, parse_format
from harness.canaries.words import FIRST_NAMES, LAST_NAMES, WORDS
from harness.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("#########", 10**9),
        ("###-####", 10**7),
        ("aaaaaa{@example.org}", 26**6),
        ("AA{a#w}##", 26**2 * 100),
        ("w w w w", 256**4),
    ],
)
def test_the_size_of_a_format_is_the_product_of_its_choices(text: str, size: int) -> None:
    layout = parse_format(text)
    assert layout.size == size
    assert layout.log2_size == pytest.approx(math.log2(size))


@given(st.sampled_from(sorted(FAMILIES.values())), st.integers(0, 2**32 - 1))
def test_what_is_drawn_is_of_the_format(text: str, seed: int) -> None:
    layout = parse_format(text)
    drawn = layout.draw(np.random.default_rng(seed))
    assert layout.holds(drawn)
    assert not layout.holds(drawn + "x")
    assert not layout.holds(drawn[:-1])


def test_references_are_uniform_over_first_digits_where_a_peer_keeps_the_lowest() -> None:
    # a published generator keeps the lexicographically lowest rows once two collide: no row of
    # 4,096 then begins with 6 to 9
    from scipy.stats import chisquare

    layout = parse_format("#####")
    rng = np.random.default_rng(0)
    drawn = [layout.draw(rng) for _ in range(4096)]
    for place in range(5):
        counts = np.bincount([int(text[place]) for text in drawn], minlength=10)
        assert chisquare(counts).pvalue > 1e-3


def test_no_word_is_the_beginning_of_another_and_there_are_256() -> None:
    assert len(set(WORDS)) == 256
    assert {len(word) for word in WORDS} == {4}
    assert len(FIRST_NAMES) == len(LAST_NAMES) == 40


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "hold at least one of # (digit)"),
        ("{123}", "hold at least one of # (digit)"),
        ("##{", "close each brace"),
        ("##}", "close each brace"),
        ("{{#}}", "close each brace"),
    ],
)
def test_a_format_that_cannot_be_read_says_why(text: str, what: str) -> None:
    with pytest.raises(ConfigError) as err:
        parse_format(text)
    assert what in str(err.value)
