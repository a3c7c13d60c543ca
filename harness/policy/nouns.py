"""Policy, Rule and their parts: a policy file after it was read and found consistent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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
        parameter: Name of the policy parameter that the number came from, as the rule writes it.
        place: ``file:line`` of the value that holds: where a pack moved the parameter, its line there.
        owner: Id of the pack whose parameter it is; empty without one.
    """

    number: Exact | None
    declared: str | None
    parameter: str | None
    place: str
    owner: str = ""

    def is_by(self, parameter: Parameter) -> bool:
        """Tell whether a parameter gives the number."""
        name = (self.parameter or "").rpartition("/")[2]
        return (self.owner, name) == (parameter.pack, parameter.name)


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
    """One question to the run: ``system.domain in [employment]``.

    Attributes:
        known: Every value that the field may have; None where the policy does not say. Any other value
            is no answer, and never one that switches a rule off.
    """

    field: str
    test: Literal["in", "any_of", "equals"]
    values: tuple[Scalar, ...]
    known: tuple[Scalar, ...] | None = None


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
        place: ``file:line`` of the limit that holds.
        document: What a rule of kind ``evidence`` asks for; None for all others.
        pack: Id of the pack that the rule comes from.
        is_first_allowed: For ``drop_at_most``: whether it does not apply as long as nothing was released.
        pack_applies_when: When the pack that the rule comes from applies; None for rules of the policy
            itself, whose conditions stand with the policy.
        places: Key of the rule, e.g. ``severity`` → ``file:line`` of the value that holds; keys that the
            file leaves out are missing.
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
    pack_applies_when: Conditions | None = None
    places: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def alpha(self) -> float:
        """One-sided error of each end of the interval; 0.05 unless the policy says otherwise."""
        return 0.05 if self.confidence is None else float(1 - self.confidence.value)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that rules share; a later pack may move it one way only.

    Attributes:
        name: Its own name; ``pack`` is the id of the pack that introduced it.
        place: ``file:line`` of the value that holds.
        moves: ``file:line`` of each value that it had before, the first one first.
    """

    value: Exact
    may_only: Literal["rise", "fall"]
    name: str = ""
    pack: str = ""
    place: str = ""
    moves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A pack that a policy extends, as it was read.

    Attributes:
        ref: Its identity.
        raw: Its file.
        via: How it was named: ``builtin/<name>@<version>``, or a path.
        review_by, notes, owners, applies_when, own_status: Its own.
        folder: Where it lies; None where it was read from a gate.
        places: As in ``Policy``.
    """

    ref: PolicyRef
    raw: bytes
    via: str = ""
    review_by: str | None = None
    notes: str = ""
    owners: tuple[str, ...] = ()
    applies_when: Conditions | None = None
    folder: Path | None = field(default=None, compare=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)
    own_status: Literal["stable", "draft"] = "stable"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file.

    Attributes:
        ref: Identity, as verdicts record it; a draft where one of its parts is one.
        rules: Those of the packs that it extends, then its own.
        parts: Packs that it extends, directly or through others.
        valid_for_days: How long a release under it stands, the shortest of its parts; None for no end.
        notes: What its reader must know first, e.g. that numbers are still to be confirmed; those of its
            parts too.
        applies_when: When the policy applies at all; None applies always.
        fields: Field of the system → every value that it may have, for the conditions of its own file.
        own_notes, own_status: Those of its own file.
        parameters: Its own by name, those of its parts as ``<pack id>/<name>``.
        folder: Where it lies; None where it was read from bytes.
        places: Key such as ``metadata.review_by`` or ``defaults.confidence`` → ``file:line``.
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
    own_notes: str = ""
    own_status: Literal["stable", "draft"] = "stable"
    applies_when: Conditions | None = None
    fields: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    folder: Path | None = field(default=None, compare=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders of the policy and of its parts, as far as they are known."""
        found = (self.folder, *(part.folder for part in self.parts))
        return tuple(dict.fromkeys(folder for folder in found if folder is not None))

    @property
    def own_rules(self) -> tuple[Rule, ...]:
        """The rules that stand in the policy's own file."""
        return tuple(rule for rule in self.rules if rule.pack == self.ref.id)
