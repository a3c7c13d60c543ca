"""The arguments of a call as a config: the same checks and the same words as for ``assay.yaml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import MemoryTable, memory_table
from harness.errors import AssayError, ConfigError, Phrase, must
from harness.records import Prompting, Task
from harness.yamlfile import YamlFile

if TYPE_CHECKING:
    from harness.config import LoadedConfig

ROLES = (
    "text", "pair", "prompt", "completion", "choices", "label", "id", "groups", "control", "cluster",
    "weight", "label_values",
)  # fmt: skip
"""Arguments that say what the columns of a table are; each has the name of its key in the config."""

_ARGUMENTS = {
    "task": "task",
    "system": "system",
    "declared": "declared",
    "seed": "seed",
    "device": "device",
    "name": "name",
    "token_budget": "token_budget",
    "policy": "policy",
    "trust_code": "trust_code",
    "model": "model",
    "audits": "suite, skip or options",
}
_OWN = {
    *ROLES, "validation", "train", "limit", "favourable", "suite", "skip", "scores", "decision",
    "revision", "max_tokens", "adapter",
}  # fmt: skip


class Call(YamlFile):
    """Values that came from arguments: a place is the name of an argument."""

    __slots__ = ()

    def place(self, path: Sequence[str | int]) -> str:
        """Return which argument a value came from."""
        own = [str(step) for step in path if step in _OWN]
        named = own[-1] if own else _ARGUMENTS.get(str(path[0])) if path else None
        return f"argument {named}" if named else f"arguments of {self.name}"


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a call.

    Attributes:
        section: The ``data`` section of the config.
        memory: Data set → table, for those that are in memory.
        is_single: Whether one test set was given without a name.
    """

    section: dict[str, Any]
    memory: dict[str, MemoryTable]
    is_single: bool


def task_section(task: Any, favourable: str | None, problems: list[str]) -> dict[str, Any]:
    """Return the ``task`` section for a list of names, a dict id → name, or a ``Task``."""
    if isinstance(task, Task):
        chosen = favourable or task.favourable
        labels = list(task.classes) if task.is_deciding else None
        asked = _asked(task)
        return given_only({"labels": labels, "kind": task.kind, "favourable": chosen, **asked})
    if isinstance(task, Mapping):
        named = {_whole(key): name for key, name in task.items()}
        return given_only({"labels": named, "favourable": favourable})
    if isinstance(task, list | tuple):
        named_in_order = [str(name) for name in task]
        return given_only({"labels": named_in_order, "favourable": favourable})
    what = "be the names of the classes in the order of their ids, a dict id → name, or a Task"
    problems.append(must("task", what, task, do="For example task=['benign', 'toxic']."))
    return {"labels": ["0", "1"]}


def _asked(task: Task) -> dict[str, Any]:
    """Return how a language model is asked, as the config writes it."""
    how = task.prompting
    if how is None or task.kind == "text-classification":
        return {}
    texts = dict(zip(task.classes, how.completions, strict=True)) if how.completions else None
    return {
        "prompt": None if how.template == Prompting().template else how.template,
        "completions": texts,
        "normalise": how.normalise,
        "chat": how.is_chat,
    }


def data_section(
    data: Any,
    *,
    train: Any,
    validation: Any,
    roles: Mapping[str, Any],
    limit: int | None,
    problems: list[str],
) -> Tables:
    """Return the ``data`` section; every table has the same roles, train is never limited."""
    memory: dict[str, MemoryTable] = {}

    def table(name: str, value: Any, where: str) -> dict[str, Any]:
        try:
            path = _path_of(value, where, name, memory)
        except AssayError as err:
            problems.extend(err.problems)
            memory[name] = MemoryTable("nothing", (), 0, lambda _: [])
            path = memory[name].label
        size = {"limit": limit} if limit is not None and where.startswith("data") else {}
        return {"path": path, **roles, **size}

    is_single = not isinstance(data, Mapping)
    named = {"test": data} if is_single else {str(key): value for key, value in data.items()}
    tests = {
        name: table(name, value, "data" if is_single else f"data[{name!r}]")
        for name, value in named.items()
    }
    if not named:
        problems.append(must("data", "hold at least one table", Phrase("an empty dict")))
    section: dict[str, Any] = {"test": tests["test"] if is_single else tests}
    if train is not None:
        section["train"] = table("train", train, "train")
    if validation is not None:
        section["validation"] = table("validation", validation, "validation")
    return Tables(section, memory, is_single)


def load_call(
    config: Mapping[str, Any],
    *,
    tables: Tables,
    predictions: MemoryTable | None,
    function: str,
    problems: Sequence[str],
) -> LoadedConfig:
    """Check the config that stands for a call.

    Args:
        config: What ``assay.yaml`` would hold; values of None are left to their defaults.
        tables: Its tables.
        predictions: Stored predictions in memory.
        function: Name of the function that was called, for messages.
        problems: What was wrong with single arguments; raised with everything else.

    Raises:
        ConfigError: With every problem, each with the name of its argument.
    """
    from harness.config.load import check_config

    lines: dict[tuple[str | int, ...], int] = {}
    if tables.is_single:
        lines["data", "test", "path"] = 1
    whole = {"apiVersion": "modelassay/v1", "kind": "Run", **given_only(config)}
    file = Call(name=function, data=whole, raw=b"", lines=lines)
    if problems:
        raise ConfigError(*problems, *_further(file, tables, predictions, problems))
    return check_config(file, base=Path.cwd(), tables=tables.memory, predictions=predictions)


def role_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the roles that were given, as the config writes them."""
    found = {role: given[role] for role in ROLES if given.get(role) not in (None, (), [])}
    for role in ("groups", "control", "choices"):
        if isinstance(found.get(role), tuple | set | frozenset):
            found[role] = list(found[role])
    if isinstance(found.get("groups"), list):
        found["groups"] = [
            _lists(one) if isinstance(one, Mapping) else one for one in found["groups"]
        ]
    elif isinstance(found.get("groups"), Mapping):
        found["groups"] = _lists(found["groups"])
    if "label_values" in found and isinstance(found["label_values"], Mapping):
        found["label_values"] = {str(key): name for key, name in found["label_values"].items()}
    return found


def _lists(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section with tuples as lists: what YAML has."""
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in section.items()
    }


def _further(
    file: Call, tables: Tables, predictions: MemoryTable | None, known: Sequence[str]
) -> list[str]:
    """Return what is wrong beyond the arguments that could not even be read."""
    from harness.config.load import check_config

    unread = {problem.split(" ")[0].split("[")[0] for problem in known}
    try:
        check_config(file, base=Path.cwd(), tables=tables.memory, predictions=predictions)
    except ConfigError as err:
        return [
            one for one in err.problems if not any(f"(argument {name})" in one for name in unread)
        ]
    return []


def _path_of(value: Any, where: str, name: str, memory: dict[str, MemoryTable]) -> str:
    if isinstance(value, str | Path):
        return str(value)
    memory[name] = memory_table(value, where=where)
    return memory[name].label


def given_only(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section without what was not given, so that its defaults apply."""
    return {key: value for key, value in section.items() if value is not None}


def _whole(key: Any) -> Any:
    # ids come as numbers of NumPy, and as text from JSON (id2label of a config.json)
    text = str(key)
    return int(text) if text.isdecimal() else key
