"""Read a policy file: every problem at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import PolicyError, must, nearest, raise_all
from harness.files import sha256_bytes, sorted_json
from harness.policy.extending import (
    Inherited,
    Parent,
    inherit,
    parameters_of,
    rules_of_parents,
)
from harness.policy.fields import field_problems
from harness.policy.nouns import Policy
from harness.policy.packs import Finder, is_version
from harness.policy.rule_schema import REQUIRE_KEYS
from harness.policy.rules import conditions_of, fields_of, loosening, named, rule_of
from harness.policy.schema import ExtendsModel, PolicyPackModel, known_keys
from harness.policy.values import RawBound, bound
from harness.records import PolicyRef
from harness.yamlfile import YamlFile, parse_yaml, read_yaml, validation_problems


def read_policy(path: Path) -> Policy:
    """Read a policy file, and the packs that it extends.

    Raises:
        PolicyError: With every problem of the file, each with ``file:line``.
    """
    file = read_yaml(path, error=PolicyError)
    return _policy_of(file, Finder(base=path.parent, trail=(str(path.resolve()),)))


def parse_policy(
    raw: bytes, name: str, *, packs: Mapping[str, bytes] | None = None, base: Path | None = None
) -> Policy:
    """Read a policy from bytes.

    Args:
        raw: The file.
        name: How messages call it.
        packs: SHA-256 → file of every pack that it extends: then none is looked for elsewhere.
        base: Folder that paths in ``extends`` start from; None takes the working directory.

    Raises:
        PolicyError: With every problem, each with ``file:line``.
    """
    file = parse_yaml(raw, name=name, error=PolicyError)
    return _policy_of(file, Finder(base=base, packs=packs, trail=(name,)))


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
    return _policy_of(YamlFile(name=name, data=data, raw=sorted_json(data)), Finder())


def _policy_of(file: YamlFile, finder: Finder) -> Policy:
    if not isinstance(file.data, dict):
        raise PolicyError(must(file.name, "hold a mapping", file.data, place=file.place(())))
    parents, problems = _parents(file, finder)
    inherited, twice = inherit(parents)
    problems += twice
    # without its packs nobody can tell which parameters there are
    known = None if problems else [*inherited.parameters]
    try:
        pack = PolicyPackModel.model_validate(file.data)
    except ValidationError as err:
        problems += validation_problems(err, file, known=known_keys())
        raise PolicyError(*problems, *_reference_problems(file, known)) from err
    raise_all(PolicyError, [*problems, *_reference_problems(file, known)])
    return replace(_whole(file, pack, parents, inherited), folder=finder.folder)


def _parents(file: YamlFile, finder: Finder) -> tuple[list[Parent], list[str]]:
    """Open what a policy extends, as far as the references can be read at all."""
    listed = file.data.get("extends")
    parents: list[Parent] = []
    problems: list[str] = []
    for position, item in enumerate(listed if isinstance(listed, list) else ()):
        where, place = f"extends.{position}", file.place(("extends", position))
        try:
            model = ExtendsModel.model_validate(item)
        except ValidationError:
            continue  # named with everything else that is wrong in the file's shape
        try:
            parents.append(_parent(model, finder, where, place))
        except PolicyError as err:
            problems += err.problems
    return parents, problems


def _parent(model: ExtendsModel, finder: Finder, where: str, place: str) -> Parent:
    found = finder.find(model.ref, model.digest, where=where, place=place)
    policy = _policy_of(parse_yaml(found.raw, name=found.name, error=PolicyError), found.finder)
    wanted = model.ref.rpartition("@")[2]
    if not is_version(wanted, policy.ref.version):
        what = f"ask for version {policy.ref.version}, which {found.name} has"
        do = f"Write @{policy.ref.version} after you have read what changed."
        raise PolicyError(must(f"{where}.ref", what, model.ref, place=place, do=do))
    return Parent(policy, model.ref, where, place)


def _whole(
    file: YamlFile, pack: PolicyPackModel, parents: Sequence[Parent], inherited: Inherited
) -> Policy:
    parameters, problems = parameters_of(file, pack, inherited)
    problems += [*_own_id_problems(file, pack, inherited), *field_problems(file, pack)]
    raise_all(PolicyError, problems)
    taken, problems = rules_of_parents(file, pack, inherited, parameters)
    own = tuple(rule_of(file, pack, position, parameters) for position in range(len(pack.rules)))
    raise_all(PolicyError, [*problems, *loosening(own, parameters)])
    metadata = pack.metadata
    return Policy(
        ref=_ref(file, pack, inherited),
        rules=(*taken, *own),
        owners=tuple(metadata.owners),
        review_by=metadata.review_by,
        parts=inherited.parts,
        valid_for_days=_shortest(pack, parents),
        notes="\n".join(note for note in (metadata.notes.strip(), *_notes(inherited)) if note),
        own_notes=metadata.notes.strip(),
        own_status=metadata.status,
        applies_when=conditions_of(pack.applies_when, pack),
        fields=fields_of(pack),
        parameters=parameters,
        raw=file.raw,
        places=_places(file),
    )


def _ref(file: YamlFile, pack: PolicyPackModel, inherited: Inherited) -> PolicyRef:
    refs = [part.ref for part in inherited.parts]
    # what builds on a hole has it too
    is_draft = "draft" in (pack.metadata.status, *(ref.status for ref in refs))
    return PolicyRef(
        id=pack.metadata.id,
        version=pack.metadata.version,
        title=pack.metadata.title,
        digest=sha256_bytes(file.raw),
        place=file.name,
        status="draft" if is_draft else "stable",
        extends={f"{ref.id} {ref.version}": ref.digest for ref in refs} or None,
    )


def _shortest(pack: PolicyPackModel, parents: Sequence[Parent]) -> int | None:
    given = [pack.metadata.valid_for_days, *(one.policy.valid_for_days for one in parents)]
    return min((days for days in given if days is not None), default=None)


def _notes(inherited: Inherited) -> Iterator[str]:
    return (f"{part.ref.id}: {part.notes}" for part in inherited.parts if part.notes)


def _places(file: YamlFile) -> dict[str, str]:
    sections = (
        "metadata",
        "defaults",
        "parameters",
        "severities",
        "applies_when",
        "fields",
        "extends",
    )
    return {
        ".".join(str(step) for step in path): file.place(path)
        for path in file.lines
        if path and path[0] in sections and len(path) <= 2 and path[-1] != "<key>"
    }


def _own_id_problems(file: YamlFile, pack: PolicyPackModel, inherited: Inherited) -> Iterator[str]:
    for part in inherited.parts:
        if part.ref.id == pack.metadata.id:
            do = f"{part.via} has it ({part.ref.place})."
            place = file.place(("metadata", "id"))
            yield must("metadata.id", "be the pack's own", part.ref.id, place=place, do=do)


def _reference_problems(file: YamlFile, inherited: Sequence[str] | None) -> Iterator[str]:
    """Check what one rule alone cannot show; works on raw data, so that all problems come at once.

    Args:
        file: The policy file.
        inherited: Full names of parameters of packs that it extends; None where they are not known.
    """
    rules = file.data.get("rules")
    own = file.data.get("parameters")
    names = [str(name) for name in own] if isinstance(own, dict) else []
    first: dict[str, int] = {}
    for position, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, dict):
            continue
        yield from _repeated_id(file, rule, position, first)
        require = rule.get("require")
        for key in REQUIRE_KEYS[:3] if isinstance(require, dict) else ():
            path = ("rules", position, "require", key)
            yield from _bound_problems(file, path, names, inherited)


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
    file: YamlFile,
    path: tuple[str | int, ...],
    own: Sequence[str],
    inherited: Sequence[str] | None,
) -> Iterator[str]:
    raw = file.data["rules"][path[1]]["require"].get(path[-1])
    where = ".".join(str(step) for step in path)
    try:
        limit = bound(raw) if raw is not None else RawBound()
    except ValueError:
        return  # pydantic names it
    if limit.parameter is not None and inherited is not None:
        # a moved parameter is listed by the policy under the name that its pack gave it
        moved = [name for name in own if named(name, dict.fromkeys(inherited))]
        known = dict.fromkeys([*(name for name in own if name not in moved), *inherited])
        meant = named(limit.parameter, known)
        if len(meant) != 1:
            what = (
                f"name one parameter; {' and '.join(meant)} are meant by it"
                if meant
                else "name a parameter of this policy"
            )
            bare = [*known, *(name.rpartition("/")[2] for name in known)]
            do = f"Write ${next(iter(meant))}." if meant else nearest(limit.parameter, bare).strip()
            yield must(where, what, f"${limit.parameter}", place=file.place(path), do=do)
    if path[-1] == "drop_at_most" and limit.number is not None and limit.number.value < 0:
        yield must(where, "be 0 or more", limit.number.approx, place=file.place(path))
