"""The overlap index against slow readings of the same question."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.engines import overlap
from harness.engines.overlap import OverlapIndex, Run, characters
from harness.errors import ShapeError, UsageError

Tokens = NDArray[np.int64]

SMALL = st.lists(st.lists(st.integers(0, 2), max_size=14), max_size=6)


def arrays(texts: list[list[int]]) -> list[Tokens]:
    return [np.array(text, dtype=np.int64) for text in texts]


def slow_hits(train: list[list[int]], text: list[int], n: int) -> list[bool]:
    known = {tuple(one[i : i + n]) for one in train for i in range(len(one) - n + 1)}
    return [tuple(text[i : i + n]) in known for i in range(len(text) - n + 1)]


def slow_runs(train: list[list[int]], text: list[int], n: int) -> set[Run]:
    """Every pair of places, made longer until the texts differ."""
    found = set()
    for source, one in enumerate(train):
        for i in range(len(text)):
            for j in range(len(one)):
                if i and j and text[i - 1] == one[j - 1]:
                    continue
                length = 0
                while (
                    i + length < len(text)
                    and j + length < len(one)
                    and text[i + length] == one[j + length]
                ):
                    length += 1
                if length >= n:
                    found.add(Run(i, length, source, j))
    return found


@settings(max_examples=200, deadline=None)
@given(train=SMALL, texts=SMALL, n=st.integers(1, 5))
def test_hits_and_runs_are_those_of_comparing_everything(
    train: list[list[int]], texts: list[list[int]], n: int
) -> None:
    index = OverlapIndex(arrays(train), n=n)
    hits, runs = index.hits(arrays(texts)), index.runs(arrays(texts))
    longest = index.longest(arrays(texts))
    assert index.n_grams == len({tuple(t[i : i + n]) for t in train for i in range(len(t) - n + 1)})
    for text, hit, found, most in zip(texts, hits, runs, longest.tolist(), strict=True):
        assert hit.tolist() == slow_hits(train, text, n)
        assert set(found) == slow_runs(train, text, n)
        assert len(set(found)) == len(found)
        assert most == max((run.length for run in found), default=0)


def test_exactly_the_planted_overlaps_are_found() -> None:
    """20 stretches of 50 to 69 tokens from known places; nothing else of 50 tokens is shared."""
    rng = np.random.default_rng(3)
    train = [rng.integers(0, 5000, 1000) for _ in range(40)]
    texts = [rng.integers(0, 5000, 256) for _ in range(100)]
    planted = {}
    for k in range(20):
        text, source, length = 5 * k, int(rng.integers(40)), 50 + k
        at, start = int(rng.integers(1, 150)), int(rng.integers(1, 900))
        texts[text][at : at + length] = train[source][start : start + length]
        # the neighbours differ, so that the stretch ends where it was planted
        texts[text][at - 1], texts[text][at + length] = 5000, 5001
        planted[text] = Run(at, length, source, start)
    index = OverlapIndex(train, n=50)
    assert {k: one for k, one in enumerate(index.runs(texts)) if one} == {
        text: [run] for text, run in planted.items()
    }
    assert [int(one.sum()) for one in index.hits(texts) if one.any()] == [1 + k for k in range(20)]


def test_colliding_hashes_neither_lose_an_n_gram_nor_invent_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With hashes of one bit nearly everything collides, and the answers stay the same."""
    whole = overlap._rolling
    monkeypatch.setattr(overlap, "_rolling", lambda tokens, n: whole(tokens, n) >> np.uint64(63))
    rng = np.random.default_rng(0)
    train = [rng.integers(0, 4, 60).tolist() for _ in range(4)]
    texts = [rng.integers(0, 4, 40).tolist() for _ in range(4)]
    index = OverlapIndex(arrays(train), n=3)
    for text, hit, found in zip(
        texts, index.hits(arrays(texts)), index.runs(arrays(texts)), strict=True
    ):
        assert hit.tolist() == slow_hits(train, text, 3)
        assert set(found) == slow_runs(train, text, 3)


def test_texts_that_a_polynomial_modulo_a_power_of_two_confuses_are_told_apart() -> None:
    """Thue-Morse words of 2,048 letters and their complements collide modulo 2^64 for every odd base."""
    word = np.array([bin(i).count("1") % 2 for i in range(2048)], dtype=np.int64)
    index = OverlapIndex([word], n=2048)
    assert index.hits([word])[0].tolist() == [True]
    assert index.hits([1 - word])[0].tolist() == [False]
    assert OverlapIndex([word, 1 - word], n=2048).n_grams == 2


def test_empty_texts_short_texts_and_an_empty_index_share_nothing() -> None:
    empty, short = np.zeros(0, dtype=np.int64), np.array([1, 2])
    nothing = OverlapIndex([], n=3)
    assert (nothing.n_grams, nothing.n_tokens) == (0, 0)
    assert [len(one) for one in nothing.hits([empty, short, np.arange(5)])] == [0, 0, 3]
    assert not nothing.hits([np.arange(5)])[0].any()
    index = OverlapIndex([empty, short, np.arange(5), empty], n=3)
    assert index.n_grams == 3
    assert index.hits([]) == []
    assert index.runs([empty, short]) == [[], []]
    assert index.longest([empty, short, np.arange(1, 5)]).tolist() == [0, 0, 4]


def test_nothing_reaches_from_one_text_into_the_next() -> None:
    index = OverlapIndex(arrays([[1, 2], [3, 4], [0], [0]]), n=2)
    assert index.hits(arrays([[1, 2, 3, 4], [0, 0, 0]])) is not None
    assert index.hits(arrays([[1, 2, 3, 4], [0, 0, 0]]))[0].tolist() == [True, False, True]
    assert not index.hits(arrays([[0, 0, 0]]))[0].any()
    assert OverlapIndex(arrays([[1], [2]]), n=1).longest(arrays([[1, 2]])).tolist() == [1]


def test_copies_in_the_index_are_one_n_gram_in_many_places() -> None:
    index = OverlapIndex(arrays([[7, 8, 9]] * 5), n=3)
    assert index.n_grams == 1
    assert [run.source for run in index.runs(arrays([[7, 8, 9]]))[0]] == [0, 1, 2, 3, 4]


def test_one_letter_over_and_over_is_answered_in_bounded_time_and_memory() -> None:
    same = np.zeros(20_000, dtype=np.int64)
    index = OverlapIndex([same], n=8)
    assert index.n_grams == 1
    assert index.hits([same])[0].all()
    # more places than are followed: a lower bound
    assert 8 + overlap.MOST_PLACES - 1 <= int(index.longest([same[:4000]])[0]) <= 4000


def test_characters_are_told_apart_beyond_the_basic_plane() -> None:
    assert characters("a𝒜\ud800").tolist() == [0x61, 0x1D49C, 0xD800]
    index = OverlapIndex([characters("卡号是4539 1488")], n=5)
    assert index.hits([characters("我的卡号是4539")])[0].tolist() == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_length_below_one_and_a_table_are_refused() -> None:
    with pytest.raises(UsageError, match="must be an integer >= 1, got 0"):
        OverlapIndex([], n=0)
    with pytest.raises(ShapeError, match=r"must have shape \[t\], got \[2, 2\]"):
        OverlapIndex([np.zeros((2, 2), dtype=np.int64)], n=2)
