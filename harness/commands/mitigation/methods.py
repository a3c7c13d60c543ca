"""What can be done about a worst difference: each method, what it needs, what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.commands.mitigation.teaching import CONSTRAINTS
from harness.errors import UsageError, must, nearest, raise_all

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a method.

    Attributes:
        read: Text → value; raises ValueError with what it must be.
        default: What it is when nobody gives it, as text; None leaves it to the run.
        about: One line.
        is_list: Whether several values, cut at commas, are candidates that are all tried.
    """

    read: Callable[[str], Value]
    default: str | None
    about: str
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        id: Its name on the command line.
        title: What it does, a few words.
        cost: What it takes.
        trains: Whether the network is trained again.
        needs_model: Whether stored predictions do not suffice.
        needs_last_layer: Whether the model must give the features before its last layer.
        needs_train: Whether training rows with groups are needed.
        is_binary: Whether it is for two classes only.
        needs_group: Whether a decision takes the group of the person.
        makes_predictions: Whether it gives decisions without a network of their own.
        options: Its options.
    """

    id: str
    title: str
    cost: str
    trains: bool = False
    needs_model: bool = True
    needs_last_layer: bool = False
    needs_train: bool = True
    is_binary: bool = False
    needs_group: bool = False
    makes_predictions: bool = False
    options: Mapping[str, Option] = field(default_factory=dict)


def _number(low: float, high: float = math.inf) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError
        return value

    top = "" if math.isinf(high) else f" and <= {high:g}"
    read.__doc__ = f"be a number >= {low:g}{top}"
    return read


def _whole(low: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if value < low:
            raise ValueError
        return value

    read.__doc__ = f"be a whole number >= {low}"
    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    read.__doc__ = f"be one of {', '.join(words)}"
    return read


def _text(text: str) -> str:
    """Be given."""
    if not text:
        raise ValueError
    return text


_COMMON = {
    "positive": Option(_text, None, "class that TPR, FPR and selection rate are about"),
    "max_loss": Option(
        _number(0, 1), "0.02", "balanced accuracy that a candidate may lose on validation"
    ),
}
_TRAINING = {
    "epochs": Option(_number(0.001), None, "instead of the run's"),
    "learning_rate": Option(_number(1e-9, 1), None, "instead of the run's"),
    "weight_decay": Option(_number(0), None, "instead of the run's"),
}
_STORED = {
    "validation": Option(
        _text, None, "for stored predictions: file with those of the validation rows"
    ),
}
_LIST = (
    Method(
        "threshold",
        "one decision threshold for everybody, chosen on validation",
        "seconds; nothing is trained, scores stay as they are",
        needs_model=False,
        needs_train=False,
        is_binary=True,
        options={**_COMMON, **_STORED},
    ),
    Method(
        "reweighting",
        "errors cost by group and label, or cells are drawn equally",
        "one training for each candidate",
        trains=True,
        options={
            **_COMMON,
            **_TRAINING,
            "weights": Option(
                _one_of("independent", "balanced", "sampler"),
                "independent",
                "independent (group and label), balanced (every cell alike), sampler (drawn alike)",
                is_list=True,
            ),
        },
    ),
    Method(
        "counterfactual-augmentation",
        "texts with another identity beside each, answers pulled together (logit pairing)",
        "one training on up to twice the rows for each candidate; word lists decide what is swapped",
        trains=True,
        options={
            **_COMMON,
            **_TRAINING,
            "strength": Option(_number(0), "1,0.1", "weight of the distance between answers", True),
            "words": Option(_text, "en", "word lists: en, zh, or paths", is_list=True),
        },
    ),
    Method(
        "group-dro",
        "the group and class with the highest loss counts most while training",
        "one training for each candidate; with weight decay and early stopping",
        trains=True,
        options={
            **_COMMON,
            **_TRAINING,
            "eta": Option(_number(0), "0.05", "step of the cells' weights", is_list=True),
        },
    ),
    Method(
        "last-layer",
        "the last layer is fitted again on balanced rows, features stay as they are",
        "one pass over train and validation, then seconds on a CPU",
        needs_last_layer=True,
        options={
            **_COMMON,
            "C": Option(_number(1e-6), "1,0.1,0.01", "inverse strength of the penalty", True),
        },
    ),
    Method(
        "threshold-optimizer",
        "thresholds for each group (Fairlearn ThresholdOptimizer)",
        "seconds; decisions are stored, axes that ask a model are not measured",
        needs_model=False,
        needs_train=False,
        is_binary=True,
        needs_group=True,
        makes_predictions=True,
        options={**_COMMON, **_STORED},
    ),
    Method(
        "exponentiated-gradient",
        "a mixture of last layers on frozen features (Fairlearn ExponentiatedGradient)",
        "minutes on a CPU; decisions are drawn by lot and stored, axes that ask a model are not measured",
        needs_last_layer=True,
        is_binary=True,
        makes_predictions=True,
        options={
            **_COMMON,
            "bound": Option(_number(1e-6, 1), "0.02", "difference from the overall rate", True),
            "C": Option(_number(1e-6), "0.1", "inverse strength of the penalty"),
            "max_iter": Option(_whole(1), "20", "iterations, at most"),
        },
    ),
)
METHODS: dict[str, Method] = {one.id: one for one in _LIST}
"""Every method, in the order in which they are offered."""


def find_method(name: str) -> Method:
    """Return a method by its name.

    Raises:
        UsageError: If there is none, with the nearest name.
    """
    if name not in METHODS:
        do = nearest(name, list(METHODS)).strip() or "Without --method, they are listed."
        raise UsageError(must("--method", f"be one of {', '.join(METHODS)}", name, do=do))
    return METHODS[name]


def read_options(method: Method, given: Sequence[str]) -> dict[str, tuple[Value, ...]]:
    """Return option → its values, more than one only where candidates are tried; defaults filled in.

    Args:
        method: Whose options.
        given: ``name=value``, each.

    Raises:
        UsageError: With every option that is unknown, twice there, or not what it must be.
    """
    problems: list[str] = []
    texts: dict[str, str] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals or name not in method.options:
            do = nearest(name, list(method.options)).strip()
            do = do or f"{method.id} has {', '.join(method.options)}."
            what = f"be NAME=VALUE with an option of {method.id}"
            problems.append(must("--option", what, one, do=do))
        elif name in texts:
            problems.append(must(f"--option {name}", "be given once", one))
        else:
            texts[name] = text
    found = {}
    for name, option in method.options.items():
        given_text = texts.get(name, option.default)
        if given_text is not None:
            found[name] = _values(name, option, given_text, problems)
    raise_all(UsageError, problems)
    return found


def _values(name: str, option: Option, text: str, problems: list[str]) -> tuple[Value, ...]:
    words = text.split(",") if option.is_list else [text]
    found = []
    for word in words:
        try:
            found.append(option.read(word.strip()))
        except ValueError:
            what = (option.read.__doc__ or "be another value").rstrip(".")
            problems.append(must(f"--option {name}", what[0].lower() + what[1:], word))
    return tuple(dict.fromkeys(found))


def check_constraint(name: str) -> str:
    """Return a constraint that exists.

    Raises:
        UsageError: If there is none of that name.
    """
    if name not in CONSTRAINTS:
        do = nearest(name, CONSTRAINTS).strip()
        raise UsageError(must("--constraint", f"be one of {', '.join(CONSTRAINTS)}", name, do=do))
    return name
