"""Read a policy file: every problem at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import PolicyError, must, nearest, raise_all
from harness.files import canonical_json, sha256_bytes
from harness.policy.nouns import (
    Condition,
    Conditions,
    DocumentAsked,
    Limit,
    Parameter,
    Policy,
    RequireKind,
    Rule,
    Sample,
    Slices,
)
from harness.policy.schema import (
    REQUIRE_KEYS,
    ConditionModel,
    ConditionsModel,
    DocumentModel,
    PolicyPackModel,
    RawBound,
    RuleModel,
    bound,
    known_keys,
)
from harness.records import EVIDENCE, PolicyRef
from harness.yamlfile import YamlFile, parse_yaml, read_yaml, validation_problems


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: With every problem of the file, each with ``file:line``.
    """
    return _policy_of(read_yaml(path, error=PolicyError))


def parse_policy(raw: bytes, name: str) -> Policy:
    """Read a policy from bytes; ``name`` is how messages call the file.

    Raises:
        PolicyError: With every problem, each with ``file:line``.
    """
    return _policy_of(parse_yaml(raw, name=name, error=PolicyError))


def policy_of_rules(rules: Sequence[Mapping[str, Any]], *, name: str = "rules") -> Policy:
    """Build a policy around rules given as mappings, e.g. the rule of a planted defect.

    Missing ``id``, ``title``, ``severity`` and ``basis`` are filled in: ``RULE-1``, the measure,
    ``block``, ``policy_choice``.

    Raises:
        PolicyError: With every problem.
    """
    filled = [
        {
            "id": f"RULE-{position}",
            "title": str(rule.get("measure", "")),
            "severity": "block",
            "basis": "policy_choice",
            **rule,
        }
        for position, rule in enumerate(rules, start=1)
    ]
    data = {
        "apiVersion": "modelassay/v1",
        "kind": "PolicyPack",
        "metadata": {"id": name, "version": "0.0.0", "title": name},
        "rules": filled,
    }
    return _policy_of(YamlFile(name=name, data=data, raw=canonical_json(data)))


def _policy_of(file: YamlFile) -> Policy:
    if not isinstance(file.data, dict):
        raise PolicyError(must(file.name, "hold a mapping", file.data, place=file.place(())))
    try:
        pack = PolicyPackModel.model_validate(file.data)
    except ValidationError as err:
        problems = validation_problems(err, file, known=known_keys())
        raise PolicyError(*problems, *_reference_problems(file)) from err
    raise_all(PolicyError, list(_reference_problems(file)))
    parameters = {
        name: Parameter(value=item.value, may_only=item.may_only)
        for name, item in pack.parameters.items()
    }
    return Policy(
        ref=PolicyRef(
            id=pack.metadata.id,
            version=pack.metadata.version,
            title=pack.metadata.title,
            digest=sha256_bytes(file.raw),
            place=file.name,
            status=pack.metadata.status,
        ),
        rules=tuple(_rule(file, pack, position) for position in range(len(pack.rules))),
        owners=tuple(pack.metadata.owners),
        review_by=pack.metadata.review_by,
        valid_for_days=pack.metadata.valid_for_days,
        notes=pack.metadata.notes.strip(),
        applies_when=_conditions(pack.applies_when),
        parameters=parameters,
        raw=file.raw,
    )


def _reference_problems(file: YamlFile) -> Iterator[str]:
    """Check what one rule alone cannot show; works on raw data, so that all problems come at once."""
    rules = file.data.get("rules")
    parameters = file.data.get("parameters")
    names = [str(name) for name in parameters] if isinstance(parameters, dict) else []
    first: dict[str, int] = {}
    for position, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, dict):
            continue
        yield from _repeated_id(file, rule, position, first)
        require = rule.get("require")
        for key in REQUIRE_KEYS[:3] if isinstance(require, dict) else ():
            yield from _bound_problems(file, ("rules", position, "require", key), names)


