"""Policy, Rule and their parts: a policy file after it was read and found consistent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.policy.exact import Exact
from harness.records import Basis, PolicyRef, Severity

RequireKind = Literal["at_least", "at_most", "drop_at_most", "present_for"]
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
class Rule:
    """One requirement.

    Attributes:
        kind: How the measurement is held against the limit.
        limit: The bound; None for presence rules.
        present_for: Column combinations that a presence rule asks for.
        slices: Slices to judge; None judges the slice ``all`` only.
        datasets: Data sets to judge; empty judges every data set that carries the measure.
        confidence: One-sided level of each end of the interval.
        n_at_least: With fewer units the finding is inconclusive.
        place: ``file:line`` of the limit.
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
class Policy:
    """A policy file.

    Attributes:
        ref: Identity, as verdicts record it.
        extends: Packs that this one builds on; always empty in this version.
        applies_when: When the policy applies at all; None applies always.
        raw: The file as it was read; ``ref.digest`` is its SHA-256.
    """

    ref: PolicyRef
    rules: tuple[Rule, ...]
    raw: bytes = b""
    owners: tuple[str, ...] = ()
    review_by: str | None = None
    extends: tuple[str, ...] = ()
    applies_when: Conditions | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
