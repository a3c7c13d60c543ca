"""The engines that score texts and have them written, with a model whose numbers are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.engines.generation import generate
from harness.engines.scoring import score
from harness.errors import ContractError, ModelError, UsageError
from harness.modelling import GREEDY, Decoding, TokenScores
from harness.toy_language import ToyLanguageModel

TEXTS = ["the parcel came", "the parcel is late", "no", "the parcel came", "thank you"]


class Watched(ToyLanguageModel):
    """Notes its batches; refuses those above a size, as a small memory does."""

    room = 10_000

    def __init__(self) -> None:
        super().__init__(TEXTS, order=3)
        self.batches: list[int] = []

    def log_probabilities(self, items: Any, **how: Any) -> list[TokenScores]:
        self._note(items)
        return super().log_probabilities(items, **how)

    def generate(self, items: Any, **how: Any) -> Any:
        self._note(items)
        return super().generate(items, **how)

    def _note(self, items: Any) -> None:
        if sum(one.length for one in items) > self.room:
            raise MemoryError
        self.batches.append(len(items))


def test_equal_texts_are_scored_once_and_stand_in_order() -> None:
    model = Watched()
    told: list[tuple[int, int]] = []
    items = model.prepare(TEXTS)
    found = score(model, items, token_budget=1000, on_progress=lambda *one: told.append(one))
    assert sum(model.batches) == 4
    assert told[-1] == (4, 4)
    for item, one in zip(items, found, strict=True):
        (alone,) = ToyLanguageModel(TEXTS, order=3).log_probabilities([item])
        np.testing.assert_array_equal(one.log_probability, alone.log_probability)


def test_out_of_memory_halves_the_batch_and_changes_nothing() -> None:
    model = Watched()
    items = model.prepare(TEXTS)
    whole = score(model, items, token_budget=1000)
    model.room, model.batches = 20, []
    for one, same in zip(score(model, items, token_budget=1000), whole, strict=True):
        np.testing.assert_array_equal(one.log_probability, same.log_probability)
    assert max(model.batches) < 4


def test_nan_is_refused_by_position_and_minus_infinity_is_an_answer() -> None:
    class Broken(ToyLanguageModel):
        def log_probabilities(self, items: Any, **how: Any) -> list[TokenScores]:
            found = super().log_probabilities(items, **how)
            return [replace(one, log_probability=one.log_probability * np.nan) for one in found]

    items = ToyLanguageModel(TEXTS).prepare(TEXTS)
    with pytest.raises(ModelError, match=r"got NaN or more for 5 of 5 texts \(positions 0, 1"):
        score(Broken(TEXTS), items, token_budget=100)
    (found,) = score(ToyLanguageModel(TEXTS), items[2:3], token_budget=100, decoding=GREEDY)
    assert np.isneginf(found.log_probability).any()


def test_a_model_that_scores_other_tokens_breaks_its_contract() -> None:
    class Short(ToyLanguageModel):
        def log_probabilities(self, items: Any, **how: Any) -> list[TokenScores]:
            found = super().log_probabilities(items, **how)
            return [replace(one, log_probability=one.log_probability[1:]) for one in found]

    model = Short(TEXTS)
    with pytest.raises(ContractError, match="log_probabilities must score"):
        score(model, model.prepare(TEXTS), token_budget=100)


def test_settings_that_no_deployment_has_are_refused_together() -> None:
    model = ToyLanguageModel(TEXTS)
    with pytest.raises(UsageError) as caught:
        score(
            model,
            model.prepare(TEXTS),
            token_budget=100,
            decoding=Decoding(float("nan"), top_k=0, top_p=1.5),
        )
    assert len(caught.value.problems) == 3
    for wrong, name in ((0, "max_new_tokens"), (-1, "seed")):
        how: dict[str, Any] = {"max_new_tokens": 3, "seed": 1, name: wrong}
        with pytest.raises(UsageError, match=f"{name} must be an integer"):
            generate(model, model.prepare(TEXTS), token_budget=100, decoding=GREEDY, **how)


def test_equal_prompts_draw_differently_and_always_the_same() -> None:
    model = Watched()
    items = model.prepare([("the ", "")] * 30)
    how: dict[str, Any] = {"decoding": Decoding(), "max_new_tokens": 8, "seed": 5}
    first = generate(model, items, token_budget=10_000, **how)
    second = generate(model, items, token_budget=40, **how)
    assert [one.text for one in first] == [one.text for one in second]
    assert len({one.text for one in first}) > 5
    other = generate(model, items, token_budget=10_000, **{**how, "seed": 6})
    assert [one.text for one in first] != [one.text for one in other]


def test_what_is_not_drawn_is_written_once() -> None:
    model = Watched()
    items = model.prepare([("the ", "")] * 30)
    found = generate(model, items, token_budget=10_000, decoding=GREEDY, max_new_tokens=8, seed=0)
    assert model.batches == [1]
    assert len({one.text for one in found}) == 1
