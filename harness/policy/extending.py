"""What a policy takes over from the packs that it extends: it may tighten, and never loosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.errors import Phrase, must, nearest
from harness.policy.nouns import Parameter, Part, Policy, Rule
from harness.policy.rules import named
from harness.policy.schema import ParameterModel, PolicyPackModel
from harness.records import Severity
from harness.yamlfile import YamlFile

_STRICTNESS: dict[Severity, int] = {"info": 0, "warn": 1, "block": 2}
_NEVER_LOOSEN = (
    "A pack may tighten what it extends and never loosen it; for an exception use a waiver."
)


@dataclass(frozen=True, slots=True)
class Parent:
    """A pack that a policy extends directly.

    Attributes:
        via: How the policy names it.
        where, place: Key path and ``file:line`` of the reference.
    """

    policy: Policy
    via: str
    where: str
    place: str


@dataclass(frozen=True, slots=True)
class Inherited:
    """What comes from the packs that a policy extends, before it moves anything.

    Attributes:
        parameters: ``<pack id>/<name>`` → parameter.
        parts: Every pack, those first that others build on.
    """

    rules: tuple[Rule, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


def inherit(parents: Sequence[Parent]) -> tuple[Inherited, list[str]]:
    """Put the packs side by side; return what they bring, and which of them bring the same twice."""
    problems: list[str] = []
    rules: dict[str, Rule] = {}
    parameters: dict[str, Parameter] = {}
    parts: dict[str, Part] = {}
    for parent in parents:
        brought = (*parent.policy.parts, _part(parent))
        twice = [part for part in brought if part.ref.id in parts]
        problems += [_same_pack(parent, part, parts[part.ref.id]) for part in twice]
        if twice:
            continue
        parts |= {part.ref.id: part for part in brought}
        for rule in parent.policy.rules:
            if rule.id in rules:
                problems.append(_same_rule(parent, rule, rules[rule.id]))
            rules.setdefault(rule.id, _of_parent(rule, parent.policy))
        parameters |= {f"{one.pack}/{one.name}": one for one in parent.policy.parameters.values()}
    return Inherited(tuple(rules.values()), parameters, tuple(parts.values())), problems


def parameters_of(
    file: YamlFile, pack: PolicyPackModel, inherited: Inherited
) -> tuple[dict[str, Parameter], list[str]]:
    """Return every parameter as it holds for the policy, and where one is moved the wrong way.

    Returns:
        Own name, or ``<pack id>/<name>`` → parameter; and problems.
    """
    found = dict(inherited.parameters)
    problems: list[str] = []
    for name, model in pack.parameters.items():
        place = file.place(("parameters", name, "value"))
        if model.may_only is not None:
            problems += _new_problems(name, place, inherited)
            found[name] = Parameter(model.value, model.may_only, name, pack.metadata.id, place)
            continue
        moved, problem = _moved(name, model, place, inherited)
        if moved is None:
            problems.append(problem)
        else:
            found[f"{moved.pack}/{moved.name}"] = moved
    return found, problems


def rules_of_parents(
    file: YamlFile,
    pack: PolicyPackModel,
    inherited: Inherited,
    parameters: Mapping[str, Parameter],
) -> tuple[tuple[Rule, ...], list[str]]:
    """Return the inherited rules with moved parameters and raised severities, and what is wrong."""
    rules = {rule.id: _with_moved(rule, parameters) for rule in inherited.rules}
    problems = []
    for position, model in enumerate(pack.rules):
        if model.id in rules:
            at = file.place(("rules", position, "id"))
            problems.append(_redefined(f"rules.{position}.id", rules[model.id], at))
    for id, severity in pack.severities.items():
        place = file.place(("severities", id))
        problem = _severity_problem(id, severity, rules, place)
        if problem is None:
            places = {**rules[id].places, "severity": place}
            rules[id] = replace(rules[id], severity=severity, places=places)
        else:
            problems.append(problem)
    return tuple(rules.values()), problems


def _part(parent: Parent) -> Part:
    policy = parent.policy
    return Part(
        policy.ref,
        policy.raw,
        via=parent.via,
        review_by=policy.review_by,
        notes=policy.own_notes,
        owners=policy.owners,
        applies_when=policy.applies_when,
        own_status=policy.own_status,
        folder=policy.folder,
        places=policy.places,
    )


def _of_parent(rule: Rule, policy: Policy) -> Rule:
    # a pack's conditions are about its own rules: were they about those of its parents too, extending
    # could make a rule apply less often
    if rule.pack != policy.ref.id:
        return rule
    return replace(rule, pack_applies_when=policy.applies_when)


def _with_moved(rule: Rule, parameters: Mapping[str, Parameter]) -> Rule:
    limit = rule.limit
    if limit is None or limit.parameter is None:
        return rule
    name = limit.parameter.rpartition("/")[2]
    parameter = parameters[f"{limit.owner}/{name}"]
    if parameter.value == limit.number or not parameter.moves:
        return rule
    moved = replace(limit, number=parameter.value, place=parameter.place)
    return replace(
        rule, limit=moved, place=parameter.place, places={**rule.places, "limit": parameter.place}
    )


def _moved(
    name: str, model: ParameterModel, place: str, inherited: Inherited
) -> tuple[Parameter | None, str]:
    where = f"parameters.{name}"
    owned = named(name, inherited.parameters)
    if len(owned) != 1:
        return None, _not_one(where, name, owned, place, inherited)
    (before,) = owned.values()
    way = before.may_only
    if (
        (model.value.value < before.value.value)
        if way == "rise"
        else (model.value.value > before.value.value)
    ):
        side = "at least" if way == "rise" else "at most"
        what = f"be {side} {before.value.text}, from where it may only {way} ({before.place})"
        got = Phrase(model.value.text)
        return None, must(f"{where}.value", what, got, place=place, do=_NEVER_LOOSEN)
    moves = (*before.moves, before.place)
    return replace(before, value=model.value, place=place, moves=moves), ""


def _not_one(
    where: str, name: str, owned: Mapping[str, Parameter], place: str, inherited: Inherited
) -> str:
    if owned:
        what = f"name one parameter; {' and '.join(owned)} are meant by it"
        return must(where, what, name, place=place, do=f"Write {next(iter(owned))}.")
    known = [key.rpartition("/")[2] for key in inherited.parameters]
    return (
        f"{where}.may_only must be given ({place}): no pack that is extended has a parameter {name!r}."
        f"{nearest(name, known)}"
    )


def _new_problems(name: str, place: str, inherited: Inherited) -> Iterator[str]:
    if "/" in name:
        yield must("parameters", "have a name without /", name, place=place)
    for key, other in named(name, inherited.parameters).items():
        yield (
            f"parameters.{name}.may_only must not be given ({place}): {key} is a parameter already "
            f"({other.place}). Remove may_only to move it, or take another name."
        )


def _severity_problem(
    id: str, severity: Severity, rules: Mapping[str, Rule], place: str
) -> str | None:
    where = f"severities.{id}"
    if id not in rules:
        do = f"Rules of this file say their severity themselves.{nearest(id, list(rules))}"
        return must("severities", "name rules of packs that are extended", id, place=place, do=do)
    before = rules[id]
    if _STRICTNESS[severity] < _STRICTNESS[before.severity]:
        what = f"be {before.severity} or stricter, as {before.places['severity']} says"
        return must(where, what, severity, place=place, do=_NEVER_LOOSEN)
    return None


def _redefined(where: str, rule: Rule, place: str) -> str:
    return (
        f"{where} must be unique, got {rule.id!r} ({place}), which {rule.pack} has already "
        f"({rule.places['id']}). To tighten it, raise its severity under severities or move its "
        "parameter under parameters; otherwise take another id."
    )


def _same_rule(parent: Parent, rule: Rule, other: Rule) -> str:
    return (
        f"{parent.where} must bring rules of its own ({parent.place}): {rule.id!r} stands in "
        f"{rule.pack} ({rule.places['id']}) and in {other.pack} ({other.places['id']}). One id from two "
        "packs is never merged: extend one of them only."
    )


def _same_pack(parent: Parent, part: Part, other: Part) -> str:
    return (
        f"{parent.where} must bring each pack once ({parent.place}): {part.ref.id} comes as {part.via} "
        f"and as {other.via}. Extend it once, or extend only the pack that holds it."
    )
