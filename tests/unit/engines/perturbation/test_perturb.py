from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.attributions import Method
from harness.engines.perturbation import (
    MAX_UNITS,
    Asker,
    coarse_rows,
    explained_classes,
    leads,
    orders_of,
    perturb,
    perturb_in_full,
)
from harness.errors import MethodRefused, ShapeError, UsageError
from harness.keywords import KeywordModel

LINEAR = KeywordModel(
    {f"w{i}": (0.0, 0.1 * i, -0.2 * i) for i in range(1, 9)}, bias=(0.0, 1.0, 0.5)
)
TEXTS = ["w1 w2 w3", "w4 w1 w8 w2 w2", "w7", "nothing known"]
TRUE = [[0.1, 0.2, 0.3], [0.4, 0.1, 0.8, 0.2, 0.2], [0.7], [0.0, 0.0]]


def run(model: Any, texts: Any, method: Method) -> Any:
    items = model.prepare(texts)
    return perturb(model, items, method=method, logits=model.logits(items), ask=Asker(model, 1000))


def test_the_lead_is_that_of_the_decided_class_over_the_runner_up() -> None:
    logits = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0], [0.0, 1.0, 7.0]])
    target, runner_up = explained_classes(logits)
    assert (target.tolist(), runner_up.tolist()) == ([1, 0, 2], [2, 1, 1])
    assert leads(logits, target, runner_up).tolist() == [1.0, 0.0, 6.0]
    assert explained_classes(logits, "logit")[1].tolist() == [1, 0, 2]
    assert leads(logits, target, target).tolist() == [3.0, 5.0, 7.0]
    assert [each.tolist() for each in explained_classes(np.array([[2.0]]))] == [[0], [0]]


def test_occlusion_of_a_linear_model_is_its_weights() -> None:
    model = KeywordModel({f"w{i}": (0.0, 0.1 * i) for i in range(1, 9)}, bias=(0.0, 1.0))
    found = run(model, TEXTS, Method("occlusion"))
    for row, expected in enumerate(TRUE):
        np.testing.assert_allclose(found.of(row), expected, atol=1e-6)
    assert found.status.tolist() == ["not-checked"] * 4
    assert found.n_forwards.tolist() == [3, 5, 1, 2]
    assert found.gap.tolist() == [0.0] * 4
    np.testing.assert_array_equal(found.whole, found.blank)


def test_target_logit_leaves_the_runner_up_out() -> None:
    lead = run(LINEAR, ["w8 w1"], Method("occlusion"))
    logit = run(LINEAR, ["w8 w1"], Method("occlusion", target="logit"))
    # the runner-up is class 0, to which no word adds
    np.testing.assert_allclose(lead.values, [0.8, 0.1], atol=1e-6)
    np.testing.assert_allclose(logit.values, lead.values, atol=1e-6)
    assert (lead.whole[0], logit.whole[0]) == pytest.approx((1.9, 1.9))
    assert (lead.runner_up[0], logit.runner_up[0]) == (0, 1)


def test_empty_texts_and_no_rows_have_no_values() -> None:
    found = run(LINEAR, ["", "w1"], Method("occlusion"))
    assert [found.of(row).shape for row in (0, 1)] == [(0,), (1,)]
    assert found.status.tolist() == ["nothing-to-attribute", "not-checked"]
    assert run(LINEAR, [], Method("occlusion")).n == 0


def test_a_very_long_text_is_taken_apart_in_a_bounded_number_of_runs() -> None:
    words = [f"w{i % 8 + 1}" for i in range(1500)]
    items = LINEAR.prepare([" ".join(words), "w1"])
    logits = LINEAR.logits(items)
    ask = Asker(LINEAR, 10_000)
    full = perturb_in_full(LINEAR, items, method=Method("occlusion"), logits=logits, ask=ask)
    found = full.attributions
    assert full.is_coarse.tolist() == coarse_rows(LINEAR, items).tolist() == [True, False]
    assert found.n_forwards.tolist() == [MAX_UNITS, 1]
    assert len(found.of(0)) == 1500
    expected = sum(0.1 * (i % 8 + 1) for i in range(1500))
    assert found.of(0).sum() == pytest.approx(expected, rel=1e-3)  # logits near 700 in float32


def test_what_cannot_be_done_is_refused_with_the_way_out() -> None:
    with pytest.raises(MethodRefused, match="must be one of occlusion"):
        run(LINEAR, TEXTS, Method("integrated-gradients"))
    with pytest.raises(MethodRefused, match="Take mask or pad, or expected-gradients"):
        run(LINEAR, TEXTS, Method("occlusion", baseline="population"))
    with pytest.raises(UsageError) as caught:
        run(LINEAR, TEXTS, Method("lime", n_samples=-1, seed=-2))
    assert len(caught.value.problems) == 2
    with pytest.raises(MethodRefused, match="Add up the tokens of each word first"):
        orders_of(run(LINEAR, TEXTS, Method("occlusion", unit="token")))
    items = LINEAR.prepare(TEXTS)
    with pytest.raises(ShapeError, match=r"shape \[k=4, c\], got \[2, 3\]"):
        perturb(
            LINEAR,
            items,
            method=Method("occlusion"),
            logits=np.zeros((2, 3)),
            ask=Asker(LINEAR, 9),
        )


def test_a_model_that_takes_away_only_words_refuses_tokens(make_table: Any) -> None:
    with pytest.raises(MethodRefused, match="Take words as the unit, and mask as the removal"):
        run(make_table(3), [0], Method("occlusion", unit="token"))


def test_a_row_changes_no_number_of_the_rows_beside_it() -> None:
    together = run(LINEAR, TEXTS, Method("occlusion"))
    for row, text in enumerate(TEXTS):
        np.testing.assert_array_equal(
            run(LINEAR, [text], Method("occlusion")).values, together.of(row)
        )
