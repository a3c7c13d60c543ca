"""Damage done to a policy or to measurements never turns blocked or incomplete into a pass."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace

import pytest

from harness.records import ALL, Measure, Message
from harness.stats import newcombe, undefined, wilson

RULES = [
    {"id": "ACC", "measure": "accuracy.accuracy", "require": {"at_least": 0.8}},
    {"id": "ONE", "measure": "word.reliance", "require": {"at_most": 0.5}},
    {
        "id": "GROUP",
        "measure": "group.difference",
        "require": {"at_most": 0.1},
        "slices": {"by": "every", "min_n": 30},
    },
    {"id": "RATE", "measure": "group.rate", "require": {"present_for": [["g"], ["h"]]}},
    {"id": "DECLARED", "measure": "accuracy.accuracy",
     "require": {"at_least": {"from": "declared.accuracy.accuracy"}}},
]  # fmt: skip
CATALOGUE = (
    Measure("accuracy.accuracy", "a", "share", "higher", 0.0, 1.0, "{value}", "b", "s"),
    Measure("word.reliance", "a", "share", "lower", 0.0, 1.0, "{value}", "b", "s"),
    Measure("group.difference", "a", "difference", "lower", -1.0, 1.0, "{value}", "b", "s"),
    Measure("group.rate", "a", "share", "lower", 0.0, 1.0, "{value}", "b", "s"),
)
WHY = Message(id="t.none", text="There was nothing to count.")
N_MUTANTS = 1_500
"""About policies and measurements; test_signed_mutations.py has as many about everything else."""


def _measured(make, *, north=30, word=5, right=180):
    groups = {"g=a": north, "g=b": 10, "h=x": 12, "h=y": 14}
    return [
        make.measurement("accuracy.accuracy", wilson(right, 200), ALL),
        make.measurement("word.reliance", wilson(word, 60), ALL),
        *(make.measurement("group.rate", wilson(4 * x, 400), name) for name, x in groups.items()),
        *(
            make.measurement("group.difference", newcombe(4 * x, 400, 40, 400), name)
            for name, x in groups.items()
        ),
    ]


BASES = {
    "group blocked": {"north": 60},
    "word blocked": {"north": 10, "word": 55},
    "accuracy blocked": {"north": 10, "right": 100},
    "group undecided": {"north": 20},
    "word undecided": {"north": 10, "word": 30},
    "accuracy undecided": {"north": 10, "right": 162},
}


def _typo(rng, rules, held):
    at = rng.randrange(len(rules))
    key = rules[at]["measure"]
    cut = rng.randrange(key.index(".") + 2, len(key))
    rules[at] = rules[at] | {"measure": key[:cut] + key[cut + 1 :]}


def _typo_in_measurement(rng, rules, held):
    at = rng.randrange(len(held))
    held[at] = replace(held[at], measure=held[at].measure + "s")


def _not_finite(rng, rules, held):
    at = rng.randrange(len(held))
    name = rng.choice(["value", "low", "high"])
    number = rng.choice([math.nan, math.inf, -math.inf])
    held[at] = replace(held[at], estimate=replace(held[at].estimate, **{name: number}))


def _dropped(rng, rules, held):
    del held[rng.randrange(len(held))]


def _dropped_measure(rng, rules, held):
    key = rng.choice(held).measure
    held[:] = [item for item in held if item.measure != key]


def _emptied(rng, rules, held):
    at = rng.randrange(len(held))
    unit = held[at].estimate.unit
    held[at] = replace(held[at], estimate=undefined(WHY, unit=unit, n=rng.choice([0, 5, 200])))


def _emptied_name(rng, rules, held):
    at = rng.randrange(len(held))
    held[at] = replace(held[at], slice=rng.choice(["", "all ", "g=", "g", "g=*", "q=z"]))


def _other_unit(rng, rules, held):
    at = rng.randrange(len(held))
    held[at] = replace(held[at], estimate=replace(held[at].estimate, unit="per cent"))


def _turned(rng, rules, held):
    at = rng.randrange(len(held))
    given = held[at].estimate
    held[at] = replace(held[at], estimate=replace(given, low=given.high, high=given.low))


def _collapsed(rng, rules, held):
    at = rng.randrange(len(held))
    given = held[at].estimate
    ends = {"low": given.value, "high": given.value}
    held[at] = replace(held[at], estimate=replace(given, **ends))


def _twice(rng, rules, held):
    at = rng.randrange(len(held))
    good = {"share": 0.0 if "accuracy" not in held[at].measure else 1.0, "difference": -0.5}
    value = good[held[at].estimate.unit]
    exact = replace(held[at].estimate, value=value, low=value, high=value, method="exact")
    held.append(replace(held[at], estimate=exact))


def _turned_rule(rng, rules, held):
    at = rng.randrange(3)
    ((side, limit),) = rules[at]["require"].items()
    other = {"at_least": "at_most", "at_most": "at_least"}[side]
    rules[at] = rules[at] | {"require": {other: limit}}


def _limit_off_the_range(rng, rules, held):
    at = rng.randrange(3)
    ((side, limit),) = rules[at]["require"].items()
    factor = 100 if side == "at_most" else -100
    rules[at] = rules[at] | {"require": {side: limit * factor}}


def _needs_more(rng, rules, held):
    at = rng.randrange(3)
    rules[at] = rules[at] | {"needs": {"n_at_least": 10_000}}


def _without_evidence(rng, rules, held):
    at = rng.randrange(len(held))
    held[at] = replace(held[at], estimate=replace(held[at].estimate, evidence=None))


MUTATIONS = [
    _typo, _typo_in_measurement, _not_finite, _dropped, _dropped_measure, _emptied, _emptied_name,
    _other_unit, _turned, _collapsed, _twice, _turned_rule, _limit_off_the_range, _needs_more,
    _without_evidence,
]  # fmt: skip


def _gate(make, rules, held):
    record = make.run(groups=["g", "h"], declared={"accuracy.accuracy": 0.7})
    return make.gate(rules, held, catalogue=CATALOGUE, record=record).verdict


def test_the_undamaged_good_run_passes(make):
    assert _gate(make, RULES, _measured(make, north=10)) == "pass"


@pytest.mark.parametrize("base", BASES)
def test_no_mutant_passes(make, base):
    undamaged = _measured(make, **BASES[base])
    assert _gate(make, RULES, undamaged) in ("blocked", "incomplete")
    rng = random.Random(base)
    counted = Counter()
    for number in range(N_MUTANTS // len(BASES)):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        rules, held = [dict(rule) for rule in RULES], list(undamaged)
        mutation(rng, rules, held)
        # NaN is not equal to itself, so that texts are compared
        counted[mutation] += repr((rules, held)) != repr((RULES, undamaged))
        verdict = _gate(make, rules, held)
        assert verdict in ("blocked", "incomplete"), (mutation.__name__, number, verdict)
    least = N_MUTANTS // len(BASES) // len(MUTATIONS) // 2
    assert all(counted[mutation] >= least for mutation in MUTATIONS), counted


def test_damage_to_a_good_run_is_never_a_plain_pass(make):
    harmless = {"_without_evidence"}  # nothing there needs to be computed again
    for mutation in MUTATIONS:
        for seed in range(20):
            rules, held = [dict(rule) for rule in RULES], _measured(make, north=10)
            mutation(random.Random(seed), rules, held)
            verdict = _gate(make, rules, held)
            expected = ("pass",) if mutation.__name__ in harmless else ("incomplete", "blocked")
            assert verdict in expected, (mutation.__name__, seed)
