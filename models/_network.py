"""Loading and asking a Hugging Face network, shared by auditing and training."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from harness.errors import ModelError, Phrase, must
from models._guards import quiet, reading
from models._hub import Source

DEFAULT_MAX_TOKENS = 512
DTYPES = ("float32", "bfloat16", "float16")


class Loaded(NamedTuple):
    """A network as it came out of its folder.

    Attributes:
        network: The Hugging Face model, weights of the two sets below freshly drawn.
        missing: Weights that the folder lacks.
        misfit: Weights whose shape in the folder is not the one that the configuration asks for.
    """

    network: Any
    missing: frozenset[str]
    misfit: frozenset[str]


def bare(network: Any) -> Any:
    """Return the Hugging Face model itself, its adapter inside where it has one.

    Wrappers hide its configuration and the names of its inputs; asked directly it still computes
    with the adapter.
    """
    return network.get_base_model() if hasattr(network, "get_base_model") else network


def load_tokenizer(source: Source) -> Any:
    """Load the tokenizer of a folder.

    Raises:
        ModelError: If it is damaged or needs what is not there.
    """
    from transformers import AutoTokenizer

    do = "Save the tokenizer again with tokenizer.save_pretrained."
    with quiet(), reading(f"The tokenizer of {source.name}", do):
        return AutoTokenizer.from_pretrained(
            source.folder, local_files_only=True, trust_remote_code=source.trust_code
        )


def load_network(
    source: Source, dtype: str, *, is_language: bool = False, **settings: Any
) -> Loaded:
    """Load a sequence classifier or a causal language model, complete or not.

    Args:
        source: Folder that ``check_files`` has seen.
        dtype: One of ``DTYPES``.
        is_language: Whether the language model is wanted.
        settings: Further settings for transformers, such as ``id2label``.

    Raises:
        ModelError: If it is damaged or its architecture is not known for that.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    kind = AutoModelForCausalLM if is_language else AutoModelForSequenceClassification
    wanted = "causal language model" if is_language else "sequence classifier"
    do = f"Give a Hugging Face {wanted}, or save or download it again."
    with quiet(), reading(f"The model {source.name}", do):
        network, info = kind.from_pretrained(
            source.folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=source.trust_code,
            dtype=getattr(torch, dtype),
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            **settings,
        )
    misfit = frozenset(key for key, *_ in info["mismatched_keys"])
    return Loaded(network, frozenset(info["missing_keys"]) - misfit, misfit)


def pick_device(device: str) -> str:
    """Return a device that is there; ``auto`` takes CUDA, MPS or the CPU.

    Raises:
        ModelError: If the device is unknown or not there.
    """
    import torch

    has_mps = torch.backends.mps.is_available()
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu"
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(has_mps)}
    kind, _, index = device.partition(":")
    is_index = not index or (index.isdigit() and int(index) < there.get(kind, 0))
    if not there.get(kind) or not is_index:
        names = ", ".join(["auto", *(name for name, count in there.items() if count)])
        raise ModelError(must("device", f"be one of {names}", device))
    return device


def pick_max_tokens(
    network: Any, tokenizer: Any, wanted: int | None, *, most: int = DEFAULT_MAX_TOKENS
) -> int:
    """Return how many tokens of an input are read.

    Args:
        network: The model.
        tokenizer: Its tokenizer.
        wanted: What was asked for; None for what the model reads, at most ``most``.
        most: Bounds what nobody asked for.

    Raises:
        ModelError: If it was asked to read more than it can, or less than its special tokens.
    """
    positions = n_positions(network)
    if wanted is None:
        known = [positions, tokenizer.model_max_length, most]
        return int(min(limit for limit in known if limit))
    least = tokenizer.num_special_tokens_to_add(pair=True) + 2
    highest = positions or wanted
    if not least <= wanted <= highest:
        do = "Remove max_tokens to use what the model reads."
        raise ModelError(must("max_tokens", f"be between {least} and {highest}", wanted, do=do))
    return wanted


def readable_inputs(network: Any) -> frozenset[str]:
    """Return the names of the arrays that the network reads."""
    names = set(inspect.signature(network.forward).parameters)
    if getattr(network.config.get_text_config(), "type_vocab_size", None) in {0, 1}:
        names.discard("token_type_ids")  # one segment only: a second one would be out of range
    return frozenset(names & {"input_ids", "token_type_ids", "attention_mask", "position_ids"})


def is_decoder(network: Any) -> bool:
    """Return whether the class is read off the last token, as GPT-2 and Llama do."""
    from transformers.models.auto import modeling_auto as auto

    kind = network.config.model_type
    is_causal = kind in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    is_masked = kind in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return is_causal and not is_masked and not network.config.is_encoder_decoder


def padding_of(network: Any, tokenizer: Any) -> tuple[int, dict[str, int]]:
    """Return the token id that counts as padding, and what fills the padded arrays.

    A decoder without a padding token reads the class off the last position. It is told that no
    token is padding (-1), so that the last position stays the last real token of a row that is
    padded on the left, whatever token stands there.
    """
    config = network.config.get_text_config()
    pad_id = config.pad_token_id
    if pad_id is None and is_decoder(network):
        config.pad_token_id = -1
        pad_id = -1
    elif pad_id is None:
        pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    fill = {"input_ids": max(0, int(pad_id)), "token_type_ids": tokenizer.pad_token_type_id}
    return int(pad_id), fill


def check_vocabulary(name: str, network: Any, tokenizer: Any) -> None:
    """Refuse a tokenizer that can name tokens which the network does not have.

    Raises:
        ModelError: If it can.
    """
    # an adapter on the embeddings has no num_embeddings, but the weight of the layer beneath
    n_embedded = len(network.get_input_embeddings().weight)
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= n_embedded:
        raise ModelError(
            f"The tokenizer of {name} must use token ids below {n_embedded}, got {highest}. "
            "Model and tokenizer belong to different models; save them together."
        )
    if highest < len(tokenizer.all_special_ids):
        got = Phrase("none but its special tokens")
        raise ModelError(must(f"The tokenizer of {name}", "have a vocabulary", got))


@contextmanager
def evaluating(network: Any) -> Iterator[None]:
    """Switch dropout off, and afterwards leave every module as it was."""
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def n_positions(network: Any) -> int | None:
    """Return how many tokens a network can tell the places of; None where it has no such limit."""
    config = network.config.get_text_config()
    for key, module in network.named_modules():
        if key.endswith("position_embeddings") and hasattr(module, "num_embeddings"):
            # RoBERTa counts positions from padding_idx + 1
            unused = 0 if module.padding_idx is None else module.padding_idx + 1
            return int(module.num_embeddings - unused)
    for key in ("max_position_embeddings", "n_positions", "max_sequence_length"):
        value = getattr(config, key, None)
        if isinstance(value, int) and value > 0:
            return value
    return None
