"""Chinese is learnt character by character, and what a tokenizer does not know is counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from harness.pipeline.unknown import unknown_tokens
from models._editing import WORD_IDS
from models._tokens import TextEncoder
from models.text import MODALITY
from models.training.architecture import Architecture
from models.training.vocabulary import _room, learn_tokenizer


def chinese(n_characters: int, n_texts: int, seed: int = 0) -> list[str]:
    """Texts of 20 characters each, drawn so that some are frequent and some are rare."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_characters + 1)
    drawn = rng.choice(n_characters, size=(n_texts, 20), p=weights / weights.sum())
    return ["".join(chr(0x4E00 + int(one)) for one in row) for row in drawn]


def encoder(texts: list[str], vocabulary: int) -> TextEncoder:
    tokenizer = learn_tokenizer(Architecture(vocabulary=vocabulary, max_positions=64), texts)
    return TextEncoder(tokenizer, 64, frozenset({"input_ids"}))


def test_chinese_characters_may_fill_a_vocabulary_that_is_large_enough_for_them() -> None:
    texts = chinese(900, 2000)
    distinct = len(set("".join(texts)))
    assert distinct > 500  # more than half of the vocabulary
    known = encoder(texts, 1000)
    assert known.unknown_share(known.prepare(texts)) == 0.0


def test_a_vocabulary_that_is_too_small_leaves_the_rarest_characters_unknown() -> None:
    texts = chinese(900, 2000)
    known = encoder(texts, 300)
    items = known.prepare(texts)
    share = known.unknown_share(items)
    vocabulary = known.tokenizer.get_vocab()
    expected = np.mean([char not in vocabulary for text in texts for char in text])
    assert share == pytest.approx(expected, abs=1e-12)
    assert 0.05 < share < 0.3


def test_room_for_single_characters_follows_how_much_of_the_text_they_are() -> None:
    assert _room(Counter({"word": 5, "again": 7}), 200) == 100
    assert _room(Counter({"你": 5, "好": 7}), 200) == 195
    assert _room(Counter({"你": 5, "word": 5}), 200) == 147
    assert _room(Counter(), 200) == 100


@pytest.mark.parametrize("vocabulary", [100, 300, 900])
def test_a_vocabulary_never_outgrows_its_size(vocabulary: int) -> None:
    texts = chinese(900, 500) + [f"{chr(0x400 + i)}word{chr(0x500 + i)}" for i in range(200)]
    assert len(encoder(texts, vocabulary).tokenizer.get_vocab()) <= vocabulary


def test_special_tokens_are_neither_known_nor_unknown() -> None:
    known = encoder(["a b c d"] * 5, 100)
    (item,) = known.prepare(["a b 猫"])
    assert int((item.arrays[WORD_IDS] >= 0).sum()) == 3
    assert known.unknown_share([item]) == pytest.approx(1 / 3)
    assert known.unknown_share([]) is None


@pytest.mark.parametrize(("text", "n_said"), [("猫 狗 鱼", 1), ("the parcel came late", 0)])
def test_a_share_above_a_twentieth_is_said_and_one_below_is_not(
    tiny_bert: Path, text: str, n_said: int
) -> None:
    from harness.records import Task

    model = MODALITY.load(
        str(tiny_bert), task=Task("text-classification", "text", ("benign", "toxic")), device="cpu"
    )
    items = model.prepare([text] * 3)
    said = unknown_tokens(model, items, "test")
    assert len(said) == n_said
    if said:
        assert said[0].id == "data.unknown-tokens"
        assert "Of 100 tokens of data set test, about 100 are unknown" in said[0].text
        assert dict(said[0].params)["share"] == "1.000"


def test_bytes_are_never_unknown(tiny_models: ModuleType, tmp_path: Path) -> None:
    from harness.records import Task

    model = MODALITY.load(
        str(tiny_models.tiny_classifier(tmp_path / "gpt2", family="gpt2")),
        task=Task("text-classification", "text", ("benign", "toxic")),
        device="cpu",
    )
    assert not model.unknown_share(model.prepare(["猫 狗 鱼"]))
