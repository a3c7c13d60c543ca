"""The clauses that ship are dated and honest, and the packs that cite them claim no more than they carry."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.policy import Policy, Rule, builtin_names, locate_policy, parse_policy, read_policy
from harness.policy.clauses import Clause, read_clauses
from harness.policy.linting import warnings_of

TODAY = date(2026, 11, 27)
CLAUSES = read_clauses()
PACKS = {name: read_policy(locate_policy(f"builtin/{name}", Path())) for name in builtin_names()}
RULES = [(name, rule) for name, policy in PACKS.items() for rule in policy.rules]
OVER = {
    "us-sr/11-7": "us-sr/26-2",
    "cfpb/2022-03": "us-reg-b/1002.9-b-2",
    "us-co/sb-24-205": "us-co/sb-26-189",
    "tc260/003": "GB/T 45654-2025",
    "us-reg-b/1002.6-effects-test": None,
    "eu-aia/113-2026": "eu-aia/113",
}
"""Clauses that other tools still print, and what follows them."""


def _named(case: tuple[str, Rule]) -> str:
    return f"{case[0]}-{case[1].id}"


def _cited(rule: Rule) -> list[Clause]:
    return [CLAUSES[id] for id in rule.clauses]


def _has_literal(rule: Rule) -> bool:
    """Tell whether a rule holds a number of its own: a limit, an age or a sample."""
    asked = rule.document
    of_document = asked is not None and (asked.max_age_days is not None or asked.sample is not None)
    return of_document or (rule.limit is not None and rule.limit.number is not None)


def must_be_draft(policy: Policy) -> list[str]:
    """Return why a pack cannot be called stable."""
    reasons = []
    for rule in policy.rules:
        for clause in _cited(rule):
            if rule.basis == "law" and _has_literal(rule) and clause.is_checked_by_nobody:
                reasons.append(f"{rule.id}: a number claims to be law, nobody checked {clause.id}")
            decides = rule.severity != "info" and rule.basis != "policy_choice"
            if decides and "to be confirmed" in clause.says:
                reasons.append(f"{rule.id}: {clause.id} is to be confirmed")
    return reasons


@pytest.mark.parametrize("case", RULES, ids=_named)
def test_a_rule_cites_only_clauses_that_hold(case: tuple[str, Rule]) -> None:
    for clause in _cited(case[1]):
        assert not clause.is_over, clause.id


@pytest.mark.parametrize("case", [one for one in RULES if one[1].basis == "law"], ids=_named)
def test_what_claims_to_be_law_stands_in_a_clause(case: tuple[str, Rule]) -> None:
    _, rule = case
    assert rule.clauses
    for clause in _cited(rule):
        assert "to be confirmed" not in clause.says
    if _has_literal(rule):
        assert any(clause.sets_number for clause in _cited(rule))


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_with_unchecked_or_unconfirmed_numbers_is_a_draft(name: str) -> None:
    reasons = must_be_draft(PACKS[name])
    assert PACKS[name].ref.status == "draft" or not reasons, reasons


@pytest.mark.parametrize(
    "name", ["employment-nyc-ll144", "hipaa-deidentification", "cn-generative-ai"]
)
def test_packs_whose_numbers_nobody_checked_could_not_be_called_stable(name: str) -> None:
    assert must_be_draft(PACKS[name])


@pytest.mark.parametrize("name", PACKS)
def test_the_linter_warns_of_nothing_but_drafts_and_unchecked_clauses(name: str) -> None:
    path = locate_policy(f"builtin/{name}", Path())
    found = warnings_of(PACKS[name], CLAUSES, today=TODAY, path=path)
    assert {one.id for one in found} <= {"draft", "clause-checked-by"}


@pytest.mark.parametrize(("id", "follows"), OVER.items())
def test_the_linter_warns_whoever_cites_what_no_longer_holds(id: str, follows: str | None) -> None:
    assert CLAUSES[id].is_over
    assert CLAUSES[id].superseded_by == follows
    raw = PACKS["standard"].raw.replace(
        b"    basis: policy_choice\n",
        f"    basis: policy_choice\n    clauses: [{id}]\n".encode(),
        1,
    )
    found = warnings_of(parse_policy(raw, name="own.yaml"), CLAUSES, today=TODAY)
    assert any(id in one.text and one.id.startswith("clause-") for one in found)


def test_what_follows_a_clause_has_a_record_where_its_name_looks_like_one() -> None:
    for clause in CLAUSES.values():
        if clause.superseded_by is not None and clause.superseded_by.islower():
            assert clause.superseded_by in CLAUSES


@pytest.mark.parametrize("clause", CLAUSES.values(), ids=lambda one: one.id)
def test_a_clause_says_when_and_by_whom_it_was_checked_and_where_it_was_read(
    clause: Clause,
) -> None:
    assert clause.is_shipped
    assert clause.checked_on <= TODAY.isoformat()
    assert clause.read_via
    assert clause.says.endswith(".")
    assert not clause.sets_number or clause.numbers
    if clause.read_via == "general knowledge":
        assert clause.says.rstrip(".").endswith("to be confirmed")


def test_duties_of_high_risk_systems_begin_when_the_amended_act_says() -> None:
    for id in ("eu-aia/9", "eu-aia/12", "eu-aia/15-1", "eu-aia/15-3", "eu-aia/annex-iv-2-g"):
        assert CLAUSES[id].status == "adopted_not_yet"
        assert CLAUSES[id].applies_from == "2027-12-02"
    assert CLAUSES["eu-aia/50"].applies_from == "2026-08-02"
    assert CLAUSES["us-co/sb-26-189"].applies_from == "2027-01-01"


def test_no_law_is_said_to_set_a_pass_mark_for_groups_but_the_rule_of_thumb() -> None:
    assert not CLAUSES["nyc-ll144/5-301-b"].sets_number
    assert not CLAUSES["eu-aia/15-3"].sets_number
    assert not CLAUSES["us-reg-b/1002.9-b-2"].sets_number
    assert "not a limit" in CLAUSES["us-ugesp/1607.4-D"].says
