"""The page of a pack leads from clause to rule to measure to limit to basis."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.policies import open_policy
from harness.commands.policies.page import cells, page
from harness.policy import builtin_names

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", builtin_names())
def test_the_page_of_a_pack_names_every_rule_measure_limit_and_clause(name):
    opened = open_policy(f"builtin/{name}")
    text = page(name, opened)
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    for rule in opened.policy.rules:
        mine = [row for row in rows if f"| {rule.id}: " in row]
        assert len(mine) == max(len(rule.clauses), 1), rule.id
        for clause in rule.clauses:
            assert any(row.startswith(f"| `{clause}` |") for row in mine)
        if rule.limit is not None and rule.limit.number is not None:
            assert all(f" {rule.limit.number.text} " in row for row in mine)
        about = rule.document.document if rule.document else rule.measure
        assert all(f"`{about}`" in row and row.endswith(f"| {rule.basis} |") for row in mine)
    is_draft = opened.policy.ref.status == "draft"
    assert text.startswith(f"# builtin/{name}\n\n> **Draft.**") == is_draft
    for clause in opened.clauses.values():
        if any(clause.id in rule.clauses for rule in opened.policy.rules):
            (row,) = [row for row in rows if row.startswith(f"| `{clause.id}` {clause.title}")]
            assert clause.checked_on in row
            assert ("sets a number" in row) == clause.sets_number


def test_a_bar_ends_no_cell():
    assert cells("a|b", "c\nd") == "| a\\|b | c d |"
