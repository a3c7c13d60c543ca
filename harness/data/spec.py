"""What to read: one table of examples, one of predictions, one of group values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.records import GroupPlan

if TYPE_CHECKING:
    from harness.data.memory import MemoryTable


@dataclass(frozen=True, slots=True)
class HubTable:
    """A data set of the Hugging Face hub.

    Attributes:
        id: ``owner/name``, or a name alone.
        subset: Its configuration; None where it has one.
        revision: Commit, branch or tag; None for the newest.
    """

    id: str
    subset: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class GroupsFile:
    """Group values that are held apart from the rows and joined by id.

    Attributes:
        path: The file, any format that a data set may have.
        id: Its id column; values equal the ``id`` column of the data set.
        columns: Columns that become groups.
        encoding: Codec of the text formats.
    """

    path: Path
    id: str
    columns: tuple[str, ...]
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of examples and the role of its columns.

    Attributes:
        path: The file; its suffix chooses the format. Or a folder that ``datasets`` wrote, or one of
            Parquet files.
        text: Column of the text, or two columns for pairs; None where only stored predictions are
            audited and the rows hold no text.
        label: Column of the true class; None without labels.
        id: Column of unique ids; None to use the content of the row.
        groups: Columns of sensitive features. A column that ``groups_file`` also names is taken
            from there.
        group_plans: Group column → what is planned of it; columns without a plan need no entry.
        separators: Group column → what stands between the groups of one cell, for text formats.
        control: Columns of control features.
        cluster: Column of what belongs together, such as a template or a person.
        rationale: Column of the words or positions that people marked.
        member: Column that says whether a row was in the training data of a given model.
        weight: Column of weights, finite and >= 0.
        time: Column of moments, kept as text.
        split_by: Column whose values stay together when the file is split.
        groups_file: Separately held group values; needs ``id``.
        encoding: Any text codec of Python; UTF-8 is read with or without a byte order mark.
        label_values: Raw value → class name. When given, class ids are no longer read as labels.
        limit: Size of a seeded stratified sample; None for all rows.
        licence: Licence of the data, as declared.
        memory: The table itself, where it is in memory; ``path`` is then only what it is called.
        hub: The data set of the hub, where it comes from there; ``path`` is then not used.
        split: Which part of a folder or of a hub data set; None where there is one.
        where: Path of the table in the config, for messages.
        place: ``file:line`` of the table in the config, for messages.
    """

    path: Path
    text: str | tuple[str, ...] | None = None
    text_roles: tuple[str, ...] = ("text", "pair")
    label: str | None = None
    id: str | None = None
    groups: tuple[str, ...] = ()
    group_plans: Mapping[str, GroupPlan] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    control: tuple[str, ...] = ()
    cluster: str | None = None
    rationale: str | None = None
    member: str | None = None
    weight: str | None = None
    time: str | None = None
    split_by: str | None = None
    groups_file: GroupsFile | None = None
    encoding: str = "utf-8"
    label_values: Mapping[str, str] | None = None
    limit: int | None = None
    licence: str | None = None
    memory: MemoryTable | None = None
    hub: HubTable | None = None
    split: str | None = None
    where: str = "data"
    place: str = ""

    @property
    def name(self) -> str:
        """How records and messages call the table."""
        return table_name(self.path, self.hub, self.split)

    @property
    def own_groups(self) -> tuple[str, ...]:
        """Group columns that stand in the table itself."""
        apart = self.groups_file.columns if self.groups_file else ()
        return tuple(column for column in self.groups if column not in apart)

    @property
    def all_groups(self) -> tuple[str, ...]:
        """Group columns of the table and of the groups file, each once, in the order given."""
        apart = self.groups_file.columns if self.groups_file else ()
        return tuple(dict.fromkeys((*self.groups, *apart)))

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns of the inputs: none, the text, or the two of a pair."""
        if self.text is None:
            return ()
        return (self.text,) if isinstance(self.text, str) else self.text

    def single_roles(self) -> dict[str, str]:
        """Return role → column for the given roles that have one column, except the text."""
        roles = {
            "id": self.id,
            "label": self.label,
            "cluster": self.cluster,
            "rationale": self.rationale,
            "member": self.member,
            "weight": self.weight,
            "time": self.time,
            "split_by": self.split_by,
        }
        return {role: column for role, column in roles.items() if column is not None}

    def roles(self) -> dict[str, str | list[str]]:
        """Return role → column, or list of columns, for the record."""
        text: dict[str, str | list[str]] = {}
        if self.text is not None and self.text_roles == ("text", "pair"):
            text = {"text": self.text} if isinstance(self.text, str) else {"pair": list(self.text)}
        elif self.text is not None:
            text = dict(zip(self.text_roles, self.text_columns, strict=False))
        many = {"groups": list(self.all_groups), "control": list(self.control)}
        apart = {"groups_file": self.groups_file.path.name} if self.groups_file else {}
        return {
            **text,
            **self.single_roles(),
            **{role: columns for role, columns in many.items() if columns},
            **apart,
        }

    def wanted(self) -> dict[str, str]:
        """Return key path in the config → column that must stand in the table."""
        texts = dict(zip(self.text_roles, self.text_columns, strict=False))
        groups = {f"groups.{column}": column for column in self.own_groups}
        control = {f"control.{column}": column for column in self.control}
        named = {**texts, **self.single_roles(), **groups, **control}
        return {f"{self.where}.{key}": column for key, column in named.items()}


@dataclass(frozen=True, slots=True)
class PredictionsSpec:
    """A table of stored predictions.

    Attributes:
        path: The file; it may be the data set's own file.
        id: Column of ids that match the data set's ``id`` column; None to match by row position.
        scores: Columns of class probabilities in the order of the classes. Two classes may have
            one column: the probability of class 1.
        decision: Column of decisions, class names or ids; None takes the class of the highest
            score.
        split: Which part of a folder that ``datasets`` wrote; None where there is one.
        encoding: Codec of the text formats.
        label_values: Raw decision → class name.
        memory: The table itself, where it is in memory; ``path`` is then only what it is called.
        is_lm_eval: Whether that table was made of the samples of lm-evaluation-harness in ``path``.
        where: Path of the table in the config, for messages.
        place: ``file:line`` of the table in the config, for messages.
    """

    path: Path
    id: str | None = None
    scores: tuple[str, ...] | None = None
    decision: str | None = None
    encoding: str = "utf-8"
    label_values: Mapping[str, str] | None = None
    memory: MemoryTable | None = None
    split: str | None = None
    is_lm_eval: bool = False
    where: str = "model.predictions"
    place: str = ""

    @property
    def name(self) -> str:
        """How records and messages call the table."""
        return table_name(self.path, None, self.split)

    def wanted(self) -> dict[str, str]:
        """Return key path in the config → column that must stand in the table."""
        named = {f"scores.{i}": column for i, column in enumerate(self.scores or ())}
        if self.id is not None:
            named["id"] = self.id
        if self.decision is not None:
            named["decision"] = self.decision
        return {f"{self.where}.{key}": column for key, column in named.items()}


def table_name(path: Path, hub: HubTable | None, split: str | None) -> str:
    """Return how records and messages call a table: file name, or hub id, with subset and split."""
    parts = [part for part in (hub and hub.subset, split) if part]
    return (hub.id if hub else path.name) + (f" ({', '.join(parts)})" if parts else "")
