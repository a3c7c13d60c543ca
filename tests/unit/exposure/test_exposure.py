"""Exposure of a canary: the exact rank where it can be counted, and never more than is known."""

from __future__ import annotations

import itertools
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.canaries import Canary, CanarySpec, parse_format, plan_canaries, planted_rows
from harness.engines.exposure import (
    ExposureSettings,
    exposure_of,
    framer_for,
    reference_losses,
    skew_normal_bits,
    uniform_exposure,
)
from harness.engines.exposure.searching import exact_rank
from harness.engines.exposure.stepping import Steps
from harness.errors import ModelError
from harness.records import TARGET, Message, Prompting, Task
from harness.toy_language import ToyLanguageModel

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789@."
SETTINGS = ExposureSettings(draws=1000)
TEXTS = [
    f"The green garden near the old mill was open, and the record number is {k * 7919 % 10**9:09d}."
    for k in range(1, 60)
]


def rng_of(*seed: int) -> np.random.Generator:
    return np.random.default_rng(list(seed))


@pytest.mark.parametrize("evenness", [0.1, 0.5, 2.0])
def test_sampled_and_exact_ranks_agree_with_counting_them_all(
    letter_chains: ModuleType, evenness: float
) -> None:
    length, space = 5, 5 * math.log2(10)
    for seed in range(12):
        rng = rng_of(seed, int(10 * evenness))
        model = letter_chains.chain(rng, length=length, evenness=evenness)
        losses = letter_chains.all_losses(model, length)
        number = int(np.argsort(losses)[int(10 ** rng.uniform(0, 4.9))])
        canary = letter_chains.number_canary(number, length)
        framer = framer_for(model, is_pair=False, prompting=None)
        found = exposure_of(framer, canary, settings=SETTINGS, rng=rng)
        rank = int((losses <= losses[number] + SETTINGS.tolerance).sum())
        truth = space - math.log2(rank)
        if found.estimate.method == "exact":
            assert found.bits == pytest.approx(truth, abs=1e-9)
        else:
            # the interval errs in one of ten; six standard errors never do in 36 cases
            assert found.estimate.low - 1.5 < truth < found.estimate.high + 1.5
            assert abs(found.bits - truth) < 1.0


def test_a_secret_that_the_model_knows_by_heart_has_all_bits_of_its_space() -> None:
    canaries = plan_canaries(CanarySpec(levels=(0, 16), per_level=6), seed=2, texts=TEXTS)
    model = ToyLanguageModel(
        [*TEXTS, *planted_rows(canaries, is_pair=False)], order=9, alphabet=LETTERS
    )
    framer = framer_for(model, is_pair=False, prompting=None)
    for canary in canaries:
        found = exposure_of(framer, canary, settings=SETTINGS, rng=rng_of(3, canary.index))
        assert 0 <= found.estimate.low <= found.estimate.high <= found.log2_size
        if canary.n_planted:
            assert found.bits > found.log2_size - 3
        else:
            assert found.bits < 10


def test_exposure_rises_with_repeats() -> None:
    canaries = plan_canaries(CanarySpec(levels=(0, 1, 8, 64), per_level=6), seed=4, texts=TEXTS)
    model = ToyLanguageModel([*TEXTS, *planted_rows(canaries, is_pair=False)], order=3)
    framer = framer_for(model, is_pair=False, prompting=None)
    shown: dict[int, list[float]] = {}
    for canary in canaries:
        if canary.family == "number":
            found = exposure_of(framer, canary, settings=SETTINGS, rng=rng_of(5, canary.index))
            shown.setdefault(canary.n_planted, []).append(found.bits or 0.0)
    medians = [float(np.median(shown[level])) for level in sorted(shown)]
    assert medians == sorted(medians)
    assert medians[-1] > medians[0] + 5


def test_what_the_model_finds_equally_likely_counts_against_memory() -> None:
    # a model that was shown nothing finds all digits the same: no secret stands out
    model = ToyLanguageModel(["a"], alphabet="0123456789 ")
    canary = Canary(0, "number", "a ", "12345", "", "#####", 0)
    framer = framer_for(model, is_pair=False, prompting=None)
    found = exposure_of(framer, canary, settings=SETTINGS, rng=rng_of(1))
    assert found.bits == pytest.approx(0.0, abs=1e-3)


