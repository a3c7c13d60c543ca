from __future__ import annotations

import itertools
from math import comb, factorial
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, KernelShap, Lime, ShapleyValueSampling
from sklearn.linear_model import Ridge

from harness.attributions import LEAST_CHANGE, Method
from harness.engines.perturbation import Asker, leads, perturb, perturb_in_full
from harness.engines.perturbation.designs import Answered
from harness.engines.perturbation.orders import generator_of
from harness.engines.perturbation.regressions import LIME_WIDTH, kernel
from harness.engines.perturbation.regressions import KernelShap as OwnKernelShap
from harness.engines.perturbation.regressions import Lime as OwnLime
from harness.engines.perturbation.shapley import all_subsets, shapley_values
from harness.keywords import KeywordModel

SAMPLING = ("shapley-sampling", "kernel-shap")
# orders or subsets that are far from paying for all subsets of 11 words
FEW = {"shapley-sampling": 50, "kernel-shap": 200}
LINEAR = KeywordModel({f"w{i}": (0.0, 0.1 * i) for i in range(1, 40)}, bias=(0.0, 1.0))


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


def run(model: Any, inputs: Any, method: Method, ask: Any = None) -> Any:
    items = model.prepare(inputs)
    ask = ask or Asker(model, 1000)
    return perturb_in_full(model, items, method=method, logits=model.logits(items), ask=ask)


def lead_table(model: Any, n: int) -> np.ndarray:
    """f without each subset of the words of the only text of a table model."""
    item = model.prepare([0])[0]
    gone = [model.without(item, np.flatnonzero(each).tolist()) for each in all_subsets(n)]
    return leads(model.logits(gone), 1, 0)


