"""Which columns each kind of task reads: a classifier texts, a language model prompts and candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.config.models import RunConfig
from harness.config.tables import TableConfig
from harness.errors import Phrase, must
from harness.records import TEXT_GENERATION
from harness.yamlfile import YamlFile

_FOREIGN: dict[str, tuple[str, ...]] = {
    "text-classification": ("prompt", "completion", "choices"),
    "prompted-classification": ("prompt", "completion", "choices"),
    "multiple-choice": ("prompt", "completion", "pair"),
    TEXT_GENERATION: ("pair", "choices", "label", "label_values"),
}
"""Kind of task → roles of a table that it does not read."""

_INSTEAD = {
    "text-classification": "text (and pair)",
    "prompted-classification": "text, and asks by task.prompt",
    "multiple-choice": "text and choices",
    TEXT_GENERATION: "text, or prompt and completion; nothing is decided",
}

_Steps = tuple[str, ...]


def language_problems(
    config: RunConfig,
    tables: Sequence[tuple[_Steps, TableConfig]],
    file: YamlFile,
    classes: Sequence[str],
) -> list[str]:
    """Return what is wrong with the roles of the tables for this kind of task.

    Args:
        config: The validated content.
        tables: Key path of each table, and the table.
        file: For places.
        classes: Names of the classes; empty where they could not be read.
    """
    problems: list[str] = []
    for steps, table in tables:
        problems += _foreign(config.task.kind, steps, table, file)
        if config.task.kind == "multiple-choice":
            problems += _choices(steps, table, file, classes)
        if config.task.kind == TEXT_GENERATION:
            problems += _texts(config, steps, table, file)
    return problems


def _foreign(kind: str, steps: _Steps, table: TableConfig, file: YamlFile) -> Iterator[str]:
    for role in _FOREIGN[kind]:
        if getattr(table, role):
            yield (
                f"{'.'.join((*steps, role))} must not be given ({file.place((*steps, role))}): "
                f"{kind} reads {_INSTEAD[kind]}."
            )


def _choices(
    steps: _Steps, table: TableConfig, file: YamlFile, classes: Sequence[str]
) -> Iterator[str]:
    where, n = ".".join((*steps, "choices")), len(table.choices)
    if not n:
        yield f"{where} must be given ({file.place(steps)}): the columns of a row's candidates."
    elif classes and n != len(classes):
        what = f"name {len(classes)} columns, one for each label in their order"
        place = file.place((*steps, "choices"))
        yield must(where, what, Phrase(str(n)), place=place)


def _texts(config: RunConfig, steps: _Steps, table: TableConfig, file: YamlFile) -> Iterator[str]:
    where = ".".join(steps)
    if table.prompt is not None and table.text is not None:
        place = file.place((*steps, "text"))
        yield f"{where}.text must not be given beside prompt ({place}): a row is one or the other."
    if table.completion is not None and table.prompt is None:
        place = file.place((*steps, "completion"))
        yield f"{where}.completion must come with prompt ({place}): it is what should follow."
    if config.task.prompt is not None and table.prompt is None:
        place = file.place(("task", "prompt"))
        yield f"task.prompt must come with {where}.prompt ({place}): a plain text is not asked."
