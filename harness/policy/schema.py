"""The policy file as pydantic models: closed, strict, every number exact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, field_validator, model_validator

from harness.policy.exact import Exact, exact, is_fraction

MEASURE_KEY = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_ID = r"^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$"
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?")
_TASK_FIELDS = ("task.kind", "task.modality", "task.favourable")
_DATA_FIELDS = ("data.has_groups", "data.has_train")
_MODEL_FIELDS = ("model.is_private",)
PACK_REF = r"^[^@\s].*@[0-9]+(\.[0-9]+){0,2}([-+.][0-9A-Za-z.-]+)?$"
PACK_DIGEST = r"^sha256:[0-9a-f]{64}$"
_PARAMETER_OF = r"^([A-Za-z][A-Za-z0-9._-]*/)?[A-Za-z_][A-Za-z0-9_-]*$"
DOCUMENT_ID = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
REQUIRE_KEYS = ("at_least", "at_most", "drop_at_most", "present_for")


@dataclass(frozen=True, slots=True)
class RawBound:
    """A bound before parameters are looked up: exactly one of the three is set."""

    number: Exact | None = None
    parameter: str | None = None
    declared: str | None = None


def bound(raw: object) -> RawBound:
    """Read ``0.80``, ``4/5``, ``$name`` or ``{from: declared.<measure>}``.

    Raises:
        ValueError: If it is none of them.
    """
    if isinstance(raw, str) and raw.startswith("$") and len(raw) > 1:
        return RawBound(parameter=raw[1:])
    if isinstance(raw, dict) and list(raw) == ["from"]:
        source = raw["from"]
        key = source.removeprefix("declared.") if isinstance(source, str) else ""
        if key != source and re.match(MEASURE_KEY, key):
            return RawBound(declared=key)
        raise ValueError(f"must come from declared.<measure key>, got {source!r}")
    if isinstance(raw, str | dict) and not is_fraction(raw):
        raise ValueError(
            "must be a number without quotes, a fraction such as 4/5, $parameter, or {from: declared.<measure key>}, "
            f"got {raw!r}"
        )
    return RawBound(number=exact(raw))


def _scalar(raw: object) -> str | int | float | bool:
    if isinstance(raw, str | bool | int):
        return raw
    if isinstance(raw, float):
        exact(raw)
        return float(raw)
    raise ValueError(f"must be a word, a number, true or false, got {raw!r}")


def _columns(raw: object) -> tuple[tuple[str, ...], ...] | Literal["every"]:
    if raw == "every":
        return "every"
    wanted = "must be every, or a list of column lists such as [[sex], [sex, region]]"
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"{wanted}, got {raw!r}")
    result: list[tuple[str, ...]] = []
    for item in raw:
        if not isinstance(item, list) or not item or not all(_is_name(name) for name in item):
            raise ValueError(f"{wanted}, got {item!r}")
        combination = tuple(sorted(item))
        if len(set(combination)) != len(combination) or combination in result:
            raise ValueError(f"must name each column once, got {item!r}")
        result.append(combination)
    return tuple(result)


def _is_name(raw: object) -> bool:
    return isinstance(raw, str) and raw != ""


Number = Annotated[Exact, PlainValidator(exact, json_schema_input_type=float | str)]
Bound = Annotated[RawBound, PlainValidator(bound, json_schema_input_type=float | str)]
ScalarValue = Annotated[Any, PlainValidator(_scalar, json_schema_input_type=str | float | bool)]
ColumnLists = Annotated[
    tuple[tuple[str, ...], ...] | Literal["every"],
    PlainValidator(_columns, json_schema_input_type=list[list[str]] | Literal["every"]),
]


class Strict(BaseModel):
    """A mapping without unknown keys and without silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class ConditionModel(Strict):
    """``{field, in|any_of|equals}``."""

    field: str
    in_: list[ScalarValue] | None = Field(default=None, alias="in", min_length=1)
    any_of: list[ScalarValue] | None = Field(default=None, min_length=1)
    equals: ScalarValue = None

    @field_validator("field")
    @classmethod
    def _known_field(cls, value: str) -> str:
        closed = (*_TASK_FIELDS, *_DATA_FIELDS, *_MODEL_FIELDS)
        if value in closed or re.fullmatch(r"system(\.[A-Za-z_][A-Za-z0-9_-]*)+", value):
            return value
        raise ValueError(f"must be system.<name> or one of {', '.join(closed)}, got {value!r}")

    @model_validator(mode="after")
    def _one_test(self) -> ConditionModel:
        given = [test for test in (self.in_, self.any_of, self.equals) if test is not None]
        if len(given) != 1:
            raise ValueError(f"must hold exactly one of in, any_of and equals, got {len(given)}")
        return self


