"""The policy file as pydantic models: closed, strict, every number exact.

Every field says what it is; these texts become the JSON Schema that editors show.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.policy.exact import Exact
from harness.policy.rule_schema import (
    RULE_ID,
    SYSTEM_FIELD,
    ConditionModel,
    ConditionsModel,
    DecideOnWord,
    DocumentModel,
    NeedsModel,
    RequireModel,
    RuleModel,
    SampleModel,
    SeverityWord,
    SlicesModel,
)
from harness.policy.values import Day, Number, ScalarValue, Strict
from harness.yamlfile import spelt

_VERSION = spelt(
    r"^[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?$", "be three numbers, such as 1.0.0"
)
PACK_REF = spelt(
    r"^[^@\s].*@[0-9]+(\.[0-9]+){0,2}([-+.][0-9A-Za-z.-]+)?$",
    "name a policy and its version, such as builtin/standard@1",
)
PACK_DIGEST = spelt(r"^sha256:[0-9a-f]{64}$", "be sha256: and 64 hexadecimal digits")
_PARAMETER_OF = spelt(
    r"^([A-Za-z][A-Za-z0-9._-]*/)?[A-Za-z_][A-Za-z0-9_-]*$", "be a name, or <policy>/<name>"
)


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

    id: str = Field(pattern=RULE_ID, description="Id of the policy, e.g. acme.hiring-screen.")
    version: str = Field(
        description="Three parts, such as 1.10.0. A new one with every change.",
        json_schema_extra={"pattern": _VERSION},
    )
    title: str = Field(min_length=1, description="What it is about, in a few words.")
    owners: list[str] = Field(default=[], description="Who answers for it, e.g. group:model-risk.")
    review_by: Day | None = Field(
        default=None, description="Day by which somebody must have read it through again."
    )
    status: Literal["stable", "draft"] = Field(
        default="stable", description="draft where it has a hole; verdicts by a draft say so."
    )
    valid_for_days: int | None = Field(
        default=None, ge=1, le=3660, description="Days for which a release under it stands."
    )
    notes: str = Field(default="", description="What its reader must know first.")

    @field_validator("version", mode="before")
    @classmethod
    def _three_parts(cls, value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(_VERSION, value):
            shown = getattr(value, "text", None) or repr(value)
            raise ValueError(f"must have three parts such as 1.10.0, got {shown}")
        return value


class DefaultsModel(Strict):
    """What the rules of this file use when they say nothing."""

    confidence: Number | None = Field(
        default=None, description="One-sided level of each end of an interval; 0.95 without it."
    )
    decide_on: DecideOnWord = Field(
        default="interval", description="What decides; see the key of the same name in a rule."
    )

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

    value: Number = Field(description="The number: 0.80, or exactly 4/5.")
    may_only: Literal["rise", "fall"] | None = Field(
        default=None,
        description="The way in which packs that extend this one may move it: the one that makes its rules "
        "harder to meet. Left out where a parameter of an extended pack is moved.",
    )


class ExtendsModel(Strict):
    """A pack that this one builds on, pinned by version and digest."""

    model_config = ConfigDict(json_schema_extra={"required": ["ref", "digest"]})

    ref: str = Field(
        description="builtin/<name>@<version> or <path>@<version>; the version, or its first parts.",
        json_schema_extra={"pattern": PACK_REF},
    )
    digest: str | None = Field(
        default=None,
        description="sha256: and 64 hex digits of the pack's file; assay policy lint prints it.",
        json_schema_extra={"pattern": PACK_DIGEST},
    )

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


class PolicyPackModel(Strict):
    """A policy file."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["rules"]}, {"required": ["extends"]}]}
    )

    apiVersion: Literal["modelassay/v1"] = Field(  # noqa: N815 - the key as files write it
        description="Version of the format."
    )
    kind: Literal["PolicyPack"] = Field(description="Says that this is a policy.")
    metadata: MetadataModel = Field(description="Which policy it is, and who answers for it.")
    extends: list[ExtendsModel] = Field(
        default=[],
        description="Packs whose rules hold too; they can be tightened here, never loosened.",
    )
    applies_when: PackConditionsModel | None = Field(
        default=None, description="When the policy applies; always without it."
    )
    fields: dict[
        Annotated[str, Field(pattern=f"^{SYSTEM_FIELD}$")],
        Annotated[list[ScalarValue], Field(min_length=1)],
    ] = Field(
        default={},
        description="Fields of the system that conditions ask about → every value that each may have. A run "
        "that says another one leaves open whether a rule applies, as if it said nothing.",
    )
    defaults: DefaultsModel = Field(
        default_factory=DefaultsModel,
        description="What the rules of this file use when they say nothing.",
    )
    parameters: dict[Annotated[str, Field(pattern=_PARAMETER_OF)], ParameterModel] = Field(
        default={},
        description="Numbers that rules share as $name; a name of an extended pack moves its number.",
    )
    severities: dict[Annotated[str, Field(pattern=RULE_ID)], SeverityWord] = Field(
        default={}, description="Rules of extended packs that are to be stricter: id → severity."
    )
    rules: list[RuleModel] = Field(default=[], description="The rules of this file.")

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
