"""Remedies against leakage: what each changes in the run's own training, in order of what it costs.

A remedy is one or several steps. Each step changes the ``train`` section of the run's config and
nothing else, so the same data, seed, audits and policy say what it won and what it lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import combinations
from typing import TYPE_CHECKING, Any

from harness.commands.mitigation.method import (
    Method,
    Option,
    Value,
    any_text,
    number,
    one_of,
    whole,
)
from harness.config.training import LEARNING_RATES
from harness.errors import MissingExtra

if TYPE_CHECKING:
    from harness.records import RunRecord

JOIN = "+"
"""Stands between the steps of a method."""

Values = Mapping[str, tuple[Value, ...]]
Section = dict[str, Any]

_COMMON = {"positive": Option(any_text, None, "class that TPR, FPR and selection rate are about")}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a training.

    Attributes:
        id, title, cost: As in ``Method``.
        change: ``train`` section, option → values → the changed section.
        extra: Module that it needs beyond what training needs, the package that brings it, and our extra.
        options: Its options.
    """

    id: str
    title: str
    cost: str
    change: Callable[[Section, Values], Section]
    extra: tuple[str, str, str] | None = None
    options: Mapping[str, Option] = field(default_factory=dict)


_BREAKING = (
    "gradient_accumulation",
    "packing",
    "gradient_checkpointing",
    "class_weights",
    "loss",
    "precision",
    "schedule",
    "report_to",
)
"""Options of a training that a private one is not given: with them its guarantee would not hold."""

_FOLLOWING = ("reduce_lr_on_plateau", "greedy")
"""Schedules that follow the loss of every step."""

_OVERRIDES = ("epochs", "learning_rate", "batch_size")
_PRIVATE = ("epsilon", "delta", "max_gradient_norm", "noise")


def _deduplicated(train: Section, values: Values) -> Section:
    return train | {"deduplicate": values["duplicates"][0]}


def _scrubbed(train: Section, values: Values) -> Section:
    return train | {"scrub": True}


def _private(train: Section, values: Values) -> Section:
    """Return a section that trains privately, without what would break the guarantee.

    A full training that becomes one of an adapter takes steps as much longer as the defaults of the
    two differ: adapters start at zero.
    """
    given = {name: one[0] for name, one in values.items()}
    changed = {name: value for name, value in train.items() if name not in _BREAKING}
    if "gradient_accumulation" in train:
        # the same rows a step, drawn as one batch
        passes = int(train["gradient_accumulation"])
        changed |= {"batch_size": int(train.get("batch_size", 16)) * passes}
    if train.get("class_weights") not in (None, "balanced"):
        changed |= {"class_weights": train["class_weights"]}
    if train.get("schedule") not in _FOLLOWING and "schedule" in train:
        changed |= {"schedule": train["schedule"]}
    if train.get("deduplicate") == "near":
        changed |= {"deduplicate": "exact"}
    if given.get("trained", "adapter") == "adapter" and train.get("method", "full") != "lora":
        rate = float(train.get("learning_rate", LEARNING_RATES["full"]))
        factor = LEARNING_RATES["lora"] / LEARNING_RATES["full"]
        changed |= {"method": "lora", "learning_rate": min(rate * factor, 0.5)}
    elif given.get("trained") == "all":
        changed |= {"method": "full"}
        changed.pop("lora", None)
    changed |= {name: given[name] for name in _OVERRIDES if name in given}
    private = {
        name: value for name, value in (train.get("private") or {}).items() if value is not None
    }
    private.pop("noise_multiplier", None)
    return changed | {
        "private": private | {name: given[name] for name in _PRIVATE if name in given}
    }


_LIST = (
    Step(
        "deduplicate",
        "rows that repeat another one are learnt once",
        "one training on fewer rows; what is said often is learnt less well",
        _deduplicated,
        options={
            "duplicates": Option(
                one_of("near", "exact"), "near", "near (a few words differ) or exact"
            )
        },
    ),
    Step(
        "scrub",
        "personal data that the detectors find in training and validation rows are replaced by "
        "made-up values of their kind",
        "one training; what no detector finds stays",
        _scrubbed,
    ),
    Step(
        "private-training",
        "every row's pull on the weights is bounded and drowned in noise (DP-SGD)",
        "one training that takes several times as long; accuracy, most of all on what is rare",
        _private,
        extra=("opacus", "Opacus", "privacy"),
        options={
            "epsilon": Option(number(1e-3, 1e4), "8", "what one row may change, at most"),
            "delta": Option(number(1e-30, 0.1), None, "chance that it changes more"),
            "max_gradient_norm": Option(number(1e-6), None, "longest pull of one row"),
            "trained": Option(
                one_of("adapter", "all"),
                "adapter",
                "adapter (LoRA) beside the base, or all weights",
            ),
            "noise": Option(
                one_of("fresh", "seeded"),
                "fresh",
                "fresh, or seeded: the same again by the run's seed",
            ),
            "epochs": Option(number(1e-3), None, "instead of the run's"),
            "learning_rate": Option(number(1e-9, 0.999), None, "instead of the run's"),
            "batch_size": Option(whole(1), None, "instead of the run's"),
        },
    ),
)
STEPS: dict[str, Step] = {one.id: one for one in _LIST}
"""Every step, in the order in which they are taken."""


