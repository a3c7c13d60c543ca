"""Policy, Rule and their parts: a policy file after it was read and found consistent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.policy.exact import Exact
from harness.records import Basis, PolicyRef, Severity

RequireKind = Literal["at_least", "at_most", "drop_at_most", "present_for", "evidence"]
DecideOn = Literal["interval", "point", "lower", "upper"]
Scalar = str | int | float | bool
Columns = tuple[tuple[str, ...], ...]

EVERY: Literal["every"] = "every"
"""Stands for all the columns over which a measure was sliced."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The bound of a rule.

    Attributes:
        number: The bound; None where the run declares it.
        declared: Measure key under ``declared`` that gives the bound; None for a number.
        parameter: Name of the policy parameter that the number came from.
        place: ``file:line``.
    """

    number: Exact | None
    declared: str | None
    parameter: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Slices:
    """Which slices a rule judges.

    Attributes:
        by: Column combinations, each sorted; or ``every``.
        min_n: A slice with fewer units behind its value is small.
        min_share: A slice that holds a smaller share of the data set is small.
        small: ``report`` lists small slices without judging them; ``judge`` judges them too.
    """

    by: Columns | Literal["every"]
    min_n: int | None = None
    min_share: Exact | None = None
    small: Literal["report", "judge"] = "report"


@dataclass(frozen=True, slots=True)
class Condition:
    """One question to the run: ``system.domain in [employment]``."""

    field: str
    test: Literal["in", "any_of", "equals"]
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a policy or a rule applies: all of ``all``, and any of ``any`` where there are some."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample that people looked at.

    Attributes:
        n_at_least: Items that must have been looked at.
        accepted_at_least: Share of them that must have been accepted.
    """

    n_at_least: int
    accepted_at_least: Exact


@dataclass(frozen=True, slots=True)
class DocumentAsked:
    """What a rule of kind ``evidence`` asks for: a document that somebody signs for.

    Attributes:
        document: Its name in kebab-case, e.g. ``risk-management-file``.
        roles: Roles of which a signer must have one; empty where any trusted key will do.
        max_age_days: Days after its signature during which it counts; None for no end.
        sample: What a manual sample must have come to; None where it is no sample.
    """

    document: str
    roles: tuple[str, ...] = ()
    max_age_days: int | None = None
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement.

    Attributes:
        measure: Measure key; ``evidence.<document>`` for rules of kind ``evidence``.
        kind: How the measurement is held against the limit.
        limit: The bound; None for presence rules.
        present_for: Column combinations that a presence rule asks for.
        slices: Slices to judge; None judges the slice ``all`` only.
        datasets: Data sets to judge; empty judges every data set that carries the measure.
        confidence: One-sided level of each end of the interval.
        n_at_least: With fewer units the finding is inconclusive.
        place: ``file:line`` of the limit.
        document: What a rule of kind ``evidence`` asks for; None for all others.
        pack: Id of the pack that the rule comes from.
        is_first_allowed: For ``drop_at_most``: whether it does not apply as long as nothing was released.
    """

    id: str
    title: str
    severity: Severity
    measure: str
    kind: RequireKind
    basis: Basis
    place: str
    limit: Limit | None = None
    present_for: Columns | Literal["every"] = ()
    slices: Slices | None = None
    datasets: tuple[str, ...] = ()
    decide_on: DecideOn = "interval"
    confidence: Exact | None = None
    multiplicity: Literal["holm", "none"] = "holm"
    n_at_least: int | None = None
    clauses: tuple[str, ...] = ()
    why: str = ""
    fix: str = ""
    applies_when: Conditions | None = None
    document: DocumentAsked | None = None
    pack: str = ""
    is_first_allowed: bool = False

    @property
    def alpha(self) -> float:
        """One-sided error of each end of the interval; 0.05 unless the policy says otherwise."""
        return 0.05 if self.confidence is None else float(1 - self.confidence.value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that rules share; a later pack may move it one way only."""

    value: Exact
    may_only: Literal["rise", "fall"]


@dataclass(frozen=True, slots=True)
class Part:
    """A pack that a policy extends, as it was read.

    Attributes:
        ref: Its identity.
        raw: Its file.
    """

    ref: PolicyRef
    raw: bytes


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file.

    Attributes:
        ref: Identity, as verdicts record it.
        rules: Its own and those of the packs that it extends.
        parts: Packs that it extends, directly or through others.
        valid_for_days: How long a release under it stands; None for no end.
        notes: What its reader must know first, e.g. that numbers are still to be confirmed.
        applies_when: When the policy applies at all; None applies always.
        raw: The file as it was read; ``ref.digest`` is its SHA-256.
    """

    ref: PolicyRef
    rules: tuple[Rule, ...]
    raw: bytes = b""
    owners: tuple[str, ...] = ()
    review_by: str | None = None
    parts: tuple[Part, ...] = ()
    valid_for_days: int | None = None
    notes: str = ""
    applies_when: Conditions | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
