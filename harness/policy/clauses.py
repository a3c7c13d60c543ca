"""The clause register: each clause of a law, standard or guidance that policies cite is a dated record."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, RootModel, ValidationError, model_validator

from harness.errors import PolicyError, raise_all
from harness.policy.exact import Exact
from harness.policy.values import Day, Number, Strict
from harness.yamlfile import YamlFile, read_yaml, spelt, validation_problems

ClauseStatus = Literal["in_force", "adopted_not_yet", "proposed", "superseded", "withdrawn"]
CLAUSE_ID = spelt(
    r"^[a-z0-9]+([.-][a-z0-9]+)*/[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$",
    "be <source>/<clause>, such as nyc-ll144/5-301-d",
)
_URL = spelt(r"^https?://[^\s]+$", "begin with https:// or http:// and hold no spaces")
OVER: tuple[ClauseStatus, ...] = ("superseded", "withdrawn")
"""Statuses of clauses that no longer hold."""
FOLDER = "clauses"
_PLACEHOLDER = re.compile(
    r"(user:|group:)?\W*(t\W?b\W?[dac]|todo|fixme|n\W?a|none|null|nobody|no ?one|unknown|somebody|someone"
    r"|x+|name|me|placeholder|change.?me)?\W*",
    re.IGNORECASE,
)


class SourceModel(Strict):
    """Where a clause can be read."""

    url: str = Field(pattern=_URL, description="Where the text itself stands.")
    read_via: str | None = Field(
        default=None, min_length=1, description="The page that was read, where it was another one."
    )


class ClauseModel(Strict):
    """One clause, in our own words: a dated record of what it says and where that was read."""

    id: str = Field(pattern=CLAUSE_ID, description="<source>/<clause>, e.g. nyc-ll144/5-301-b.")
    title: str = Field(min_length=1, description="What it is about, in a few words.")
    says: str = Field(min_length=1, description="Our own summary; never a copy of a standard.")
    sets_number: bool = Field(
        description="Whether the clause itself sets a pass mark. Only then may a rule of basis law carry "
        "a literal limit."
    )
    numbers: dict[str, Number] = Field(
        default={}, description="Numbers that stand in the text, by a name that carries the unit."
    )
    status: ClauseStatus = Field(description="Whether it holds today.")
    applies_from: Day | None = Field(default=None, description="First day on which it applies.")
    applies_until: Day | None = Field(default=None, description="Last day on which it applies.")
    applies_to: str | None = Field(
        default=None, min_length=1, description="Whom or what it is about, in words."
    )
    superseded_by: str | None = Field(
        default=None,
        min_length=1,
        description="Id of the clause, or name of the text, that follows.",
    )
    source: SourceModel
    checked_on: Day = Field(description="When somebody last compared this record with the source.")
    checked_by: str = Field(min_length=1, description="Who compared it, e.g. user:li.wei.")
    notes: str = Field(default="", description="What a reader must know before relying on it.")
    replaces_shipped: bool = Field(
        default=False,
        description="In a user's own file: this record stands in the place of the shipped one.",
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> ClauseModel:
        if self.applies_from and self.applies_until and self.applies_until < self.applies_from:
            raise ValueError(
                f"applies_until must not lie before applies_from, got {self.applies_until}"
            )
        if self.superseded_by is not None and self.status not in OVER:
            raise ValueError(
                f"superseded_by must stand only with status superseded or withdrawn, got {self.status}"
            )
        return self


class ClausesModel(RootModel[list[ClauseModel]]):
    """A clause file: a list of clauses."""

    model_config = ConfigDict(defer_build=True)  # no gate reads clauses


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, as its record says.

    Attributes:
        says: What it asks, in our own words.
        sets_number: Whether the text itself sets a pass mark.
        numbers: Numbers of the text, by name.
        applies_from, applies_until: First and last day on which it applies; None where unknown or open.
        applies_to: Whom or what it is about.
        url, read_via: Where the text stands, and the page that was read instead.
        checked_on, checked_by: When and by whom the record was last compared with its source.
        place: ``file:line``.
        is_shipped: Whether it came with Modelassay.
    """

    id: str
    title: str
    says: str
    sets_number: bool
    status: ClauseStatus
    url: str
    checked_on: str
    checked_by: str
    place: str
    read_via: str | None = None
    numbers: dict[str, Exact] = field(default_factory=dict)
    applies_from: str | None = None
    applies_until: str | None = None
    applies_to: str | None = None
    superseded_by: str | None = None
    notes: str = ""
    is_shipped: bool = False
    replaces_shipped: bool = False

    @property
    def is_over(self) -> bool:
        """True for a clause that no longer holds."""
        return self.status in OVER

    @property
    def is_checked_by_nobody(self) -> bool:
        """True where a placeholder stands for the person who checked the record."""
        return _PLACEHOLDER.fullmatch(self.checked_by.strip()) is not None


