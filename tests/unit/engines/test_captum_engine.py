"""Captum's own classes through one adapter, and the equality of our engine with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.attributions import (
    CAPTUM_WORD_CLASSES,
    METHODS_WITHOUT_BASELINE,
    UNSIGNED_METHODS,
    Attributions,
    Method,
)
from harness.engines.attribution import attribute, check_method
from harness.engines.attribution.captum_classes import OWN_METHODS, PREFIX, REFUSED, SUPPORTED
from harness.engines.prediction import predict
from harness.errors import MethodRefused
from harness.keywords import KeywordModel
from harness.records import Task

TEXTS = (
    "The parcel came late and the box was broken.",
    "Great service, friendly people, fast answer.",
    "No",
)
BUDGET = 512


@pytest.fixture(scope="module")
def bert(tiny_bert: Path) -> Any:
    from models.text import MODALITY

    return MODALITY.load(
        str(tiny_bert), task=Task("text-classification", "text", ("benign", "toxic"))
    )


def explained(model: Any, method: Method, texts: Any = TEXTS, **more: Any) -> Attributions:
    items = model.prepare(texts)
    logits = predict(model, items, token_budget=BUDGET)
    return attribute(model, items, method=method, logits=logits, token_budget=BUDGET, **more)


def captum_on_the_embedding_layer(model: Any, text: str, steps: int) -> np.ndarray:
    """The independent path: Captum hooks the embedding layer of the network and is fed token ids."""
    import captum.attr
    import torch

    (item,) = model.prepare([text])
    logits = predict(model, [item], token_budget=BUDGET)[0]
    won, lost = np.argsort(-logits)[:2].tolist()
    network = model.network
    ids = torch.from_numpy(item.arrays["input_ids"])[None]
    blank = torch.from_numpy(model.filled(item, "mask").arrays["input_ids"])[None]

    def lead(given: Any) -> Any:
        answer = network(input_ids=given, attention_mask=torch.ones_like(given)).logits
        return answer[:, won] - answer[:, lost]

    engine = captum.attr.LayerIntegratedGradients(lead, network.get_input_embeddings())
    found = engine.attribute(ids, baselines=blank, n_steps=steps)
    return found.detach()[0].sum(-1).numpy()


@pytest.mark.parametrize("steps", [8, 16])
def test_our_integrated_gradients_equal_captums_within_1e_5(bert: Any, steps: int) -> None:
    ours = explained(bert, Method(steps=steps, unit="token"))
    for i, text in enumerate(TEXTS):
        theirs = captum_on_the_embedding_layer(bert, text, steps)
        assert np.abs(ours.of(i) - theirs).max() <= 1e-5


@pytest.mark.parametrize(
    ("own", "tolerance"),
    [
        ("integrated-gradients", 1e-5),
        ("gradient-x-input", 1e-5),
        ("gradient-norm", 1e-5),
        ("occlusion", 1e-5),
    ],
)
@pytest.mark.parametrize("unit", ["word", "token"])
def test_engine_captum_computes_what_our_engine_computes(
    bert: Any, own: str, tolerance: float, unit: Any
) -> None:
    if own == "occlusion" and unit == "token":
        pytest.skip("Captum is given words to take away")
    ours = explained(bert, Method(id=own, steps=12, unit=unit))
    theirs = explained(bert, Method(id=own, steps=12, unit=unit, engine="captum"))
    assert np.abs(ours.values - theirs.values).max() <= tolerance
    assert np.array_equal(ours.starts, theirs.starts)
    assert np.array_equal(ours.target, theirs.target)
    assert ours.whole == pytest.approx(theirs.whole, abs=1e-6)
    assert ours.blank == pytest.approx(theirs.blank, abs=1e-5)


@pytest.mark.parametrize("name", sorted(SUPPORTED))
def test_every_supported_class_answers_for_every_row_and_leaves_the_model_as_it_was(
    bert: Any, name: str
) -> None:
    import torch

    texts = ("No", "please call me")
    state = torch.get_rng_state(), np.random.get_state()[1].copy()
    before = [(one.requires_grad, one.training) for one in _flags(bert.network)]
    reference = bert.prepare(["Thank you", "everything arrived on time"])
    method = Method(id=f"captum:{name}", n_samples=4)
    found = explained(bert, method, texts, reference=reference)
    again = explained(bert, method, texts, reference=reference)
    assert found.n == 2
    assert np.isfinite(found.values).all()
    assert np.array_equal(found.values, again.values)
    assert len(found.of(1)) == 3
    assert [(one.requires_grad, one.training) for one in _flags(bert.network)] == before
    assert all(not module._forward_hooks for module in bert.network.modules())
    assert torch.equal(torch.get_rng_state(), state[0])
    assert np.array_equal(np.random.get_state()[1], state[1])
    assert all(weight.grad is None for weight in bert.network.parameters())


class _Flag:
    def __init__(self, requires_grad: bool, training: bool) -> None:
        self.requires_grad = requires_grad
        self.training = training


def _flags(network: Any) -> list[_Flag]:
    return [
        *(_Flag(one.requires_grad, False) for one in network.parameters()),
        *(_Flag(False, one.training) for one in network.modules()),
    ]


def test_a_row_has_the_same_values_whatever_rows_stand_beside_it(bert: Any) -> None:
    method = Method(id="captum:GradientShap", n_samples=3)
    reference = bert.prepare(["Thank you", "everything arrived on time"])
    together = explained(bert, method, TEXTS, reference=reference)
    alone = explained(bert, method, TEXTS[1:2], reference=reference)
    assert np.array_equal(together.of(1), alone.of(0))


def test_word_classes_find_the_weights_of_a_model_that_adds_them_up() -> None:
    model = KeywordModel({"bad": (0.0, 2.0), "good": (0.0, -1.0)}, bias=(0.0, 0.5))
    for name in ("FeatureAblation", "Occlusion", "ShapleyValueSampling", "ShapleyValues"):
        found = explained(model, Method(id=f"captum:{name}"), ["a bad good day"])
        assert found.of(0) == pytest.approx([0.0, 2.0, -1.0, 0.0], abs=1e-6)
    found = explained(model, Method(id="captum:ShapleyValues"), ["a bad good day"])
    assert found.status.tolist() == ["converged"]
    assert found.whole[0] - found.blank[0] == pytest.approx(1.0)


def test_every_class_of_captum_that_attributes_is_supported_or_refused_with_a_reason() -> None:
    """A newer Captum with a class that nobody looked at fails here first."""
    import captum.attr

    bases = {"Attribution", "GradientAttribution", "PerturbationAttribution", "NeuronAttribution"}
    bases |= {"LayerAttribution"}
    known = {
        name
        for name in captum.attr.__all__
        if isinstance(getattr(captum.attr, name), type)
        and issubclass(getattr(captum.attr, name), captum.attr.Attribution)
    }
    assert known - bases <= SUPPORTED.keys() | REFUSED.keys()
    assert not SUPPORTED.keys() & REFUSED.keys()
    assert set(OWN_METHODS.values()) <= SUPPORTED.keys()
    words = {name for name, one in SUPPORTED.items() if one.kind == "words"}
    assert words == set(CAPTUM_WORD_CLASSES)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_class_says_why(name: str) -> None:
    with pytest.raises(MethodRefused, match=name):
        check_method(Method(id=f"captum:{name}"), KeywordModel({}, bias=(0.0, 0.0)))


def test_a_class_that_captum_does_not_have_is_named_with_the_nearest() -> None:
    with pytest.raises(MethodRefused, match="IntegratedGradients"):
        check_method(Method(id="captum:IntegratedGradient"), KeywordModel({}, bias=(0.0, 0.0)))


def test_orders_of_many_words_are_not_gone_through_one_by_one() -> None:
    model = KeywordModel({"bad": (0.0, 2.0)}, bias=(0.0, 0.5))
    with pytest.raises(MethodRefused, match=r"at most 7 words, .* got 8"):
        explained(
            model, Method(id="captum:ShapleyValues"), ["one two three four five six seven bad"]
        )


def test_captums_methods_have_sign_and_baseline_where_their_classes_have():
    without = {f"{PREFIX}{name}" for name, one in SUPPORTED.items() if not one.has_baseline}
    unsigned = {f"{PREFIX}{name}" for name, one in SUPPORTED.items() if one.is_unsigned}
    assert {one for one in METHODS_WITHOUT_BASELINE if one.startswith(PREFIX)} == without
    assert {one for one in UNSIGNED_METHODS if one.startswith(PREFIX)} == unsigned
    for own, name in OWN_METHODS.items():
        kind = SUPPORTED[name]
        assert (own in UNSIGNED_METHODS, own in METHODS_WITHOUT_BASELINE) == (
            kind.is_unsigned,
            not kind.has_baseline,
        )
