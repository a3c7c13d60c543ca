"""The values that a field of the system may have: so that a misspelt one switches no rule off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.errors import must, nearest
from harness.policy.nouns import Condition, Conditions, Scalar
from harness.policy.schema import PolicyPackModel
from harness.yamlfile import YamlFile

Path = tuple[str | int, ...]


def field_problems(file: YamlFile, pack: PolicyPackModel) -> Iterator[str]:
    """Say which conditions ask for a value that the policy itself does not list."""
    for path, field, values in _asked(pack):
        known = pack.fields.get(field)
        for value in values if known is not None else ():
            if not is_listed(value, known or ()):
                do = _closest(value, known or ()) or "Add it there, or ask for one of these."
                what = f"ask for a value that fields lists for {field} ({listed(known or ())})"
                yield must(_dotted(path), what, value, place=file.place(path), do=do.strip())


def with_known(
    conditions: Conditions | None, fields: Mapping[str, tuple[Scalar, ...]]
) -> Conditions | None:
    """Return conditions that know which values their fields may have."""
    if conditions is None or not fields:
        return conditions
    return Conditions(
        all=tuple(_with_known(one, fields) for one in conditions.all),
        any=tuple(_with_known(one, fields) for one in conditions.any),
    )


def is_listed(value: object, known: tuple[Scalar, ...] | list[Scalar]) -> bool:
    """Tell whether a value is one of those that are listed; true and 1 are two."""
    return any(isinstance(value, bool) == isinstance(one, bool) and value == one for one in known)


def listed(values: tuple[Scalar, ...] | list[Scalar]) -> str:
    """Return values as a policy writes them, for a sentence."""
    return ", ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def _closest(value: object, known: tuple[Scalar, ...] | list[Scalar]) -> str:
    return nearest(str(value), [str(one) for one in known])


def _with_known(condition: Condition, fields: Mapping[str, tuple[Scalar, ...]]) -> Condition:
    known = fields.get(condition.field)
    if known is None:
        return condition
    return Condition(condition.field, condition.test, condition.values, known)


def _asked(pack: PolicyPackModel) -> Iterator[tuple[Path, str, list[Scalar]]]:
    """Walk through all conditions of a file: where each stands, its field and its values."""
    sections: list[tuple[Path, object]] = [(("applies_when",), pack.applies_when)]
    sections += [
        (("rules", position, "applies_when"), rule.applies_when)
        for position, rule in enumerate(pack.rules)
    ]
    for path, section in sections:
        for group in ("all", "any"):
            for position, one in enumerate(getattr(section, group, None) or ()):
                values = one.in_ or one.any_of or [one.equals]
                yield (*path, group, position), one.field, values


def _dotted(path: Path) -> str:
    return ".".join(str(step) for step in path)
