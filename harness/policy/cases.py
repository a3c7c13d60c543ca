"""Policy test files: what is given, and which verdict and outcomes the policy must reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from harness.clock import parse_moment
from harness.errors import PolicyError, UsageError, must, nearest, raise_all
from harness.policy.nouns import Policy
from harness.policy.reading import read_policy
from harness.policy.schema import Strict
from harness.records import ALL, Outcome, VerdictWord, slice_columns, slice_name
from harness.yamlfile import YamlFile, read_yaml, validation_problems

DATASET = "given"
"""Name of the data set in a test that names none."""


class GivenMeasure(Strict):
    """One measurement of a test; numbers may be ``.nan`` here."""

    slice: str = ALL
    dataset: str = DATASET
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = Field(default=0, ge=0)
    share: float | None = None

    @field_validator("slice")
    @classmethod
    def _canonical(cls, value: str) -> str:
        # people write columns in any order; bundles never do
        return slice_name(slice_columns(value))


class GivenRelease(Strict):
    """The last release: its value, and the paired difference, this run minus the release."""

    value: float | None = None
    diff_low: float | None = None
    diff_high: float | None = None
    better: Literal["higher", "lower"] = "higher"


class GivenModel(Strict):
    """Everything that a test hands to the gate."""

    system: dict[str, Any] = Field(default_factory=dict)
    task: dict[str, Any] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)
    model: dict[str, Any] = Field(default_factory=dict)
    measures: dict[str, list[GivenMeasure]]
    declared: dict[str, float] = Field(default_factory=dict)
    last_release: dict[str, GivenRelease] | None = None

    @field_validator("measures", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {key: item if isinstance(item, list) else [item] for key, item in value.items()}


class ExpectModel(Strict):
    """What must come out."""

    verdict: VerdictWord | None = None
    rules: dict[str, Outcome] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> ExpectModel:
        if self.verdict is None and not self.rules:
            raise ValueError("must name a verdict, or rules with their outcomes")
        return self


class CaseModel(Strict):
    """One test."""

    name: str = Field(min_length=1)
    given: GivenModel
    expect: ExpectModel


class PolicyTestsModel(Strict):
    """A policy test file."""

    apiVersion: Literal["modelassay/v1"]  # noqa: N815 - the key as files write it
    kind: Literal["PolicyTests"]
    pack: str
    now: str
    cases: list[CaseModel] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a policy.

    Attributes:
        place: ``file:line``.
        rules: Rule id → outcome that is expected of its worst finding.
    """

    name: str
    place: str
    given: GivenModel
    verdict: VerdictWord | None
    rules: dict[str, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyTests:
    """A policy with its tests and the clock that they use."""

    policy: Policy
    now: datetime
    cases: tuple[Case, ...]


def read_policy_tests(path: Path) -> PolicyTests:
    """Read a policy test file and the policy that it names, relative to its own folder.

    Raises:
        PolicyError: With every problem of either file, each with ``file:line``.
    """
    file = read_yaml(path, error=PolicyError)
    try:
        model = PolicyTestsModel.model_validate(file.data)
    except ValidationError as err:
        problems = validation_problems(err, file, known=_known_keys())
        raise PolicyError(*problems) from err
    try:
        now = parse_moment(model.now)
    except UsageError as err:
        raise PolicyError(f"now: {err} ({file.place(('now',))})") from err
    policy = read_policy(path.parent / model.pack)
    raise_all(PolicyError, _unknown_rules(model, policy, file))
    cases = tuple(
        Case(
            name=case.name,
            place=file.place(("cases", position)),
            given=case.given,
            verdict=case.expect.verdict,
            rules=dict(case.expect.rules),
        )
        for position, case in enumerate(model.cases)
    )
    return PolicyTests(policy=policy, now=now, cases=cases)


def _unknown_rules(model: PolicyTestsModel, policy: Policy, file: YamlFile) -> list[str]:
    known = [rule.id for rule in policy.rules]
    return [
        must(
            f"cases.{position}.expect.rules",
            f"name rules of {policy.ref.id}",
            rule,
            place=file.place(("cases", position, "expect", "rules", rule)),
            do=nearest(rule, known).strip(),
        )
        for position, case in enumerate(model.cases)
        for rule in case.expect.rules
        if rule not in known
    ]


def _known_keys() -> list[str]:
    models: list[type[BaseModel]] = [
        PolicyTestsModel, CaseModel, GivenModel, GivenMeasure, GivenRelease, ExpectModel,
    ]  # fmt: skip
    return sorted({name for model in models for name in model.model_fields})
