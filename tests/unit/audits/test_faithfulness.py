"""The audit ``faithfulness``: known answers on models whose words are known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._faithfulness_calls import curve_calls
from audits._shaped import SaturatedModel, context_of
from audits.faithfulness import Options, faithfulness
from harness.auditing import AuditContext, facts_of
from harness.keywords import KeywordModel
from harness.records import Measurement
from harness.trials import Answers, run_audit

RNG = np.random.default_rng(5)
WEIGHTS = {f"w{i}": (0.0, float(w)) for i, w in enumerate(RNG.uniform(-0.6, 0.9, 25))}
MODEL = KeywordModel(WEIGHTS, bias=(0.3, 0.0))
TEXTS = [" ".join(RNG.choice(sorted(WEIGHTS), size=n, replace=False)) for n in [6, 8, 11, 14] * 6]
KEPT: dict[str, Any] = {"methods": ["occlusion"], "rows": 24}


def made(model: KeywordModel = MODEL, texts: list[str] = TEXTS, **options: Any) -> AuditContext:
    return context_of(faithfulness, model, texts, seed=0, options={**KEPT, **options})


def found(context: AuditContext) -> dict[tuple[str, str], Measurement]:
    return {
        (one.measure.split(".")[1], one.slice.removeprefix("method=")): one
        for one in run_audit(faithfulness, context)
    }


def value(of: dict[tuple[str, str], Measurement], measure: str, method: str) -> float:
    got = of[measure, method].estimate.value
    assert got is not None
    return got


def aopc(text: str, *, keep: bool) -> float:
    """ERASER's AOPC of the true ranking, straight from the weights."""
    words = text.split()
    lead = 0.3 - sum(WEIGHTS[word][1] for word in words)
    sign = 1.0 if lead >= 0 else -1.0
    effect = {word: -sign * WEIGHTS[word][1] for word in words}
    ranked = sorted(words, key=lambda word: -effect[word])

    def p(left: list[str]) -> float:
        of = 0.3 - sum(WEIGHTS[word][1] for word in left)
        return float(1 / (1 + np.exp(-sign * of)))

    whole, drops = p(words), [0.0 if not keep else p(words) - p([])]
    for share in (0.01, 0.05, 0.1, 0.2, 0.5):
        k = max(1, int(np.ceil(round(share * len(words), 9))))
        drops.append(whole - p(ranked[:k] if keep else ranked[k:]))
    return float(np.mean(drops))


def test_comprehensiveness_and_sufficiency_are_those_of_the_weights() -> None:
    of = found(made())
    for measure, keep in (("comprehensiveness", False), ("sufficiency", True)):
        # float32 logits
        expected = np.mean([aopc(text, keep=keep) for text in TEXTS])
        assert value(of, measure, "occlusion") == pytest.approx(expected, abs=1e-6)


def test_chance_always_stands_beside_the_methods() -> None:
    of = found(made(random_orders=1))
    assert of["comprehensiveness", "random"].estimate.value is not None
    difference = value(of, "comprehensiveness", "occlusion") - value(
        of, "comprehensiveness", "random"
    )
    assert value(of, "comprehensiveness-over-random", "occlusion") == pytest.approx(difference)
    assert ("comprehensiveness-over-random", "random") not in of


def test_the_true_ranking_of_a_linear_model_is_the_best_that_there_is() -> None:
    of = found(made(short_rows=24, short_words=11))
    assert value(of, "naopc-comprehensiveness", "occlusion") == pytest.approx(1.0, abs=1e-4)
    assert value(of, "naopc-sufficiency", "occlusion") == pytest.approx(0.0, abs=1e-4)
    assert of["naopc-comprehensiveness", "occlusion"].estimate.n == 18
    assert 0.2 < value(of, "naopc-comprehensiveness", "random") < 0.8


def test_values_of_a_linear_model_are_literally_true() -> None:
    of = found(made())
    assert value(of, "sensitivity-correlation", "occlusion") == pytest.approx(1.0, abs=1e-6)
    assert value(of, "sensitivity-slope", "occlusion") == pytest.approx(1.0, abs=1e-5)


