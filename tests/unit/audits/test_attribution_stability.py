"""The audit ``attribution-stability``: what stays, what moves, and a model that is put back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audits._agreement import overlap, rank_correlation, sign_agreement
from audits._attribution import Sampled
from audits._shaped import context_of
from audits._stability import randomised
from audits.attribution_stability import Options, attribution_stability
from harness.auditing import AuditContext, facts_of
from harness.keywords import KeywordModel
from harness.records import Measurement
from harness.trials import Answers, run_audit

RNG = np.random.default_rng(9)
WORDS = {f"word{i}": (0.0, float(w)) for i, w in enumerate(RNG.uniform(-0.6, 1.0, 30))}
WEIGHTS = WORDS | {word.upper(): each for word, each in WORDS.items()}
TEXTS = [" ".join(RNG.choice(sorted(WORDS), size=9, replace=False)) for _ in range(30)]
KEPT: dict[str, Any] = {
    "method": "occlusion",
    "methods": ["occlusion", "gradient-x-input"],
    "edits": ["upper-case"],
    "seed_methods": [],
    "rows": 20,
}


class Drawn(KeywordModel):
    """A keyword model whose weights can be drawn anew."""

    @contextmanager
    def randomised(self, seed: int) -> Iterator[None]:
        before = dict(self.weights)
        rng = np.random.default_rng(seed)
        self.weights = {word: (0.0, float(rng.normal())) for word in before}
        try:
            yield
        finally:
            self.weights = before


def made(model: KeywordModel | None = None, **options: Any) -> AuditContext:
    model = model or KeywordModel(WEIGHTS, bias=(0.2, 0.0))
    return context_of(attribution_stability, model, TEXTS, seed=0, options={**KEPT, **options})


def found(context: AuditContext) -> dict[tuple[str, str], Measurement]:
    return {
        (one.measure.split(".")[1], one.slice): one
        for one in run_audit(attribution_stability, context)
    }


def why(one: Measurement) -> str:
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def test_an_edit_that_the_model_does_not_see_moves_nothing() -> None:
    of = found(made())
    for where in ("all", "edit=upper-case"):
        assert of["edit-overlap", where].estimate.value == 1.0
        assert of["edit-overlap", where].estimate.n == 20


def test_edits_that_change_the_decision_are_counted_and_not_compared() -> None:
    deaf = KeywordModel(WORDS, bias=(0.2, 0.0))  # capitals mean nothing to it
    of = found(made(deaf))
    (note,) = of["edit-overlap", "all"].notes
    moved = dict(note.params)["n_moved"]
    assert moved == 20
    assert "no edited text could be compared" in why(of["edit-overlap", "all"])


def test_edits_that_change_nothing_for_the_model_are_compared_with_nothing() -> None:
    of = found(made(edits=["double-space"]))
    (note,) = of["edit-overlap", "all"].notes
    assert dict(note.params)["n_same"] == 20
    assert of["edit-overlap", "all"].estimate.value is None


def test_all_methods_agree_on_a_linear_model() -> None:
    of = found(made())
    where = "methods=occlusion%2Bgradient-x-input"
    for measure in ("agreement-top", "agreement-rank", "agreement-sign"):
        assert of[measure, where].estimate.value == pytest.approx(1.0)


def test_seeds_agree_where_sampling_is_exact() -> None:
    options = {"seed_methods": ["shapley-sampling"], "seeds": 3, "seed_rows": 4}
    of = found(made(**options))["seed-overlap", "method=shapley-sampling"].estimate
    assert of.value == 1.0
    assert of.n == 4


def test_values_that_follow_the_weights_are_unlike_those_of_random_weights() -> None:
    model = Drawn(WEIGHTS, bias=(0.2, 0.0))
    before = dict(model.weights)
    of = found(made(model))["randomisation-similarity", "all"].estimate
    assert of.high is not None
    assert of.high < 0.5
    assert model.weights == before


def test_rows_that_did_not_converge_are_in_no_similarity_to_random_weights() -> None:
    context = made(Drawn(WEIGHTS, bias=(0.2, 0.0)))
    rows = Sampled.of(context, "test", 5)
    method = context.options.chosen("occlusion")
    before = rows.explained(method)
    status = before.status.copy()
    status[2] = "unconverged"
    values = randomised(rows, replace(before, status=status), method, 4)
    assert values is not None
    assert np.isnan(values).tolist() == [False, False, True, False]


def test_a_model_whose_weights_are_fixed_is_not_randomised() -> None:
    of = found(made())["randomisation-similarity", "all"]
    assert "cannot be drawn anew" in why(of)
    assert "random_rows is 0" in why(found(made(random_rows=0))["randomisation-similarity", "all"])


def test_a_refused_method_leaves_the_others_measured() -> None:
    model = KeywordModel(WEIGHTS, bias=(0.2, 0.0))
    model.capabilities = frozenset({"logits", "parts"})
    of = found(made(model, methods=["occlusion", "gradient-x-input", "lime"]))
    assert "occlusion" in why(of["agreement-top", "methods=occlusion%2Bgradient-x-input"])
    assert of["agreement-top", "methods=occlusion%2Blime"].estimate.value is not None
    other = found(made(model, method="gradient-norm", methods=[]))
    assert "offer embeddings" in why(other["edit-overlap", "all"])


def test_what_it_asks_is_what_it_declared() -> None:
    for options in ({}, {"seed_methods": ["lime"], "random_rows": 5}, {"method": "gradient-norm"}):
        context = made(Drawn(WEIGHTS, bias=(0.2, 0.0)), **options)
        found(context)
        assert isinstance(context._ask, Answers)
        (declared,) = attribution_stability.calls(facts_of(context)).values()  # type: ignore[misc]
        assert declared / 2 <= context._ask.n_asked <= 1.1 * declared, options


def test_edits_are_named_as_robustness_names_them() -> None:
    with pytest.raises(ValueError, match="must name edits among"):
        Options(edits=("shouting",))


def test_of_few_words_the_first_half_is_compared_since_all_of_them_always_agree() -> None:
    one, other = np.array([5.0, 4.0, 1.0, 0.0, 2.0]), np.array([0.0, 1.0, 4.0, 5.0, 2.0])
    assert overlap(one, other) == 0.0  # the first two of five are the last two of the other
    assert overlap(one[:3], other[:3]) == 0.0
    assert overlap(one[:4], one[:4]) == 1.0
    assert np.isnan(overlap(one[:1], one[:1]))  # one word always agrees with itself


def test_likeness_of_two_rows() -> None:
    one = np.array([5.0, -4.0, 3.0, 2.0, 1.0, 0.5, 0.0])
    other = np.array([5.0, 4.0, 0.1, 2.0, 1.0, 3.0, 0.0])
    assert overlap(one, other) == pytest.approx(4 / 6)  # position 2 leaves the top five for 5
    assert overlap(one, one) == 1.0
    assert sign_agreement(one, other) == pytest.approx(5 / 6)
    assert rank_correlation(one, -one) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation(np.ones(4), one[:4]))
    assert np.isnan(overlap(one[:0], one[:0]))
    assert np.isnan(sign_agreement(np.zeros(3), one[:3]))
