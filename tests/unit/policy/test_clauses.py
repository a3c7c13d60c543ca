"""The clause register: dated records, strictly read, found beside a user's own policy too."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from harness.errors import PolicyError
from harness.policy import read_clauses
from harness.policy.clauses import read_clause_file

ONE = """\
- id: acme-rules/4-1
  title: Errors are counted
  says: Whoever uses a model counts its errors once a month.
  sets_number: true
  numbers: {errors_at_most_share: 0.05, max_age_days: 30}
  status: in_force
  applies_from: 2024-01-01
  applies_to: everybody
  source: {url: "https://example.org/rules", read_via: a leaflet}
  checked_on: 2026-11-20
  checked_by: user:li.wei
"""


@pytest.fixture
def read(tmp_path: Path):
    def one(text: str):
        path = tmp_path / "acme.yaml"
        path.write_text(text, encoding="utf-8")
        return read_clause_file(path)

    return one


@pytest.fixture
def beside(tmp_path: Path):
    """Write clause files beside a policy; return the policy's folder."""

    def folder(**files: str) -> Path:
        (tmp_path / "clauses").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "clauses" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return folder


def test_a_record_keeps_its_words_exact_numbers_dates_and_line(read):
    (clause,) = read(ONE)
    assert (clause.id, clause.status, clause.sets_number) == ("acme-rules/4-1", "in_force", True)
    assert clause.numbers["errors_at_most_share"].value == Fraction(1, 20)
    assert (clause.applies_from, clause.applies_until, clause.applies_to) == (
        "2024-01-01",
        None,
        "everybody",
    )
    assert (clause.url, clause.read_via) == ("https://example.org/rules", "a leaflet")
    assert (clause.checked_on, clause.checked_by, clause.place) == (
        "2026-11-20",
        "user:li.wei",
        "acme.yaml:1",
    )
    assert not clause.is_over
    assert not clause.is_checked_by_nobody


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("status: in_force", "status: inforce", "0.status must be 'in_force'"),
        ("status: in_force", "statuss: in_force", "0.statuss is not a known key (acme.yaml:6)"),
        ("sets_number: true", "sets_number: yes", "0.sets_number must be a valid boolean"),
        ("applies_from: 2024-01-01", "applies_from: 2024-02-30", "must be a date"),
        ("checked_on: 2026-11-20", "checked_on: 20261120", "0.checked_on"),
        ("checked_on: 2026-11-20", "checked_on: 2026-W01-1", "must be a date"),
        ("numbers: {errors", "numbers: {a: .nan, errors", "finite number"),
        ("  checked_by: user:li.wei\n", "", "0.checked_by must be given"),
        ('{url: "https://example.org/rules"', '{url: "ftp://x"', "0.source.url"),
        ("id: acme-rules/4-1", "id: acme 4", "0.id"),
        ("applies_to: everybody", "applies_until: 2023-01-01", "must not lie before applies_from"),
        ("applies_to: everybody", "superseded_by: acme-rules/5", "only with status superseded"),
        ("- id: acme-rules/4-1", "id: acme-rules/4-1", "must be a valid list"),
    ],
)
def test_a_mistake_is_named_with_its_line(read, old, new, expected):
    assert old in ONE
    text = ONE.replace(old, new)
    if new.startswith("id: acme-rules"):
        text = "\n".join(line[2:] if line.startswith("  ") else line for line in text.splitlines())
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert expected in str(caught.value)
    assert "acme.yaml:" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["user:t.b.d", "t.b.d.", "TBD", "todo", "user:", "unknown", "?", "xxx", "n/a", "nobody"]
)
def test_a_placeholder_is_nobody(read, name):
    assert read(ONE.replace("user:li.wei", f"'{name}'"))[0].is_checked_by_nobody


@pytest.mark.parametrize("name", ["user:li.wei", "Ann Todorova", "group:legal", "user:na.chen"])
def test_a_name_is_somebody(read, name):
    assert not read(ONE.replace("user:li.wei", name))[0].is_checked_by_nobody


def test_what_ships_is_read_and_each_record_says_when_it_was_checked():
    for clause in read_clauses().values():
        assert clause.is_shipped
        assert date.fromisoformat(clause.checked_on) <= date(2100, 1, 1)


def test_clauses_beside_a_policy_join_those_that_ship(beside):
    own = read_clauses(beside(acme=ONE))
    assert own["acme-rules/4-1"].place == "acme.yaml:1"
    assert set(read_clauses()) < set(own)
    assert list(own) == sorted(own)


def test_the_same_clause_twice_names_both_places(beside):
    with pytest.raises(PolicyError, match=r"at b\.yaml:1 and at a\.yaml:1\. Keep one"):
        read_clauses(beside(a=ONE, b=ONE))


def test_every_broken_file_is_reported_in_one_go(beside):
    folder = beside(a=ONE.replace("title", "titel"), b=ONE.replace("4-1", "5").replace("i", "j"))
    with pytest.raises(PolicyError) as caught:
        read_clauses(folder)
    assert {problem.split("(")[-1][0] for problem in caught.value.problems if "(" in problem} >= {
        "a",
        "b",
    }


def test_a_shipped_clause_is_replaced_only_where_the_record_says_so(beside, monkeypatch, tmp_path):
    import policies

    shipped = tmp_path / "shipped.yaml"
    shipped.write_text(ONE, encoding="utf-8")
    monkeypatch.setattr(policies, "clause_files", lambda: [shipped])
    monkeypatch.setattr(policies, "__file__", str(tmp_path / "__init__.py"))
    elsewhere = tmp_path.parent / f"{tmp_path.name}-own"
    (elsewhere / "clauses").mkdir(parents=True)
    mine = elsewhere / "clauses" / "mine.yaml"
    mine.write_text(ONE, encoding="utf-8")
    with pytest.raises(PolicyError, match="Write replaces_shipped: true in your own record"):
        read_clauses(elsewhere)
    mine.write_text(ONE + "  replaces_shipped: true\n", encoding="utf-8")
    assert read_clauses(elsewhere)["acme-rules/4-1"].place == "mine.yaml:1"
