"""From the file to a ``RunConfig``: secrets from the environment, cross checks, places."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from harness.config.checks import PREDICTIONS, cross_problems, table_steps, text_problems
from harness.config.environment import with_environment
from harness.config.models import (
    BudgetConfig,
    RunConfig,
)
from harness.config.section import Section
from harness.config.tables import ValidationShare
from harness.config.task import LabelsFile
from harness.errors import ConfigError, UsageError, must, raise_all
from harness.records import TARGET, Prompting
from harness.redaction import redact_data
from harness.yamlfile import YamlFile, parse_yaml, read_yaml, validation_problems

if TYPE_CHECKING:
    from harness.data import MemoryTable
    from harness.records import Task


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A config that can be carried out as far as the file alone can tell.

    Attributes:
        config: The validated content.
        file: The file, for places.
        base: Folder that relative paths start from.
        task: The task, class names resolved.
        tables: Data set → its rows, where they are in memory: what ``harness.audit`` was given. The
            ``path`` of such a table is only what records and messages call it.
        predictions: The stored predictions, where they are in memory.
    """

    config: RunConfig
    file: YamlFile
    base: Path
    task: Task
    tables: Mapping[str, MemoryTable] = field(default_factory=dict)
    predictions: MemoryTable | None = None

    def path(self, text: str) -> Path:
        """Return a path of the config, relative to the config's folder."""
        return self.base / Path(text).expanduser()

    def place(self, *steps: str | int) -> str:
        """Return ``file:line`` of a key."""
        return self.file.place(steps)

    def table_steps(self, name: str) -> tuple[str, ...]:
        """Return the key path of a data set's table, as the file writes it."""
        return table_steps(self.file, name)

    def resolved(self) -> dict[str, Any]:
        """Return the config with every default written out, secrets redacted."""
        data: dict[str, Any] = redact_data(self.config.model_dump(mode="json"))
        return data


def load_config(path: Path, *, is_ahead: bool = False) -> LoadedConfig:
    """Read ``assay.yaml``.

    Args:
        path: The file.
        is_ahead: Whether stored predictions that it names need not be there yet.

    Raises:
        ConfigError: With every mistake in it, each with ``file:line``.
    """
    return check_config(read_yaml(path, error=ConfigError), base=path.parent, is_ahead=is_ahead)


def config_from_text(text: str, *, base: Path, name: str = "assay.yaml") -> LoadedConfig:
    """Read a config from a string; see ``load_config``."""
    return check_config(parse_yaml(text.encode(), name=name, error=ConfigError), base=base)


def with_budget(
    loaded: LoadedConfig, minutes: float | None, *, where: str = "--budget"
) -> LoadedConfig:
    """Return the config with another budget of minutes; unchanged for None.

    Raises:
        UsageError: If the minutes are not a finite number above 0.
    """
    if minutes is None:
        return loaded
    if not (math.isfinite(minutes) and minutes > 0):
        do = "Leave it out to set no limit."
        raise UsageError(must(where, "be a number of minutes above 0", minutes, do=do))
    rows = loaded.config.budget.rows if loaded.config.budget else {}
    return _budgeted(loaded, float(minutes), rows)


def with_rows(loaded: LoadedConfig, rows: Mapping[str, Mapping[str, int]]) -> LoadedConfig:
    """Return the config with the sizes that a run chose within its budget, for the record."""
    minutes = loaded.config.budget.minutes if loaded.config.budget else None
    return _budgeted(loaded, minutes, rows)


def _budgeted(
    loaded: LoadedConfig, minutes: float | None, rows: Mapping[str, Mapping[str, int]]
) -> LoadedConfig:
    if minutes is None and not rows:
        return loaded
    section = BudgetConfig(
        minutes=minutes, rows={stage: dict(sizes) for stage, sizes in rows.items()}
    )
    return replace(loaded, config=loaded.config.model_copy(update={"budget": section}))


def check_config(
    file: YamlFile,
    *,
    base: Path,
    tables: Mapping[str, MemoryTable] | None = None,
    predictions: MemoryTable | None = None,
    is_ahead: bool = False,
) -> LoadedConfig:
    """Validate parsed YAML; see ``load_config``.

    Args:
        file: Its values and their places.
        base: Folder that relative paths start from.
        tables: Data set → rows in memory; the paths of the others must be files.
        predictions: Stored predictions in memory.
        is_ahead: Whether stored predictions need not be there yet.
    """
    from harness.records import Task

    problems: list[str] = []
    data = with_environment(file.data, file, (), problems)
    without_text = text_problems(data, file)
    try:
        config = RunConfig.model_validate(data)
    except ValidationError as err:
        # one table may be written without a name
        is_alone = table_steps(file, "test") == ("data", "test")
        unwritten = ("data", "test", "test") if is_alone else ()
        found = validation_problems(err, file, known=_known_keys(), unwritten=unwritten)
        raise ConfigError(*problems, *found, *without_text) from err
    problems += without_text
    classes = _classes(config, file, base, problems)
    is_held = predictions is not None or is_ahead
    in_memory = {*(tables or {}), *((PREDICTIONS,) if is_held else ())}
    problems += cross_problems(config, file, base, classes, in_memory)
    raise_all(ConfigError, problems)
    task = Task(
        kind=config.task.kind,
        modality="text" if config.task.kind == "text-classification" else "causal-lm",
        classes=tuple(classes),
        favourable=config.task.favourable,
        prompting=_prompting(config, classes),
    )
    return LoadedConfig(
        config=config,
        file=file,
        base=base,
        task=task,
        tables=tables or {},
        predictions=predictions,
    )


def _prompting(config: RunConfig, classes: Sequence[str]) -> Prompting | None:
    task = config.task
    if task.kind == "text-classification":
        return None
    given = task.completions or {}
    is_prompted = task.kind == "prompted-classification"
    return Prompting(
        template=task.prompt or "{text}",
        completions=tuple(given.get(name, f" {name}") for name in classes) if is_prompted else (),
        normalise=task.normalise,
        is_chat=task.chat,
    )


def _classes(config: RunConfig, file: YamlFile, base: Path, problems: list[str]) -> list[str]:
    labels = config.task.labels
    if labels is None:
        return [TARGET]  # nothing is decided: one number a row
    if not isinstance(labels, LabelsFile):
        return labels
    place = file.place(("task", "labels"))
    try:
        text = (base / labels.file).read_text(encoding="utf-8-sig")
        names = json.loads(text) if text.lstrip().startswith("[") else text.split("\n")
    except (OSError, ValueError):
        problems.append(
            must(
                "task.labels.file",
                "be a readable JSON list, or a text file with one name a line",
                labels.file,
                place=place,
            )
        )
        return []
    names = [str(name).strip() for name in names if str(name).strip()]
    if len(names) < 2 or len(set(names)) != len(names):
        problems.append(
            must("task.labels.file", "hold at least two distinct names", labels.file, place=place)
        )
    if config.task.favourable is not None and config.task.favourable not in names:
        problems.append(
            must("task.favourable", "be one of the labels", config.task.favourable, place=place)
        )
    return names


def _known_keys() -> list[str]:
    found: set[str] = set()
    pending: list[type[BaseModel]] = [RunConfig, ValidationShare, *Section.__subclasses__()]
    for model in pending:
        found |= set(model.model_fields)
    return sorted(found)
