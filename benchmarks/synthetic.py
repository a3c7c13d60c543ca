"""A model and rows that need no network: sizes of BERT-base, weights drawn, words made up.

How fast a network computes does not depend on what it has learnt, only on its shape and on the
lengths of its inputs. What it decides means nothing.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
SMALL = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
CLASSES = ("no", "yes")

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_MEDIAN_WORDS = 70
_SPREAD = 1.0


def write_model(folder: Path, *, is_small: bool) -> int:
    """Write a BERT classifier with random weights and a tokenizer; returns its parameters."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    shape: dict[str, Any] = SMALL if is_small else BASE
    n_vocabulary = 500 if is_small else 30522
    words = [*_SPECIAL, *(f"w{number}" for number in range(n_vocabulary - len(_SPECIAL)))]
    tokenizer = BertTokenizer(vocab={word: index for index, word in enumerate(words)})
    tokenizer.model_max_length = 512
    config = BertConfig(
        vocab_size=n_vocabulary,
        intermediate_size=4 * shape["hidden_size"],
        id2label=dict(enumerate(CLASSES)),
        label2id={name: index for index, name in enumerate(CLASSES)},
        **shape,
    )
    torch.manual_seed(0)
    network = BertForSequenceClassification(config)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return sum(weight.numel() for weight in network.parameters())


def write_rows(path: Path, n_rows: int, *, seed: int, n_words: int) -> Path:
    """Write a CSV file of made-up rows: ``text``, ``label``, ``part``.

    The number of words is log-normal with median 70, as in comments on the web; the label says
    whether the word ``w1`` stands in the row.

    Args:
        path: Where to.
        n_rows: How many.
        seed: Same seed, same bytes.
        n_words: Longest row.
    """
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(np.log(_MEDIAN_WORDS), _SPREAD, n_rows), 3, n_words).astype(int)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label", "part"])
        for number, length in enumerate(lengths):
            words = [f"w{index}" for index in rng.integers(2, 400, length)]
            is_yes = bool(rng.integers(0, 2))
            if is_yes:
                words[int(rng.integers(0, length))] = "w1"
            writer.writerow([" ".join(words), CLASSES[is_yes], "ab"[number % 2]])
    return path
