"""Which classes of ``captum.attr`` run through one adapter, and why the others are refused.

Source: captum 0.9.0; what each class does to a transformer was tried out or read in its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PREFIX = "captum:"
"""What a method's id begins with where the rest is the name of a class of Captum."""

Kind = Literal["gradient", "module", "layer", "words"]


@dataclass(frozen=True, slots=True)
class CaptumClass:
    """How a class of Captum is called.

    Attributes:
        kind: ``gradient``: on embeddings; ``module``: the same, and it puts hooks on modules;
            ``layer``: on a layer that hands the embeddings through; ``words``: on a vector that
            says which words are there.
        has_baseline: Whether it takes ``baselines``.
        is_complete: Whether its values must add up to f(x) - f(baseline).
        is_unsigned: Whether it finds a part but cannot say whether it speaks for the decision.
        steps: Name of the argument for the number of steps or samples; empty without one.
        default_steps: What is taken where a method names none.
    """

    kind: Kind
    has_baseline: bool = False
    is_complete: bool = False
    is_unsigned: bool = False
    steps: str = ""
    default_steps: int = 0


SUPPORTED: dict[str, CaptumClass] = {
    "IntegratedGradients": CaptumClass("gradient", True, True, steps="n_steps", default_steps=50),
    "Saliency": CaptumClass("gradient", is_unsigned=True),
    "InputXGradient": CaptumClass("gradient"),
    "GradientShap": CaptumClass("gradient", True, True, steps="n_samples", default_steps=20),
    "NoiseTunnel": CaptumClass("gradient", is_unsigned=True, steps="nt_samples", default_steps=8),
    "GuidedBackprop": CaptumClass("module"),
    "Deconvolution": CaptumClass("module"),
    "LayerIntegratedGradients": CaptumClass("layer", True, True, steps="n_steps", default_steps=50),
    "LayerGradientXActivation": CaptumClass("layer"),
    "LayerGradientShap": CaptumClass("layer", True, True, steps="n_samples", default_steps=20),
    "LayerConductance": CaptumClass("layer", True, True, steps="n_steps", default_steps=50),
    "InternalInfluence": CaptumClass("layer", True, steps="n_steps", default_steps=50),
    "FeatureAblation": CaptumClass("words", True),
    "Occlusion": CaptumClass("words", True),
    "ShapleyValueSampling": CaptumClass("words", True, True, steps="n_samples", default_steps=25),
    "ShapleyValues": CaptumClass("words", True, True),
    "KernelShap": CaptumClass("words", True, True, steps="n_samples", default_steps=200),
    "Lime": CaptumClass("words", True, steps="n_samples", default_steps=200),
}
"""Class → how it is called."""

OWN_METHODS = {
    "integrated-gradients": "IntegratedGradients",
    "gradient-x-input": "InputXGradient",
    "gradient-norm": "Saliency",
    "expected-gradients": "GradientShap",
    "occlusion": "FeatureAblation",
    "shapley-sampling": "ShapleyValueSampling",
    "kernel-shap": "KernelShap",
    "lime": "Lime",
}
"""Method of ours → the class that computes the same in Captum."""

NORMED = "Saliency"
"""The gradient alone, which is read by its length at each token."""

SMOOTHED = "NoiseTunnel"
"""``NORMED`` averaged over noise that is added to the embeddings."""

MOST_EXACT_WORDS = 7
"""Longest row, in words, whose orders ``ShapleyValues`` goes through one by one (7! = 5,040)."""

_DEEP_LIFT = (
    "its rules cover a few modules (ReLU, Tanh, Softmax, ...) and neither GELU, LayerNorm nor the "
    "products of attention, so on a transformer it is gradient x input under another name"
)
_LRP = (
    "its rules cover linear and convolution layers, not attention or LayerNorm, so it cannot be run "
    "on a transformer"
)
_LLM = (
    "it goes through a text once for each token that follows and keeps values by the text of tokens, so "
    "that repeated ones overwrite each other; integrated-gradients of a text-generation task gives the "
    "same sums in one pass, by position"
)
_NEURON = "it explains a neuron and not the decision"
_CONVOLUTION = "it needs a convolution layer"
_SHUFFLES = "it shuffles a position between rows, which means nothing for texts of different length"

REFUSED: dict[str, str] = {
    "DeepLift": _DEEP_LIFT,
    "DeepLiftShap": _DEEP_LIFT,
    "LayerDeepLift": _DEEP_LIFT,
    "LayerDeepLiftShap": _DEEP_LIFT,
    "NeuronDeepLift": _DEEP_LIFT,
    "NeuronDeepLiftShap": _DEEP_LIFT,
    "LRP": _LRP,
    "LayerLRP": _LRP,
    "LLMAttribution": _LLM,
    "LLMGradientAttribution": _LLM,
    "RemoteLLMAttribution": _LLM,
    "NeuronConductance": _NEURON,
    "NeuronFeatureAblation": _NEURON,
    "NeuronGradient": _NEURON,
    "NeuronIntegratedGradients": _NEURON,
    "NeuronGradientShap": _NEURON,
    "NeuronDeconvolution": _NEURON,
    "NeuronGuidedBackprop": _NEURON,
    "GuidedGradCam": _CONVOLUTION,
    "LayerGradCam": _CONVOLUTION,
    "FeaturePermutation": _SHUFFLES,
    "LayerFeaturePermutation": _SHUFFLES,
    "LayerActivation": "it shows what a layer computes, not what that did to the decision",
    "LayerFeatureAblation": "it takes single numbers of an embedding away, which stand for nothing",
    "LimeBase": "it needs functions as arguments; captum:Lime is the same with text's own",
    "DataLoaderAttribution": "it wraps another method over a data set, which is done here for all",
}
"""Class → why it is refused; goes after ``captum:X is refused:``."""