def test_a_method_that_is_misled_loses_to_chance_and_occlusion_does_not() -> None:
    weights = {f"weak{i}": (0.0, 0.1) for i in range(12)} | {
        f"strong{i}": (0.0, 1.5) for i in range(12)
    }
    model = SaturatedModel(weights, bias=(1.0, 0.0), steepness=4.0)
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(sorted(weights), size=8)) for _ in range(40)]
    of = found(made(model, texts, methods=["gradient-x-input", "occlusion"], rows=40))
    misled = of["comprehensiveness-over-random", "gradient-x-input"].estimate
    honest = of["comprehensiveness-over-random", "occlusion"].estimate
    assert misled.high is not None
    assert honest.low is not None
    assert misled.high < 0 < honest.low


def test_decisions_that_hang_by_one_word_flip_without_it() -> None:
    model = KeywordModel({"key": (0.0, 2.0)}, bias=(1.0, 0.0))
    of = found(made(model, ["key and three more", "only words of no use"] * 10))
    assert value(of, "decision-flip", "occlusion") == 0.5
    # one of four words for the first text; the second never changes
    assert value(of, "flip-fraction", "occlusion") == pytest.approx((0.25 + 1.0) / 2)


def test_all_ways_to_take_words_away_are_one_for_a_model_without_tokens() -> None:
    assert value(found(made(removal_rows=12)), "removal-agreement", "occlusion") == 1.0
    why = found(made(removal_rows=0))["removal-agreement", "occlusion"].estimate.why_undefined
    assert why is not None


def test_a_refused_method_leaves_the_others_measured() -> None:
    model = KeywordModel(WEIGHTS, bias=(0.3, 0.0))
    model.capabilities = frozenset({"logits", "parts"})
    of = found(made(model, methods=["integrated-gradients", "occlusion"]))
    why = of["comprehensiveness", "integrated-gradients"].estimate.why_undefined
    assert why is not None
    assert "occlusion" in why.text
    assert of["comprehensiveness", "occlusion"].estimate.value is not None


@pytest.mark.parametrize("texts", [[""] * 4, ["w1"] * 4, ["", "w1", "w1 w2", " ".join(TEXTS)]])
def test_empty_short_and_long_texts_keep_the_contract(texts: list[str]) -> None:
    context = made(texts=texts, rows=4)
    of = found(context)
    has_words = sum(bool(text) for text in texts)
    assert of["comprehensiveness", "occlusion"].estimate.n == has_words


def test_every_point_of_a_curve_is_kept_by_example() -> None:
    context = made(random_orders=2)
    found(context)
    table = pq.read_table(context.folder / "curves.parquet").to_pydict()
    assert set(table["ranking"]) == {"occlusion", "random-0", "random-1"}
    assert len(table["ranking"]) == 3 * 5 * 24
    assert not set(table) & {"text", "word"}


def test_what_it_asks_is_what_it_declared() -> None:
    for options in ({}, {"variant": "every-word"}, {"short_rows": 0, "subsets": 40}):
        context = made(**options)
        found(context)
        assert isinstance(context._ask, Answers)
        (declared,) = faithfulness.calls(facts_of(context)).values()  # type: ignore[misc]
        assert declared / 2 <= context._ask.n_asked <= 1.1 * declared, options


@pytest.mark.parametrize("n", [1, 2, 3, 7, 15, 60])
def test_curves_are_reckoned_as_often_as_random_rankings_ask(n: int) -> None:
    from harness.engines.perturbation import points_of

    rng = np.random.default_rng(0)
    taken = points_of(n, "eraser").tolist()
    met = []
    for _ in range(200):
        sets = {frozenset(range(n))}
        for _ in range(4):
            order = rng.permutation(n).tolist()
            sets |= {frozenset(order[:k]) for k in taken} | {frozenset(order[k:]) for k in taken}
        met.append(len(sets - {frozenset()}))
    assert curve_calls(n, 4, "eraser") == pytest.approx(np.mean(met), rel=0.15)


def test_methods_are_named_once_and_chance_is_no_method() -> None:
    for methods in (["occlusion", "occlusion"], ["random"]):
        with pytest.raises(ValueError, match="each method once"):
            Options(methods=tuple(methods))