def leakage_methods() -> Iterator[Method]:
    """Yield every remedy against leakage: all sets of steps, the cheapest dearest step first."""
    sets = [one for size in range(1, len(_LIST) + 1) for one in combinations(_LIST, size)]
    for steps in sorted(sets, key=lambda one: (_LIST.index(one[-1]), len(one))):
        yield _method(steps)


def canonical(name: str) -> str:
    """Return a name with its steps in our order, where all of them are steps; else as it is."""
    words = [one.strip() for one in name.split(JOIN)]
    if len(set(words)) != len(words) or not set(words) <= set(STEPS):
        return name
    return JOIN.join(one for one in STEPS if one in words)


def lacking(method: Method, record: RunRecord) -> list[str]:
    """Return everything that a remedy against leakage lacks in a run, one sentence each."""
    config = record.config
    if record.model.kind == "predictions":
        return [
            "It needs a model that can be trained again; this run holds stored predictions only."
        ]
    train = config.get("train")
    if train is None:
        text = (
            "It needs a run that trained its model (train); this one was given a model as it is, and "
            "how that was trained is not known."
        )
        return [text]
    problems = [text for one in method.steps if (text := _already(one, train))]
    if "private-training" in method.steps and config["model"].get("architecture") is not None:
        problems.append(
            "It needs a base (model.base): what a new model learns its vocabulary from is not protected."
        )
    for step in map(STEPS.__getitem__, method.steps):
        if step.extra is not None and find_spec(step.extra[0]) is None:
            _, package, extra = step.extra
            problems.append(
                f"It needs {package}, which is not installed. Run: pip install 'modelassay[{extra}]'"
            )
    return problems


def need_packages(method: Method) -> None:
    """Refuse a method whose optional packages are missing.

    Raises:
        MissingExtra: With the line that installs them.
    """
    for step in map(STEPS.__getitem__, method.steps):
        if step.extra is not None and find_spec(step.extra[0]) is None:
            module, _, extra = step.extra
            raise MissingExtra(
                f"{step.id} needs the package {module!r}, which is not installed. "
                f"Run: pip install 'modelassay[{extra}]'"
            )


def rows_changed(train: Mapping[str, Any]) -> str:
    """Return the option of a training that changes how many rows are learnt, or ``""``."""
    asked = {
        "canaries": train.get("canaries") is not None,
        "deduplicate": train.get("deduplicate", "none") != "none",
        "private": train.get("private") is not None,
    }
    return next((name for name, is_given in asked.items() if is_given), "")


def _already(step: str, train: Mapping[str, Any]) -> str:
    if step == "deduplicate" and train.get("deduplicate") == "near":
        return "The run left out near duplicates already."
    if step == "scrub" and train.get("scrub"):
        return "The run replaced what the detectors find already."
    return ""


def changed_training(method: Method, train: Section, values: Values) -> Section:
    """Return the ``train`` section of a method.

    Args:
        method: A remedy against leakage.
        train: The run's section.
        values: Option → its values.
    """
    for step in method.steps:
        train = STEPS[step].change(train, values)
    return train


def _method(steps: tuple[Step, ...]) -> Method:
    options = dict(_COMMON)
    for step in steps:
        options |= step.options
    if {"deduplicate", "private-training"} <= {one.id for one in steps}:
        # which near duplicates stay depends on other rows, and one row must not decide about another
        about = "exact, the only ones that a private training can leave out"
        options["duplicates"] = Option(one_of("exact"), "exact", about)
    alone = len(steps) == 1
    return Method(
        JOIN.join(one.id for one in steps),
        steps[0].title if alone else f"{' and '.join(one.id for one in steps)} together",
        steps[0].cost if alone else "one training; what each of them costs",
        trains=True,
        options=options,
        against="leakage",
        steps=tuple(one.id for one in steps),
    )
