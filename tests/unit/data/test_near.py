from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.data.near import grams, is_near_repeat, is_repeat, normal

TEXTS = st.lists(
    st.text("ab ", max_size=12) | st.sampled_from(["aab baa", "aab baab"]), max_size=25
)


def similarity(one: str, other: str, ngram: int) -> float:
    if not one or not other:
        return float(one == other)
    first, second = set(grams(one, ngram).tolist()), set(grams(other, ngram).tolist())
    return len(first & second) / len(first | second)


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.integers(1, 4))
def test_near_repeats_are_those_of_comparing_every_row_with_every_kept_one(
    rows: list[str], threshold: float, ngram: int
) -> None:
    kept: list[str] = []
    expected = []
    for row in map(normal, rows):
        near = any(similarity(row, one, ngram) >= threshold - 1e-9 for one in kept)
        expected.append(near)
        if not near:
            kept.append(row)
    assert is_near_repeat(rows, threshold=threshold, ngram=ngram).tolist() == expected


def test_a_repeat_holds_the_same_texts_and_a_near_one_almost() -> None:
    long = "The quick brown fox jumps over the lazy dog and runs away."
    rows = [
        long,
        "another text",
        long,
        long.replace("lazy", "lazi"),
        ("a", "b"),
        ("a", "b"),
        ("ab",),
    ]
    assert is_repeat(rows).tolist() == [False, False, True, False, False, True, False]
    assert is_near_repeat(rows[:4]).tolist() == [False, False, True, True]


def test_no_rows_have_no_repeats() -> None:
    assert is_repeat([]).shape == is_near_repeat([]).shape == (0,)
    assert np.array_equal(is_near_repeat(["", " ", "a"]), [False, True, False])
