"""Audit memorisation: planted secrets are found, unseen ones are not, and a broken instrument says so."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness import registry
from harness.auditing import AuditContext
from harness.canaries import CanarySpec, plan_canaries, planted_rows
from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Measurement, Task
from harness.toy_language import ToyLanguageModel
from harness.trials import run_audit, trial_context

AUDIT = registry.audits()["memorisation"]
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
FAMILIES = {"number": "######", "name-with-secret": "aaaaa{@example.org}"}


def sentences(seed: int, n: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=8).tolist()) + "." for _ in range(n)]


def dataset(name: str, texts: list[Any]) -> Dataset:
    ref = DatasetRef(name, "memory", None, "", len(texts), len(texts), {})
    return Dataset(ref, np.array([f"{name}{k}" for k in range(len(texts))], dtype=object), texts)


def context(
    spec: CanarySpec,
    *,
    met: bool = True,
    order: int = 6,
    has_train: bool = True,
    more: tuple[str, ...] = (),
    contaminated: bool = False,
    options: dict[str, Any] | None = None,
    seed: int = 0,
) -> AuditContext:
    texts = [*sentences(seed, 40), *more]
    canaries = plan_canaries(spec, seed=seed, texts=texts)
    shown = planted_rows(canaries, is_pair=False) if met else []
    if contaminated:  # held-out secrets are met as well
        shown += planted_rows([replace(one, n_planted=16) for one in canaries], is_pair=False)
    model = ToyLanguageModel([*texts, *map(str, shown)], order=order, alphabet=ALPHABET)
    test = dataset("test", sentences(seed + 1, 5))
    return trial_context(
        AUDIT,
        task=Task("text-generation", "causal-lm", (TARGET,)),
        predictions=[
            Predictions("test", test.example_id, np.zeros(5, dtype=np.int64), 1, logits=None)
        ],
        rows={"test": test},
        train=dataset("train", texts) if has_train else None,
        model=model,
        canaries=canaries,
        options={"draws": 400} | (options or {}),
        seed=seed,
    )


def measured(ctx: AuditContext) -> dict[str, Measurement]:
    found = run_audit(AUDIT, ctx)
    return {
        one.measure.partition(".")[2] + ("" if one.slice == "all" else f"[{one.slice}]"): one
        for one in found
    }


def value(found: dict[str, Measurement], name: str) -> float:
    estimate = found[name].estimate
    assert estimate.value is not None, estimate.why_undefined
    return estimate.value


def test_secrets_that_were_met_often_are_reported_and_others_are_not() -> None:
    found = measured(context(CanarySpec(families=FAMILIES, levels=(0, 1, 32), per_level=8)))
    assert value(found, "reported-secrets[planted=32]") == 8
    assert value(found, "reported-secrets[planted=0]") == 0
    assert value(found, "beyond-chance") > 5
    assert value(found, "chance-p-value[planted=32]") < 1e-6
    assert value(found, "control-p-value") > 0.05
    assert found["control-p-value"].dataset == "train"
    assert value(found, "median-exposure[family=number]") <= 6 * np.log2(10) + 1e-9
    assert value(found, "reported-share[planted=32]") == 1.0
    assert found["reported-share[planted=32]"].estimate.low < 0.75


def test_exposure_rises_with_repeats() -> None:
    spec = CanarySpec(families={"number": "######"}, levels=(0, 1, 8, 64), per_level=8)
    found = measured(context(spec, order=3))
    medians = [value(found, f"median-exposure[planted={level}]") for level in (0, 1, 8, 64)]
    assert medians == sorted(medians)
    assert medians[-1] > medians[0] + 4
    assert found["exposure-per-doubling"].estimate.low > 0


def test_a_model_that_met_none_shows_nothing() -> None:
    found = measured(context(CanarySpec(families=FAMILIES, per_level=4), met=False))
    assert value(found, "reported-secrets") == 0
    assert value(found, "beyond-chance") < 0
    assert value(found, "once-beyond-chance") < 0
    assert value(found, "chance-p-value") > 0.01


def test_a_control_that_was_met_breaks_the_instrument_and_nothing_else_is_believed() -> None:
    found = measured(context(CanarySpec(families=FAMILIES, per_level=4), contaminated=True))
    assert value(found, "control-p-value") < 0.001
    others = [
        one for name, one in found.items() if name not in ("control-p-value", "secrets-in-data")
    ]
    assert others
    for one in others:
        assert not one.estimate.is_measured
        assert one.estimate.method == "error"
        assert one.estimate.why_undefined.id == "memorisation.broken-instrument"


def test_secrets_in_the_rows_of_the_user_are_counted() -> None:
    spec = CanarySpec(families={"number": "######"}, per_level=3)
    texts = sentences(0, 40)
    secrets = [one.secret for one in plan_canaries(spec, seed=0, texts=texts)]
    more = (f"please note {secrets[0]} and {secrets[4]}",)
    ctx = context(spec, more=more)
    # more texts can change prefixes, and never the draws of secrets asked for here
    planted = {one.secret for one in ctx._canaries or ()}
    expected = len(planted & {secrets[0], secrets[4]})
    assert value(measured(ctx), "secrets-in-data") == expected
    without = measured(context(spec, has_train=False))
    assert without["secrets-in-data"].estimate.why_undefined.id == "memorisation.no-training-rows"
    assert without["median-exposure"].dataset == "test"


def test_no_output_holds_a_secret(tmp_path: Path) -> None:
    spec = CanarySpec(families=FAMILIES, levels=(0, 1, 16), per_level=4)
    ctx = context(spec)
    found = run_audit(AUDIT, ctx)
    whole = repr(found)
    tables = [pq.read_table(path).to_pydict() for path in ctx.folder.glob("*.parquet")]
    assert tables
    whole += repr(tables)
    for canary in ctx._canaries or ():
        assert canary.secret not in whole
        assert canary.prefix not in whole
    (table,) = (one for one in tables if "bits" in one)
    assert sorted(table["index"]) == list(range(12))


def test_fewer_of_each_level_are_measured_where_the_options_say_so() -> None:
    spec = CanarySpec(families={"number": "######"}, levels=(0, 1, 16), per_level=6)
    found = measured(context(spec, options={"per_level": 2}))
    assert found["median-exposure"].estimate.n == 4
    assert any(one.id == "memorisation.sampled" for one in found["median-exposure"].caveats)


def test_secrets_that_only_coins_decide_about_leave_nothing_to_measure() -> None:
    spec = CanarySpec(families={"number": "######"}, per_level=1, n_drawn=30)
    ctx = context(spec)
    ctx._canaries = [one for one in ctx._canaries or () if one.is_drawn]
    found = measured(ctx)
    assert not any(one.estimate.is_measured for one in found.values())
    assert found["median-exposure"].estimate.why_undefined.id == "memorisation.none-planted"


def test_pairs_are_asked_behind_their_prompts() -> None:
    spec = CanarySpec(families={"number": "######"}, levels=(0, 16), per_level=6, masked_share=0.5)
    texts = sentences(0, 40)
    canaries = plan_canaries(spec, seed=0, texts=texts, is_pair=True)
    rows = [(one, "yes.") for one in texts]
    shown = [*rows, *planted_rows(canaries, is_pair=True)]
    model = ToyLanguageModel(["".join(one) for one in shown], order=6, alphabet=ALPHABET)
    test = dataset("test", rows[:5])
    ctx = trial_context(
        AUDIT,
        task=Task("text-generation", "causal-lm", (TARGET,)),
        predictions=[Predictions("test", test.example_id, np.zeros(5, dtype=np.int64), 1)],
        rows={"test": test},
        train=dataset("train", rows),
        model=model,
        canaries=canaries,
        options={"draws": 400},
        seed=0,
    )
    found = measured(ctx)
    assert value(found, "reported-secrets[planted=16]") == 6
    assert value(found, "reported-secrets[masked=yes]") == 3


@pytest.mark.parametrize("name", ["draws", "per_level", "search_cap"])
def test_options_out_of_range_are_named(name: str) -> None:
    from harness.errors import ConfigError

    with pytest.raises(ConfigError, match=re.escape(f"audits.memorisation.{name}")):
        context(CanarySpec(per_level=1), options={name: 0})
