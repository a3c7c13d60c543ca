"""Where tokens stand in a text, and long texts read piece by piece."""

from __future__ import annotations

from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.errors import MethodRefused, UsageError
from harness.modelling import HasSpans, HasWindows
from harness.records import Task
from models.text import MODALITY, TextClassifier

TASK = Task("text-classification", "text", ("benign", "toxic"))
FAMILIES = ("bert", "roberta", "gpt2", "llama")
TEXTS = [
    "The parcel came  late, and the box was broken.",
    "你好，我的包裹还没有到。",
    "naïve ☃ 😀 way",
    "  leading blanks\n\n and lines ",
    "",
    "late [SEP] parcel",
    ("late parcel", "The box was broken"),
]

WORDS = ["The", "parcel", "came", "late", "and", "the", "box", "broke"]


@pytest.fixture(scope="module")
def models(tiny_models: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("windows")
    return {
        family: MODALITY.load(
            str(tiny_models.tiny_classifier(folder / family, family=family)),
            task=TASK,
            device="cpu",
        )
        for family in FAMILIES
    }


def content_rows(spans: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(row) for row in spans.tolist() if row[0] >= 0]


@pytest.mark.parametrize("family", FAMILIES)
def test_spans_say_for_each_token_what_it_was_made_from(models: Any, family: str) -> None:
    model: TextClassifier = models[family]
    assert isinstance(model, HasSpans)
    items = model.prepare(TEXTS)
    for one, item, spans in zip(TEXTS, items, model.spans(TEXTS), strict=True):
        assert spans.shape == (item.length, 3)
        texts = one if isinstance(one, tuple) else (one,)
        covered = {position for part in model.parts(item) for position in part.positions}
        assert covered == set(np.flatnonzero(spans[:, 0] >= 0).tolist())
        for text, start, stop in content_rows(spans):
            piece = texts[text][start:stop]
            assert piece == piece.strip()
        # together the tokens hold everything that is not blank
        for number, text in enumerate(texts):
            held = {
                at
                for own, start, stop in content_rows(spans)
                if own == number
                for at in range(start, stop)
            }
            assert {at for at, char in enumerate(text) if not char.isspace()} <= held


def test_words_have_the_spans_of_their_letters(models: Any) -> None:
    model = models["bert"]
    text = TEXTS[0]
    item, (spans,) = model.prepare([text])[0], model.spans([text])
    words = [
        text[spans[list(part.positions), 1].min() : spans[list(part.positions), 2].max()]
        for part in model.parts(item)
    ]
    assert words == [*WORDS[:4], ",", *WORDS[4:7], "was", "broken", "."]


def test_spans_stop_where_a_text_is_cut_off(models: Any) -> None:
    model = models["bert"]
    (spans,) = model.spans(["late " * 100])
    assert len(spans) == model.max_tokens
    assert spans[-2].tolist() == [0, 61 * 5, 61 * 5 + 4]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("one", TEXTS, ids=range(len(TEXTS)))
def test_a_short_input_is_one_window_and_what_prepare_makes_of_it(
    models: Any, family: str, one: Any
) -> None:
    model = models[family]
    assert isinstance(model, HasWindows)
    ((item, spans),) = model.windows(one)
    (expected,) = model.prepare([one])
    assert item.key == expected.key
    assert model.parts(item) == model.parts(expected)
    np.testing.assert_array_equal(spans, model.spans([one])[0])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("overlap", [0, 7, 32, 1000])
def test_windows_hold_every_token_and_overlap(models: Any, family: str, overlap: int) -> None:
    model = models[family]
    text = " ".join(f"{word} 你好" for word in WORDS * 12)
    windows = model.windows(text, overlap=overlap)
    whole = content_rows(_unlimited(model, text))
    rows = [content_rows(spans) for _, spans in windows]
    assert len(windows) > 2
    joined = list(rows[0])
    for before, own in pairwise(rows):
        n_shared = min(overlap, (model.max_tokens - _n_special(model)) // 2)
        assert own[:n_shared] == before[len(before) - n_shared :]
        joined += own[n_shared:]
    assert joined == whole
    for item, spans in windows:
        assert not item.is_truncated
        assert item.length == len(spans) <= model.max_tokens
        assert np.isfinite(model.logits([item])).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_of_a_pair_the_longer_text_is_cut_and_the_other_stays(models: Any, family: str) -> None:
    model = models[family]
    short, long = "late parcel", "The box was broken. " * 30
    for pair, cut in (((short, long), 1), ((long, short), 0)):
        windows = model.windows(pair, overlap=4)
        assert len(windows) > 2
        seen: list[Any] = []
        for item, spans in windows:
            rows = content_rows(spans)
            texts = _unlimited_pair(model, pair)
            assert [row[1:] for row in rows if row[0] != cut] == texts[1 - cut]
            seen += [row[1:] for row in rows if row[0] == cut and row[1:] not in seen]
            assert item.length <= model.max_tokens
        assert sorted(set(seen)) == sorted(set(texts[cut]))


def test_of_two_long_texts_every_token_stands_in_some_window(models: Any) -> None:
    model = models["bert"]
    pair = ("The box was broken. " * 40, "Thank you, everything arrived. " * 15)
    windows = model.windows(pair, overlap=5)
    texts = _unlimited_pair(model, pair)
    for number in (0, 1):
        seen = {row[1:] for _, spans in windows for row in content_rows(spans) if row[0] == number}
        assert seen == set(texts[number])
    assert all(item.length <= model.max_tokens for item, _ in windows)
    # each window is read as a pair, by position and by segment
    for item, spans in windows:
        segments = item.arrays["token_type_ids"][spans[:, 0] >= 0]
        np.testing.assert_array_equal(segments, spans[spans[:, 0] >= 0, 0])


def test_twenty_thousand_tokens_are_read_in_windows(models: Any) -> None:
    model = models["bert"]
    windows = model.windows("late " * 20_000)
    assert sum(len(content_rows(spans)) for _, spans in windows) >= 20_000
    assert max(row[2] for row in content_rows(windows[-1][1])) == 99_999


def test_what_cannot_be_cut_is_refused(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = models["bert"]
    with pytest.raises(UsageError, match="overlap must be an integer >= 0, got -1"):
        model.windows("late", overlap=-1)
    slow = type("Slow", (), {"is_fast": False})()
    monkeypatch.setattr(model._encoder, "tokenizer", slow)
    with pytest.raises(MethodRefused, match="must be a fast one for windows, got Slow"):
        model.windows("late")


def test_a_tokenizer_without_offsets_knows_no_place(
    models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models["bert"]
    item = model.prepare(["late parcel"])[0]
    slow = type("Slow", (), {"is_fast": False})()
    monkeypatch.setattr(model._encoder, "tokenizer", slow)
    monkeypatch.setattr(model._encoder, "prepare", lambda inputs: [item] * len(inputs))
    (spans,) = model.spans(["late parcel"])
    assert spans.tolist() == [[-1, -1, -1]] * item.length


def _n_special(model: Any) -> int:
    return int(model._encoder.tokenizer.num_special_tokens_to_add(False))


def _unlimited(model: Any, text: str) -> np.ndarray:
    from models._spans import token_spans

    encoding = model._encoder._bare(text)
    return token_spans(encoding.offsets, [0] * len(encoding.ids), (text, None))


def _unlimited_pair(model: Any, pair: tuple[str, str]) -> list[Any]:
    return [[row[1:] for row in content_rows(_unlimited(model, text))] for text in pair]
