"""The ``train`` section: how a model is fine-tuned. One description, for the file and for Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.config.privacy import CanariesConfig, PrivateConfig, canary_problems, private_problems
from harness.config.section import Section, as_list
from harness.errors import Phrase, must, nearest

METHODS = ("full", "lora")
LEARNING_RATES = {"full": 2e-5, "lora": 2e-4}
"""Learning rate of each method when none is given: adapters start at zero and need larger steps."""

Schedule = Literal[
    "linear",
    "cosine",
    "cosine_with_restarts",
    "polynomial",
    "constant",
    "constant_with_warmup",
    "inverse_sqrt",
    "reduce_lr_on_plateau",
    "greedy",
]
SCHEDULES: tuple[str, ...] = get_args(Schedule)
"""Every schedule of transformers that needs no further argument."""

INTEGRATIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "azure_ml": (("azureml", "azureml.core"), "azureml-core"),
    "clearml": (("clearml",), "clearml"),
    "codecarbon": (("codecarbon",), "codecarbon"),
    "comet_ml": (("comet_ml",), "comet_ml"),
    "dagshub": (("dagshub", "mlflow"), "dagshub mlflow"),
    "dvclive": (("dvclive",), "dvclive"),
    "flyte": (("flytekit",), "flytekit"),
    "kubeflow": ((), "kubeflow"),
    "mlflow": (("mlflow",), "mlflow"),
    "neptune": (("neptune",), "neptune"),
    "swanlab": (("swanlab",), "swanlab"),
    "tensorboard": (("tensorboard",), "tensorboard"),
    "trackio": (("trackio",), "trackio"),
    "wandb": (("wandb",), "wandb"),
}
"""Every integration of transformers' Trainer → the modules that it needs, and what to install."""


def _targets(value: Any) -> Any:
    return [value] if isinstance(value, str) and value != "auto" else value


def _unique(names: list[str] | str) -> list[str] | str:
    if isinstance(names, list) and (not names or len(set(names)) != len(names)):
        raise ValueError(f"must be auto or different names of linear layers, got {names}")
    return names


class LoraConfig(Section):
    """A low-rank adapter: the base stays as it is, small matrices beside it are trained."""

    rank: int = Field(default=8, ge=1, description="width of the matrices")
    alpha: float = Field(default=16, gt=0, description="the update is scaled by alpha / rank")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="on the way into the adapter")
    target_modules: Annotated[
        list[str] | Literal["auto"],
        BeforeValidator(_targets, json_schema_input_type=str | list[str]),
        AfterValidator(_unique),
    ] = Field(
        default="auto",
        description="names of linear layers; auto takes those that suit the architecture",
    )


class EarlyStoppingConfig(Section):
    """End when validation has not become better for a while."""

    patience: int = Field(default=2, ge=1, description="epochs without a better validation loss")
    min_difference: float = Field(
        default=0.0, ge=0, description="nats by which a loss must be lower to count as better"
    )


def _class_weights(value: Any) -> Any:
    if value == "none":
        return None
    if isinstance(value, str) and value != "balanced":
        raise ValueError(
            f"must be balanced, none, or a mapping of class names to weights, got {value!r}"
        )
    if isinstance(value, dict):
        return {str(name): weight for name, weight in value.items()}
    return value


def _positive(weights: dict[str, float] | str | None) -> dict[str, float] | str | None:
    if isinstance(weights, dict):
        wrong = sorted(name for name, weight in weights.items() if not weight > 0)
        if wrong or not weights:
            raise ValueError(f"must give weights > 0, got {weights[wrong[0]] if wrong else 'none'}")
    return weights


def _integrations(value: Any) -> Any:
    return [] if value in ("none", None) else as_list(value)


def _known_integrations(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in INTEGRATIONS]
    if unknown:
        raise ValueError(
            f"must be none or some of {', '.join(INTEGRATIONS)}, got {unknown[0]!r}"
            + (". Name what you want: all would send data to every service" * ("all" in unknown))
        )
    return names


