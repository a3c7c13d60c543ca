"""An explained policy as text for a person, each value with its file and line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.policy import words as say
from harness.wording.text import visible, wrap

_INDENT = 14


def rendered(data: dict[str, Any], *, width: int) -> str:
    """Return the text; see ``explaining.explained`` for the data."""
    lines = [*_head(data, width)]
    measured = [rule for rule in data["rules"] if rule["document"] is None]
    signed = [rule for rule in data["rules"] if rule["document"] is not None]
    by_id = {clause["id"]: clause for clause in data["clauses"]}
    for title, rules in (("What is measured", measured), ("What people sign for", signed)):
        if rules:
            lines += ["", title, "=" * len(title)]
        for rule in rules:
            lines += ["", *_rule(rule, by_id, width)]
    if by_id:
        lines += ["", "Clauses that are cited", "=" * 22]
    for clause in data["clauses"]:
        lines += ["", *_clause(clause, width)]
    return "".join(f"{visible(line.rstrip())}\n" for line in lines)


def _head(data: dict[str, Any], width: int) -> Iterator[str]:
    policy = data["policy"]
    yield f"{policy['id']} {policy['version']}: {policy['title']}   ({policy['place']})"
    if data["status"] == "draft":
        yield from _entry("DRAFT", "this policy has a hole; verdicts by it say so", width)
    if data["notes"]:
        yield from _entry("Note", data["notes"], width)
    yield from _entry("Applies", _placed(data["applies"]), width)
    for name, known in data["fields"].items():
        yield from _entry("Knows", say.values(name, known), width)
    yield from _entry("Owners", ", ".join(policy["owners"]) or "nobody is named", width)
    if policy["review_by"]["value"]:
        yield from _entry("Review by", _placed(policy["review_by"]), width)
    if data["valid_for_days"] is not None:
        yield from _entry("Valid", f"a release stands for {data['valid_for_days']} days", width)
    yield from _entry("Digest", policy["digest"], width)
    for part in data["extends"]:
        text = f"{part['ref']} ({part['id']} {part['version']}), {part['title']}; {part['digest']}"
        yield from _entry("Extends", text, width)
    for one in data["parameters"]:
        yield from _entry("Parameter", _parameter(one), width)
    if data["extends"] and not data["is_effective"]:
        yield from _entry("Shown", "rules of this file only; --effective shows all", width)


def _parameter(one: dict[str, Any]) -> str:
    before = f"; before: {', '.join(one['before'])}" if one["before"] else ""
    return (
        f"{one['name']} of {one['pack']} is {one['value']} and may only {one['may_only']} "
        f"({one['place']}{before})"
    )


def _rule(rule: dict[str, Any], clauses: dict[str, Any], width: int) -> Iterator[str]:
    yield f"{rule['id']}   {rule['title']['value']}   ({rule['place']})"
    limit = rule["limit"]
    by = f", by the parameter {limit['parameter']}" if limit["parameter"] else ""
    yield from _entry("Asks", f"that {rule['asks']}{by} ({limit['place']})", width)
    severity, basis = rule["severity"], rule["basis"]
    yield from _entry("Severity", _said(severity), width)
    yield from _entry("Basis", f"{_said(basis)} {limit['whose']}", width)
    if rule["document"] is None:
        measure = rule["measure"]
        better = f"; {measure['better']} is better" if measure["better"] else ""
        text = f"{measure['value']}: {measure['title'] or 'declared by no audit'}, {measure['unit']}{better}"
        yield from _entry("Measure", f"{text} ({measure['place']})", width)
        if measure["blind_to"]:
            yield from _entry("Blind to", measure["blind_to"], width)
    for name, key in (
        ("Judged for", "judged_for"),
        ("Decided", "decided"),
        ("Correction", "multiplicity"),
        ("Needs", "needs"),
    ):
        if rule[key]["value"]:
            yield from _entry(name, _placed(rule[key]), width)
    if rule["applies"]["value"] != "always":
        yield from _entry("Applies", _placed(rule["applies"]), width)
    if rule["pack_applies"] != "always":
        yield from _entry("Pack applies", rule["pack_applies"], width)
    for id in rule["clauses"]["value"]:
        yield from _entry("Clause", _cited(id, clauses.get(id), rule["clauses"]["place"]), width)
    for name, key in (("Why", "why"), ("Fix", "fix")):
        if rule[key]["value"]:
            yield from _entry(name, _placed(rule[key]), width)


def _cited(id: str, clause: dict[str, Any] | None, place: str | None) -> str:
    if clause is None:
        return f"{id}: not in the register ({place})"
    number = "sets a number" if clause["sets_number"] else "sets no number"
    return f"{id}: {clause['title']}; {clause['state']}; {number} ({place})"


def _clause(clause: dict[str, Any], width: int) -> Iterator[str]:
    yield f"{clause['id']}   {clause['title']}   ({clause['place']})"
    yield from _entry("Says", " ".join(clause["says"].split()), width)
    number = "sets a number" if clause["sets_number"] else "sets no number"
    numbers = ", ".join(f"{name} {value}" for name, value in clause["numbers"].items())
    yield from _entry("Numbers", f"{number}{f'; in the text: {numbers}' if numbers else ''}", width)
    yield from _entry("Status", clause["state"], width)
    if clause["applies_to"]:
        yield from _entry("Applies to", clause["applies_to"], width)
    source = clause["source"]
    via = f", read via {source['read_via']}" if source["read_via"] else ""
    yield from _entry("Source", f"{source['url']}{via}", width)
    who = clause["checked_by"] if clause["is_checked_by_somebody"] else "nobody yet"
    yield from _entry("Checked", f"on {clause['checked_on']} by {who}", width)
    if clause["notes"]:
        yield from _entry("Note", " ".join(clause["notes"].split()), width)


def _entry(name: str, text: str, width: int) -> Iterator[str]:
    first = f"  {name:<{_INDENT - 2}}"
    for line in wrap(" ".join(text.split()), max(width - _INDENT, 40)):
        yield f"{first}{line}"
        first = " " * _INDENT


def _placed(valued: dict[str, Any]) -> str:
    place = f" ({valued['place']})" if valued["place"] else ""
    return f"{valued['value']}{place}"


def _said(valued: dict[str, Any]) -> str:
    place = f" ({valued['place']})" if valued["place"] else ""
    return f"{valued['value']}: {valued['says']}{place}."
