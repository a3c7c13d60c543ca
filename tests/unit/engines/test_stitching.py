from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.stitching import (
    NOBODY,
    Window,
    sentences,
    sentences_of,
    spans_by,
    stitch,
    sum_by,
    words_of,
)
from harness.errors import ShapeError
from harness.modelling import Part


def cut(text: str) -> list[str]:
    table = sentences(text)
    assert table[:, 0].tolist() == [0] * len(table)
    return [text[start:stop] for _, start, stop in table.tolist()]


# sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It came late. Why? Nobody knows!", ["It came late. ", "Why? ", "Nobody knows!"]),
        ('He said "stop." Then he left', ['He said "stop." ', "Then he left"]),
        (
            "It cost 3.14 (more or less.) Really...  yes",
            ["It cost 3.14 (more or less.) ", "Really...  ", "yes"],
        ),
        (
            "包裹还没有到。为什么？我不知道！谢谢",
            ["包裹还没有到。", "为什么？", "我不知道！", "谢谢"],
        ),
        ("他说：“你好。”然后走了。", ["他说：“你好。”", "然后走了。"]),
        ("一二三……四五", ["一二三……四五"]),
        ("a line\n\nanother", ["a line\n\n", "another"]),
        ("\n\n late. ", ["\n\n late. "]),
        ("...", ["..."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_of_either_language_ends_them(
    text: str, expected: list[str]
) -> None:
    assert cut(text) == expected


@given(st.text(alphabet='ab .!?。！\n"”…3', max_size=60))
def test_sentences_cover_a_text_without_overlap(text: str) -> None:
    assert "".join(cut(text)) == text
    assert all(one.strip() for one in cut(text)) or not text.strip()


def test_hostile_runs_of_marks_are_cut_in_no_time() -> None:
    begun = time.process_time()
    assert len(cut("." * 200_000 + "a")) == 1
    assert len(cut('."' * 100_000 + "a")) == 1
    assert time.process_time() - begun < 2


def test_the_sentences_of_a_pair_name_their_text() -> None:
    assert sentences("One. Two.", "三。").tolist() == [[0, 0, 5], [0, 5, 9], [1, 0, 2]]


# words and sentences of values


def test_sums_by_words_and_sentences_keep_the_total() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=9)
    values[[0, 8]] = 0.0
    parts = [Part(0, (1, 2), ""), Part(1, (3,), ""), Part(2, (4, 5, 6), ""), Part(3, (7,), "")]
    owners = words_of(parts, 9)
    assert owners.tolist() == [NOBODY, 0, 0, 1, 2, 2, 2, 3, NOBODY]
    words = sum_by(values, owners, 4)
    assert words[0] == pytest.approx(values[1] + values[2])
    assert words.sum() == pytest.approx(values.sum())
    spans = np.array([[-1] * 3, *([0, i, i + 1] for i in range(7)), [-1] * 3])
    table = spans_by(spans, owners, 4)
    assert table.tolist() == [[0, 0, 2], [0, 2, 3], [0, 3, 6], [0, 6, 7]]
    by_sentence = sentences_of(table, np.array([[0, 0, 3], [0, 3, 7]]))
    assert by_sentence.tolist() == [0, 0, 1, 1]
    assert sum_by(words, by_sentence, 2).sum() == pytest.approx(values.sum())
    assert sentences_of(spans, np.array([[0, 0, 7]]))[[0, 8]].tolist() == [NOBODY, NOBODY]
    at_the_end = np.array([[0, 7, 7]])
    assert sentences_of(at_the_end, np.array([[0, 0, 3], [0, 3, 7]])).tolist() == [1]


def test_owners_without_a_token_stand_nowhere_and_add_up_to_nothing() -> None:
    assert spans_by(np.array([[0, 2, 3]]), np.array([1]), 3).tolist() == [
        [-1] * 3,
        [0, 2, 3],
        [-1] * 3,
    ]
    assert sum_by(np.array([2.0]), np.array([1]), 3).tolist() == [0.0, 2.0, 0.0]
    with pytest.raises(ShapeError, match="be t=2 each, got 1"):
        sum_by(np.array([2.0]), np.array([1, 1]), 3)


# long texts


def window(addresses: list[tuple[int, int]], values: list[float], words: list[int]) -> Window:
    spans = [(-1, -1, -1), *((0, *each) for each in addresses), (-1, -1, -1)]
    return Window(
        np.array([9.0, *values, 9.0]), np.array(spans), np.array([NOBODY, *words, NOBODY])
    )


def test_overlapping_windows_are_averaged_and_words_go_on() -> None:
    first = window([(0, 2), (2, 4), (5, 7)], [1.0, 2.0, 3.0], [0, 0, 1])
    second = window([(2, 4), (5, 7), (7, 9), (9, 12)], [4.0, 5.0, 6.0, 7.0], [0, 1, 1, 2])
    joined = stitch([first, second])
    assert joined.values.tolist() == [1.0, 3.0, 4.0, 6.0, 7.0]
    assert joined.spans.tolist() == [[0, 0, 2], [0, 2, 4], [0, 5, 7], [0, 7, 9], [0, 9, 12]]
    assert joined.words.tolist() == [0, 0, 1, 1, 2]
    assert joined.beyond_first == pytest.approx(2 / 5)
    assert sum_by(joined.values, joined.words, 3).tolist() == [4.0, 10.0, 7.0]


def test_one_window_stays_as_it_is() -> None:
    joined = stitch([window([(0, 2), (3, 4)], [1.0, 2.0], [0, 1])])
    assert (joined.values.tolist(), joined.beyond_first) == ([1.0, 2.0], 0.0)
    empty = stitch([window([], [], [])])
    assert (empty.values.shape, empty.spans.shape, empty.beyond_first) == ((0,), (0, 3), 0.0)


def test_a_character_that_an_edge_cuts_through_is_taken_from_where_it_is_whole() -> None:
    # three tokens of one character; the first window holds two of them
    first = window([(0, 1), (1, 2), (1, 2)], [1.0, 2.0, 3.0], [0, 1, 1])
    second = window([(1, 2), (1, 2), (1, 2), (2, 3)], [10.0, 20.0, 30.0, 4.0], [0, 0, 0, 1])
    joined = stitch([first, second])
    assert joined.values.tolist() == [1.0, 60.0, 4.0]
    assert joined.words.tolist() == [0, 1, 2]
    assert joined.beyond_first == pytest.approx(2 / 5)


def test_texts_of_a_pair_stay_apart() -> None:
    spans = np.array([[0, 0, 3], [1, 0, 3]])
    joined = stitch([Window(np.array([1.0, 2.0]), spans, np.array([0, 1]))] * 2)
    assert joined.spans.tolist() == spans.tolist()
    assert joined.words.tolist() == [0, 1]


@pytest.mark.parametrize("family", ["bert", "roberta", "llama"])
def test_windows_of_a_model_are_stitched_into_the_words_of_the_whole_text(
    tiny_models: Any, tmp_path: Path, family: str
) -> None:
    from harness.records import Task
    from models.text import MODALITY

    folder = tiny_models.tiny_classifier(tmp_path / family, family=family)
    task = Task("text-classification", "text", ("benign", "toxic"))
    model = MODALITY.load(str(folder), task=task, device="cpu")
    text = "The parcel came late. 你好☃ naïve, " * 20
    windows = [
        Window(spans[:, 1].astype(float), spans, words_of(model.parts(item), item.length))
        for item, spans in model.windows(text, overlap=20)
    ]
    joined = stitch(windows)
    assert len(windows) > 3
    # what stands for a value is the place of a token, equal in all windows that hold it
    n_tokens = joined.values / np.maximum(joined.spans[:, 1], 1)
    assert set(np.round(n_tokens[1:]).tolist()) <= {1.0, 2.0, 3.0}
    words = [
        text[start:stop]
        for _, start, stop in spans_by(
            joined.spans, joined.words, int(joined.words.max()) + 1
        ).tolist()
    ]
    assert "".join(words).replace(" ", "") == text.replace(" ", "")
    assert {"parcel", "你", "好"} <= set(words)
    assert 0.5 < joined.beyond_first < 1
    table = sentences(text)
    by_sentence = sum_by(joined.values, sentences_of(joined.spans, table), len(table))
    assert by_sentence.sum() == pytest.approx(joined.values.sum())