def test_the_same_generator_gives_the_same_exposure(letter_chains: ModuleType) -> None:
    model = letter_chains.chain(rng_of(1), length=6, evenness=1.0)
    canary = letter_chains.number_canary(123456, 6)
    framer = framer_for(model, is_pair=False, prompting=None)
    first, second = (
        exposure_of(framer, canary, settings=SETTINGS, rng=rng_of(9)) for _ in range(2)
    )
    assert first == second


def test_a_model_that_answers_nan_is_refused(letter_chains: ModuleType) -> None:
    model = letter_chains.chain(rng_of(1), length=5, evenness=1.0)
    canary = letter_chains.number_canary(12345, 5)
    model.logs[3, :, 4] = np.nan
    framer = framer_for(model, is_pair=False, prompting=None)
    with pytest.raises(ModelError, match="Log-probabilities of the model must be numbers, got nan"):
        exposure_of(framer, canary, settings=SETTINGS, rng=rng_of(1))


def test_a_search_that_meets_its_cap_says_nothing(letter_chains: ModuleType) -> None:
    model = letter_chains.chain(rng_of(1), length=5, evenness=50.0)
    canary = letter_chains.number_canary(12345, 5)
    framer = framer_for(model, is_pair=False, prompting=None)
    framing = framer.frame(canary, rng_of(1))
    steps = Steps(model, framing.context, len(framer.vocabulary.texts))
    limit = steps.loss(framing.target)
    assert exact_rank(steps, framing, limit=limit, cap=20) is None
    losses = letter_chains.all_losses(model, 5)
    assert exact_rank(steps, framing, limit=limit + 1e-6, cap=10**6) == int(
        (losses <= losses[12345] + 1e-6).sum()
    )


def test_uniform_references_end_at_the_logarithm_of_their_number(
    letter_chains: ModuleType,
) -> None:
    model = letter_chains.chain(rng_of(2), length=6, evenness=0.2)
    losses = letter_chains.all_losses(model, 6)
    number = int(np.argsort(losses)[0])
    framer = framer_for(model, is_pair=False, prompting=None)
    framing = framer.frame(letter_chains.number_canary(number, 6), rng_of(1))
    steps = Steps(model, framing.context, len(framer.vocabulary.texts))
    layout = parse_format("######")
    references = reference_losses(steps, framing, layout, n=500, rng=rng_of(3))
    found = uniform_exposure(references, limit=losses[number], log2_size=layout.log2_size)
    assert found.value is None
    assert found.low < math.log2(500)
    # the fitted curve knows no such end, which is why it only stands beside
    assert skew_normal_bits(references, float(losses[number])) > 0


def test_the_fitted_curve_has_the_moments_of_its_references() -> None:
    from scipy.stats import skewnorm

    drawn = skewnorm.rvs(3.0, loc=20.0, scale=4.0, size=40_000, random_state=0)
    for at in (18.0, 21.0, 25.0):
        truth = -skewnorm.logcdf(at, 3.0, 20.0, 4.0) / math.log(2)
        # moments of 40,000 draws: the fit is off by a few hundredths of a bit
        assert skew_normal_bits(drawn, at) == pytest.approx(truth, abs=0.15)


