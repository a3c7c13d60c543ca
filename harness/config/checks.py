"""What the parts of a config say of each other, and of the files that they name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from harness.config.language_checks import language_problems
from harness.config.models import PredictionsConfig, RunConfig
from harness.config.tables import TableConfig
from harness.config.training import option_problems
from harness.errors import Phrase, must, nearest
from harness.records import TEXT_GENERATION
from harness.yamlfile import YamlFile

PREDICTIONS = "model.predictions"
"""How a table of predictions that is in memory is named."""


def cross_problems(
    config: RunConfig,
    file: YamlFile,
    base: Path,
    classes: list[str],
    in_memory: Collection[str],
) -> list[str]:
    """Return what is wrong between the sections, and with the files that they name."""
    problems = _table_problems(config, file, base, classes, in_memory)
    tables = [(table_steps(file, name), table) for name, table in _tables(config)]
    problems += language_problems(config, tables, file, classes)
    model = config.model
    if model.predictions is not None:
        has_file = PREDICTIONS not in in_memory
        problems += _predictions_problems(
            config, model.predictions, file, base if has_file else None
        )
    problems += _threshold_problems(config, file, classes)
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
        named = config.policy.file
        problems.append(
            must(
                "policy.file",
                "be a readable file",
                named,
                place=file.place(("policy", "file")),
                do=f"Write pack: {named}." if named.startswith("builtin/") else "",
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
    elif config.data.train.label is None and config.task.kind != TEXT_GENERATION:
        problems.append(
            f"data.train.label must be given ({file.place(('data', 'train'))}): training needs labels."
        )
    if config.data.validation is None:
        do = "Give a table of other rows, or {share: 0.1} of train."
        problems.append(
            f"data.validation must be given ({file.place(('data',))}): training chooses its checkpoint by it. {do}"
        )
    if train.method == "lora" and model.architecture is not None:
        got = Phrase("lora for a new model, which has no base")
        do = "Train a new model with method full, or give model.base."
        place = file.place(("train", "method"))
        problems.append(must("train.method", "be full", got, place=place, do=do))
    if train.private is not None and model.architecture is not None:
        got = Phrase("one, whose tokenizer is learnt from train without noise")
        do = "Give model.base, or train without private."
        place = file.place(("model", "architecture"))
        problems.append(must("model.architecture", "be absent", got, place=place, do=do))
    kind = config.task.kind
    problems += option_problems(train, classes, lambda *steps: file.place(steps), kind=kind)
    return problems


def _threshold_problems(config: RunConfig, file: YamlFile, classes: list[str]) -> list[str]:
    threshold = config.model.threshold
    if threshold is None or not classes:
        return []
    place = file.place(("model", "threshold"))
    problems = []
    if len(classes) != 2:
        got = Phrase(f"one for {len(classes)} classes")
        problems.append(must("model.threshold", "belong to two classes", got, place=place))
    elif threshold.label not in classes:
        do = nearest(threshold.label, classes).strip() or f"They are {' and '.join(classes)}."
        what = "be one of the task's labels"
        place = file.place(("model", "threshold", "label"))
        problems.append(must("model.threshold.label", what, threshold.label, place=place, do=do))
    predictions = config.model.predictions
    if predictions is not None and predictions.scores is None:
        got = Phrase("a threshold beside decisions without scores")
        do = "Name the scores in model.predictions.scores."
        problems.append(must("model.threshold", "stand beside scores", got, place=place, do=do))
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


def text_problems(data: Any, file: YamlFile) -> list[str]:
    """Say which tables lack a text that a model would read; ``data`` is not validated yet.

    Stored predictions can be audited without texts, so the field itself is optional; this is found
    beside the mistakes of all other fields, not after them.
    """
    model = data.get("model") if isinstance(data, dict) else None
    has_predictions = isinstance(model, dict) and model.get("predictions") is not None
    task = data.get("task") if isinstance(data, dict) else None
    kind = task.get("kind") if isinstance(task, dict) else None
    problems = []
    for steps, table in _written_tables(data, file):
        roles = "text or prompt" if kind == TEXT_GENERATION else "text"
        place = f"{'.'.join(steps)}.{roles} must be given ({file.place(steps)})"
        if table.get("text") is not None or table.get("prompt") is not None:
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