def read_clauses(*folders: Path) -> dict[str, Clause]:
    """Read the clauses that ship, and those that lie in ``clauses/`` beside a user's own policies.

    Args:
        folders: Folders of policies; without one only what ships is read.

    Returns:
        Clause id → clause, sorted by id.

    Raises:
        PolicyError: With every problem of every file; the same id twice is one, unless the user's record
            says ``replaces_shipped: true``.
    """
    shipped: list[Path] = importlib.import_module("policies").clause_files()
    beside = dict.fromkeys((folder / FOLDER).resolve() for folder in folders)
    own = [path for one in beside for path in sorted(one.glob("*.yaml"))]
    is_shipped = {path.resolve() for path in shipped}
    found, problems = _read([*shipped, *(path for path in own if path not in is_shipped)])
    clauses: dict[str, Clause] = {}
    for clause in found:
        earlier = clauses.get(clause.id)
        if earlier is not None and not (earlier.is_shipped and clause.replaces_shipped):
            problems.append(_twice(clause, earlier))
        clauses[clause.id] = clause
    raise_all(PolicyError, problems)
    return dict(sorted(clauses.items()))


def read_clause_file(path: Path, *, is_shipped: bool = False) -> tuple[Clause, ...]:
    """Read one clause file.

    Raises:
        PolicyError: With every problem, each with ``file:line``.
    """
    file = read_yaml(path, error=PolicyError)
    try:
        model = ClausesModel.model_validate(file.data)
    except ValidationError as err:
        known = [*ClauseModel.model_fields, *SourceModel.model_fields]
        raise PolicyError(*validation_problems(err, file, known=known)) from err
    return tuple(
        _clause(item, file, position, is_shipped=is_shipped)
        for position, item in enumerate(model.root)
    )


def _read(paths: Iterable[Path]) -> tuple[list[Clause], list[str]]:
    found: list[Clause] = []
    problems: list[str] = []
    shipped = Path(importlib.import_module("policies").__file__ or "").parent
    for path in paths:
        try:
            found += read_clause_file(path, is_shipped=path.is_relative_to(shipped))
        except PolicyError as err:
            problems += err.problems
    return found, problems


def _clause(model: ClauseModel, file: YamlFile, position: int, *, is_shipped: bool) -> Clause:
    return Clause(
        id=model.id,
        title=model.title,
        says=model.says.strip(),
        sets_number=model.sets_number,
        status=model.status,
        url=model.source.url,
        checked_on=model.checked_on,
        checked_by=model.checked_by,
        place=file.place((position,)),
        read_via=model.source.read_via,
        numbers=dict(model.numbers),
        applies_from=model.applies_from,
        applies_until=model.applies_until,
        applies_to=model.applies_to,
        superseded_by=model.superseded_by,
        notes=model.notes.strip(),
        is_shipped=is_shipped,
        replaces_shipped=model.replaces_shipped,
    )


def _twice(clause: Clause, earlier: Clause) -> str:
    do = (
        "Write replaces_shipped: true in your own record to put it in the place of the shipped one."
        if earlier.is_shipped and not clause.is_shipped
        else "Keep one of the two."
    )
    return (
        f"A clause must have an id of its own, got {clause.id!r} at {clause.place} and at "
        f"{earlier.place}. {do}"
    )
