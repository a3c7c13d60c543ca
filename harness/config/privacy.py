"""The parts of the ``train`` section that concern what a model remembers of single rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from harness.canaries.spec import FAMILIES, LEVELS, CanarySpec, spec_problems
from harness.config.section import Section
from harness.errors import Phrase, must

if TYPE_CHECKING:
    from harness.config.training import TrainConfig

_COUPLED = {
    "gradient_accumulation": "its steps are sized by batch_size alone",
    "packing": "texts of a pack would be clipped together",
    "gradient_checkpointing": "the gradients of single rows are collected while passing through",
    "class_weights": "balanced is counted in train, without noise; name weights instead",
    "loss": "the mean over tokens lets one long text change what the others weigh",
    "precision": "clipped gradients of single rows are summed in float32",
    "schedule": "it follows the loss of every step",
    "report_to": "what integrations are told of train would not be protected",
    "deduplicate": "one row more could keep others out; exact is possible",
}
"""What goes with a private training only as it stands by itself → why."""


class PrivateConfig(Section):
    """Differentially private training (DP-SGD, by Opacus): no row changes the weights by much.

    Attributes:
        accountant: how epsilon is added up over steps
    """

    epsilon: float | None = Field(
        default=None, gt=0, description="what the whole training may spend; or noise_multiplier"
    )
    noise_multiplier: float | None = Field(
        default=None, gt=0, description="deviation of the noise in units of max_gradient_norm"
    )
    delta: float | None = Field(
        default=None, gt=0, lt=1, description="1 / (10 n) for n training rows where not given"
    )
    max_gradient_norm: float = Field(
        default=1.0, gt=0, description="the gradient of each row is clipped to it"
    )
    accountant: Literal["prv", "rdp"] = "prv"
    unit: Literal["example"] = Field(default="example", description="what is protected: one row")
    physical_batch: int = Field(
        default=16, ge=1, description="rows of one pass; changes memory and time, no number"
    )
    noise: Literal["fresh", "seeded"] = Field(
        default="fresh",
        description="fresh: drawn anew in every training, from the operating system; seeded: from "
        "the run's seed, which must then be kept as secret as the rows",
    )

    @model_validator(mode="after")
    def _check(self) -> PrivateConfig:
        if (self.epsilon is None) == (self.noise_multiplier is None):
            got = "neither" if self.epsilon is None else "both"
            raise ValueError(f"either epsilon or noise_multiplier must be given, got {got}")
        return self


class CanariesConfig(Section):
    """Made-up secrets that are planted in train, to measure what the model keeps of them."""

    families: dict[str, str] = Field(
        default_factory=lambda: dict(FAMILIES),
        description="family → format of its secrets: # a digit, a a letter, w a word, {...} as it "
        "stands",
    )
    repeats: list[int] = Field(
        default_factory=lambda: list(LEVELS),
        description="how often secrets are planted; those of level 0 are the negative control",
    )
    per_level: int = Field(default=16, ge=1, description="secrets of each level")
    n_drawn: int = Field(
        default=0,
        ge=0,
        description="further secrets, planted once or not at all as a coin falls: for an empirical "
        "epsilon",
    )
    masked_share: float = Field(
        default=0.0, ge=0, le=1, description="share that stands in prompts, where rows have them"
    )
    seed: int | None = Field(default=None, description="of the secrets; the run's where not given")

    @property
    def spec(self) -> CanarySpec:
        """The plan as canaries are drawn from it."""
        return CanarySpec(
            families=dict(self.families),
            levels=tuple(self.repeats),
            per_level=self.per_level,
            n_drawn=self.n_drawn,
            masked_share=self.masked_share,
        )


def canary_problems(options: TrainConfig, place: Callable[..., str], *, kind: str) -> list[str]:
    """Say what is wrong with the plan of canaries, whatever rows they are planted in.

    Args:
        options: The section.
        place: Key path → where it stands in the file.
        kind: Kind of the task.
    """
    if options.canaries is None:
        return []
    if kind == "multiple-choice":
        got = Phrase("some for multiple-choice, whose rows have choices")
        where = place("train", "canaries")
        return [must("train.canaries", "be absent", got, place=where, do="Remove the section.")]
    # whether rows have prompts, for a share that is masked, only the rows can tell
    found = spec_problems(options.canaries.spec, is_pair=True, place=place("train", "canaries"))
    return [one.replace("train.canaries.levels", "train.canaries.repeats") for one in found]


def private_problems(options: TrainConfig, place: Callable[..., str]) -> list[str]:
    """Say which options would break the guarantee of a private training.

    Args:
        options: The section.
        place: Key path → where it stands in the file.
    """
    if options.private is None:
        return []
    given: Mapping[str, Any] = {
        "gradient_accumulation": options.gradient_accumulation > 1,
        "packing": options.packing,
        "gradient_checkpointing": options.gradient_checkpointing,
        "class_weights": options.class_weights == "balanced",
        "loss": options.loss == "per-token",
        "precision": options.precision not in ("auto", "float32"),
        "schedule": options.schedule in ("reduce_lr_on_plateau", "greedy"),
        "report_to": bool(options.report_to),
        "deduplicate": options.deduplicate == "near",
    }
    return [
        must(
            f"train.{name}",
            "be left out of a private training",
            Phrase(str(getattr(options, name)).lower()),
            place=place("train", name),
            do=f"Remove the line: {_COUPLED[name]}.",
        )
        for name, is_given in given.items()
        if is_given
    ]