def brute_force(table: np.ndarray, n: int) -> np.ndarray:
    """Shapley values by walking all n! orders, one by one."""
    values = np.zeros(n)
    for order in itertools.permutations(range(n)):
        gone = 0
        for unit in order:
            values[unit] += table[gone] - table[gone | 1 << unit]
            gone |= 1 << unit
    return values / factorial(n)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_exact_values_equal_the_mean_over_all_orders(make_table: Any, n: int) -> None:
    table = np.random.default_rng(n).normal(size=2**n)
    np.testing.assert_allclose(shapley_values(table), brute_force(table, n), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("name", SAMPLING)
def test_short_texts_get_exact_shapley_values(make_table: Any, name: str, n: int) -> None:
    model = make_table(n)
    # enough orders or samples to pay for all subsets of 8 words
    found = run(model, [0], Method(name, n_samples=300))
    # logits are float32, and 2^n of them are added up
    np.testing.assert_allclose(
        found.attributions.of(0), shapley_values(lead_table(model, n)), atol=1e-5
    )
    assert found.standard_error.tolist() == [0.0] * n


@pytest.mark.parametrize("name", SAMPLING)
def test_sampled_values_agree_with_exact_ones_within_their_standard_errors(
    make_table: Any, name: str
) -> None:
    n = 11
    scores = []
    for seed in range(12):
        model = make_table(n, seed)
        found = run(model, [0], Method(name, n_samples=FEW[name] * 2, seed=seed))
        exact = shapley_values(lead_table(model, n))
        assert (found.standard_error > 0).all()
        scores.append((found.attributions.of(0) - exact) / found.standard_error)
    # 132 differences in standard errors: mean square 1, give or take what 12 texts can say
    assert np.mean(np.square(scores)) == pytest.approx(1.0, abs=0.5)
    assert np.max(np.abs(scores)) < 4.5


@pytest.mark.parametrize("name", SAMPLING)
def test_more_samples_bring_smaller_errors(make_table: Any, name: str) -> None:
    model = make_table(11, 5)
    few = run(model, [0], Method(name, n_samples=FEW[name])).standard_error
    many = run(model, [0], Method(name, n_samples=FEW[name] * 4)).standard_error
    assert many.mean() == pytest.approx(few.mean() / 2, rel=0.3)


@pytest.mark.parametrize("name", SAMPLING)
@pytest.mark.parametrize("n_samples", [0, 2, 41])
def test_values_add_up_whatever_the_sample(make_table: Any, name: str, n_samples: int) -> None:
    found = run(make_table(14, 2), [0], Method(name, n_samples=n_samples)).attributions
    assert found.gap[0] == pytest.approx(0.0, abs=1e-9)
    assert found.values.sum() == pytest.approx(found.whole[0] - found.blank[0], abs=1e-9)
    assert found.status.tolist() == ["converged"]
    assert found.n_forwards[0] > 1


@pytest.mark.parametrize("name", [*SAMPLING, "occlusion"])
def test_a_linear_model_gets_its_weights(name: str) -> None:
    texts = ["w1 w2 w3", " ".join(f"w{i}" for i in range(1, 30)), "w7", "unknown words only"]
    found = run(LINEAR, texts, Method(name))
    for row, text in enumerate(texts):
        expected = [LINEAR.weights.get(word, (0, 0))[1] for word in text.split()]
        # logits up to 45 in float32
        np.testing.assert_allclose(found.attributions.of(row), expected, atol=3e-5)
    assert found.standard_error.max() < 1e-5
    assert (found.attributions.status[3] == "nothing-to-attribute") == (name != "occlusion")
    assert abs(found.attributions.whole[3] - found.attributions.blank[3]) < LEAST_CHANGE


@pytest.mark.parametrize(("n", "low"), [(12, 0.7), (60, 0.3)])
def test_errors_of_kernel_shap_are_not_understated_where_pairs_are_few(n: int, low: float) -> None:
    scores = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        triples = [rng.choice(n, 3, replace=False) for _ in range(3 * n)]
        held = rng.normal(size=len(triples))
        design = OwnKernelShap()
        absent = np.vstack([design.draw(n, 0, rng), np.ones((1, n), dtype=np.bool_)])
        # f counts the triples that are whole: each of the three owns a third of it
        whole_triples = np.stack([~absent[:, each].any(axis=1) for each in triples], axis=1)
        f = whole_triples @ held
        values, errors = design.solve(Answered(absent, f, float(held.sum()), 0.0))
        exact = np.zeros(n)
        for each, one in zip(triples, held, strict=True):
            exact[each] += one / 3
        scores.append((values - exact) / errors)
    # 1 where errors are told exactly; leaving out one of 128 pairs that carry 59 values tells more
    assert low < np.mean(np.square(scores)) < 1.2


def test_too_few_samples_say_that_they_say_nothing_of_the_error(make_table: Any) -> None:
    for name in SAMPLING:
        found = run(make_table(12), [0], Method(name, n_samples=2))
        assert np.isinf(found.standard_error).all()


@pytest.mark.parametrize("name", [*SAMPLING, "lime"])
def test_a_row_changes_no_number_of_the_rows_beside_it_and_seeds_do(name: str) -> None:
    texts = ["w1 w2 w3 w4 w5 w6 w7 w8 w9 w10", "w11 w12", "", "w13 w4 w5 w6 w7 w8 w9 w20 w3 w2 w1"]
    rng = np.random.default_rng(0)
    model = KeywordModel({f"w{i}": rng.normal(size=3).tolist() for i in range(21)}, (0.1, 0.0, 0.2))
    together = run(model, texts, Method(name, n_samples=40)).attributions
    again = run(model, texts, Method(name, n_samples=40)).attributions
    np.testing.assert_array_equal(together.values, again.values)
    for row, text in enumerate(texts):
        alone = run(model, [text], Method(name, n_samples=40)).attributions
        np.testing.assert_array_equal(alone.values, together.of(row))


def test_another_seed_draws_another_sample(make_table: Any) -> None:
    model = make_table(12)
    for name in (*SAMPLING, "lime"):
        one, two = (run(model, [0], Method(name, n_samples=40, seed=s)) for s in (0, 1))
        assert not np.allclose(one.attributions.values, two.attributions.values)


def test_repeated_gaps_of_a_row_are_asked_once(make_table: Any) -> None:
    model = make_table(6)
    for name in (*SAMPLING, "lime"):
        ask = Asker(model, 1000)
        run(model, [0], Method(name, n_samples=500), ask)
        assert ask.n_asked == ask.n_computed <= 2**6


# equality with other implementations


class Lead(torch.nn.Module):
    """Lead of a table model's text for presences of shape [b, n]."""

    def __init__(self, table: np.ndarray) -> None:
        super().__init__()
        self.table = torch.from_numpy(table)

    def forward(self, present: torch.Tensor) -> torch.Tensor:
        gone = (present < 0.5).long()
        return self.table[(gone << torch.arange(gone.shape[1])).sum(dim=1)]


def test_occlusion_equals_captums_feature_ablation(make_table: Any) -> None:
    n = 7
    model = make_table(n, 3)
    expected = FeatureAblation(Lead(lead_table(model, n))).attribute(torch.ones(1, n))
    found = run(model, [0], Method("occlusion")).attributions.of(0)
    np.testing.assert_allclose(found, expected[0].numpy(), atol=1e-5)


def test_sampling_agrees_with_captum_up_to_the_sampling_error(make_table: Any) -> None:
    n = 12
    model = make_table(n, 4)
    lead = Lead(lead_table(model, n))
    torch.manual_seed(0)
    rows = torch.ones(1, n)
    captums = {
        "shapley-sampling": ShapleyValueSampling(lead).attribute(
            rows, n_samples=200, perturbations_per_eval=200
        ),
        "kernel-shap": KernelShap(lead).attribute(rows, n_samples=2000, perturbations_per_eval=400),
    }
    for name, theirs in captums.items():
        found = run(model, [0], Method(name, n_samples=FEW[name] * 2))
        error = found.standard_error.max()
        assert 0 < error < 0.2
        # theirs comes from a sample of at least the same size: 4 errors of a difference
        np.testing.assert_allclose(
            found.attributions.of(0), theirs[0].numpy(), atol=4 * np.sqrt(2) * error
        )


def test_lime_equals_captums_on_the_same_samples(make_table: Any) -> None:
    from captum._utils.models.linear_model import SkLearnRidge

    n, m = 12, 60
    model = make_table(n, 6)
    item = model.prepare([0])[0]
    drawn = OwnLime().draw(n, m, generator_of(item, 0))
    samples = iter(np.vstack([np.zeros((1, n)), drawn]))

    def similarity(whole: Any, perturbed: Any, z: Any, **_: Any) -> float:
        distance = 1 - np.sqrt(float(z.double().mean()))
        return float(np.sqrt(np.exp(-(distance**2) / LIME_WIDTH**2)))

    explainer = Lime(
        Lead(lead_table(model, n)),
        interpretable_model=SkLearnRidge(alpha=1.0),
        similarity_func=similarity,
        perturb_func=lambda original, **_: torch.from_numpy(1.0 - next(samples)[None]).float(),
    )
    theirs = explainer.attribute(torch.ones(1, n), n_samples=m + 1)
    ours = perturb(
        model,
        [item],
        method=Method("lime", n_samples=m),
        logits=model.logits([item]),
        ask=Asker(model, 1000),
    )
    # captum regresses in float32
    np.testing.assert_allclose(ours.of(0), theirs[0].numpy(), atol=1e-4)


def test_lime_equals_weighted_ridge_of_scikit_learn(make_table: Any) -> None:
    rng = np.random.default_rng(1)
    absent, f = rng.random((80, 9)) < 0.5, rng.normal(size=80)
    values, errors = OwnLime().solve(Answered(absent, f, 2.0, 0.0))
    present = np.vstack([np.ones(9), ~absent])
    weight = np.exp(-((1 - np.sqrt(present.mean(axis=1))) ** 2) / LIME_WIDTH**2 / 2)
    theirs = Ridge(alpha=1.0).fit(present, np.append(2.0, f), sample_weight=weight)
    np.testing.assert_allclose(values, theirs.coef_, atol=1e-10)
    assert (errors > 0).all()


def test_limes_errors_are_those_of_repeated_samples(make_table: Any) -> None:
    model = make_table(10, 8)
    seeds = [run(model, [0], Method("lime", n_samples=200, seed=s)) for s in range(40)]
    spread = np.std([one.attributions.values for one in seeds], axis=0, ddof=1)
    told = np.mean([one.standard_error for one in seeds], axis=0)
    # a standard deviation from 40 repetitions is known to about 11 %, the mean of ten to less
    assert told.mean() == pytest.approx(spread.mean(), rel=0.15)


def test_the_kernel_is_that_of_kernel_shap() -> None:
    assert kernel(5, 2) == (5 - 1) / (comb(5, 2) * 2 * 3)
    assert kernel(5, 2) == kernel(5, 3) < kernel(5, 1)


@pytest.mark.parametrize(("n", "n_samples"), [(5, 29), (6, 61)])
def test_one_subset_short_of_all_is_all_of_them_and_not_a_draw_taken_for_all(
    make_table: Any, n: int, n_samples: int
) -> None:
    # subsets come in pairs: an odd number is rounded up, here to all of them
    model = make_table(n)
    found = run(model, [0], Method(id="kernel-shap", n_samples=n_samples))
    # 1e-5: logits are float32
    np.testing.assert_allclose(
        found.attributions.of(0), shapley_values(lead_table(model, n)), atol=1e-5
    )
