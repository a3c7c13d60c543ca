"""A rule of a policy file as pydantic models; the file around it stands in ``schema``."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from harness.policy.exact import Exact
from harness.policy.values import MEASURE_KEY, Bound, ColumnLists, Number, ScalarValue, Strict
from harness.yamlfile import spelt

RULE_ID = spelt(
    r"^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$",
    "begin with a letter and hold letters from A to Z, digits and single . _ - between them",
)
_TASK_FIELDS = ("task.kind", "task.modality", "task.favourable")
_DATA_FIELDS = ("data.has_groups", "data.has_train")
_MODEL_FIELDS = ("model.is_private",)
SYSTEM_FIELD = r"system(\.[A-Za-z_][A-Za-z0-9_-]*)+"
DOCUMENT_ID = spelt(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "be words in small letters joined by -")
REQUIRE_KEYS = ("at_least", "at_most", "drop_at_most", "present_for")

SeverityWord = Literal["block", "warn", "info"]
DecideOnWord = Literal["interval", "point", "lower", "upper"]


def _exactly_one_of(*groups: tuple[str, ...]) -> dict[str, Any]:
    return {"oneOf": [{"required": list(group)} for group in groups]}


class ConditionModel(Strict):
    """``{field, in|any_of|equals}``."""

    model_config = ConfigDict(json_schema_extra=_exactly_one_of(("in",), ("any_of",), ("equals",)))

    field: str = Field(
        description="What of the run is looked at: system.<name>, task.kind, task.modality, task.favourable, "
        "data.has_groups, data.has_train, model.is_private.",
        json_schema_extra={
            "pattern": f"^({SYSTEM_FIELD}|{'|'.join((*_TASK_FIELDS, *_DATA_FIELDS, *_MODEL_FIELDS))})$"
        },
    )
    in_: list[ScalarValue] | None = Field(
        default=None, alias="in", min_length=1, description="The field is one of these."
    )
    any_of: list[ScalarValue] | None = Field(
        default=None, min_length=1, description="The field, a list, holds one of these."
    )
    equals: ScalarValue = Field(default=None, description="The field is this.")

    @field_validator("field")
    @classmethod
    def _known_field(cls, value: str) -> str:
        closed = (*_TASK_FIELDS, *_DATA_FIELDS, *_MODEL_FIELDS)
        if value in closed or re.fullmatch(SYSTEM_FIELD, value):
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

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["all"]}, {"required": ["any"]}]}
    )

    all: list[ConditionModel] | None = Field(
        default=None, min_length=1, description="All of these hold."
    )
    any: list[ConditionModel] | None = Field(
        default=None, min_length=1, description="At least one of these holds."
    )

    @model_validator(mode="after")
    def _some(self) -> ConditionsModel:
        if self.all is None and self.any is None:
            raise ValueError("must hold all or any. Remove applies_when to apply always")
        return self


class SlicesModel(Strict):
    """Which slices a rule judges."""

    by: ColumnLists = Field(
        description="Lists of columns, e.g. [[sex], [sex, region]]; or every, for all that were sliced."
    )
    min_share: Number | None = Field(
        default=None, description="A slice with a smaller share of the rows is small."
    )
    min_n: int | None = Field(default=None, ge=1, description="A slice with fewer rows is small.")
    small: Literal["report", "judge"] = Field(
        default="report", description="Whether small slices are shown only, or judged too."
    )

    @field_validator("min_share")
    @classmethod
    def _share(cls, value: Exact | None) -> Exact | None:
        if value is not None and not 0 <= value.value < 1:
            raise ValueError(f"must be a share from 0 to below 1, got {value.text}")
        return value


class RequireModel(Strict):
    """Exactly one requirement."""

    model_config = ConfigDict(json_schema_extra=_exactly_one_of(*((key,) for key in REQUIRE_KEYS)))

    at_least: Bound | None = Field(
        default=None,
        description="Lowest value: a number, a fraction, $parameter, or {from: declared.<measure>}.",
    )
    at_most: Bound | None = Field(default=None, description="Highest value, as for at_least.")
    drop_at_most: Bound | None = Field(
        default=None,
        description="How much worse than the last release it may be, whichever direction is better.",
    )
    present_for: ColumnLists | None = Field(
        default=None, description="Columns for whose every group there must be a measurement."
    )
    versus: Literal["last_release"] | None = Field(
        default=None, description="With drop_at_most: what is compared with."
    )
    paired: bool | None = Field(
        default=None, description="With drop_at_most: true, on the same rows."
    )
    first_release: Literal["not-applicable"] | None = Field(
        default=None,
        description="With drop_at_most: it does not apply as long as nothing was released.",
    )

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

    n_at_least: int = Field(ge=1, description="With fewer rows the outcome is inconclusive.")


class SampleModel(Strict):
    """What a manual sample must have come to."""

    n_at_least: int = Field(ge=1, description="Items that people must have looked at.")
    accepted_at_least: Number = Field(description="Share of them that must have been accepted.")

    @field_validator("accepted_at_least")
    @classmethod
    def _share(cls, value: Exact) -> Exact:
        if not 0 <= value.value <= 1:
            raise ValueError(f"must be a share from 0 to 1, got {value.text}")
        return value


class DocumentModel(Strict):
    """A document that somebody signs for: what a rule asks for that no audit can measure."""

    document: str = Field(
        pattern=DOCUMENT_ID, description="Its name in kebab-case, e.g. risk-management-file."
    )
    roles: list[str] = Field(
        default=[], description="Roles of which a signer must have one, e.g. [legal]."
    )
    max_age_days: int | None = Field(
        default=None, ge=1, le=3660, description="Days after the signature during which it counts."
    )
    sample: SampleModel | None = Field(
        default=None, description="What a manual sample must have come to."
    )


class RuleModel(Strict):
    """One rule: about a measure, or about a signed document."""

    model_config = ConfigDict(
        json_schema_extra=_exactly_one_of(("measure", "require"), ("evidence",))
    )

    id: str = Field(pattern=RULE_ID, description="Id of the rule; waivers and reports name it.")
    title: str = Field(min_length=1, description="What is asked, as one sentence for a reader.")
    severity: SeverityWord = Field(
        description="block stops a release, warn warns, info changes no verdict."
    )
    measure: str | None = Field(
        default=None,
        pattern=MEASURE_KEY,
        description="<audit>.<measure>; assay list measures shows all.",
    )
    require: RequireModel | None = Field(default=None, description="What is asked of the measure.")
    evidence: DocumentModel | None = Field(
        default=None, description="The document that is asked for, instead of a measure."
    )
    basis: Literal["law", "guidance", "standard", "policy_choice"] = Field(
        description="On whose authority; printed beside every limit. law only where a law sets the number."
    )
    slices: SlicesModel | None = Field(
        default=None, description="Slices that are judged; without it all rows together."
    )
    datasets: list[str] | None = Field(
        default=None, min_length=1, description="Data sets that are judged; without it every one."
    )
    decide_on: DecideOnWord | None = Field(
        default=None,
        description="interval: the whole interval must clear the limit; point, lower, upper: that value alone.",
    )
    multiplicity: Literal["holm", "none"] = Field(
        default="holm", description="How the number of blocking findings is accounted for."
    )
    needs: NeedsModel | None = Field(
        default=None, description="What a measurement must rest on before it is judged."
    )
    clauses: list[str] = Field(
        default=[], description="Ids of the clause register, e.g. nyc-ll144/5-301-b."
    )
    why: str = Field(default="", description="Why it is asked, for whoever must live with it.")
    fix: str = Field(default="", description="What to do when it is not met.")
    applies_when: ConditionsModel | None = Field(
        default=None, description="When the rule applies; always without it."
    )

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
