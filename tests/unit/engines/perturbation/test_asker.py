from __future__ import annotations

import numpy as np
import pytest

from harness.engines.perturbation import Asker
from harness.errors import ShapeError
from harness.keywords import KeywordModel

MODEL = KeywordModel({"late": (0.0, 1.0), "fine": (2.0, 0.0)}, bias=(0.5, 0.0))
TEXTS = ["late", "fine day", "late", "no", "fine day"]


def test_it_answers_as_the_model_does_and_computes_each_content_once() -> None:
    items = MODEL.prepare(TEXTS)
    ask = Asker(MODEL, 3)
    np.testing.assert_array_equal(ask(items), MODEL.logits(items))
    assert (ask.n_asked, ask.n_computed, ask.n_tokens) == (5, 3, 1 + 2 + 1)
    np.testing.assert_array_equal(ask(items[::-1]), MODEL.logits(items[::-1]))
    assert (ask.n_asked, ask.n_computed) == (10, 3)
    assert ask([]).shape == (0, 2)


def test_answers_at_hand_are_not_computed_again() -> None:
    items = MODEL.prepare(TEXTS)
    ask = Asker(MODEL, 100)
    ask.know(items[:2], np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert ask(items)[[0, 1, 2]].tolist() == [[1, 2], [3, 4], [1, 2]]
    assert ask.n_computed == 1
    with pytest.raises(ShapeError, match=r"shape \[m=2, c\], got \[1, 2\]"):
        ask.know(items[:2], np.zeros((1, 2)))