class ConditionsModel(Strict):
    """``all`` and ``any``, at least one of them."""

    all: list[ConditionModel] | None = Field(default=None, min_length=1)
    any: list[ConditionModel] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _some(self) -> ConditionsModel:
        if self.all is None and self.any is None:
            raise ValueError("must hold all or any. Remove applies_when to apply always")
        return self


class PackConditionsModel(ConditionsModel):
    """Conditions of a whole policy: about the system and its task, never about the data at hand."""

    @model_validator(mode="after")
    def _not_data(self) -> PackConditionsModel:
        for condition in (*(self.all or ()), *(self.any or ())):
            if condition.field.startswith(("data.", "model.")):
                raise ValueError(
                    f"must ask system. or task. fields, got {condition.field!r}. "
                    "Only a rule may depend on data or model"
                )
        return self


class MetadataModel(Strict):
    """Who wrote the policy, and which one it is."""

    id: str = Field(pattern=_ID)
    version: str
    title: str = Field(min_length=1)
    owners: list[str] = []
    review_by: str | None = None
    status: Literal["stable", "draft"] = "stable"
    valid_for_days: int | None = Field(default=None, ge=1, le=3660)
    notes: str = ""

    @field_validator("version", mode="before")
    @classmethod
    def _three_parts(cls, value: object) -> object:
        if not isinstance(value, str) or not _VERSION.fullmatch(value):
            shown = getattr(value, "text", None) or repr(value)
            raise ValueError(f"must have three parts such as 1.10.0, got {shown}")
        return value

    @field_validator("review_by")
    @classmethod
    def _is_date(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                date.fromisoformat(value)
            except ValueError as err:
                raise ValueError(f"must be a date such as 2027-05-10, got {value!r}") from err
        return value


class DefaultsModel(Strict):
    """What rules use when they say nothing."""

    confidence: Number | None = None
    decide_on: Literal["interval", "point", "lower", "upper"] = "interval"

    @field_validator("confidence")
    @classmethod
    def _level(cls, value: Exact | None) -> Exact | None:
        if value is not None and not 0.5 < value.value < 1:
            raise ValueError(f"must lie between 0.5 and 1, got {value.text}")
        return value


class ParameterModel(Strict):
    """A shared number and the way in which a child pack may move it.

    Without ``may_only`` it moves a number of a pack that is extended.
    """

    value: Number
    may_only: Literal["rise", "fall"] | None = None


class ExtendsModel(Strict):
    """A pack that this one builds on, pinned by version and digest."""

    model_config = ConfigDict(json_schema_extra={"required": ["ref", "digest"]})

    ref: str = Field(json_schema_extra={"pattern": PACK_REF})
    digest: str | None = Field(default=None, json_schema_extra={"pattern": PACK_DIGEST})

    @field_validator("ref")
    @classmethod
    def _with_version(cls, value: str) -> str:
        if not re.fullmatch(PACK_REF, value):
            raise ValueError(
                "must be builtin/<name>@<version> or <path>@<version>, such as builtin/standard@1.0, "
                f"got {value!r}"
            )
        return value

    @field_validator("digest")
    @classmethod
    def _is_digest(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(PACK_DIGEST, value):
            raise ValueError(f"must be sha256: and 64 hex digits, got {value!r}")
        return value


class SlicesModel(Strict):
    """Which slices a rule judges."""

    by: ColumnLists
    min_share: Number | None = None
    min_n: int | None = Field(default=None, ge=1)
    small: Literal["report", "judge"] = "report"

    @field_validator("min_share")
    @classmethod
    def _share(cls, value: Exact | None) -> Exact | None:
        if value is not None and not 0 <= value.value < 1:
            raise ValueError(f"must be a share from 0 to below 1, got {value.text}")
        return value


class RequireModel(Strict):
    """Exactly one requirement."""

    at_least: Bound | None = None
    at_most: Bound | None = None
    drop_at_most: Bound | None = None
    present_for: ColumnLists | None = None
    versus: Literal["last_release"] | None = None
    paired: bool | None = None
    first_release: Literal["not-applicable"] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> RequireModel:
        given = [key for key in REQUIRE_KEYS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(
                f"must hold exactly one of {', '.join(REQUIRE_KEYS)}, got {given or 'none'}"
            )
        compares = any(x is not None for x in (self.versus, self.paired, self.first_release))
        if given == ["drop_at_most"]:
            if self.versus is None or self.paired is not True:
                raise ValueError("drop_at_most must say versus: last_release and paired: true")
        elif compares:
            raise ValueError("must use versus, paired and first_release only with drop_at_most")
        return self


class NeedsModel(Strict):
    """What a measurement must have before it is judged."""

    n_at_least: int = Field(ge=1)


class SampleModel(Strict):
    """What a manual sample must have come to."""

    n_at_least: int = Field(ge=1)
    accepted_at_least: Number

    @field_validator("accepted_at_least")
    @classmethod
    def _share(cls, value: Exact) -> Exact:
        if not 0 <= value.value <= 1:
            raise ValueError(f"must be a share from 0 to 1, got {value.text}")
        return value


class DocumentModel(Strict):
    """A document that somebody signs for: what a rule asks for that no audit can measure."""

    document: str = Field(pattern=DOCUMENT_ID)
    roles: list[str] = []
    max_age_days: int | None = Field(default=None, ge=1, le=3660)
    sample: SampleModel | None = None


class RuleModel(Strict):
    """One rule: about a measure, or about a signed document."""

    id: str = Field(pattern=_ID)
    title: str = Field(min_length=1)
    severity: Literal["block", "warn", "info"]
    measure: str | None = Field(default=None, pattern=MEASURE_KEY)
    require: RequireModel | None = None
    evidence: DocumentModel | None = None
    basis: Literal["law", "guidance", "standard", "policy_choice"]
    slices: SlicesModel | None = None
    datasets: list[str] | None = Field(default=None, min_length=1)
    decide_on: Literal["interval", "point", "lower", "upper"] | None = None
    multiplicity: Literal["holm", "none"] = "holm"
    needs: NeedsModel | None = None
    clauses: list[str] = []
    why: str = ""
    fix: str = ""
    applies_when: ConditionsModel | None = None

    @model_validator(mode="after")
    def _measure_or_document(self) -> RuleModel:
        if self.evidence is not None:
            of_measures = ("measure", "require", "slices", "datasets", "decide_on", "needs")
            given = [name for name in of_measures if getattr(self, name) is not None]
            if given:
                raise ValueError(f"must not use {' and '.join(given)} together with evidence")
        elif self.measure is None or self.require is None:
            raise ValueError("must hold measure and require, or evidence")
        elif self.measure.startswith("evidence."):
            raise ValueError("must ask for signed documents by evidence: {document: NAME}")
        return self

    @model_validator(mode="after")
    def _presence_judges_no_value(self) -> RuleModel:
        if self.require is None:
            return self
        if self.require.present_for is not None and (self.slices or self.needs or self.decide_on):
            raise ValueError("must not use slices, needs or decide_on together with present_for")
        return self


class PolicyPackModel(Strict):
    """A policy file."""

    apiVersion: Literal["modelassay/v1"]  # noqa: N815 - the key as files write it
    kind: Literal["PolicyPack"]
    metadata: MetadataModel
    extends: list[ExtendsModel] = []
    applies_when: PackConditionsModel | None = None
    defaults: DefaultsModel = DefaultsModel()
    parameters: dict[Annotated[str, Field(pattern=_PARAMETER_OF)], ParameterModel] = {}
    severities: dict[Annotated[str, Field(pattern=_ID)], Literal["block", "warn", "info"]] = {}
    rules: list[RuleModel] = []

    @model_validator(mode="after")
    def _something(self) -> PolicyPackModel:
        if not self.rules and not self.extends:
            raise ValueError(
                "rules must be given and not be empty, or extends name a pack that has some"
            )
        return self


def known_keys() -> list[str]:
    """Return every key that a policy file may hold, for suggestions."""
    models: list[type[BaseModel]] = [
        PolicyPackModel, MetadataModel, DefaultsModel, ParameterModel, RuleModel, SlicesModel,
        RequireModel, NeedsModel, ExtendsModel, ConditionsModel, ConditionModel, DocumentModel, SampleModel,
    ]  # fmt: skip
    return sorted(
        {field.alias or name for model in models for name, field in model.model_fields.items()}
    )
