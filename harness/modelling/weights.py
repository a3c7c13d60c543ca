"""One digest of a model folder: by it a run names the model that it audited, and a folder is told from others."""

from __future__ import annotations

from pathlib import Path

from harness.files import digest_of, sha256_file

TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "tokenizer.model",
)
"""Files that hold a vocabulary; without any of them transformers would invent an empty one."""

ADAPTER_CONFIG = "adapter_config.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack")
"""Weights in forms that are never opened here; the digest does not cover them."""

_SETTINGS = ("model.safetensors.index.json", "generation_config.json")
"""Which weights are read from which file, and how a language model writes unless it is told otherwise."""

_TOKENIZER_SETTINGS = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
)


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a folder, sorted by name."""
    return sorted(folder.glob("*.safetensors"))


def weights_digest(folder: Path) -> str:
    """Return one SHA-256 over names and digests of weights, configuration, tokenizer and code files.

    Blind to: every other file of the folder, such as pickled weights beside the safetensors.
    """
    names = (
        "config.json",
        ADAPTER_CONFIG,
        *_SETTINGS,
        *TOKENIZER_FILES,
        *_TOKENIZER_SETTINGS,
    )
    others = [folder / name for name in names] + list(folder.glob("*.py"))
    files = weight_files(folder) + sorted(path for path in others if path.is_file())
    return digest_of([[path.name, sha256_file(path)] for path in files])