class TrainConfig(Section):
    """How the model is fine-tuned.

    Attributes:
        epochs: how often every row is learnt from
        max_steps: ends training after so many updates
        eval_batch_size: rows in one batch of validation
        weight_decay: pull of the weights towards 0
        schedule: how the learning rate moves
        label_smoothing: share of certainty taken from the label
        precision: of training; audits have their own
    """

    method: Literal["full", "lora"] = Field(
        default="full", description="every weight, or a low-rank adapter beside a base"
    )
    lora: LoraConfig | None = Field(default=None, description="only with method lora")
    epochs: float = Field(default=3.0, gt=0, le=1000)
    max_steps: int | None = Field(default=None, ge=1)
    learning_rate: float = Field(
        default=LEARNING_RATES["full"], gt=0, lt=1, description="at its peak; 2e-4 for method lora"
    )
    batch_size: int = Field(default=16, ge=1, description="rows of one pass, on each process")
    gradient_accumulation: int = Field(
        default=1, ge=1, description="passes whose gradients make one step"
    )
    gradient_checkpointing: bool = Field(
        default=False, description="less memory, about a third more time, the same numbers"
    )
    eval_batch_size: int = Field(default=64, ge=1)
    max_tokens: int | None = Field(
        default=None,
        ge=4,
        description="longer texts are cut in training, those of language models into windows; 128 "
        "where not given, 512 for language models, and never more than the model reads",
    )
    packing: bool = Field(
        default=False,
        description="several texts of a language model share one sequence of max_tokens, each unseen "
        "by the others; batch_size counts these sequences",
    )
    loss: Literal["per-token", "per-sequence"] | None = Field(
        default=None,
        description="for language models: the mean over all scored tokens of a step (where not "
        "given), or over its texts of the mean over the tokens of each (with private)",
    )
    deduplicate: Literal["none", "exact", "near"] = Field(
        default="none",
        description="leave out training rows that stand in train before: the same ones, or those "
        "that share most of their characters too",
    )
    scrub: bool = Field(
        default=False,
        description="personal values that the detectors find in training and validation rows are replaced "
        "by made-up ones of their kind before anything is learnt; test rows stay as they are",
    )
    private: PrivateConfig | None = None
    canaries: CanariesConfig | None = None
    dropout: float | None = Field(default=None, ge=0, lt=1, description="None keeps the base's own")
    weight_decay: float = Field(default=0.01, ge=0)
    max_gradient_norm: float = Field(
        default=1.0, ge=0, description="longer gradients are scaled down to it; 0 clips nothing"
    )
    warmup_share: float = Field(
        default=0.06, ge=0, lt=1, description="share of all steps with rising learning rate"
    )
    schedule: Schedule = "linear"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    class_weights: Annotated[
        dict[str, float] | Literal["balanced"] | None,
        BeforeValidator(
            _class_weights,
            json_schema_input_type=dict[str, float] | Literal["balanced", "none"] | None,
        ),
        AfterValidator(_positive),
    ] = Field(
        default=None,
        description="what an error on a class costs: balanced (n / (c * n of the class), from train "
        "alone), class name → weight (1 for the others), or none",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    best_checkpoint: bool = Field(
        default=True, description="keep the epoch with the lowest validation loss"
    )
    early_stopping: EarlyStoppingConfig | None = None
    report_to: Annotated[
        list[str],
        BeforeValidator(_integrations, json_schema_input_type=str | list[str] | None),
        AfterValidator(_known_integrations),
    ] = Field(
        default_factory=list,
        description="none, or tensorboard, wandb, mlflow, ...: what transformers' Trainer knows",
    )

    @model_validator(mode="before")
    @classmethod
    def _learning_rate(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("method") == "lora":
            return {"learning_rate": LEARNING_RATES["lora"], **given}
        return given

    @model_validator(mode="after")
    def _check(self) -> TrainConfig:
        problems = []
        if self.lora is not None and self.method != "lora":
            problems.append(f"lora needs method: lora, got method {self.method}")
        if self.schedule == "polynomial" and self.learning_rate <= 1e-7:
            problems.append("learning_rate must be > 1e-7 with schedule polynomial")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def is_per_sequence(self) -> bool:
        """Whether every text of a step counts the same, whatever its length."""
        return self.loss == "per-sequence" or self.private is not None

    @property
    def adapter(self) -> LoraConfig | None:
        """The adapter that is trained; None when every weight is."""
        return (self.lora or LoraConfig()) if self.method == "lora" else None


def option_problems(
    options: TrainConfig,
    classes: Sequence[str],
    place: Callable[..., str] = lambda *steps: "",
    *,
    kind: str = "text-classification",
) -> list[str]:
    """Say what only the task and this machine can tell about the options.

    Args:
        options: A valid section.
        classes: Classes of the task; empty when they are not known.
        place: Key path → where it stands in the file.
        kind: Kind of the task.
    """
    weights = options.class_weights
    problems = [
        *_kind_problems(options, kind, place),
        *private_problems(options, place),
        *canary_problems(options, place, kind=kind),
    ]
    problems += [
        must(
            f"train.class_weights.{name}",
            "name a class of the task",
            name,
            place=place("train", "class_weights", name),
            do=nearest(name, classes).strip() or f"Its classes are {', '.join(classes)}.",
        )
        for name in (weights if isinstance(weights, dict) else {})
        if classes and name not in classes
    ]
    for name, packages in missing_integrations(options.report_to).items():
        got = Phrase(f"{name}, which is not installed")
        do = f"Run: pip install {packages}"
        if name == "kubeflow":
            do = "It is there only inside a training job of Kubeflow."
        where = place("train", "report_to")
        problems.append(must("train.report_to", "be installed", got, place=where, do=do))
    return problems


def _kind_problems(options: TrainConfig, kind: str, place: Callable[..., str]) -> list[str]:
    """Say which options belong to another kind of model."""
    is_classifier = kind == "text-classification"
    foreign = (
        {"packing": options.packing, "loss": options.loss is not None}
        if is_classifier
        else {"class_weights": options.class_weights is not None}
    )
    whose = "language models" if is_classifier else "classifiers"
    return [
        must(
            f"train.{name}",
            f"be absent: it belongs to {whose}",
            Phrase(f"one for {kind}"),
            place=place("train", name),
            do="Remove the line.",
        )
        for name, is_given in foreign.items()
        if is_given
    ]


def missing_integrations(names: Sequence[str]) -> dict[str, str]:
    """Return integration → what to install, for those whose packages are not there."""
    return {
        name: INTEGRATIONS[name][1]
        for name in names
        if not all(_is_there(module) for module in INTEGRATIONS[name][0])
        or (name == "kubeflow" and "KUBEFLOW_TRAINER_SERVER_URL" not in os.environ)
    }


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