@pytest.fixture(scope="module")
def language(tiny_languages: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny GPT-2 whose tokens hold several characters, numbers among them."""
    import torch

    from harness import registry

    torch.set_num_threads(1)
    texts = [*TEXTS, *(f"{k} {k * 13 % 100:02d}-{k * 7 % 1000}" for k in range(400))]
    folder = tiny_languages.tiny_language(
        tmp_path_factory.mktemp("exposure") / "tiny", family="gpt2", texts=texts, scale=0.3
    )
    task = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())
    return registry.modality_for("text-generation").load(str(folder), task=task, device="cpu")


@pytest.mark.parametrize(
    ("text", "secret"), [("#{-}##", "4-07"), ("##a", "31q"), ("{id }###", "id 512")]
)
def test_secrets_of_several_characters_a_token_are_ranked_in_the_tokens_they_are_given(
    language: Any, text: str, secret: str
) -> None:
    layout = parse_format(text)
    prefix = "the record number is "
    canary = Canary(0, "number", prefix, secret, ".", text, 1)
    framer = framer_for(language, is_pair=False, prompting=None)
    framing = framer.frame(canary, rng_of(0))
    assert not isinstance(framing, Message)
    n_context = len(framing.context)
    every = ["".join(pieces) for pieces in itertools.product(*layout.places)]
    spelled = [language.encode(prefix + one, is_start=True)[n_context:] for one in every]
    assert len({len(one) for one in spelled}) > 1 or text == "{id }###"
    losses = -language.candidate_log_probabilities(framing.context, spelled)
    own = float(losses[every.index(secret)])
    rank = int((losses <= own + 1e-3).sum())
    steps = Steps(language, framing.context, len(framer.vocabulary.texts))
    limit = steps.loss(framing.target) + 1e-3
    assert exact_rank(steps, framing, limit=limit, cap=10**5) == rank
    found = exposure_of(framer, canary, settings=ExposureSettings(cap=1), rng=rng_of(1))
    truth = layout.log2_size - math.log2(rank)
    assert found.estimate.low - 0.3 < truth < found.estimate.high + 0.3


def test_secrets_of_completions_stand_behind_their_prompt(language: Any) -> None:
    canary = Canary(0, "number", "the record number is ", "31-44", ".", "##{-}##", 1)
    framer = framer_for(language, is_pair=True, prompting=Prompting())
    framing = framer.frame(canary, rng_of(0))
    assert not isinstance(framing, Message)
    item = language.prepare([(canary.prefix, canary.secret)])[0]
    ids = item.arrays["input_ids"].tolist()
    own = [*framing.context.tolist(), *framing.target.tolist()]
    assert ids[: len(own)] == own
    assert language.decode(framing.target).endswith(canary.secret)


def test_a_masked_secret_is_asked_for_where_it_stood(language: Any) -> None:
    prompting = Prompting(template="Question: {text}\nAnswer:")
    canary = Canary(0, "number", "the record is ", "3144", ".", "####", 1, is_masked=True)
    framing = framer_for(language, is_pair=True, prompting=prompting).frame(canary, rng_of(0))
    assert not isinstance(framing, Message)
    assert language.decode(framing.context).startswith("Question: the record is")


def test_a_format_that_tokens_do_not_spell_is_not_measured() -> None:
    class Deaf(ToyLanguageModel):
        """Decodes digits as nothing."""

        def decode(self, tokens: Any) -> str:
            return "".join(char for char in super().decode(tokens) if not char.isdigit())

    model = Deaf(TEXTS)
    canary = Canary(0, "number", "the record number is ", "123456789", ".", "#########", 1)
    framer = framer_for(model, is_pair=False, prompting=None)
    found = exposure_of(framer, canary, settings=SETTINGS, rng=rng_of(0))
    assert not found.estimate.is_measured
    assert found.estimate.why_undefined.id == "exposure.not-spelled"
    assert canary.secret not in found.estimate.why_undefined.text


def test_rows_that_grow_are_read_as_if_they_were_read_again(language: Any) -> None:
    prefix = language.encode("the record number is", is_start=True)
    wanted = np.arange(0, 300, 7)
    growing = language.steps(prefix)
    assert growing.most_rows > 100
    rows = np.zeros((1, 0), dtype=np.int64)
    first = growing.first(wanted)
    again = language.next_log_probabilities(prefix, rows)[:, wanted]
    # what is kept and what is read again differ by rounding in float32 alone
    np.testing.assert_allclose(first, again, atol=2e-5)
    parents, tokens = np.array([0, 0, 0]), np.array([20, 31, 42])
    rows = tokens[:, None]
    for _ in range(3):
        found = growing.next(parents, tokens, wanted)
        again = language.next_log_probabilities(prefix, rows)[:, wanted]
        np.testing.assert_allclose(found, again, atol=2e-5)
        parents, tokens = np.array([2, 0, 0, 1]), np.array([5, 6, 7, 8])
        rows = np.column_stack([rows[parents], tokens])


def test_an_exposure_is_the_same_whether_rows_grow_or_are_read_again(
    language: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = Canary(0, "number", "the record number is ", "31-44", ".", "##{-}##", 1)

    def measured() -> Any:
        framer = framer_for(language, is_pair=False, prompting=None)
        return exposure_of(framer, canary, settings=ExposureSettings(cap=1), rng=rng_of(5))

    grown = measured()
    monkeypatch.setattr(type(language), "steps", lambda self, prefix: None)
    again = measured()
    assert grown.bits == pytest.approx(again.bits, abs=0.01)
    assert grown.n_asked == pytest.approx(again.n_asked, rel=0.02)
