"""The ``data`` section: tables of examples, what their columns are, and which rows teach, choose and judge."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from harness.config.section import Columns, Section
from harness.errors import nearest


def _raw_values(value: Any) -> Any:
    """YAML reads 0 and true as a number and a truth value; the file holds them as text."""
    if isinstance(value, dict):
        return {str(key) if isinstance(key, int) else key: name for key, name in value.items()}
    return value


RawValues = Annotated[
    dict[str, str], BeforeValidator(_raw_values, json_schema_input_type=dict[str, str])
]
Share = Annotated[float, Field(gt=0, lt=1)]


def _text(value: Any) -> Any:
    """YAML reads 1 and true as a number and a truth value; the cells hold them as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def _reasons(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(
            f"must say why each group is left out of comparisons, {{group: reason}}, got {value!r}"
        )
    for group, reason in value.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(
                f"must say why {group!r} is left out of comparisons, got {reason!r}; write a reason "
                "that a reader of the report can judge"
            )
    return {_text(key): reason for key, reason in value.items()}


GroupName = Annotated[
    str, BeforeValidator(_text, json_schema_input_type=str | int | bool), Field(min_length=1)
]


class GroupColumnConfig(Section):
    """A group column and what is planned of it, before anything is predicted.

    Attributes:
        column: name of the column
    """

    column: str
    separator: str | None = Field(
        default=None,
        min_length=1,
        description="a cell holds several groups with this between them: they overlap; cells that "
        "are lists (JSON Lines, Parquet) need none",
        examples=["|"],
    )
    values: list[GroupName] | None = Field(
        default=None,
        min_length=2,
        description="names of the groups; what else stands there is counted as (unknown)",
    )
    reference: GroupName | None = Field(
        default=None, description="group that the others are compared with"
    )
    exclude: Annotated[
        dict[GroupName, str],
        BeforeValidator(_reasons, json_schema_input_type=dict[str, str]),
    ] = Field(
        default_factory=dict,
        description="group → why it is left out of comparisons; it is counted and reported",
        examples=[{"other": "fewer than 2 % of the rows, see memo 12"}],
    )

    @model_validator(mode="after")
    def _check(self) -> GroupColumnConfig:
        problems = []
        known = self.values or []
        doubled = sorted({one for one in known if known.count(one) > 1})
        if doubled:
            problems.append(f"values must be distinct, got {', '.join(doubled)} more than once")
        named = {"reference": [self.reference] if self.reference else [], "exclude": self.exclude}
        for key, names in named.items():
            problems += [
                f"{key} must be one of the values, got {name!r}.{nearest(name, known)}"
                for name in names
                if known and name not in known
            ]
        if self.reference is not None and self.reference in self.exclude:
            problems.append(f"reference must not be excluded, got {self.reference!r} in both")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _group_columns(value: Any) -> Any:
    value = [value] if isinstance(value, str | dict) else value
    if not isinstance(value, list):
        return value
    names = [one.get("column") if isinstance(one, dict) else one for one in value]
    doubled = sorted({str(name) for name in names if name and names.count(name) > 1})
    if doubled:
        raise ValueError(f"must name each column once, got {', '.join(doubled)} more than once")
    return value


def _is_planned(value: Any) -> str:
    return "dict" if isinstance(value, dict | GroupColumnConfig) else "str"


# by the look of the value: a plain union would report the mistakes of both kinds
_GroupColumn = Annotated[
    Annotated[str, Tag("str")] | Annotated[GroupColumnConfig, Tag("dict")],
    Discriminator(_is_planned),
]
GroupColumns = Annotated[
    list[_GroupColumn],
    BeforeValidator(
        _group_columns,
        json_schema_input_type=str | GroupColumnConfig | list[str | GroupColumnConfig],
    ),
]


class GroupsFileConfig(Section):
    """Group columns that are held in a file of their own, joined by id.

    Attributes:
        path: table, relative to the config
        id: its column that matches the table's id
        columns: its group columns
        encoding: of a CSV or TSV file
    """

    path: str
    id: str
    columns: Columns
    encoding: str = "utf-8"


class TableConfig(Section):
    """One table of examples and what its columns are.

    Attributes:
        label: column of the true class
        id: column that names each row
        control: columns that comparisons hold fixed
        rationale: column that marks what people called decisive
        member: column that says whether a row was learnt from
        weight: column of weights
        time: column of moments
        encoding: of a CSV or TSV file
        licence: under which the data may be used
    """

    path: str | None = Field(
        default=None,
        description="CSV, TSV, JSON Lines or Parquet; or a folder that Hugging Face datasets wrote "
        "(save_to_disk), or one of Parquet files; relative to the config",
    )
    hub: str | None = Field(
        default=None,
        description="id of a data set on the Hugging Face hub, instead of path; its scripts are "
        "never run",
        examples=["owner/name"],
    )
    subset: str | None = Field(default=None, description="configuration of a hub data set")
    split: str | None = Field(
        default=None, description="part of a hub data set, or of a folder that holds several"
    )
    revision: str | None = Field(
        default=None, description="commit, branch or tag of a hub data set"
    )
    text: str | None = Field(
        default=None,
        description="column that holds the text; may be left out with model.predictions",
    )
    pair: str | None = Field(default=None, description="column that holds a second text")
    prompt: str | None = Field(
        default=None,
        description="column of what a language model is given; it is read, and not scored",
    )
    completion: str | None = Field(
        default=None, description="column of what should follow the prompt; it is scored"
    )
    choices: Columns = Field(
        default_factory=list,
        description="columns of a row's own candidates, one for each label, for multiple-choice",
        examples=[["ans0", "ans1", "ans2"]],
    )
    label: str | None = None
    id: str | None = None
    groups: GroupColumns = Field(
        default_factory=list,
        description="sensitive feature columns; a mapping says what is planned of one",
        examples=[["religion", {"column": "identities", "separator": "|", "reference": "none"}]],
    )
    groups_file: GroupsFileConfig | None = None
    control: Columns = Field(default_factory=list)
    cluster: str | None = Field(
        default=None, description="rows with the same value are not independent"
    )
    rationale: str | None = None
    member: str | None = None
    weight: str | None = None
    time: str | None = None
    encoding: str = Field(default="utf-8", examples=["utf-8", "gb18030"])
    label_values: RawValues | None = Field(
        default=None, description="value in the file → class name"
    )
    limit: int | None = Field(
        default=None, ge=1, description="use a seeded stratified sample of this many rows"
    )
    licence: str | None = None

    @model_validator(mode="after")
    def _check(self) -> TableConfig:
        if (self.path is None) == (self.hub is None):
            raise ValueError("either path or hub must be given")
        given = [name for name in ("subset", "revision") if getattr(self, name) is not None]
        if self.hub is None and given:
            raise ValueError(f"{' and '.join(given)} must not be given with path, only with hub")
        return self


class ValidationShare(Section):
    """A seeded share of train; clusters stay together.

    Attributes:
        share: part of train, from 0 to 1
    """

    share: Share


class SplitConfig(Section):
    """One file, split once: a seeded share becomes the test set.

    Attributes:
        test: part that becomes the test set, from 0 to 1
    """

    test: Share
    by: str | None = Field(default=None, description="column whose values stay on one side")


def _named_tests(value: Any) -> Any:
    if isinstance(value, dict) and ("path" in value or "hub" in value):
        return {"test": value}
    return value


def _validation(value: Any) -> Any:
    if isinstance(value, dict) and "share" in value:
        return ValidationShare.model_validate(value)
    if isinstance(value, dict):
        return TableConfig.model_validate(value)
    return value


class DataConfig(Section):
    """Which rows teach, which choose, and which judge."""

    train: TableConfig | None = None
    validation: Annotated[
        ValidationShare | TableConfig | None,
        BeforeValidator(_validation, json_schema_input_type=ValidationShare | TableConfig | None),
    ] = None
    split: SplitConfig | None = None
    test: Annotated[
        dict[str, TableConfig] | None,
        BeforeValidator(
            _named_tests, json_schema_input_type=TableConfig | dict[str, TableConfig] | None
        ),
    ] = Field(default=None, description="one table, or several by name")

    @model_validator(mode="after")
    def _check(self) -> DataConfig:
        problems = []
        if self.test is None and self.split is None:
            problems.append("a test table (or split: {test: 0.2}) must be given")
        if self.test is not None and self.split is not None:
            problems.append("test and split exclude each other")
        if self.split is not None and self.train is None:
            problems.append("split needs train, the file that is split")
        for name in self.test or {}:
            if name in ("train", "validation", "all", "") or not _is_name(name):
                problems.append(f"a test set must have a plain name of its own, got {name!r}")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _is_name(text: str) -> bool:
    return text.replace("-", "").replace("_", "").replace(".", "").isalnum() and len(text) <= 60
