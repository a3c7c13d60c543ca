"""The page of a shipped policy: clause → rule → measure → limit → basis, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.commands.policies.opening import Opened
from harness.policy import Clause, Policy, Rule
from harness.policy import words as say

_NO_CLAUSE = "-"
_NOT_ADVICE = (
    "Summaries of clauses are our own words, not the text, and no legal advice. Every limit is the choice "
    "of the policy's owners unless its basis says otherwise."
)


def page(name: str, opened: Opened) -> str:
    """Return the page of ``builtin/<name>``."""
    policy = opened.policy
    measured = [rule for rule in policy.rules if rule.document is None]
    signed = [rule for rule in policy.rules if rule.document is not None]
    lines = [f"# builtin/{name}", "", *_head(policy)]
    if measured:
        lines += ["", "## What is measured", "", *_table(measured)]
    if signed:
        lines += ["", "## What people sign for", "", *_signed(signed)]
    cited = [
        opened.clauses[id] for id in dict.fromkeys(id for r in policy.rules for id in r.clauses)
    ]
    if cited:
        lines += ["", "## Clauses", "", *_clauses(sorted(cited, key=lambda one: one.id))]
    lines += ["", "## Rules", ""]
    for rule in policy.rules:
        lines += _rule(rule, opened)
    return "\n".join(lines).rstrip() + "\n"


def cells(*texts: str) -> str:
    """Return one row of a table; a bar inside a cell would end it."""
    shown = (" ".join(text.split()).replace("|", "\\|") for text in texts)
    return f"| {' | '.join(shown)} |"


def _head(policy: Policy) -> Iterator[str]:
    ref = policy.ref
    if ref.status == "draft":
        yield "> **Draft.** This policy has a hole, and every verdict by it says so."
        yield ""
    yield f"{ref.title}. Version {ref.version}, id `{ref.id}`, `sha256:{ref.digest}`."
    if policy.notes:
        yield from ("", " ".join(policy.notes.split()))
    yield from ("", _NOT_ADVICE, "")
    yield f"* Applies {say.conditions(policy.applies_when)}."
    for field, values in policy.fields.items():
        yield f"* {say.values(field, values)}"
    yield f"* Owners: {', '.join(policy.owners) or 'none named'}."
    if policy.review_by:
        yield f"* To be reviewed by {policy.review_by}."
    if policy.valid_for_days is not None:
        yield f"* A release under it stands for {policy.valid_for_days} days."
    for part in policy.parts:
        yield f"* Extends `{part.via}` ({part.ref.title}), `sha256:{part.ref.digest}`."
    for one in policy.parameters.values():
        yield f"* Parameter `{one.name}` is {one.value.text}; a policy that extends this one may let it {one.may_only}."


def _by_clause(rules: Sequence[Rule]) -> Iterator[tuple[str, Rule]]:
    for id in sorted({id for rule in rules for id in rule.clauses}):
        yield from ((f"`{id}`", rule) for rule in rules if id in rule.clauses)
    yield from ((_NO_CLAUSE, rule) for rule in rules if not rule.clauses)


def _table(rules: Sequence[Rule]) -> Iterator[str]:
    yield cells("clause", "rule", "severity", "measure", "limit", "basis")
    yield "|---|---|---|---|---|---|"
    for clause, rule in _by_clause(rules):
        yield cells(
            clause,
            f"{rule.id}: {rule.title}",
            rule.severity,
            f"`{rule.measure}`",
            say.limit_cell(rule),
            rule.basis,
        )


def _signed(rules: Sequence[Rule]) -> Iterator[str]:
    yield "No audit can measure these; `assay sign RUN --evidence FILE` meets them."
    yield ""
    yield cells(
        "clause", "rule", "severity", "document", "signed by", "counts for", "sample", "basis"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for clause, rule in _by_clause(rules):
        asked = rule.document
        assert asked is not None
        days = asked.max_age_days
        yield cells(
            clause,
            f"{rule.id}: {rule.title}",
            rule.severity,
            f"`{asked.document}`",
            " or ".join(asked.roles) or "any trusted key",
            "always" if days is None else f"{days:,} days",
            say.limit_cell(rule) if asked.sample is not None else "-",
            rule.basis,
        )


def _clauses(clauses: Sequence[Clause]) -> Iterator[str]:
    yield cells("clause", "says", "status", "number", "source", "checked")
    yield "|---|---|---|---|---|---|"
    for one in clauses:
        numbers = ", ".join(f"{name} {value.text}" for name, value in one.numbers.items())
        source = f"<{one.url}>" + (f", read via {one.read_via}" if one.read_via else "")
        who = "nobody yet" if one.is_checked_by_nobody else one.checked_by
        about = f" About: {one.applies_to}." if one.applies_to else ""
        notes = f" Note: {one.notes}" if one.notes else ""
        yield cells(
            f"`{one.id}` {one.title}",
            f"{one.says}{about}{notes}",
            say.clause_state(one),
            f"{say.sets_number(one)}{f' ({numbers})' if numbers else ''}",
            source,
            f"{one.checked_on} by {who}",
        )


def _rule(rule: Rule, opened: Opened) -> Iterator[str]:
    measure = opened.measures.get(rule.measure)
    cited = [opened.clauses[id] for id in rule.clauses]
    yield f"### {rule.id}"
    yield ""
    yield f"{rule.title}."
    yield ""
    yield f"* Asks that {say.asks(rule, measure)}."
    yield f"* Severity {rule.severity}: {say.SEVERITIES[rule.severity]}."
    whose = say.whose_number(rule, cited)
    yield f"* Basis {rule.basis}: {say.BASES[rule.basis]}.{f' {whose}' if whose else ''}"
    for name, text in (
        ("Judged for", say.judged_for(rule)),
        ("Decided", say.decided(rule)),
        ("Needs", say.needs(rule)),
        ("Applies", say.conditions(rule.applies_when)),
        ("Why:", " ".join(rule.why.split())),
        ("Fix:", " ".join(rule.fix.split())),
    ):
        if text and text != "always":
            yield f"* {name} {text.rstrip('.')}."
    yield ""
