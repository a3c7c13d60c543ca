"""Attribution by gradients: known answers on toys, and promises about rows, memory and state."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from harness.attributions import Attributions, Method
from harness.engines.attribution import attribute, check_method
from harness.engines.attribution.quadrature import gauss_kronrod, gauss_legendre
from harness.errors import IncompleteError, MethodRefused, ModelError, ShapeError
from harness.keywords import KeywordModel

TEXTS = ["a bad day good", "", "good good", "x", "bad"]
COMPLETE = (Method(), Method(steps=4), Method(id="gradient-x-input"))


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def keywords() -> KeywordModel:
    return KeywordModel({"bad": (-1.0, 2.0), "good": (1.5, -0.5)}, (0.1, 0.0))


def run(model: Any, texts: list[str], method: Method, **others: Any) -> Attributions:
    return attribute(model, model.prepare(texts), method=method, token_budget=64, **others)


@pytest.mark.parametrize("method", COMPLETE, ids=["adaptive", "fixed", "gradient-x-input"])
def test_on_a_linear_model_each_word_gets_its_weight(
    keywords: KeywordModel, method: Method
) -> None:
    found = run(keywords, TEXTS, method)
    # the lead of the decided class over the other one: 3 for "bad", 2 for "good", with its sign
    np.testing.assert_allclose(found.of(0), [0, 3, 0, -2], atol=1e-6)
    np.testing.assert_allclose(found.of(2), [2, 2], atol=1e-6)
    assert found.target.tolist() == [1, 0, 0, 0, 1]
    assert found.runner_up.tolist() == [0, 1, 1, 1, 0]


def test_integrated_gradients_add_up_and_say_what_was_spent(keywords: KeywordModel) -> None:
    found = run(keywords, TEXTS, Method())
    np.testing.assert_allclose(
        np.add.reduceat(np.append(found.values, 0), found.starts[[0, 2, 3, 4]]),
        (found.whole - found.blank)[[0, 2, 3, 4]],
        atol=1e-6,
    )
    assert found.status.tolist() == [
        "converged",
        "nothing-to-attribute",
        "converged",
        "nothing-to-attribute",
        "converged",
    ]
    assert found.n_gradients.tolist() == [15, 0, 15, 15, 15]


def test_the_target_may_be_the_logit_alone(keywords: KeywordModel) -> None:
    found = run(keywords, TEXTS, Method(target="logit"))
    np.testing.assert_allclose(found.of(0), [0, 2, 0, -0.5], atol=1e-6)
    assert (found.target == found.runner_up).all()


def test_the_norm_of_a_gradient_has_no_sign(keywords: KeywordModel) -> None:
    found = run(keywords, TEXTS, Method(id="gradient-norm"))
    np.testing.assert_allclose(found.values, np.sqrt(2), atol=1e-6)
    assert set(found.status) == {"not-checked"}


def test_expected_gradients_are_the_mean_distance_to_the_population() -> None:
    keywords = KeywordModel({"bad": (-1.0, 2.0), "good": (1.5, -0.5)}, (0.1, 0.0))
    reference = keywords.prepare(["bad bad", "good"])
    method = Method(id="expected-gradients", baseline="population", n_samples=8)
    found = run(keywords, ["bad x"], method, reference=reference)
    # both references are drawn once: the mean weight of what stands there is (3 - 2) / 2
    np.testing.assert_allclose(found.of(0), [3 - 0.5, 0 - 0.5], atol=1e-6)
    np.testing.assert_allclose(found.blank, -0.1 + (6 - 4) / 2, atol=1e-6)
    assert found.n_gradients.tolist() == [8]


def test_no_rows_give_no_attributions(keywords: KeywordModel) -> None:
    for method in (*COMPLETE, Method(id="gradient-norm")):
        found = run(keywords, [], method)
        assert (found.n, len(found.values), found.starts.tolist()) == (0, 0, [0])


def test_logits_that_are_known_are_not_asked_for_again(keywords: KeywordModel) -> None:
    logits = keywords.logits(keywords.prepare(TEXTS))
    expected = run(keywords, TEXTS, Method())
    keywords.logits = None  # type: ignore[assignment,method-assign]
    np.testing.assert_array_equal(
        run(keywords, TEXTS, Method(), logits=logits).values, expected.values
    )


def test_logits_of_another_shape_are_refused(keywords: KeywordModel) -> None:
    with pytest.raises(ShapeError, match=r"shape \[n=5, c=2\], got \[4, 2\]"):
        run(keywords, TEXTS, Method(), logits=np.zeros((4, 2)))


# refusals


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "attention"}, "negative control only"),
        ({"id": "attention-rollout"}, "negative control only"),
        ({"id": "captum:DeepLift"}, "under another name"),
        ({"id": "captum:DeepLiftShap"}, "under another name"),
        ({"id": "deep-lift"}, "under another name"),
        ({"id": "integrated-gradient"}, "Did you mean 'integrated-gradients'"),
        ({"id": "expected-gradients"}, "baseline must be population"),
        ({"baseline": "population"}, "Use expected-gradients"),
        ({"steps": -1}, "steps must be an integer >= 0, got -1"),
        ({"max_gradients": 3}, "max_gradients must be an integer >= 15, got 3"),
    ],
)
def test_a_method_is_refused_with_the_reason(
    keywords: KeywordModel, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(MethodRefused, match=said):
        check_method(Method(**changes), keywords)


def test_all_reasons_come_at_once(keywords: KeywordModel) -> None:
    with pytest.raises(MethodRefused) as caught:
        check_method(Method(steps=-1, n_samples=-1), keywords)
    assert len(caught.value.problems) == 2


def test_a_model_without_embeddings_is_offered_occlusion(keywords: KeywordModel) -> None:
    keywords.capabilities = frozenset({"logits", "parts"})
    with pytest.raises(MethodRefused, match=r"must offer embeddings .* Use occlusion"):
        check_method(Method(), keywords)
    check_method(Method(id="occlusion"), keywords)


def test_a_population_without_rows_is_refused(keywords: KeywordModel) -> None:
    with pytest.raises(MethodRefused, match="reference must hold items"):
        run(keywords, TEXTS, Method(id="expected-gradients", baseline="population"))


# quadrature


def test_the_kronrod_rule_is_the_one_of_scipy_and_holds_the_smaller_rule() -> None:
    from scipy.integrate import fixed_quad

    nodes, weights, small = gauss_kronrod()
    for degree in range(23):  # 15 nodes with 7 of them given: exact up to degree 22
        assert weights @ nodes**degree == pytest.approx(1 / (degree + 1), abs=1e-14)
    for degree in range(14):
        assert small @ nodes**degree == pytest.approx(1 / (degree + 1), abs=1e-14)
    value, _ = fixed_quad(np.exp, 0, 1, n=7)
    assert small @ np.exp(nodes) == pytest.approx(value, abs=1e-14)
    assert (np.flatnonzero(small) == np.arange(1, 15, 2)).all()


def test_gauss_legendre_lies_in_the_unit_interval() -> None:
    nodes, weights = gauss_legendre(16)
    assert ((nodes > 0) & (nodes < 1)).all()
    assert weights.sum() == pytest.approx(1)


# promises


class Jumps(KeywordModel):
    """Each word adds 2 to the lead by a jump somewhere on the line, far from all others."""

    def logits(self, items: Any) -> Any:
        return self.logits_from_embeddings(items, self.embed(items)).detach().numpy()

    def logits_from_embeddings(self, items: Any, embeddings: Any) -> Any:
        import torch

        jumped = 2 * torch.sigmoid(200 * (embeddings[:, 1] - 0.2))
        both = torch.stack([torch.zeros_like(jumped), jumped], dim=1)
        return super().logits_from_embeddings(items, both)


def jumps() -> Jumps:
    return Jumps({f"w{i}": (0.0, 0.3 + 0.13 * i) for i in range(12)}, (0.0, 0.0))


JUMPS = [" ".join(f"w{i}" for i in range(k, k + 6)) for k in range(6)] + ["w3", "w1 w7"]


def test_adaptive_nodes_find_jumps_that_as_many_uniform_nodes_miss() -> None:
    model = jumps()
    found = run(model, JUMPS, Method())
    assert (found.n_gradients > 15).sum() >= 6
    assert (found.n_gradients <= 128).all()
    assert (found.status == "converged").all()
    uniform = run(model, JUMPS, Method(steps=int(found.n_gradients.max())))
    assert np.median(np.abs(found.gap)) < np.median(np.abs(uniform.gap))
    for i, text in enumerate(JUMPS):
        assert found.gap[i] == pytest.approx(found.of(i).sum() - 2 * len(text.split()), abs=1e-5)
    # 2 for each word; rows of six words may miss their 12 logits by 0.6 in all
    assert np.median(np.abs(found.values - 2)) < 0.2
    assert (found.n_forwards > 1).sum() >= 6


def test_a_row_spends_no_more_gradients_than_it_may() -> None:
    for most in (15, 20, 40):
        found = run(jumps(), JUMPS, Method(max_gradients=most))
        assert found.n_gradients.max() <= most


def test_a_level_that_agrees_with_the_nodes_it_is_made_of_is_no_convergence() -> None:
    # all words jump alike: every level ranks them the same, found or not
    model = Jumps({f"w{i}": (0.0, 9.0 + i / 8) for i in range(12)}, (0.0, 0.0))
    for most in (15, 16, 18):
        found = run(model, JUMPS[:6], Method(max_gradients=most))
        gap = np.abs(found.gap) / np.abs(found.whole - found.blank)
        assert (gap > 0.4).all()
        assert (found.status == "unconverged").all(), most
    assert (run(model, JUMPS[:6], Method()).status == "converged").all()


def test_values_do_not_depend_on_the_other_rows() -> None:
    model = jumps()
    texts = [*JUMPS, "w2", "x x x", ""]
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    reference = model.prepare(["w3", "x w5"])
    for method in (Method(), Method(id="expected-gradients", baseline="population", n_samples=8)):
        together = run(model, texts, method, reference=reference)
        shuffled = run(model, [texts[i] for i in order], method, reference=reference)
        for place, i in enumerate(order):
            alone = run(model, [texts[i]], method, reference=reference)
            # 1e-6: float32 sums in another order
            np.testing.assert_allclose(together.of(i), alone.of(0), atol=1e-6)
            np.testing.assert_allclose(together.of(i), shuffled.of(place), atol=1e-6)
            assert together.n_gradients[i] == alone.n_gradients[0]


def test_equal_rows_are_computed_once_and_answered_each() -> None:
    model = jumps()
    asked: list[int] = []
    inner = model.logits_from_embeddings
    model.logits_from_embeddings = lambda items, z: (asked.append(len(items)), inner(items, z))[1]  # type: ignore[method-assign]
    logits = np.array([[0.0, 3.0]] * 4)
    found = attribute(
        model,
        model.prepare(["w1 w2"] * 4),
        method=Method(steps=3),
        logits=logits,
        token_budget=64,
    )
    assert sum(asked) == 4  # three nodes and the baseline
    assert found.n == 4
    np.testing.assert_array_equal(found.of(0), found.of(3))


def test_memory_does_not_grow_with_the_rows() -> None:
    model = jumps()
    held: list[int] = []
    inner = model.embed
    model.embed = lambda items: (held.append(sum(i.length for i in items)), inner(items))[1]  # type: ignore[method-assign]
    texts = [f"w1 {i} {i + 1} w2" for i in range(90)]
    for method in (Method(id="gradient-x-input"), Method(steps=1), Method(max_gradients=15)):
        held.clear()
        attribute(model, model.prepare(texts), method=method, token_budget=16)
        # eight budgets of rows and as many tokens of baselines
        assert max(held) <= 2 * 8 * 16
        assert len(held) > 2


class Crowded(KeywordModel):
    """Memory for a few tokens only."""

    most = 8

    def logits_from_embeddings(self, items: Any, embeddings: Any) -> Any:
        if len(embeddings) > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return super().logits_from_embeddings(items, embeddings)


def test_out_of_memory_halves_the_budget_and_goes_on() -> None:
    weights = {"bad": (-1.0, 2.0), "good": (1.5, -0.5)}
    plain, crowded = KeywordModel(weights, (0.1, 0.0)), Crowded(weights, (0.1, 0.0))
    np.testing.assert_allclose(
        run(crowded, TEXTS * 3, Method()).values, run(plain, TEXTS * 3, Method()).values, atol=1e-6
    )
    crowded.most = 3
    with pytest.raises(IncompleteError, match="must hold one example of 4 tokens"):
        run(crowded, TEXTS, Method())


def test_progress_counts_distinct_rows(keywords: KeywordModel) -> None:
    told: list[tuple[int, int]] = []
    run(keywords, [*TEXTS, "bad"], Method(), on_progress=lambda *one: told.append(one))
    assert told[-1] == (5, 5)


# precision


class Rounding(Jumps):
    """Answers that fall apart in bfloat16: the probe must see it."""

    n_half = 0

    def logits_from_embeddings(self, items: Any, embeddings: Any) -> Any:
        import torch

        if torch.is_autocast_enabled("cpu"):
            self.n_half += 1
            turn = 1 - 2 * (torch.arange(len(embeddings)) % 2)
            embeddings = embeddings * turn[:, None]
        return super().logits_from_embeddings(items, embeddings)


def rounding() -> Rounding:
    return Rounding({f"w{i}": (0.0, 0.3 + 0.13 * i) for i in range(12)}, (0.0, 0.0))


def test_bfloat16_falls_back_where_the_values_would_rank_otherwise() -> None:
    model, method = rounding(), Method(steps=8, precision="bfloat16")
    found = run(model, JUMPS, method)
    assert model.n_half > 0
    assert found.method.precision == "float32"
    plain = run(jumps(), JUMPS, Method(steps=8))
    np.testing.assert_array_equal(found.values, plain.values)


def test_bfloat16_is_taken_and_recorded_where_the_values_rank_alike() -> None:
    found = run(jumps(), JUMPS, Method(precision="bfloat16"))
    assert found.method.precision == "bfloat16"


def test_precision_is_not_tried_where_it_saves_nothing_or_nobody_asked() -> None:
    for precision in ("auto", "float32"):
        model = rounding()
        found = run(model, JUMPS, Method(precision=precision))
        assert (found.method.precision, model.n_half) == ("float32", 0)


def test_too_few_words_are_no_proof_for_bfloat16() -> None:
    assert run(jumps(), ["w1"], Method(precision="bfloat16")).method.precision == "float32"


def test_values_that_are_no_numbers_are_an_error_that_names_the_rows() -> None:
    model = KeywordModel({"bad": (float("nan"), 2.0)}, (0.1, 0.0))
    with pytest.raises(ModelError, match=r"NaN or infinity for 1 of 2 rows \(positions 1\)"):
        run(model, ["x", "bad"], Method(steps=2), logits=np.zeros((2, 2)))
