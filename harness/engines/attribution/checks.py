"""Which methods are refused, and why: before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.attributions import GRADIENT_METHODS, PERTURBATION_METHODS
from harness.engines.attribution.captum_classes import PREFIX, REFUSED, SUPPORTED
from harness.errors import MethodRefused, must, nearest, raise_all

if TYPE_CHECKING:
    from harness.attributions import Method
    from harness.modelling import Model

LEAST_GRADIENTS = 15
"""Gradients of the first level of adaptive nodes."""

_KNOWN = (*GRADIENT_METHODS, *PERTURBATION_METHODS)


def check_method(method: Method, model: Model) -> None:
    """Refuse a method that explains nothing, that nobody knows, or that a model has no means for.

    Raises:
        MethodRefused: With every reason, and what to do instead.
    """
    refused = refusal(method.id)
    raise_all(MethodRefused, [refused] if refused else list(_problems(method, model)))


def refusal(id: str) -> str:
    """Say why a method of this name explains nothing; "" where nothing is known against it."""
    word = id.lower().removeprefix(PREFIX).replace("-", "").replace("_", "")
    if "attention" in word or "rollout" in word:
        return must(
            "method",
            "be one whose values follow the output",
            id,
            do="Attention weights say where a layer looks, not what a decision rests on; they are "
            "a negative control only. Use integrated-gradients or occlusion.",
        )
    name = "DeepLift" if "deeplift" in word else id.removeprefix(PREFIX)
    if name in REFUSED:
        do = (
            f"{REFUSED[name][0].upper()}{REFUSED[name][1:]}. Use integrated-gradients or occlusion."
        )
        return must("method", "be one that explains decisions about texts", id, do=do)
    return ""


def _problems(method: Method, model: Model) -> Iterator[str]:
    is_foreign = method.id.startswith(PREFIX)
    name = method.id.removeprefix(PREFIX)
    if is_foreign and name not in SUPPORTED:
        what = f"be {PREFIX}<class> with one of {', '.join(SUPPORTED)}"
        yield must("method", what, method.id, do=nearest(name, list(SUPPORTED)).strip())
        return
    if not is_foreign and method.id not in _KNOWN:
        what = f"be one of {', '.join(_KNOWN)}, or captum:<class>"
        yield must("method", what, method.id, do=nearest(method.id, _KNOWN).strip())
        return
    if method.needs_gradients and "embeddings" not in model.capabilities:
        yield must(
            "model",
            f"offer embeddings for method {method.id}",
            model.ref.name,
            do="".join(f"{one} " for one in _why(model)) + "Use occlusion, which only asks.",
        )
    if not method.needs_gradients and "parts" not in model.capabilities:
        yield must("model", f"offer parts for method {method.id}", model.ref.name)
    yield from _numbers(method)
    if not is_foreign and method.needs_gradients:
        yield from _baselines(method)


def _why(model: Model) -> list[str]:
    notes = getattr(model, "notes", ())
    return [note.text for note in notes if note.id == "model.no-embeddings"]


def _numbers(method: Method) -> Iterator[str]:
    if method.steps < 0:
        yield must("steps", "be an integer >= 0", method.steps, do="0 takes adaptive nodes.")
    if method.n_samples < 0:
        yield must("n_samples", "be an integer >= 0", method.n_samples)
    if method.max_gradients < LEAST_GRADIENTS:
        yield must("max_gradients", f"be an integer >= {LEAST_GRADIENTS}", method.max_gradients)


def _baselines(method: Method) -> Iterator[str]:
    is_expected = method.id == "expected-gradients"
    if is_expected and method.baseline != "population":
        do = "Expected gradients compare with rows of a reference set; hand them in."
        yield must("baseline", "be population for expected-gradients", method.baseline, do=do)
    if not is_expected and method.baseline == "population":
        do = "Use expected-gradients to compare with rows of a reference set."
        yield must("baseline", f"be mask or pad for {method.id}", method.baseline, do=do)
