"""Does a policy or a rule apply? Yes, no, or not known: a field that is not stated is no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import nearest
from harness.policy import Condition, Conditions, Rule, is_listed, listed
from harness.records import Message

_MISSING = object()


def not_applied(conditions: Conditions | None, fields: Mapping[str, Any]) -> Message | None:
    """Say why conditions do not hold, or return None when they do.

    Returns:
        ``gate.does-not-apply`` when they are known not to hold; ``gate.applies-unknown`` when the
        run leaves open a field that decides it; ``gate.applies-word`` when the run says true or
        false, and the policy asks for a word; ``gate.applies-truth`` when it is the other way round;
        ``gate.applies-unlisted`` when the run says a value that the policy does not list for the field.
    """
    if conditions is None:
        return None
    every = [(_holds(item, fields), item) for item in conditions.all]
    some = [(_holds(item, fields), item) for item in conditions.any]
    for held, item in every:
        if held is False:
            return _does_not_apply(item, fields)
    if some and all(held is False for held, _ in some):
        return _does_not_apply(some[0][1], fields)
    unknown = [item for held, item in every if held is None]
    if some and not any(held for held, _ in some):
        unknown += [item for held, item in some if held is None]
    if unknown:
        return _not_known(unknown[0], fields)
    return None


def rule_not_applied(rule: Rule, fields: Mapping[str, Any]) -> Message | None:
    """Say why a rule does not apply, by its own conditions or those of the pack that it comes from."""
    reason = not_applied(rule.pack_applies_when, fields)
    return not_applied(rule.applies_when, fields) if reason is None else reason


def _not_known(condition: Condition, fields: Mapping[str, Any]) -> Message:
    found = _look_up(condition.field, fields)
    if not _is_stated(found, condition):
        return Message.of(
            "gate.applies-unknown",
            "Whether this applies depends on {field}, which the run does not state.",
            field=condition.field,
        )
    strange = _unlisted(found, condition)
    if strange and not _is_of_other_kind(_items(found), condition):
        return Message.of(
            "gate.applies-unlisted",
            "Whether this applies cannot be told: {field} is {found} in the run, and the policy knows only "
            "{known}.{hint}",
            field=condition.field,
            found=", ".join(repr(one) for one in strange),
            known=listed(condition.known or ()),
            hint=nearest(str(strange[0]), [str(one) for one in condition.known or ()]),
        )
    if _asks_truth(condition):
        return Message.of(
            "gate.applies-truth",
            "Whether this applies cannot be told: {field} is {found} in the run, and the policy asks "
            "for true or false. Write true or false without quotes.",
            field=condition.field,
            found=", ".join(repr(one) for one in _items(found)),
        )
    return Message.of(
        "gate.applies-word",
        "Whether this applies cannot be told: {field} is true or false in the run, and the policy asks "
        "for {wanted}. Write true or false without quotes.",
        field=condition.field,
        wanted=" or ".join(repr(value) for value in condition.values),
    )


def _holds(condition: Condition, fields: Mapping[str, Any]) -> bool | None:
    found = _look_up(condition.field, fields)
    if not _is_stated(found, condition):
        return None
    items = _items(found)
    if _is_of_other_kind(items, condition):
        return None  # `yes` is a word in YAML 1.2: it must not switch a rule off in silence
    # a list of one is that one: system.jurisdictions is a list whatever the config wrote
    holds = any(_same(item, value) for item in items for value in condition.values)
    if not holds and _unlisted(found, condition):
        return None  # a misspelt word must not switch a rule off either
    return holds


def _is_of_other_kind(items: Sequence[object], condition: Condition) -> bool:
    """Tell whether the run says true or false where the policy asks for a word, or the other way round."""
    if _asks_truth(condition):
        return not all(isinstance(item, bool) for item in items)
    return any(isinstance(item, bool) for item in items)


def _asks_truth(condition: Condition) -> bool:
    return all(isinstance(value, bool) for value in condition.values)


def _items(found: object) -> Sequence[object]:
    return found if isinstance(found, list | tuple) else (found,)


def _unlisted(found: object, condition: Condition) -> list[object]:
    """Return what the run says and the policy does not list; nothing where it lists no values."""
    known = condition.known
    return [] if known is None else [one for one in _items(found) if not is_listed(one, known)]


def _is_stated(found: object, condition: Condition) -> bool:
    """Tell whether the run states a field: what stands empty under ``system`` was left open."""
    if found is _MISSING or found is None:
        return False
    if not condition.field.startswith("system."):
        return True
    items = found if isinstance(found, list | tuple) else (found,)
    return any(not isinstance(item, str) or item.strip() for item in items)


def _same(found: object, value: object) -> bool:
    # true and 1 are different answers
    return isinstance(found, bool) == isinstance(value, bool) and found == value


def _look_up(path: str, fields: Mapping[str, Any]) -> Any:
    found: Any = fields
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return _MISSING
        found = found[step]
    return found


def _does_not_apply(condition: Condition, fields: Mapping[str, Any]) -> Message:
    wanted = " or ".join(_word(value) for value in condition.values)
    found = _look_up(condition.field, fields)
    shown = ", ".join(_word(item) for item in found) if isinstance(found, list) else _word(found)
    return Message.of(
        "gate.does-not-apply",
        "This applies where {field} is {wanted}; here it is {found}.",
        field=condition.field,
        wanted=wanted,
        found=shown or "empty",
    )


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
