"""How attributions are asked for, checked before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast

from harness.attributions import GRADIENT_METHODS, PERTURBATION_METHODS, Method
from harness.errors import UsageError, must, raise_all
from harness.figures.explained import PartUnit

METHODS = (*GRADIENT_METHODS, *PERTURBATION_METHODS)
"""Methods of our own; beside them ``captum:<class>``."""

BASELINES = ("mask", "pad")
UNITS: tuple[PartUnit, ...] = ("word", "token", "sentence")
CROSS_CHECK = "occlusion"
"""What a gradient method is held against: it takes each part away and asks again."""

SAMPLING = ("shapley-sampling", "kernel-shap", "lime")
SEEDS = 3
"""A method that draws at random is repeated with so many seeds, to see which signs are settled."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a decision.

    Attributes:
        method: One of ``METHODS``, or ``captum:<class>``.
        baseline: What stands for absence.
        unit: What a part is.
        has_check: Whether a gradient method is held against occlusion.
        steps: Fixed nodes of integrated gradients; 0 for adaptive ones.
        seed: Of methods that draw at random.
        is_whole: Whether a long text is read to its end, window by window.
    """

    method: str = "integrated-gradients"
    baseline: str = "mask"
    unit: PartUnit = "word"
    has_check: bool = True
    steps: int = 0
    seed: int = 0
    is_whole: bool = False

    @property
    def asked(self) -> Method:
        """The method as the engine takes it; sentences are sums of words."""
        return Method(
            id=self.method,
            baseline=cast(Literal["mask", "pad"], self.baseline),
            unit="token" if self.unit == "token" else "word",
            engine="captum" if self.method.startswith("captum:") else "own",
            steps=self.steps,
            seed=self.seed,
        )

    @property
    def check(self) -> Method | None:
        """The method that cross-checks; None where the method itself is of its kind."""
        if not self.has_check or self.method in PERTURBATION_METHODS:
            return None
        return replace(self.asked, id=CROSS_CHECK, engine="own", steps=0)


def check_question(question: Question, *, dashes: str = "--") -> None:
    """Refuse what cannot be asked of any model.

    Args:
        question: What is asked.
        dashes: What stands before the name of an option; nothing for arguments of a function.

    Raises:
        UsageError: With every problem.
    """
    problems = []
    if question.baseline not in BASELINES:
        do = "A reference population is for audits of whole data sets."
        problems.append(must(f"{dashes}baseline", "be mask or pad", question.baseline, do=do))
    if question.unit not in UNITS:
        problems.append(must(f"{dashes}unit", f"be one of {', '.join(UNITS)}", question.unit))
    if question.method == "expected-gradients":
        do = "It needs a reference population; take integrated-gradients for one decision."
        problems.append(must(f"{dashes}method", "suit a single decision", question.method, do=do))
    raise_all(UsageError, problems)
