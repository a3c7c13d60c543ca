"""How much of a test set is written with signs that the model's tokenizer does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.modelling import CountsUnknown
from harness.records import Message

if TYPE_CHECKING:
    from harness.modelling import Item, Model

MAX_UNKNOWN = 0.05
"""A share of unknown tokens above this is said in the record of the run."""


def unknown_tokens(model: Model, items: Sequence[Item], dataset: str) -> tuple[Message, ...]:
    """Return what a reader must know of the prepared inputs of a test set, or nothing.

    Such tokens all look the same to the model. The usual cause is a tokenizer of another language,
    or one that was learnt from too few texts.
    """
    share = model.unknown_share(items) if isinstance(model, CountsUnknown) else None
    if share is None or share <= MAX_UNKNOWN:
        return ()
    return (
        Message.of(
            "data.unknown-tokens",
            "Of 100 tokens of data set {dataset}, about {per_100} are unknown to the tokenizer of the "
            "model (a share of {share}): what they say is not read.",
            dataset=dataset,
            per_100=round(100 * share),
            share=f"{share:.3f}",
        ),
    )
