"""Audit empirical-epsilon: leakage is bounded from below, luck is not, and claims are held against it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.auditing import AuditContext
from harness.canaries import CanarySpec, plan_canaries, planted_rows
from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Measurement, Task
from harness.stats import saturation
from harness.toy_language import ToyLanguageModel
from harness.trials import run_audit, trial_context

AUDIT = registry.audits()["empirical-epsilon"]
WORDS = [
    "the",
    "garden",
    "near",
    "mill",
    "was",
    "open",
    "old",
    "green",
    "cold",
    "room",
    "and",
    "every",
    "winter",
    "day",
]
ALPHABET = "".join(map(chr, range(32, 127)))


def sentences(seed: int, n: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=8).tolist()) + "." for _ in range(n)]


def dataset(name: str, texts: list[Any]) -> Dataset:
    ref = DatasetRef(name, "memory", None, "", len(texts), len(texts), {})
    return Dataset(ref, np.array([f"{name}{k}" for k in range(len(texts))], dtype=object), texts)


def context(
    n_drawn: int,
    *,
    met: bool = True,
    seed: int = 0,
    has_reference: bool = True,
    lineage: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
) -> AuditContext:
    texts = sentences(seed, 40)
    spec = CanarySpec(families={"number": "######"}, levels=(0, 1), per_level=1, n_drawn=n_drawn)
    canaries = plan_canaries(spec, seed=seed, texts=texts)
    shown = [str(one) for one in planted_rows(canaries, is_pair=False)] if met else []
    model = ToyLanguageModel([*texts, *shown], order=5, alphabet=ALPHABET)
    base = ToyLanguageModel(sentences(seed + 1, 40), order=5, alphabet=ALPHABET)
    test = dataset("test", sentences(seed + 2, 5))
    return trial_context(
        AUDIT,
        task=Task("text-generation", "causal-lm", (TARGET,)),
        predictions=[Predictions("test", test.example_id, np.zeros(5, dtype=np.int64), 1)],
        rows={"test": test},
        train=dataset("train", texts),
        model=model,
        reference=(lambda: base) if has_reference else None,
        canaries=canaries,
        lineage=lineage or {},
        options=options,
        seed=seed,
    )


def measured(ctx: AuditContext) -> dict[str, Measurement]:
    return {one.measure.partition(".")[2]: one for one in run_audit(AUDIT, ctx)}


def test_a_model_that_met_them_shows_as_much_as_so_many_guesses_can() -> None:
    found = measured(context(400))
    shown = found["shown"].estimate
    assert shown.value is None
    assert shown.n == 80
    # delta takes a little off what all guesses right can show
    assert saturation(80) - 0.1 < shown.low <= saturation(80)
    assert shown.why_undefined.id == "stats.one-run-saturated"
    assert found["right-guesses"].estimate.value == 1.0
    assert found["beyond-claim"].estimate.why_undefined.id == "empirical-epsilon.no-claim"
    (how, most) = found["shown"].notes
    assert how.params == {"made": 80, "n": 400, "signal": "reference", "delta": "1.0e-05"}
    assert most.params["most"] == pytest.approx(saturation(80), abs=0.005)
    assert [one.id for one in found["shown"].caveats] == ["empirical-epsilon.few"]


def test_without_a_reference_the_loss_is_the_signal() -> None:
    found = measured(context(400, has_reference=False))
    assert found["shown"].notes[0].params["signal"] == "loss"
    assert found["shown"].estimate.low > 0.5


def test_a_model_that_met_none_shows_nothing_in_most_audits() -> None:
    lows = [measured(context(200, met=False, seed=seed))["shown"].estimate.low for seed in range(8)]
    # 5 % of audits may err: three of eight do in 0.6 % of worlds; the rate itself is simulated
    assert sum(low > 0 for low in lows) <= 2


def test_a_claim_that_guesses_contradict_is_exceeded_and_one_that_they_do_not_is_not() -> None:
    private = {"epsilon": 1.0, "delta": 1e-5, "unit": "example"}
    leaking = measured(context(400, lineage={"private": private}))["beyond-claim"].estimate
    assert leaking.low > 1.5
    quiet = context(400, met=False, lineage={"private": private | {"epsilon": 3.0}})
    assert measured(quiet)["beyond-claim"].estimate.high < 0
    broken = context(400, lineage={"private": {"epsilon": None, "delta": "x"}})
    assert measured(broken)["beyond-claim"].estimate.value is None


def test_too_few_secrets_are_not_measured_and_the_number_needed_is_named() -> None:
    found = measured(context(60))
    for one in found.values():
        assert not one.estimate.is_measured
        assert one.estimate.why_undefined.params == {"n": 60, "least": 200, "enough": 1000}
        assert "train.canaries.n_drawn" in one.estimate.why_undefined.text


def test_the_number_of_guesses_is_a_share_that_no_outcome_changes() -> None:
    for met in (True, False):
        found = measured(context(300, met=met, options={"guess_share": 0.5}))
        assert found["right-guesses"].estimate.n == 150
