"""Saving a model that is in memory, so that what is measured has a digest."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ModelError, Phrase, must, raise_all
from models._adapters import is_dead
from models._guards import kept_generators, quiet, reading

_WRAPPERS = ("_orig_mod", "module")
"""Where torch.compile and data-parallel wrappers keep the network that they wrap."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What is saved.

    Attributes:
        title: What it is, for messages.
        mapping: Where transformers keeps which classes are that, by configuration.
    """

    title: str
    mapping: str


CLASSIFIER = Saved("transformers sequence classifier", "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING")
LANGUAGE_MODEL = Saved("transformers causal language model", "MODEL_FOR_CAUSAL_LM_MAPPING")


def save_network(model: Any, tokenizer: Any, folder: Path, *, kind: Saved = CLASSIFIER) -> None:
    """Save a live model and its tokenizer as safetensors; the live model stays as it is.

    Adapters are merged in a copy: the folder holds one whole model.

    Args:
        model: A transformers model, or a peft model around one.
        tokenizer: Its tokenizer.
        folder: Where to; must exist.
        kind: What it must be.

    Raises:
        ModelError: If loading the folder would not give what was saved.
    """
    network = _plain(model)
    raise_all(ModelError, _problems(network, tokenizer, kind))
    weights = {name: weight.detach().cpu() for name, weight in network.state_dict().items()}
    settings = vars(network.config)
    before = dict(settings)  # saving writes its dtype and class into the live config
    try:
        with quiet(), kept_generators(), reading(f"The model {type(network).__name__}", ""):
            network.save_pretrained(folder, state_dict=weights)
            tokenizer.save_pretrained(folder)
    finally:
        settings.clear()
        settings.update(before)


def _plain(model: Any) -> Any:
    """Return the network below wrappers; adapters merged into a copy of it."""
    for name in _WRAPPERS:
        inner = getattr(model, name, None)
        # a compiled network shows the attributes of the one inside, others do not
        if hasattr(inner, "state_dict") and (name == "_orig_mod" or not hasattr(model, "config")):
            return _plain(inner)
    if hasattr(model, "merge_and_unload"):
        if is_dead(model):
            got = Phrase("one whose low-rank part is zero or switched off")
            do = "Train it, switch it on, or give the base alone."
            raise ModelError(must("The adapter of the model", "change something", got, do=do))
        with kept_generators():
            return copy.deepcopy(model).merge_and_unload()
    return model


def _problems(network: Any, tokenizer: Any, wanted: Saved) -> list[str]:
    import transformers

    kind = type(network)
    if not isinstance(network, transformers.PreTrainedModel):
        what = f"be a {wanted.title}"
        do = "Give its scores as an array instead."
        return [must("model", what, Phrase(f"a {kind.__module__}.{kind.__qualname__}"), do=do)]
    problems = []
    known = getattr(transformers, wanted.mapping).get(type(network.config), None)
    classes = known if isinstance(known, tuple) else (known,)
    if kind not in classes:
        names = " or ".join(one.__name__ for one in classes if one is not None)
        what = f"be exactly a {names}" if names else f"be a {wanted.title}"
        do = (
            "A class of one's own is lost when its weights are saved. Give its scores as an array, "
            "or save it with its code and pass the folder with trust_code=True."
        )
        problems.append(must("model", what, Phrase(f"a {kind.__qualname__}"), do=do))
    if getattr(network, "hf_quantizer", None) is not None:
        got = Phrase("quantised weights")
        problems.append(must("model", "hold weights as floats", got, do="Save and give a folder."))
    if any(weight.is_meta for weight in network.parameters()):
        got = Phrase("weights that are not in memory (device meta)")
        problems.append(must("model", "hold its weights", got))
    if not hasattr(tokenizer, "save_pretrained") or not callable(tokenizer):
        got = Phrase(f"a {type(tokenizer).__qualname__}")
        problems.append(must("tokenizer", "be a transformers tokenizer", got))
    return problems
