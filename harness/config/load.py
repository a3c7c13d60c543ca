"""From the file to a ``RunConfig``: secrets from the environment, cross checks, places."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from harness.config.models import (
    BudgetConfig,
    LabelsFile,
    PredictionsConfig,
    RunConfig,
    TableConfig,
    ValidationShare,
)
from harness.config.section import Section
from harness.config.training import option_problems
from harness.errors import ConfigError, Phrase, UsageError, must, nearest, raise_all
from harness.redaction import redact_data, register_secret
from harness.yamlfile import YamlFile, parse_yaml, read_yaml, validation_problems

if TYPE_CHECKING:
    from harness.data import MemoryTable
    from harness.records import Task

_PREDICTIONS = "model.predictions"
_ENV = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")


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


def load_config(path: Path) -> LoadedConfig:
    """Read ``assay.yaml``.

    Raises:
        ConfigError: With every mistake in it, each with ``file:line``.
    """
    return check_config(read_yaml(path, error=ConfigError), base=path.parent)


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
) -> LoadedConfig:
    """Validate parsed YAML; see ``load_config``.

    Args:
        file: Its values and their places.
        base: Folder that relative paths start from.
        tables: Data set → rows in memory; the paths of the others must be files.
        predictions: Stored predictions in memory.
    """
    from harness.records import Task

    problems: list[str] = []
    data = _with_environment(file.data, file, (), problems)
    without_text = _text_problems(data, file)
    try:
        config = RunConfig.model_validate(data)
    except ValidationError as err:
        found = validation_problems(err, file, known=_known_keys())
        if ("data", "test", "path") in file.lines:  # one table, written without a name
            found = [one.replace("data.test.test.", "data.test.", 1) for one in found]
        raise ConfigError(*problems, *found, *without_text) from err
    problems += without_text
    classes = _classes(config, file, base, problems)
    in_memory = {*(tables or {}), *((_PREDICTIONS,) if predictions is not None else ())}
    problems += _cross_problems(config, file, base, classes, in_memory)
    raise_all(ConfigError, problems)
    task = Task(
        kind=config.task.kind,
        modality="text",
        classes=tuple(classes),
        favourable=config.task.favourable,
    )
    return LoadedConfig(
        config=config,
        file=file,
        base=base,
        task=task,
        tables=tables or {},
        predictions=predictions,
    )


def _classes(config: RunConfig, file: YamlFile, base: Path, problems: list[str]) -> list[str]:
    labels = config.task.labels
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


def _cross_problems(
    config: RunConfig,
    file: YamlFile,
    base: Path,
    classes: list[str],
    in_memory: Collection[str],
) -> list[str]:
    problems = _table_problems(config, file, base, classes, in_memory)
    model = config.model
    if model.predictions is not None:
        has_file = _PREDICTIONS not in in_memory
        problems += _predictions_problems(
            config, model.predictions, file, base if has_file else None
        )
    problems += _train_problems(config, file, classes)
    problems += _adapter_problems(config, file, base)
    if (
        config.trust_code
        and model.base is not None
        and model.revision is None
        and not (base / model.base).exists()
    ):
        problems.append(
            f"model.revision must be given ({file.place(('trust_code',))}): foreign code runs only from a pinned commit."
        )
    if config.policy.file is not None and not (base / config.policy.file).is_file():
        problems.append(
            must(
                "policy.file",
                "be a readable file",
                config.policy.file,
                place=file.place(("policy", "file")),
            )
        )
    return problems


def _train_problems(config: RunConfig, file: YamlFile, classes: list[str]) -> list[str]:
    problems: list[str] = []
    model, train = config.model, config.train
    if model.architecture is not None and train is None:
        problems.append(
            f"train must be given ({file.place(('model', 'architecture'))}): a new model knows nothing yet."
        )
    if train is None:
        return problems
    if config.data.train is None:
        problems.append(
            f"data.train must be given ({file.place(('data',))}): train asks for a fine-tuning."
        )
    elif config.data.train.label is None:
        problems.append(
            f"data.train.label must be given ({file.place(('data', 'train'))}): training needs labels."
        )
    if train.method == "lora" and model.architecture is not None:
        got = Phrase("lora for a new model, which has no base")
        do = "Train a new model with method full, or give model.base."
        place = file.place(("train", "method"))
        problems.append(must("train.method", "be full", got, place=place, do=do))
    problems += option_problems(train, classes, lambda *steps: file.place(steps))
    return problems


def _adapter_problems(config: RunConfig, file: YamlFile, base: Path) -> list[str]:
    adapter = config.model.adapter
    if adapter is None:
        return []
    place = file.place(("model", "adapter"))
    problems = []
    if not (base / Path(adapter).expanduser()).is_dir():
        problems.append(must("model.adapter", "be a folder", adapter, place=place))
    if config.train is not None:
        do = "Remove train to audit the adapter, or model.adapter to train a new one on the base."
        got = Phrase("an adapter that is trained already, beside train")
        problems.append(must("model.adapter", "be absent", got, place=place, do=do))
    return problems


def table_steps(file: YamlFile, name: str) -> tuple[str, ...]:
    """Return the key path of a data set's table: one test set may stand without its name."""
    is_alone = any(("data", "test", key) in file.lines for key in ("path", "hub"))
    if name in ("train", "validation") or is_alone:
        return ("data", name)
    return ("data", "test", name)


