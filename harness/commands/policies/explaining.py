"""A policy as a lawyer reads it: every value with its file and line. Plain data; ``rendering`` prints it."""

from __future__ import annotations

from typing import Any

from harness.commands.policies.opening import Opened
from harness.policy import Clause, Part, Policy, Rule
from harness.policy import words as say

SCHEMA = "modelassay/policy-explained/v1"


def explained(opened: Opened, *, is_effective: bool) -> dict[str, Any]:
    """Explain a policy.

    Args:
        opened: The policy.
        is_effective: Also the rules of the packs that it extends, as they hold for it.
    """
    policy = opened.policy
    rules = policy.rules if is_effective else policy.own_rules
    found = {
        "schema_version": SCHEMA,
        "is_effective": is_effective,
        "policy": _pack_data(policy, policy.ref.place),
        "status": policy.ref.status,
        "notes": policy.notes,
        "valid_for_days": policy.valid_for_days,
        "applies": _valued(policy, "applies_when", say.conditions(policy.applies_when)),
        "fields": {name: list(known) for name, known in policy.fields.items()},
        "extends": [_part_data(part) for part in policy.parts],
        "parameters": _parameters(policy, is_effective=is_effective),
        "rules": [_rule_data(rule, opened) for rule in rules],
    }
    cited = {id for rule in rules for id in rule.clauses}
    found["clauses"] = [
        clause_data(opened.clauses[id]) for id in sorted(cited) if id in opened.clauses
    ]
    return found


def clause_data(clause: Clause) -> dict[str, Any]:
    """Return a clause record as plain data."""
    return {
        "id": clause.id,
        "title": clause.title,
        "says": clause.says,
        "status": clause.status,
        "state": say.clause_state(clause),
        "sets_number": clause.sets_number,
        "numbers": {name: number.text for name, number in clause.numbers.items()},
        "applies_from": clause.applies_from,
        "applies_until": clause.applies_until,
        "applies_to": clause.applies_to,
        "superseded_by": clause.superseded_by,
        "source": {"url": clause.url, "read_via": clause.read_via},
        "checked_on": clause.checked_on,
        "checked_by": clause.checked_by,
        "is_checked_by_somebody": not clause.is_checked_by_nobody,
        "notes": clause.notes,
        "place": clause.place,
    }


def _pack_data(pack: Policy, place: str) -> dict[str, Any]:
    return {
        "id": pack.ref.id,
        "version": pack.ref.version,
        "title": pack.ref.title,
        "digest": f"sha256:{pack.ref.digest}",
        "owners": list(pack.owners),
        "review_by": _valued(pack, "metadata.review_by", pack.review_by),
        "place": pack.places.get("metadata.id", place),
    }


def _part_data(part: Part) -> dict[str, Any]:
    return {
        "id": part.ref.id,
        "version": part.ref.version,
        "title": part.ref.title,
        "digest": f"sha256:{part.ref.digest}",
        "ref": part.via,
        "status": part.ref.status,
        "owners": list(part.owners),
        "applies": _valued(part, "applies_when", say.conditions(part.applies_when)),
        "place": part.places.get("metadata.id", part.ref.place),
    }


def _parameters(policy: Policy, *, is_effective: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "pack": one.pack,
            "value": one.value.text,
            "may_only": one.may_only,
            "place": one.place,
            "before": list(one.moves),
        }
        for one in policy.parameters.values()
        if is_effective or one.pack == policy.ref.id or one.place.startswith(f"{policy.ref.place}:")
    ]


def _rule_data(rule: Rule, opened: Opened) -> dict[str, Any]:
    measure = opened.measures.get(rule.measure)
    clauses = [opened.clauses[id] for id in rule.clauses if id in opened.clauses]
    return {
        "id": rule.id,
        "pack": rule.pack,
        "place": rule.places["id"],
        "title": _valued(rule, "title", rule.title),
        "severity": {
            **_valued(rule, "severity", rule.severity),
            "says": say.SEVERITIES[rule.severity],
        },
        "basis": {**_valued(rule, "basis", rule.basis), "says": say.BASES[rule.basis]},
        "asks": say.asks(rule, measure),
        "kind": rule.kind,
        "measure": {
            **_valued(rule, "measure", None if rule.document else rule.measure),
            "title": measure.title if measure else None,
            "unit": measure.unit if measure else None,
            "better": measure.better if measure else None,
            "blind_to": measure.blind_to if measure else None,
        },
        "document": {**_valued(rule, "evidence", rule.document.document)}
        if rule.document
        else None,
        "limit": {
            "text": say.limit_cell(rule),
            "number": rule.limit.number.text if rule.limit and rule.limit.number else None,
            "parameter": rule.limit.parameter if rule.limit else None,
            "declared": rule.limit.declared if rule.limit else None,
            "place": rule.places["limit"],
            "whose": say.whose_number(rule, clauses),
        },
        "judged_for": _valued(rule, "slices", say.judged_for(rule)),
        "decided": _valued(rule, "decide_on", say.decided(rule)),
        "multiplicity": _valued(rule, "multiplicity", say.multiplicity(rule)),
        "needs": _valued(rule, "needs", say.needs(rule)),
        "applies": _valued(rule, "applies_when", say.conditions(rule.applies_when)),
        "pack_applies": say.conditions(rule.pack_applies_when),
        "clauses": {**_valued(rule, "clauses", list(rule.clauses))},
        "why": _valued(rule, "why", " ".join(rule.why.split())),
        "fix": _valued(rule, "fix", " ".join(rule.fix.split())),
    }


def _valued(owner: Rule | Policy | Part, key: str, value: object) -> dict[str, Any]:
    # no place: the file leaves it out, and the default holds
    return {"value": value, "place": owner.places.get(key)}
