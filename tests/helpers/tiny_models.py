"""Tiny sequence classifiers with deterministic weights, saved as Hugging Face folders.

Loaded by path from ``tests/conftest.py`` and handed out as the fixture ``tiny_models``, because
tests are no package. Weights are drawn from NumPy's generator, so that they depend on nothing that
a framework does when it builds a network.
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
    "No",
    "你好，我的包裹还没有到。",
)
CLASSES = ("benign", "toxic")
FAMILIES = ("bert", "distilbert", "roberta", "gpt2", "llama")

_WIDTH = 32


def tiny_classifier(
    folder: Path,
    *,
    family: str = "bert",
    classes: Sequence[str] = CLASSES,
    texts: Sequence[str] = TEXTS,
    max_positions: int = 64,
    seed: int = 0,
    has_pad: bool = True,
    id2label: dict[int, str] | None = None,
) -> Path:
    """Write a two-layer classifier with its tokenizer into a folder.

    Args:
        folder: Made when missing.
        family: One of ``FAMILIES``.
        classes: Names for ``id2label``.
        texts: What the tokenizer is learnt from.
        max_positions: Longest input.
        seed: Of the weights.
        has_pad: Whether a decoder names a padding token.
        id2label: Instead of ``classes``.
    """
    import transformers

    tokenizer = _tokenizer(family, texts, has_pad=has_pad)
    tokenizer.model_max_length = max_positions
    names = id2label or dict(enumerate(classes))
    config = _config(family, tokenizer, max_positions)
    config.id2label = names
    config.label2id = {name: index for index, name in names.items()}
    network = transformers.AutoModelForSequenceClassification.from_config(config)
    fill(network, seed)
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_writer(
    folder: Path,
    *,
    family: str = "llama",
    texts: Sequence[str] = TEXTS,
    max_positions: int = 64,
    seed: int = 0,
    has_pad: bool = True,
) -> Path:
    """Write a two-layer causal language model with its tokenizer into a folder.

    Args:
        folder: Made when missing.
        family: ``gpt2`` or ``llama``.
        texts: What the tokenizer is learnt from.
        max_positions: Longest input.
        seed: Of the weights.
        has_pad: Whether it names a padding token.
    """
    import transformers

    tokenizer = _tokenizer(family, texts, has_pad=has_pad)
    tokenizer.model_max_length = max_positions
    network = transformers.AutoModelForCausalLM.from_config(
        _config(family, tokenizer, max_positions)
    )
    fill(network, seed)
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def fill(network: Any, seed: int) -> None:
    """Overwrite every weight; scaled so that logits differ well between inputs."""
    import torch

    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, weight in sorted(network.named_parameters()):
            is_norm = "norm" in name.lower() or ".ln_" in name
            values = rng.normal(0, 0.02 if is_norm else 0.25, tuple(weight.shape))
            if is_norm and name.endswith("weight"):
                values += 1
            weight.copy_(torch.from_numpy(values.astype(np.float32)))


def _config(family: str, tokenizer: Any, max_positions: int) -> Any:
    import transformers

    pad = tokenizer.pad_token_id
    size = len(tokenizer)
    if family == "bert":
        return transformers.BertConfig(
            vocab_size=size,
            hidden_size=_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=max_positions,
            pad_token_id=pad,
        )
    if family == "distilbert":
        return transformers.DistilBertConfig(
            vocab_size=size,
            dim=_WIDTH,
            n_layers=2,
            n_heads=2,
            hidden_dim=48,
            max_position_embeddings=max_positions,
            pad_token_id=pad,
        )
    if family == "roberta":
        return transformers.RobertaConfig(
            vocab_size=size,
            hidden_size=_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=max_positions + pad + 1,
            type_vocab_size=1,
            pad_token_id=pad,
        )
    if family == "gpt2":
        return transformers.GPT2Config(
            vocab_size=size,
            n_embd=_WIDTH,
            n_layer=2,
            n_head=2,
            n_positions=max_positions,
            pad_token_id=pad,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    return transformers.LlamaConfig(
        vocab_size=size,
        hidden_size=_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        intermediate_size=48,
        max_position_embeddings=max_positions,
        pad_token_id=pad,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def _tokenizer(family: str, texts: Sequence[str], *, has_pad: bool) -> Any:
    import transformers

    if family in ("bert", "distilbert"):
        return transformers.BertTokenizer(vocab=_word_pieces(texts), do_lower_case=True)
    if family == "roberta":
        return _byte_pairs(texts, mask_token="<mask>", has_pad=True)
    if family == "gpt2":
        return _byte_pairs(texts, mask_token=None, has_pad=has_pad)
    return _unsplit_pairs(texts, has_pad=has_pad)


def _word_pieces(texts: Sequence[str]) -> dict[str, int]:
    """Return a vocabulary of all characters and some whole words; no learner, no chance."""
    import re

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word for text in texts for word in re.findall(r"[a-z]+", text.lower())})
    letters = sorted({letter for text in texts for letter in text.lower() if not letter.isspace()})
    # every second word stays without an entry, so that words of several tokens occur
    pieces = special + letters + [f"##{letter}" for letter in letters] + words[::2]
    return {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}


def _byte_pairs(texts: Sequence[str], *, mask_token: str | None, has_pad: bool) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    learner.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=340,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    if mask_token:
        learner.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> </s> $B </s>",
            special_tokens=[("<s>", 0), ("</s>", 2)],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=learner,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>" if has_pad else None,
        mask_token=mask_token,
        model_input_names=["input_ids", "attention_mask"],
    )


def _unsplit_pairs(texts: Sequence[str], *, has_pad: bool) -> Any:
    """Return a tokenizer without word boundaries, as Llama's."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    learner = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    learner.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    learner.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    learner.train_from_iterator(
        [word for text in texts for word in text.split()],
        trainers.BpeTrainer(
            vocab_size=200, special_tokens=["<unk>", "<s>", "</s>", "<pad>"], show_progress=False
        ),
    )
    learner.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=learner,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>" if has_pad else None,
        model_input_names=["input_ids", "attention_mask"],
    )
