"""Tiny causal language models with deterministic weights, saved as Hugging Face folders.

Loaded by path from ``tests/conftest.py`` and handed out as the fixture ``tiny_languages``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

TEXTS = (
    "The parcel came late and the box was broken.",
    "Thank you, everything arrived on time.",
    "please call me back, this is urgent!",
    "I would like to change my address for the next delivery",
    "Great service, friendly people, fast answer.",
    "My refund is missing since March",
    "The number of my card is 4929 1203 8841.",
    "No",
    "你好，我的包裹还没有到。",
)
FAMILIES = ("gpt2", "llama", "qwen2", "gpt_neox", "opt", "bloom", "mistral")
CHAT = (
    "{% for one in messages %}<|{{ one['role'] }}|>{{ one['content'] | trim }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

_WIDTH = 32


def tiny_language(
    folder: Path,
    *,
    family: str = "llama",
    texts: Sequence[str] = TEXTS,
    max_positions: int = 96,
    seed: int = 0,
    has_pad: bool = False,
    is_tied: bool = True,
    has_chat: bool = False,
    scale: float = 0.25,
) -> Path:
    """Write a two-layer language model with its tokenizer into a folder.

    Args:
        folder: Made when missing.
        family: One of ``FAMILIES``.
        texts: What the tokenizer is learnt from.
        max_positions: Longest input.
        seed: Of the weights.
        has_pad: Whether the tokenizer names a padding token.
        is_tied: Whether the output head has the weights of the embeddings.
        has_chat: Whether the tokenizer has a chat template.
        scale: Of the weights; larger ones make distributions sharper.
    """
    import transformers

    tokenizer = make_tokenizer(family, texts, has_pad=has_pad)
    tokenizer.model_max_length = max_positions
    if has_chat:
        tokenizer.chat_template = CHAT
    config = transformers.AutoConfig.for_model(
        family,
        vocab_size=len(tokenizer),
        tie_word_embeddings=is_tied,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **_shape(family, max_positions),
    )
    network = transformers.AutoModelForCausalLM.from_config(config)
    fill(network, seed, scale)
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def fill(network: Any, seed: int, scale: float) -> None:
    """Overwrite every weight; scaled so that answers differ well between inputs."""
    import torch

    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, weight in sorted(network.named_parameters()):
            is_norm = "norm" in name.lower() or ".ln_" in name
            values = rng.normal(0, 0.02 if is_norm else scale, tuple(weight.shape))
            if is_norm and name.endswith("weight"):
                values += 1
            weight.copy_(torch.from_numpy(values.astype(np.float32)))
        network.tie_weights()


def make_tokenizer(family: str, texts: Sequence[str], *, has_pad: bool = False) -> Any:
    """Return a byte-level tokenizer; that of a Llama puts a beginning before every text."""
    import tokenizers
    import transformers

    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    # Qwen's own class looks for its name of the end, and has no beginning
    is_qwen = family == "qwen2"
    begin, end = (None, "<|endoftext|>") if is_qwen else ("<s>", "</s>")
    specials = [one for one in (begin, end, "<pad>" if has_pad else None) if one]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=specials,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    if family in ("llama", "mistral", "opt"):
        core.post_processor = tokenizers.processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 0)]
        )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=begin,
        eos_token=end,
        pad_token="<pad>" if has_pad else None,
    )


def _shape(family: str, max_positions: int) -> dict[str, Any]:
    if family == "gpt2":
        return {"n_embd": _WIDTH, "n_layer": 2, "n_head": 2, "n_positions": max_positions}
    if family == "bloom":
        return {"hidden_size": _WIDTH, "n_layer": 2, "n_head": 2}
    shape: dict[str, Any] = {
        "hidden_size": _WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": max_positions,
    }
    if family == "opt":
        return shape | {"ffn_dim": 48, "word_embed_proj_dim": _WIDTH}
    if family == "mistral":
        shape["sliding_window"] = 24
    if family in ("llama", "qwen2", "mistral"):
        shape["num_key_value_heads"] = 1
    return shape | {"intermediate_size": 48}
