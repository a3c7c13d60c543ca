"""JSON Schemas for editors: they accept what ships, refuse what is misspelt, and explain every key."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.cli import invoke
from harness.commands.schemas import DIALECT, schema_names, schema_of
from harness.errors import PolicyError
from harness.policy import parse_policy
from harness.yamlfile import parse_yaml, read_yaml

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = [
    *(("policy-pack", path) for path in sorted(ROOT.glob("policies/*.policy.yaml"))),
    *(("policy-tests", path) for path in sorted(ROOT.glob("policies/*.policy_test.yaml"))),
    *(("clauses", path) for path in sorted(ROOT.glob("policies/clauses/*.yaml"))),
    ("policy-pack", ROOT / "tests/unit/gate/hiring.policy.yaml"),
    ("policy-tests", ROOT / "tests/unit/gate/hiring.policy_test.yaml"),
]


@pytest.fixture(scope="module")
def check():
    """Kind of file → validator."""
    return {name: Draft202012Validator(schema_of(name)) for name in schema_names()}


def as_editor(data: Any) -> Any:
    """Return values as an editor sees them: keys are text."""
    return json.loads(json.dumps(data))


def mappings(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield data
    for child in (
        data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    ):
        yield from mappings(child)


@pytest.mark.parametrize("name", schema_names())
def test_a_schema_is_valid_closed_and_says_its_dialect(name):
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert schema["$id"] == f"urn:modelassay:schema:{name}:v1"
    published = ROOT / "docs" / "schemas" / f"{name}.v1.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize("name", schema_names())
def test_every_key_is_explained(name):
    schema = schema_of(name)
    for where, model in {"root": schema, **schema.get("$defs", {})}.items():
        assert model.get("description"), where
        for key, field in model.get("properties", {}).items():
            # a key that holds a mapping of its own is explained where that one is defined
            assert field.get("description") or "$ref" in json.dumps(field), f"{where}.{key}"


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=lambda value: getattr(value, "name", value))
def test_an_editor_accepts_what_ships(check, kind, path):
    check[kind].validate(as_editor(read_yaml(path).data))


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=lambda value: getattr(value, "name", value))
def test_an_editor_marks_a_misspelt_key_anywhere_it_counts(check, kind, path):
    data = as_editor(read_yaml(path).data)
    items = (
        data if isinstance(data, list) else [data, *data.get("rules", []), *data.get("cases", [])]
    )
    for position, item in enumerate(items):
        key = next(iter(item))
        broken = copy.deepcopy(data)
        parts = (
            broken
            if isinstance(broken, list)
            else [broken, *broken.get("rules", []), *broken.get("cases", [])]
        )
        parts[position][f"{key}x"] = parts[position].pop(key)
        assert not check[kind].is_valid(broken), (path.name, key)


RULE = "{id: A, title: A, severity: block, basis: law, measure: a.b, require: {at_least: 0.8}}"
HEAD = "apiVersion: modelassay/v1\nkind: PolicyPack\nmetadata: {id: a, version: 1.0.0, title: A}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.8", "4/5"),
        ("0.8", "$floor"),
        ("0.8", "{from: declared.a.b}"),
        ("0.8", "{from: a.b}"),
        ("0.8", "'0.8'"),
        ("0.8", "true"),
        ("at_least: 0.8", "at_least: 1, at_most: 2"),
        ("{at_least: 0.8}", "{}"),
        ("{at_least: 0.8}", "{present_for: every}"),
        ("{at_least: 0.8}", "{present_for: [[a], [a, b]]}"),
        ("{at_least: 0.8}", "{present_for: [[a, a]]}"),
        ("{at_least: 0.8}", "{present_for: []}"),
        ("measure: a.b, require: {at_least: 0.8}", "evidence: {document: risk-file}"),
        ("measure: a.b, require: {at_least: 0.8}", "evidence: {document: Risk File}"),
        ("measure: a.b, ", ""),
        ("severity: block", "severity: blocker"),
        ("1.0.0", "1.10"),
        ("kind:", "applies_when: {}\nkind:"),
        ("kind:", "applies_when: {all: [{field: system.a, equals: b}]}\nkind:"),
        ("kind:", "applies_when: {all: [{field: system.a, equals: b, in: [c]}]}\nkind:"),
        ("kind:", "applies_when: {all: [{field: nothing.a, equals: b}]}\nkind:"),
        ("kind:", "extends: [{ref: base}]\nkind:"),
        ("kind:", "severities: {A: blocker}\nkind:"),
        ("title: A}", "title: A, review_by: 2027-05-10}"),
    ],
)
def test_an_editor_and_the_reader_agree(check, old, new):
    whole = f"{HEAD}parameters: {{floor: {{value: 0.8, may_only: rise}}}}\nrules: [{RULE}]\n"
    assert old in whole
    text = whole.replace(old, new, 1)
    accepted = check["policy-pack"].is_valid(as_editor(parse_yaml(text.encode(), name="x").data))
    try:
        parse_policy(text.encode(), "x")
        is_read = True
    except PolicyError:
        is_read = False
    assert accepted == is_read


def test_waivers_and_trust_files_have_schemas_too(check):
    key = {"user": "user:li.wei", "roles": ["legal"], "public_key": "x", "from": "2026-01-01"}
    trust = {"apiVersion": "modelassay/v1", "kind": "Trust", "keys": [key]}
    check["trust"].validate(trust)
    assert not check["trust"].is_valid({**trust, "key": []})
    waiver = {
        "id": "W-1", "rule": "A", "scope": {"model": "m"}, "reason": "r", "ticket": "T",
        "owner": "user:li.wei", "starts": "2026-01-01", "expires": "2026-02-01",
        "accept_until_value": "4/5",
    }  # fmt: skip
    waivers = {"apiVersion": "modelassay/v1", "kind": "Waivers", "waivers": [waiver]}
    check["waivers"].validate(waivers)
    del waiver["expires"]
    assert not check["waivers"].is_valid(waivers)


def test_the_command_prints_a_schema_and_lists_the_kinds(capsys):
    assert invoke(["schema"]) == 0
    assert capsys.readouterr().out.split() == schema_names()
    assert invoke(["schema", "clauses"]) == 0
    assert json.loads(capsys.readouterr().out) == schema_of("clauses")
    assert invoke(["schema", "claises"]) == 2
    assert "Did you mean 'clauses'?" in capsys.readouterr().err
