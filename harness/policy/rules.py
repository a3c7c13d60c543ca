"""Turn the rules of a validated policy file into nouns, with the line of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from harness.policy.fields import with_known
from harness.policy.nouns import (
    Condition,
    Conditions,
    DocumentAsked,
    Limit,
    Parameter,
    RequireKind,
    Rule,
    Sample,
    Scalar,
    Slices,
)
from harness.policy.rule_schema import ConditionModel, ConditionsModel, DocumentModel, RuleModel
from harness.policy.schema import PolicyPackModel
from harness.policy.values import RawBound
from harness.records import EVIDENCE
from harness.yamlfile import YamlFile

TIGHTER = {"at_least": "rise", "at_most": "fall", "drop_at_most": "fall"}
"""Kind of requirement → the way in which its limit becomes harder to meet."""

_Named = TypeVar("_Named")


def rule_of(
    file: YamlFile, pack: PolicyPackModel, position: int, parameters: Mapping[str, Parameter]
) -> Rule:
    """Build one rule.

    Args:
        file: The policy file.
        pack: What it holds.
        position: Of the rule, from 0.
        parameters: Those of the policy and of what it extends, as they hold for it.
    """
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
        limit=_limit_of(model, kind, parameters, place),
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
        applies_when=conditions_of(model.applies_when, pack),
        place=place,
        document=_document(model.evidence),
        pack=pack.metadata.id,
        is_first_allowed=model.require is not None and model.require.first_release is not None,
        places=_places(file, model, position, place),
    )


def conditions_of(model: ConditionsModel | None, pack: PolicyPackModel) -> Conditions | None:
    """Return conditions as a noun, with the values that the file lists for their fields."""
    if model is None:
        return None
    asked = Conditions(
        all=tuple(_condition(item) for item in model.all or ()),
        any=tuple(_condition(item) for item in model.any or ()),
    )
    return with_known(asked, fields_of(pack))


def fields_of(pack: PolicyPackModel) -> dict[str, tuple[Scalar, ...]]:
    """Return field of the system → every value that it may have, as a file lists them."""
    return {name: tuple(values) for name, values in pack.fields.items()}


def named(name: str, owned: Mapping[str, _Named]) -> dict[str, _Named]:
    """Return what a parameter's name stands for: one thing, none, or several packs' alike.

    Args:
        name: As a file writes it: ``floor``, or ``acme.base/floor``.
        owned: Own name, or ``<pack id>/<name>`` → anything.
    """
    if name in owned:  # a pack's own name comes first, and a full name is never ambiguous
        return {name: owned[name]}
    return {key: value for key, value in owned.items() if key.endswith(f"/{name}")}


def loosening(rules: Sequence[Rule], parameters: Mapping[str, Parameter]) -> list[str]:
    """Say where a rule's parameter may be moved so that the rule becomes easier to meet."""
    problems = []
    for rule in rules:
        if rule.limit is None or rule.limit.parameter is None:
            continue
        (parameter,) = named(rule.limit.parameter, parameters).values()
        wanted = TIGHTER[rule.kind]
        if parameter.may_only != wanted:
            problems.append(
                f"rule {rule.id}: {rule.kind} must use a parameter that may only {wanted}, got "
                f"${rule.limit.parameter} ({rule.places['limit']}), which may only {parameter.may_only} "
                f"({parameter.place}). Otherwise a pack that extends this one could loosen the rule."
            )
    return problems


def _places(file: YamlFile, model: RuleModel, position: int, limit: str) -> dict[str, str]:
    places = {
        key: file.place(("rules", position, key))
        for key in model.model_fields_set
        if getattr(model, key) is not None
    }
    for key in ("decide_on", "confidence"):
        path = ("defaults", key)
        if key not in places and path in file.lines:
            places[key] = file.place(path)
    return {**places, "limit": limit}


def _kind(model: RuleModel) -> RequireKind:
    if model.require is None:
        return "evidence"
    kinds: tuple[RequireKind, ...] = ("at_least", "at_most", "drop_at_most", "present_for")
    return next(kind for kind in kinds if getattr(model.require, kind) is not None)


def _limit_of(
    model: RuleModel, kind: RequireKind, parameters: Mapping[str, Parameter], place: str
) -> Limit | None:
    if kind in ("present_for", "evidence"):
        return None
    raw: RawBound = getattr(model.require, kind)
    if raw.parameter is None:
        return Limit(number=raw.number, declared=raw.declared, parameter=None, place=place)
    (parameter,) = named(raw.parameter, parameters).values()
    return Limit(parameter.value, None, raw.parameter, place, owner=parameter.pack)


def _document(model: DocumentModel | None) -> DocumentAsked | None:
    if model is None:
        return None
    given = model.sample
    sample = Sample(given.n_at_least, given.accepted_at_least) if given is not None else None
    return DocumentAsked(model.document, tuple(model.roles), model.max_age_days, sample)


def _slices(model: RuleModel) -> Slices | None:
    if model.slices is None:
        return None
    given = model.slices
    return Slices(by=given.by, min_n=given.min_n, min_share=given.min_share, small=given.small)


def _condition(model: ConditionModel) -> Condition:
    if model.in_ is not None:
        return Condition(field=model.field, test="in", values=tuple(model.in_))
    if model.any_of is not None:
        return Condition(field=model.field, test="any_of", values=tuple(model.any_of))
    return Condition(field=model.field, test="equals", values=(model.equals,))
