"""What a policy's owner should know before anybody relies on it; errors are found when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from harness.errors import nearest
from harness.policy.clauses import Clause
from harness.policy.fields import listed
from harness.policy.nouns import Condition, Policy, Rule
from harness.records import PolicyRef

MAX_CHECK_DAYS = 180
"""Days after which somebody must hold a clause record against its source again."""
_CLAIMS = ("law", "guidance", "standard")


@dataclass(frozen=True, slots=True)
class Lint:
    """One warning.

    Attributes:
        id: Kind of warning, in kebab-case.
        text: What is wrong and what to do, whole sentences.
        place: ``file:line``.
    """

    id: str
    text: str
    place: str


def clause_problems(policy: Policy, clauses: Mapping[str, Clause]) -> list[str]:
    """Return one sentence for every clause that a rule cites and no register knows."""
    return [
        f"rule {rule.id} must cite clauses of the register, got {id!r} ({rule.places.get('clauses', rule.place)})."
        f"{nearest(id, list(clauses))} A record of your own goes into clauses/*.yaml beside the policy."
        for rule in policy.rules
        for id in rule.clauses
        if id not in clauses
    ]


def warnings_of(
    policy: Policy, clauses: Mapping[str, Clause], *, today: date, path: Path | None = None
) -> list[Lint]:
    """Return every warning about a policy, in the order of its files.

    Args:
        policy: What is looked at; how rules are written is asked of its own file only.
        clauses: The register.
        today: Against which dates are held.
        path: Where the policy lies, to look for its tests; None does not look.
    """
    found = [
        *_about_packs(policy, today),
        *(_tests_missing(policy, path) if path is not None else ()),
        *_unused(policy),
        *_open_fields(policy),
        *_about_clauses(policy, clauses, today),
    ]
    for rule in policy.rules:
        found += _claims(rule, clauses)
    for rule in policy.own_rules:
        found += _as_written(rule)
    return sorted(found, key=lambda one: _line(one.place))


def place_of_tests(path: Path) -> Path:
    """Return where the tests of a policy file are looked for."""
    name = path.name
    if name.endswith(".policy.yaml"):
        return path.with_name(f"{name.removesuffix('.policy.yaml')}.policy_test.yaml")
    return path.with_name(f"{path.stem}_test{path.suffix}")


def _about_packs(policy: Policy, today: date) -> Iterator[Lint]:
    packs = [
        (policy.ref, policy.review_by, policy.places, policy.own_status),
        *((one.ref, one.review_by, one.places, one.own_status) for one in policy.parts),
    ]
    drafts = [
        f"{one.ref.id} {one.ref.version}" for one in policy.parts if one.own_status == "draft"
    ]
    for ref, review_by, places, status in packs:
        text = _draft_text(ref, status, drafts, is_said="metadata.status" in places)
        if text:
            yield Lint("draft", text, places.get("metadata.status", f"{ref.place}:1"))
        if review_by is not None and review_by < today.isoformat():
            text = (
                f"{ref.id} was to be reviewed by {review_by}, which is past. Read it through, then write a "
                "later review_by and a new version."
            )
            yield Lint("review-overdue", text, places.get("metadata.review_by", f"{ref.place}:1"))


def _draft_text(ref: PolicyRef, status: str, drafts: Sequence[str], *, is_said: bool) -> str:
    """Say that a pack is a draft, or that it claims to be none; its parts are named by themselves."""
    name = f"{ref.id} {ref.version}"
    if status == "draft":
        return f"{name} is a draft: a verdict by it says so. Close its hole, then remove status."
    if is_said and ref.status == "draft":
        return (
            f"{name} says status: stable, but what it builds on is a draft ({', '.join(drafts)}), so a "
            "verdict by it is one by a draft all the same. Remove status, or close the hole there."
        )
    return ""


def _tests_missing(policy: Policy, path: Path) -> Iterator[Lint]:
    tests = place_of_tests(path)
    if not tests.is_file():
        text = (
            f"{policy.ref.id} has no tests. Write {tests.name} beside it: for every blocking rule a case "
            "that passes and one that must not."
        )
        yield Lint("no-tests", text, f"{policy.ref.place}:1")


def _unused(policy: Policy) -> Iterator[Lint]:
    limits = [rule.limit for rule in policy.rules if rule.limit is not None]
    for parameter in policy.parameters.values():
        if parameter.pack == policy.ref.id and not any(one.is_by(parameter) for one in limits):
            text = f"No rule uses the parameter {parameter.name}. Remove it, or write ${parameter.name}."
            yield Lint("parameter-unused", text, parameter.place)


def _open_fields(policy: Policy) -> Iterator[Lint]:
    """Name fields of the system whose values conditions ask for, and that the file does not list."""
    own = [(policy.applies_when, policy.places.get("applies_when", f"{policy.ref.place}:1"))]
    own += [
        (rule.applies_when, rule.places.get("applies_when", rule.place))
        for rule in policy.own_rules
    ]
    seen: set[str] = set()
    for conditions, place in own:
        for one in (*conditions.all, *conditions.any) if conditions is not None else ():
            is_truth = all(isinstance(value, bool) for value in one.values)
            if one.known is None and one.field.startswith("system.") and not is_truth:
                if one.field not in seen:
                    yield Lint("open-field", _open_text(one), place)
                seen.add(one.field)


def _open_text(condition: Condition) -> str:
    return (
        f"{condition.field} may be any word, so a misspelt {listed(condition.values)} switches rules off in "
        f"silence. List every value that it may have: fields: {{{condition.field}: "
        f"[{listed(condition.values)}, ...]}}."
    )


def _about_clauses(policy: Policy, clauses: Mapping[str, Clause], today: date) -> Iterator[Lint]:
    citing: dict[str, list[Rule]] = {}
    for rule in policy.rules:
        for id in rule.clauses:
            citing.setdefault(id, []).append(rule)
    for id, rules in citing.items():
        if id not in clauses:
            continue
        place = rules[0].places.get("clauses", rules[0].place)
        names = ", ".join(rule.id for rule in rules)
        for kind, text in _record_warnings(clauses[id], rules, today):
            yield Lint(
                kind, f"{id} {text} Cited by {names}; its record: {clauses[id].place}.", place
            )


def _record_warnings(
    clause: Clause, rules: Sequence[Rule], today: date
) -> Iterator[tuple[str, str]]:
    until = clause.applies_until
    if clause.is_over:
        instead = f" {clause.superseded_by} stands in its place." if clause.superseded_by else ""
        yield "clause-over", f"is {clause.status}.{instead} Do not cite it as if it held."
    elif until is not None and until < today.isoformat():
        yield "clause-over", f"applied until {until} only. Do not cite it as if it held."
    if clause.status == "proposed" and any(rule.basis == "law" for rule in rules):
        yield "clause-proposed", "is only proposed, and a rule calls it law. Write basis: guidance."
    age = (today - date.fromisoformat(clause.checked_on)).days
    if age > MAX_CHECK_DAYS:
        text = f"was last checked on {clause.checked_on}, {age} days ago; {MAX_CHECK_DAYS} are the most."
        yield (
            "clause-unchecked",
            f"{text} Hold the record against its source, then write the new date.",
        )
    elif age < 0:
        yield "clause-unchecked", f"claims to be checked on {clause.checked_on}, which lies ahead."
    if clause.is_checked_by_nobody:
        text = f"names nobody who checked it (checked_by: {clause.checked_by})."
        yield "clause-checked-by", f"{text} A person must hold the record against its source."


def _claims(rule: Rule, clauses: Mapping[str, Clause]) -> Iterator[Lint]:
    """Say where a rule claims more authority than its clauses give it."""
    place = rule.places.get("basis", rule.place)
    if rule.basis in _CLAIMS and not rule.clauses:
        text = f"Rule {rule.id} has basis {rule.basis} and cites no clause. Cite it, or write policy_choice."
        yield Lint("basis-without-clause", text, place)
    cited = [clauses[id] for id in rule.clauses if id in clauses]
    number = _literal(rule)
    if rule.basis == "law" and number and cited and not any(one.sets_number for one in cited):
        text = (
            f"Rule {rule.id} says that the law asks for {number}, but no clause that it cites sets a number "
            f"({', '.join(one.id for one in cited)}). Write basis: policy_choice, or cite the clause that does."
        )
        yield Lint("law-without-number", text, rule.places.get("limit", rule.place))


def _literal(rule: Rule) -> str:
    """Return the pass mark that a rule writes down itself; empty where it has none."""
    if rule.limit is not None and rule.limit.number is not None:
        return rule.limit.number.text
    sample = rule.document.sample if rule.document is not None else None
    return sample.accepted_at_least.text if sample is not None else ""


def _as_written(rule: Rule) -> Iterator[Lint]:
    at = rule.places.get("id", rule.place)
    for key, told in (("why", "why it asks this"), ("fix", "what to do when it is not met")):
        if not getattr(rule, key):
            yield Lint(f"no-{key}", f"Rule {rule.id} does not say {told}. Write {key}.", at)
    if rule.document is not None and not rule.document.roles:
        text = (
            f"Rule {rule.id} takes {rule.document.document} from any trusted key. Name the roles that may "
            "sign it, e.g. roles: [legal]."
        )
        yield Lint("no-roles", text, rule.places.get("evidence", rule.place))


def _line(place: str) -> tuple[str, int]:
    name, _, line = place.rpartition(":")
    return name, int(line) if line.isdigit() else 0