def _repeated_id(
    file: YamlFile, rule: dict[str, Any], position: int, first: dict[str, int]
) -> Iterator[str]:
    rule_id = rule.get("id")
    if not isinstance(rule_id, str):
        return
    if rule_id in first:
        earlier = file.place(("rules", first[rule_id], "id"))
        yield (
            f"rules.{position}.id must be unique, got {rule_id!r} "
            f"({file.place(('rules', position, 'id'))}), which stands at {earlier} already. "
            "Rename one of the two."
        )
    first.setdefault(rule_id, position)


def _bound_problems(
    file: YamlFile, path: tuple[str | int, ...], parameters: Sequence[str]
) -> Iterator[str]:
    raw = file.data["rules"][path[1]]["require"].get(path[-1])
    where = ".".join(str(step) for step in path)
    try:
        limit = bound(raw) if raw is not None else RawBound()
    except ValueError:
        return  # pydantic names it
    if limit.parameter is not None and limit.parameter not in parameters:
        yield must(
            where,
            "name a parameter of this policy",
            f"${limit.parameter}",
            place=file.place(path),
            do=nearest(limit.parameter, parameters).strip(),
        )
    if path[-1] == "drop_at_most" and limit.number is not None and limit.number.value < 0:
        yield must(where, "be 0 or more", limit.number.approx, place=file.place(path))


def _rule(file: YamlFile, pack: PolicyPackModel, position: int) -> Rule:
    model = pack.rules[position]
    kind = _kind(model)
    where = ("evidence",) if kind == "evidence" else ("require", kind)
    place = file.place(("rules", position, *where))
    return Rule(
        id=model.id,
        title=model.title,
        severity=model.severity,
        measure=model.measure or f"{EVIDENCE}.{model.evidence.document if model.evidence else ''}",
        kind=kind,
        limit=_limit_of(model, kind, pack, place),
        present_for=(model.require.present_for if model.require else None) or (),
        slices=_slices(model),
        datasets=tuple(model.datasets or ()),
        decide_on=model.decide_on or pack.defaults.decide_on,
        confidence=pack.defaults.confidence,
        multiplicity=model.multiplicity,
        n_at_least=model.needs.n_at_least if model.needs else None,
        basis=model.basis,
        clauses=tuple(model.clauses),
        why=model.why.strip(),
        fix=model.fix.strip(),
        applies_when=_conditions(model.applies_when),
        place=place,
        document=_document(model.evidence),
        pack=pack.metadata.id,
        is_first_allowed=model.require is not None and model.require.first_release is not None,
    )


def _kind(model: RuleModel) -> RequireKind:
    if model.require is None:
        return "evidence"
    kinds: tuple[RequireKind, ...] = ("at_least", "at_most", "drop_at_most", "present_for")
    return next(kind for kind in kinds if getattr(model.require, kind) is not None)


def _limit_of(
    model: RuleModel, kind: RequireKind, pack: PolicyPackModel, place: str
) -> Limit | None:
    if kind in ("present_for", "evidence"):
        return None
    return _limit(getattr(model.require, kind), pack, place)


def _document(model: DocumentModel | None) -> DocumentAsked | None:
    if model is None:
        return None
    given = model.sample
    sample = Sample(given.n_at_least, given.accepted_at_least) if given is not None else None
    return DocumentAsked(model.document, tuple(model.roles), model.max_age_days, sample)


def _limit(raw: RawBound, pack: PolicyPackModel, place: str) -> Limit:
    number = pack.parameters[raw.parameter].value if raw.parameter else raw.number
    return Limit(number=number, declared=raw.declared, parameter=raw.parameter, place=place)


def _slices(model: RuleModel) -> Slices | None:
    if model.slices is None:
        return None
    given = model.slices
    return Slices(by=given.by, min_n=given.min_n, min_share=given.min_share, small=given.small)


def _conditions(model: ConditionsModel | None) -> Conditions | None:
    if model is None:
        return None
    return Conditions(
        all=tuple(_condition(item) for item in model.all or ()),
        any=tuple(_condition(item) for item in model.any or ()),
    )


def _condition(model: ConditionModel) -> Condition:
    if model.in_ is not None:
        return Condition(field=model.field, test="in", values=tuple(model.in_))
    if model.any_of is not None:
        return Condition(field=model.field, test="any_of", values=tuple(model.any_of))
    return Condition(field=model.field, test="equals", values=(model.equals,))
