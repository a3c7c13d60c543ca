"""Attributions: how much each part of an input contributed to a decision, and how sure that is.

Parts are addressed by position, never by their text. Values are logits: what a part adds to the lead
of the decided class over the runner-up (or to its logit), so that a complete method's values add up to
f(x) - f(baseline).

Legend of shapes: k rows, p parts of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GRADIENT_METHODS = (
    "integrated-gradients",
    "gradient-x-input",
    "gradient-norm",
    "expected-gradients",
)
"""Methods of our own that differentiate: they need the capability ``embeddings``."""

PERTURBATION_METHODS = ("occlusion", "shapley-sampling", "kernel-shap", "lime")
"""Methods of our own that only ask: they need ``logits`` and ``parts``."""

CAPTUM_WORD_CLASSES = (
    "FeatureAblation",
    "Occlusion",
    "ShapleyValueSampling",
    "ShapleyValues",
    "KernelShap",
    "Lime",
)
"""Classes of ``captum.attr`` that take words away, too; the other ones differentiate."""

UNSIGNED_METHODS = ("gradient-norm", "captum:Saliency", "captum:NoiseTunnel")
"""Methods that find a part but cannot say whether it speaks for or against the decision."""

METHODS_WITHOUT_BASELINE = (
    "gradient-x-input",
    "gradient-norm",
    "captum:Saliency",
    "captum:InputXGradient",
    "captum:NoiseTunnel",
    "captum:GuidedBackprop",
    "captum:Deconvolution",
    "captum:LayerGradientXActivation",
)
"""Methods that hold an input against nothing: whatever baseline is asked for, they use none."""

COMPLETE_METHODS = ("integrated-gradients", "expected-gradients", "shapley-sampling", "kernel-shap")
"""Methods whose values must add up to f(x) - f(baseline)."""

SUMS_BY_CONSTRUCTION = ("shapley-sampling", "kernel-shap")
"""Those of them whose values add up however few samples were drawn: that they do says nothing."""

Unit = Literal["token", "word"]
Status = Literal["converged", "unconverged", "nothing-to-attribute", "not-checked"]

STATUSES: tuple[Status, ...] = (
    "converged",
    "unconverged",
    "nothing-to-attribute",
    "not-checked",
)
"""Verdicts of a row: ``not-checked`` for methods that promise no completeness."""

RELATIVE_GAP = 0.05
"""Largest |gap| / |f(x) - f(baseline)| of a converged row."""

STABLE_TOP = 0.9
"""Least top-5 Jaccard overlap between the last two levels that counts as converged, too."""

LEAST_CHANGE = 0.1
"""|f(x) - f(baseline)|, in logits, below which there is nothing to attribute."""


@dataclass(frozen=True, slots=True)
class Method:
    """How attributions are computed: everything that can change a value, apart from model and rows.

    Attributes:
        id: One of ``GRADIENT_METHODS`` or ``PERTURBATION_METHODS``, or ``captum:<class>`` for a
            class of ``captum.attr``.
        baseline: What stands for absence; ``population`` for rows of a reference set.
        target: ``lead``: logit of the decided class minus that of the runner-up at x;
            ``logit``: the decided class alone.
        unit: Whose values are given: tokens (special tokens get 0), or words.
        engine: ``own``, or ``captum`` for the same method through Captum's own classes.
        precision: Of the forward pass; ``auto`` takes bfloat16 on a GPU where a probe allows it.
        steps: Fixed Gauss-Legendre nodes of integrated gradients; 0 for adaptive nodes.
        max_gradients: Most gradients of a row with adaptive nodes.
        n_samples: Samples of the sampling methods; 0 for the method's default.
        seed: Of the sampling methods.
    """

    id: str = "integrated-gradients"
    baseline: Literal["mask", "pad", "population"] = "mask"
    target: Literal["lead", "logit"] = "lead"
    unit: Unit = "word"
    engine: Literal["own", "captum"] = "own"
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    steps: int = 0
    max_gradients: int = 128
    n_samples: int = 0
    seed: int = 0

    @property
    def needs_gradients(self) -> bool:
        """Whether the model must offer ``embeddings``."""
        words = (*PERTURBATION_METHODS, *(f"captum:{name}" for name in CAPTUM_WORD_CLASSES))
        return self.id not in words


@dataclass(frozen=True, slots=True)
class Attributions:
    """Attributions of k rows; ragged values lie one after another.

    Attributes:
        method: How they were computed.
        starts: Where each row begins among the values, shape [k + 1].
        values: Signed contributions in logits, shape [sum of p]: tokens (special ones 0) or words
            of each row in order.
        target: Class that is explained, shape [k].
        runner_up: Class that it leads over, shape [k]; the same for target ``logit``.
        whole: f(x), shape [k].
        blank: f(baseline), shape [k]; equal to ``whole`` where a method has no baseline.
        gap: sum of values minus (whole - blank), shape [k]; 0 where nothing is promised.
        status: Verdict of each row, shape [k], one of ``STATUSES``.
        top_overlap: Top-5 Jaccard overlap between the last two levels, shape [k]; 1 where the
            method has no levels.
        n_gradients: Gradients spent on each row, shape [k].
        n_forwards: Forward passes spent on each row, shape [k].
    """

    method: Method
    starts: NDArray[np.int64]
    values: NDArray[np.float64]
    target: NDArray[np.int64]
    runner_up: NDArray[np.int64]
    whole: NDArray[np.float64]
    blank: NDArray[np.float64]
    gap: NDArray[np.float64]
    status: NDArray[np.object_]
    top_overlap: NDArray[np.float64]
    n_gradients: NDArray[np.int64]
    n_forwards: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Number of rows, k."""
        return len(self.target)

    def of(self, index: int) -> NDArray[np.float64]:
        """Return the values of one row, shape [p]."""
        return self.values[self.starts[index] : self.starts[index + 1]]
