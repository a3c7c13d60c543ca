"""What ``perplexity`` can yield."""

from __future__ import annotations

from typing import Literal

from harness.records import Measure

_SOURCE = "Jelinek et al. 1977, doi:10.1121/1.2016299; per byte: Gao et al. 2021, arXiv:2101.00027"
_TOKENS = (
    "Models with other tokenizers: their tokens are longer or shorter. Whether what is likely is also "
    "true or harmless."
)
_TEXTS = "Whether what is likely is also true or harmless; texts that were part of pre-training."


def _bits(name: str, title: str, reads_as: str, blind_to: str) -> Measure:
    return Measure(
        key=f"perplexity.{name}",
        title=title,
        unit="bits",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as=reads_as,
        blind_to=blind_to,
        source=_SOURCE,
    )


def _of_tokens(name: str, unit: str, range_low: float, words: tuple[str, str]) -> Measure:
    better: Literal["lower"] = "lower"
    return Measure(
        f"perplexity.{name}", words[0], unit, better, range_low, None, words[1], _TOKENS, _SOURCE
    )


MEASURES = (
    _of_tokens(
        "nats-per-token",
        "nats",
        0.0,
        ("Surprise of a token, in nats", "A token surprises the model by {value} on average."),
    ),
    _bits(
        "bits-per-token",
        "Surprise of a token, in bits",
        "A token surprises the model by {value} on average.",
        _TOKENS,
    ),
    _of_tokens(
        "token-perplexity",
        "perplexity per token",
        1.0,
        (
            "Perplexity per token of the model's own tokenizer",
            "The model is as unsure as if each token were one of equally likely ones, {value} in number.",
        ),
    ),
    _bits(
        "bits-per-byte",
        "Surprise of a byte of UTF-8, in bits",
        "A byte of text surprises the model by {value} on average.",
        _TEXTS,
    ),
    _bits(
        "bits-per-character",
        "Surprise of a character, in bits",
        "A character surprises the model by {value} on average.",
        f"{_TEXTS} A Chinese character says more than a Latin letter: compare within one script.",
    ),
    _bits(
        "bits-per-byte-difference",
        "Largest difference of bits per byte between groups",
        "A byte of one group's texts surprises the model by {value} more than one of another group's.",
        f"Whether the groups write of the same things, and in the same language. {_TEXTS}",
    ),
    _bits(
        "reference-bits-per-byte",
        "Surprise of a byte for the reference model, in bits",
        "A byte of text surprises the model that this one was fine-tuned from by {value} on average.",
        _TEXTS,
    ),
    Measure(
        key="perplexity.gain-over-reference",
        title="Bits per byte that fine-tuning saves",
        unit="bits",
        better="higher",
        range_low=None,
        range_high=None,
        reads_as="A byte of text surprises the model by {value} less than the one it was fine-tuned "
        "from (below 0: more).",
        blind_to="What fine-tuning cost on other texts; whether these texts were learnt by heart.",
        source=f"{_SOURCE}; paired over texts",
    ),
    Measure(
        key="perplexity.long-texts",
        title="Texts that are longer than the model reads at once",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts, about {per_100} are longer than the model reads at once.",
        blind_to="What their unread parts say.",
        source="A count",
    ),
)