def _tables(config: RunConfig) -> list[tuple[str, TableConfig]]:
    data = config.data
    named = [("train", data.train), ("validation", data.validation), *(data.test or {}).items()]
    return [(name, table) for name, table in named if isinstance(table, TableConfig)]


def _table_problems(
    config: RunConfig,
    file: YamlFile,
    base: Path,
    classes: list[str],
    in_memory: Collection[str],
) -> list[str]:
    problems = []
    for name, table in _tables(config):
        steps = table_steps(file, name)
        where = ".".join(steps)
        for key, shown in (
            ("path", None if name in in_memory else table.path),
            ("groups_file", table.groups_file and table.groups_file.path),
        ):
            if shown and not (base / Path(shown).expanduser()).exists():
                problems.append(
                    must(
                        f"{where}.{key}",
                        "be a readable file or folder",
                        shown,
                        place=file.place((*steps, key)),
                    )
                )
        for value, label in (table.label_values or {}).items():
            if classes and label not in classes:
                problems.append(
                    must(
                        f"{where}.label_values.{value}",
                        "be one of the task's labels",
                        label,
                        place=file.place((*steps, "label_values", value)),
                        do=nearest(label, classes).strip(),
                    )
                )
    return problems


def _text_problems(data: Any, file: YamlFile) -> list[str]:
    """Say which tables lack a text that a model would read; ``data`` is not validated yet.

    Stored predictions can be audited without texts, so the field itself is optional; this is found
    beside the mistakes of all other fields, not after them.
    """
    model = data.get("model") if isinstance(data, dict) else None
    has_predictions = isinstance(model, dict) and model.get("predictions") is not None
    problems = []
    for steps, table in _written_tables(data, file):
        place = f"{'.'.join(steps)}.text must be given ({file.place(steps)})"
        if table.get("text") is not None:
            continue
        if not has_predictions:
            do = "Only tables that are audited with model.predictions may lack them."
            problems.append(f"{place}: a model reads texts. {do}")
        elif table.get("pair") is not None:
            problems.append(f"{place}: pair is the second text.")
    return problems


def _written_tables(data: Any, file: YamlFile) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    section = data.get("data") if isinstance(data, dict) else None
    if not isinstance(section, dict):
        return []
    found: list[tuple[tuple[str, ...], Any]] = [
        (("data", name), section.get(name)) for name in ("train", "validation", "test")
    ]
    tests = section.get("test")
    if isinstance(tests, dict):
        found += [(("data", "test", str(name)), table) for name, table in tests.items()]
    return [
        (steps, table)
        for steps, table in found
        if isinstance(table, dict) and ("path" in table or "hub" in table)
    ]


def _predictions_problems(
    config: RunConfig, predictions: PredictionsConfig, file: YamlFile, base: Path | None
) -> list[str]:
    problems = []
    place = file.place(("model", "predictions"))
    if base is not None and not (base / Path(predictions.path).expanduser()).exists():
        problems.append(
            must(
                "model.predictions.path",
                "be a readable file or folder",
                predictions.path,
                place=place,
            )
        )
    if config.train is not None:
        problems.append(
            f"train must not be given ({file.place(('train',))}): stored predictions cannot be trained."
        )
    if config.data.split is not None or len(config.data.test or {}) != 1:
        problems.append(
            f"data.test must be exactly one table ({file.place(('data',))}): the predictions belong to it."
        )
    return problems


def _with_environment(
    value: Any, file: YamlFile, steps: tuple[str | int, ...], problems: list[str]
) -> Any:
    if isinstance(value, dict):
        return {
            key: _with_environment(item, file, (*steps, str(key)), problems)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _with_environment(item, file, (*steps, i), problems) for i, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        secret = os.environ.get(name)
        if secret is None:
            problems.append(
                f"{'.'.join(map(str, steps))} must find the environment variable {name}, got none "
                f"({file.place(steps)}). Set it, or write the value."
            )
            return ""
        register_secret(secret)
        return secret

    return _ENV.sub(fill, value)


def _known_keys() -> list[str]:
    found: set[str] = set()
    pending: list[type[BaseModel]] = [RunConfig, ValidationShare, *Section.__subclasses__()]
    for model in pending:
        found |= set(model.model_fields)
    return sorted(found)
