"""What can be done after a finding: each method, what it needs, what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from harness.commands.mitigation.method import (
    Method,
    Option,
    Value,
    any_text,
    number,
    one_of,
    whole,
)
from harness.commands.mitigation.relearning import canonical, leakage_methods
from harness.commands.mitigation.teaching import CONSTRAINTS
from harness.errors import UsageError, must, nearest, raise_all

_COMMON = {
    "positive": Option(any_text, None, "class that TPR, FPR and selection rate are about"),
    "max_loss": Option(
        number(0, 1), "0.02", "balanced accuracy that a candidate may lose on validation"
    ),
}
_TRAINING = {
    "epochs": Option(number(0.001), None, "instead of the run's"),
    "learning_rate": Option(number(1e-9, 1), None, "instead of the run's"),
    "weight_decay": Option(number(0), None, "instead of the run's"),
}
_STORED = {
    "validation": Option(
        any_text, None, "for stored predictions: file with those of the validation rows"
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
                one_of("independent", "balanced", "sampler"),
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
            "strength": Option(number(0), "1,0.1", "weight of the distance between answers", True),
            "words": Option(any_text, "en", "word lists: en, zh, or paths", is_list=True),
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
            "eta": Option(number(0), "0.05", "step of the cells' weights", is_list=True),
        },
    ),
    Method(
        "last-layer",
        "the last layer is fitted again on balanced rows, features stay as they are",
        "one pass over train and validation, then seconds on a CPU",
        needs_last_layer=True,
        options={
            **_COMMON,
            "C": Option(number(1e-6), "1,0.1,0.01", "inverse strength of the penalty", True),
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
            "bound": Option(number(1e-6, 1), "0.02", "difference from the overall rate", True),
            "C": Option(number(1e-6), "0.1", "inverse strength of the penalty"),
            "max_iter": Option(whole(1), "20", "iterations, at most"),
        },
    ),
)
METHODS: dict[str, Method] = {one.id: one for one in (*_LIST, *leakage_methods())}
"""Every method: those against differences between groups, then those against leakage, each in order."""


def find_method(name: str) -> Method:
    """Return a method by its name.

    Raises:
        UsageError: If there is none, with the nearest name.
    """
    name = canonical(name)
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
        text_given = texts.get(name, option.default)
        if text_given is not None:
            found[name] = _values(name, option, text_given, problems)
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
