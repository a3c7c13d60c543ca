"""Policy test files: what is given, and which verdict and outcomes the policy must reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from harness.clock import parse_moment
from harness.errors import PolicyError, UsageError, must, nearest, raise_all
from harness.policy.given_signatures import GivenDocument, GivenSample, GivenScope, GivenWaiver
from harness.policy.nouns import Policy
from harness.policy.reading import read_policy
from harness.policy.values import Strict
from harness.records import ALL, Outcome, VerdictWord, slice_columns, slice_name
from harness.yamlfile import YamlFile, read_yaml, validation_problems

DATASET = "given"
"""Name of the data set in a test that names none."""


class GivenMeasure(Strict):
    """One measurement of a test; numbers may be ``.nan`` here.

    Attributes:
        slice: column=value,column=value; all rows without it.
        dataset: Name of the data set.
        value: What was measured; .nan is allowed here.
        low: Lower end of the interval; the value without ends.
        high: Upper end of the interval.
        n: Rows that it rests on.
        share: Share of the data set that the slice holds.
    """

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


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


_OneOrMany = Annotated[
    list[GivenMeasure],
    BeforeValidator(_listed, json_schema_input_type=GivenMeasure | list[GivenMeasure]),
]


class GivenRelease(Strict):
    """The last release: its value, and the paired difference, this run minus the release.

    Attributes:
        value: What the last release had.
        diff_low: Lower end of this run minus the release.
        diff_high: Upper end of the same.
        better: Which direction is better.
    """

    value: float | None = None
    diff_low: float | None = None
    diff_high: float | None = None
    better: Literal["higher", "lower"] = "higher"


class GivenModel(Strict):
    """Everything that a test hands to the gate.

    Attributes:
        system: As in assay.yaml.
        task: kind, modality and favourable.
        data: has_groups, has_train.
        model: is_private.
        measures: Measure → what was measured, one or a list.
        declared: Measure → figure that the run declares.
        last_release: Measure → last release; without it none is at hand.
        first_release: Whether nothing was ever released under this name.
        waivers: Waivers, with the names of those who approve them; two that are not concerned must.
        documents: Documents that somebody has signed.
        single_person: Whether one person may do everything, so that one approval is enough.
    """

    system: dict[str, Any] = Field(default_factory=dict)
    task: dict[str, Any] = Field(default_factory=dict)
    data: dict[str, Any] = Field(default_factory=dict)
    model: dict[str, Any] = Field(default_factory=dict)
    measures: dict[str, _OneOrMany]
    declared: dict[str, float] = Field(default_factory=dict)
    last_release: dict[str, GivenRelease] | None = None
    first_release: bool = False
    waivers: list[GivenWaiver] = Field(default_factory=list)
    documents: list[GivenDocument] = Field(default_factory=list)
    single_person: bool = False

    @field_validator("waivers")
    @classmethod
    def _different(cls, value: list[GivenWaiver]) -> list[GivenWaiver]:
        ids = [one.id for one in value]
        if len(set(ids)) < len(ids):
            raise ValueError(f"must have different ids, got {', '.join(ids)}")
        return value


class ExpectModel(Strict):
    """What must come out.

    Attributes:
        verdict: What the policy must conclude.
        rules: Rule → worst outcome of its findings.
    """

    verdict: VerdictWord | None = None
    rules: dict[str, Outcome] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> ExpectModel:
        if self.verdict is None and not self.rules:
            raise ValueError("must name a verdict, or rules with their outcomes")
        return self


class CaseModel(Strict):
    """One test.

    Attributes:
        name: What must hold, as a sentence.
        now: The clock of this case; that of the file without it.
    """

    name: str = Field(min_length=1)
    now: str | None = None
    given: GivenModel
    expect: ExpectModel


class PolicyTestsModel(Strict):
    """A policy test file.

    Attributes:
        apiVersion: Version of the format.
        kind: Says that these are tests of a policy.
        pack: File of the policy, relative to this one.
        now: The clock of every case that names none itself.
        cases: The tests.
    """

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
        now: Its clock.
        rules: Rule id → outcome that is expected of its worst finding.
    """

    name: str
    place: str
    now: datetime
    given: GivenModel
    verdict: VerdictWord | None
    rules: dict[str, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyTests:
    """A policy with its tests."""

    policy: Policy
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
    clocks, problems = _clocks(model, file)
    policy = read_policy(path.parent / model.pack)
    raise_all(PolicyError, [*problems, *_unknown_rules(model, policy, file)])
    cases = tuple(
        Case(
            name=case.name,
            place=file.place(("cases", position)),
            now=clocks[position],
            given=case.given,
            verdict=case.expect.verdict,
            rules=dict(case.expect.rules),
        )
        for position, case in enumerate(model.cases)
    )
    return PolicyTests(policy=policy, cases=cases)


def _clocks(model: PolicyTestsModel, file: YamlFile) -> tuple[list[datetime], list[str]]:
    """Return the clock of each case, and what is wrong with any."""
    found: list[datetime] = []
    problems: dict[str, None] = {}
    for position, case in enumerate(model.cases):
        path = ("now",) if case.now is None else ("cases", position, "now")
        try:
            found.append(parse_moment(case.now or model.now))
        except UsageError as err:
            where = ".".join(str(step) for step in path)
            problems[f"{where}: {err} ({file.place(path)})"] = None
    return found, list(problems)


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
        GivenWaiver, GivenScope, GivenDocument, GivenSample,
    ]  # fmt: skip
    return sorted({name for model in models for name in model.model_fields})
