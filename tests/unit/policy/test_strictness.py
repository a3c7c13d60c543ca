"""A hostile or careless policy file ends in exit 2 and a sentence, never in a verdict or a crash."""

from __future__ import annotations

import pytest

from harness.errors import PolicyError
from harness.policy import parse_policy, read_clauses

BIG = b"9" * 5000


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at_most: 5e-3", "at_most: 1e-3", None),
        ("at_most: 5e-3", "at_most: 1E-3", None),
        ("at_most: 5e-3", "at_most: 0x10", "must be a number without quotes"),
        ("at_most: 5e-3", "at_most: 1_000", "must be a number without quotes"),
        ("at_most: 5e-3", "at_most: 1:30", "must be a number without quotes"),
        ("at_most: 5e-3", "at_most: NO", "must be a number without quotes"),
        ("at_most: 5e-3", "at_most: -.inf", "finite number"),
        ("at_most: 5e-3", "at_most: 1/0", "must be a number without quotes"),
        ("at_most: 5e-3", "at_most: 1/3", None),
        ("at_most: 5e-3", f"at_most: {'9' * 5000}", "at most 100 digits"),
        ("at_most: 5e-3", f"at_most: 0.{'9' * 5000}", "at most 40 characters"),
        ("at_most: 5e-3", f"at_most: {'9' * 50}", "at most 40 characters"),
        ("severity: block", "severity: NO", "got 'NO'"),
        ("severity: block", "severity: block\n    severity: info", "repeat the key 'severity'"),
        ("at_most: 5e-3", "at_most: 5e-3, at_most: 1", "repeat the key 'at_most'"),
        ("floor: {value", "floor: {value: 0.1, value", "repeat the key 'value'"),
        ("title: One rule", "title: NO", None),
        ("title: One rule", "title: 1", "must be a valid string, got 1"),
        ("version: 1.2.3", "version: 1.2", "three parts such as 1.10.0, got 1.2"),
        ("id: ACC", "id: on", None),
        ("id: ACC", "id: true", "must be a valid string"),
        ("basis: law", "basis: law\n    needs: {n_at_least: 600.0}", "valid integer"),
        ("basis: law", "basis: law\n    needs: {n_at_least: '600'}", "valid integer"),
        ("basis: law", "basis: law\n    clauses: a/1", "valid list"),
        ("basis: law", "basis: law\n    <<: {severity: info}", "plain key"),
        ("rules:", "null: 1\nrules:", "Keys should be strings"),
        ("kind: PolicyPack", "kind: !!str PolicyPack", None),
        ("kind: PolicyPack", "kind: !kind PolicyPack", "must not use the tag"),
    ],
)
def test_values_are_what_they_are_written_as(text, old, new, expected):
    assert old in text
    raw = text.replace(old, new, 1).encode()
    if expected is None:
        parse_policy(raw, "x.yaml")
        return
    with pytest.raises(PolicyError) as caught:
        parse_policy(raw, "x.yaml")
    assert expected in str(caught.value)
    assert "x.yaml:" in str(caught.value)


def test_an_alias_cannot_hide_a_rule_from_the_check_of_ids(text):
    doubled = text.replace("  - id: ACC", "  - &one\n    id: ACC") + "  - *one\n"
    with pytest.raises(PolicyError, match=r"rules\.2\.id must be unique, got 'ACC'"):
        parse_policy(doubled.encode(), "x.yaml")


def test_a_bomb_in_a_clause_file_is_defused(tmp_path):
    (tmp_path / "clauses").mkdir()
    bomb = "- &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"- &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(7)
    )
    (tmp_path / "clauses" / "b.yaml").write_text(bomb)
    with pytest.raises(PolicyError, match="Use fewer aliases"):
        read_clauses(tmp_path)


def test_two_hundred_rules_are_read_whole(text):
    head, rules = text.split("rules:\n")
    acc = rules.split("  - id: LEAK")[0]
    many = "".join(acc.replace("ACC", f"ACC-{i}") for i in range(200))
    policy = parse_policy(f"{head}rules:\n{many}".encode(), "x.yaml")
    assert len(policy.rules) == 200
