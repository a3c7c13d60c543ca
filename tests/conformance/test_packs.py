"""Every rule of every policy that ships asks for something that an audit really makes, in the form that it asks for.

``python -m pytest tests/conformance/test_packs.py -v`` lists policy, rule, measure and audit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from harness import registry
from harness.auditing import SUITES
from harness.errors import PolicyError
from harness.gate.facts import Facts, columns_of
from harness.gate.selection import picks
from harness.policy import (
    EVERY,
    Policy,
    Rule,
    builtin_names,
    check_measures,
    locate_policy,
    parse_policy,
    read_policy,
)
from harness.records import Measurement
from harness.trials import run_audit

AUDITS = registry.audits()
MEASURES = registry.known_measures()
PACKS = {name: read_policy(locate_policy(f"builtin/{name}", Path())) for name in builtin_names()}
RULES = [(name, rule) for name, policy in PACKS.items() for rule in policy.rules]
MEASURED = [(name, rule) for name, rule in RULES if rule.kind != "evidence"]
MISFITS = {
    "gate.only-slices-measured",
    "gate.no-slices",
    "gate.slice-not-measured",
    "gate.columns-not-measured",
    "gate.measure-absent",
    "gate.unknown-slice",
    "gate.measured-twice",
}


def _named(case: tuple[str, Rule]) -> str:
    name, rule = case
    return f"{name}-{rule.id}-{rule.measure}"


@cache
def _found(audit_id: str) -> tuple[Measurement, ...]:
    planted = AUDITS[audit_id].planted
    assert planted is not None
    return tuple(run_audit(AUDITS[audit_id], planted(0).innocent))


def _task_kinds(rule: Rule, policy: Policy) -> set[str] | None:
    """Return the kinds of task that a rule is judged for, or None where it asks for none."""
    found: set[str] | None = None
    for conditions in (policy.applies_when, rule.applies_when):
        for condition in conditions.all if conditions else ():
            if condition.field == "task.kind":
                kinds = {str(value) for value in condition.values}
                found = kinds if found is None else found & kinds
    return found


def _problems(policy: Policy) -> list[str]:
    return check_measures(policy, MEASURES)


def _is_found(raw: bytes) -> bool:
    """Tell whether reading a policy, or holding it against the catalogue, gives a problem."""
    try:
        return bool(_problems(parse_policy(raw, name="mutant.yaml")))
    except PolicyError:
        return True


@pytest.mark.parametrize("case", MEASURED, ids=_named)
def test_a_rule_names_a_measure_of_an_audit_in_the_right_direction_and_range(
    case: tuple[str, Rule],
) -> None:
    name, rule = case
    audit_id = rule.measure.partition(".")[0]
    assert rule.measure in {one.key for one in AUDITS[audit_id].measures}
    assert _problems(replace(PACKS[name], rules=(rule,))) == []


@pytest.mark.parametrize("case", MEASURED, ids=_named)
def test_an_audit_measures_what_a_rule_asks_for_in_that_form(case: tuple[str, Rule]) -> None:
    _, rule = case
    found = _found(rule.measure.partition(".")[0])
    fitted = _with_columns_of(rule, found)
    facts = Facts(fields={}, measurements=found, measures=MEASURES)
    chosen = list(picks(fitted, facts))
    assert chosen
    misfits = [pick.because.text for pick in chosen if pick.because and pick.because.id in MISFITS]
    assert not misfits


def _with_columns_of(rule: Rule, found: tuple[Measurement, ...]) -> Rule:
    """Ask for the columns of the toy data in the place of those that a rule names (sex, race ...)."""
    own = [columns_of(item.slice) or () for item in found if item.measure == rule.measure]

    def toy(columns: tuple[str, ...]) -> tuple[str, ...]:
        if columns in own:
            return columns
        return next(each for each in own if len(each) == len(columns))

    if rule.present_for and rule.present_for != EVERY:
        return replace(rule, present_for=tuple(map(toy, rule.present_for)))
    if rule.slices is not None and rule.slices.by != EVERY:
        by = tuple(dict.fromkeys(map(toy, rule.slices.by)))
        return replace(rule, slices=replace(rule.slices, by=by))
    return rule


@pytest.mark.parametrize("case", MEASURED, ids=_named)
def test_the_audit_of_a_rule_runs_for_every_task_that_the_rule_is_about(
    case: tuple[str, Rule],
) -> None:
    name, rule = case
    kinds = _task_kinds(rule, PACKS[name])
    offered = AUDITS[rule.measure.partition(".")[0]].tasks
    if kinds is not None:
        assert kinds <= set(offered)
    else:
        assert offered


@pytest.mark.parametrize("case", MEASURED, ids=_named)
def test_the_standard_suite_holds_the_audit_or_the_pack_says_how_to_get_it(
    case: tuple[str, Rule],
) -> None:
    name, rule = case
    audit_id = rule.measure.partition(".")[0]
    if "standard" not in AUDITS[audit_id].suites:
        said = f"{PACKS[name].notes} {rule.fix}"
        assert audit_id in said
        assert any(suite in said for suite in SUITES)


@pytest.mark.parametrize("case", RULES, ids=_named)
def test_a_rule_says_why_and_what_to_do(case: tuple[str, Rule]) -> None:
    _, rule = case
    assert rule.why.strip().endswith((".", "?"))
    assert rule.fix.strip().endswith((".", "?"))
    assert len(re.findall(r"[.:;?](?:\s|$)", rule.why.strip())) <= 5


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_names_its_owner_and_the_day_of_its_review(name: str) -> None:
    policy = PACKS[name]
    assert policy.owners
    assert policy.review_by is not None
    assert (policy.ref.status == "draft") == policy.ref.version.startswith("0.")


def _mutants(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield a pack with one measure misspelt, one bound turned round, one limit out of range."""
    raw = PACKS[name].raw.decode("utf-8")
    for rule in PACKS[name].rules:
        if rule.kind == "evidence":
            continue
        start = raw.index(f"- id: {rule.id}\n")
        end = raw.find("\n  - id: ", start)
        block = raw[start : end if end > 0 else len(raw)]
        changed = block.replace(f"measure: {rule.measure}\n", f"measure: {rule.measure}s\n")
        yield f"{rule.id} misspelt", raw.replace(block, changed).encode()
        if rule.kind in ("at_least", "at_most"):
            other = {"at_least": "at_most", "at_most": "at_least"}[rule.kind]
            turned = block.replace(f"require: {{{rule.kind}:", f"require: {{{other}:")
            yield f"{rule.id} turned round", raw.replace(block, turned).encode()
        if rule.kind in ("at_least", "at_most") and MEASURES[rule.measure].range_low is not None:
            far = re.sub(
                rf"require: \{{{rule.kind}: (\$?[-\w./]+|\{{.*?\}})",
                f"require: {{{rule.kind}: -999",
                block,
            )
            yield f"{rule.id} out of range", raw.replace(block, far).encode()


@pytest.mark.parametrize("name", PACKS)
def test_a_misspelt_measure_a_wrong_direction_and_a_limit_out_of_range_are_found(name: str) -> None:
    missed = [what for what, raw in _mutants(name) if raw == PACKS[name].raw or not _is_found(raw)]
    assert not missed


def test_the_eight_packs_of_the_catalogue_ship() -> None:
    assert {
        "standard",
        "moderation",
        "employment-nyc-ll144",
        "eu-ai-act-high-risk",
        "nist-ai-rmf",
        "hipaa-deidentification",
        "credit-reason-codes",
        "cn-generative-ai",
    } <= set(PACKS)
    assert PACKS["cn-generative-ai"].ref.status == "draft"
    assert "confirmed against the standard's text" in PACKS["cn-generative-ai"].notes
